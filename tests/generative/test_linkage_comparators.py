"""The kernel's comparators against plain judges, for any text."""

from __future__ import annotations

import datetime

import jellyfish
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.linkage import dates, fold, strings


def told_apart(text: str) -> bool:
    """Jellyfish counts what a reader sees as one letter, the kernel code points; they differ where marks combine."""
    return jellyfish.levenshtein_distance(text, "") == len(text)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=24).filter(told_apart)
NEAR = st.text("abcdé ", max_size=9)
LONG = st.text("abc", min_size=60, max_size=200)
WORDS = st.one_of(NAMES, NEAR, LONG, st.just(""))


def places(a: str, b: str) -> tuple[np.ndarray, np.ndarray]:
    return fold.characters(pa.array([a, b]))


def ends(place: np.ndarray) -> tuple[int, int, int, int]:
    return int(place[0, 0]), int(place[0, 1]), int(place[1, 0]), int(place[1, 1])


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS)
def test_jaro_winkler_is_jellyfishs(a: str, b: str) -> None:
    chars, place = places(a, b)
    assert strings.jaro_winkler(chars, *ends(place), 0.0) == pytest.approx(
        jellyfish.jaro_winkler_similarity(a, b), abs=1e-12
    )


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS, st.sampled_from((0.5, 0.7, 0.8, 0.85, 0.88, 0.92, 1.0)))
def test_jaro_winkler_is_given_up_under_its_floor_alone(a: str, b: str, floor: float) -> None:
    chars, place = places(a, b)
    whole, early = (strings.jaro_winkler(chars, *ends(place), least) for least in (0.0, floor))
    assert early == whole if whole >= floor else early < floor


@settings(max_examples=300, deadline=None)
@given(WORDS, WORDS)
def test_jaro_winkler_never_passes_its_bound(a: str, b: str) -> None:
    chars, place = places(a, b)
    bound = strings.jaro_winkler_bound(*(value for column in (1, 2, 3) for value in place[:, column]))
    assert strings.jaro_winkler(chars, *ends(place), 0.0) <= bound + strings.SAFE


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS, st.integers(0, 12))
def test_levenshtein_is_jellyfishs_up_to_its_limit(a: str, b: str, most: int) -> None:
    chars, place = places(a, b)
    assert strings.levenshtein(chars, *ends(place), most) == min(jellyfish.levenshtein_distance(a, b), most + 1)


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS, st.integers(0, 12))
def test_damerau_is_jellyfishs_up_to_its_limit(a: str, b: str, most: int) -> None:
    chars, place = places(a, b)
    assert strings.damerau(chars, *ends(place), most) == min(jellyfish.damerau_levenshtein_distance(a, b), most + 1)


@settings(max_examples=200, deadline=None)
@given(NEAR, NEAR)
def test_starts_with_is_pythons(a: str, b: str) -> None:
    chars, place = places(a, b)
    assert strings.starts_with(chars, *ends(place)) == bool(a and b and (a.startswith(b) or b.startswith(a)))


@settings(max_examples=300, deadline=None)
@given(st.dates(datetime.date(1, 1, 1)), st.dates(datetime.date(1, 1, 1)))
def test_digits_apart_counts_changed_digits(a: datetime.date, b: datetime.date) -> None:
    x, y = a.strftime("%Y%m%d").zfill(8), b.strftime("%Y%m%d").zfill(8)
    wrong = [k for k in range(8) if x[k] != y[k]]
    turned = len(wrong) == 2 and wrong[1] == wrong[0] + 1 and x[wrong[0]] == y[wrong[1]] and x[wrong[1]] == y[wrong[0]]
    p, q = (dates.parse([d.isoformat()], True)[0] for d in (a, b))
    assert dates.digits_apart(p, q) == (1 if turned else len(wrong))
    assert dates.day_of(p) - dates.day_of(q) == (a - b).days
