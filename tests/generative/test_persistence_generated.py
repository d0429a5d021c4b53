"""Persistence and the regression guard against plain judges, over generated counts."""

from __future__ import annotations

import random
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.config.findings import RegressionRules
from totalplace.config.load import shipped
from totalplace.journeys.families.persistence import persistence, top_membership
from totalplace.journeys.families.regression import guard

RULES = RegressionRules.model_validate(shipped("findings")["regression"] | {"min_families": 2, "draws": 100})
PAIRS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=40)


def judged_top(values: list[int], share: float) -> list[float]:
    """Take units one value at a time from the highest until the places are used up."""
    left = share * sum(value > 0 for value in values)
    belongs = [0.0] * len(values)
    for value in sorted({value for value in values if value > 0}, reverse=True):
        same = [at for at, other in enumerate(values) if other == value]
        for at in same:
            belongs[at] = min(max(left / len(same), 0), 1)
        left -= len(same)
    return belongs


@settings(deadline=None)
@given(PAIRS, st.sampled_from([0.01, 0.05, 0.25, 0.5]))
def test_the_top_and_who_stays_in_it_are_those_of_the_plain_judge(pairs: list[tuple[int, int]], share: float) -> None:
    before, now = ([pair[k] for pair in pairs] for k in range(2))
    then, top = judged_top(before, share), judged_top(now, share)
    assert top_membership(np.array(now), share).tolist() == pytest.approx(top)
    wanted = sum(a * b for a, b in zip(then, top, strict=True)) / sum(top) if sum(top) else None
    found = persistence(np.array(before), np.array(now), share)
    assert found is None if wanted is None else found == pytest.approx(wanted)


def band(count: int) -> int:
    return max((start for start in RULES.bands if start <= count), default=-1)


@settings(deadline=None)
@given(PAIRS, PAIRS, st.randoms(use_true_random=False))
def test_the_claim_is_that_of_the_plain_judge_whatever_the_order(
    judged: list[tuple[int, int]], history: list[tuple[int, int]], chance: random.Random
) -> None:
    like = {band(b): [after for before, after in history if band(before) == band(b)] for b, _ in judged if b}
    kept = [(b, after) for b, after in judged if b and like[band(b)]]
    comparators = [b for b, _ in history if b and band(b) in {band(c) for c, _ in kept}]

    def made(pairs: list[tuple[int, int]], earlier: list[tuple[int, int]]) -> dict[str, object]:
        a, b = (np.array(part, np.int64) for part in (pairs, earlier))
        return guard(a[:, 0], a[:, 1], b[:, 0], b[:, 1], RULES).told()

    found = made(judged, history)
    assert (found["families"], found["comparators"]) == (len(kept), len(comparators))
    if len(comparators) >= RULES.min_families:
        assert found["expected"] == pytest.approx(mean(mean(like[band(b)]) for b, _ in kept))
        assert found["claim"] == pytest.approx(mean(after for _, after in kept) - float(str(found["expected"])))
    shuffled = made(chance.sample(judged, len(judged)), chance.sample(history, len(history)))
    assert shuffled == pytest.approx(found)
