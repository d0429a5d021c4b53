"""Where an id stands in a list of ids: a table of places that compiled code reads, built once and shared by threads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.compiled import kernel
from totalplace.tables import ID

ABSENT = -1


@kernel
def _slot(high, low, mask):  # type: ignore[no-untyped-def]
    # Ids are keyed hashes, or numbers written in the order of their bytes: these differ in the highest bits here alone,
    # and a product carries bits up only, so they are folded down before each.
    half = np.uint64(32)
    mixed = (high ^ (high >> half)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= (low ^ (low >> half)) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> half)) * np.uint64(0x94D049BB133111EB)
    return np.int64((mixed >> half) & np.uint64(mask))


@kernel
def _build(high, low, places):  # type: ignore[no-untyped-def]
    """Put each id at the first free slot from its own; of equal ids the first stands."""
    mask = len(places) - 1
    for i in range(len(high)):
        at = _slot(high[i], low[i], mask)
        while places[at] >= 0 and not (high[places[at]] == high[i] and low[places[at]] == low[i]):
            at = (at + 1) & mask
        if places[at] < 0:
            places[at] = i


@kernel
def _look_up(high, low, places, listed_high, listed_low, found):  # type: ignore[no-untyped-def]
    mask = len(places) - 1
    for i in range(len(high)):
        at = _slot(high[i], low[i], mask)
        found[i] = -1
        while places[at] >= 0:
            k = places[at]
            if listed_high[k] == high[i] and listed_low[k] == low[i]:
                found[i] = k
                break
            at = (at + 1) & mask


@dataclass(frozen=True)
class IdIndex:
    """A list of ids that can be asked for places.

    Args:
        halves: two uint64[ids].
        places: int32[a power of two, at least twice the ids], place of the id whose slot it is, -1 = free.
    """

    halves: tuple[np.ndarray, np.ndarray]
    places: np.ndarray

    def find(self, ids: pa.ChunkedArray | pa.Array) -> np.ndarray:
        """Return int32 places of ids in the list, `ABSENT` for null and for what is not in it."""
        high, low = _halves(ids)
        found = np.empty(len(ids), np.int32)
        _look_up(high, low, self.places, *self.halves, found)
        if ids.null_count:
            found[np.asarray(ids.is_null().to_numpy(zero_copy_only=False))] = ABSENT
        return found


def index_of(ids: pa.ChunkedArray | pa.Array) -> IdIndex:
    """Return the index of a list of ids without nulls."""
    halves = _halves(ids)
    places = np.full(1 << max(4, (2 * len(ids)).bit_length()), -1, np.int32)
    _build(*halves, places)
    return IdIndex(halves, places)


def _halves(ids: pa.ChunkedArray | pa.Array) -> tuple[np.ndarray, np.ndarray]:
    fixed = ids.cast(ID)
    whole = fixed.combine_chunks() if isinstance(fixed, pa.ChunkedArray) else fixed
    if whole.null_count:
        whole = whole.fill_null(bytes(16))
    body = whole.buffers()[1]
    words = np.frombuffer(body, np.uint64, 2 * len(whole), 16 * whole.offset) if body else np.zeros(0, np.uint64)
    return np.ascontiguousarray(words[0::2]), np.ascontiguousarray(words[1::2])
