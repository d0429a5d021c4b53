"""Median days of handoffs and ways: the smallest number of days within which half of them lie, whole place only."""

from __future__ import annotations

import numpy as np
import pytest

from totalplace.journeys.medians import weighted_median

from ..conftest import Tell


def _handoffs(days: list[int], times: int = 1) -> str:
    return "\n".join(line for k, gap in enumerate(days * times) for line in (f"p{k:03} 0 a", f"p{k:03} {gap} b"))


def test_half_of_the_handoffs_took_at_most_so_many_days(tell: Tell) -> None:
    told = tell(_handoffs([1, 2, 3, 40], 5))
    assert told.cells("handoff_days") == {("a/visit", "b/visit"): 2}


def test_a_way_lasts_from_its_first_to_its_last_day(tell: Tell) -> None:
    assert tell(_handoffs([4, 9, 30], 4)).cells("variant_days") == {("a > b", ""): 9}


def test_a_way_is_fed_by_the_agencies_that_it_meets(tell: Tell) -> None:
    told = tell(_handoffs([4, 9, 30], 4))
    rows = told.engine.fetch(told.found().cells).to_pylist()
    assert {row["agencies"] for row in rows if row["table"] == "variant_days"} == {2}


def test_a_median_of_few_people_is_not_told(tell: Tell) -> None:
    told = tell(_handoffs([3] * 9))
    assert told.cells("handoff_days") == told.cells("variant_days") == {}


@pytest.mark.parametrize(
    ("values", "weights", "median"), [([5], [1], 5), ([1, 2], [1, 1], 1), ([1, 2], [1, 2], 2), ([0, 9], [3, 2], 0)]
)
def test_the_median_is_a_number_that_occurs(values: list[int], weights: list[int], median: int) -> None:
    assert weighted_median(np.array(values), np.array(weights)) == median
