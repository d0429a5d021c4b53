"""What the tables of CELLS count about cohorts: people by the day of their first contact and of their return."""

from __future__ import annotations

from collections.abc import Sequence

from totalplace.config.findings import CohortRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.following.facts import WHOLE
from totalplace.journeys.names import Words
from totalplace.tables import Engine, Handle

_BANDED = """
SELECT c.person_no, 0 AS quarter_no, c.cohort_no, a.value_no AS agency_no, CAST(1 AS BIGINT) AS value,
       CASE {cases} WHEN {kind}_seen >= {last} THEN {none} ELSE {unknown} END AS band
FROM cohorts c JOIN agencies a ON a.value = c.agency WHERE c.cohort_no IN ({asked})
"""


def cohort_facts(table: Handle, rules: CohortRules, words: Words, engine: Engine) -> Sequence[Facts]:
    """Return the facts of the tables cohorts and cohort_returns."""
    back = [k for k, event in enumerate(rules.events.values()) if event.reentry]
    everyone = list(range(len(rules.events)))
    return (
        _facts("cohorts", "contact", rules.contact_days, everyone, table, rules, words, engine),
        *([_facts("cohort_returns", "reentry", rules.reentry_days, back, table, rules, words, engine)] if back else []),
    )


def _facts(
    name: str, kind: str, days: Sequence[int], asked: Sequence[int], table: Handle, rules: CohortRules, words: Words,
    engine: Engine,
) -> Facts:  # fmt: skip
    cases = " ".join(f"WHEN {kind}_after <= {day} THEN {k}" for k, day in enumerate(days))
    text = _BANDED.format(
        cases=cases, kind=kind, last=days[-1], none=len(days), unknown=len(days) + 1, asked=", ".join(map(str, asked))
    )
    view = View(engine.sql(text, cohorts=table, agencies=words.tables["agency"]), "cohort_no", "band")
    columns = [*day_bands(days), f"not by {days[-1]}", "unknown"]
    return Facts(
        name, "people", view, view, view, view, list(rules.events), columns, quarters=False, total=False, chips=WHOLE
    )


def day_bands(days: Sequence[int]) -> list[str]:
    """Return the names of the bands that end with each day, such as `0`, `1-7`, `8-28`."""
    starts = [0, *(day + 1 for day in days[:-1])]
    return [str(last) if first == last else f"{first}-{last}" for first, last in zip(starts, days, strict=True)]
