"""Index events (K1): the days 0 of the cohorts, one per person and washout."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from totalplace.config.findings import CohortEvent, FindingsRules
from totalplace.journeys.calendar import as_days
from totalplace.journeys.chosen import chosen
from totalplace.journeys.contacts import quoted
from totalplace.journeys.duplicates.cover import CHOSEN, mark_repeats
from totalplace.tables import Engine, Handle

# Records of one day are one event. Every agency that knows the birth date makes a milestone: the first one counts.
_EVENTS = """
SELECT p.person_no, c.person_id, c.start AS day, MIN(c.contact_id) AS contact_id, MIN(c.agency) AS agency,
       MIN(COALESCE(c.start_second, -1)) AS second, MIN(p.exit_date) AS exit_date,
       MIN(CASE WHEN c.class = 'milestone' THEN 1 ELSE 0 END) = 1 AS milestone, {number} AS cohort_no
FROM contacts c JOIN people p ON p.person_id = c.person_id
WHERE {wanted} AND COALESCE(c.outcome, '') NOT IN ({missed})
GROUP BY p.person_no, c.person_id, c.start
"""


def index_events(
    contacts: Handle, people: Handle, events: Mapping[str, CohortEvent], rules: FindingsRules, engine: Engine
) -> Handle:
    """Return the index events of cohorts.

    Args:
        contacts: `Journeys.contacts`.
        people: `Journeys.people`.
        events: what day 0 is, by the name of the cohort.
        rules: the section `findings`.
        engine: where it runs.

    Returns:
        event_no, cohort_no (place in `events`), person_no, person_id, day, second (-1 = unknown), contact_id, agency,
        exit_date; by cohort, person and day. An event within the washout of a kept one belongs to that one.
    """
    missed = quoted(rules.contact.missed_outcomes)
    texts = [
        _EVENTS.format(number=k, wanted=chosen(event.of), missed=missed) for k, event in enumerate(events.values())
    ]
    union = " UNION ALL ".join(texts)
    ordered = f"SELECT * FROM ({union}) ORDER BY cohort_no, person_no, day"
    rows = engine.fetch(engine.sql(ordered, contacts=contacts, people=people))
    kept = rows.filter(pa.array(_kept(rows, rules.cohort.washout_days))).drop_columns(["milestone"])
    numbers = pa.array(np.arange(kept.num_rows, dtype=np.int64))
    return engine.hold(kept.append_column("event_no", numbers))


def _kept(rows: pa.Table, washout_days: int) -> np.ndarray:
    cohort, person = (np.asarray(rows[name].to_numpy(), np.int64) for name in ("cohort_no", "person_no"))
    day = as_days(rows["day"], 0).astype(np.int64)
    series = cohort * (int(person.max(initial=0)) + 1) + person
    state, anchor = np.zeros(len(day), np.int8), np.zeros(len(day), np.int64)
    mark_repeats(series, day, day, np.full(len(day), washout_days), state, anchor)
    first = np.diff(series, prepend=-1) != 0
    milestone = np.asarray(rows["milestone"].to_numpy(zero_copy_only=False)).astype(np.bool_)
    kept: np.ndarray = (state == CHOSEN) & (first | ~milestone)
    return kept


def eras(contacts: Handle, people: Handle, rules: FindingsRules, engine: Engine) -> Handle:
    """Return from when to when each era of a person lasts, for journeys that are cut at index events.

    Returns:
        person_no, era (from 1), since, until (day after the last); nothing before a person's first event.
    """
    cuts = {name: rules.cohort.events[name] for name in rules.journey.cut_at}
    text = """
    SELECT person_no, CAST(ROW_NUMBER() OVER w AS INTEGER) AS era, day AS since,
           COALESCE(LEAD(day) OVER w, DATE '9999-12-31') AS until
    FROM (SELECT DISTINCT person_no, day FROM events) WINDOW w AS (PARTITION BY person_no ORDER BY day)
    """
    return engine.sql(text, events=index_events(contacts, people, cuts, rules, engine))
