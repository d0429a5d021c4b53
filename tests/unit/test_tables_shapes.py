"""A table is stopped at the door if it is not what the door asks for."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totalplace import tables
from totalplace.errors import ShapeError


def persons(**changed: pa.Array) -> pa.Table:
    columns = {
        "row_id": pa.array([b"a" * 16], tables.ID),
        "person_id": pa.array([b"b" * 16], tables.ID),
        "linked_exactly": pa.array([True]),
        "min_link_probability": pa.array([0.9]),
    }
    return pa.table({**columns, **changed})


def test_a_right_table_passes_with_its_columns_in_order() -> None:
    passed = tables.PERSONS.check(
        persons().select(["person_id", "row_id", "min_link_probability", "linked_exactly"]), "door"
    )
    assert passed.column_names == tables.PERSONS.names


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ShapeError, match="lacks column person_id"):
        tables.PERSONS.check(persons().drop_columns(["person_id"]), "door")


def test_an_unknown_column_is_refused_unless_the_shape_is_open() -> None:
    with pytest.raises(ShapeError, match="unknown column t_surname"):
        tables.PERSONS.check(persons(t_surname=pa.array(["x"])), "door")
    tokens = tables.TOKENS.empty().append_column("t_surname", pa.array([], tables.ID))
    assert "t_surname" in tables.TOKENS.check(tokens, "door").column_names


def test_a_null_where_null_means_nothing_is_refused() -> None:
    with pytest.raises(ShapeError, match="column person_id has 1 nulls"):
        tables.PERSONS.check(persons(person_id=pa.array([None], tables.ID)), "door")


def test_a_wrong_type_is_refused_without_its_value() -> None:
    with pytest.raises(ShapeError) as caught:
        tables.PERSONS.check(persons(min_link_probability=pa.array(["Quillfeather"])), "door")
    assert "Quillfeather" not in str(caught.value)


def test_every_shape_names_its_key_and_order_among_its_columns() -> None:
    for shape in tables.SHAPES.values():
        assert set(shape.key) | set(shape.order) <= set(shape.names), shape.name
        assert shape.empty().schema == shape.schema


def test_no_shape_that_journeys_sees_holds_a_token_and_none_that_linkage_sees_holds_a_service() -> None:
    for shape in tables.SHAPES.values():
        if tables.ANALYSIS_ROLE in shape.seen_by:
            assert not any(name.startswith(("t_", "f_", "b_")) for name in shape.names), shape.name
        if tables.LINKAGE_ROLE in shape.seen_by and tables.ANALYSIS_ROLE not in shape.seen_by:
            assert not {"type", "purpose", "theme", "class"} & set(shape.names), shape.name
