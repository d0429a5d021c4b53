"""Rows in order of their keys without a query: all keys of a row, and its place, as one word that is sorted alone.

Sorting one word a row is the fastest sort there is, and only the places move until whole pieces of rows are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

WORD_BITS = 63
ID_BYTES = 16


@dataclass(frozen=True)
class RowOrder:
    """Rows sorted by keys; rows of equal keys stand as they stood.

    Args:
        first_key: int64, a rising number per value of the first key, for each row in order.
        rows: int64, the place of each in the table; None = the table is in order.
    """

    first_key: np.ndarray
    rows: np.ndarray | None


@dataclass(frozen=True)
class _Words:
    """Keys of rows packed into one word each: the last key in its lowest bits."""

    word: np.ndarray
    bits: list[int]

    def first_key(self, word: np.ndarray, below: int = 0) -> np.ndarray:
        """Return the first key of packed words that have `below` more bits than these."""
        return word >> (sum(self.bits[1:]) + below)


def row_order(table: pa.Table, keys: Sequence[str]) -> RowOrder | None:
    """Return the order of the rows by the keys; None where these are not all whole numbers, days or ids, or too wide.

    Args:
        table: at least one row.
        keys: columns, the first counts most.
    """
    if any(table[name].num_chunks > 1 or table[name].null_count for name in keys):
        return None
    columns = [table[name].chunk(0) for name in keys]
    # Ids that come last only settle ties, and often rise already: then they need not be ranked.
    ids = _halves(columns.pop()) if len(columns) > 1 and _are_ids(columns[-1].type) else None
    packed = _packed([_numbers(column) for column in columns])
    if packed is None or (ids is None and len(columns) < len(keys)):
        return None
    rises = np.True_ if ids is None else _rises(*ids)
    word = packed.word
    if ((word[1:] > word[:-1]) | ((word[1:] == word[:-1]) & rises)).all():
        return RowOrder(packed.first_key(word), None)
    if ids is None or rises.all():
        return _sorted(packed, None)
    return _sorted(packed, _in_order(*ids))


def _packed(columns: Sequence[np.ndarray | None]) -> _Words | None:
    """Return one word a row; None where a column has no numbers or the word would be too wide."""
    word: np.ndarray = np.zeros(0, np.int64)
    bits: list[int] = []
    for column in columns:
        if column is None:
            return None
        least = int(column.min())
        bits.append((int(column.max()) - least).bit_length())
        if sum(bits) > WORD_BITS:
            return None
        word = word << bits[-1] if len(word) else np.zeros(len(column), np.int64)
        word += column
        word -= least
    return _Words(word, bits)


def _sorted(packed: _Words, rows: np.ndarray | None) -> RowOrder | None:
    """Return the order by the words, and where these are equal by the rows' places in `rows`; None = as they stand."""
    n = len(packed.word)
    place_bits = n.bit_length()
    if sum(packed.bits) + place_bits > WORD_BITS:
        return None
    place = np.arange(n)
    if rows is not None:
        place[rows] = np.arange(n)
    word = (packed.word << place_bits) | place
    word.sort()
    place = word & ((1 << place_bits) - 1)
    return RowOrder(packed.first_key(word, place_bits), place if rows is None else rows[place])


def _numbers(column: pa.Array) -> np.ndarray | None:
    """Return whole numbers that are in order as the column's values are; None where it has none."""
    if pa.types.is_boolean(column.type) or (pa.types.is_integer(column.type) and column.type != pa.uint64()):
        return np.asarray(column.to_numpy(zero_copy_only=False))
    if pa.types.is_date32(column.type):
        return np.asarray(column.view(pa.int32()).to_numpy())
    halves = _halves(column) if _are_ids(column.type) else None
    return _ranks(*halves) if halves is not None else None


def _in_order(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Return the places of ids in their order; equal ones as they stand."""
    order = np.argsort(high)
    same = high[order][1:] == high[order][:-1]
    # Equal first halves are nearly always equal ids, which must keep their order.
    return np.lexsort((low, high)) if same.any() else order


def _ranks(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Return the place of each id among the distinct ones."""
    order = np.argsort(high)
    other = _changes(high[order], low[order])
    if (high[order][1:] == high[order][:-1])[other].any():
        order = np.lexsort((low, high))
        other = _changes(high[order], low[order])
    ranks = np.zeros(len(high), np.int64)
    ranks[order[1:]] = np.cumsum(other)
    return ranks


def _changes(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    changes: np.ndarray = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return changes


def _are_ids(kind: pa.DataType) -> bool:
    return pa.types.is_binary(kind) or kind == pa.binary(ID_BYTES)


def _halves(ids: pa.Array) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the two halves of ids as numbers in the order of the bytes; None where they are not of 16 bytes."""
    begin = ID_BYTES * ids.offset
    if pa.types.is_binary(ids.type):
        starts = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1]
        if (np.diff(starts) != ID_BYTES).any():
            return None
        begin = int(starts[0])
    halves = np.frombuffer(ids.buffers()[-1], ">u8", 2 * len(ids), begin).reshape(-1, 2).astype(np.uint64)
    return halves[:, 0], halves[:, 1]


def _rises(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Return for each row but the first whether its id is not before the one above."""
    rises: np.ndarray = (high[1:] > high[:-1]) | ((high[1:] == high[:-1]) & (low[1:] >= low[:-1]))
    return rises


def piece_bounds(first_key: np.ndarray, pieces: int) -> list[int]:
    """Return row numbers that cut rows in order into about so many pieces, never within one value of the first key."""
    n = len(first_key)
    starts = np.flatnonzero(first_key[1:] != first_key[:-1]) + 1
    at = np.searchsorted(starts, np.linspace(0, n, pieces + 1)[1:-1])
    cuts = starts[at[at < len(starts)]]
    return [0, *sorted(set(cuts.tolist())), n]
