"""D1: how few assessments would have done, told as small tables of days."""

from __future__ import annotations

import pytest

from totalplace.journeys.duplicates.cover import three_counts
from totalplace.journeys.money.unit_costs import deflate, released

# T1, one-day assessments, V = 90:  days | pairs | chain | avoidable
ONE_DAY = """
0 10 20         | 3 | 2 | 2
0 60 120 180    | 3 | 3 | 2
0 30 60 90 120  | 9 | 4 | 3
0 0             | 1 | 1 | 1
0 90            | 1 | 1 | 1
0 91            | 0 | 0 | 0
0 100 200       | 0 | 0 | 0
                | 0 | 0 | 0
"""

# T2, with durations:  V | start-completed | avoidable | concurrent
WITH_DURATIONS = """
90 | 0-10 10-12                | 1 | 0
90 | 0-10 5-6 20-21            | 1 | 1
90 | 0-30 120-125              | 1 | 0
90 | 0-30 121-125              | 0 | 0
50 | 0-100 5-6 20-21 200-201   | 0 | 2
50 | 0-100 200-201             | 0 | 0
50 | 5-6 20-21                 | 1 | 0
"""


def _lines(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip("\n").splitlines()]


@pytest.mark.parametrize("line", _lines(ONE_DAY), ids=lambda line: line[0] or "none")
def test_three_counts_of_one_day_assessments(line: list[str]) -> None:
    days, *expected = line
    found = three_counts([(int(day), int(day)) for day in days.split()], 90)
    assert [found["pairs"], found["chain"], found["avoidable"]] == [int(n) for n in expected]


@pytest.mark.parametrize("line", _lines(WITH_DURATIONS), ids=lambda line: f"{line[1]} V{line[0]}")
def test_an_assessment_begun_before_the_last_was_completed_is_concurrent(line: list[str]) -> None:
    validity, spans, avoidable, concurrent = line
    pairs = [tuple(int(day) for day in span.split("-")) for span in spans.split()]
    found = three_counts([(pair[0], pair[1]) for pair in pairs], int(validity))
    assert (found["avoidable"], found["concurrent"]) == (int(avoidable), int(concurrent))


def test_four_avoidable_steps_at_204_pounds_release_less_than_816() -> None:
    money = released(4 * 204, [0.1, 0.3, 0.5])
    assert (money.gross, money.low, money.central, money.high) == (816.00, 408.00, 571.20, 734.40)


def test_money_is_moved_from_the_price_year_of_its_source() -> None:
    assert deflate(100, source_index=0.80, run_index=1.00) == 125.00
