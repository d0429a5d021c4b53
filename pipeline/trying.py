"""Redesigns of a run: scenarios are tried on its history, and what they come to is told as it was released."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from totalplace.config import Project
from totalplace.config.load import shipped
from totalplace.config.scenario import Scenario, load_scenarios, refuse_unknown
from totalplace.errors import ConfigError, UsageError
from totalplace.intake import type_words
from totalplace.journeys import Journeys, Place, try_scenarios
from totalplace.pipeline.received import Parcel
from totalplace.pipeline.stages import Outcome, Run, gather, save_tables
from totalplace.pipeline.uncertain import alternatives

FOLDER, TABLE = "scenarios", "analysis/redesign"
TRIED_BY = (None, "scenarios", "report")  # last stages of runs that try scenarios


def scenarios_of(project: Project, given: Sequence[Path]) -> tuple[Scenario, ...]:
    """Return a project's own scenarios, `scenarios/*.toml`, and those named besides.

    Raises:
        ConfigError: a file is not a scenario.
    """
    own = sorted((project.folder / FOLDER).glob("*.toml")) if project.folder else []
    return load_scenarios([*own, *given])


def refuse_unnamed(
    project: Project, scenarios: Sequence[Scenario], parcels: Sequence[Parcel], data: Path, last: str | None
) -> None:
    """Refuse, before any stage runs, scenarios that name what the place does not have.

    What the rules declare is looked at first; only where that does not settle it, what the agencies' files hold.

    Args:
        project: the project, with the agencies of this run.
        scenarios: to be tried.
        parcels: what agencies handed over, if they encoded on their own machines.
        data: folder of the extracts.
        last: last stage to run; nothing is refused where scenarios are not tried.

    Raises:
        ConfigError: TP352, with the nearest name.
        InputError: an extract cannot be read.
    """
    if last not in TRIED_BY:
        return
    known = declared = _declared(project)
    for scenario in scenarios:
        try:
            refuse_unknown(scenario, *known)
        except ConfigError:
            if known is declared:
                agencies, services, purposes = _in_files(project, parcels, data)
                known = (declared[0] | agencies, declared[1] | services, declared[2] | purposes)
            refuse_unknown(scenario, *known, told=set().union(*declared))


def _declared(project: Project) -> tuple[set[str], set[str], set[str]]:
    """Return the agencies, services and purposes that the rules name."""
    declared = [(a.agency.code, word, meaning.purpose) for a in project.agencies for word, meaning in a.types.items()]
    codes = {a.agency.code for a in project.agencies}
    services = {f"{code}/{word}" for code, word, _ in declared}
    services |= {f"{code}/{word}" for code in codes for word in project.rules.intake.milestones}
    return codes, services, {purpose for _, _, purpose in declared if purpose}


def _in_files(project: Project, parcels: Sequence[Parcel], data: Path) -> tuple[set[str], set[str], set[str]]:
    """Return the services and purposes that the agencies' files name, and purposes of the shipped vocabulary."""
    rules = project.rules
    types = shipped("vocabulary")["types"] if rules.findings.accept_default_vocabulary else {}
    purposes = {str(meaning["purpose"]) for meaning in types.values() if meaning.get("purpose")}
    if not parcels:
        words = {a.agency.code: type_words(a, data, rules.intake, rules.privacy.synthetic) for a in project.agencies}
        return set(), {f"{code}/{word}" for code, some in words.items() for word in some}, purposes
    services: set[str] = set()
    for parcel in parcels:
        if "contacts" in parcel.files:
            table = pq.read_table(parcel.folder / "contacts.parquet", columns=["type", "purpose"])
            services |= {f"{parcel.agency}/{word}" for word in table["type"].unique().to_pylist()}
            purposes |= {purpose for purpose in table["purpose"].unique().to_pylist() if purpose}
    return set(), services, purposes


def try_redesigns(run: Run, history: Journeys, part: Path) -> Outcome:
    """Try every scenario and save REDESIGN and what each touches.

    Raises:
        ConfigError: a scenario names what the place does not have.
    """
    known, told = _names(run, history), set().union(*_declared(run.project))
    for scenario in run.scenarios:
        refuse_unknown(scenario, *known, told=told)
    linked = (run.load(f"linkage/{name}.parquet") for name in ("persons", "households", "families"))
    place = Place(gather(run, "people"), *linked)
    made = try_scenarios(history, place, run.scenarios, run.project.rules.findings, run.engine, alternatives(run))
    changes = {f"analysis/redesign_changes/{key}": handle for key, handle in made.changes.items()}
    save_tables(run, part, {TABLE: made.table, **changes})
    names = ", ".join(scenario.key for scenario in run.scenarios)
    return Outcome({"scenarios": [s.key for s in run.scenarios]}, f"{len(run.scenarios)} tried: {names or 'none'}")


def _names(run: Run, history: Journeys) -> tuple[set[str], set[str], set[str]]:
    """Return the agencies, services and purposes that the place has, by its rules or in its data."""
    text = "SELECT DISTINCT agency, type, purpose FROM contacts ORDER BY agency, type, purpose"
    seen = run.engine.fetch(run.engine.sql(text, contacts=history.contacts)).to_pylist()
    agencies, services, purposes = _declared(run.project)
    agencies |= {row["agency"] for row in seen}
    services |= {f"{row['agency']}/{row['type']}" for row in seen}
    purposes |= {row["purpose"] for row in seen if row["purpose"]}
    return agencies, services, purposes


def tell_redesigns(result: dict[str, Any]) -> dict[str, Any]:
    """Return what scenarios come to as released, and lines that say it.

    Args:
        result: `Made.result` of a run whose report stage is whole.

    Raises:
        UsageError: the run had no scenario.
    """
    told = result.get("redesign", [])
    if not told:
        cure = "Name a scenario's file, or put it into the project's scenarios/: docs/how-to/try-a-redesign.md."
        raise UsageError("TP136", "command scenario", "there is no scenario to try", cure)
    lines = []
    for one in told:
        lines += [f"{one['name']} ({one['key']})", *(f"  {text}" for text in one["operations"])]
        lines += [*(f"    {text}" for text in one["says"]), ""]
    return {"lines": lines[:-1], "scenarios": told, "folder": result["folder"]}
