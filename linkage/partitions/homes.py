"""Households and families of every alternative, formed in one pass by the same code as the place's own.

The records of each alternative are copied under ids of their own, so that no two alternatives meet: what
`form_households` makes of the copies is what it would make of each alternative alone. Dwellings that the guards emptied
stay empty, since a guard must see everybody at a dwelling and an alternative holds only some.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.linkage import LinkageRules
from totalplace.linkage.households.form import form_households, known_columns
from totalplace.linkage.households.stays import positions, sorted_codes
from totalplace.linkage.keyed_ids import keyed_ids, person_ids
from totalplace.linkage.partitions.alternatives import Alternatives
from totalplace.tables import (
    ALTERNATIVE_FAMILIES,
    ALTERNATIVE_HOUSEHOLDS,
    RELATIONS,
    RESIDENCES,
    Engine,
    Handle,
    numbered_ids,
    numbers_of,
)

Array = np.ndarray[Any, Any]
DOOR = "draw_partitions"


@dataclass(frozen=True)
class AlternativeHomes:
    """ALTERNATIVE_HOUSEHOLDS and ALTERNATIVE_FAMILIES."""

    households: pa.Table
    families: pa.Table


def form_alternative_homes(
    alternatives: Alternatives,
    ids: pa.Array,
    records: Handle,
    residences: Handle,
    relations: Handle,
    households: Handle,
    rules: LinkageRules,
    secret: bytes,
    engine: Engine,
) -> AlternativeHomes:
    """Return households and families of every alternative.

    Args:
        alternatives: from `make_alternatives`.
        ids: row_id of each record, sorted.
        records, residences, relations: as for `form_households`.
        households: HOUSEHOLDS of the place: only dwellings in it are used.
        rules: `[linkage]`.
        secret: the linkage unit's secret.
        engine: where the tables are.
    """
    persons = pa.table(
        {
            "row_id": numbered_ids(alternatives.alternative, alternatives.record),
            "person_id": numbered_ids(alternatives.alternative, alternatives.label),
            "linked_exactly": pa.array(np.zeros(alternatives.record.size, bool)),
            "min_link_probability": pa.array(np.ones(alternatives.record.size)),
        }
    )
    lived = _homes_only(RESIDENCES.check(engine.fetch(residences), DOOR), ids, alternatives, households, secret, engine)
    copies = _Copies(alternatives, len(ids))
    made = form_households(
        engine.hold(_records(known_columns(records, engine), ids, copies)),
        engine.hold(_residences(lived, ids, copies)),
        engine.hold(_relations(RELATIONS.check(engine.fetch(relations), DOOR), ids, copies)),
        engine.hold(persons),
        rules,
        secret,
        engine,
        told=False,
    )
    named, code = person_ids(alternatives.label, ids, secret)
    of_label = np.full(len(ids), -1, np.int64)
    of_label[alternatives.label] = code
    tables = [
        _back(engine.fetch(table), named, of_label, shape)
        for table, shape in ((made.households, ALTERNATIVE_HOUSEHOLDS), (made.families, ALTERNATIVE_FAMILIES))
    ]
    return AlternativeHomes(*tables)


class _Copies:
    """Where the copies of each record stand: rows of `Alternatives`, record by record."""

    def __init__(self, alternatives: Alternatives, records: int) -> None:
        self._alternative = alternatives.alternative
        self._order = np.argsort(alternatives.record, kind="stable")
        self._start = np.searchsorted(alternatives.record[self._order], np.arange(records + 1))

    def of(self, record: Array) -> tuple[Array, Array]:
        """Return (row of the input, alternative) for every copy of each record; -1 has none."""
        known = record >= 0
        at = np.where(known, record, 0)
        counts = np.where(known, self._start[at + 1] - self._start[at], 0)
        row = np.repeat(np.arange(record.size), counts)
        step = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
        return row, self._alternative[self._order[np.repeat(self._start[at], counts) + step]]


def _records(table: pa.Table, ids: pa.Array, copies: _Copies) -> pa.Table:
    """Return the copies' records; an agency is another in each alternative, so that its family groups are too."""
    number = positions(table["row_id"], pa.chunked_array([ids]))
    agency, _ = sorted_codes(table["agency"])
    row, alternative = copies.of(number)
    copied = table.take(pa.array(row))
    columns = {name: copied[name] for name in table.column_names}
    columns["row_id"] = numbered_ids(alternative, number[row])
    columns["agency"] = numbered_ids(alternative, agency[row])
    return _with_latest(pa.table(columns), table)


def _with_latest(copied: pa.Table, table: pa.Table) -> pa.Table:
    """Add a record of nobody with the last year or day that any agency tells of: open stays last until then."""
    latest: dict[str, Any] = dict.fromkeys(copied.column_names)
    latest["row_id"] = latest["agency"] = b"\x7f" + b"\xff" * 15
    for name in ("record_year", "record_date"):
        if name in table.column_names:
            latest[name] = pc.max(table[name]).as_py()
    return pa.concat_tables([copied, pa.Table.from_pylist([latest], schema=copied.schema)])


def _homes_only(
    lived: pa.Table, ids: pa.Array, alternatives: Alternatives, households: Handle, secret: bytes, engine: Engine
) -> pa.Table:
    """Return residences of the alternatives' records at dwellings that make a household in the place."""
    used = np.zeros(len(ids) + 1, bool)
    used[alternatives.record] = True
    lived = lived.filter(pa.array(used[positions(lived["row_id"], pa.chunked_array([ids]))]))
    code, dwellings = sorted_codes(lived["t_dwelling"])
    named = pa.array(keyed_ids(secret, "dwelling", dwellings.to_pylist()), pa.binary(16))
    homes = engine.fetch(households, ["dwelling_id"])["dwelling_id"].combine_chunks()
    kept = pc.is_in(named, value_set=homes).to_numpy(zero_copy_only=False)
    return lived.filter(pa.array(np.append(kept, False)[code]))


def _residences(lived: pa.Table, ids: pa.Array, copies: _Copies) -> pa.Table:
    number = positions(lived["row_id"], pa.chunked_array([ids]))
    dwelling, _ = sorted_codes(lived["t_dwelling"])
    row, alternative = copies.of(number)
    columns = {name: lived[name].take(pa.array(row)) for name in lived.column_names}
    columns["row_id"] = numbered_ids(alternative, number[row])
    columns["t_dwelling"] = numbered_ids(alternative, dwelling[row])
    return pa.table(columns)


def _relations(ties: pa.Table, ids: pa.Array, copies: _Copies) -> pa.Table:
    """Return the ties whose two records both stand in an alternative, in each alternative where they do."""
    a, b = (positions(ties[name], pa.chunked_array([ids])) for name in ("row_id_a", "row_id_b"))
    row, alternative = copies.of(a)
    other, there = copies.of(b)
    width = int(max(alternative.max(initial=0), there.max(initial=0))) + 1
    both = np.isin(row * width + alternative, other * width + there)
    row, alternative = row[both], alternative[both]
    return pa.table(
        {
            "row_id_a": numbered_ids(alternative, a[row]),
            "row_id_b": numbered_ids(alternative, b[row]),
            "relation": ties["relation"].take(pa.array(row)),
        }
    )


def _back(table: pa.Table, named: pa.Array, of_label: Array, shape: Any) -> pa.Table:
    """Return a table of copies with its alternative and the persons' own ids."""
    alternative, label = numbers_of(table["person_id"])
    columns = {name: table[name] for name in table.column_names}
    columns["person_id"] = named.take(pa.array(of_label[label]))
    made = shape.check(pa.table({"alternative": pa.array(alternative), **columns}), DOOR)
    return made.sort_by([(name, "ascending") for name in shape.order])
