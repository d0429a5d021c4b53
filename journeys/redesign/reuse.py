"""Asking once: assessments that an earlier one would have answered are not done again (W1 by the rules of D1)."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from totalplace.config.findings import DuplicateRules, FindingsRules
from totalplace.config.scenario import ReuseAssessment, SingleFrontDoor
from totalplace.journeys.contacts import quoted
from totalplace.journeys.duplicates.assessments import covered
from totalplace.journeys.redesign.edits import (
    CHANGES,
    REMOVED,
    TAKEN_ON,
    Edit,
    Level,
    among,
    as_changes,
    followers,
    plain,
    taken_on,
    without,
)
from totalplace.tables import ID, Engine, Handle

_SPARED = """
WITH safe AS (SELECT DISTINCT r.act FROM records r JOIN kept k ON k.contact_id = r.contact_id)
SELECT r.contact_id, '{removed}' AS change, CAST(NULL AS STRING) AS to_agency, x.anchor,
       CAST({friction} AS DOUBLE) AS friction
FROM acts x JOIN followers f ON f.id = x.unit JOIN records r ON r.act = x.act LEFT JOIN safe s ON s.act = x.act
WHERE x.state = 1 AND s.act IS NULL{about} ORDER BY r.contact_id
"""


def reuse_assessment(
    one: ReuseAssessment, contacts: Handle, kept: Handle, level: Level, rules: FindingsRules, engine: Engine
) -> Edit:
    """Drop assessments that repeat a valid one for the same purpose."""
    duplicates = rules.duplicates
    if one.validity_days is not None:
        purposes = one.purposes
        validity = (
            {} if purposes is None else {**duplicates.validity, **_valid(purposes, one.validity_days, duplicates)}
        )
        days = one.validity_days if purposes is None else duplicates.validity_days
        duplicates = duplicates.model_copy(update={"validity": validity, "validity_days": days})
    return _spare(contacts, kept, one, one.purposes, duplicates, level, rules, engine)


def single_front_door(
    one: SingleFrontDoor, contacts: Handle, kept: Handle, level: Level, rules: FindingsRules, engine: Engine
) -> Edit:
    """Drop assessments that repeat a valid one for any of the purposes; the agency at the door does the rest."""
    groups = {g: [p for p in ps if p not in one.purposes] for g, ps in rules.duplicates.equivalent.items()}
    door = "single front door"
    days = rules.duplicates.validity_days if one.validity_days is None else one.validity_days
    duplicates = rules.duplicates.model_copy(
        update={
            "equivalent": {**{g: ps for g, ps in groups.items() if ps}, door: one.purposes},
            "validity": {**rules.duplicates.validity, door: days},
        }
    )
    spared = _spare(contacts, kept, one, one.purposes, duplicates, level, rules, engine)
    if one.at is None:
        return spared
    moved = _at_the_door(one, without(contacts, spared.changes, engine), kept, level, rules, engine)
    changes = pa.concat_tables([engine.fetch(spared.changes), engine.fetch(moved)])
    return Edit(taken_on(spared.contacts, moved, engine), engine.hold(changes))


def _valid(purposes: Sequence[str], days: int, rules: DuplicateRules) -> dict[str, int]:
    """Return the validity of purposes, and of the equivalent groups that they stand in."""
    groups = [group for group, members in rules.equivalent.items() if set(members) & set(purposes)]
    return dict.fromkeys([*purposes, *groups], days)


def _spare(
    contacts: Handle,
    kept: Handle,
    one: ReuseAssessment | SingleFrontDoor,
    purposes: Sequence[str] | None,
    duplicates: DuplicateRules,
    level: Level,
    rules: FindingsRules,
    engine: Engine,
) -> Edit:
    """Drop what is avoidable until nothing more is: with it gone, a concurrent or re-sent one may become avoidable."""
    about = "" if purposes is None else f" AND x.purpose IN ({quoted(list(purposes))})"
    text = _SPARED.format(removed=REMOVED, friction=level.friction(one, rules), about=about)
    left, dropped = contacts, [CHANGES.empty_table()]
    while True:
        acts, eligible = covered(left, duplicates, engine)
        who = followers(acts, "unit", one, level, rules, engine)
        rows = engine.sql(text, acts=acts, records=eligible.judged, kept=kept, followers=who)
        changes = as_changes(rows, engine)
        if not changes.rows:
            break
        dropped.append(engine.fetch(changes))
        # Whoever lost nothing would only be judged again as before.
        left = without(_of_their_units(left, eligible.judged, changes, engine), changes, engine)
    changes = engine.hold(pa.concat_tables(dropped))
    return Edit(plain(without(contacts, changes, engine), engine), changes)


def _of_their_units(contacts: Handle, judged: Handle, changes: Handle, engine: Engine) -> Handle:
    """Return the contacts that are records of assessments of the units that lose one."""
    text = """
    SELECT j.contact_id FROM judged j
    WHERE j.unit IN (SELECT l.unit FROM judged l JOIN changes x ON x.contact_id = l.contact_id)
    """
    theirs = engine.fetch(engine.sql(text, judged=judged, changes=changes))["contact_id"]
    rows = engine.fetch(contacts)
    return engine.hold(rows.filter(among(rows["contact_id"], theirs)))


def _at_the_door(
    one: SingleFrontDoor, contacts: Handle, kept: Handle, level: Level, rules: FindingsRules, engine: Engine
) -> Handle:
    """Return the assessments that the agency at the door takes over from others."""
    door = quoted([one.at or ""])
    text = f"""
    SELECT c.contact_id, c.person_id, '{TAKEN_ON}' AS change, CAST({door} AS STRING) AS to_agency,
           CAST(NULL AS BINARY) AS anchor, CAST(0 AS DOUBLE) AS friction
    FROM contacts c LEFT JOIN kept k ON k.contact_id = c.contact_id
    WHERE c.person_id IS NOT NULL AND c.assessment AND c.purpose IN ({quoted(one.purposes)})
      AND c.agency <> {door}
      AND NOT c.barred AND k.contact_id IS NULL ORDER BY c.contact_id
    """
    rows = engine.fetch(engine.sql(text, contacts=contacts, kept=kept))
    follows = level.follow(rows["person_id"].cast(ID).combine_chunks(), one, rules)
    return as_changes(engine.hold(rows.filter(pa.array(follows))), engine)
