"""Contacts meet persons, households, families and home areas: the widest table of the room, made once.

Who a contact's person is, and where that person belonged on the day, are looked up as places in lists, piece by piece
of contacts in order of their ids: no wide row ever travels through a join.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.compiled import kernel
from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.journeys.calendar import as_days
from totalplace.journeys.id_index import ABSENT, IdIndex, index_of
from totalplace.journeys.membership import family_timeline, household_timeline
from totalplace.tables import CONTACTS, TEXT, Engine, Handle, Kernel

# Columns that the place's own file may have left open, and that the default vocabulary may fill.
_MEANINGS = ("class", "purpose", "theme", "cost_key")
_OWN = [name for name in CONTACTS.names if name not in (*_MEANINGS, "assessment")]
UNKNOWN = "unknown"
# Ids leave a query as plain bytes: every table of the room holds them so.
PLAIN_ID = pa.binary()


def quoted(words: list[str]) -> str:
    """Return words as a list of SQL texts; one impossible word where there are none."""
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words or ["\x00"])


@dataclass(frozen=True)
class _Spans:
    """What persons belong to, from day to day: the spans of one person stand together.

    Args:
        first: int64[people + 1], place of the first span of each person.
        since, until: int32[spans], days; `until` is the day after the last.
        columns: what the person then belongs to, one value per span.
    """

    first: np.ndarray
    since: np.ndarray
    until: np.ndarray
    columns: dict[str, pa.Array]

    def on(self, person: np.ndarray, day: np.ndarray) -> dict[str, pa.Array]:
        """Return the columns for persons on days; null where nothing is known."""
        found = np.empty(len(person), np.int32)
        _span_on(person, day, self.first, self.since, self.until, found)
        return {name: _at(values, found) for name, values in self.columns.items()}


@kernel
def _span_on(person, day, first, since, until, found):  # type: ignore[no-untyped-def]
    for i in range(len(person)):
        found[i] = -1
        if person[i] < 0:
            continue
        for k in range(first[person[i]], first[person[i] + 1]):
            if since[k] <= day[i] < until[k]:
                found[i] = k
                break


@dataclass(frozen=True)
class Belongings:
    """What is looked up for each contact.

    Args:
        records: the client records.
        person: int32[records], place of each one's person among `people`.
        probability: of each record.
        people: person_id of each person.
        area: home area of each person, coded; the last is nobody's.
        households, families: by person.
    """

    records: IdIndex
    person: np.ndarray
    probability: pa.Array
    people: pa.Array
    area: pa.DictionaryArray
    households: _Spans
    families: _Spans


def attach(contacts: Handle, known: Belongings, rules: FindingsRules, engine: Engine) -> Handle:
    """Return CONTACTS with person_id, household_id, dwelling_id, family_id, area_home, quarter and more.

    Args:
        contacts: CONTACTS, contact_id unique.
        known: to whom they may belong, from `belongings`.
        rules: the section `findings`.
        engine: where it runs.

    Returns:
        One row per contact, in order of contact_id; further columns min_link_probability (of the client record) and
        intervention (the act took place and is one). person_id is null where the contact names no known client.
    """
    return engine.map_partitions(_attach_kernel(known, rules), contacts, "contact_id", ())


def belongings(persons: Handle, people: Handle, households: Handle, families: Handle, engine: Engine) -> Belongings:
    """Return what is looked up for each contact, the same for every history of a place.

    Args:
        persons: PERSONS.
        people: one row per person, from `fold_people`.
        households: HOUSEHOLDS: membership is taken on the day of the contact.
        families: FAMILIES.
        engine: where it runs.
    """
    who = engine.fetch(people, ["person_id", "area"])
    records = engine.fetch(persons, ["row_id", "person_id", "min_link_probability"])
    at = index_of(who["person_id"])
    area = pa.concat_arrays([*pc.fill_null(who["area"], UNKNOWN).chunks, pa.array([UNKNOWN], TEXT)])
    return Belongings(
        index_of(records["row_id"]),
        at.find(records["person_id"]),
        records["min_link_probability"].combine_chunks(),
        who["person_id"].combine_chunks(),
        area.dictionary_encode(),
        _spans(household_timeline(households, engine), at, who.num_rows, engine),
        _spans(family_timeline(families, engine), at, who.num_rows, engine),
    )


def _spans(timeline: Handle, people: IdIndex, count: int, engine: Engine) -> _Spans:
    rows = engine.fetch(timeline)
    person, since = people.find(rows["person_id"]), as_days(rows["since"], 0)
    order = np.lexsort((since, person))
    order = order[person[order] != ABSENT]
    first = np.searchsorted(person[order], np.arange(count + 1))
    named = {name: rows[name].combine_chunks() for name in rows.column_names}
    told = {name: named[name].take(pa.array(order)) for name in named if name not in ("person_id", "since", "until")}
    return _Spans(first, since[order], as_days(rows["until"], 0)[order], told)


def _at(values: pa.Array, places: np.ndarray) -> pa.Array:
    """Return the values at places; null where the place is `ABSENT`."""
    return values.take(pa.array(places, mask=places < 0))


def _attach_kernel(known: Belongings, rules: FindingsRules) -> Kernel:
    words = _vocabulary() if rules.accept_default_vocabulary else None

    def kernel_(rows: pa.Table) -> pa.Table:
        record = known.records.find(rows["row_id"])
        person = np.where(record >= 0, known.person[record], np.int32(ABSENT)) if len(known.person) else record
        day = as_days(rows["start"], 0)
        meanings = {name: rows[name] for name in (*_MEANINGS, "assessment")}
        meanings = _filled(meanings, rows["type"], words) if words is not None else meanings
        columns = {
            **{name: rows[name] for name in _OWN},
            **meanings,
            "person_id": _at(known.people, person),
            **known.households.on(person, day),
            **known.families.on(person, day),
            "area_home": known.area.take(pa.array(np.where(person < 0, len(known.area) - 1, person))),
            "quarter": _quarters(day),
            "min_link_probability": pc.fill_null(_at(known.probability, record), 1.0),
            "intervention": pa.array(
                _are(meanings["class"], ["intervention"]) & ~_are(rows["outcome"], rules.contact.missed_outcomes)
            ),
        }
        return pa.table({name: _plain_id(values) for name, values in columns.items()})

    return kernel_


def _plain_id(values: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    return values.cast(PLAIN_ID) if pa.types.is_fixed_size_binary(values.type) else values


def _quarters(day: np.ndarray) -> pa.DictionaryArray:
    """Return texts such as 2009-Q4, coded."""
    if not len(day):
        return pa.array([], TEXT).dictionary_encode()
    least = int(day.min())
    days = np.arange(least, int(day.max()) + 1).astype("datetime64[D]")
    number = days.astype("datetime64[M]").astype(np.int64) // 3
    words = [f"{1970 + n // 4}-Q{n % 4 + 1}" for n in range(int(number[0]), int(number[-1]) + 1)]
    codes = (number - number[0]).astype(np.int32)[day - least]
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words, TEXT))


def _are(column: pa.ChunkedArray, words: Sequence[str]) -> np.ndarray:
    """Tell which texts of a coded or plain column are one of the words; null is none of them."""
    whole = column.combine_chunks()
    coded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    flags = np.array([*(text in words for text in coded.dictionary.to_pylist()), False])
    return np.asarray(flags[pc.fill_null(coded.indices, len(flags) - 1).to_numpy(zero_copy_only=False)])


def _filled(
    meanings: dict[str, pa.ChunkedArray], types: pa.ChunkedArray, words: pa.Table
) -> dict[str, pa.ChunkedArray]:
    """Return the meanings of contacts, those without a class filled from the vocabulary by the word for their type."""
    unmapped = pc.is_null(meanings["class"])
    place = pc.if_else(unmapped, pc.index_in(pc.utf8_lower(types.cast(TEXT)), words["word"].combine_chunks()), None)
    found = {name: words[name].take(place) for name in meanings}
    filled = {name: pc.coalesce(meanings[name].cast(TEXT), found[name]) for name in _MEANINGS}
    return filled | {"assessment": pc.or_(meanings["assessment"], pc.fill_null(found["assessment"], False))}


def _vocabulary() -> pa.Table:
    """Return the shipped vocabulary: one row per word for a type, lower case."""
    entries = shipped("vocabulary")["types"]
    rows = [
        {"word": word, "assessment": bool(entry.get("assessment")), **{n: entry.get(n) for n in _MEANINGS}}
        for word, entry in sorted(entries.items())
    ]
    texts = [pa.field(name, pa.string()) for name in ("word", *_MEANINGS)]
    return pa.Table.from_pylist(rows, schema=pa.schema([*texts, pa.field("assessment", pa.bool_())]))


def without_repeats(contacts: Handle, engine: Engine) -> tuple[Handle, int]:
    """Return the contacts with each contact_id once, and how many rows that dropped."""
    distinct = engine.sql("SELECT COUNT(DISTINCT contact_id) AS n FROM contacts", contacts=contacts)
    dropped = contacts.rows - int(engine.fetch(distinct)["n"][0].as_py())
    if not dropped:
        return contacts, 0
    names = ", ".join(f'"{name}"' for name in CONTACTS.names)
    text = f"""
    SELECT {names} FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY contact_id ORDER BY agency, start, type, source_row) AS place
      FROM contacts) WHERE place = 1
    """
    return engine.sql(text, contacts=contacts), dropped
