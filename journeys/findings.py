"""From journeys to findings, cells and a summary: the second door of the room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import cells_of, heads
from totalplace.journeys.concentration import gini, gini_small_sample, top_share
from totalplace.journeys.duplicates import DuplicateCounts, count_duplicates
from totalplace.journeys.facts import assessment_facts, contact_facts, handoff_facts
from totalplace.journeys.families import FamilyPeaks, find_peaks
from totalplace.journeys.family_facts import family_facts, lorenz_cells
from totalplace.journeys.followed import Followed, follow, followed_facts, followed_findings, followed_notes
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.names import words_of
from totalplace.journeys.rows import Row, bounce_findings, duplicate_findings, family_findings, findings_table
from totalplace.journeys.story import notes_of, summary_of
from totalplace.journeys.variants import variant_facts
from totalplace.tables import CELLS, FINDINGS, Engine, Handle, Note


@dataclass(frozen=True)
class Findings:
    """What was found.

    Args:
        findings: FINDINGS.
        duplicates: the counts of D1.
        families: the peak windows of FAM2.
        followed: referrals, repeats and times told (R1, R2, D2).
        cells: CELLS: every number that a page may show, before disclosure control.
        summary: headline numbers, plain Python values.
        notes: lines for the user.
    """

    findings: Handle
    duplicates: DuplicateCounts
    families: FamilyPeaks
    followed: Followed
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
    duplicates = count_duplicates(journeys.contacts, rules, engine)
    families = find_peaks(journeys.contacts, rules, engine)
    followed = follow(journeys, rules, engine)
    rows: list[Row] = []
    more = FINDINGS.empty()
    bounces = bounce_findings(journeys, engine)
    if journeys.counts["unmapped"] < journeys.counts["contacts"]:
        rows = [*duplicate_findings(duplicates, rules, engine), *family_findings(families, rules, engine), *bounces]
        more = followed_findings(followed, rules, config_hash, engine)
    cells = engine.hold(_cells(journeys, duplicates, families, followed, rules, engine))
    summary = summary_of(journeys, duplicates, families, rows, _concentration(families, rules, engine), engine)
    summary |= followed.summary
    notes = (*journeys.notes, *notes_of(journeys, duplicates, families, rules, engine), *followed_notes(followed))
    table = findings_table(rows, more, config_hash, engine)
    return Findings(table, duplicates, families, followed, cells, summary, notes)


def _cells(
    journeys: Journeys,
    duplicates: DuplicateCounts,
    families: FamilyPeaks,
    followed: Followed,
    rules: FindingsRules,
    engine: Engine,
) -> pa.Table:
    words, days = words_of(journeys.contacts, engine), rules.duplicates.sensitivity_days
    thresholds, least = rules.families.min_interventions, rules.families.min_agencies
    by_family = family_facts(families, words, thresholds, least, engine)
    facts = [
        *contact_facts(journeys, words, engine),
        *handoff_facts(journeys, words, engine),
        *assessment_facts(journeys, duplicates, days, words, engine),
        variant_facts(journeys, words, rules.journey, engine),
        *by_family,
        *followed_facts(followed, journeys, words, engine),
    ]
    held = next(f for f in by_family if f.table == "family_band_contacts")
    table = pa.concat_tables([heads(cells_of(facts, words, engine)), lorenz_cells(held, words, engine)])
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
