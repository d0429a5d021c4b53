"""Ids are found at their place in a list, whatever they look like."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.journeys.id_index import ABSENT, _halves, _slot, index_of
from totalplace.tables import numbered_ids

# Near numbers as ids of copies are, and ids that differ in one half only.
IDS = st.one_of(
    st.integers(0, 40).map(lambda n: n.to_bytes(16, "big")),
    st.integers(0, 40).map(lambda n: n.to_bytes(16, "little")),
    st.binary(min_size=16, max_size=16),
)


@settings(deadline=None)
@given(listed=st.lists(IDS, unique=True), asked=st.lists(st.one_of(IDS, st.none())))
def test_an_id_is_found_at_its_place_and_no_other_is(listed: list[bytes], asked: list[bytes | None]) -> None:
    found = index_of(pa.array(listed, pa.binary(16))).find(pa.array([*asked, *listed], pa.binary()))
    place = {one: k for k, one in enumerate(listed)}
    assert found.tolist() == [place.get(one, ABSENT) if one is not None else ABSENT for one in [*asked, *listed]]


def test_an_empty_list_holds_nothing() -> None:
    assert index_of(pa.array([], pa.binary(16))).find(pa.array([b"x" * 16, None])).tolist() == [ABSENT, ABSENT]


@pytest.mark.parametrize(("copies", "people"), [(20_000, 1), (1, 20_000), (200, 100), (5_000, 4)])
def test_ids_of_copies_have_slots_of_their_own(copies: int, people: int) -> None:
    alternative, person = np.repeat(np.arange(copies), people), np.tile(np.arange(people) + (1 << 40), copies)
    ids = numbered_ids(alternative, person)
    slots = {_slot(high, low, (1 << 16) - 1) for high, low in zip(*_halves(ids), strict=True)}
    # Of 20,000 ids thrown at 65,536 slots 17,234 are taken on average.
    assert len(slots) > 0.9 * 17_234
