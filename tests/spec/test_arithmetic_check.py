"""X4: do printed figures agree? A total, a number of units and an amount per unit, each as somebody wrote it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from totalplace.config.written import read_written
from totalplace.journeys.money.arithmetic import Check, check_triple


def checked(total: str, number: str, per_unit: str) -> Check:
    money, many, each = read_written(total), read_written(number, counted=True), read_written(per_unit)
    assert money and many and each
    return check_triple("a figure", money, many, each)


def test_seven_billion_over_half_a_million_people_is_fourteen_thousand_each() -> None:
    assert checked("£7.1bn", "500,000", "£14,200").fits


def test_a_printed_account_that_is_wrong_by_ten_is_told_what_would_fit() -> None:
    check = checked("112m", "250", "44,000")
    assert not check.fits and check.would_fit == 448_000
    assert check.fitting and check.fitting.low < 448_000 < check.fitting.high


def test_figures_agree_as_far_as_their_rounding_tells() -> None:
    assert checked("7.1bn", "500000", "14,300").fits
    assert not checked("7.1bn", "500000", "14,400").fits
    assert checked("7.1bn", "0.5m", "15,900").fits


def test_what_was_counted_is_exact_unless_it_is_written_short() -> None:
    exact, short = read_written("500,000", counted=True), read_written("0.5m", counted=True)
    assert exact and short and (exact.step, short.step) == (1, 100_000)


def test_nothing_over_nobody_fits_and_anything_over_nobody_does_not() -> None:
    assert checked("0", "0", "12").fits
    assert not checked("500", "0", "12").fits and checked("500", "0", "12").would_fit is None


@pytest.mark.parametrize(
    ("text", "value", "step"),
    [
        ("7100000000", 7_100_000_000, 10**8),
        ("£7.1bn", 7_100_000_000, 10**8),
        ("14,200", 14_200, 100),
        ("204.50", Fraction(409, 2), Fraction(1, 100)),
        ("(1,200)", -1_200, 100),
        ("7.10m", 7_100_000, 10_000),
        ("0", 0, 1),
    ],
)
def test_a_number_says_how_far_it_was_rounded(text: str, value: Fraction, step: Fraction) -> None:
    read = read_written(text)
    assert read and (read.value, read.step) == (value, step)


@pytest.mark.parametrize("text", ["", "abc", "1,20", "(5", "5)", "1.2.3", "7 bn people", "--3"])
def test_anything_else_is_no_number(text: str) -> None:
    assert read_written(text) is None
