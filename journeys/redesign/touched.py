"""Whom a redesign touches: only they are measured again, several histories in one pass, under ids of their own (W1).

A number of a person, household, family, dwelling or site follows from the contacts of that one alone. So a history is
measured on all contacts of those who have another contact in it than before; everybody else keeps the number they had.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.journeys.contacts import PLAIN_ID
from totalplace.journeys.id_index import ABSENT, IdIndex, index_of
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.redesign.edits import EDITED
from totalplace.journeys.sequence import digest
from totalplace.journeys.uncertainty.copies import sorted_codes
from totalplace.tables import ID, Engine, Handle, numbered_ids

Array = np.ndarray[Any, Any]
# Whoever a number can be counted for; where no dwelling is known, a site may itself be the subject of an assessment.
KINDS = ("person_id", "household_id", "family_id", "dwelling_id")


@dataclass(frozen=True)
class Touched:
    """A history and whom it touches.

    Args:
        contacts: all contacts of the touched.
        own: int64, the place of each among the contacts as they were.
        who: bool, one per entry of `Everybody.ids`: this one is touched.
        was: int64, places of the contacts that the touched had before.
    """

    contacts: pa.Table
    own: Array
    who: Array
    was: Array


class Everybody:
    """The history as it was: no operation makes a contact or a person, so its ids number those of every other.

    Args:
        journeys: from `build_journeys`.
        known: tables with whom a contact may belong to: persons, households and families.
        engine: where it runs.
    """

    def __init__(self, journeys: Journeys, known: Sequence[Handle], engine: Engine) -> None:
        self.contacts, self.people = engine.fetch(journeys.contacts), engine.fetch(journeys.people)
        self.at: IdIndex = index_of(self.contacts["contact_id"])
        told = [engine.fetch(table)[name] for table in known for name in KINDS if name in table.columns]
        sites = [pa.chunked_array([self._sites])] if len(self._sites) else []
        every = [*told, *(self.contacts[name] for name in KINDS), *sites]
        whole = pa.chunked_array([chunk for column in every for chunk in column.cast(ID).chunks], ID)
        self.ids = sorted_codes(whole.filter(whole.is_valid()))[1]
        self.index: IdIndex = index_of(self.ids)
        # A joint act stands beside single ones under one name, so both are numbered together.
        names = pa.chunked_array([c for n in ("contact_id", "joint_id") for c in self.contacts[n].cast(ID).chunks], ID)
        number, _ = sorted_codes(names)
        self.number, self.joint = number[: self.contacts.num_rows], number[self.contacts.num_rows :]
        self.who = self.places(self.contacts)

    @cached_property
    def _site_words(self) -> pa.Array:
        asked = self.contacts.filter(pc.and_(self.contacts["assessment"], self.contacts["dwelling_id"].is_null()))
        return asked["site"].drop_null().unique()

    @cached_property
    def _sites(self) -> pa.Array:
        return pa.array([digest(b"site", site.encode()) for site in self._site_words.to_pylist()], ID)

    def places(self, contacts: pa.Table) -> Array:
        """Return int32[kinds, contacts]: the place in `ids` of whom each contact belongs to, -1 = nobody."""
        found = np.stack([self.index.find(contacts[name]) for name in KINDS])
        asked = np.asarray(pc.and_(contacts["assessment"], contacts["dwelling_id"].is_null()))
        site = pc.fill_null(pc.index_in(contacts["site"], self._site_words), ABSENT)
        units = np.append(self.index.find(self._sites), ABSENT)
        found[-1] = np.where(asked, units[np.asarray(site)], found[-1])
        return found

    def whole(self, contacts: pa.Table) -> Touched:
        """Return a history with everybody in it, whom it touches or not."""
        own = self.at.find(contacts["contact_id"]).astype(np.int64)
        return Touched(contacts, own, np.ones(len(self.ids), bool), np.arange(self.contacts.num_rows))

    def touched(self, contacts: pa.Table) -> Touched:
        """Return whom a history touches.

        Args:
            contacts: `Journeys.contacts` of the history, in order of contact_id.
        """
        own = self.at.find(contacts["contact_id"]).astype(np.int64)
        who = self.places(contacts)
        other = (who != self.who[:, own]).any(axis=0)
        before = self.contacts.select(EDITED).take(pa.array(own))
        for name in EDITED:
            other |= _differ(before[name], contacts[name])
        gone = np.ones(self.contacts.num_rows, bool)
        gone[own[~other]] = False
        # One more place than there are ids: nobody's, where -1 points.
        flags = np.zeros(len(self.ids) + 1, bool)
        flags[self.who[:, gone]] = True
        flags[who[:, other]] = True
        flags[ABSENT] = False
        theirs = flags[who].any(axis=0)
        rows, was = contacts.filter(pa.array(theirs)), np.flatnonzero(flags[self.who].any(axis=0))
        return Touched(rows, own[theirs], flags[:-1], was)


def _differ(before: pa.ChunkedArray, after: pa.ChunkedArray) -> Array:
    unlike = pc.fill_null(pc.not_equal(before, after), False)
    return np.asarray(pc.or_(unlike, pc.xor(before.is_null(), after.is_null())))


def stacked(parts: Sequence[Touched], every: Everybody) -> tuple[pa.Table, pa.Table]:
    """Return the contacts and the people of several histories as one, each under the number of its history."""
    contacts = pa.concat_tables([_numbered_contacts(k, part, every) for k, part in enumerate(parts)])
    people = pa.concat_tables([_numbered_people(k, part, every) for k, part in enumerate(parts)])
    number = people.schema.get_field_index("person_no")
    return contacts, people.set_column(number, "person_no", pa.array(np.arange(people.num_rows), pa.int32()))


def _numbered_contacts(history: int, part: Touched, every: Everybody) -> pa.Table:
    columns = {name: part.contacts[name] for name in part.contacts.column_names}
    columns["contact_id"] = numbered(history, every.number[part.own])
    columns["joint_id"] = numbered(history, every.joint[part.own])
    columns |= dict(zip(KINDS, (numbered(history, who) for who in every.places(part.contacts)), strict=True))
    return pa.table(columns)


def _numbered_people(history: int, part: Touched, every: Everybody) -> pa.Table:
    who = every.index.find(every.people["person_id"])
    chosen = part.who[who]
    people, at = every.people.filter(pa.array(chosen)), every.people.schema.get_field_index("person_id")
    return people.set_column(at, "person_id", numbered(history, who[chosen]))


def numbered(history: int, number: Array) -> pa.Array:
    """Return ids that sort by history and then by number; null where the number is -1."""
    ids = numbered_ids(np.full(len(number), history), np.maximum(number, 0)).cast(PLAIN_ID)
    return pc.if_else(pa.array(number >= 0), ids, pa.scalar(None, PLAIN_ID))


def batches(sizes: Sequence[int], most: int) -> Iterator[slice]:
    """Yield neighbours that together are no larger than `most`; one that is larger alone."""
    begin, total = 0, 0
    for at, size in enumerate(sizes):
        if at > begin and total + size > most:
            yield slice(begin, at)
            begin, total = at, 0
        total += size
    if begin < len(sizes):
        yield slice(begin, len(sizes))
