"""Which families stay among those of highest demand from one period to the next (FAM3)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.calendar import as_dates
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.families.periods import Periods, periods_of
from totalplace.journeys.measured import OPEN, Figure, Measured, Measurement, Tallied
from totalplace.journeys.names import Words
from totalplace.journeys.uncertainty.shapes import kept_share, summed
from totalplace.tables import Engine, Handle, Note

STATES = ("stayed", "fell", "new")
Shares = np.ndarray


def top_membership(values: np.ndarray, share: float) -> Shares:
    """Return how far each unit belongs to the top share of the units that are not 0.

    Args:
        values: int, at least 0, one per unit.
        share: 0 to 1.

    Returns:
        float64 from 0 to 1; they sum to share x units above 0. Units of one value belong alike, so that neither ids
        nor row order decide who is in.
    """
    x = np.asarray(values, np.int64)
    wanted = round(share * int((x > 0).sum()), 9)
    each, place, n = np.unique(x, return_inverse=True, return_counts=True)
    above = len(x) - np.cumsum(n)
    part = np.clip((wanted - above) / n, 0.0, 1.0)
    part[each <= 0] = 0.0
    return np.asarray(part[place], np.float64)


def persistence(before: np.ndarray, now: np.ndarray, share: float) -> float | None:
    """Return the share of now's top that was in the top before; None where nobody was in it now.

    Args:
        before, now: int, one per unit, the same units in the same order.
        share: of the units that are not 0, in each period for itself.

    Source: docs/reference/findings.md, FAM3.
    """
    then, top = top_membership(before, share), top_membership(now, share)
    return float(np.dot(then, top) / top.sum()) if top.sum() else None


def follow_demand(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return from each whole period to the next: who stayed in the top share, who stayed over a threshold."""
    periods = periods_of(of, rules.persistence, engine)
    steps = [_step(periods, k, rules) for k in range(1, len(periods))]
    summary = {"period_months": rules.persistence.period_months, "steps": steps}
    return Measurement(
        {"persistence": summary},
        _notes(steps, rules),
        facts=lambda words: _facts(of, periods, words, rules, engine) if steps else (),
        tables={"demand_by_period": _table(periods, engine)},
        figures=(_kept(len(steps), rules), _crossing(len(steps), rules)) if steps else (),
    )


def _step(periods: Periods, k: int, rules: FindingsRules) -> dict[str, Any]:
    base = periods.known[:, k - 1] & periods.known[:, k]
    before, now = (periods.interventions[base, at] for at in (k - 1, k))
    days = [day.as_py().isoformat() for day in as_dates(periods.edges[k - 1 : k + 2])]
    return {
        "before": [days[0], days[1]],
        "now": [days[1], days[2]],
        "families": int(((before > 0) | (now > 0)).sum()),
        "not_known_throughout": int((~base & (periods.interventions[:, k - 1 : k + 1].sum(axis=1) > 0)).sum()),
        "top": {str(share): _rounded(persistence(before, now, share)) for share in rules.families.top_shares},
        "high_demand": {
            str(least): _crossed(periods, k, base, least, rules) for least in rules.families.min_interventions
        },
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


def _high(periods: Periods, least: int, rules: FindingsRules) -> np.ndarray:
    wide = periods.agencies >= rules.families.min_agencies
    return np.asarray(wide & (periods.interventions >= least))


def _crossed(periods: Periods, k: int, base: np.ndarray, least: int, rules: FindingsRules) -> dict[str, int]:
    high = _high(periods, least, rules)[base]
    before, now = high[:, k - 1], high[:, k]
    counts = (before & now, before & ~now, ~before & now)
    return {state: int(flags.sum()) for state, flags in zip(STATES, counts, strict=True)}


def _table(periods: Periods, engine: Engine) -> Handle:
    """Return family_id, from_date, to_date, interventions, agencies, known_throughout: a row per family and period."""
    ids = engine.fetch(periods.families, ["family_id"])["family_id"].combine_chunks()
    families, n = len(ids), len(periods)
    number, at = np.repeat(np.arange(families), n), np.tile(np.arange(n), families)
    return engine.hold(
        pa.table(
            {
                "family_id": ids.take(pa.array(number)),
                "from_date": as_dates(periods.edges[at]),
                "to_date": as_dates(periods.edges[at + 1]),
                "interventions": pa.array(periods.interventions.ravel()),
                "agencies": pa.array(periods.agencies.ravel()),
                "known_throughout": pa.array(periods.known.ravel()),
            }
        )
    )


_STEPS = """
SELECT * FROM (
  SELECT family_id AS id, ROW_NUMBER() OVER w - 1 AS step, interventions AS now, agencies AS wide, known_throughout,
         LAG(interventions) OVER w AS before, LAG(agencies) OVER w AS wide_before,
         LAG(known_throughout) OVER w AS known_before
  FROM periods WINDOW w AS (PARTITION BY family_id ORDER BY from_date))
WHERE known_throughout AND known_before
"""


def _kept(last: int, rules: FindingsRules) -> Tallied:
    """Return of each top share of the last period who was in it in the one before."""
    text = f"""
    SELECT id, step AS part, before AS a, now AS b, CAST(1 AS DOUBLE) AS value FROM ({_STEPS}) WHERE before + now > 0
    AND step = {last} ORDER BY id
    """
    made = (
        Figure(f"persistence_top_{share:g}", "FAM3", f"of the top {share:.0%} of families, top in the period before",
               "families", OPEN, None, "share", None, kept_share(share))
        for share in rules.families.top_shares
    )  # fmt: skip
    return Tallied(lambda of, engine: engine.sql(text, periods=of.table("demand_by_period")), tuple(made))


def _crossing(last: int, rules: FindingsRules) -> Tallied:
    """Return the families over the smallest threshold that stayed, fell and are new, as the cells show them."""
    least, wide = min(rules.families.min_interventions), rules.families.min_agencies
    text = f"""
    SELECT id, CASE WHEN high AND was THEN 0 WHEN was THEN 1 ELSE 2 END AS part, 0 AS a, 0 AS b,
           CAST(1 AS DOUBLE) AS value
    FROM (SELECT id, now >= {least} AND wide >= {wide} AS high, before >= {least} AND wide_before >= {wide} AS was
          FROM ({_STEPS}) WHERE step = {last})
    WHERE high OR was ORDER BY id
    """
    made = (
        Figure(f"persistence_{state}", "FAM3", f"families at {least} or more in a period: {state}", "families", OPEN,
               ("persistence", state), "number", k, summed())
        for k, state in enumerate(STATES)
    )  # fmt: skip
    return Tallied(lambda of, engine: engine.sql(text, periods=of.table("demand_by_period")), tuple(made))


_FACTS = """
SELECT f.family_no AS person_no, 0 AS quarter_no, s.row_no, CAST(1 AS BIGINT) AS value
FROM families f JOIN states s ON s.family_no = f.family_no
"""
_FED = """
SELECT DISTINCT t.person_no, t.quarter_no, t.row_no, t.value, a.value_no AS agency_no
FROM facts t JOIN families f ON f.family_no = t.person_no JOIN acts c ON c.family_id = f.family_id
JOIN agencies a ON a.value = c.agency
"""


def _facts(of: Measured, periods: Periods, words: Words, rules: FindingsRules, engine: Engine) -> list[Facts]:
    """Return the facts of `persistence`: families over the smallest threshold in either of the last two periods."""
    k = len(periods) - 1
    high = _high(periods, min(rules.families.min_interventions), rules)
    high &= (periods.known[:, k - 1] & periods.known[:, k])[:, None]
    before, now = high[:, k - 1], high[:, k]
    who = np.flatnonzero(before | now)
    row = np.where(before[who] & now[who], 0, np.where(before[who], 1, 2))
    states = pa.table({"family_no": pa.array(who.astype(np.int32)), "row_no": pa.array(row.astype(np.int32))})
    table = engine.sql(_FACTS, families=periods.families, states=engine.hold(states))
    parts = {"families": periods.families, "acts": of.families.acts, "agencies": words.tables["agency"]}
    plain, fed = View(table), View(engine.sql(_FED, facts=table, **parts))
    return [Facts("persistence", "families", plain, fed, plain, fed, list(STATES), quarters=False, chips=("all",))]


def _notes(steps: list[dict[str, Any]], rules: FindingsRules) -> tuple[Note, ...]:
    months = rules.persistence.period_months
    if not steps:
        text = f"The data hold fewer than two whole periods of {months} months, so nothing is said of persistence."
        return (Note("persistence", text),)
    last, least = steps[-1], str(min(rules.families.min_interventions))
    crossed = last["high_demand"][least]
    shares = ", ".join(f"top {float(s):.0%}: {_percent(kept)}" for s, kept in last["top"].items())
    text = (
        f"Of the families of highest demand in the last {months} months so many were so in the {months} months before "
        f"({shares}). At {least} or more interventions {crossed['stayed']:,} stayed, {crossed['fell']:,} fell under, "
        f"{crossed['new']:,} are new, of {last['families']:,} families known throughout."
    )
    return (Note("persistence", text, crossed),)


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0%}"
