"""Linkage uncertainty on both sides of the wall: partitions are drawn from links, headlines are counted in each."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from totalplace import journeys as room_of_journeys
from totalplace import linkage
from totalplace.journeys import Alternatives, Findings, Journeys, Uncertainty
from totalplace.pipeline.run_folder import canonical, write_text
from totalplace.pipeline.stages import Outcome, Run, gather, save_tables

NAMES = {
    "partitions": "partitions",
    "alternatives": "alternatives",
    "households": "alternative_households",
    "families": "alternative_families",
    "bridges": "bridges",
}
FIGURES = "linkage/uncertainty.json"


def draw(run: Run, part: Path) -> Outcome:
    """Draw alternative partitions of the records, and form their households and families."""
    rules, quality = run.project.rules, run.counts("link")["quality"]
    names = ("links", "persons", "constraints", "households", "families")
    linked = linkage.Linked(
        **{name: run.load(f"linkage/{name}.parquet") for name in names},
        threshold_bits=float(quality.get("threshold_bits") or 0.0),
        matches=float(quality.get("estimated_matches", 0.0)),
        seen_share=float(quality.get("expected_recall_of_rules", 1.0)),
    )
    made = linkage.draw_partitions(
        gather(run, "records"),
        gather(run, "residences"),
        gather(run, "relations"),
        linked,
        rules.linkage,
        rules.findings.uncertainty,
        run.keys.linkage,
        rules.project.seed,
        run.engine,
    )
    save_tables(run, part, {f"linkage/{name}": getattr(made, field) for field, name in NAMES.items()})
    write_text(part / FIGURES, canonical(made.figures))
    figures = made.figures
    precision, recall = (figures["quality"][name] for name in ("precision", "recall"))
    line = (
        f"{figures['uncertain_pairs']:,} uncertain pairs in {figures['groups']:,} groups -> "
        f"{figures['alternatives']:,} alternatives   precision {precision['low']:.2f}-{precision['high']:.2f}, "
        f"recall {recall['low']:.2f}-{recall['high']:.2f}"
    )
    return Outcome(figures, line, made.notes)


def alternatives(run: Run) -> Alternatives:
    """Open what linkage leaves open."""
    return Alternatives(**{f.name: run.load(f"linkage/{NAMES[f.name]}.parquet") for f in fields(Alternatives)})


def carry(run: Run, whole: Journeys, found: Findings) -> Uncertainty:
    """Count every headline and finding in every partition."""
    return room_of_journeys.carry_uncertainty(
        found.findings,
        whole,
        found.measured,
        gather(run, "people"),
        run.load("linkage/persons.parquet"),
        alternatives(run),
        run.counts("partitions")["quality"]["reach"],
        run.project.rules.findings,
        run.engine,
    )
