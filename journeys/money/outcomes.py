"""Cost per outcome (X5): what contacts cost for each person who reached what the place wants for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from totalplace.config.findings import FindingsRules
from totalplace.journeys.chosen import chosen
from totalplace.journeys.contacts import quoted
from totalplace.journeys.measured import OPEN, Figure, Measured, Measurement, Tallied
from totalplace.journeys.uncertainty.shapes import sum_per
from totalplace.tables import Engine, Handle, Note

GBP, REACHED = 0, 1  # the two kinds of tally: money spent on a person, and a person who reached it

_SPENT = """
SELECT x.person_id AS id, {number} AS part, {gbp} AS a, 0 AS b, CAST(SUM(x.pence) AS DOUBLE) / 100 AS value
FROM costs x JOIN contacts c ON c.contact_id = x.contact_id
WHERE x.scope = 'fiscal' AND {towards} GROUP BY x.person_id
"""
_REACHED = """
SELECT DISTINCT c.person_id AS id, {number} AS part, {reached} AS a, 0 AS b, CAST(1 AS DOUBLE) AS value
FROM contacts c WHERE c.person_id IS NOT NULL AND {of} AND COALESCE(c.outcome, '') NOT IN ({missed}) {written}
"""


def cost_outcomes(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return what contacts towards each declared outcome cost, beside the people who reached it, and the ratio.

    The money of those who did not reach it is in the ratio too. Without a declared outcome there is nothing to say.

    Source: docs/reference/findings.md, X5.
    """
    table = _tallies(of, rules, engine)
    rows = engine.fetch(table, ["part", "a", "value"])
    part, kind, value = (np.asarray(rows[name].to_numpy(), np.float64) for name in rows.column_names)
    told = {
        name: _told(*(float(value[(part == k) & (kind == what)].sum()) for what in (GBP, REACHED)))
        for k, name in enumerate(rules.outcomes)
    }
    return Measurement(
        {"cost_per_outcome": told},
        _notes(told),
        tables={"outcomes": table},
        figures=(Tallied(lambda made, engine: made.table("outcomes"), tuple(_figures(rules))),) if told else (),
    )


def _tallies(of: Measured, rules: FindingsRules, engine: Engine) -> Handle:
    """Return id, part (place of the outcome), a (`GBP` or `REACHED`), b and value."""
    texts = []
    for number, outcome in enumerate(rules.outcomes.values()):
        written = f"AND c.outcome IN ({quoted(outcome.written)})" if outcome.written else ""
        words = {"number": number, "of": chosen(outcome.of), "towards": chosen(outcome.towards), "written": written}
        missed = quoted(rules.contact.missed_outcomes)
        texts += [text.format(**words, missed=missed, gbp=GBP, reached=REACHED) for text in (_SPENT, _REACHED)]
    nothing = "SELECT person_id AS id, 0 AS part, 0 AS a, 0 AS b, CAST(0 AS DOUBLE) AS value FROM contacts WHERE FALSE"
    text = f"SELECT * FROM ({' UNION ALL '.join(texts or [nothing])}) ORDER BY part, a, id"
    return engine.sql(text, contacts=of.journeys.contacts, costs=of.table("contact_costs"))


def _told(gbp: float, reached: float) -> dict[str, Any]:
    return {
        "gbp": round(gbp, 2),
        "people_who_reached_it": int(reached),
        "gbp_per_outcome": round(gbp / reached, 2) if reached else None,
    }


def _figures(rules: FindingsRules) -> list[Figure]:
    return [
        Figure(f"cost_per_{name}", "X5", f"fiscal cost of contacts for each person with the outcome {name}, GBP",
               "people", OPEN, None, "gbp", number, sum_per(GBP, REACHED))
        for number, name in enumerate(rules.outcomes)
    ]  # fmt: skip


def _notes(told: dict[str, dict[str, Any]]) -> tuple[Note, ...]:
    """Say which declared outcomes no agency recorded, and that a cost per outcome claims no cause."""
    absent = [name for name, row in told.items() if not row["people_who_reached_it"]]
    notes = []
    if absent:
        text = f"No contact records the outcome {', '.join(absent)}: what it costs to reach it cannot be told."
        notes.append(Note("outcomes_absent", text, {"outcomes": len(absent)}))
    if len(absent) < len(told):
        text = "Cost per outcome divides what was spent by who reached it; it does not say that the one made the other."
        notes.append(Note("outcomes", text, {"outcomes": len(told) - len(absent)}))
    return tuple(notes)
