"""The one reader of rules: shipped defaults, then `totalplace.toml`, then options; each value knows its origin."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from totalplace.config.agency import AgencyRules
from totalplace.config.hidden import refuse_hidden
from totalplace.config.rules import Rules
from totalplace.config.section import Section
from totalplace.errors import ConfigError, near

PROJECT_FILE = "totalplace.toml"
SECTIONS = ("project", "privacy", "intake", "linkage", "findings", "counting", "report", "attack")
Table = dict[str, Any]
Typed = TypeVar("Typed", bound=Section)


@dataclass(frozen=True)
class Project:
    """A place's project: its folder, its rules, its agencies, and the origin of each value.

    Args:
        folder: folder of `totalplace.toml`; None outside a project.
        rules: the rules after all layers.
        agencies: one per `agencies/<agency>.toml`, sorted by code.
        origin: key, such as `privacy.min_cell`, to the file or option that set it.
    """

    folder: Path | None
    rules: Rules
    agencies: tuple[AgencyRules, ...] = ()
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def config_hash(self) -> str:
        """Return 12 hex digits over every rule: equal rules, equal hash, whatever the files' layout."""
        body = [self.rules.model_dump(mode="json"), [a.model_dump(mode="json") for a in self.agencies]]
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]


def shipped(name: str) -> Table:
    """Return one of the package's own TOML files, such as `themes`."""
    return tomllib.loads((resources.files("totalplace.config") / f"{name}.toml").read_text(encoding="utf-8"))


def find_project(start: Path) -> Path | None:
    """Return the nearest `totalplace.toml` in `start` or above it."""
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder / PROJECT_FILE
    return None


def load_rules(layers: Mapping[str, Table] | None = None) -> tuple[Rules, dict[str, str]]:
    """Return the rules and the origin of each key.

    Args:
        layers: origin (a file's name, or `option --x`) to a nested table that is laid over what came before.

    Raises:
        ConfigError: a key is unknown or its value does not fit.
    """
    merged: Table = {}
    origin: dict[str, str] = {}
    for name in SECTIONS:
        _lay(merged, {name: shipped(name)}, f"shipped config/{name}.toml", origin, "")
    for source, table in (layers or {}).items():
        _lay(merged, table, source, origin, "")
    return typed(Rules, merged, origin), origin


def load_project(start: Path, options: Mapping[str, Table] | None = None) -> Project:
    """Read the project that governs `start`, a folder or a `totalplace.toml`; outside a project, the shipped rules.

    Raises:
        ConfigError: a file is not TOML, a key is unknown, or a value does not fit.
    """
    path = start if start.is_file() else find_project(start.resolve())
    layers: dict[str, Table] = {path.name: read_toml(path)} if path else {}
    rules, origin = load_rules({**layers, **(options or {})})
    if path is None:
        return Project(None, rules, (), origin)
    agencies: dict[str, AgencyRules] = {}
    for file in sorted((path.parent / "agencies").glob("*.toml")):
        agency = load_agency(file)
        _check_agency(agency, f"agencies/{file.name}", agencies, rules)
        agencies[agency.agency.code] = agency
        if agency.agency.duplicate_free:
            origin["linkage.duplicate_free"] = f"agencies/{file.name}"
    rules = _with_declared(rules, [code for code, a in agencies.items() if a.agency.duplicate_free])
    return Project(path.parent, rules, tuple(agencies[code] for code in sorted(agencies)), origin)


def _with_declared(rules: Rules, codes: list[str]) -> Rules:
    """Return the rules with the agencies added whose own files say that they hold each person once."""
    every = tuple(dict.fromkeys([*rules.linkage.duplicate_free, *codes]))
    return rules.model_copy(update={"linkage": rules.linkage.model_copy(update={"duplicate_free": every})})


def _check_agency(agency: AgencyRules, name: str, others: Mapping[str, AgencyRules], rules: Rules) -> None:
    """Refuse an agency that is there already, or whose types name a cost that nobody states."""
    if agency.agency.code in others:
        cure = "Give each agency a code of its own; several extracts of one agency stand in one file."
        raise ConfigError("TP308", f"{name}, key 'agency.code'", "is the code of another agency's file too", cure)
    costs = {*shipped("costs"), *rules.findings.costs}
    for word, meaning in agency.types.items():
        if meaning.cost_key and meaning.cost_key not in costs:
            cure = f'{near(meaning.cost_key, costs)} State it under [findings.costs."KEY"], or leave it out.'.strip()
            raise ConfigError("TP326", f"{name}, key 'types.{word}.cost_key'", "is a cost that is stated nowhere", cure)


def load_agency(path: Path) -> AgencyRules:
    """Read `agencies/<agency>.toml`."""
    name = f"agencies/{path.name}"
    table = read_toml(path)
    return typed(AgencyRules, table, {}, name)


def read_toml(path: Path) -> Table:
    """Return a TOML file as a table.

    Raises:
        ConfigError: the file is missing, not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            "TP301", path.name, f"cannot be read ({error.strerror})", "Check its name and rights."
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("TP302", path.name, "is not UTF-8 text", "Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        where = f"{path.name}, {_position(str(error))}"
        raise ConfigError("TP303", where, "is not valid TOML", "Mend the line; texts stand in double quotes.") from None


def _position(message: str) -> str:
    """Keep only `line 3, column 4` of a parser's message: the rest may quote the file."""
    return message.rpartition("(at ")[2].rstrip(")") if "(at " in message else "its end"


def _lay(below: Table, above: Table, source: str, origin: dict[str, str], prefix: str) -> None:
    for key, value in above.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _lay(below[key], value, source, origin, f"{name}.")
        else:
            below[key] = json.loads(json.dumps(value, default=str)) if isinstance(value, dict) else value
            _note_origin(name, value, source, origin)


def _note_origin(name: str, value: Any, source: str, origin: dict[str, str]) -> None:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            _note_origin(f"{name}.{key}", inner, source, origin)
    else:
        origin[name] = source


def typed(model: type[Typed], table: Table, origin: Mapping[str, str], file: str = "") -> Typed:
    """Return a table as typed rules.

    Raises:
        ConfigError: with the file, the key, and a near name for an unknown one; never the value.
    """
    refuse_hidden(table, origin, file)
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise _refusal(model, first, origin, file) from None


def _refusal(model: type[Section], fault: Any, origin: Mapping[str, str], file: str) -> ConfigError:
    parts = [str(part) for part in fault["loc"]]
    key = ".".join(parts)
    inside = (s for k, s in origin.items() if k.startswith(f"{key}."))
    source = origin.get(key) or next(inside, "") or file or PROJECT_FILE
    where = f"{source}, key '{key}'"
    if fault["type"] == "extra_forbidden":
        known = _known_keys(model, parts[:-1])
        cure = (near(parts[-1], known) or f" Known keys here: {', '.join(sorted(known))}.").strip()
        return ConfigError("TP304", where, "unknown", cure)
    if fault["type"] == "missing":
        return ConfigError("TP305", where, "is missing", "Add it; docs/reference/config.md describes it.")
    # pydantic puts these words before the message of a check of ours.
    what = fault["msg"].removeprefix("Value error, ")
    return ConfigError("TP306", where, what[0].lower() + what[1:], "See docs/reference/config.md.")


def _known_keys(model: Any, path: list[str]) -> list[str]:
    """Return the keys that the model knows at a path; an empty list where the path leaves the typed part."""
    for part in path:
        fields = getattr(model, "model_fields", {})
        if part in fields:
            model = fields[part].annotation
        inner = [kind for kind in getattr(model, "__args__", ()) if hasattr(kind, "model_fields")]
        model = inner[0] if inner else model
    return [info.alias or name for name, info in getattr(model, "model_fields", {}).items()]
