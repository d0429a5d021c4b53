"""From journeys to findings, cells and a summary: the second door of the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import cells_of, heads
from totalplace.journeys.facts import assessment_facts, contact_facts, handoff_facts
from totalplace.journeys.families.concentration import gini, gini_small_sample, top_share
from totalplace.journeys.families.facts import family_facts, lorenz_cells
from totalplace.journeys.families.high_demand import FamilyPeaks
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.measured import Measured
from totalplace.journeys.measures import MEASURED_ONCE, MEASURES, measure
from totalplace.journeys.medians import median_cells
from totalplace.journeys.names import words_of
from totalplace.journeys.rows import Row, bounce_findings, duplicate_findings, family_findings, findings_table
from totalplace.journeys.story import notes_of, summary_of
from totalplace.journeys.variants import find_ways, variant_facts
from totalplace.tables import CELLS, Engine, Handle, Note


@dataclass(frozen=True)
class Findings:
    """What was found.

    Args:
        findings: FINDINGS.
        measured: what each measure made of the place.
        cells: CELLS: every number that a page may show, before disclosure control.
        summary: headline numbers, plain Python values.
        notes: lines for the user.
    """

    findings: Handle
    measured: Measured
    cells: Handle
    summary: dict[str, Any]
    notes: tuple[Note, ...]


def find_all(journeys: Journeys, rules: FindingsRules, config_hash: str, engine: Engine) -> Findings:
    """Return all findings of a place, each number with its base.

    Args:
        journeys: from `build_journeys`, with the same rules.
        rules: the section `findings`.
        config_hash: hash of all rules, kept with each finding.
        engine: where it runs.

    Source: docs/reference/findings.md.
    """
    made = measure(journeys, rules, engine, (*MEASURES, *MEASURED_ONCE))
    duplicates, families = made.duplicates, made.families
    rows: list[Row] = []
    further: list[pa.Table] = []
    bounces = bounce_findings(journeys, engine)
    if journeys.counts["unmapped"] < journeys.counts["contacts"]:
        rows = [*duplicate_findings(duplicates, rules, engine), *family_findings(families, rules, engine), *bounces]
        further = [one.findings for one in made.further]
    cells = engine.hold(_cells(made, rules, engine))
    summary = summary_of(journeys, duplicates, families, rows, _concentration(families, rules, engine), engine)
    notes = [*journeys.notes, *notes_of(journeys, duplicates, families, rules, engine)]
    for one in made.further:
        summary |= one.summary
        notes += one.notes
    table = findings_table(rows, further, config_hash, engine)
    return Findings(table, made, cells, summary, tuple(notes))


def _cells(made: Measured, rules: FindingsRules, engine: Engine) -> pa.Table:
    journeys, days = made.journeys, rules.duplicates.sensitivity_days
    words = words_of(journeys.contacts, engine)
    ways = find_ways(journeys, words, rules.journey, engine)
    thresholds, least = rules.families.min_interventions, rules.families.min_agencies
    by_family = family_facts(made.families, words, thresholds, least, engine)
    facts = [
        *contact_facts(journeys, words, engine),
        *handoff_facts(journeys, words, engine),
        *assessment_facts(journeys, made.duplicates, days, words, engine),
        variant_facts(journeys, words, ways, engine),
        *by_family,
        *(fact for one in made.further for fact in one.facts(words)),
    ]
    held = next(f for f in by_family if f.table == "family_band_contacts")
    parts = [heads(cells_of(facts, words, engine)), lorenz_cells(held, words, engine)]
    parts.append(median_cells(journeys, ways, words, rules.journey, engine))
    table = pa.concat_tables([*parts, *(one.cells for one in made.further)])
    return CELLS.check(table.sort_by([(name, "ascending") for name in CELLS.order]), "find_all")


def _concentration(families: FamilyPeaks, rules: FindingsRules, engine: Engine) -> dict[str, Any]:
    """Return the concentration of demand (FAM3) over families with at least one intervention."""
    peak = np.asarray(engine.fetch(families.table, ["peak"])["peak"].to_numpy())
    small = len(peak) < rules.families.min_sample
    return {
        "base": "families with at least one intervention, by their peak window",
        "families": len(peak),
        "gini": gini(peak),
        "gini_small_sample": gini_small_sample(peak) if small else None,
        "top_shares": {share: top_share(peak, share) for share in rules.families.top_shares},
    }
