"""The small jobs at the desk: start a project, look at extracts, keys, and the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from totalplace import intake
from totalplace.config import load_project
from totalplace.config.load import PROJECT_FILE
from totalplace.errors import InputError, UsageError
from totalplace.pipeline.project import Layers
from totalplace.pipeline.run_folder import canonical, make_folder, write_text
from totalplace.report import check_against, check_folder, check_released, folder_of_release, is_released_table

# Files that a run releases: looked at as what leaves, not as extracts; also whatever lies beside the list of them.
PAGES, TABLES, LISTING, TEXTS = (
    (".html",),
    ("cells.csv",),
    "leaves.json",
    (".parquet", ".csv", ".xlsx", ".json", ".graphml", ".gexf", ".md"),
)

PROJECT_TEXT = """\
# One place's project. Every key has a default and a reason: totalplace config show --origin

[project]
name = "{name}"            # printed on the outputs
data = "data"              # folder of the agencies' extracts; totalplace run --data DIR wins

[privacy]
mode = "tokens"            # the linkage unit receives keyed tokens, never names
key_file = "keys/project.key"        # totalplace keys new --kind project --out keys/project.key
row_key_folder = "keys/row"          # one <agency>.key each: totalplace keys new --kind row --out keys/row/<agency>.key
linkage_key_file = "keys/linkage.key"  # totalplace keys new --kind linkage --out keys/linkage.key
destroy_by = ""            # day on which the encodings end, such as 2027-03-31

[findings]
# Nothing is flagged until the [types] of each agency say what its words mean.
"""


def init_project(folder: Path, sources: Sequence[Path], *, force: bool) -> dict[str, Any]:
    """Write a project's files, guessing each agency from its extracts.

    Raises:
        UsageError: a file is there already.
        InputError: an extract cannot be read.
    """
    if folder.exists() and not folder.is_dir():
        cure = f"To guess a project's files from that extract: totalplace init --from {folder}"
        raise UsageError("TP124", folder.name, "is a file, not a folder for a project", cure)
    texts = {folder / PROJECT_FILE: PROJECT_TEXT.format(name=_plain(folder.resolve().name))}
    sources, notes = _each_once(sources)
    for code, extracts in _by_agency(sources).items():
        guessed = intake.guess_agency(code, extracts)
        texts[folder / "agencies" / f"{code}.toml"] = guessed.text
        notes += guessed.notes
    there = [path for path in texts if path.exists()]
    if there and not force:
        raise UsageError("TP124", there[0].name, "is there already", "Add --force to write over it.")
    for path, text in texts.items():
        write_text(path, text)
    for name in ("data", "keys/row"):
        make_folder(folder / name)
    _ignore(folder / ".gitignore")
    lines = [*(f"note: {note}" for note in notes), *(f"wrote {path}" for path in texts)]
    where = "" if folder == Path(".") else f" -C {folder}"
    lines.append(
        f"Next: put the extracts in {folder / 'data'}, read each line marked '# guessed: check', "
        f"then totalplace{where} doctor"
    )
    return {"files": [str(path) for path in texts], "lines": lines}


def _ignore(path: Path) -> None:
    """Keep extracts, keys and runs out of version control, beside whatever was kept out before."""
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    lacking = [line for line in ("data/", "keys/", "runs/") if line not in before.splitlines()]
    if lacking:
        gap = "" if not before or before.endswith("\n") else "\n"
        write_text(path, f"{before}{gap}{chr(10).join(lacking)}\n")


def _each_once(sources: Sequence[Path]) -> tuple[list[Path], list[str]]:
    """Return the extracts, each once, and what is to be said of those named twice.

    Raises:
        UsageError: TP107, two extracts have one name: the project's data folder can hold only one of them.
    """
    once = list({path.resolve(): path for path in reversed(sources)}.values())[::-1]
    names = Counter(path.name for path in once)
    alike = next((name for name, times in names.items() if times > 1), "")
    if alike:
        cure = "Rename one: both are to lie in the project's data folder."
        raise UsageError("TP107", f"file {alike}", "has the same name as another", cure)
    times = Counter(path.resolve() for path in sources)
    return once, [f"{path.name} is named twice and taken once" for path in once if times[path.resolve()] > 1]


def _by_agency(sources: Sequence[Path]) -> dict[str, list[Path]]:
    """Return extracts by the agency that their names speak of."""
    found: dict[str, list[Path]] = {}
    for source in sources:
        _must_be_there(source)
        if not source.name.isprintable():
            cure = "Rename it, and call it so in agencies/<agency>.toml too."
            raise InputError("TP419", f"file {source.name}", "has a name that no rule file can hold", cure)
        found.setdefault(intake.agency_code(source), []).append(source)
    return found


def _released(path: Path) -> dict[str, list[str]]:
    """Return the files of a release with what is wrong with each; empty for an extract.

    Raises:
        InputError: TP403, a folder in which nothing is published.
    """
    if path.is_dir():
        folder = folder_of_release(path)
        if folder is None:
            cure = "Name the files in it; of a run, name its folder or report/: all that is published there is checked."
            raise InputError("TP403", path.name or str(path), "is a folder, not a file, and no folder of a run", cure)
        return check_folder(folder)
    listed = path.suffix.lower() in TEXTS and (path.parent / LISTING).is_file()
    if path.suffix.lower() in PAGES or path.name in TABLES or listed or is_released_table(path):
        return {path.name: check_released(path)}
    return {}


def _must_be_there(path: Path, *, folders: bool = False) -> None:
    if not path.exists():
        raise InputError("TP401", f"file {path.name}", "is not there", "Check its name.")
    if not (folders and path.is_dir()):
        intake.refuse_no_file(path)


def _plain(name: str) -> str:
    return "".join(c for c in name if c.isalnum() or c in " -_") or "place"


def check_files(files: Sequence[Path], start: Path) -> tuple[dict[str, Any], bool]:
    """Look at extracts, or at what a run publishes, file by file or its folder; true = something must not leave."""
    lines: list[str] = []
    reports: list[dict[str, Any]] = []
    found, failed = 0, False
    project = load_project(start)
    for path in files:
        _must_be_there(path, folders=True)
        released = _released(path)
        for name, faults in released.items():
            failed = failed or bool(faults)
            reports.append({"file": name, "faults": faults})
            lines += [f"{name}: {fault}" for fault in faults] or [f"{name}: may leave: nothing found"]
            found += len(faults)
        if not released:
            agency = next((a for a in project.agencies if any(path.match(e.file) for e in a.extract)), None)
            profile = intake.profile_extract(path, agency, project.rules)
            faults = profile.problems()
            reports.append({**profile.as_dict(), "problems": faults})
            lines += [profile.headline(), *(f"  {fault}" for fault in faults)]
            found += len(faults)
    return {"files": reports, "found": found, "lines": lines}, failed


def check_release(new: Path, old: Path) -> tuple[dict[str, Any], bool]:
    """Hold a release against an earlier one; the second value says that the two together tell what each withholds."""
    told = check_against(new, old)
    faults, notes = told["faults"], told["notes"]
    alone = "nothing withheld follows from it and the new release together"
    lines = [f"{old.name}: {fault}" for fault in faults] or [f"{old.name}: {alone}"]
    found = len(faults) + len(told["small_changes"])
    return {"files": [told], "found": found, "lines": [*lines, *(f"  {note}" for note in notes)]}, bool(faults)


def make_key(kind: str, out: Path) -> dict[str, Any]:
    """Write a new key; refuses to write over one."""
    if out.exists():
        raise UsageError(
            "TP115", f"key {out.name}", "is there already", "A key is never written over; name another file."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    key = intake.new_key(kind)
    intake.write_key(out, key, kind)
    return {
        "kind": kind,
        "id": intake.key_id(key, kind),
        "lines": [f"wrote {out}, a {kind} key, id {intake.key_id(key, kind)}, mode 0600"],
    }


def show_key(kind: str, path: Path) -> dict[str, Any]:
    """Return a key's id."""
    found = intake.key_id(intake.read_key(path, kind, synthetic=False), kind)
    return {"kind": kind, "id": found, "lines": [f"{path.name}: {kind} key, id {found}"]}


def retire(kind: str, path: Path, by: str) -> dict[str, Any]:
    """Destroy a key and write the record of its destruction."""
    target = path.with_name(f"{path.name}.destroyed.json")
    record = intake.retire_key(path, kind, by, date.today(), target)
    return {"record": record, "lines": [f"destroyed {path.name}; the record is {target.name}"]}


def show_rules(start: Path, options: Layers, *, origin: bool) -> dict[str, Any]:
    """Return every rule with its value and where it came from; the lines name the origin if asked to."""
    project = load_project(start, options)
    rows = [
        {"key": key, "value": _value(value), "origin": project.origin.get(key, _parent_origin(key, project.origin))}
        for key, value in _flat(project.rules.model_dump(mode="json"), "")
    ]
    lines = [f"{row['key']} = {row['value']}" + (f"    # {row['origin']}" if origin else "") for row in rows]
    return {"rules": rows, "config_hash": project.config_hash, "lines": lines}


def _flat(table: Any, prefix: str) -> list[tuple[str, Any]]:
    if not isinstance(table, dict) or not table:
        return [(prefix, table)]
    return [row for key, value in table.items() for row in _flat(value, f"{prefix}.{key}" if prefix else key)]


def _value(value: Any) -> str:
    return canonical(value).strip().replace("\n", "")


def _parent_origin(key: str, origin: Any) -> str:
    while "." in key:
        key = key.rpartition(".")[0]
        if key in origin:
            return str(origin[key])
    return ""
