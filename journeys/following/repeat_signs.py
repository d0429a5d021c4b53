"""Further signs of repeat demand (R2): chasing, re-referral after no further action, readmission; and what to read."""

from __future__ import annotations

from typing import Any

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.contacts import quoted
from totalplace.journeys.measured import Measured, Measurement
from totalplace.journeys.names import Words
from totalplace.tables import Engine, Handle, Note

CHASING, REREFERRAL, READMISSION = "progress chasing", "re-referral", "readmission"
SIGNS = (CHASING, REREFERRAL, READMISSION)

_SEEN = """
SELECT contact_id, person_id, agency, CONCAT(agency, '/', type) AS service, start, COALESCE("end", start) AS until,
       outcome, referral_to, planned_return FROM contacts
WHERE person_id IS NOT NULL AND COALESCE(class, '') <> 'milestone' AND COALESCE(outcome, '') NOT IN ({missed})
"""
_CHASING = """
SELECT contact_id, CAST(NULL AS BINARY) AS before_id, person_id, agency, start, '{sign}' AS sign
FROM seen WHERE service IN ({types})
"""
# One referral a person, agency and day, as in R1; it answers the last decision to do nothing.
_REREFERRALS = """
WITH referred AS (
  SELECT MIN(contact_id) AS contact_id, person_id, referral_to AS agency, start FROM seen
  WHERE referral_to IS NOT NULL AND referral_to <> agency GROUP BY person_id, referral_to, start),
paired AS (
  SELECT r.contact_id, n.contact_id AS before_id, r.person_id, r.agency, r.start,
         ROW_NUMBER() OVER (PARTITION BY r.contact_id, r.agency ORDER BY n.start DESC, n.contact_id) AS place
  FROM referred r JOIN seen n ON n.person_id = r.person_id AND n.agency = r.agency
  WHERE n.outcome IN ({outcomes}) AND n.start < r.start AND DATEDIFF('day', n.start, r.start) <= {days})
SELECT contact_id, before_id, person_id, agency, start, '{sign}' AS sign FROM paired WHERE place = 1
"""
# A stay is a return if it begins after all earlier ones have ended; a transfer on the same day is none.
_READMISSIONS = """
WITH stays AS (
  SELECT contact_id, person_id, agency, start, planned_return,
         MAX(until) OVER (PARTITION BY person_id ORDER BY start, contact_id
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ended,
         LAG(contact_id) OVER (PARTITION BY person_id ORDER BY start, contact_id) AS before_id
  FROM seen WHERE service IN ({types}))
SELECT contact_id, before_id, person_id, agency, start, '{sign}' AS sign FROM stays
WHERE start > ended AND DATEDIFF('day', ended, start) <= {days} AND NOT planned_return
"""
_COUNTS = "SELECT sign, COUNT(*) AS n, COUNT(DISTINCT person_id) AS people FROM signs GROUP BY sign ORDER BY sign"
_FACTS = """
SELECT p.person_no, 0 AS quarter_no, CASE {cases} END AS row_no, a.value_no AS agency_no, CAST(1 AS BIGINT) AS value
FROM signs s JOIN people p ON p.person_id = s.person_id JOIN agencies a ON a.value = s.agency
"""
# Ids are keyed hashes, so the first of them are a draw by chance that every run makes again.
_TO_READ = """
WITH every AS (
  SELECT contact_id, before_id, sign FROM signs
  UNION ALL SELECT contact_id, before_id, 'repeat' AS sign FROM repeats)
SELECT e.sign, c.contact_id, c.agency, c.type, c.start, c.source_row, b.contact_id AS before_id,
       b.agency AS before_agency, b.type AS before_type, b.start AS before_start, b.source_row AS before_source_row
FROM (SELECT * FROM every ORDER BY contact_id, sign LIMIT {most}) e
JOIN contacts c ON c.contact_id = e.contact_id LEFT JOIN contacts b ON b.contact_id = e.before_id
ORDER BY e.sign, c.contact_id
"""


def find_repeat_signs(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return further signs of repeat demand, each a proxy, and a draw of repeat demand for reading by hand.

    Source: docs/reference/findings.md, R2.
    """
    signs = _signs(of, rules, engine)
    counts = {row["sign"]: row for row in engine.fetch(engine.sql(_COUNTS, signs=signs)).to_pylist()}
    none = {"n": 0, "people": 0}
    found = {sign: {name: counts.get(sign, none)[name] for name in none} for sign in SIGNS}
    summary: dict[str, Any] = {sign: {"contacts": row["n"], "people": row["people"]} for sign, row in found.items()}
    read = engine.sql(
        _TO_READ.format(most=rules.repeat.sample),
        signs=signs,
        repeats=of.table("repeats"),
        contacts=of.journeys.contacts,
    )
    return Measurement(
        {"repeat_signs": summary},
        _notes(summary, rules),
        facts=lambda words: _facts(of, signs, words, engine),
        tables={"repeat_signs": signs, "repeats_to_read": read},
    )


def _signs(of: Measured, rules: FindingsRules, engine: Engine) -> Handle:
    """Return contact_id, before_id (what it comes after; null = nothing), person_id, agency, start, sign."""
    repeat = rules.repeat
    seen = engine.sql(_SEEN.format(missed=quoted(rules.contact.missed_outcomes)), contacts=of.journeys.contacts)
    outcomes = quoted(repeat.no_action_outcomes)
    texts = (
        _CHASING.format(sign=CHASING, types=quoted(repeat.chasing_types)),
        _REREFERRALS.format(sign=REREFERRAL, outcomes=outcomes, days=repeat.rereferral_days),
        _READMISSIONS.format(sign=READMISSION, types=quoted(repeat.admission_types), days=repeat.readmission_days),
    )
    parts = {f"t{k}": engine.sql(text, seen=seen) for k, text in enumerate(texts)}
    union = " UNION ALL ".join(f"SELECT * FROM {name}" for name in parts)
    return engine.sql(f"SELECT * FROM ({union}) ORDER BY sign, contact_id, agency", **parts)


def _facts(of: Measured, signs: Handle, words: Words, engine: Engine) -> list[Facts]:
    cases = " ".join(f"WHEN s.sign = '{sign}' THEN {k}" for k, sign in enumerate(SIGNS))
    tables = {"people": of.journeys.people, "agencies": words.tables["agency"]}
    view = View(engine.sql(_FACTS.format(cases=cases), signs=signs, **tables))
    return [Facts("repeat_signs", "people", view, view, view, view, list(SIGNS), quarters=False, chips=("all",))]


def _notes(summary: dict[str, Any], rules: FindingsRules) -> tuple[Note, ...]:
    unset = [name for name in ("chasing_types", "admission_types") if not getattr(rules.repeat, name)]
    told = ", ".join(f"{summary[sign]['contacts']:,} {sign}" for sign in SIGNS)
    missing = f" Not looked for, as no type is named: {', '.join(unset)}." if unset else ""
    text = f"Signs of repeat demand, to be read by hand first: {told}.{missing}"
    return (Note("repeat_signs", text, {sign: summary[sign]["contacts"] for sign in SIGNS}),)
