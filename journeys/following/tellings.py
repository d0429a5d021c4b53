"""How often people tell their story (D2): the most times that one kind of fact was asked within a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.calendar import as_days, window_ends
from totalplace.journeys.contacts import quoted
from totalplace.journeys.journeys import Journeys
from totalplace.tables import Engine, Handle

# Joint acts are told once and re-sends are not told again; an assessment that did not take place asked nothing.
_TOLD = """
WITH acts AS (
  SELECT person_id, purpose, COALESCE(joint_id, contact_id) AS act, MIN(start) AS start,
         MIN(COALESCE(start_second, -1)) AS second, MIN(worker_key) AS worker, MIN(agency) AS low, MAX(agency) AS high
  FROM contacts
  WHERE assessment AND class = 'intervention' AND person_id IS NOT NULL AND COALESCE(outcome, '') NOT IN ({missed})
  GROUP BY person_id, purpose, COALESCE(joint_id, contact_id)),
once AS (SELECT DISTINCT person_id, purpose, start, second, worker, low, high FROM acts)
SELECT p.person_no, a.group_no, o.start FROM once o JOIN asks a ON a.purpose = o.purpose
JOIN people p ON p.person_id = o.person_id
ORDER BY p.person_no, a.group_no, o.start
"""


@dataclass(frozen=True)
class Tellings:
    """How often each person told the same facts.

    Args:
        table: person_no, told: the index of D2, one row per person with at least one telling.
        summary: people (the base), median, ninth_decile, many (people at or over `telling.many`), share_many.
    """

    table: Handle
    summary: dict[str, Any]


def count_tellings(journeys: Journeys, rules: FindingsRules, engine: Engine) -> Tellings:
    """Return for each person the most assessments in any rolling window that asked for one group of facts.

    Args:
        journeys: from `build_journeys`.
        rules: the section `findings`.
        engine: where it runs.

    Source: docs/reference/findings.md, D2.
    """
    groups = sorted({group for asked in rules.telling.asks.values() for group in asked})
    pairs = [(purpose, groups.index(g)) for purpose, asked in sorted(rules.telling.asks.items()) for g in sorted(asked)]
    asks = pa.table({"purpose": pa.array([p for p, _ in pairs], pa.string()), "group_no": [g for _, g in pairs]})
    rows = engine.fetch(
        engine.sql(
            _TOLD.format(missed=quoted(rules.contact.missed_outcomes)),
            contacts=journeys.contacts,
            people=journeys.people,
            asks=engine.hold(asks),
        )
    )
    person, group = (np.asarray(rows[name].to_numpy(), np.int64) for name in ("person_no", "group_no"))
    who, told = most_tellings(person, group, as_days(rows["start"], 0), rules.telling.window_months)
    table = pa.table({"person_no": pa.array(who.astype(np.int32)), "told": pa.array(told)})
    return Tellings(engine.hold(table), _summary(told, rules.telling.many))


def most_tellings(person: np.ndarray, group: np.ndarray, day: np.ndarray, months: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each person, rising, and the largest number of tellings of one group in a window of months.

    Args:
        person: int64 person numbers; rows sorted by person, group and day.
        group: int64 number of the group of facts.
        day: int days since 1970-01-01.
        months: length of the window in calendar months.
    """
    if not len(person):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    fresh = np.concatenate([[True], (person[1:] != person[:-1]) | (group[1:] != group[:-1])])
    series, first, far = np.cumsum(fresh) - 1, int(day.min()), window_ends(day, months)
    span = int(far.max()) - first + 1
    inside = np.searchsorted(series * span + (day - first), series * span + (far - first), side="left")
    who, begins = np.unique(person, return_index=True)
    return who, np.maximum.reduceat(inside - np.arange(len(person)), begins)


def _summary(told: np.ndarray, many: int) -> dict[str, Any]:
    over = int((told >= many).sum())
    middle, high = (float(x) for x in np.quantile(told, (0.5, 0.9))) if len(told) else (None, None)
    share = round(over / len(told), 6) if len(told) else None
    return {"people": len(told), "median": middle, "ninth_decile": high, "many": over, "share_many": share}
