"""Headlines with their intervals: only beside a released cell, rounded as it is, never telling more."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from totalplace.config.load import load_rules
from totalplace.report.disclosure.conventions import convention_of
from totalplace.report.disclosure.ranges import ranges_of
from totalplace.report.disclosure.release import SAFE_CELLS
from totalplace.tables import UNCERTAINTY

RULES = load_rules()[0].privacy


def headline(low: float, high: float, cell: tuple[str, str] | None = ("duplicates", "")) -> pa.Table:
    table, row = cell or (None, None)
    told = {"headline": "avoidable", "rule_id": "D1", "words": "avoidable assessments", "unit": "people"}
    numbers = {"value": 127.0, "people": 90, "median": 127.0, "low": low, "high": high, "table": table, "row": row}
    return pa.Table.from_pylist([told | numbers], schema=UNCERTAINTY.schema)


def cells(**more: Any) -> pa.Table:
    key = dict.fromkeys(("chip_value", "quarter", "row", "column"), "") | {"table": "duplicates", "chip": "all"}
    numbers = {"unit": "people", "shown": 125.0, "people_shown": 90, "withheld": False}
    return pa.Table.from_pylist([key | numbers | more], schema=SAFE_CELLS)


def shown(headlines: pa.Table, released: pa.Table) -> list[dict[str, Any]]:
    return ranges_of(headlines, released, convention_of(RULES)).to_pylist()


def test_both_ends_are_rounded_like_the_number_between_them() -> None:
    (row,) = shown(headline(121.0, 133.0), cells())
    assert (row["shown"], row["low"], row["high"]) == (125.0, 120.0, 135.0)


def test_an_interval_without_width_tells_no_more_than_its_cell() -> None:
    (row,) = shown(headline(127.0, 127.0), cells())
    assert (row["low"], row["high"]) == (125.0, 125.0)


def test_an_end_under_the_threshold_is_shown_as_zero() -> None:
    (row,) = shown(headline(7.0, 133.0), cells())
    assert row["low"] == 0.0


def test_a_withheld_number_has_no_interval() -> None:
    (row,) = shown(headline(121.0, 133.0), cells(shown=None, people_shown=None, withheld=True))
    assert [row[name] for name in ("shown", "low", "high", "people_shown")] == [None] * 4


@pytest.mark.parametrize("more", [{"row": "nhs"}, {"chip": "area"}, {"quarter": "2023-Q1"}, {"column": "police"}])
def test_a_headline_whose_cell_was_not_released_is_not_told(more: dict[str, str]) -> None:
    assert shown(headline(121.0, 133.0), cells(**more)) == []


def test_a_headline_that_no_page_shows_is_not_told() -> None:
    assert shown(headline(121.0, 133.0, cell=None), cells()) == []


@pytest.mark.parametrize(("low", "high"), [(131.0, 140.0), (110.0, 121.0)])
def test_an_interval_holds_the_number_as_linked_even_beside_the_middle_of_the_draws(low: float, high: float) -> None:
    (row,) = shown(headline(low, high), cells())
    assert row["low"] <= row["shown"] <= row["high"]
