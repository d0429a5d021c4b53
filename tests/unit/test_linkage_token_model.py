"""Comparisons chosen for tokens: what restates another field is a level of its comparison."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.linkage.auto import auto_model
from totalplace.linkage.model import Comparison, Model

ROWS = 60
RULES = load_rules()[0].linkage


def token(value: str) -> bytes:
    return value.encode().ljust(16, b".")


def model_of(**columns: list[str | None]) -> Model:
    """Return the model of a table of tokens that are named without their t_."""
    cells = {f"t_{k}": pa.array([v and token(v) for v in some], pa.binary(16)) for k, some in columns.items()}
    return auto_model(pa.table({"agency": ["a"] * ROWS} | cells), RULES)


def different(name: str, kinds: int = ROWS, empty_from: int = ROWS) -> list[str | None]:
    return [f"{name}{k % kinds}" if k < empty_from else None for k in range(ROWS)]


ADDRESS = {
    "dwelling": different("d", 40, empty_from=59),
    "house_number_postcode": different("h", 45, empty_from=50),
    "uprn": different("u", 50, empty_from=12),
    "postcode": different("p", 30),
    "postcode_sector": different("s", 14),
    "postcode_district": different("x", 3),
    "street": different("r", 20),
}
NAMES = {"first_name": different("f"), "surname": different("n"), "full_name_sorted": different("b")}


def one(model: Model, name: str) -> Comparison:
    return next(c for c in model.comparisons if c.name == name)


def columns_of(comparison: Comparison) -> list[list[str]]:
    """Return per level the columns that it asks for, alternatives in their order."""
    return [[test.left for some in level.any_of for test in some] for level in comparison.levels]


def test_all_that_tells_of_a_home_is_one_comparison() -> None:
    model = model_of(**ADDRESS, **NAMES)
    assert sorted(c.name for c in model.comparisons) == ["address", "first_name", "surname"]
    assert columns_of(one(model, "address")) == [
        ["t_address"],
        ["t_dwelling", "t_house_number_postcode", "t_uprn"],
        ["t_postcode"],
        ["t_street"],
        ["t_postcode_sector"],
        [],
    ]


def test_home_is_the_token_that_most_records_have_else_the_next() -> None:
    fields = {f.name: f for f in model_of(**ADDRESS, **NAMES).fields}
    assert fields["t_address"].columns == ("t_dwelling", "t_house_number_postcode", "t_uprn")


def test_names_in_another_order_are_a_level_of_the_first_name() -> None:
    model = model_of(**NAMES, birth_date=different("o"))
    assert columns_of(one(model, "first_name")) == [["t_first_name"], ["t_full_name_sorted"], []]


@pytest.mark.parametrize("missing", ["first_name", "surname"])
def test_names_in_any_order_stand_alone_where_they_restate_nothing(missing: str) -> None:
    names = {k: v for k, v in NAMES.items() if k != missing}
    assert columns_of(one(model_of(**names), "full_name_sorted")) == [["t_full_name_sorted"], []]


@pytest.mark.parametrize(
    "some",
    [("postcode", "postcode_sector"), ("postcode", "street"), ("dwelling",)],
    ids=["code alone", "no home", "home alone"],
)
def test_columns_that_do_not_restate_a_home_keep_their_own_comparisons(some: tuple[str, ...]) -> None:
    names = {c.name for c in model_of(**{k: ADDRESS[k] for k in some}, **NAMES).comparisons}
    assert "address" not in names
    assert {k for k in some if k != "postcode_sector"} <= names


def test_records_that_tell_a_postcode_and_no_home_keep_its_comparison() -> None:
    some = {k: ADDRESS[k] for k in ("postcode", "postcode_sector", "street")}
    model = model_of(dwelling=different("d", 40, empty_from=40), uprn=different("u", 50, empty_from=12), **some)
    assert sorted(c.name for c in model.comparisons) == ["address", "postcode", "street"]
    assert columns_of(one(model, "address")) == [["t_address"], ["t_dwelling", "t_uprn"], []]


@pytest.mark.parametrize("name", ["street", "address"])
def test_address_with_a_filter_beside_it_keeps_its_own_comparisons(name: str) -> None:
    tokens = {f"t_{k}": pa.array([v and token(v) for v in some], pa.binary(16)) for k, some in ADDRESS.items()}
    bits = {f"f_{name}": pa.array([bytes([k + 1]) * 125 for k in range(ROWS)], pa.binary(125))}
    names = [c.name for c in auto_model(pa.table({"agency": ["a"] * ROWS} | tokens | bits), RULES).comparisons]
    assert {"dwelling", "postcode", "street"} <= set(names)
    assert len(names) == len(set(names))


def test_column_of_that_name_is_left_in_peace() -> None:
    names = {c.name for c in model_of(**ADDRESS, address=different("a"), **NAMES).comparisons}
    assert {"address", "dwelling", "postcode", "street"} <= names
