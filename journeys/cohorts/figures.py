"""The shares of a cohort (K1) as figures that are carried through the linkage's uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

from totalplace.config.findings import CohortRules
from totalplace.journeys.measured import LESS, Figure, Tallied
from totalplace.journeys.uncertainty.shapes import reached_by

# A day beyond those asked for says no more than that it came later.
_TALLIES = """
SELECT person_id AS id, cohort_no AS part, LEAST(COALESCE({kind}_after, {later}), {kind}_seen, {later}) AS a,
       CASE WHEN COALESCE({kind}_after <= {kind}_seen, FALSE) THEN 1 ELSE 0 END AS b, CAST(COUNT(*) AS DOUBLE) AS value
FROM cohorts WHERE {kind}_seen >= 0 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_WORDS = {"contact": "with a first contact", "reentry": "back"}


def cohort_figures(rules: CohortRules) -> tuple[Tallied, ...]:
    """Return the share of each cohort with a first contact, and of those back, by each day (Kaplan-Meier)."""
    back = [k for k, event in enumerate(rules.events.values()) if event.reentry]
    return (
        _figures("contact", range(len(rules.events)), rules.contact_days, list(rules.events)),
        _figures("reentry", back, rules.reentry_days, list(rules.events)),
    )


def _figures(kind: str, asked: Sequence[int], days: Sequence[int], names: Sequence[str]) -> Tallied:
    text = _TALLIES.format(kind=kind, later=max(days, default=0) + 1)
    made = (
        Figure(f"cohort_{names[k]}_{kind}_share_{day}_days", "K1",
               f"share of the cohort {names[k]} {_WORDS[kind]} by day {day}", "people", LESS, None, "share", k,
               reached_by(day))
        for k in asked for day in days
    )  # fmt: skip
    return Tallied(lambda of, engine: engine.sql(text, cohorts=of.table("cohorts")), tuple(made))
