"""Ids are found at their place in a list, whatever they look like."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.journeys.id_index import ABSENT, index_of

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
