"""Figures of many histories at once, made of tallies, each beside the plain measure of one history."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.journeys.families.concentration import gini, top_share
from totalplace.journeys.families.persistence import persistence
from totalplace.journeys.following.survival import reached, still_waiting
from totalplace.journeys.uncertainty.shapes import gini_of, kept_share, reached_by, top_share_of, waiting_on

MOST = 6
histories = st.lists(st.lists(st.tuples(st.integers(0, MOST), st.integers(0, 1)), max_size=12), min_size=1, max_size=4)
shares = st.sampled_from([0.01, 0.05, 0.25, 0.5])


def tallied(rows):
    """Return the keys of all pairs and how often each occurs in each history."""
    pairs = [(a, b) for a in range(MOST + 1) for b in range(MOST + 1)]
    values = np.array([[one.count(pair) for pair in pairs] for one in rows], float)
    return np.array([[0, a, b] for a, b in pairs], np.int64).T, values


def same(found, plain):
    assert found.tolist() == pytest.approx([np.nan if one is None else one for one in plain], nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(histories, st.integers(0, MOST))
def test_a_curve_of_tallies_is_the_curve_of_each_history(rows, day):
    days = [(np.array([a for a, _ in one], int), np.array([b == 1 for _, b in one], bool)) for one in rows]
    same(waiting_on(day)(*tallied(rows)), [still_waiting(*one, day) for one in days])
    shares_reached = [reached(*one, day) for one in days]
    same(reached_by(day)(*tallied(rows)), [None if one is None else one[0] for one in shares_reached])


@settings(max_examples=60, deadline=None)
@given(histories, shares)
def test_concentration_of_tallies_is_that_of_each_history(rows, share):
    units = [[a for a, _ in one] for one in rows]
    same(gini_of(*tallied(rows)), [gini(one) for one in units])
    same(top_share_of(share)(*tallied(rows)), [top_share(one, share) for one in units])


@settings(max_examples=60, deadline=None)
@given(histories, shares)
def test_persistence_of_tallies_is_that_of_each_history(rows, share):
    sides = [tuple(np.array([pair[k] for pair in one], int) for k in (0, 1)) for one in rows]
    same(kept_share(share)(*tallied(rows)), [persistence(*one, share) for one in sides])
