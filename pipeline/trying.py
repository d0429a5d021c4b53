"""Redesigns of a run: scenarios are tried on its history, and what they come to is told as it was released."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from totalplace.config import Project
from totalplace.config.scenario import Scenario, load_scenarios, refuse_unknown
from totalplace.errors import UsageError
from totalplace.journeys import Journeys, Place, try_scenarios
from totalplace.pipeline.stages import Outcome, Run, gather, save_tables
from totalplace.pipeline.uncertain import alternatives

FOLDER, TABLE = "scenarios", "analysis/redesign"


def scenarios_of(project: Project, given: Sequence[Path]) -> tuple[Scenario, ...]:
    """Return a project's own scenarios, `scenarios/*.toml`, and those named besides.

    Raises:
        ConfigError: a file is not a scenario.
    """
    own = sorted((project.folder / FOLDER).glob("*.toml")) if project.folder else []
    return load_scenarios([*own, *given])


def try_redesigns(run: Run, history: Journeys, part: Path) -> Outcome:
    """Try every scenario and save REDESIGN and what each touches.

    Raises:
        ConfigError: a scenario names what the place does not have.
    """
    known = _names(run, history)
    for scenario in run.scenarios:
        refuse_unknown(scenario, *known)
    linked = (run.load(f"linkage/{name}.parquet") for name in ("persons", "households", "families"))
    place = Place(gather(run, "people"), *linked)
    made = try_scenarios(history, place, run.scenarios, run.project.rules.findings, run.engine, alternatives(run))
    changes = {f"analysis/redesign_changes/{key}": handle for key, handle in made.changes.items()}
    save_tables(run, part, {TABLE: made.table, **changes})
    names = ", ".join(scenario.key for scenario in run.scenarios)
    return Outcome({"scenarios": [s.key for s in run.scenarios]}, f"{len(run.scenarios)} tried: {names or 'none'}")


def _names(run: Run, history: Journeys) -> tuple[list[str], list[str], list[str]]:
    """Return the agencies, services and purposes that the place has, by its rules or in its data."""
    text = "SELECT DISTINCT agency, type, purpose FROM contacts ORDER BY agency, type, purpose"
    seen = run.engine.fetch(run.engine.sql(text, contacts=history.contacts)).to_pylist()
    declared = [(a.agency.code, word, meaning) for a in run.project.agencies for word, meaning in a.types.items()]
    agencies = {row["agency"] for row in seen} | {a.agency.code for a in run.project.agencies}
    services = {f"{row['agency']}/{row['type']}" for row in seen} | {f"{code}/{word}" for code, word, _ in declared}
    purposes = {row["purpose"] for row in seen} | {meaning.purpose for _, _, meaning in declared}
    return sorted(agencies), sorted(services), sorted(purpose for purpose in purposes if purpose)


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
