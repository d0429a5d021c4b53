"""Values packed into one number each, and what hangs on another column's codes, against plain judges."""

from __future__ import annotations

import datetime

import jellyfish
import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.engine import LocalEngine
from totalplace.linkage import encode
from totalplace.linkage.encoded import Column, Pool, Records
from totalplace.linkage.model import Atom, Comparison, Level
from totalplace.linkage.packed import characters_apart, edits_apart, packed

ENGINE = LocalEngine(2)
SHORT = st.integers(1, 16).flatmap(lambda n: st.tuples(*[st.text("0123456789-AB", min_size=n, max_size=n)] * 2))


@settings(max_examples=400, deadline=None)
@given(SHORT)
def test_packed_values_are_within_one_edit_where_jellyfish_says_so(pair: tuple[str, str]) -> None:
    words = packed(pa.array(pair))
    assert words is not None
    assert (characters_apart(*words) <= 1) == (jellyfish.levenshtein_distance(*pair) <= 1)
    assert (edits_apart(*words) <= 1) == (jellyfish.damerau_levenshtein_distance(*pair) <= 1)


def test_values_of_several_lengths_or_many_letters_or_none_are_not_packed() -> None:
    for texts in (["12", "123"], ["abcdefgh", "ijklmnop", "qrstuvwx"], ["é1"], [""], ["1" * 17], []):
        assert packed(pa.array(texts, pa.string())) is None


def test_a_slice_of_values_is_packed_like_the_values_alone() -> None:
    texts = pa.array(["2009-12-31", "1984-03-21", "1984-12-03"])
    alone, cut = packed(pa.array(texts.to_pylist()[1:])), packed(texts.slice(1))
    assert alone is not None and cut is not None
    assert characters_apart(*alone) == characters_apart(*cut)


DAYS = st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=20)


def of_days(days: list[int | None], told: list[int | None]) -> Records:
    """Return records with the text of a day, and for it a number, which is the day's unless `told` says otherwise."""
    none = np.full(len(days), -1, np.int32)
    codes = np.array([-1 if day is None else day for day in days], np.int32)
    texts = pa.array([(datetime.date(2009, 1, 1) + datetime.timedelta(days=k)).isoformat() for k in range(10)])
    other = np.array([-1 if day is None else 9 - day for day in told], np.int32)
    numbers = Pool(10, numbers=np.arange(9, -1, -1) * 86_400)
    columns = {"day": Column(codes, Pool(10, text=texts)), "seconds": Column(other, numbers)}
    return Records(none, ("a",), none, columns)


ASKED = Comparison(
    "day",
    "day",
    (
        Level("edit", ((Atom("levenshtein", "day", "day", 1.0),),)),
        Level("near", ((Atom("number", "seconds", "seconds", 86.4),),)),
        Level("else", ()),
    ),
)


@settings(max_examples=200, deadline=None)
@given(DAYS)
def test_numbers_on_the_codes_of_their_text_stay_the_numbers_of_their_records(days: list[int | None]) -> None:
    before = of_days(days, days)
    after = encode.share_codes(before, [ASKED], ENGINE)
    assert after.columns["seconds"].codes is after.columns["day"].codes
    for row, day in enumerate(days):
        if day is not None:
            column = after.columns["seconds"]
            assert column.pool.numbers is not None
            assert column.pool.numbers[column.codes[row]] == day * 86_400


def test_numbers_that_their_text_does_not_decide_keep_their_own_codes() -> None:
    for days, told in (([1, 1], [1, 2]), ([1, 2], [1, None]), ([None, 2], [1, 2])):
        records = of_days(days, told)
        assert encode.share_codes(records, [ASKED], ENGINE).columns["seconds"] is records.columns["seconds"]
