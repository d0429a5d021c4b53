"""Duplication, overlap and complexity: three numbers, told in one place and never made one score (D1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.measured import Measured, Measurement
from totalplace.journeys.moves import HANDOFFS
from totalplace.journeys.names import Words
from totalplace.journeys.spells.episodes import runs
from totalplace.tables import ID, Engine, Handle, Note

MET = ("1", "2", "3", "4", "5+")

_SERIES = """
SELECT p.person_no, c.purpose, CAST(ROW_NUMBER() OVER (ORDER BY p.person_no, c.purpose) - 1 AS INTEGER) AS series_no
FROM (SELECT DISTINCT person_id, purpose FROM contacts
      WHERE purpose IS NOT NULL AND COALESCE(class, '') <> 'milestone') c
JOIN people p ON p.person_id = c.person_id
"""
_AGENCIES = """
SELECT agency, CAST(ROW_NUMBER() OVER (ORDER BY agency) - 1 AS INTEGER) AS agency_no
FROM (SELECT DISTINCT agency FROM contacts) ORDER BY agency
"""
_ACTS = """
SELECT s.series_no AS person_no, a.agency_no, c.start, CASE WHEN c."end" > c.start THEN c."end" END AS until
FROM contacts c JOIN people p ON p.person_id = c.person_id JOIN agencies a ON a.agency = c.agency
JOIN series s ON s.person_no = p.person_no AND s.purpose = c.purpose
WHERE COALESCE(c.class, '') <> 'milestone'
"""
_DAYS = """
WITH turns AS (
  SELECT person_no AS series_no, first_day AS day, 1 AS change FROM episodes
  UNION ALL SELECT person_no, CAST(last_day + INTERVAL 1 DAY AS DATE), -1 FROM episodes),
daily AS (SELECT series_no, day, SUM(change) AS change FROM turns GROUP BY series_no, day),
running AS (
  SELECT series_no, SUM(change) OVER w AS agencies, DATEDIFF('day', day, LEAD(day) OVER w) AS days
  FROM daily WINDOW w AS (PARTITION BY series_no ORDER BY day))
SELECT s.series_no, s.person_no, s.purpose, CAST(SUM(r.days) AS BIGINT) AS days
FROM running r JOIN series s ON s.series_no = r.series_no WHERE r.agencies > 1
GROUP BY s.series_no, s.person_no, s.purpose ORDER BY s.person_no, s.purpose
"""
_SHARES = """
SELECT p.person_no, c.person_id, c.agency, COUNT(*) AS contacts
FROM contacts c JOIN people p ON p.person_id = c.person_id WHERE COALESCE(c.class, '') <> 'milestone'
GROUP BY p.person_no, c.person_id, c.agency ORDER BY p.person_no, c.agency
"""
_HANDOFFS = f"""
SELECT person_no, SUM(n / CAST(pairs AS DOUBLE)) AS handoffs
FROM (SELECT person_no, pairs, COUNT(*) AS n FROM steps WHERE move IN ({", ".join(map(str, HANDOFFS))})
      GROUP BY person_no, pairs ORDER BY person_no, pairs)
GROUP BY person_no ORDER BY person_no
"""


def find_complexity(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return avoidable assessments, days of several agencies on one purpose, and how complex each person's way is.

    Source: docs/reference/findings.md, D1: duplicate, overlap, complexity.
    """
    episodes, days = _overlap(of.journeys, rules, engine)
    table = complexity(of.journeys, engine)
    told = engine.fetch(table)
    found: dict[str, Any] = {
        "avoidable": of.duplicates.avoidable,
        "overlap_days": int(np.sum(engine.fetch(days, ["days"])["days"].to_numpy(), dtype=np.int64)),
        "people": told.num_rows,
        **{name: _spread(np.asarray(told[name].to_numpy())) for name in ("agencies", "handoffs", "entropy")},
    }
    return Measurement(
        {"duplication_overlap_complexity": found},
        _notes(found),
        facts=lambda words: _facts(episodes, days, table, of.journeys, words, engine),
        tables={"complexity": table, "purpose_overlaps": days},
    )


def _overlap(journeys: Journeys, rules: FindingsRules, engine: Engine) -> tuple[Handle, Handle]:
    """Return episodes for each person and purpose (`person_no` = number of that pair), and days of several by pair."""
    tables = {"contacts": journeys.contacts, "people": journeys.people}
    series, agencies = engine.sql(_SERIES, **tables), engine.sql(_AGENCIES, contacts=journeys.contacts)
    acts = engine.sql(_ACTS, series=series, agencies=agencies, **tables)
    made = runs(acts, rules.episode.gap_days, engine)
    named = engine.sql("SELECT e.*, a.agency FROM e JOIN a ON a.agency_no = e.agency_no", e=made, a=agencies)
    return named, engine.sql(_DAYS, episodes=named, series=series)


def complexity(journeys: Journeys, engine: Engine) -> Handle:
    """Return person_id, person_no, agencies, contacts, handoffs and entropy, one row per person with a contact.

    entropy = -sum q ln q over the shares q that the agencies have of the person's contacts: 0 = one agency alone,
    ln n = n agencies alike.
    """
    rows = engine.fetch(engine.sql(_SHARES, contacts=journeys.contacts, people=journeys.people))
    person, contacts = (np.asarray(rows[name].to_numpy(), np.int64) for name in ("person_no", "contacts"))
    first = np.flatnonzero(np.diff(person, prepend=-1))
    at = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(person))))
    total = np.bincount(at, contacts)
    share = contacts / total[at]
    entropy = np.round(np.bincount(at, -share * np.log(share)), 9) + 0.0
    moved = engine.fetch(engine.sql(_HANDOFFS, steps=journeys.steps))
    by_number = np.asarray(moved["person_no"].to_numpy(), np.int64)
    handoffs = np.zeros(max(person.max(initial=-1), by_number.max(initial=-1)) + 1)
    handoffs[by_number] = np.round(moved["handoffs"].to_numpy(), 6)
    columns = {
        "person_id": rows["person_id"].take(pa.array(first)).cast(ID),
        "person_no": pa.array(person[first].astype(np.int32)),
        "agencies": pa.array(np.bincount(at)),
        "contacts": pa.array(total.astype(np.int64)),
        "handoffs": pa.array(handoffs[person[first]]),
        "entropy": pa.array(entropy),
    }
    return engine.hold(pa.table(columns))


def _spread(values: np.ndarray) -> dict[str, float | None]:
    if not len(values):
        return {"median": None, "ninth_decile": None}
    middle, high = (round(float(x), 6) for x in np.quantile(values, (0.5, 0.9)))
    return {"median": middle, "ninth_decile": high}


_DAY_FACTS = """
SELECT d.person_no, 0 AS quarter_no, u.value_no AS purpose_no, d.days AS value, d.series_no
FROM days d JOIN purposes u ON u.value = d.purpose
"""
_DAYS_FED = """
SELECT DISTINCT f.*, a.value_no AS agency_no FROM facts f JOIN episodes e ON e.person_no = f.series_no
JOIN agencies a ON a.value = e.agency
"""
_MET = f"""
SELECT person_no, 0 AS quarter_no, CAST(LEAST(agencies, {len(MET)}) - 1 AS INTEGER) AS met_no, CAST(1 AS BIGINT) AS one
FROM complexity
"""
_MET_FED = """
SELECT f.*, c.agency_no FROM facts f JOIN (
  SELECT DISTINCT p.person_no, a.value_no AS agency_no FROM contacts c JOIN people p ON p.person_id = c.person_id
  JOIN agencies a ON a.value = c.agency WHERE COALESCE(c.class, '') <> 'milestone') c ON c.person_no = f.person_no
"""


def _facts(
    episodes: Handle, days: Handle, table: Handle, journeys: Journeys, words: Words, engine: Engine
) -> list[Facts]:
    """Return the facts of purpose_overlap_days and agencies_met."""
    agencies = words.tables["agency"]
    by_purpose = engine.sql(_DAY_FACTS, days=days, purposes=words.tables["purpose"])
    purposed = engine.sql(_DAYS_FED, facts=by_purpose, episodes=episodes, agencies=agencies)
    met = engine.sql(_MET, complexity=table)
    fed = engine.sql(_MET_FED, facts=met, contacts=journeys.contacts, people=journeys.people, agencies=agencies)
    return [
        _whole(
            "purpose_overlap_days", View(by_purpose, "purpose_no"), View(purposed, "purpose_no"), words.lists["purpose"]
        ),
        _whole("agencies_met", View(met, "met_no", "", "one"), View(fed, "met_no", "", "one"), list(MET)),
    ]


def _whole(name: str, plain: View, fed: View, rows: list[str]) -> Facts:
    return Facts(name, "people", plain, fed, plain, fed, rows, quarters=False, chips=("all",))


def _notes(found: dict[str, Any]) -> tuple[Note, ...]:
    if not found["people"]:
        return ()
    text = (
        f"Duplication: {found['avoidable']:,} avoidable assessments. Overlap: {found['overlap_days']:,} days on which "
        f"two or more agencies worked with one person on one purpose. Complexity: half of {found['people']:,} people "
        f"met {found['agencies']['median']:g} or more agencies, with {found['handoffs']['median']:g} or more handoffs "
        f"and an entropy of contacts of {found['entropy']['median']:.2f} or more. Three numbers, never one score."
    )
    return (Note("duplication_overlap_complexity", text, found),)
