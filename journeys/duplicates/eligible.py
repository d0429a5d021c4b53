"""Which assessments count (D1, steps 1 to 3): each step says what it removed."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from totalplace.config.findings import DuplicateRules
from totalplace.journeys.contacts import quoted
from totalplace.journeys.sequence import digest
from totalplace.tables import Engine, Handle


@dataclass(frozen=True)
class Eligible:
    """The eligible assessments before step 4.

    Args:
        acts: one row per assessment: act (its smallest contact_id), unit, unit_type, series_name (purpose or equivalent
            group), validity (days), purpose, theme, start, completed, area_home, quarter, person_id, cost_key,
            min_link_probability.
        owners: act and agency, one row per agency that did it.
        removed: step or reason to how many it removed; `barred` is a class of its own.
        without_purpose: assessments without a purpose: not eligible.
        judged: contact_id, act, unit, series_name and reason of every record of an assessment: '' = it counts.
    """

    acts: Handle
    owners: Handle
    removed: dict[str, int]
    without_purpose: int
    judged: Handle


_CANDIDATES = """
SELECT c.contact_id, c.person_id, c.agency, c.purpose, COALESCE(g.series_name, c.purpose) AS series_name,
       {scope} AS unit_type,
       CASE {scope} WHEN 'household' THEN c.household_id WHEN 'property' THEN COALESCE(c.dwelling_id, s.unit)
                    ELSE c.person_id END AS unit,
       c.start, COALESCE(c.start_second, -1) AS start_second,
       GREATEST(c.start, COALESCE(c.completed, c."end", c.start)) AS completed,
       c.worker_key, COALESCE(c.joint_id, c.contact_id) AS joint_key, c.theme, c.area_home, c.quarter, c.cost_key,
       c.min_link_probability, c.barred, COALESCE(c.outcome, '') IN ({incomplete}) AS incomplete,
       COALESCE(c.kind, '') = 'appeal' AS appeal, COALESCE(c.kind, '') = 'change' AS changed,
       c.statutory AND COALESCE(c.kind, '') = 'review' AND c.due IS NULL AS review_undated,
       COALESCE(c.statutory AND c.kind = 'review' AND c.start >= c.due, FALSE) AS review_due
FROM contacts c LEFT JOIN groups g ON g.purpose = c.purpose LEFT JOIN sites s ON s.site = c.site
WHERE c.assessment AND COALESCE(c.class, '') = 'intervention'
"""

_ACTS = """
SELECT MIN(contact_id) AS act, unit, MIN(unit_type) AS unit_type, series_name, joint_key,
       MIN(purpose) AS purpose, MIN(theme) AS theme, MIN(start) AS start, MIN(start_second) AS start_second,
       MAX(completed) AS completed, MIN(worker_key) AS worker_key, MIN(person_id) AS person_id,
       MIN(area_home) AS area_home, MIN(quarter) AS quarter, MIN(cost_key) AS cost_key,
       MIN(min_link_probability) AS min_link_probability,
       COUNT(DISTINCT agency) AS agencies, MIN(agency) AS first_agency, MAX(agency) AS last_agency,
       MAX(CASE WHEN barred THEN 1 ELSE 0 END) AS barred, MIN(CASE WHEN incomplete THEN 1 ELSE 0 END) AS incomplete,
       MAX(CASE WHEN appeal THEN 1 ELSE 0 END) AS appeal, MAX(CASE WHEN changed THEN 1 ELSE 0 END) AS changed,
       MAX(CASE WHEN review_due THEN 1 ELSE 0 END) AS review_due,
       MAX(CASE WHEN review_undated THEN 1 ELSE 0 END) AS review_undated
FROM candidates WHERE unit IS NOT NULL AND purpose IS NOT NULL
GROUP BY unit, series_name, joint_key
"""

# A review whose due date nobody recorded cannot be shown to have come early: it is left out, and said so.
_REASONS = """
SELECT *, CASE WHEN place > 1 THEN 'resend' WHEN barred = 1 THEN 'barred' WHEN incomplete = 1 THEN 'incomplete'
               WHEN review_due = 1 THEN 'statutory_review' WHEN review_undated = 1 THEN 'statutory_review_undated'
               WHEN changed = 1 THEN 'change_of_circumstances' WHEN appeal = 1 THEN 'appeal' ELSE '' END AS reason
FROM (SELECT *, ROW_NUMBER() OVER (
        PARTITION BY unit, purpose, agencies, first_agency, last_agency, start, start_second, worker_key
        ORDER BY incomplete, act) AS place FROM acts)
"""

_FINAL = """
SELECT a.act, a.unit, a.unit_type, a.series_name, v.validity, v.series_no, a.purpose, a.theme, a.start, a.completed,
       a.person_id, a.area_home, a.quarter, a.cost_key, a.min_link_probability
FROM reasons a JOIN validity v ON v.series_name = a.series_name WHERE a.reason = ''
"""

_OWNERS = """
SELECT DISTINCT a.act, c.agency FROM acts a JOIN candidates c
  ON c.unit = a.unit AND c.series_name = a.series_name AND c.joint_key = a.joint_key
"""

_JUDGED = """
SELECT c.contact_id, r.act, r.unit, r.series_name,
       CASE WHEN r.reason = '' AND c.contact_id <> r.act THEN 'joint' ELSE r.reason END AS reason
FROM candidates c JOIN reasons r ON r.unit = c.unit AND r.series_name = c.series_name AND r.joint_key = c.joint_key
"""


def eligible_assessments(contacts: Handle, rules: DuplicateRules, engine: Engine) -> Eligible:
    """Return the assessments of steps 1 to 3: joint acts made one, re-sends dropped, exclusions with a reason.

    Args:
        contacts: `Journeys.contacts`.
        rules: `findings.duplicates`.
        engine: where it runs.

    Source: docs/reference/findings.md, D1.
    """
    candidates = _candidates(contacts, rules, engine)
    acts = engine.sql(_ACTS, candidates=candidates)
    reasons = engine.sql(_REASONS, acts=acts)
    final = engine.sql(_FINAL, reasons=reasons, validity=_validity(candidates, rules, engine))
    owners = engine.sql(_OWNERS, acts=acts, candidates=candidates)
    removed, bare = _removed(candidates, acts, reasons, engine)
    judged = engine.sql(_JUDGED, candidates=candidates, reasons=reasons)
    return Eligible(final, owners, removed, bare, judged)


def _candidates(contacts: Handle, rules: DuplicateRules, engine: Engine) -> Handle:
    scope = (
        f"(CASE WHEN c.purpose IN ({quoted(rules.household_purposes)}) THEN 'household' "
        f"WHEN c.purpose IN ({quoted(rules.property_purposes)}) THEN 'property' ELSE c.scope END)"
    )
    text = _CANDIDATES.format(scope=scope, incomplete=quoted(rules.incomplete_outcomes))
    pairs = [(purpose, group) for group, purposes in sorted(rules.equivalent.items()) for purpose in purposes]
    groups = pa.table(
        {
            "purpose": pa.array([p for p, _ in pairs], pa.string()),
            "series_name": pa.array([g for _, g in pairs], pa.string()),
        }
    )
    return engine.sql(text, contacts=contacts, groups=engine.hold(groups), sites=_sites(contacts, engine))


def _sites(contacts: Handle, engine: Engine) -> Handle:
    """Return a unit for each site that is itself the subject: where no dwelling of a person is known."""
    text = """
    SELECT DISTINCT site FROM contacts
    WHERE assessment AND site IS NOT NULL AND dwelling_id IS NULL ORDER BY site
    """
    sites = engine.fetch(engine.sql(text, contacts=contacts))["site"].to_pylist()
    units = pa.array([digest(b"site", site.encode()) for site in sites], pa.binary())
    return engine.hold(pa.table({"site": pa.array(sites, pa.string()), "unit": units}))


def validity_of(series: str, rules: DuplicateRules) -> int:
    """Return V of a purpose or equivalent group: its own, else the smallest of its purposes'."""
    if series in rules.validity:
        return rules.validity[series]
    purposes = rules.equivalent.get(series, [series])
    return min((rules.validity.get(purpose, rules.validity_days) for purpose in purposes), default=rules.validity_days)


def _validity(candidates: Handle, rules: DuplicateRules, engine: Engine) -> Handle:
    text = "SELECT DISTINCT series_name FROM candidates WHERE series_name IS NOT NULL ORDER BY series_name"
    names = engine.fetch(engine.sql(text, candidates=candidates))["series_name"].to_pylist()
    columns = {
        "series_name": pa.array(names, pa.string()),
        "series_no": pa.array(range(len(names)), pa.int32()),
        "validity": pa.array([validity_of(name, rules) for name in names], pa.int32()),
    }
    return engine.hold(pa.table(columns))


def _removed(candidates: Handle, acts: Handle, reasons: Handle, engine: Engine) -> tuple[dict[str, int], int]:
    text = """
    SELECT COUNT(*) AS n, SUM(CASE WHEN purpose IS NULL THEN 1 ELSE 0 END) AS bare,
           SUM(CASE WHEN unit IS NULL AND purpose IS NOT NULL THEN 1 ELSE 0 END) AS without_unit
    FROM candidates
    """
    row = engine.fetch(engine.sql(text, candidates=candidates)).to_pylist()[0]
    bare, without_unit = int(row["bare"] or 0), int(row["without_unit"] or 0)
    removed = {"without_unit": without_unit, "joint": row["n"] - bare - without_unit - acts.rows}
    counted = "SELECT reason, COUNT(*) AS n FROM reasons WHERE reason <> '' GROUP BY reason ORDER BY reason"
    found = {r["reason"]: r["n"] for r in engine.fetch(engine.sql(counted, reasons=reasons)).to_pylist()}
    return removed | {name: found.get(name, 0) for name in REASONS}, bare


REASONS = (
    "resend",
    "barred",
    "incomplete",
    "statutory_review",
    "statutory_review_undated",
    "change_of_circumstances",
    "appeal",
)
