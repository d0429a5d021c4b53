"""Cohorts by index event (K1): who had a contact, and who was back, by the 7th, 28th, 90th day after it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import starmap
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.chosen import agencies_of, chosen
from totalplace.journeys.cohorts.facts import cohort_facts
from totalplace.journeys.cohorts.figures import cohort_figures
from totalplace.journeys.cohorts.index_events import index_events
from totalplace.journeys.cohorts.words import cohort_notes, compared
from totalplace.journeys.contacts import quoted
from totalplace.journeys.following.survival import reached, seen_while_watched
from totalplace.journeys.measured import LESS, OPEN, Headline, Measured, Measurement
from totalplace.tables import Engine, Handle

# The first contact of the kind after day 0. One of day 0 itself counts as a first contact unless its time says that
# it came before; it counts as being back only if its time says that it came after.
_AFTER = """
SELECT e.event_no, MIN(DATEDIFF('day', e.day, c.start)) AS days
FROM events e JOIN contacts c ON c.person_id = e.person_id
WHERE e.cohort_no = {number} AND {wanted} AND NOT {index} AND COALESCE(c.class, '') <> 'milestone'
      AND COALESCE(c.outcome, '') NOT IN ({missed}) AND (c.start > e.day OR (c.start = e.day AND {same_day}))
GROUP BY e.event_no
"""
_FIRST_DAY = "(e.second < 0 OR COALESCE(c.start_second, -1) < 0 OR c.start_second > e.second)"
_LATER_THAT_DAY = "(e.second >= 0 AND COALESCE(c.start_second, -1) > e.second)"
# For how many days a person can be followed: while all the agencies asked about send data, and until the person left;
# under 0 = not even on the day itself.
_FOLLOWED = """
SELECT e.*, f.days AS contact_after, r.days AS reentry_after,
       LEAST(COALESCE(DATEDIFF('day', e.day, l.contact_until), -1),
             COALESCE(DATEDIFF('day', e.day, e.exit_date), {far})) AS contact_seen,
       LEAST(COALESCE(DATEDIFF('day', e.day, l.reentry_until), -1),
             COALESCE(DATEDIFF('day', e.day, e.exit_date), {far})) AS reentry_seen
FROM events e JOIN limits l ON l.cohort_no = e.cohort_no
LEFT JOIN firsts f ON f.event_no = e.event_no LEFT JOIN returns r ON r.event_no = e.event_no
ORDER BY e.event_no
"""
# Contacts before and after, for those who are known for the whole window.
_WINDOW = """
SELECT e.cohort_no, COUNT(DISTINCT e.event_no) AS events,
       CAST(COALESCE(SUM(CASE WHEN c.start < e.day THEN 1 ELSE 0 END), 0) AS BIGINT) AS before,
       CAST(COALESCE(SUM(CASE WHEN c.start > e.day THEN 1 ELSE 0 END), 0) AS BIGINT) AS after
FROM followed e LEFT JOIN contacts c ON c.person_id = e.person_id AND COALESCE(c.class, '') <> 'milestone'
     AND DATEDIFF('day', e.day, c.start) >= -{before} AND DATEDIFF('day', e.day, c.start) < {after}
WHERE DATEDIFF('day', e.day, (SELECT MIN(start) FROM contacts WHERE COALESCE(class, '') <> 'milestone')) <= -{before}
      AND e.contact_seen >= {after} - 1
GROUP BY e.cohort_no
"""
_FAR = 1_000_000  # days; later than any follow-up


def follow_cohorts(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return each cohort's first contacts and returns after its day 0.

    Source: docs/reference/findings.md, K1.
    """
    contacts, cohorts = of.journeys.contacts, rules.cohort.events
    events = index_events(contacts, of.journeys.people, cohorts, rules, engine)
    table = _followed(events, contacts, rules, engine)
    text = _WINDOW.format(before=rules.cohort.before_days, after=rules.cohort.after_days)
    rows = engine.fetch(engine.sql(text, followed=table, contacts=contacts)).to_pylist()
    windows = {row.pop("cohort_no"): row for row in rows}
    told = engine.fetch(table)
    shares = {name: _cohort(told, k, rules) | {"window": windows.get(k)} for k, name in enumerate(cohorts)}
    differences = compared(shares, rules)
    return Measurement(
        {"cohorts": shares, "cohorts_compared": differences},
        cohort_notes(shares, differences),
        facts=partial(cohort_facts, table, rules.cohort, engine=engine),
        tables={"cohorts": table},
        headlines=_headlines(rules),
        figures=cohort_figures(rules.cohort),
    )


def _followed(events: Handle, contacts: Handle, rules: FindingsRules, engine: Engine) -> Handle:
    asked = list(rules.cohort.events.values())
    missed = quoted(rules.contact.missed_outcomes)

    def after(choices: Sequence[Sequence[str]], same_day: str) -> Handle:
        texts = [
            _AFTER.format(number=k, wanted=chosen(wanted), index=chosen(event.of), missed=missed, same_day=same_day)
            for k, (wanted, event) in enumerate(zip(choices, asked, strict=True))
        ]
        return engine.sql(" UNION ALL ".join(texts), events=events, contacts=contacts)

    return engine.sql(
        _FOLLOWED.format(far=_FAR), events=events, limits=_limits(contacts, rules, engine),
        firsts=after([event.contacts or ["*/*"] for event in asked], _FIRST_DAY),
        returns=after([event.reentry for event in asked], _LATER_THAT_DAY),
    )  # fmt: skip


def _limits(contacts: Handle, rules: FindingsRules, engine: Engine) -> Handle:
    """Return the last day of the data that each cohort asks about: of the agencies named, the one that ends first."""
    text = """
    SELECT agency, MAX(start) AS last FROM contacts WHERE COALESCE(class, '') <> 'milestone'
    GROUP BY agency ORDER BY agency
    """
    rows = engine.fetch(engine.sql(text, contacts=contacts)).to_pylist()
    ends = {row["agency"]: row["last"] for row in rows}

    def until(choices: Sequence[str]) -> Any:
        named = agencies_of(choices)
        if not named:
            return max(ends.values(), default=None)
        return min(ends[a] for a in named) if all(a in ends for a in named) else None

    asked = rules.cohort.events.values()
    columns = {
        "cohort_no": pa.array(range(len(asked)), pa.int32()),
        "contact_until": pa.array([until(event.contacts) for event in asked], pa.date32()),
        "reentry_until": pa.array([until(event.reentry) for event in asked], pa.date32()),
    }
    return engine.hold(pa.table(columns))


def _cohort(told: pa.Table, number: int, rules: FindingsRules) -> dict[str, Any]:
    mine = told.filter(pa.array(np.asarray(told["cohort_no"].to_numpy()) == number))
    event = list(rules.cohort.events.values())[number]
    asked = {"contact": rules.cohort.contact_days, "reentry": rules.cohort.reentry_days if event.reentry else []}
    return {
        "events": mine.num_rows,
        "people": len(mine["person_no"].unique()),
        **{name: {str(day): _by_day(mine, name, day) for day in days} for name, days in asked.items()},
    }


def _by_day(mine: pa.Table, name: str, day: int) -> dict[str, Any]:
    """Return how many had it by a day, how many had not, how many nobody can know, and the share with its variance."""
    after = mine[f"{name}_after"].fill_null(_FAR).to_numpy().astype(np.int64)
    seen = mine[f"{name}_seen"].to_numpy().astype(np.int64)
    had, known = after <= day, seen >= day
    share = reached(*seen_while_watched(after, seen), day)
    return {
        "yes": int(had.sum()),
        "no": int((~had & known).sum()),
        "unknown": int((~had & ~known).sum()),
        "share": None if share is None else round(share[0], 6),
        "variance": None if share is None else round(share[1], 9),
    }


def _headlines(rules: FindingsRules) -> tuple[Headline, ...]:
    made = [
        (number, name, kind, day)
        for number, (name, event) in enumerate(rules.cohort.events.items())
        for kind, days in (
            ("events", [0]),
            ("contact", rules.cohort.contact_days),
            ("reentry", rules.cohort.reentry_days if event.reentry else []),
        )
        for day in days
    ]
    return tuple(starmap(_headline, made))


def _headline(number: int, name: str, kind: str, day: int) -> Headline:
    text = f"""
    SELECT contact_id AS id, person_id AS who, CAST(1 AS DOUBLE) AS value FROM cohorts
    WHERE cohort_no = {number} {"" if kind == "events" else f"AND {kind}_after <= {day}"} ORDER BY contact_id
    """
    words = {
        "events": f"index events of the cohort {name}",
        "contact": f"of the cohort {name} with a first contact by day {day}",
        "reentry": f"of the cohort {name} back by day {day}",
    }[kind]
    return Headline(
        f"cohort_{name}" if kind == "events" else f"cohort_{name}_{kind}_{day}_days", "K1", words, "people",
        OPEN if kind == "events" else LESS, False, None,
        lambda of, engine: engine.sql(text, cohorts=of.table("cohorts")),
    )  # fmt: skip
