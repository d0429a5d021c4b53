"""Stays: who lived at which dwelling from when to when, as all agencies together tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.linkage.households import kernels
from totalplace.linkage.households.kernels import OPEN

Array = np.ndarray[Any, Any]
UNKNOWN = np.int32(-(2**31))
WORD = 8


@dataclass(frozen=True)
class Stays:
    """Stays of persons at dwellings: no two of one person at one dwelling overlap or touch.

    Args:
        person, dwelling: int32[stays], positions in the sorted ids.
        start: int32[stays], days since 1970-01-01, first day.
        end: int32[stays], day after the last; `OPEN` if none is known.
    """

    person: Array
    dwelling: Array
    start: Array
    end: Array

    def where(self, chosen: Array) -> Stays:
        """Return some of the stays."""
        return Stays(self.person[chosen], self.dwelling[chosen], self.start[chosen], self.end[chosen])

    @property
    def rows(self) -> int:
        """Return the number of stays."""
        return int(self.person.size)


def sorted_codes(values: pa.ChunkedArray) -> tuple[Array, pa.Array]:
    """Return int32 codes numbered by sorted distinct value (-1 = null), and the distinct values in that order."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    encoded = pc.dictionary_encode(_spread(whole))
    distinct = whole.take(pa.array(_first_rows(encoded.indices, len(encoded.dictionary))))
    order = pc.sort_indices(distinct).to_numpy()
    rank = np.empty(order.size + 1, np.int32)
    rank[order] = np.arange(order.size, dtype=np.int32)
    rank[-1] = -1
    places = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return rank[places], distinct.take(pa.array(order))


def _first_rows(codes: pa.Array, size: int) -> Array:
    """Return for each code the first row that has it; null rows have none."""
    rows = np.flatnonzero(pc.is_valid(codes).to_numpy(zero_copy_only=False))[::-1]
    first = np.zeros(size, np.int64)
    first[pc.fill_null(codes, 0).to_numpy()[rows]] = rows
    return first


def distinct(values: Array) -> Array:
    """Return the sorted distinct values; quicker than `numpy.unique`, which hashes them first."""
    ordered = np.sort(values)
    new = np.ones(ordered.size, bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new]


def row_starts(codes: Array, groups: int) -> Array:
    """Return where each code's rows start in a sorted column of codes, and its length at the end."""
    return np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=groups))])


def positions(values: pa.ChunkedArray, among: pa.ChunkedArray) -> Array:
    """Return int64 positions of the values in another column of ids; -1 = not there."""
    found = pc.index_in(_spread(values.combine_chunks()), value_set=_spread(among.combine_chunks()))
    return np.asarray(pc.fill_null(found, -1).to_numpy(), dtype=np.int64)


def _spread(ids: pa.Array) -> pa.Array:
    """Return other ids in place of these, different ones for different ones.

    Arrow's hash table takes a hundred times as long on ids that count up (as those of copies do) as on keyed ones: so
    each half goes through the last steps of MurmurHash3, which no two numbers leave alike.
    """
    if not len(ids) or ids.null_count or ids.type != pa.binary(2 * WORD):
        return ids
    words = np.frombuffer(ids.buffers()[1], np.uint64)[2 * ids.offset : 2 * (ids.offset + len(ids))].copy()
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        words ^= words >> np.uint64(33)
        words *= np.uint64(factor)
    words ^= words >> np.uint64(33)
    return pa.Array.from_buffers(ids.type, len(ids), [None, pa.py_buffer(words)])


def day_numbers(days: pa.ChunkedArray, if_null: int) -> Array:
    """Return int32 days since 1970-01-01."""
    return np.asarray(pc.fill_null(days.cast(pa.int32()), int(if_null)).to_numpy(), dtype=np.int32)


def told_intervals(valid_from: Array, valid_to: Array, year: Array) -> tuple[Array, Array, Array]:
    """Return start, end and which starts were told; a stay that cannot be placed has start `UNKNOWN`.

    An unknown start is the first day of the record's year, if that is before the end; if the end is unknown too, the
    stay is that year.

    Args:
        valid_from: int32[rows], days; `UNKNOWN` = null.
        valid_to: int32[rows], days; `OPEN` = null.
        year: int32[rows], year in which the record was last confirmed; 0 = unknown.
    """
    told = valid_from != UNKNOWN
    new_year = first_days(year)
    start = np.where(told, valid_from, np.where(year > 0, new_year, UNKNOWN)).astype(np.int32)
    end = np.where(~told & (valid_to == OPEN) & (year > 0), first_days(year + 1), valid_to).astype(np.int32)
    start[start >= end] = UNKNOWN
    return start, end, told


def first_days(year: Array) -> Array:
    """Return int32: the first day of each year, in days since 1970-01-01."""
    return (year.astype(np.int64) - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int32)


def merged_stays(person: Array, dwelling: Array, start: Array, end: Array, told: Array) -> Stays:
    """Close open ends at the next address's start, then join what several agencies tell of one stay.

    Returns:
        Stays by (person, dwelling, start).
    """
    # Ties may stand in any order: neither step looks at them.
    order = np.argsort((person.astype(np.int64) << 32) + (start.astype(np.int64) + 2**31))
    person, dwelling, start, end, told = (values[order] for values in (person, dwelling, start, end, told))
    end = kernels.close_open_ends(person, dwelling, start, end, told)
    key = person.astype(np.int64) * (int(dwelling.max(initial=0)) + 1) + dwelling
    order = np.lexsort((start, key))
    rows, first, last = kernels.join_touching(key[order], start[order], end[order])
    return Stays(person[order][rows], dwelling[order][rows], first, last)
