"""Dates as packed digits."""

from __future__ import annotations

import numpy as np
import pytest

from totalplace.linkage import dates


def packed(text: str, day_first: bool = True) -> int:
    found = dates.parse([text], day_first)[0]
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text", ["2009-12-31", "31/12/2009", "20091231", "31 Dec 2009", "31-December-2009", "31122009"]
)
def test_one_day_is_read_from_many_ways_of_writing(text: str) -> None:
    assert packed(text) == packed("2009-12-31")


def test_month_first_is_read_where_the_column_says_so() -> None:
    assert packed("03/04/2009", day_first=False) == packed("2009-03-04")


def test_column_of_american_dates_is_known_by_its_values() -> None:
    assert dates.likely_day_first(["01/02/2003", "12/31/2001", "07/28/1999"], default=True) is False


def test_text_that_is_no_date_is_refused() -> None:
    assert dates.parse(["", "unknown", "12", "2009", "1/2/3"], True) == [None] * 5


def test_unreadable_digit_costs_one_digit() -> None:
    assert dates.digits_apart(packed("11/30/20|7", day_first=False), packed("2017-11-30")) == 1


def test_exchanged_neighbours_are_one_digit_apart() -> None:
    assert dates.digits_apart(packed("1984-03-21"), packed("1984-03-12")) == 1
    assert dates.digits_apart(packed("1984-03-21"), packed("1984-03-13")) == 2


def test_day_and_month_exchanged_are_seen_but_equal_dates_are_not() -> None:
    assert dates.swapped(packed("1984-03-05"), packed("1984-05-03"))
    assert not dates.swapped(packed("1984-03-03"), packed("1984-03-03"))
    assert not dates.swapped(packed("1984-03-05"), packed("1985-05-03"))


def test_days_of_the_calendar_become_the_same_dates_as_their_texts() -> None:
    days = np.arange(np.datetime64("1899-12-25"), np.datetime64("1900-03-05")).astype(np.int64)
    texts = np.datetime_as_string(days.astype("datetime64[D]")).tolist()
    assert dates.from_days(days).tolist() == dates.parse(texts, True)


def test_day_that_cannot_exist_keeps_its_digits_and_has_no_number() -> None:
    assert dates.day_of(packed("1605-01-00")) == dates.NO_DAY
    assert dates.digits_apart(packed("1605-01-00"), packed("1605-01-01")) == 1
