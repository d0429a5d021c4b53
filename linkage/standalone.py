"""Any tables as records: one table in an order of its own, and the way back to the tables' own ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.arrow_columns import memory_of, numbers, text_scalar, texts
from totalplace.config.column_names import columns_there
from totalplace.errors import InputError
from totalplace.tables import AGENCY, ROW_ID

BETWEEN = text_scalar("-__-")  # what Splink puts between a source and an id


@dataclass
class StandaloneRecords:
    """Records for `match_records`, and what leads back.

    Args:
        table: agency (the source) and every column of the tables, in the records' own order; null where a table
            lacks a column.
        order: int64[records], the row of the tables (one under another, by name) of each record.
        ids: the tables' own ids as text, row by row.
        sources: names of the tables.
        source: int32[rows], number of each row's table.
        by_id: whether the records stand in order of their ids, so that the first of a pair is the left one.
    """

    table: pa.Table
    order: np.ndarray
    ids: pa.StringArray
    sources: tuple[str, ...]
    source: np.ndarray
    by_id: bool = False

    def hand_over(self) -> pa.Table:
        """Return the table and let go of it: once encoded it is not needed, and it takes as much again."""
        table, self.table = self.table, pa.Table.from_batches([], self.table.schema)
        return table

    def source_of(self, rows: np.ndarray) -> pa.DictionaryArray:
        """Return the names of the tables that hold some rows, each name held once."""
        return _named(self.sources, self.source[rows])


def records_from_tables(frames: Mapping[str, pa.Table], id_column: str, *, by_id: bool = False) -> StandaloneRecords:
    """Put tables under one another as records.

    Args:
        frames: name of the source to its table.
        id_column: column with the table's own id, unique within a table.
        by_id: put the records in order of their ids, as Splink tells left from right: of one table as they are (numbers
            as numbers), of several as the text `source-__-id`.

    Raises:
        InputError: a table lacks the id column, or an id is missing or there twice.
    """
    names = tuple(sorted(frames))
    ids = {name: _ids(name, frames[name], id_column) for name in names}
    sizes = [len(ids[name]) for name in names]
    source = np.repeat(np.arange(len(names), dtype=np.int32), sizes)
    order = (_in_order_of_ids if by_id else _in_order_of_contents)(frames, ids, id_column)
    parts = [_rest(frames[name], id_column) for name in names]
    kinds = _common_types(parts)
    whole = {
        name: pa.chunked_array([c for p in parts for c in _as(p, name, kind)], kind) for name, kind in kinds.items()
    }
    rows = numbers(order)
    columns = {name: column.combine_chunks().take(rows) for name, column in whole.items()}
    table = pa.table({AGENCY: _named(names, source[order]), **columns})
    return StandaloneRecords(table, order, pa.concat_arrays(list(ids.values())), names, source, by_id)


def _named(sources: Sequence[str], source: np.ndarray) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(numbers(source), texts(sources))


def _in_order_of_ids(frames: Mapping[str, pa.Table], ids: Mapping[str, pa.StringArray], id_column: str) -> np.ndarray:
    """Return the rows of the tables, one under another, in order of their ids.

    Raises:
        InputError: TP464, an id is there twice.
    """
    named = _left_to_right(frames, ids, id_column)
    order = pc.sort_indices(named)
    ordered = named.take(order)
    if pc.any(pc.equal(ordered[1:], ordered[:-1])).as_py():
        raise _bad_ids(next((name for name, own in ids.items() if len(own.unique()) < len(own)), min(ids)), id_column)
    return memory_of(order).astype(np.int64)


def _left_to_right(frames: Mapping[str, pa.Table], ids: Mapping[str, pa.StringArray], id_column: str) -> pa.Array:
    """Return what the records are put in order by, row by row of the tables."""
    if len(frames) == 1:
        own = next(iter(frames.values()))[id_column].combine_chunks()
        return own.cast(own.type.value_type) if pa.types.is_dictionary(own.type) else own
    named = [pc.binary_join_element_wise(text_scalar(name), own, BETWEEN) for name, own in ids.items()]
    return pa.concat_arrays(named)


def split_by_source(frames: Mapping[str, pa.Table], column: str) -> dict[str, pa.Table]:
    """Return a table per source where one table names them in a column; as they were where it does not.

    Raises:
        InputError: TP464, a record names no source.
    """
    if len(frames) != 1 or column not in next(iter(frames.values())).column_names:
        return dict(frames)
    ((name, table),) = frames.items()
    own = table[column].cast(pa.string()).combine_chunks()
    if own.null_count:
        what = "is empty in a record"
        raise InputError("TP464", f"{name}, column '{column}'", what, "Name the source of every record.")
    return {one: table.filter(pc.equal(own, text_scalar(one))) for one in sorted(own.unique().to_pylist())}


def _ids(name: str, table: pa.Table, id_column: str) -> pa.StringArray:
    if id_column not in table.column_names:
        raise InputError(
            "TP463",
            f"{name}, column '{id_column}'",
            "is not there",
            columns_there(table.column_names, id_column),
        )
    try:
        ids = table[id_column].cast(pa.string()).combine_chunks()
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid):
        raise _bad_ids(name, id_column) from None
    if ids.null_count:
        raise _bad_ids(name, id_column)
    return ids


def _in_order_of_contents(
    frames: Mapping[str, pa.Table], ids: Mapping[str, pa.StringArray], id_column: str
) -> np.ndarray:
    """Return the rows of the tables, one under another, in the records' own order.

    Raises:
        InputError: TP464, an id is there twice.
    """
    # A compiled loop makes the hashes; where ids alone give the order, its compiler is loaded while tables are read.
    from totalplace.linkage.order import content_hashes, has_doubles, order_of, sources_by_content

    for name, own in ids.items():
        if has_doubles(own):
            raise _bad_ids(name, id_column)
    hashes = {
        n: content_hashes((c.combine_chunks() for c in _rest(t, id_column).columns), t.num_rows)
        for n, t in frames.items()
    }
    place = {name: k for k, name in enumerate(sources_by_content(hashes))}
    source = np.repeat(np.array([place[n] for n in ids], np.int32), [len(own) for own in ids.values()])
    return order_of(np.concatenate([hashes[n] for n in ids]), pa.concat_arrays(list(ids.values())), source)


def _bad_ids(name: str, id_column: str) -> InputError:
    what = "has an id missing, there twice, or of a kind that names nothing"
    return InputError("TP464", f"{name}, column '{id_column}'", what, "Name another column with --id.")


def _rest(table: pa.Table, id_column: str) -> pa.Table:
    return table.drop_columns([c for c in (id_column, ROW_ID, AGENCY) if c in table.column_names])


def _common_types(parts: list[pa.Table]) -> dict[str, pa.DataType]:
    """Return every column of the tables and one type for each: text where they differ."""
    kinds: dict[str, pa.DataType] = {}
    for part in parts:
        for field in part.schema:
            wide = pa.types.is_large_string(field.type) or pa.types.is_null(field.type)
            kind = pa.string() if wide else field.type
            kinds[field.name] = kind if kinds.get(field.name, kind) == kind else pa.string()
    return kinds


def _as(table: pa.Table, name: str, kind: pa.DataType) -> list[pa.Array]:
    if name not in table.column_names:
        return [pa.nulls(table.num_rows, kind)]
    return list(table[name].cast(kind).chunks)
