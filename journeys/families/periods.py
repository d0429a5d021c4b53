"""Whole periods counted back from the end of the data, and what was done to each family in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.config.findings import PersistenceRules
from totalplace.journeys.calendar import add_months, as_dates, as_days
from totalplace.journeys.measured import Measured
from totalplace.journeys.sequence import whole
from totalplace.tables import Engine, Handle

Whole = np.ndarray


@dataclass(frozen=True)
class Periods:
    """Families in whole periods of equal length.

    Args:
        edges: int64[periods + 1], first day of each period, rising, and the day after the last.
        families: family_id, family_no from 0.
        interventions: int64[families, periods], a joint act once.
        agencies: int64[families, periods], agencies that acted.
        known: bool[families, periods], the family existed for the whole period.
    """

    edges: Whole
    families: Handle
    interventions: Whole
    agencies: Whole
    known: Whole

    def __len__(self) -> int:
        """Return the number of periods."""
        return len(self.edges) - 1


def period_edges(first: int, last: int, months: int, slack: int) -> Whole:
    """Return the first days of whole periods that end with the data, and the day after the last.

    Args:
        first, last: first and last day of the data, in days since 1970-01-01.
        months: length of a period in calendar months.
        slack: days by which the first period may begin before the data.

    Returns:
        int64, rising; one edge alone where the data are shorter than a period.
    """
    after = np.array([last + 1])
    edges = [last + 1]
    while (edge := int(add_months(after, -months * len(edges))[0])) >= first - slack:
        edges.append(edge)
    return np.array(edges[::-1], np.int64)


_SPAN = "SELECT MIN(start) AS first, MAX(start) AS last FROM contacts WHERE COALESCE(class, '') <> 'milestone'"
_FAMILIES = """
SELECT family_id, CAST(ROW_NUMBER() OVER (ORDER BY family_id) - 1 AS INTEGER) AS family_no,
       MIN(family_from) AS since, MAX(family_to) AS until
FROM acts GROUP BY family_id ORDER BY family_id
"""
_COUNTS = """
SELECT f.family_no, k.period_no, COUNT(DISTINCT a.act) AS interventions, COUNT(DISTINCT a.agency) AS agencies
FROM acts a JOIN families f ON f.family_id = a.family_id
JOIN periods k ON a.start >= k.from_date AND a.start < k.to_date
GROUP BY f.family_no, k.period_no ORDER BY f.family_no, k.period_no
"""


def periods_of(of: Measured, rules: PersistenceRules, engine: Engine) -> Periods:
    """Return what was done to each family in each whole period of the data."""
    span = engine.fetch(engine.sql(_SPAN, contacts=of.journeys.contacts))
    first, last = (int(as_days(span[name], 0)[0]) for name in ("first", "last"))
    edges = period_edges(first, last, rules.period_months, rules.slack_days)
    number = pa.array(np.arange(len(edges) - 1, dtype=np.int32))
    table = pa.table({"period_no": number, "from_date": as_dates(edges[:-1]), "to_date": as_dates(edges[1:])})
    families = engine.sql(_FAMILIES, acts=of.families.acts)
    rows = engine.fetch(engine.sql(_COUNTS, acts=of.families.acts, families=families, periods=engine.hold(table)))
    spans = engine.fetch(families, ["since", "until"])
    since, until = (as_days(spans[name], 0).astype(np.int64)[:, None] for name in ("since", "until"))
    counts = {name: np.zeros((families.rows, len(edges) - 1), np.int64) for name in ("interventions", "agencies")}
    for name, filled in counts.items():
        filled[whole(rows, "family_no"), whole(rows, "period_no")] = whole(rows, name)
    known = (since <= edges[:-1]) & (until >= edges[1:])
    return Periods(edges, families, counts["interventions"], counts["agencies"], known)
