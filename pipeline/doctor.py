"""`totalplace doctor`: this machine and this project, looked at without changing anything."""

from __future__ import annotations

import os
import platform
import shutil
import stat
from datetime import date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from totalplace import intake
from totalplace.config import AgencyRules, Project, load_project
from totalplace.errors import TotalplaceError
from totalplace.pipeline.gates import open_gates
from totalplace.pipeline.project import PACKAGES, find_extracts

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox")
# A run holds tokens, contacts and a few sorted copies of them in memory: seen, about this many times the extracts.
MEMORY_PER_INPUT = 8


def examine(start: Path) -> dict[str, Any]:
    """Return one line per check: pass, warn or fail, with a cure where one is needed."""
    checks = [*_machine(), *_packages()]
    try:
        project = load_project(start)
    except TotalplaceError as error:
        checks.append(_line("fail", "rules", f"{error.where}: {error.what}", error.cure))
    else:
        checks += (
            _project(project)
            if project.folder
            else [_line("pass", "project", "none here: link FILE... and demo work without one")]
        )
    lines = [
        f"{c['status']:<5} {c['name']:<10} {c['what']}" + (f"\n{'':17}{c['cure']}" if c["cure"] else "") for c in checks
    ]
    return {"checks": checks, "lines": lines}


def _line(status: str, name: str, what: str, cure: str = "") -> dict[str, str]:
    return {"status": status, "name": name, "what": what, "cure": cure}


def _machine() -> list[dict[str, str]]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") / 2**30
    disk = shutil.disk_usage(Path.cwd()).free / 2**30
    browser = next((name for name in BROWSERS if shutil.which(name)), None)
    clock = datetime.now().year >= 2024
    return [
        _line("pass", "python", f"{platform.python_version()}, {os.cpu_count()} cores"),
        _line(
            "pass" if memory >= 2 else "warn",
            "memory",
            f"{memory:.1f} GB free",
            "" if memory >= 2 else "Close other programs.",
        ),
        _line("pass" if disk >= 2 else "warn", "disk", f"{disk:.0f} GB free here", "" if disk >= 2 else "Make room."),
        _line(
            "pass" if clock else "fail",
            "clock",
            "looks right" if clock else "is years behind",
            "" if clock else "Set it: keys end by date.",
        ),
        _line("pass", "browser", browser or "none found", "")
        if browser
        else _line(
            "warn",
            "browser",
            "none found on the path",
            "explorer.html opens in any browser; only --open needs one here.",
        ),
    ]


def _packages() -> list[dict[str, str]]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            return [
                _line(
                    "fail", "packages", f"{name} is not installed", "Install totalplace again: pip install totalplace"
                )
            ]
    return [_line("pass", "packages", ", ".join(found))]


def _project(project: Project) -> list[dict[str, str]]:
    assert project.folder is not None
    checks = [_line("pass", "rules", f"read; {len(project.agencies)} agencies")]
    checks += [_gates(project), *_key_files(project), *_row_keys(project)]
    data = project.folder / project.rules.project.data
    size = 0
    for agency in project.agencies:
        try:
            for extract in agency.extract:
                intake.check_bindings(extract)
            paths = find_extracts(agency, data)
            size += sum(path.stat().st_size for path in paths)
            checks += [_columns(path, agency, data, project) for path in paths]
        except TotalplaceError as error:
            checks.append(_line("fail", agency.agency.code, f"{error.where}: {error.what}", error.cure))
    return [*checks, *_room(size)]


def _gates(project: Project) -> dict[str, str]:
    try:
        open_gates(project, date.today(), ("project", "linkage"))  # row keys have lines of their own
    except TotalplaceError as error:
        return _line("fail", "privacy", f"{error.where}: {error.what}", error.cure)
    rules = project.rules.privacy
    if not rules.destroy_by and not rules.synthetic:
        return _line("warn", "privacy", "no day is set on which the encodings end", "Set privacy.destroy_by.")
    return _line(
        "pass", "privacy", f"mode {rules.mode}, min_cell {rules.min_cell}{', synthetic' if rules.synthetic else ''}"
    )


def _key_files(project: Project) -> list[dict[str, str]]:
    assert project.folder is not None
    rules, checks = project.rules.privacy, []
    for key in (rules.key_file, rules.linkage_key_file):
        path = project.folder / key
        if not key or not path.is_file():
            continue
        is_open = bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
        days = int((datetime.now().timestamp() - path.stat().st_mtime) / 86400)
        cure = f"chmod 600 {path.name}" if is_open else ""
        checks.append(_line("fail" if is_open else "pass", "key", f"{path.name}, {days} days old", cure))
    return checks


def _row_keys(project: Project) -> list[dict[str, str]]:
    """Read each agency's row key as a run would; one line says that all are good."""
    rules, base = project.rules.privacy, project.folder or Path()
    faults = []
    for agency in project.agencies:
        try:
            intake.row_key(agency.agency.code, base, rules)
        except TotalplaceError as error:
            faults.append(_line("fail", "row key", f"{agency.agency.code}: {error.where}: {error.what}", error.cure))
    return faults or [_line("pass", "row keys", f"{len(project.agencies)} agencies' keys can be read")]


def _columns(path: Path, agency: AgencyRules, data: Path, project: Project) -> dict[str, str]:
    missing = intake.missing_columns(path, agency, data, project.rules.intake)
    if missing:
        cure = f"Mend agencies/{agency.agency.code}.toml, or the extract."
        return _line("fail", agency.agency.code, f"{path.name}: lacks column {', '.join(missing)}", cure)
    return _line("pass", agency.agency.code, f"{path.name}: every column named is there")


def _room(size: int) -> list[dict[str, str]]:
    free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    need = size * MEMORY_PER_INPUT
    tight = free < need
    told = f"{need / 2**30:.1f}" if need >= 0.1 * 2**30 else "under 0.1"
    cure = "Run it on a machine with more memory, or fewer agencies at a time." if tight else ""
    return [
        _line(
            "warn" if tight else "pass",
            "room",
            f"extracts {size / 2**20:.0f} MB; a run may need {told} GB for them",
            cure,
        )
    ]
