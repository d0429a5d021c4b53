"""FAM2 and FAM3: peak windows in calendar months, and how concentrated demand is."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from totalplace.journeys.calendar import add_months
from totalplace.journeys.families.concentration import gini, gini_small_sample, lorenz, top_share
from totalplace.journeys.families.high_demand import peak_window


def _day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


# T5:  from | 18 calendar months later | days
MONTHS = """
2008-01-31 | 2009-07-31 | 547
2008-08-31 | 2010-02-28 | 546
2010-08-31 | 2012-02-29 | 547
"""

# T6:  values | G | G with small-sample | top 25% | top 5%
CONCENTRATION = """
1x4        | 0    | 0      | 0.25 | 0.05
0x3 4x1    | 0.75 | 1      | 1    | 0.20
1 2 3 4    | 0.25 | 0.3333 | 0.40 | 0.08
1x19 81x1  | 0.76 | 0.8    | 0.85 | 0.81
0x95 1x5   | 0.95 | 0.9596 | 1    | 1
"""


def _lines(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


def _values(text: str) -> list[int]:
    parts = [(part.split("x") + ["1"])[:2] for part in text.split()]
    return [int(value) for value, times in parts for _ in range(int(times))]


@pytest.mark.parametrize("line", _lines(MONTHS), ids=lambda line: line[0])
def test_eighteen_months_end_on_the_months_last_day_where_the_day_is_lacking(line: list[str]) -> None:
    start, end, days = line
    found = int(add_months(np.array([_day(start)]), 18)[0])
    assert (found, found - _day(start)) == (_day(end), int(days))


def test_the_day_after_the_window_does_not_count() -> None:
    days = [_day("2008-01-01")] * 3 + [_day("2009-06-30"), _day("2009-07-01")]
    assert peak_window(days, 18)[:2] == (4, _day("2008-01-01"))


def test_of_two_equal_windows_the_earliest_is_told() -> None:
    days = [_day(d) for d in ("2008-08-31", "2010-02-27", "2010-02-28")]
    assert peak_window(days, 18) == (2, _day("2008-08-31"), _day("2010-02-28"))


def test_seven_hundred_interventions_in_exactly_eighteen_months() -> None:
    first, end = _day("2007-07-01"), _day("2009-01-01")
    days = [first + k * (end - 1 - first) // 699 for k in range(700)]
    assert peak_window([*days, end, end + 1], 18) == (700, first, end)


def test_fixed_days_replace_calendar_months() -> None:
    assert peak_window([0, 9, 10], 18, fixed_days=10) == (2, 0, 10)


@pytest.mark.parametrize("line", _lines(CONCENTRATION), ids=lambda line: line[0])
def test_concentration_by_hand(line: list[str]) -> None:
    values, expected = _values(line[0]), [float(cell) for cell in line[1:]]
    found = [gini(values), gini_small_sample(values), top_share(values, 0.25), top_share(values, 0.05)]
    assert found == pytest.approx(expected, abs=5e-5)


def test_concentration_of_nothing_is_undefined_and_not_zero() -> None:
    assert (gini([0, 0]), top_share([0, 0], 0.05), lorenz([0, 0])) == (None, None, [])


def test_lorenz_points_run_from_nothing_to_all() -> None:
    assert lorenz([3, 1]) == [(0.0, 0.0), (0.5, 0.25), (1.0, 1.0)]
