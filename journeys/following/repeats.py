"""Repeat demand (R2): contacts that might not have been needed, as proxies for failure demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from totalplace.config.findings import FindingsRules
from totalplace.journeys.contacts import quoted
from totalplace.journeys.journeys import Journeys
from totalplace.tables import Engine, Handle

# A person's days with one agency on one purpose are compared, so a second record of a day is no repeat of it.
_REPEATS = """
WITH days AS (
  SELECT person_id, purpose, agency, start, MIN(contact_id) AS contact_id, MIN(channel) AS channel,
         MIN(min_link_probability) AS min_link_probability,
         MIN(CASE WHEN planned_return THEN 1 ELSE 0 END) AS planned,
         MAX(CASE WHEN referral_to IS NOT NULL THEN 1 ELSE 0 END) AS referral
  FROM contacts
  WHERE person_id IS NOT NULL AND purpose IS NOT NULL AND COALESCE(class, '') NOT IN ('milestone', 'outcome')
        AND COALESCE(outcome, '') NOT IN ({missed}) AND NOT assessment
  GROUP BY person_id, purpose, agency, start),
paired AS (
  SELECT *, LAG(contact_id) OVER w AS before_id, LAG(start) OVER w AS before, LAG(channel) OVER w AS before_channel,
         LAG(min_link_probability) OVER w AS before_link
  FROM days WINDOW w AS (PARTITION BY person_id, purpose, agency ORDER BY start))
SELECT d.contact_id, d.before_id, d.person_id, p.person_no, d.purpose, d.agency, d.before, d.start,
       LEAST(d.min_link_probability, d.before_link) AS min_link_probability,
       d.channel IS NOT NULL AND d.before_channel IS NOT NULL AND d.channel <> d.before_channel AS other_channel
FROM paired d JOIN people p ON p.person_id = d.person_id
WHERE d.planned = 0 AND DATEDIFF('day', d.before, d.start) <= {days}
ORDER BY d.person_id, d.purpose, d.agency, d.start
"""
_COUNTS = """
SELECT COUNT(*) AS repeats, COUNT(DISTINCT person_id) AS people,
       CAST(COALESCE(SUM(CASE WHEN other_channel THEN 1 ELSE 0 END), 0) AS BIGINT) AS on_another_channel
FROM repeats
"""
_BASE = """
SELECT COUNT(*) AS n FROM (SELECT DISTINCT person_id, purpose, agency, start FROM contacts
  WHERE person_id IS NOT NULL AND purpose IS NOT NULL AND COALESCE(class, '') NOT IN ('milestone', 'outcome')
        AND COALESCE(outcome, '') NOT IN ({missed}) AND NOT assessment)
"""


@dataclass(frozen=True)
class Repeats:
    """Repeat contacts.

    Args:
        table: contact_id, before_id (of the contact it repeats), person_id, person_no, purpose, agency, before, start,
            min_link_probability, other_channel; one row per repeat.
        summary: repeats, people, on_another_channel, base (days of contact compared), window_days.
    """

    table: Handle
    summary: dict[str, Any]


def find_repeats(journeys: Journeys, rules: FindingsRules, engine: Engine) -> Repeats:
    """Return each contact with an agency that comes back on one purpose within the window and was not planned.

    Assessments are left to D1, and bounces to H2, so that nothing is counted under two names.

    Args:
        journeys: from `build_journeys`.
        rules: the section `findings`.
        engine: where it runs.

    Source: docs/reference/findings.md, R2; J. Seddon, Freedom from Command and Control (2003), for the term.
    """
    words = {"missed": quoted(rules.contact.missed_outcomes), "days": rules.repeat.window_days}
    table = engine.sql(_REPEATS.format(**words), contacts=journeys.contacts, people=journeys.people)
    counts = engine.fetch(engine.sql(_COUNTS, repeats=table)).to_pylist()[0]
    base = engine.fetch(engine.sql(_BASE.format(**words), contacts=journeys.contacts))["n"][0].as_py()
    return Repeats(table, {**counts, "base": base, "window_days": rules.repeat.window_days})
