"""Who gains, who pays and who is left without anybody (W1): by the agency that really did each contact, and by area."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.journeys.redesign.edits import REMOVED, TAKEN_ON, among
from totalplace.journeys.redesign.measures import CHECKED, IS_CHECKED
from totalplace.tables import Engine, Handle

# measure: (section, words). Each is a number of contacts or pounds that an agency has less (or more) of.
LEDGER = {
    "no_longer_done": ("W1", "contacts that the agency no longer makes"),
    "handed_over": ("W1", "contacts of the agency that another one arranges"),
    "taken_on": ("W1", "contacts of others that the agency arranges"),
    "relied_on": ("W1", "assessments of others that its results replace"),
    "released": ("X1", "cost of the contacts that it no longer makes, GBP"),
    "checking": ("X1", "cost of checking the results of others instead, GBP"),
    "last_contact": ("W1", "people who no longer meet the agency at all"),
}

# Every line: agency, person, amount. An agency is the one that made the contact before any redesign.
_LINES = f"""
WITH gone AS (SELECT * FROM changes WHERE change = '{REMOVED}'),
taken AS (
  SELECT contact_id, to_agency FROM (
    SELECT contact_id, to_agency, ROW_NUMBER() OVER (PARTITION BY contact_id ORDER BY step DESC) AS place
    FROM changes WHERE change = '{TAKEN_ON}') WHERE place = 1),
kept AS (SELECT t.contact_id, t.to_agency FROM taken t LEFT JOIN gone g ON g.contact_id = t.contact_id
         WHERE g.contact_id IS NULL),
anchors AS (
  SELECT DISTINCT a.contact_id AS anchor, j.agency FROM contacts a JOIN contacts j
    ON COALESCE(j.joint_id, j.contact_id) = COALESCE(a.joint_id, a.contact_id)
  WHERE a.contact_id IN (SELECT anchor FROM gone)),
shared AS (SELECT anchor, agency, 1.0 / COUNT(*) OVER (PARTITION BY anchor) AS part FROM anchors),
met AS (SELECT DISTINCT c.agency, c.person_id FROM gone g JOIN contacts c ON c.contact_id = g.contact_id
        WHERE c.person_id IS NOT NULL AND COALESCE(c.class, '') <> 'milestone'),
still AS (SELECT c.agency, c.person_id FROM contacts c JOIN later l ON l.contact_id = c.contact_id
          WHERE COALESCE(c.class, '') <> 'milestone' GROUP BY c.agency, c.person_id)
SELECT 'no_longer_done' AS measure, c.agency, c.person_id, CAST(1 AS DOUBLE) AS amount
  FROM gone g JOIN contacts c ON c.contact_id = g.contact_id
UNION ALL SELECT 'handed_over', c.agency, c.person_id, 1.0 FROM kept k JOIN contacts c ON c.contact_id = k.contact_id
UNION ALL SELECT 'taken_on', k.to_agency, c.person_id, 1.0 FROM kept k JOIN contacts c ON c.contact_id = k.contact_id
UNION ALL SELECT 'relied_on', s.agency, c.person_id, s.part
  FROM gone g JOIN contacts c ON c.contact_id = g.contact_id JOIN shared s ON s.anchor = g.anchor
UNION ALL SELECT 'released', c.agency, c.person_id, p.gbp
  FROM gone g JOIN contacts c ON c.contact_id = g.contact_id JOIN prices p ON p.contact_id = g.contact_id
UNION ALL SELECT 'checking', c.agency, c.person_id, {CHECKED}
  FROM gone x JOIN contacts c ON c.contact_id = x.contact_id JOIN prices p ON p.contact_id = x.contact_id
  WHERE {IS_CHECKED}
UNION ALL SELECT 'last_contact', m.agency, m.person_id, 1.0 FROM met m
  LEFT JOIN still s ON s.agency = m.agency AND s.person_id = m.person_id WHERE s.person_id IS NULL
"""
_SUMS = """
WITH each AS (
  SELECT measure, agency, person_id, CAST(SUM(amount) AS DOUBLE) AS amount
  FROM (SELECT * FROM lines WHERE person_id IS NOT NULL ORDER BY measure, agency, person_id, amount)
  GROUP BY measure, agency, person_id)
SELECT measure, agency, CAST(SUM(amount) AS DOUBLE) AS amount, MAX(amount) AS largest, COUNT(*) AS people
FROM (SELECT * FROM each ORDER BY measure, agency, person_id) GROUP BY measure, agency ORDER BY measure, agency
"""


def by_agency(before: Handle, after: Handle, changes: Handle, prices: Handle, engine: Engine) -> dict[str, Any]:
    """Return columns of REDESIGN by agency.

    Args:
        before: `Journeys.contacts` of history as it was.
        after: the same of history as the redesign leaves it.
        changes: `CHANGES` of all operations with their step.
        prices: `Spending.prices`.
        engine: where it runs.
    """
    rows, edits = engine.fetch(before), engine.fetch(changes)
    near = engine.hold(rows.filter(_near(rows, edits)))
    lines = engine.sql(
        _LINES, contacts=near, later=engine.hold(engine.fetch(after, ["contact_id"])), changes=changes, prices=prices
    )
    agencies = {*rows["agency"].unique().to_pylist(), *edits["to_agency"].drop_null().unique().to_pylist()}
    return _ledger(engine.fetch(engine.sql(_SUMS, lines=lines)), sorted(agencies))


def _near(contacts: pa.Table, changes: pa.Table) -> pa.ChunkedArray:
    """Tell which contacts the lines may speak of: those of whoever is touched, and what is used instead of others."""
    touched = contacts["person_id"].filter(among(contacts["contact_id"], changes["contact_id"]))
    anchors = among(contacts["contact_id"], changes["anchor"])
    joint = contacts["joint_id"].filter(anchors)
    used = pc.or_(anchors, among(contacts["joint_id"], joint.drop_null()))
    return pc.or_(used, among(contacts["person_id"], touched.drop_null()))


def _ledger(rows: pa.Table, houses: list[str]) -> dict[str, Any]:
    """Return a row for each agency and line, zeros too: a row that is not there would tell a zero."""
    named = [(measure, agency) for measure in LEDGER for agency in houses]
    place = {pair: k for k, pair in enumerate(named)}
    pairs = zip(rows["measure"].to_pylist(), rows["agency"].to_pylist(), strict=True)
    at = np.array([place[pair] for pair in pairs], int)
    less, largest, people = np.zeros(len(named)), np.zeros(len(named)), np.zeros(len(named), int)
    for into, name in ((less, "amount"), (largest, "largest"), (people, "people")):
        into[at] = np.asarray(rows[name].to_numpy())
    less = np.round(less, 6)
    measures, agencies = ([pair[k] for pair in named] for k in (0, 1))
    rises = np.array([m == "taken_on" for m in measures], bool)
    share = np.round(np.divide(largest, less, out=np.zeros(len(named)), where=less > 0), 9)
    return {
        "by": ["agency"] * len(named),
        "key": agencies,
        "measure": measures,
        "rule_id": [LEDGER[m][0] for m in measures],
        "words": [LEDGER[m][1] for m in measures],
        "unit": ["people"] * len(named),
        **_sides(less, people, share, rises),
    }


def _sides(
    amount: np.ndarray[Any, Any], people: np.ndarray[Any, Any], share: np.ndarray[Any, Any], rises: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """Return an amount as something that falls, or rises."""
    zero = np.zeros(len(amount))
    return {
        "before": zero,
        "after": zero,
        "people_before": np.zeros(len(amount), int),
        "less": np.where(rises, 0, amount),
        "more": np.where(rises, amount, 0),
        "people_less": np.where(rises, 0, people),
        "people_more": np.where(rises, people, 0),
        "share_less": np.where(rises, 0, share),
        "share_more": np.where(rises, share, 0),
    }


def by_area(before: Handle, after: Handle, folk: Handle, engine: Engine) -> dict[str, Any]:
    """Return columns of REDESIGN by area of residence: people with a contact, and those who are left with none."""
    text = """
    WITH met AS (SELECT DISTINCT person_id FROM contacts
                 WHERE person_id IS NOT NULL AND COALESCE(class, '') <> 'milestone'),
    still AS (SELECT DISTINCT person_id FROM later
              WHERE person_id IS NOT NULL AND COALESCE(class, '') <> 'milestone')
    SELECT COALESCE(p.area, 'unknown') AS area, COUNT(*) AS people,
           SUM(CASE WHEN s.person_id IS NULL THEN 1 ELSE 0 END) AS lost
    FROM met m JOIN people p ON p.person_id = m.person_id LEFT JOIN still s ON s.person_id = m.person_id
    GROUP BY COALESCE(p.area, 'unknown') ORDER BY area
    """
    rows = engine.fetch(engine.sql(text, contacts=before, later=after, people=folk))
    people, lost = (np.asarray(rows[name].to_numpy(), np.int64) for name in ("people", "lost"))
    n = len(people)
    return {
        "by": ["area"] * n,
        "key": rows["area"].to_pylist(),
        "measure": ["persons"] * n,
        "rule_id": ["W1"] * n,
        "words": ["people who are left without any contact"] * n,
        "unit": ["people"] * n,
        **_sides(lost.astype(float), lost, np.divide(1.0, lost, out=np.zeros(n), where=lost > 0), np.zeros(n, bool)),
        "before": people.astype(float),
        "after": (people - lost).astype(float),
        "people_before": people,
    }
