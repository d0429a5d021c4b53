"""How unevenly demand is spread (FAM3), as figures that are carried through the linkage's uncertainty."""

from __future__ import annotations

from totalplace.config.findings import FindingsRules
from totalplace.journeys.measured import OPEN, Figure, Measured, Measurement, Tallied
from totalplace.journeys.uncertainty.shapes import gini_of, top_share_of
from totalplace.tables import Engine

_TALLIES = """
SELECT family_id AS id, 0 AS part, peak AS a, 0 AS b, CAST(1 AS DOUBLE) AS value FROM peaks ORDER BY family_id
"""


def spread_demand(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return the Gini coefficient of families' peaks, and what the top shares of families hold.

    Source: docs/reference/findings.md, FAM3.
    """
    base = "interventions in families' peak windows"
    made = [Figure("gini", "FAM3", f"Gini coefficient of {base}", "families", OPEN, None, "ratio", None, gini_of)]
    made += [
        Figure(f"top_share_{share:g}", "FAM3", f"share of {base} with the top {share:.0%} of families", "families",
               OPEN, None, "share", None, top_share_of(share))
        for share in rules.families.top_shares
    ]  # fmt: skip
    tallies = Tallied(lambda of, engine: engine.sql(_TALLIES, peaks=of.families.table), tuple(made))
    return Measurement(figures=(tallies,))
