"""An address in one line is taken apart: its number, its street, its postal code, and what stands between."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totalplace.config.load import load_rules
from totalplace.linkage import fold
from totalplace.linkage.auto import auto_model
from totalplace.linkage.profile import profile_table

RULES = load_rules()[0].linkage
LINES = ["12 Main Street, Rosetta Flats, Sydney NSW 2000", "Flat 3, 45 High Street, Leeds LS1 4AB", "7a Oak Road 12345"]
WRITTEN = [f"{k} {name} Road, {town} {code}" for k, (name, town, code) in enumerate(
    [("Elm", "Leeds", "LS1 4AB"), ("Long Acre", "York", "YO10 3DD"), ("Mill", "Hull", "HU1 1AA")] * 5
)]  # fmt: skip


def parts(how: str) -> list[str | None]:
    return fold.DERIVED[how](fold.fold(pa.array(LINES))).to_pylist()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("house_number", ["12", "3", "7A"]),
        ("street", ["MAIN STREET", "HIGH STREET", "OAK ROAD"]),
        ("postal_code", ["2000", "LS14AB", "12345"]),
        ("after_street", ["ROSETTA FLATS SYDNEY NSW", "LEEDS", None]),
    ],
)
def test_line_is_taken_apart(how: str, expected: list[str | None]) -> None:
    assert parts(how) == expected


def test_what_a_line_lacks_is_null() -> None:
    line = fold.fold(pa.array(["The Elms, Church Lane", "12", None]))
    assert fold.house_number(line).to_pylist() == [None, "12", None]
    assert fold.postal_code(line).to_pylist() == [None, None, None]


@pytest.mark.parametrize("column", ["address", "home_address", "Address_1", "where"])
def test_lines_of_address_are_known_by_their_values(column: str) -> None:
    assert profile_table(pa.table({column: WRITTEN}), RULES.profile)[0].meaning == "address"


def test_sentences_with_a_reference_are_no_address() -> None:
    memos = [f"REF {k:04} J SMITH DONATION" for k in range(1000, 1015)]
    assert profile_table(pa.table({"memo": memos}), RULES.profile)[0].meaning == "text"


def test_a_line_beside_an_address_in_parts_is_a_comparison_of_its_own() -> None:
    count = len(WRITTEN)
    columns = {"surname": ["LEE", "RAY", "KAY"] * 5, "street_name": [f"Elm {k}" for k in range(count)]}
    numbers = [str(k) for k in range(count)]
    model = auto_model(pa.table({**columns, "street_number": numbers, "address": WRITTEN}), RULES)
    names = [c.name for c in model.comparisons]
    assert {"address", "address_line"} <= set(names) and len(names) == len(set(names))


def test_a_column_called_like_a_comparison_keeps_its_own() -> None:
    short = {"street_name": ["Elm Road", "Mill Road"] * 9, "street_number": ["1", "2", "3"] * 6}
    model = auto_model(pa.table({**short, "surname": ["LEE", "RAY"] * 9, "address": ["north", "south"] * 9}), RULES)
    assert sorted(c.name for c in model.comparisons)[:2] == ["address", "address_"]
