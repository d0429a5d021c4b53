"""Episodes (E1): from when to when an agency works with a person."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.compiled import kernel
from totalplace.config.findings import FindingsRules
from totalplace.journeys.calendar import as_dates, as_days
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.sequence import whole
from totalplace.tables import Engine, Handle, Kernel

_ACTS = """
SELECT p.person_no, a.agency_no, c.start, CASE WHEN c."end" > c.start THEN c."end" END AS until
FROM contacts c JOIN people p ON p.person_id = c.person_id JOIN agencies a ON a.agency = c.agency
WHERE COALESCE(c.class, '') <> 'milestone'
"""
_AGENCIES = """
SELECT agency, CAST(ROW_NUMBER() OVER (ORDER BY agency) - 1 AS INTEGER) AS agency_no, last
FROM (SELECT agency, MAX(start) AS last FROM contacts WHERE COALESCE(class, '') <> 'milestone' GROUP BY agency)
ORDER BY agency
"""
_NAMED = """
SELECT e.person_no, a.agency, e.first_day, e.last_day, DATEDIFF('day', e.last_day, a.last) <= {gap} AS open_at_end
FROM episodes e JOIN agencies a ON a.agency_no = e.agency_no ORDER BY e.person_no, a.agency, e.first_day
"""


@kernel
def _run_ends(person, agency, day, until, gap_days, ends):  # type: ignore[no-untyped-def]
    """Fill the last day of each contact's run; of one that lasts, its own. Sorted by person, agency and day."""
    later = -1  # the next contact of the run, looking back from the end
    for i in range(len(person) - 1, -1, -1):
        if until[i] > day[i]:
            ends[i] = until[i]
            continue
        same = later >= 0 and person[later] == person[i] and agency[later] == agency[i]
        ends[i] = ends[later] if same and day[later] - day[i] <= gap_days else day[i]
        later = i


@kernel
def _join(person, agency, day, ends, first, last):  # type: ignore[no-untyped-def]
    """Join what overlaps: fill the index of the first contact and the last day of each episode; return how many."""
    count = 0
    for i in range(len(person)):
        j = first[count - 1] if count else -1
        if count and person[j] == person[i] and agency[j] == agency[i] and day[i] <= last[count - 1]:
            last[count - 1] = max(last[count - 1], ends[i])
        else:
            first[count] = i
            last[count] = ends[i]
            count += 1
    return count


def _episodes_kernel(gap_days: int) -> Kernel:
    def kernel_(rows: pa.Table) -> pa.Table:
        person, agency = whole(rows, "person_no"), whole(rows, "agency_no")
        day, until = as_days(rows["start"], 0), as_days(rows["until"], -(2**30))
        ends, first, last = np.zeros(len(day), np.int32), np.zeros(len(day), np.int64), np.zeros(len(day), np.int32)
        _run_ends(person, agency, day, until, gap_days, ends)
        n = _join(person, agency, day, ends, first, last)
        at = first[:n]
        columns = {
            "person_no": person[at],
            "agency_no": agency[at],
            "first_day": as_dates(day[at]),
            "last_day": as_dates(last[:n]),
        }
        return pa.table(columns)

    return kernel_


def episodes_of(journeys: Journeys, rules: FindingsRules, engine: Engine) -> Handle:
    """Return the episodes of each person with each agency; no day of an agency counts twice.

    Contacts that last are episodes by their own dates; the others form runs with no gap over `episode.gap_days`. What
    touches or overlaps at one agency is one episode.

    Args:
        journeys: from `build_journeys`.
        rules: the section `findings`.
        engine: where it runs.

    Returns:
        person_no, agency, first_day, last_day (both belong to it), open_at_end (the agency's data ends within the gap
        after it); by person, agency and first day.

    Source: docs/reference/findings.md, E1.
    """
    agencies = engine.sql(_AGENCIES, contacts=journeys.contacts)
    acts = engine.sql(_ACTS, contacts=journeys.contacts, people=journeys.people, agencies=agencies)
    gap = rules.episode.gap_days
    made = runs(acts, gap, engine)
    return engine.sql(_NAMED.format(gap=gap), episodes=made, agencies=agencies)


def runs(acts: Handle, gap_days: int, engine: Engine) -> Handle:
    """Return person_no, agency_no, first_day and last_day of the episodes that acts form.

    Args:
        acts: person_no, agency_no, start, until (last day of one that lasts, else null); `person_no` may number any
            subject whose acts belong together.
        gap_days: the longest silence within an episode.
        engine: where it runs.
    """
    return engine.map_partitions(_episodes_kernel(gap_days), acts, "person_no", ("agency_no", "start", "until"))
