"""Copies of every alternative's contacts, under ids of their own, and their journeys by the room's own code (FAM6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.findings import FindingsRules
from totalplace.journeys.journeys import Journeys, build_journeys
from totalplace.tables import (
    CONTACTS,
    FAMILIES,
    HOUSEHOLDS,
    ID,
    PEOPLE,
    PERSONS,
    Engine,
    Handle,
    numbered_ids,
    numbers_of,
)

Array = np.ndarray[Any, Any]
DOOR = "batches_of_copies"
# Each kind of id has numbers of its own, so that no person is taken for a household of the same number.
KINDS = {"contact": 0, "person": 1, "household": 2, "dwelling": 3, "family": 4}
KIND = 1 << 40
NOBODY = (1 << 39) - 1  # the alternative of contacts that only say from when to when an agency has data
# Copies are measured together while they have no more than so many records and contacts: what a batch costs however
# small it is, is then next to nothing, and what it holds (some 2 KB a contact) stays under what a place itself does.
AT_ONCE = 500_000


@dataclass(frozen=True)
class Alternatives:
    """What linkage hands over for FAM6.

    Args:
        partitions: PARTITIONS.
        alternatives: ALTERNATIVES.
        households: ALTERNATIVE_HOUSEHOLDS.
        families: ALTERNATIVE_FAMILIES.
        bridges: BRIDGES.
    """

    partitions: Handle
    alternatives: Handle
    households: Handle
    families: Handle
    bridges: Handle


@dataclass(frozen=True)
class Copies:
    """The contacts of some alternatives, each as a history of its own, under numbered ids.

    Args:
        first: the first of these alternatives.
        after: the one after the last.
        journeys: from `build_journeys`.
        contact_ids: the contacts' own ids, by their number.
        linked: PEOPLE, PERSONS, HOUSEHOLDS and FAMILIES of the copies.
        own: kind of id to the own ids by their number: whom a numbered id stands for.
    """

    first: int
    after: int
    journeys: Journeys
    contact_ids: pa.Array
    linked: tuple[Handle, Handle, Handle, Handle]
    own: dict[str, pa.Array]

    def names(self, ids: pa.Array) -> pa.Array:
        """Return the own id of each numbered one; an id that is none, a site's, stays as it is."""
        alternative, number = numbers_of(ids)
        found = ids.to_pylist()
        for kind, at in KINDS.items():
            if kind in self.own:
                mine = np.flatnonzero((number // KIND == at) & (alternative >= 0))
                own = self.own[kind].take(pa.array(number[mine] % KIND)).to_pylist()
                for k, name in zip(mine.tolist(), own, strict=True):
                    found[k] = name
        return pa.array(found, ID)


@dataclass(frozen=True)
class _Copied:
    """What is copied: the rows of records that any alternative names.

    Args:
        contacts: `Journeys.contacts`.
        people: PEOPLE.
        persons: PERSONS.
        spans: contacts of nobody, from `_spans`: every batch has them.
    """

    contacts: Handle
    people: Handle
    persons: Handle
    spans: pa.Table


def batches_of_copies(
    contacts: Handle, people: Handle, persons: Handle, other: Alternatives, rules: FindingsRules, engine: Engine
) -> Iterator[Copies]:
    """Yield the journeys of the copies of all alternatives, batch by batch; let go of one before asking for the next.

    An alternative is a history of its own, so what is counted in each does not depend on which share its batch.

    Args:
        contacts: `Journeys.contacts` of the place.
        people: PEOPLE, one row per client record.
        persons: PERSONS.
        other: the alternatives.
        rules: the section `findings`.
        engine: where it runs.
    """
    told, folk, who = (_of_records(table, other.alternatives, engine) for table in (contacts, people, persons))
    copied = _Copied(told, folk, who, _spans(contacts, engine))
    for first, after in _bounds(copied.contacts, other.alternatives, engine):
        yield _journeys_of_copies(copied, other, first, after, rules, engine)


def _of_records(table: Handle, alternatives: Handle, engine: Engine) -> Handle:
    text = "SELECT * FROM rows WHERE row_id IN (SELECT row_id FROM alternatives)"
    return engine.sql(text, rows=table, alternatives=alternatives)


def _bounds(contacts: Handle, alternatives: Handle, engine: Engine) -> list[tuple[int, int]]:
    """Return the first alternative of each batch and the one after its last: neighbours, or one that is large alone."""
    text = """
    WITH told AS (SELECT row_id, COUNT(*) AS n FROM contacts GROUP BY row_id)
    SELECT v.alternative, SUM(1 + COALESCE(t.n, 0)) AS n
    FROM alternatives v LEFT JOIN told t ON t.row_id = v.row_id GROUP BY v.alternative ORDER BY v.alternative
    """
    rows = engine.fetch(engine.sql(text, contacts=contacts, alternatives=alternatives))
    numbers, sizes = rows["alternative"].to_pylist(), rows["n"].to_pylist()
    starts, total = [0], 0
    for number, size in zip(numbers, sizes, strict=True):
        if total and total + size > AT_ONCE:
            starts.append(number)
            total = 0
        total += size
    return list(zip(starts, [*starts[1:], numbers[-1] + 1 if numbers else 0], strict=True))


def _journeys_of_copies(
    copied: _Copied, other: Alternatives, first: int, after: int, rules: FindingsRules, engine: Engine
) -> Copies:
    part = f"SELECT * FROM rows WHERE alternative >= {first} AND alternative < {after}"
    held = {name: engine.sql(part, rows=getattr(other, name)) for name in ("alternatives", "households", "families")}
    other = replace(other, **held)
    rows = engine.fetch(other.alternatives)
    owners = sorted_codes(rows["row_id"])
    made_persons, persons_named = _persons(rows, owners[0], copied.persons, engine)
    told, contact_ids = _contacts(copied, other.alternatives, owners[1], engine)
    households, families = engine.fetch(other.households), engine.fetch(other.families)
    tables = (
        _people(copied.people, other.alternatives, owners[1], engine),
        made_persons,
        _membership(households, HOUSEHOLDS, ("household", "dwelling"), persons_named),
        _membership(families, FAMILIES, ("family",), persons_named),
    )
    own = {"person": persons_named, "family": sorted_codes(families["family_id"])[1]}
    own |= {kind: sorted_codes(households[f"{kind}_id"])[1] for kind in ("household", "dwelling")}
    linked = (engine.hold(tables[0]), engine.hold(tables[1]), engine.hold(tables[2]), engine.hold(tables[3]))
    made = build_journeys(engine.hold(told), *linked, rules, engine)
    return Copies(first, after, made, contact_ids, linked, own)


def sorted_codes(values: pa.ChunkedArray) -> tuple[Array, pa.Array]:
    """Return the place of each value among the sorted distinct ones, -1 = null, and these."""
    coded = values.cast(ID).combine_chunks().dictionary_encode()
    order = pc.sort_indices(coded.dictionary.cast(pa.binary())).to_numpy()
    rank = np.empty(order.size + 1, np.int64)
    rank[order] = np.arange(order.size)
    rank[-1] = -1
    return rank[pc.fill_null(coded.indices, -1).to_numpy()], coded.dictionary.take(pa.array(order))


def _codes(values: pa.ChunkedArray, known: pa.Array) -> Array:
    found = pc.index_in(values.cast(ID), value_set=known.cast(ID))
    return np.asarray(pc.fill_null(found, -1).to_numpy(), np.int64)


def _ids(alternative: Array, number: Array, kind: str) -> pa.Array:
    """Return ids; null where the number is -1."""
    ids = numbered_ids(alternative, np.maximum(number, 0) + KINDS[kind] * KIND)
    return pc.if_else(pa.array(number >= 0), ids, pa.scalar(None, ids.type))


def _persons(rows: pa.Table, owner: Array, persons: Handle, engine: Engine) -> tuple[pa.Table, pa.Array]:
    """Return PERSONS of the copies; how well a record is held is taken as linkage found it."""
    alternative = rows["alternative"].to_numpy()
    person, named = sorted_codes(rows["person_id"])
    known = engine.fetch(persons)
    at = pa.array(_codes(rows["row_id"], known["row_id"].combine_chunks()))
    columns = {
        "row_id": _ids(alternative, owner, "contact"),
        "person_id": _ids(alternative, person, "person"),
        "linked_exactly": known["linked_exactly"].take(at),
        "min_link_probability": known["min_link_probability"].take(at),
    }
    return PERSONS.check(pa.table(columns), DOOR), named


def _contacts(copied: _Copied, alternatives: Handle, owners: pa.Array, engine: Engine) -> tuple[pa.Table, pa.Array]:
    names = ", ".join(f'c."{name}"' for name in CONTACTS.names)
    text = f"""
    SELECT v.alternative, {names} FROM contacts c JOIN alternatives v ON v.row_id = c.row_id
    ORDER BY v.alternative, c.contact_id
    """
    rows = engine.fetch(engine.sql(text, contacts=copied.contacts, alternatives=alternatives))
    alternative = rows["alternative"].to_numpy()
    # A joint act stands beside single ones under one name, so both are numbered together.
    both = pa.chunked_array([*rows["contact_id"].cast(ID).chunks, *rows["joint_id"].cast(ID).chunks], ID)
    number, named = sorted_codes(both)
    columns = {name: rows[name] for name in CONTACTS.names}
    columns["contact_id"] = _ids(alternative, number[: rows.num_rows], "contact")
    columns["joint_id"] = _ids(alternative, number[rows.num_rows :], "contact")
    columns["row_id"] = _ids(alternative, _codes(rows["row_id"], owners), "contact")
    # A site that is itself the subject is another in each alternative.
    columns["site"] = pc.binary_join_element_wise(rows["site"], pa.array(alternative).cast(pa.string()), "\0")
    return pa.concat_tables([pa.table(columns).cast(CONTACTS.schema), copied.spans]), named


def _spans(contacts: Handle, engine: Engine) -> pa.Table:
    """Return each agency's first and last contact, and one of each price, as contacts of nobody.

    They say when an agency's data begins and ends, and which unit costs the place uses.
    """
    names = ", ".join(f'"{name}"' for name in CONTACTS.names)
    text = f"""
    SELECT {names} FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY agency ORDER BY start, contact_id) AS first,
             ROW_NUMBER() OVER (PARTITION BY agency ORDER BY start DESC, contact_id) AS last,
             ROW_NUMBER() OVER (PARTITION BY cost_key, outcome ORDER BY start, contact_id) AS priced
      FROM contacts WHERE COALESCE(class, '') <> 'milestone')
    WHERE first = 1 OR last = 1 OR (priced = 1 AND cost_key IS NOT NULL) ORDER BY agency, start, contact_id
    """
    rows = engine.fetch(engine.sql(text, contacts=contacts)).cast(CONTACTS.schema)
    columns = {name: rows[name] for name in CONTACTS.names}
    nobody = np.full(rows.num_rows, NOBODY)
    columns["contact_id"] = numbered_ids(nobody, np.arange(rows.num_rows))
    columns["row_id"] = columns["joint_id"] = pa.nulls(rows.num_rows, ID)
    columns["assessment"] = pa.array(np.zeros(rows.num_rows, bool))
    return pa.table(columns).cast(CONTACTS.schema)


def _people(people: Handle, alternatives: Handle, owners: pa.Array, engine: Engine) -> pa.Table:
    names = ", ".join(f"p.{name}" for name in PEOPLE.names)
    text = f"""
    SELECT v.alternative, {names} FROM people p JOIN alternatives v ON v.row_id = p.row_id
    ORDER BY v.alternative, p.row_id
    """
    rows = engine.fetch(engine.sql(text, people=people, alternatives=alternatives))
    columns = {name: rows[name] for name in PEOPLE.names}
    columns["row_id"] = _ids(rows["alternative"].to_numpy(), _codes(rows["row_id"], owners), "contact")
    return pa.table(columns).cast(PEOPLE.schema)


def _membership(rows: pa.Table, shape: Any, kinds: tuple[str, ...], persons: pa.Array) -> pa.Table:
    alternative = rows["alternative"].to_numpy()
    columns = {name: rows[name] for name in shape.names}
    columns["person_id"] = _ids(alternative, _codes(rows["person_id"], persons), "person")
    for kind in kinds:
        columns[f"{kind}_id"] = _ids(alternative, sorted_codes(rows[f"{kind}_id"])[0], kind)
    return shape.check(pa.table(columns), DOOR)
