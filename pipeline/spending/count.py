"""`totalplace count`: a place's spend tables in, tables of spend and what they say out, without a run or a linkage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from totalplace import __version__, intake
from totalplace.config import Project, load_project
from totalplace.config.counting import BodyRules
from totalplace.config.themes import theme_names
from totalplace.errors import ConfigError, InputError, UsageError, listed
from totalplace.journeys.money.counting import Counting, count_spend
from totalplace.journeys.money.spend import Prices
from totalplace.pipeline.plain_csv import write_plain_csv
from totalplace.pipeline.run_folder import digest, make_folder, refuse_results
from totalplace.pipeline.spending.words import count_lines, shown_rows
from totalplace.pipeline.stages import Say

FOLDER, FINDINGS_FILE = "counting", "findings.parquet"


@dataclass(frozen=True)
class CountedPlace:
    """A place's spend as counted, and the names to print it with: of agency, place and theme, code to name."""

    counting: Counting
    names: Mapping[str, Mapping[str, str]]


def count_files(
    start: Path,
    options: Mapping[str, dict[str, Any]],
    files: Sequence[Path],
    say: Say,
    *,
    out: Path | None = None,
    tier: str | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Count spend and write the tables.

    Args:
        start: the project's folder or file; outside a project the shipped rules hold.
        options: rules given on the command line.
        files: spend tables; () = those that `counting.spend` names.
        say: prints one line.
        out: folder to write; default `counting` in the project.
        tier: count only this tier; None = all.
        force: write over an earlier result.

    Returns:
        Totals, coverage, checks; `lines` that say them; `folder`.

    Raises:
        TotalplaceError: no spend table, one that cannot be read, or a result that is there already.
    """
    project = load_project(start, options)
    paths = list(files) or spend_files(project)
    if not paths:
        cure = "Name the tables, or put them where counting.spend says; docs/how-to/count-spend.md shows one."
        raise UsageError("TP113", "count", "no spend table was found", cure)
    counted = count_place(project, paths, tier or "")
    tables = counted.counting.tables()
    folder = out or (project.folder or Path()) / FOLDER
    refuse_results(folder, [f"{name}.csv" for name in tables], force)
    make_folder(folder)
    for name, table in tables.items():
        write_plain_csv(table, folder / f"{name}.csv")
    pq.write_table(counted.counting.findings, folder / FINDINGS_FILE)
    for note in counted.counting.notes:
        say("note", note.text)
    say("count", f"{len(paths)} spend table{'' if len(paths) == 1 else 's'} -> {folder}")
    rules, price_year = project.rules.counting, project.rules.findings.price_year
    told = {name: tables[name].to_pylist() for name in ("totals", "checks", "rolled")}
    lines = count_lines(counted.counting, counted.names, rules, price_year, tier or "")
    return {**told, "price_year": price_year, "tier": tier, "run_id": _run_id(project, paths, tier or ""),
            "config_hash": project.config_hash, "folder": str(folder), "lines": lines}  # fmt: skip


def _run_id(project: Project, paths: Sequence[Path], tier: str) -> str:
    """Return 12 hex digits that name a count as a run is named: equal tables, rules and version, equal name."""
    body = [[digest(path) for path in paths], project.config_hash, tier, __version__]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()[:12]


def spend_files(project: Project) -> list[Path]:
    """Return a project's spend tables, sorted; [] where it has none."""
    pattern = project.rules.counting.spend
    if project.folder is None or not pattern:
        return []
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise ConfigError("TP320", "key 'counting.spend'", "leaves the project's folder", "Give a name within it.")
    return sorted(path for path in project.folder.glob(pattern) if path.is_file())


def count_place(project: Project, paths: Sequence[Path], tier: str = "") -> CountedPlace:
    """Read spend tables and count them under a project's rules.

    Raises:
        ConfigError: money is asked for in a year that has no deflator.
        InputError: a table cannot be used.
    """
    rules, findings = project.rules.counting, project.rules.findings
    prices = Prices(findings.price_year, findings.deflators)
    if prices.year and prices.year not in prices.indices:
        cure = "State its index, and those of the tables' years, under [findings.deflators]."
        raise ConfigError("TP328", "key 'findings.price_year'", "is a year without a deflator", cure)
    _refuse_one_name(paths)
    agencies = {a.agency.code: a.agency for a in project.agencies}
    heads = {code: BodyRules(name=head.name, tier=head.tier) for code, head in agencies.items()}
    bodies = {**heads, **rules.bodies}
    read = intake.read_spend(paths, project.rules.intake, bodies)
    counting = count_spend(read.lines, read.shares, rules, prices, project.config_hash, tier)
    counting = replace(counting, notes=(*read.notes, *counting.notes))
    agency = {**read.names} | {code: body.name for code, body in bodies.items() if body.name}
    place = {**read.names} | {code: place.name for code, place in rules.places.items() if place.name}
    return CountedPlace(counting, {"agency": agency, "place": place, "theme": theme_names()})


def spend_rows(project: Project) -> tuple[dict[str, Any], ...]:
    """Return the totals of a project's spend for the explorer, of the last year; () where it has no spend table."""
    paths = spend_files(project)
    if not paths:
        return ()
    counted = count_place(project, paths)
    rows = counted.counting.totals.to_pylist()
    last = max((row["year"] for row in rows), default="")
    return shown_rows([row for row in rows if row["year"] == last], counted.names)


def _refuse_one_name(paths: Sequence[Path]) -> None:
    stems = [path.stem.lower() for path in paths]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        cure = "Rename one: a line is named after its file."
        raise InputError("TP435", listed(twice), "is the name of two spend tables", cure)
