"""What avoidable assessments cost, by purpose: the step alone, before the work of reusing another agency's result."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.facts import SITES
from totalplace.journeys.measured import Measured, Measurement
from totalplace.journeys.names import Words
from totalplace.tables import Engine, Handle

_PRICED = """
SELECT COALESCE(p.person_no, n.site_no) AS person_no, 0 AS quarter_no, u.value_no AS purpose_no,
       a.value_no AS agency_no, CAST(ROUND(SUM(k.gbp)) AS BIGINT) AS gbp, COUNT(*) AS acts
FROM acts x JOIN prices k ON k.cost_key = x.cost_key JOIN purposes u ON u.value = x.purpose
JOIN owners o ON o.act = x.act JOIN agencies a ON a.value = o.agency
LEFT JOIN people p ON p.person_id = x.person_id LEFT JOIN sites n ON n.unit = x.unit
WHERE x.state = 1 GROUP BY COALESCE(p.person_no, n.site_no), u.value_no, a.value_no
"""
_FIRST_OWNER = "SELECT act, MIN(agency) AS agency FROM owners GROUP BY act"


def cost_duplicates(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return the facts of `duplicates_cost` and `duplicates_priced`: GBP, and the assessments that have a price.

    None unless the rules ask for savings (`duplicates.savings`): until then nothing is stated in money.

    A joint assessment is priced once, as in D1's own sum. What is released is this less friction, at every level alike.

    Source: docs/reference/findings.md, D1 (money) and X1.
    """
    if not rules.duplicates.savings:
        return Measurement()
    return Measurement(facts=lambda words: _facts(of, words, engine))


def _facts(of: Measured, words: Words, engine: Engine) -> Sequence[Facts]:
    gbp = of.duplicates.prices.gbp
    prices = pa.table({"cost_key": pa.array(sorted(gbp), pa.string()), "gbp": [gbp[key] for key in sorted(gbp)]})
    owners = engine.sql(_FIRST_OWNER, owners=of.duplicates.owners)
    named = {"purposes": words.tables["purpose"], "agencies": words.tables["agency"]}
    sites = engine.sql(SITES, acts=of.duplicates.acts)
    parts = {"acts": of.duplicates.acts, "owners": owners, "people": of.journeys.people, "sites": sites}
    table = engine.sql(_PRICED, prices=engine.hold(prices.cast(_PRICES)), **parts, **named)
    return [_whole(name, table, column, words) for name, column in _TABLES.items()]


_PRICES = pa.schema([("cost_key", pa.string()), ("gbp", pa.float64())])
_TABLES = {"duplicates_cost": "gbp", "duplicates_priced": "acts"}


def _whole(table: str, facts: Handle, value: str, words: Words) -> Facts:
    view = View(facts, "purpose_no", "", value)
    return Facts(table, "people", view, view, view, view, words.lists["purpose"], quarters=False, chips=("all",))
