"""What contacts cost (X1): each priced by what its unit is, and what has no price counted beside the sum."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.contacts import quoted
from totalplace.journeys.facts import UNALIGNED
from totalplace.journeys.families.concentration import share_that_holds
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.measured import OPEN, Figure, Measured, Measurement, Tallied
from totalplace.journeys.money.unit_costs import Prices, prices_of, unit_costs
from totalplace.journeys.names import Words
from totalplace.journeys.uncertainty.shapes import summed
from totalplace.tables import Engine, Handle, Note

HALF = 0.5
# Days of a unit that is spread over the time it lasts.
SPREAD_DAYS = {"week": 7.0, "year": 365.25}
SCOPES = ("fiscal", "economic", "social")

# One act of one agency costs once: of a joint act each agency bears its own part, and of an act for a household that
# stands in each member's record, each member's first record of it, each member's second, and so on, are one.
# Nearly every act is told by one record alone, and only the others are ranked.
_ACTS = """
WITH done AS (
  SELECT c.contact_id, c.person_id, c.agency, c.theme, c.start, c."end" AS until, c.cost_key, c.joint_id,
         c.household_id, c.type, COALESCE(c.start_second, -1) AS second, c.worker_key,
         c.scope = 'household' AND c.household_id IS NOT NULL AS at_home
  FROM contacts c
  WHERE c.person_id IS NOT NULL AND COALESCE(c.class, '') <> 'milestone' AND COALESCE(c.outcome, '') NOT IN ({missed})),
shared AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY person_id, household_id, agency, type, start, second, worker_key
                               ORDER BY contact_id) AS again
  FROM done WHERE household_id IN (SELECT household_id FROM done WHERE at_home)),
ranked AS (
  SELECT contact_id, ROW_NUMBER() OVER (PARTITION BY joint_id, agency, cost_key ORDER BY contact_id) AS place
  FROM done WHERE NOT at_home AND joint_id IS NOT NULL
  UNION ALL
  SELECT contact_id, ROW_NUMBER() OVER (PARTITION BY household_id, agency, type, start, second, worker_key, again
                                        ORDER BY contact_id) AS place
  FROM shared WHERE at_home)
SELECT d.contact_id, d.person_id, d.agency, d.theme, d.start, d.until, d.cost_key
FROM done d LEFT JOIN ranked r ON r.contact_id = d.contact_id
WHERE COALESCE(r.place, 1) = 1 ORDER BY d.contact_id
"""
_LAST = "SELECT MAX(start) AS last FROM contacts WHERE COALESCE(class, '') <> 'milestone'"
# A case is priced once for each run of contacts with its key (E1); a stay by its days within the data; an hour never,
# as no contact says how long it took.
_COSTS = """
WITH priced AS (
  SELECT a.*, k.basis, k.scope, k.pence, k.spread_days,
         LAG(a.start) OVER (PARTITION BY a.person_id, a.agency, a.cost_key ORDER BY a.start, a.contact_id) AS before
  FROM acts a JOIN prices k ON k.cost_key = a.cost_key)
SELECT contact_id, person_id, agency, theme, start, cost_key, scope, CAST(ROUND(CASE
         WHEN basis = 'step' THEN pence
         WHEN basis = 'episode' AND (before IS NULL OR DATEDIFF('day', before, start) > {gap}) THEN pence
         WHEN basis = 'episode' THEN 0
         ELSE pence * DATEDIFF('day', start, until) / spread_days END) AS BIGINT) AS pence
FROM priced
WHERE basis IN ('step', 'episode') OR (basis IN ('week', 'year') AND until > start)
ORDER BY contact_id
"""
_SUMS = """
SELECT agency, scope, CAST(SUM(pence) AS BIGINT) AS pence, COUNT(*) AS n FROM costs
GROUP BY agency, scope ORDER BY agency, scope
"""
_PERSONS = """
SELECT CAST(SUM(pence) AS BIGINT) AS pence FROM costs WHERE scope = 'fiscal' GROUP BY person_id ORDER BY pence
"""
_FACTS = """
SELECT p.person_no, 0 AS quarter_no, a.value_no AS agency_no, COALESCE(t.value_no, {unaligned}) AS theme_row,
       CAST(ROUND(SUM(c.pence) / 100.0) AS BIGINT) AS value
FROM costs c JOIN people p ON p.person_id = c.person_id JOIN agencies a ON a.value = c.agency
LEFT JOIN themes t ON t.value = c.theme
WHERE c.scope = 'fiscal' GROUP BY p.person_no, a.value_no, t.value_no
"""


def cost_contacts(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return what contacts cost: fiscal, economic and social value apart, by agency, with their coverage.

    Source: docs/reference/findings.md, X1.
    """
    acts, costs, prices = priced_contacts(of.journeys, rules, engine)
    summary = _summary(acts, costs, prices, rules, engine)
    return Measurement(
        {"costs": summary},
        _notes(summary),
        facts=lambda words: _facts(costs, of.journeys, words, engine),
        tables={"contact_costs": costs},
        figures=(_figures(list(summary["by_agency_gbp"])),),
    )


def priced_contacts(journeys: Journeys, rules: FindingsRules, engine: Engine) -> tuple[Handle, Handle, Prices]:
    """Return the acts that may cost something, those with a price (contact_id, pence and more), and the prices."""
    missed = [] if rules.contact.cost_missed_appointments else rules.contact.missed_outcomes
    acts = _within_the_data(
        engine.sql(_ACTS.format(missed=quoted(missed)), contacts=journeys.contacts), journeys, engine
    )
    # Of contacts that name nobody too: they say what else the place uses where only copies of some of it are at hand.
    text = f"""
    SELECT DISTINCT cost_key FROM contacts WHERE cost_key IS NOT NULL AND COALESCE(class, '') <> 'milestone'
           AND COALESCE(outcome, '') NOT IN ({quoted(missed)}) ORDER BY cost_key
    """
    keys = engine.fetch(engine.sql(text, contacts=journeys.contacts))
    prices = prices_of(keys["cost_key"].to_pylist(), rules)
    costs = engine.sql(_COSTS.format(gap=rules.episode.gap_days), acts=acts, prices=engine.hold(_table(prices, rules)))
    return acts, costs, prices


def _within_the_data(acts: Handle, journeys: Journeys, engine: Engine) -> Handle:
    """Cut what lasts at the last day of the data: what comes after it is nobody's record."""
    text = """
    SELECT contact_id, person_id, agency, theme, start, cost_key,
           CASE WHEN until > d.last THEN d.last + INTERVAL 1 DAY ELSE until END AS until
    FROM acts CROSS JOIN data d ORDER BY contact_id
    """
    return engine.sql(text, acts=acts, data=engine.sql(_LAST, contacts=journeys.contacts))


def _table(prices: Prices, rules: FindingsRules) -> pa.Table:
    costs = unit_costs(rules)
    keys = sorted(prices.gbp)
    return pa.table(
        {
            "cost_key": pa.array(keys, pa.string()),
            "basis": pa.array([costs[key].basis for key in keys], pa.string()),
            "scope": pa.array([costs[key].scope for key in keys], pa.string()),
            "pence": pa.array([round(prices.gbp[key] * 100) for key in keys], pa.int64()),
            "spread_days": pa.array([SPREAD_DAYS.get(costs[key].basis, 1.0) for key in keys], pa.float64()),
        }
    )


def _summary(acts: Handle, costs: Handle, prices: Prices, rules: FindingsRules, engine: Engine) -> dict[str, Any]:
    rows = engine.fetch(engine.sql(_SUMS, costs=costs)).to_pylist()
    persons = np.asarray(engine.fetch(engine.sql(_PERSONS, costs=costs))["pence"].to_numpy(), np.int64)
    by_agency: dict[str, dict[str, float]] = {}
    for row in rows:
        by_agency.setdefault(row["agency"], {})[row["scope"]] = row["pence"] / 100
    return {
        **{f"{scope}_gbp": sum(row["pence"] for row in rows if row["scope"] == scope) / 100 for scope in SCOPES},
        "by_agency_gbp": by_agency,
        "acts": acts.rows,
        "costed": costs.rows,
        "costed_share": round(costs.rows / acts.rows, 6) if acts.rows else None,
        "people": len(persons),
        "share_of_people_with_half": share_that_holds(persons, HALF),
        "price_year": rules.price_year,
        "parents_left_out": list(prices.parents),
        "undeflated": list(prices.undeflated),
    }


def _notes(summary: dict[str, Any]) -> tuple[Note, ...]:
    if not summary["acts"]:
        return ()
    acts, costed = summary["acts"], summary["costed"]
    text = (
        f"{costed:,} of {acts:,} acts ({costed / acts:.1%}) have a unit cost; their fiscal cost of "
        f"{summary['fiscal_gbp']:,.0f} GBP leaves out all others and is an average, not what one act fewer would save."
    )
    return (Note("contact_costs", text, {"acts": acts, "costed": costed}),)


# In whole pounds of each person, agency and theme, as the cells `costs` show it.
_TALLIES = """
SELECT person_id AS id, part, 0 AS a, 0 AS b, SUM(gbp) AS value FROM (
  SELECT c.person_id, {part} AS part, CAST(ROUND(SUM(c.pence) / 100.0) AS BIGINT) AS gbp
  FROM costs c WHERE c.scope = 'fiscal' GROUP BY c.person_id, c.agency, c.theme)
GROUP BY person_id, part ORDER BY person_id, part
"""


def _figures(agencies: list[str]) -> Tallied:
    """Return the fiscal cost of all contacts and of each agency's."""
    part = " ".join(f"WHEN {quoted([agency])} THEN {k}" for k, agency in enumerate(agencies))
    text = _TALLIES.format(part=f"CASE c.agency {part} ELSE -1 END" if agencies else "-1")
    named: list[tuple[str, str, str, int | None]] = [("cost", "fiscal cost of contacts, GBP", "", None)]
    named += [(f"cost_{a}", f"fiscal cost of contacts with {a}, GBP", a, k) for k, a in enumerate(agencies)]
    made = (
        Figure(name, "X1", words, "people", OPEN, ("costs", row), "gbp", part, summed())
        for name, words, row, part in named
    )
    return Tallied(lambda of, engine: engine.sql(text, costs=of.table("contact_costs")), tuple(made))


def _facts(costs: Handle, journeys: Journeys, words: Words, engine: Engine) -> list[Facts]:
    """Return the facts of `costs` and `costs_theme`: fiscal cost in whole GBP per person, agency and theme."""
    agencies, themes = words.lists["agency"], words.lists["theme"]
    named = {"agencies": words.tables["agency"], "themes": words.tables["theme"], "people": journeys.people}
    table = engine.sql(_FACTS.format(unaligned=len(themes)), costs=costs, **named)
    return [
        _whole("costs", table, "agency_no", agencies),
        _whole("costs_theme", table, "theme_row", [*themes, UNALIGNED]),
    ]


def _whole(table: str, facts: Handle, row: str, names: list[str]) -> Facts:
    view = View(facts, row)
    return Facts(table, "people", view, view, view, view, names, quarters=False, chips=("all",))
