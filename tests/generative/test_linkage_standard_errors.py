"""Standard errors against the spread of what training finds in many tables drawn from one truth."""

from __future__ import annotations

import numpy as np
import pytest

from totalplace.config.load import load_rules
from totalplace.linkage import weights as w
from totalplace.linkage.compare import Patterns
from totalplace.linkage.standard_errors import error_of_matches, errors_of_m

RULES = load_rules()[0].linkage.training.model_copy(update={"smoothing_pairs": 0.0})
PURE = [np.array([1.0, 0.1, 0.9])] * 3, [np.array([1.0, 0.999, 0.001])] * 3
MIXED = [np.array([1.0, 0.1, 0.9])] * 3, [np.array([1.0, 0.9, 0.1])] * 3


def drawn(truth: tuple[w.Levels, w.Levels], pairs: int, share: float, seed: int) -> list[w.Session]:
    """Return a session of pairs, each comparison drawn on its own among matches and among others."""
    chance = np.random.default_rng(seed)
    match = chance.random(pairs) < share
    top = [np.where(match, truth[0][c][-1], truth[1][c][-1]) for c in range(3)]
    levels = np.stack([1 + (chance.random(pairs) < t) for t in top], axis=1).astype(np.int8)
    distinct, counts = np.unique(levels, axis=0, return_counts=True)
    return [w.Session(("town",), Patterns(distinct, counts, pairs), pairs, np.zeros(3, bool))]


@pytest.mark.parametrize("truth", [PURE, MIXED], ids=["told apart", "doubtful"])
def test_errors_are_the_spread_of_m_over_many_tables(truth: tuple[w.Levels, w.Levels]) -> None:
    tops, errors = [], []
    for seed in range(60):
        sessions = drawn(truth, 4000, 0.3, seed)
        found = w.fit(sessions, [m.copy() for m in truth[0]], truth[1], RULES)
        tops.append([m[-1] for m in found.m])
        errors.append([e[-1] for e in errors_of_m(sessions, found)])
    ratio = np.mean(errors) / np.std(tops, axis=0).mean()
    assert 0.6 < ratio < 1.4


def test_doubtful_pairs_widen_the_error() -> None:
    sure, doubtful = (
        errors_of_m(sessions, w.fit(sessions, truth[0], truth[1], RULES))[0][-1]
        for truth in (PURE, MIXED)
        for sessions in [drawn(truth, 4000, 0.3, 1)]
    )
    assert sure < doubtful


def test_a_comparison_that_every_session_holds_has_no_error() -> None:
    (session,) = drawn(PURE, 400, 0.3, 1)
    held = w.Session(session.rule, session.patterns, session.pairs, np.array([True, False, False]))
    errors = errors_of_m([held], w.fit([held], PURE[0], PURE[1], RULES))
    assert np.isnan(errors[0]).all() and not np.isnan(errors[1][1:]).any()


def test_the_error_of_the_matches_is_that_of_a_weighted_mean_and_needs_two_sessions() -> None:
    assert error_of_matches(np.array([90.0, 110.0]), np.array([1.0, 1.0])) == pytest.approx(10.0)
    assert error_of_matches(np.array([90.0, np.nan]), np.array([1.0, 1.0])) is None
