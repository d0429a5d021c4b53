"""Drop-out (R1): was a referral taken up, not taken up, or can nobody know?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.contacts import quoted
from totalplace.journeys.following.survival import seen_while_watched, still_waiting, waiting_interval
from totalplace.journeys.journeys import Journeys
from totalplace.tables import Engine, Handle

SERVED, UNKNOWN, DROPPED = "served", "unknown", "dropped"

# One referral: what one agency asked of another for one person on one day, however many records say it.
_REFERRALS = """
SELECT MIN(c.contact_id) AS contact_id, c.person_id, c.agency AS from_agency, c.referral_to AS to_agency, c.start,
       MIN(COALESCE(c.start_second, -1)) AS second, MIN(c.theme) AS theme
FROM contacts c
WHERE c.person_id IS NOT NULL AND c.referral_to IS NOT NULL AND c.referral_to <> c.agency
      AND COALESCE(c.class, '') <> 'milestone' AND COALESCE(c.outcome, '') NOT IN ({missed})
GROUP BY c.person_id, c.agency, c.referral_to, c.start
"""
# A contact on the day of the referral serves it unless both times are known and it came before.
_SERVED = """
SELECT r.contact_id, MIN(DATEDIFF('day', r.start, c.start)) AS days
FROM referrals r JOIN serves s ON s.to_agency = r.to_agency
JOIN contacts c ON c.person_id = r.person_id AND c.agency = s.agency
WHERE c.contact_id <> r.contact_id AND COALESCE(c.class, '') <> 'milestone'
      AND COALESCE(c.outcome, '') NOT IN ({missed})
      AND c.start >= r.start AND DATEDIFF('day', r.start, c.start) <= {days}
      AND (c.start > r.start OR r.second < 0 OR COALESCE(c.start_second, -1) < 0 OR c.start_second > r.second)
GROUP BY r.contact_id
"""
# The day on which the answer became unknown: the first of the end of the agency's data, the person's leaving and, at
# once, a link too weak to say that a contact is missing.
_STATES = """
WITH seen AS (
  SELECT r.*, v.days AS served_days, p.linked_exactly, p.min_link_probability, p.person_no,
         LEAST(
           CASE WHEN e.last_day IS NULL THEN 0 ELSE GREATEST(DATEDIFF('day', r.start, e.last_day), 0) END,
           CASE WHEN p.exit_date IS NULL THEN {days} ELSE GREATEST(DATEDIFF('day', r.start, p.exit_date), 0) END,
           CASE WHEN p.min_link_probability < {least} THEN 0 ELSE {days} END) AS seen_days,
         e.last_day IS NOT NULL AND p.min_link_probability >= {least} AS knowable
  FROM referrals r JOIN people p ON p.person_id = r.person_id
  LEFT JOIN served v ON v.contact_id = r.contact_id
  LEFT JOIN ends e ON e.agency = r.to_agency)
SELECT contact_id, person_id, person_no, from_agency, to_agency, start, theme, linked_exactly, min_link_probability,
       CASE WHEN served_days IS NOT NULL THEN 'served' WHEN seen_days < {days} THEN 'unknown'
            ELSE 'dropped' END AS state,
       CAST(COALESCE(served_days, LEAST(seen_days, {days})) AS INTEGER) AS days,
       CAST(CASE WHEN knowable THEN LEAST(seen_days, {days}) ELSE -1 END AS INTEGER) AS watched_days
FROM seen ORDER BY person_id, start, from_agency, to_agency, contact_id
"""
# Where an agency's work went to a successor, the successor's data goes on.
_ENDS = """
SELECT s.to_agency AS agency, MAX(c.start) AS last_day FROM contacts c JOIN serves s ON s.agency = c.agency
WHERE COALESCE(c.class, '') <> 'milestone' GROUP BY s.to_agency
"""


@dataclass(frozen=True)
class Referrals:
    """Referrals and what became of them.

    Args:
        table: contact_id (of the referral), person_id, person_no, from_agency, to_agency, start, theme, linked_exactly,
            min_link_probability, state (served, unknown, dropped), days (to service, or seen without one),
            watched_days (for which an answer would be known, whatever it was; -1 = on none).
        summary: counts and the share still waiting after the follow-up, over all and over people linked exactly.
    """

    table: Handle
    summary: dict[str, Any]


def follow_referrals(journeys: Journeys, rules: FindingsRules, engine: Engine) -> Referrals:
    """Return each referral between two agencies, with its answer: served, dropped or unknown.

    Args:
        journeys: from `build_journeys`.
        rules: the section `findings`.
        engine: where it runs.

    Source: docs/reference/findings.md, R1.
    """
    words = {"missed": quoted(rules.contact.missed_outcomes), "days": rules.dropout.follow_up_days}
    contacts = journeys.contacts
    referrals = engine.sql(_REFERRALS.format(**words), contacts=contacts)
    serves = _serves(referrals, rules, engine)
    served = engine.sql(_SERVED.format(**words), referrals=referrals, contacts=contacts, serves=serves)
    text = _STATES.format(**words, least=rules.dropout.min_link_probability)
    ends = engine.sql(_ENDS, contacts=contacts, serves=serves)
    table = engine.sql(text, referrals=referrals, served=served, people=journeys.people, ends=ends)
    return Referrals(table, _summary(table, rules.dropout.follow_up_days, engine))


def _serves(referrals: Handle, rules: FindingsRules, engine: Engine) -> Handle:
    """Return to_agency and each agency whose contact serves a referral to it: itself and its declared successors."""
    text = "SELECT DISTINCT to_agency FROM referrals ORDER BY to_agency"
    asked = engine.fetch(engine.sql(text, referrals=referrals))["to_agency"].to_pylist()
    pairs = [(a, b) for a in asked for b in sorted({a, *rules.dropout.successors.get(a, [])})]
    columns = (pa.array([pair[k] for pair in pairs], pa.string()) for k in range(2))
    return engine.hold(pa.table(dict(zip(("to_agency", "agency"), columns, strict=True))))


def _summary(table: Handle, days: int, engine: Engine) -> dict[str, Any]:
    rows = engine.fetch(table, ["state", "days", "watched_days", "linked_exactly"])
    state, after, watched, exact = (np.asarray(rows[name].to_numpy(zero_copy_only=False)) for name in rows.column_names)
    everybody, exactly = np.ones(len(state), np.bool_), exact.astype(np.bool_)
    return {
        "follow_up_days": days,
        "all": _of(state, after, watched, everybody, days),
        "linked_exactly": _of(state, after, watched, exactly, days),
    }


def _of(state: np.ndarray, after: np.ndarray, watched: np.ndarray, among: np.ndarray, until: int) -> dict[str, Any]:
    counts = {name: int((state[among] == name).sum()) for name in (SERVED, UNKNOWN, DROPPED)}
    curve = seen_while_watched(np.where(state == SERVED, after, until + 1)[among], watched[among])
    waiting, ends = still_waiting(*curve, until), waiting_interval(*curve, until) or (None, None)
    shares = {"still_waiting": waiting, "still_waiting_low": ends[0], "still_waiting_high": ends[1]}
    told = {name: None if share is None else round(share, 6) for name, share in shares.items()}
    return {"referrals": int(among.sum()), **counts, **told}
