"""Columns that are put together from others are no evidence of their own, whatever they are called."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totalplace.config.load import load_rules
from totalplace.linkage.auto import auto_model

RULES = load_rules()[0].linkage
FIRST = [f"{a}{b}" for a in ("Ann", "Ben", "Carl", "Dora", "Eve") for b in ("a", "ette", "is", "old", "wyn", "ric")]
LAST = [f"{b}{a}" for a in ("son", "ley", "ton", "ford", "wick") for b in ("Har", "Bur", "Wil", "Mel", "Tor", "Ash")]


def compared(**columns: list[str]) -> set[str]:
    return {c.name for c in auto_model(pa.table(columns), RULES).comparisons}


def test_a_name_beside_its_parts_is_left_out_in_any_order_of_words() -> None:
    whole = [f"{b.upper()}, {a}" for a, b in zip(FIRST, LAST, strict=True)]
    assert compared(f1=FIRST, f2=LAST, f3=whole) == {"f1", "f2"}


def test_a_longer_name_with_a_word_between_repeats_both_that_are_shorter() -> None:
    whole = [f"{a} X{a} {b}" for a, b in zip(FIRST, LAST, strict=True)]
    short = [f"{a} {b}" for a, b in zip(FIRST, LAST, strict=True)]
    assert compared(f1=FIRST, f2=LAST, f3=whole, f4=short) == {"f1", "f2"}


@pytest.mark.parametrize("other", [LAST[1:] + LAST[:1], [b + "x" for b in LAST]])
def test_a_text_that_says_something_else_stays(other: list[str]) -> None:
    whole = [f"{a} {b}" for a, b in zip(FIRST, other, strict=True)]
    assert compared(f1=FIRST, f2=LAST, f3=whole) == {"f1", "f2", "f3"}


def test_parts_stay_where_the_whole_adds_nothing_and_a_few_rows_differ() -> None:
    whole = [f"{a} {b}" for a, b in zip(FIRST, LAST, strict=True)]
    whole[3] = "Quill Feather"
    assert compared(f1=FIRST, f2=LAST, f3=whole) == {"f1", "f2"}


def test_nothing_is_said_of_a_column_with_few_values() -> None:
    whole = [f"{a} {b}" for a, b in zip(FIRST, LAST, strict=True)]
    assert "f3" in compared(f1=FIRST[:9], f2=LAST[:9], f3=whole[:9])
