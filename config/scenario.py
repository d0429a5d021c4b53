"""A redesign written as a file: which operations edit history, in order; the same text can be written back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from totalplace.config.hidden import refuse_hidden
from totalplace.config.load import PROJECT_FILE, read_toml, shipped, typed
from totalplace.config.section import Section
from totalplace.errors import ConfigError, listed, near

Days = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Levels = Annotated[list[Share], Field(min_length=3, max_length=3)]
KEY = r"^[a-z0-9][a-z0-9_-]*$"


class ReuseAssessment(Section):
    """Do not assess again what an assessment that is still valid has found."""

    do: Literal["reuse_assessment"]
    purposes: list[str] | None = None
    validity_days: Days | None = None
    friction_share: Levels | None = None
    uptake_share: Levels | None = None


class SingleFrontDoor(Section):
    """Ask once for all of these purposes; `at` is the agency that asks."""

    do: Literal["single_front_door"]
    purposes: list[str] = Field(min_length=1)
    at: str | None = None
    validity_days: Days | None = None
    friction_share: Levels | None = None
    uptake_share: Levels | None = None


class MergeAgencies(Section):
    """Several agencies become one."""

    do: Literal["merge_agencies"]
    agencies: list[str] = Field(min_length=2)
    into: Code


class CoLocate(Section):
    """Two services under one roof: a person who needs both soon after each other comes once."""

    do: Literal["co_locate"]
    services: list[str] = Field(min_length=2, max_length=2)
    within_days: Days | None = None
    uptake_share: Levels | None = None

    @model_validator(mode="after")
    def _are_two(self) -> CoLocate:
        if self.services[0] == self.services[1]:
            raise ValueError("names one service twice")
        return self


class RemoveService(Section):
    """Stop a service, or all of an agency's."""

    do: Literal["remove_service"]
    service: str


class LeadWorker(Section):
    """From a person's k-th contact on, the agency of that contact arranges what the others do."""

    do: Literal["lead_worker"]
    from_contact: int = Field(ge=1)
    agencies: list[str] | None = None
    uptake_share: Levels | None = None


Operation = ReuseAssessment | SingleFrontDoor | MergeAgencies | CoLocate | RemoveService | LeadWorker
OPERATIONS: Mapping[str, type[Section]] = {
    "reuse_assessment": ReuseAssessment,
    "single_front_door": SingleFrontDoor,
    "merge_agencies": MergeAgencies,
    "co_locate": CoLocate,
    "remove_service": RemoveService,
    "lead_worker": LeadWorker,
}


class _File(Section):
    """A scenario's file before its operations are read one by one."""

    name: str = Field(min_length=1, max_length=80)
    about: str = Field(default="", max_length=400)
    preset: str = ""
    roles: dict[str, list[str]] = {}
    operation: list[dict[str, Any]] = []


class Scenario(Section):
    """A redesign.

    `key` is the file's name without its suffix: what outputs call the scenario. Without operations nothing changes.
    """

    key: str
    name: str
    about: str
    operations: tuple[Operation, ...]


def load_scenario(path: Path) -> Scenario:
    """Read a scenario's TOML file.

    Raises:
        ConfigError: it is not TOML, a key or an operation is unknown, or a value does not fit.
    """
    if path.is_dir():
        raise _refuse_folder(path)
    refuse_hidden({"name of the file": path.stem}, {}, "scenarios/")
    return read_scenario(path.stem.lower().replace(" ", "-"), read_toml(path), path.name)


def _refuse_folder(path: Path) -> ConfigError:
    """Return the refusal of a folder, which says what to name instead."""
    if (path / PROJECT_FILE).is_file():
        cure = f"For that project: totalplace -C {path} scenario; the files in its scenarios/ are tried without a name."
    else:
        files = sorted(one.name for one in path.glob("*.toml"))
        cure = f"Name the scenarios in it: {listed(files)}." if files else "Name a scenario's file, such as plan.toml."
    return ConfigError("TP301", path.name or str(path), "is a folder, not a scenario's file", cure)


def read_scenario(key: str, table: Mapping[str, Any], file: str) -> Scenario:
    """Return the scenario that a table describes; `file` is named in refusals."""
    body = typed(_File, dict(table), {}, file)
    about, given = body.about, body.operation
    if body.preset:
        preset = _preset(body, file)
        about, given = about or preset["about"], [*_cast(preset["operation"], body.roles), *given]
    elif body.roles:
        raise ConfigError("TP354", f"{file}, key 'roles'", "means nothing without a preset", "Leave it out.")
    operations = [_operation(one, f"{file}, operation {k}") for k, one in enumerate(given, 1)]
    return Scenario(key=key, name=body.name, about=about, operations=tuple(operations))  # type: ignore[arg-type]


def load_scenarios(paths: Iterable[Path]) -> tuple[Scenario, ...]:
    """Read several scenarios, in order of their keys.

    Raises:
        ConfigError: also where two files have one name.
    """
    found: dict[str, Scenario] = {}
    for path in dict.fromkeys(path.resolve() for path in paths):
        made = load_scenario(path)
        if made.key in found:
            cure = "Outputs call a scenario by its file's name; rename one of them."
            raise ConfigError("TP353", path.name, "another scenario's file has this name", cure)
        found[made.key] = made
    return tuple(found[key] for key in sorted(found))


def _preset(body: _File, file: str) -> dict[str, Any]:
    presets = shipped("scenarios")["presets"]
    if body.preset not in presets:
        cure = f"{near(body.preset, presets)} Presets: {listed(sorted(presets))}.".strip()
        raise ConfigError("TP354", f"{file}, key 'preset'", "is no preset", cure)
    found: dict[str, Any] = presets[body.preset]
    wrong = set(body.roles) ^ set(found["roles"]) | {role for role, codes in body.roles.items() if not codes}
    if wrong:
        cure = f"List the agencies of each of {listed(found['roles'])} under [roles]."
        raise ConfigError("TP354", f"{file}, key 'roles.{min(wrong)}'", "does not fit the preset", cure)
    return found


def _cast(operations: Sequence[Mapping[str, Any]], roles: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    """Put a place's agencies where a preset's operations name roles."""

    def filled(names: list[str]) -> list[str]:
        return [code for name in names for code in roles.get(name, [name])]

    return [{k: filled(v) if k == "agencies" else v for k, v in one.items()} for one in operations]


def _operation(table: Mapping[str, Any], where: str) -> Section:
    kind = table.get("do")
    if not isinstance(kind, str) or kind not in OPERATIONS:
        known = f"Operations: {listed(OPERATIONS)}."
        cure = f"{near(kind, OPERATIONS) if isinstance(kind, str) else ''} {known}".strip()
        raise ConfigError("TP351", f"{where}, key 'do'", "is missing" if kind is None else "is no operation", cure)
    return typed(OPERATIONS[kind], dict(table), {}, where)


def refuse_unknown(
    scenario: Scenario,
    agencies: Iterable[str],
    services: Iterable[str],
    purposes: Iterable[str],
    file: str = "",
    told: Collection[str] | None = None,
) -> None:
    """Refuse an agency, service (`agency/type`) or purpose that the place does not have when its turn comes.

    Args:
        scenario: whose names are looked at.
        agencies, services, purposes: what the place has.
        file: named in refusals.
        told: names that a refusal may tell; None = all. A type that no rule declares may be somebody's free text.

    Raises:
        ConfigError: with the nearest name.
    """
    file = file or f"{scenario.key}.toml"
    houses, kinds, matters = set(agencies), set(services), set(purposes)
    for number, one in enumerate(scenario.operations, 1):
        named: dict[str, tuple[Sequence[str], set[str]]] = {}
        if isinstance(one, ReuseAssessment | SingleFrontDoor):
            named["purposes"] = (one.purposes or [], matters)
        if isinstance(one, SingleFrontDoor) and one.at:
            named["at"] = ([one.at], houses)
        if isinstance(one, MergeAgencies | LeadWorker):
            named["agencies"] = (one.agencies or [], houses)
        if isinstance(one, CoLocate):
            named["services"] = (one.services, houses | kinds)
        if isinstance(one, RemoveService):
            named["service"] = ([one.service], houses | kinds)
        for key, (names, known) in named.items():
            for name in names:
                if name not in known:
                    _refuse(
                        f"{file}, operation {number}, key '{key}'", name, known if told is None else known & {*told}
                    )
        if isinstance(one, MergeAgencies):
            _refuse_taken(one, houses, f"{file}, operation {number}, key 'into'")
            houses, kinds = _merged(one, houses, kinds)


def _refuse(where: str, name: str, known: set[str]) -> None:
    agency = f"{name.partition('/')[0]}/"
    alike = {word for word in known if "/" in name and word.startswith(agency)}
    alike = alike or {word for word in known if "/" not in word} or known
    cure = near(name, alike if "/" in name else known).strip() or f"Known here: {listed(sorted(alike))}."
    raise ConfigError("TP352", where, "names what this place does not have", cure)


def _refuse_taken(one: MergeAgencies, houses: set[str], where: str) -> None:
    if one.into in houses - set(one.agencies):
        cure = "Name it under agencies too, or choose another name."
        raise ConfigError("TP352", where, "is an agency that is not among those merged", cure)


def _merged(one: MergeAgencies, houses: set[str], kinds: set[str]) -> tuple[set[str], set[str]]:
    """Return the agencies and services that later operations may name."""
    split = [kind.partition("/") for kind in kinds]
    renamed = {f"{one.into if agency in one.agencies else agency}/{word}" for agency, _, word in split}
    return houses - set(one.agencies) | {one.into}, renamed


def write_scenario(scenario: Scenario) -> str:
    """Return the TOML text that reads as this scenario."""
    lines = [f"name = {_text(scenario.name)}"]
    lines += [f"about = {_text(scenario.about)}"] if scenario.about else []
    for one in scenario.operations:
        lines += ["", "[[operation]]"]
        lines += [f"{name} = {_text(value)}" for name, value in one.model_dump().items() if value is not None]
    return "\n".join(lines) + "\n"


def _text(value: Any) -> str:
    """Return a value as TOML: texts, numbers and lists are written as in JSON."""
    return json.dumps(value, ensure_ascii=False)
