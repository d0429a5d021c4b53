"""Gaps (G1): waiting after a referral or a promise, and quiet time, from each block of contacts to the next."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

import numpy as np

from totalplace.config.findings import FindingsRules, GapRules
from totalplace.journeys.chosen import chosen
from totalplace.journeys.contacts import quoted
from totalplace.journeys.duplicates.assessments import WEIGHT_UNIT
from totalplace.journeys.following.survival import quantile
from totalplace.journeys.measured import MORE, OPEN, Headline, Measured, Measurement
from totalplace.journeys.spells.gap_facts import gap_facts
from totalplace.journeys.spells.working_days import clock, uncovered_years
from totalplace.tables import Engine, Handle, Note

# One row per block that a gap follows. A wait runs to the person's next contact, whatever the journey; a quiet gap
# ends with its journey. What nothing ended is watched to the end of the data, or until the person left.
_GAPS = """
WITH placed AS (
  SELECT p.person_no, p.exit_date, c.start, j.block, GREATEST(COALESCE(c."end", c.start), c.start) AS until,
         CASE WHEN (c.referral_to IS NOT NULL OR {promising})
                   AND COALESCE(c.outcome, '') NOT IN ({missed}) THEN c.contact_id END AS promise
  FROM journeys j JOIN contacts c ON c.contact_id = j.contact_id JOIN people p ON p.person_id = c.person_id),
blocks AS (
  SELECT person_no, start, block, MAX(until) AS until, MIN(promise) AS promise, MIN(exit_date) AS exit_date
  FROM placed GROUP BY person_no, start, block),
followed AS (
  SELECT *, LEAD(start) OVER w AS next_start, LEAD(block) OVER w AS next_block
  FROM blocks WINDOW w AS (PARTITION BY person_no ORDER BY start, block)),
told AS (
  SELECT *, next_start IS NOT NULL AND (promise IS NOT NULL OR next_block > 0) AS ended,
         CASE WHEN promise IS NULL AND {gap} > 0 THEN CAST(until + INTERVAL {gap} DAY AS DATE) END AS cut
  FROM followed)
SELECT t.person_no, t.start, t.block, t.next_start, t.next_block, t.promise, t.ended, t.until AS from_date,
       GREATEST(t.until, CASE WHEN t.ended THEN t.next_start
                              ELSE LEAST(COALESCE(t.exit_date, e.last_day), COALESCE(t.cut, e.last_day), e.last_day)
                         END) AS to_date
FROM told t CROSS JOIN (SELECT MAX(start) AS last_day FROM contacts WHERE COALESCE(class, '') <> 'milestone') e
"""
_SPAN = "SELECT MIN(from_date) AS first, MAX(to_date) AS last FROM gaps"
_HISTOGRAM = """
SELECT g.promise IS NOT NULL AS waiting, g.ended, t.tick - f.tick AS days, COUNT(*) AS n
FROM gaps g JOIN clock f ON f.day = g.from_date JOIN clock t ON t.day = g.to_date
GROUP BY g.promise IS NOT NULL, g.ended, t.tick - f.tick ORDER BY waiting, ended, days
"""
_WAITS = """
SELECT g.promise AS contact_id, p.person_id, g.person_no, c.agency AS from_agency, c.referral_to AS to_agency,
       g.from_date, g.to_date, t.tick - f.tick AS days, g.ended, g.start, g.block, g.next_start, g.next_block
FROM gaps g JOIN people p ON p.person_no = g.person_no JOIN contacts c ON c.contact_id = g.promise
JOIN clock f ON f.day = g.from_date JOIN clock t ON t.day = g.to_date
WHERE g.promise IS NOT NULL ORDER BY g.promise
"""
# The days of a wait by the agencies at its two ends, weighted as steps are (J1); an open one leads to nobody yet.
_ENDS = """
WITH blocks AS (
  SELECT p.person_no, c.start, j.block, c.agency FROM journeys j JOIN contacts c ON c.contact_id = j.contact_id
  JOIN people p ON p.person_id = c.person_id WHERE p.person_no IN (SELECT person_no FROM waits)),
ends AS (
  SELECT w.contact_id, w.person_no, w.days, w.ended, f.agency AS from_agency, t.agency AS to_agency,
         COUNT(*) OVER (PARTITION BY w.contact_id) AS pairs
  FROM waits w JOIN blocks f ON f.person_no = w.person_no AND f.start = w.start AND f.block = w.block
  LEFT JOIN blocks t ON w.ended AND t.person_no = w.person_no AND t.start = w.next_start AND t.block = w.next_block)
SELECT person_no, ended, from_agency, to_agency,
       CAST(SUM(days * CAST(FLOOR({unit} / pairs) AS BIGINT)) AS BIGINT) AS units
FROM ends GROUP BY person_no, ended, from_agency, to_agency ORDER BY person_no, ended, from_agency, to_agency
"""


def find_gaps(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return how long people wait after a referral or a promise, and how long nothing happens otherwise.

    Source: docs/reference/findings.md, G1.
    """
    journeys = of.journeys
    text = _GAPS.format(
        promising=chosen(rules.gap.promising_types), missed=quoted(rules.contact.missed_outcomes),
        gap=rules.journey.gap_days,
    )  # fmt: skip
    parts = {"contacts": journeys.contacts, "journeys": journeys.journeys, "people": journeys.people}
    gaps = engine.sql(text, **parts)
    span = engine.fetch(engine.sql(_SPAN, gaps=gaps)).to_pylist()[0]
    # Where nobody has a gap, as among copies of a place without uncertain links, any day will do for a clock.
    first, last = (span[name] or date(1970, 1, 1) for name in ("first", "last"))
    ticks = engine.hold(clock(first, last, rules.gap))
    waits = engine.sql(_WAITS, gaps=gaps, people=journeys.people, contacts=journeys.contacts, clock=ticks)
    if span["first"] is None:
        return Measurement({"gaps": _empty(rules.gap)}, tables={"waits": waits}, headlines=_HEADLINES)
    ends = engine.sql(_ENDS.format(unit=WEIGHT_UNIT), waits=waits, **parts)
    histogram = engine.sql(_HISTOGRAM, gaps=gaps, clock=ticks)
    found = _empty(rules.gap) | _lengths(histogram, engine) | {"between_agencies_share": _between(ends, engine)}
    return Measurement(
        {"gaps": found},
        tuple(_notes(found, uncovered_years(span["first"], span["last"], rules.gap))),
        facts=partial(gap_facts, waits, ends, rules.gap, engine=engine),
        tables={"waits": waits},
        headlines=_HEADLINES,
    )


def _empty(rules: GapRules) -> dict[str, Any]:
    none = {"gaps": 0, "censored": 0, "median": None, "ninth_decile": None}
    return {
        "days": "working days" if rules.working_days else "days",
        "waiting": none,
        "quiet": none,
        "between_agencies_share": None,
    }


def _lengths(histogram: Handle, engine: Engine) -> dict[str, Any]:
    rows = engine.fetch(histogram)
    waiting, ended, days, n = (np.asarray(rows[name].to_numpy(zero_copy_only=False)) for name in rows.column_names)
    return {name: _length(ended[of], days[of], n[of]) for name, of in (("waiting", waiting), ("quiet", ~waiting))}


def _length(ended: np.ndarray, days: np.ndarray, n: np.ndarray) -> dict[str, Any]:
    """Return median and ninth decile of the Kaplan-Meier curve: an open gap is known to be at least so long."""
    middle, high = (quantile(days, ended, n, share) for share in (0.5, 0.9))
    return {"gaps": int(n.sum()), "censored": int(n[~ended].sum()), "median": middle, "ninth_decile": high}


def _between(ends: Handle, engine: Engine) -> float | None:
    """Return the share of the days of ended waits that lies on steps from one agency to another."""
    text = """
    SELECT from_agency <> to_agency AS crossing, CAST(SUM(units) AS DOUBLE) AS units FROM ends
    WHERE ended GROUP BY from_agency <> to_agency ORDER BY crossing
    """
    units = {row["crossing"]: row["units"] for row in engine.fetch(engine.sql(text, ends=ends)).to_pylist()}
    total = sum(units.values())
    return round(units.get(True, 0.0) / total, 6) if total else None


def _waits(value: str) -> Any:
    text = f"SELECT contact_id AS id, person_id AS who, CAST({value} AS DOUBLE) AS value FROM waits ORDER BY contact_id"
    return lambda of, engine: engine.sql(text, waits=of.table("waits"))


_HEADLINES = (
    Headline("waits", "G1", "waits after a referral or a promise", "people", OPEN, False, ("waits", ""), _waits("1")),
    Headline("waiting_days", "G1", "days waited after one", "people", MORE, False, None, _waits("days")),
)


def _notes(found: dict[str, Any], uncovered: list[int]) -> list[Note]:
    notes, wait, share = [], found["waiting"], found["between_agencies_share"]
    if wait["gaps"]:
        halves = [_by(wait["median"], "half"), _by(wait["ninth_decile"], "nine in ten")]
        text = (
            f"{wait['gaps']:,} times a referral or a promise was waited on: {halves[0]}, {halves[1]} ({found['days']}, "
            f"Kaplan-Meier); {wait['censored']:,} had not ended. Of the days of the ended ones "
            f"{'none can be said' if share is None else f'{share:.0%}'} lay on steps from one agency to another."
        )
        notes.append(Note("waiting", text, wait))
    if uncovered:
        text = f"No bank holidays are known for {len(uncovered)} years of the data: only weekends were left out there."
        notes.append(Note("bank_holidays_unknown", text, {"years": uncovered}))
    return notes


def _by(day: int | None, share: str) -> str:
    return f"{share} not within the data" if day is None else f"{share} ended by day {day}"
