"""An order of records that neither the order of rows nor the names of their sources can change.

Every sample is drawn by record number, so the numbers must depend on the records' own ids alone. Records stand in
order of a 64-bit hash of their id; where two sources share an id, in order of the sources' contents.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.arrow_columns import memory_of, numbers
from totalplace.compiled import kernel


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


def hashes_of(ids: pa.StringArray) -> np.ndarray:
    """Return a uint64 hash per text, the same on every machine; no text is null."""
    _, offsets, data = ids.buffers()
    if not len(ids):
        return np.zeros(0, np.uint64)
    at = np.frombuffer(offsets, np.int32)[ids.offset : ids.offset + len(ids) + 1]
    return np.asarray(_hash_texts(at, np.frombuffer(data, np.uint8) if data else np.zeros(1, np.uint8)))


def sources_by_content(hashes: Mapping[str, np.ndarray]) -> list[str]:
    """Return the sources in order of how many records they hold and of a sum of their hashes; names break a tie."""
    return sorted(hashes, key=lambda name: (len(hashes[name]), int(hashes[name].sum(dtype=np.uint64)), name))


def order_of(hashes: np.ndarray, ids: pa.StringArray, source: np.ndarray) -> np.ndarray:
    """Return the rows in order of hash, id and source.

    Args:
        hashes: uint64[rows].
        ids: what was hashed.
        source: int32[rows], numbers that rise.
    """
    order = np.argsort(hashes, kind="stable")
    tied = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    first, second = (ids.take(numbers(order[at])) for at in (tied, tied + 1))
    for k in tied[memory_of(pc.not_equal(first, second))].tolist():
        same = np.flatnonzero(hashes[order] == hashes[order[k]])  # two texts of one hash: once in 2^64 pairs
        order[same] = sorted(order[same].tolist(), key=lambda row: (ids[row].as_py(), int(source[row])))
    return order


def has_doubles(hashes: np.ndarray, ids: pa.StringArray, source: np.ndarray, order: np.ndarray) -> bool:
    """Tell whether a source holds an id twice; order as `order_of` gives it."""
    here, after = order[:-1], order[1:]
    tied = np.flatnonzero((hashes[here] == hashes[after]) & (source[here] == source[after]))
    return bool(pc.any(pc.equal(*(ids.take(numbers(rows[tied])) for rows in (here, after)))).as_py())
