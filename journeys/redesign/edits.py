"""What a redesign would have changed in history: each operation is a pure function from contacts to contacts (W1).

An edit never makes a contact: it drops some, moves some to another day, or lets another agency take some on. A contact
keeps its id throughout, so that every change can be told by comparing two histories. What the law or the place protects
is never dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.findings import FindingsRules
from totalplace.config.scenario import CoLocate, LeadWorker, MergeAgencies, Operation, RemoveService
from totalplace.journeys.calendar import as_days
from totalplace.journeys.contacts import PLAIN_ID, quoted
from totalplace.journeys.sequence import run_starts, whole
from totalplace.tables import CONTACTS, DAY, ID, TEXT, Engine, Handle

REMOVED, MOVED, TAKEN_ON = "removed", "moved", "taken_on"
LEVELS = ("low", "central", "high")
# Columns of a contact that an operation may change.
EDITED = ("agency", "referral_to", "start", "start_second", "end", "completed", "worker_key")

# One row per contact that an operation touches; a merger touches none, it renames.
CHANGES = pa.schema(
    [
        pa.field("contact_id", ID),
        pa.field("change", TEXT),  # REMOVED, MOVED or TAKEN_ON
        pa.field("to_agency", TEXT),  # who takes it on; null = nobody
        pa.field("anchor", ID),  # assessment whose result is used instead; null = none
        pa.field("friction", pa.float64()),  # share of its price still spent, on checking that result
    ]
)


@dataclass(frozen=True)
class Level:
    """How far people and agencies follow a redesign: low, central or high, by its place in `LEVELS`.

    Args:
        at: its place.
        names: of ids of this history to those that decide who follows: a copy of a person does what the person does.
    """

    at: int
    names: Callable[[pa.Array], pa.Array] = lambda ids: ids

    def follow(self, ids: pa.Array, operation: Any, rules: FindingsRules) -> np.ndarray:
        """Return for each 16-byte id whether the new way is followed for it."""
        if not len(ids):
            return np.zeros(0, bool)
        found: np.ndarray = chance(self.names(ids)) < self.uptake(operation, rules)
        return found

    def uptake(self, operation: Any, rules: FindingsRules) -> float:
        """Return the share of people for whom the new way of working is really followed."""
        shares = getattr(operation, "uptake_share", None) or rules.redesign.uptake_share
        return float(sorted(shares)[self.at])

    def friction(self, operation: Any, rules: FindingsRules) -> float:
        """Return the share of a step's cost that checking another's result takes: the highest at `low`."""
        shares = operation.friction_share or rules.duplicates.friction_share
        return float(sorted(shares, reverse=True)[self.at])


@dataclass(frozen=True)
class Edit:
    """History after one operation.

    Args:
        contacts: CONTACTS.
        changes: `CHANGES`.
    """

    contacts: Handle
    changes: Handle


def chance(ids: pa.Array) -> np.ndarray:
    """Return for each 16-byte id a number in [0, 1) that looks drawn and is the same in every run.

    Who follows at a low share is among those who follow at a higher one.

    Source: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014), over both halves of the id.
    """
    words = np.frombuffer(b"".join(ids.to_pylist()), "<u8").reshape(-1, 2)
    mixed = words[:, 0] ^ (words[:, 1] * np.uint64(0x9E3779B97F4A7C15))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    found: np.ndarray = (mixed ^ (mixed >> np.uint64(31))) / 2.0**64
    return found


def followers(table: Handle, column: str, one: Operation, level: Level, rules: FindingsRules, engine: Engine) -> Handle:
    """Return the ids of a column for whom the new way is followed, as `id`."""
    text = f"SELECT DISTINCT {column} AS id FROM t WHERE {column} IS NOT NULL ORDER BY {column}"
    ids = engine.fetch(engine.sql(text, t=table))["id"].cast(ID).combine_chunks()
    return engine.hold(pa.table({"id": ids.filter(pa.array(level.follow(ids, one, rules)))}))


def kept_steps(contacts: Handle, rules: FindingsRules, engine: Engine) -> Handle:
    """Return the contact_id of what no redesign drops: recorded as statutory, or of a protected type."""
    text = f"""
    SELECT contact_id FROM contacts
    WHERE statutory OR CONCAT(agency, '/', type) IN ({quoted(rules.redesign.protected_types)}) ORDER BY contact_id
    """
    return engine.sql(text, contacts=contacts)


def plain(contacts: Handle, engine: Engine, **other: pa.ChunkedArray | pa.Array) -> Handle:
    """Return contacts as CONTACTS, some columns of `EDITED` by others."""
    assert set(other) <= set(EDITED), "a history is measured again only where a column of EDITED differs"
    rows = engine.fetch(contacts)
    return engine.hold(pa.table({name: other.get(name, rows[name]) for name in CONTACTS.names}))


def no_changes(engine: Engine) -> Handle:
    """Return no change."""
    return engine.hold(CHANGES.empty_table())


def merge_agencies(one: MergeAgencies, contacts: Handle, engine: Engine) -> Edit:
    """Rename agencies; a referral within the new one is none any more.

    What two of them did on one day stays two acts: where nobody is named as worker, each former agency is one.
    """
    rows = engine.fetch(contacts)

    def renamed(column: str) -> pa.ChunkedArray:
        return pc.if_else(pc.is_in(rows[column], pa.array(one.agencies, TEXT)), one.into, rows[column])

    own, to = renamed("agency"), renamed("referral_to")
    onward = pc.if_else(pc.fill_null(pc.not_equal(to, own), False), to, None)
    worker = _told_apart(rows, one.agencies)
    return Edit(plain(contacts, engine, agency=own, referral_to=onward, worker_key=worker), no_changes(engine))


def _told_apart(rows: pa.Table, agencies: Sequence[str]) -> pa.ChunkedArray:
    """Return the worker of each contact, and the agency itself where an agency's contact names none.

    Not of home visits: there a named worker means one visit to several people.
    """
    worker = rows["worker_key"]
    away = pc.fill_null(pc.not_equal(rows["channel"], "home"), True)
    for agency in agencies:
        nobody = pc.and_(pc.and_(pc.is_null(worker), away), pc.equal(rows["agency"], agency))
        key = pa.scalar(hashlib.blake2b(agency.encode(), digest_size=16).digest(), worker.type)
        worker = pc.if_else(nobody, key, worker)
    return worker


def serves(name: str) -> str:
    """Return SQL that says whether a contact is with an agency or a service `agency/type`."""
    agency, slash, word = name.partition("/")
    return f"(c.agency = {quoted([agency])}" + (f" AND c.type = {quoted([word])})" if slash else ")")


def without(contacts: Handle, changes: Handle, engine: Engine) -> Handle:
    """Return the contacts that the changes do not drop, with all their columns."""
    rows, listed = engine.fetch(contacts), engine.fetch(changes)
    dropped = listed["contact_id"].filter(pc.equal(listed["change"], REMOVED))
    return engine.hold(rows.filter(pc.invert(among(rows["contact_id"], dropped))))


def among(ids: pa.ChunkedArray, chosen: pa.ChunkedArray) -> pa.ChunkedArray:
    """Tell which ids are among those chosen."""
    return pc.is_in(ids, chosen.cast(ids.type).combine_chunks())


def remove_service(one: RemoveService, contacts: Handle, kept: Handle, engine: Engine) -> Edit:
    """Drop every contact of a service but those that are protected."""
    text = f"""
    SELECT c.contact_id, '{REMOVED}' AS change, CAST(NULL AS STRING) AS to_agency, CAST(NULL AS BINARY) AS anchor,
           CAST(0 AS DOUBLE) AS friction
    FROM contacts c LEFT JOIN kept k ON k.contact_id = c.contact_id
    WHERE {serves(one.service)} AND k.contact_id IS NULL AND COALESCE(c.class, '') <> 'milestone' ORDER BY c.contact_id
    """
    changes = as_changes(engine.sql(text, contacts=contacts, kept=kept), engine)
    return Edit(plain(without(contacts, changes, engine), engine), changes)


def as_changes(rows: Handle, engine: Engine) -> Handle:
    """Return rows with the types of `CHANGES`."""
    return engine.hold(engine.fetch(rows).select(CHANGES.names).cast(CHANGES))


_LED = """
WITH placed AS (
  SELECT c.contact_id, c.person_id, c.agency, c.referral_to,
         ROW_NUMBER() OVER (PARTITION BY c.person_id ORDER BY c.start, COALESCE(c.start_second, -1), c.precedence,
                            c.agency, c.contact_id) AS place
  FROM contacts c JOIN followers f ON f.id = c.person_id WHERE COALESCE(c.class, '') <> 'milestone'),
lead AS (SELECT person_id, agency FROM placed WHERE place = {k})
SELECT p.contact_id, '{taken}' AS change, l.agency AS to_agency, CAST(NULL AS BINARY) AS anchor,
       CAST(0 AS DOUBLE) AS friction
FROM placed p JOIN lead l ON l.person_id = p.person_id
WHERE p.place > {k} AND p.agency <> l.agency{among} ORDER BY p.contact_id
"""


def lead_worker(one: LeadWorker, contacts: Handle, level: Level, rules: FindingsRules, engine: Engine) -> Edit:
    """Let the agency of each person's k-th contact arrange the later ones of the others: to the person, all one."""
    among = f" AND p.agency IN ({quoted(one.agencies)})" if one.agencies is not None else ""
    led = followers(contacts, "person_id", one, level, rules, engine)
    text = _LED.format(k=one.from_contact, taken=TAKEN_ON, among=among)
    changes = as_changes(engine.sql(text, contacts=contacts, followers=led), engine)
    return Edit(taken_on(contacts, changes, engine), changes)


def taken_on(contacts: Handle, changes: Handle, engine: Engine) -> Handle:
    """Return CONTACTS with those that another agency takes on; such a contact refers nobody on."""
    rows, listed = engine.fetch(contacts), engine.fetch(changes)
    led = listed.filter(pc.equal(listed["change"], TAKEN_ON))
    other = led["to_agency"].take(pc.index_in(rows["contact_id"], led["contact_id"].cast(PLAIN_ID).combine_chunks()))
    onward = pc.if_else(other.is_null(), rows["referral_to"], None)
    return plain(contacts, engine, agency=pc.coalesce(other, rows["agency"]), referral_to=onward)


def co_locate(one: CoLocate, contacts: Handle, level: Level, rules: FindingsRules, engine: Engine) -> Edit:
    """Move a visit to the day of the visit to the other service before it, if that was soon enough before."""
    within = rules.redesign.within_days if one.within_days is None else one.within_days
    first, second = (serves(name) for name in one.services)
    side = f"CASE WHEN {first} THEN 0 WHEN {second} THEN 1 END"
    text = f"""
    SELECT c.contact_id, c.person_id, c.start, c."end", c.completed, {side} AS side
    FROM contacts c JOIN followers f ON f.id = c.person_id
    WHERE ({first} OR {second}) AND COALESCE(c.class, '') <> 'milestone'
    ORDER BY c.person_id, c.start, side, c.contact_id
    """
    chosen = followers(contacts, "person_id", one, level, rules, engine)
    rows = engine.fetch(engine.sql(text, contacts=contacts, followers=chosen))
    moved = _shifted(rows, _days_back(rows, within))
    return Edit(_on_new_days(contacts, moved, engine), engine.hold(_moves(moved)))


def _days_back(rows: pa.Table, within: int) -> np.ndarray:
    """Return per contact by how many days it moves back; a visit takes in one later visit to the other service.

    Visits of one person that alternate between the services, each soon after the last, form a run; its second, fourth
    ... join the one before.
    """
    if not rows.num_rows:
        return np.zeros(0, np.int64)
    day, side = as_days(rows["start"], 0).astype(np.int64), whole(rows, "side")
    new_person = np.zeros(len(day), bool)
    new_person[run_starts(rows["person_id"].combine_chunks())] = True
    other_day = np.concatenate([[True], np.diff(day) != 0]) | np.concatenate([[True], np.diff(side) != 0])
    first = np.flatnonzero(other_day | new_person)
    visit = np.cumsum(other_day | new_person) - 1
    day_, side_, fresh = day[first], side[first], new_person[first]
    gap, same = np.diff(day_, prepend=day_[0]), np.diff(side_, prepend=side_[0]) == 0
    begins = fresh | same | (gap > within)
    at = np.arange(len(first))
    place = at - np.maximum.accumulate(np.where(begins, at, 0))
    back: np.ndarray = np.where(place % 2 == 1, gap, 0)[visit]
    return back


def _shifted(rows: pa.Table, back: np.ndarray) -> pa.Table:
    """Return the moved contacts with their new days."""
    moved = rows.filter(pa.array(back > 0))
    days = back[back > 0]
    columns: dict[str, Any] = {"contact_id": moved["contact_id"]}
    for name in ("start", "end", "completed"):
        missing = moved[name].is_null().to_numpy()
        new = (as_days(moved[name], 0) - days).astype(np.int32)
        columns[name] = pa.array(new, mask=missing).cast(DAY)
    return pa.table(columns)


def _moves(moved: pa.Table) -> pa.Table:
    n = moved.num_rows
    columns = [moved["contact_id"].cast(ID), pa.array([MOVED] * n, TEXT), pa.nulls(n, TEXT), pa.nulls(n, ID)]
    return pa.Table.from_arrays([*columns, pa.array(np.zeros(n))], schema=CHANGES)


def _on_new_days(contacts: Handle, moved: pa.Table, engine: Engine) -> Handle:
    """Return CONTACTS with the moved ones on their new days; at what hour they would have been, nobody knows."""
    rows = engine.fetch(contacts)
    at = pc.index_in(rows["contact_id"], moved["contact_id"].cast(PLAIN_ID).combine_chunks())
    days = {name: pc.if_else(at.is_null(), rows[name], moved[name].take(at)) for name in ("start", "end", "completed")}
    return plain(contacts, engine, **days, start_second=pc.if_else(at.is_null(), rows["start_second"], None))
