"""Everything that a folder publishes, held against the list of what leaves."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from totalplace.report.release_check import LISTING, check_released

REPORT = "report"
CHECKED = (".html", ".htm", ".csv", ".parquet", ".xlsx", ".json", ".graphml", ".gexf", ".md", ".txt")
BESIDE = (LISTING, "five_safes.md")  # written last, so that the list names neither


def folder_of_release(path: Path) -> Path | None:
    """Return the folder with the list of what leaves: this one, or the `report/` of a run; None if it is neither."""
    return next((folder for folder in (path, path / REPORT) if (folder / LISTING).is_file()), None)


def check_folder(folder: Path) -> dict[str, list[str]]:
    """Return each file of a release with what is wrong with it, see `check_released`; none of it quotes a value.

    Args:
        folder: see `folder_of_release`.

    Raises:
        InputError: a file cannot be read.
    """
    listed = _listed(folder / LISTING)
    found = {path.name: _faults(path, listed) for path in sorted(folder.iterdir())}
    lacking = sorted(set(listed or {}) - set(found))
    return found | {name: [f"{LISTING} lists it, and it is not there"] for name in lacking}


def _listed(path: Path) -> dict[str, str] | None:
    """Return the hash of each file that the list names; None if it cannot be read as one."""
    try:
        listing: Any = json.loads(path.read_text(encoding="utf-8"))
        return {str(one["name"]): str(one["sha256"]) for one in listing["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _faults(path: Path, listed: dict[str, str] | None) -> list[str]:
    if not path.is_file() or path.suffix.lower() not in CHECKED:
        return ["is no file of a release and cannot be checked: take it out of the folder before the rest leaves"]
    faults = check_released(path)
    if listed is None:
        return [*faults, *(["the list of what leaves cannot be read"] if path.name == LISTING else [])]
    if path.name in BESIDE:
        return faults
    if path.name not in listed:
        return [*faults, f"{LISTING} does not list it: it was put in afterwards"]
    if hashlib.sha256(path.read_bytes()).hexdigest() != listed[path.name]:
        faults.append(f"it is not as {LISTING} lists it: it was changed afterwards")
    return faults
