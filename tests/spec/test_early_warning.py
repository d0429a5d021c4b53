"""FAM5: could high demand have been told ahead? A list is judged on later time, beside the plainest list there is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.config.findings import EarlyWarningRules
from totalplace.config.load import shipped
from totalplace.journeys.families.early_warning import (
    NO_GAIN,
    NOT_SURE,
    chances,
    fit_weights,
    judge_list,
    precision_of_list,
)

RULES = EarlyWarningRules.model_validate(shipped("findings")["early_warning"])


def test_eighteen_right_of_fifty_is_withheld() -> None:
    score, happened = np.arange(200.0), np.zeros(200, bool)
    happened[-18:] = True
    found = judge_list(score, np.zeros(200), happened, RULES)
    assert (found["precision"], found["recall"]) == (0.36, 1)
    assert (found["low"], found["high"]) == (pytest.approx(0.241, abs=5e-4), pytest.approx(0.499, abs=5e-4))
    assert found["withheld"] == NOT_SURE


def test_a_list_no_better_than_last_counts_is_withheld_however_right_it_is() -> None:
    score, happened = np.arange(200.0), np.arange(200) >= 150
    assert judge_list(score, score, happened, RULES)["withheld"] == NO_GAIN
    assert judge_list(score, -score, happened, RULES)["withheld"] == ""


def test_families_of_one_score_stand_on_the_list_in_part_whatever_their_order() -> None:
    assert precision_of_list(np.array([3.0, 1.0, 1.0]), np.array([1, 1, 0]), 2) == (1.5, 2)
    assert precision_of_list(np.array([1.0, 1.0, 3.0]), np.array([0, 1, 1]), 2) == (1.5, 2)


def test_calibration_stands_by_tenth_from_the_least_likely_up() -> None:
    score, happened = np.repeat([0.1, 0.9], 100), np.repeat([False, True], 100)
    tenths = judge_list(score, score, happened, RULES)["calibration"]
    assert (tenths[0], tenths[-1]) == ({"chance": 0.1, "happened": 0.0}, {"chance": 0.9, "happened": 1.0})


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=5, max_size=60))
def test_fitted_chances_sum_to_what_happened_and_no_small_step_is_likelier(rows: list[tuple[int, bool]]) -> None:
    signals, happened = np.array([[a] for a, _ in rows], float), np.array([b for _, b in rows])

    def likelihood(weights: np.ndarray) -> float:
        likely = np.clip(chances(signals, weights), 1e-12, 1 - 1e-12)
        return float(np.log(np.where(happened, likely, 1 - likely)).sum() - weights[1:] @ weights[1:] / 2)

    weights = fit_weights(signals, happened)
    if happened.any() and not happened.all():
        assert chances(signals, weights).sum() == pytest.approx(happened.sum(), abs=1e-4)
        for step in (np.array([0.01, 0]), np.array([0, 0.01])):
            assert likelihood(weights) >= max(likelihood(weights + step), likelihood(weights - step)) - 1e-9
