"""An order of records that the order of rows, their ids and the names of their sources cannot change.

Every sample is drawn by record number, and ties of weight fall to the lower number, so the numbers must depend on what
the records say. Records stand in order of a 64-bit hash of their values; equal ones in order of their sources'
contents, and only within a source in order of their ids, where it makes no difference which is which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.arrow_columns import memory_of, numbers
from totalplace.compiled import kernel

NO_VALUE = np.zeros(1, np.uint64)  # what a null adds


@kernel
def _hash_texts(offsets, data):  # type: ignore[no-untyped-def]
    """Return uint64 hashes of the texts data[offsets[k]:offsets[k + 1]] (FNV-1a, then SplitMix64's last steps)."""
    out = np.empty(len(offsets) - 1, np.uint64)
    for k in range(len(out)):
        h = np.uint64(0xCBF29CE484222325)
        for c in range(offsets[k], offsets[k + 1]):
            h = (h ^ np.uint64(data[c])) * np.uint64(0x100000001B3)
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        out[k] = h ^ (h >> np.uint64(31))
    return out


def hashes_of(values: pa.Array) -> np.ndarray:
    """Return a uint64 hash per text or run of bytes, the same on every machine; none is null."""
    _, offsets, data = values.buffers()
    if not len(values):
        return np.zeros(0, np.uint64)
    at = np.frombuffer(offsets, np.int32)[values.offset : values.offset + len(values) + 1]
    return np.asarray(_hash_texts(at, np.frombuffer(data, np.uint8) if data else np.zeros(1, np.uint8)))


def content_hashes(columns: Iterable[pa.Array], rows: int) -> np.ndarray:
    """Return uint64[rows]: a hash of what each row says, whatever the columns are called and however they stand.

    A column is told from another by all its values together, so that a first name is not taken for a surname. Columns
    of lists say nothing here.
    """
    total = np.zeros(rows, np.uint64)
    for column in columns:
        if not pa.types.is_nested(column.type):
            found = _column_hashes(column)
            total += _mixed(found ^ _mixed(found.sum(dtype=np.uint64))) * (found != 0)
    return total


def _column_hashes(column: pa.Array) -> np.ndarray:
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = coded.dictionary
    plain = values.cast(pa.binary() if _is_bytes(values.type) else pa.string())
    return np.append(hashes_of(plain), NO_VALUE)[memory_of(coded.indices, -1)]


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _mixed(values: np.ndarray) -> np.ndarray:
    """Return SplitMix64 of numbers, so that sums of them tell apart what they were made of."""
    with np.errstate(over="ignore"):
        out = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        return np.asarray(out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)


def sources_by_content(hashes: Mapping[str, np.ndarray]) -> list[str]:
    """Return the sources in order of how many records they hold and of a sum of their hashes; names break a tie."""
    return sorted(hashes, key=lambda name: (len(hashes[name]), int(hashes[name].sum(dtype=np.uint64)), name))


def order_of(hashes: np.ndarray, ids: pa.StringArray, source: np.ndarray) -> np.ndarray:
    """Return the rows in order of hash, source and id.

    Args:
        hashes: uint64[rows].
        ids: of the rows.
        source: int32[rows], place of each row's source.
    """
    order = np.argsort(hashes, kind="stable")
    equal = hashes[order][1:] == hashes[order][:-1]
    tied = np.flatnonzero(np.r_[equal, False] | np.r_[False, equal])
    rows = order[tied]
    by_id = memory_of(pc.sort_indices(ids.take(numbers(rows))))
    rank = np.empty(len(rows), np.int64)
    rank[by_id] = np.arange(len(rows))
    order[tied] = rows[np.lexsort((rank, source[rows], hashes[rows]))]
    return order


def has_doubles(ids: pa.StringArray) -> bool:
    """Tell whether an id is there twice."""
    hashes = np.sort(hashes_of(ids))
    return bool((hashes[1:] == hashes[:-1]).any()) and len(ids.unique()) < len(ids)
