"""Ids made of two numbers: their order, their numbers back, and how a hash that only multiplies spreads them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.tables import numbered_ids, numbers_of

PAIRS = st.tuples(st.integers(0, 2**40 - 1), st.integers(0, 2**48 - 1))


def ids_of(pairs: list[tuple[int, int]]) -> pa.Array:
    return numbered_ids(np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))


@settings(deadline=None)
@given(pairs=st.lists(PAIRS, min_size=1))
def test_numbers_come_back_and_ids_sort_as_their_numbers_do(pairs: list[tuple[int, int]]) -> None:
    ids = ids_of(pairs)
    assert list(zip(*(part.tolist() for part in numbers_of(ids)), strict=True)) == pairs
    assert sorted(ids.to_pylist()) == ids_of(sorted(pairs)).to_pylist()


def test_an_id_that_is_no_numbered_one_has_no_numbers() -> None:
    ids = ids_of([(3, 4), (5, 6)]).to_pylist()
    spoilt = [bytes([*ids[0][:-1], ids[0][-1] ^ 1]), bytes(range(16)), ids[1]]
    assert [part.tolist() for part in numbers_of(pa.array(spoilt, pa.binary(16)))] == [[-1, -1, 5], [-1, -1, 6]]


@pytest.mark.parametrize(("copies", "people"), [(20_000, 1), (1, 20_000), (200, 100), (5_000, 4)])
def test_near_numbers_differ_in_what_arrow_hashes(copies: int, people: int) -> None:
    """Arrow multiplies each half, low byte first, and turns its bytes about: the last byte decides the slot most."""
    first, second = np.repeat(np.arange(copies), people), np.tile(np.arange(people) + (1 << 40), copies)
    words = np.frombuffer(numbered_ids(first, second).buffers()[1], np.uint64).reshape(-1, 2)
    slots = np.unique(words[:, 1] >> np.uint64(48))
    # Of 20,000 ids thrown at 65,536 slots 17,234 are taken on average.
    assert slots.size > 0.9 * 17_234
