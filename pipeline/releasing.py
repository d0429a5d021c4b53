"""The last stage: disclosure control first, then everything that may leave, written into `report/`.

The analyst edition is record-level, so it lies in `analysis/`: all of `report/` may be sent, file by file or whole.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from totalplace import report
from totalplace.pipeline.run_folder import canonical, shown
from totalplace.pipeline.spending.count import spend_rows
from totalplace.pipeline.stages import Outcome, Run
from totalplace.pipeline.telling import story_of
from totalplace.pipeline.trying import TABLE
from totalplace.tables import CELLS

# Told on the terminal and in --json as they were released.
SHORT_TABLES = (
    "high_demand",
    "duplicates_validity",
    "duplicates_purpose",
    "contacts",
    "interventions",
    "repeats",
    "tellings",
    "open_at_once",
    "front_doors",
    "days_to_help",
    "repeat_signs",
    "purpose_overlap_days",
    "agencies_met",
    "persistence",
    "costs",
    "costs_theme",
)
PAIR_TABLES = (
    "duplicates", "flows", "cohorts", "cohort_returns", "overlaps", "pathways", "service_pairs",
    "service_pairs_expected", "theme_pairs", "theme_pairs_expected",
)  # fmt: skip


def write_report(run: Run, part: Path) -> Outcome:
    """Release the cells, then write explorer, graph and tables.

    Args:
        run: the run; its flag stage is whole.
        part: folder to write under.
    """
    rules, folder = run.project.rules, part / "report"
    folder.mkdir(parents=True)
    cells = run.engine.hold(CELLS.check(run.engine.fetch(run.load("analysis/cells.parquet")), "report"))
    uncertainty, draws = (run.load(f"analysis/{name}.parquet") for name in ("uncertainty", "partition_headlines"))
    weights = run.load("linkage/weights.parquet")
    release = report.release(cells, rules.privacy, rules.report, run.engine, uncertainty, draws, weights)
    redesigned = _redesigned(run, release, folder)
    summary = load_summary(run)
    story = replace(story_of(run, release, summary, data_hash(run)), graph="graph.html", spend=spend_rows(run.project))
    size = report.write_explorer(release, story, folder / "explorer.html", rules.report, "share", redesigned=redesigned)
    report.write_graph(
        release,
        folder / "graph.html",
        rules.report,
        story.place,
        story.synthetic,
        agencies=story.agencies,
        explorer="explorer.html",
    )
    if rules.report.allow_analyst_edition:
        _analyst_edition(run, release, replace(story, graph="../report/graph.html"), redesigned, part / "analysis")
    report.write_tables(release, folder, rules.privacy)
    kind = "synthetic, share edition" if story.synthetic else "share edition"
    line = (
        f"{shown(run.folder.path / 'report' / 'explorer.html')}   {size / 1000:.0f} KB, {kind}, {_audit_line(release)}"
    )
    # Of all acts, to a hundredth: the coverage that stands beside their cost.
    costed = summary["costs"]["costed_share"]
    told = {**_told(release), "costed_share": None if costed is None else round(costed, 2)}
    counts = {
        "audit": release.audit,
        "told": told,
        "redesign": report.told_scenarios(redesigned) if redesigned else [],
        "data_hash": data_hash(run),
    }
    return Outcome(counts, line, tuple(release.notes))


def _redesigned(run: Run, release: report.Release, folder: Path) -> report.Redesigned | None:
    """Release the figures of redesigns and write them; None where no scenario was run."""
    if not run.scenarios:
        return None
    rules = run.project.rules
    table, tried = run.load(f"{TABLE}.parquet"), run.scenarios
    safe = report.release_redesign(table, release, rules.privacy, rules.report, run.engine, tried)
    report.write_redesign(safe, folder)
    agencies = {one.agency.code: one.agency.name for one in run.project.agencies}
    stories = tuple(report.scenario_story(scenario, rules.findings, agencies) for scenario in run.scenarios)
    return report.Redesigned(safe, stories, rules.findings.redesign.target_share)


def _analyst_edition(
    run: Run, release: report.Release, story: report.Story, redesigned: report.Redesigned | None, folder: Path
) -> None:
    permit = report.permit(run.project.rules.report)
    folder.mkdir()
    timelines = report.analyst_table(permit, run.engine.fetch(run.load("analysis/timelines.parquet")), "timelines")
    findings = report.analyst_table(permit, run.engine.fetch(run.load("analysis/findings.parquet")), "findings")
    report.write_explorer(
        release,
        story,
        folder / "explorer-analyst.html",
        run.project.rules.report,
        "analyst",
        timelines=timelines,
        redesigned=redesigned,
    )
    report.write_parquet(findings, folder / "findings-analyst.parquet")


def _audit_line(release: report.Release) -> str:
    return f"no cell under {release.cells.meta['min_cell']}, {release.audit['withheld']:,} cells withheld"


def data_hash(run: Run) -> str:
    """Return 12 hex digits over every extract's hash."""
    found = [file["sha256"] for a in run.project.agencies for file in run.counts(f"protect:{a.agency.code}")["files"]]
    return hashlib.sha256(canonical(sorted(found)).encode()).hexdigest()[:12]


def _told(release: report.Release) -> dict[str, Any]:
    """Return the whole place's figures, as released: totals, and the short tables row by row; null = withheld."""
    table = release.cells.table
    whole = table.filter(pc.and_(pc.equal(table["chip"], "all"), pc.equal(table["quarter"], ""))).to_pylist()
    totals = {row["table"]: row["shown"] for row in whole if not row["row"] and not row["column"]}
    short = {
        name: {row["row"]: row["shown"] for row in whole if row["table"] == name and row["row"]}
        for name in SHORT_TABLES
    }
    pairs = {
        name: [[row["row"], row["column"], row["shown"]] for row in whole if row["table"] == name and row["row"]]
        for name in PAIR_TABLES
    }
    ranges = release.ranges.table.to_pylist() if release.ranges else []
    spans = {row["headline"]: [row["low"], row["high"]] for row in ranges}
    return {"totals": totals, **short, **pairs, "ranges": spans}


def load_summary(run: Run) -> dict[str, Any]:
    """Return the summary that the flag stage left."""
    return dict(json.loads((run.folder.path / "analysis/summary.json").read_text(encoding="utf-8")))
