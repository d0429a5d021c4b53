"""The order of rows by packed keys is the order of a query."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.engine.row_order import piece_bounds, row_order

IDS = st.sampled_from([bytes([k, 0xFF - k]) + b"x" * 13 + bytes([j]) for k in (0, 1, 200) for j in (0, 7)])
NUMBERS = st.integers(-(2**20), 2**20)
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2020, 1, 1))
ROWS = st.lists(st.tuples(NUMBERS, DAYS, st.booleans(), IDS), min_size=1, max_size=40)


def table_of(rows: list[tuple[int, dt.date, bool, bytes]]) -> pa.Table:
    kinds = [("number", pa.int32()), ("day", pa.date32()), ("flag", pa.bool_()), ("id", pa.binary())]
    columns = zip(*rows, strict=True)
    return pa.table([pa.array(c, kind) for c, (_, kind) in zip(columns, kinds, strict=True)], pa.schema(kinds))


@settings(deadline=None)
@given(
    rows=ROWS, keys=st.permutations(["number", "day", "flag", "id"]), count=st.integers(1, 4), presorted=st.booleans()
)
def test_rows_come_in_the_order_of_their_keys(rows, keys, count, presorted) -> None:  # type: ignore[no-untyped-def]
    names = keys[:count]
    at = [("number", "day", "flag", "id").index(name) for name in names]
    expected = sorted(range(len(rows)), key=lambda k: [rows[k][place] for place in at])
    if presorted:
        rows, expected = [rows[k] for k in expected], list(range(len(rows)))
    found = row_order(table_of(rows), names)
    assert found is not None
    assert list(range(len(rows)) if found.rows is None else found.rows) == expected
    firsts = [rows[k][at[0]] for k in expected]
    assert (np.diff(found.first_key) != 0).tolist() == [a != b for a, b in zip(firsts, firsts[1:], strict=False)]


@pytest.mark.parametrize(
    "column",
    [pa.array([1, None]), pa.array(["a", "b"]), pa.array([b"short", b"ids"], pa.binary()), pa.array([0, 2**62])],
    ids=["a null", "texts", "ids of another length", "too wide for a word"],
)
def test_other_keys_are_left_to_a_query(column: pa.Array) -> None:
    assert row_order(pa.table({"by": [2**5, 0], "then": column}), ["by", "then"]) is None


def test_pieces_never_cut_one_value_of_the_first_key() -> None:
    assert piece_bounds(np.array([0, 0, 0, 0, 1, 1, 2]), 3) == [0, 4, 6, 7]
