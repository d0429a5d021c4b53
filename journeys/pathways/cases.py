"""The cases of a pathway rule, each with its answer: kept, broken, or nobody can know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules, PathwayRule
from totalplace.journeys.calendar import as_days
from totalplace.journeys.chosen import agencies_of, chosen
from totalplace.journeys.contacts import quoted
from totalplace.journeys.journeys import Journeys
from totalplace.tables import DAY, ID, TEXT, Engine, Handle

CONFORMS, VIOLATES, UNKNOWN = 0, 1, 2
STATES = {CONFORMS: "conforms", VIOLATES: "violates", UNKNOWN: "unknown"}

CASES = pa.schema(
    [
        ("person_no", pa.int32()),
        ("person_id", ID),
        ("contact_id", ID),
        ("agency", TEXT),
        ("day", DAY),
        ("until", DAY),  # day after the window in which too many came; null for other cases
        ("state", pa.int8()),
    ]
)

_WANTED = """
SELECT p.person_no, p.exit_date, c.person_id, c.contact_id, c.joint_id, c.agency, c.start,
       COALESCE(c.start_second, -1) AS second
FROM contacts c JOIN people p ON p.person_id = c.person_id
WHERE {wanted} AND COALESCE(c.outcome, '') NOT IN ({missed})
"""
# Days are compared. On one day either came first, unless both times are known.
_DAYS = """
SELECT person_no, person_id, start, MIN(contact_id) AS contact_id, MIN(agency) AS agency, MIN(second) AS second,
       MIN(exit_date) AS exit_date
FROM cases GROUP BY person_no, person_id, start
"""
_AFTER = """
SELECT d.*, MIN(DATEDIFF('day', d.start, o.start)) AS found,
       LEAST(COALESCE(DATEDIFF('day', d.start, DATE '{last}'), -1),
             COALESCE(DATEDIFF('day', d.start, d.exit_date), {days})) AS seen
FROM days d LEFT JOIN others o ON o.person_no = d.person_no AND o.contact_id <> d.contact_id
     AND (o.start > d.start OR (o.start = d.start AND (d.second < 0 OR o.second < 0 OR o.second >= d.second)))
     AND DATEDIFF('day', d.start, o.start) <= {days}
GROUP BY d.person_no, d.person_id, d.start, d.contact_id, d.agency, d.second, d.exit_date
"""
_BEFORE = """
SELECT d.*, MIN(DATEDIFF('day', o.start, d.start)) AS found,
       COALESCE(DATEDIFF('day', DATE '{first}', d.start), -1) AS seen
FROM days d LEFT JOIN others o ON o.person_no = d.person_no AND o.contact_id <> d.contact_id
     AND (o.start < d.start OR (o.start = d.start AND (d.second < 0 OR o.second < 0 OR o.second <= d.second)))
     AND DATEDIFF('day', o.start, d.start) <= {days}
GROUP BY d.person_no, d.person_id, d.start, d.contact_id, d.agency, d.second, d.exit_date
"""
_ANSWERED = """
SELECT person_no, person_id, contact_id, agency, start AS day, CAST(NULL AS DATE) AS until,
       CASE WHEN found IS NOT NULL THEN {conforms} WHEN seen >= {days} THEN {violates} ELSE {unknown} END AS state
FROM answers ORDER BY person_id, day, contact_id
"""
_BY_AGENCY = """
SELECT person_no, person_id, MIN(contact_id) AS contact_id, MIN(agency) AS agency, MIN(start) AS day,
       CAST(NULL AS DATE) AS until,
       CASE WHEN MAX(CASE WHEN agency IN ({by}) THEN 1 ELSE 0 END) = 1 THEN {conforms} ELSE {violates} END AS state
FROM cases GROUP BY person_no, person_id, COALESCE(joint_id, contact_id) ORDER BY person_id, day, contact_id
"""
_ACTS = """
SELECT person_no, person_id, MIN(start) AS start, MIN(contact_id) AS contact_id, MIN(agency) AS agency,
       MIN(exit_date) AS exit_date
FROM cases GROUP BY person_no, person_id, COALESCE(joint_id, contact_id) ORDER BY person_no, start, contact_id
"""


def cases_of(rule: PathwayRule, journeys: Journeys, rules: FindingsRules, engine: Engine) -> pa.Table:
    """Return CASES of one rule.

    Args:
        rule: what ought to happen.
        journeys: from `build_journeys`.
        rules: the section `findings`.
        engine: where it runs.

    Source: docs/reference/findings.md, P1.
    """
    cases = _wanted(rule.of, journeys, rules, engine)
    if rule.rule == "at_most":
        return _too_many(engine.fetch(engine.sql(_ACTS, cases=cases)), rule, _span(journeys.contacts, [], engine)[1])
    words = {"conforms": CONFORMS, "violates": VIOLATES, "unknown": UNKNOWN, "days": rule.within_days}
    if rule.rule == "by_agency":
        made = engine.sql(_BY_AGENCY.format(**words, by=quoted(rule.by)), cases=cases)
    else:
        first, last = _span(journeys.contacts, agencies_of(rule.other), engine)
        text = (_AFTER if rule.rule == "after" else _BEFORE).format(first=first, last=last, **words)
        others = _wanted(rule.other, journeys, rules, engine)
        answers = engine.sql(text, days=engine.sql(_DAYS, cases=cases), others=others)
        made = engine.sql(_ANSWERED.format(**words), answers=answers)
    return engine.fetch(made).cast(CASES)


def _wanted(choices: list[str], journeys: Journeys, rules: FindingsRules, engine: Engine) -> Handle:
    text = _WANTED.format(wanted=chosen(choices), missed=quoted(rules.contact.missed_outcomes))
    return engine.sql(text, contacts=journeys.contacts, people=journeys.people)


def _span(contacts: Handle, agencies: list[str], engine: Engine) -> tuple[date, date]:
    """Return the days from which and until which all the agencies send data; of none named, those of the place.

    Where one of them sends nothing, no day lies between the two.
    """
    text = """
    SELECT agency, MIN(start) AS first, MAX(start) AS last FROM contacts WHERE COALESCE(class, '') <> 'milestone'
    GROUP BY agency ORDER BY agency
    """
    rows = engine.fetch(engine.sql(text, contacts=contacts)).to_pylist()
    spans = {row["agency"]: (row["first"], row["last"]) for row in rows}
    if not spans or any(agency not in spans for agency in agencies):
        return date.max, date.min
    if not agencies:
        return min(first for first, _ in spans.values()), max(last for _, last in spans.values())
    return max(spans[a][0] for a in agencies), min(spans[a][1] for a in agencies)


def _too_many(acts: pa.Table, rule: PathwayRule, last: date) -> pa.Table:
    """Return one case per person: the first window with too many, or the first act of a person who kept the rule."""
    person, day = np.asarray(acts["person_no"].to_numpy(), np.int64), as_days(acts["start"], 0).astype(np.int64)
    if not len(person):
        return CASES.empty_table()
    width = int(day.max() - day.min()) + rule.within_days + 1
    place = person * width + day - day.min()
    within = np.searchsorted(place, place + rule.within_days, side="left") - np.arange(len(place))
    people, first, owner = np.unique(person, return_index=True, return_inverse=True)
    at = np.full(len(people), len(place))
    over = np.flatnonzero(within > rule.most)
    np.minimum.at(at, owner[over], over)
    broken = at < len(place)
    end = np.minimum(as_days(acts["exit_date"], 2**30), (last - date(1970, 1, 1)).days)
    final = np.concatenate([first[1:], [len(place)]]) - 1
    watched = day[final] + rule.within_days - 1 <= end[final]
    chosen_rows = acts.take(pa.array(np.where(broken, at, first)))
    until = np.where(broken, as_days(chosen_rows["start"], 0) + rule.within_days, 0)
    columns = {
        **{name: chosen_rows[name] for name in ("person_no", "person_id", "contact_id", "agency")},
        "day": chosen_rows["start"],
        "until": pa.array(until.astype(np.int32), pa.int32(), mask=~broken).cast(DAY),
        "state": pa.array(np.where(broken, VIOLATES, np.where(watched, CONFORMS, UNKNOWN)).astype(np.int8)),
    }
    return pa.table(columns).cast(CASES)


def counted(chosen_rules: Mapping[int, PathwayRule], contacts: Handle, rules: FindingsRules, engine: Engine) -> Handle:
    """Return rule_no, person_id, contact_id, agency, start, min_link_probability of the contacts that rules count."""
    texts = [
        f"""
        SELECT {number} AS rule_no, c.person_id, c.contact_id, c.agency, c.start, c.min_link_probability
        FROM contacts c WHERE c.person_id IS NOT NULL AND {chosen(rule.of)}
              AND COALESCE(c.outcome, '') NOT IN ({quoted(rules.contact.missed_outcomes)})
        """
        for number, rule in chosen_rules.items()
    ]
    none = "SELECT 0 AS rule_no, person_id, contact_id, agency, start, min_link_probability FROM contacts WHERE FALSE"
    return engine.sql(" UNION ALL ".join([none, *texts]), contacts=contacts)
