"""Records stand in an order that neither shuffling the rows nor renaming the sources changes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from totalplace.arrow_columns import memory_of, numbers, texts
from totalplace.linkage.order import hashes_of, order_of
from totalplace.linkage.standalone import records_from_tables

ONE = pa.table({"id": ["a", "b", "c"], "name": ["ANN", "BOB", "CYD"]})
TWO = pa.table({"id": ["b", "c"], "name": ["BEN", "CAT"]})


def names_in_order(frames: dict[str, pa.Table]) -> list[str]:
    return records_from_tables(frames, "id").table["name"].to_pylist()


def test_shuffled_rows_stand_in_the_same_order() -> None:
    assert names_in_order({"one": ONE.take([2, 0, 1]), "two": TWO.take([1, 0])}) == names_in_order(
        {
            "one": ONE,
            "two": TWO,
        }
    )


def test_renamed_sources_stand_in_the_same_order_even_where_they_share_ids() -> None:
    assert names_in_order({"zebra": ONE, "ant": TWO}) == names_in_order({"one": ONE, "two": TWO})


def test_two_ids_of_one_hash_stand_in_order_of_the_ids() -> None:
    hashes = np.array([7, 9, 7, 7, 3], np.uint64)
    order = order_of(hashes, pa.array(["c", "x", "a", "b", "y"]), np.zeros(5, np.int32))
    assert order.tolist() == [4, 2, 3, 0, 1]


def test_hash_of_an_id_is_the_same_wherever_it_stands() -> None:
    assert hashes_of(pa.array(["", "q", "é"])[1:]).tolist() == hashes_of(pa.array(["q", "é"])).tolist()


def test_id_missing_in_a_table_is_refused() -> None:
    with pytest.raises(Exception, match="TP464"):
        records_from_tables({"a": pa.table({"id": ["x", None]})}, "id")


@pytest.mark.parametrize("values", [[1, 2, 3], [0.5, 1.5], [True, False, True], []])
def test_column_and_array_are_each_others_inverse(values: list[float]) -> None:
    column = pa.array([None, *values], pa.array(values).type if values else pa.int64())[1:]
    back = memory_of(column)
    assert back.tolist() == values
    assert values and isinstance(values[0], bool) or numbers(back).to_pylist() == values


def test_null_becomes_the_number_that_stands_for_it() -> None:
    assert memory_of(pa.array([4, None], pa.int32()), -1).tolist() == [4, -1]
    with pytest.raises(ValueError, match="nulls"):
        memory_of(pa.array([4, None]))


def test_texts_of_any_alphabet_become_a_column() -> None:
    assert texts(["", "né", "李"]).to_pylist() == ["", "né", "李"]


def test_texts_with_nulls_become_a_column() -> None:
    values = [None, "", "né", None, "x", "y", "z", "a", "b", None]
    assert texts(values).to_pylist() == values and texts(values).null_count == 3
