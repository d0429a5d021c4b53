"""Precision and recall without labels: the model's word in the middle, and how far it may be off around it."""

from __future__ import annotations

import numpy as np
import pytest

from totalplace.linkage.quality import estimates
from totalplace.linkage.score import BIT

WEIGHTS = np.array([8, 8, 8, 0, -3, -3], np.int64) * BIT
THRESHOLD = 1  # the least weight over nought


def test_the_centre_is_the_sum_of_posteriors() -> None:
    precision, recall = estimates(WEIGHTS, THRESHOLD, 0.0, 0.0)
    right, kept = 3 * 256 / 257, 3 * 256 / 257 + 1 / 2 + 2 / 9
    assert precision["estimate"] == pytest.approx(right / 3, abs=1e-5)
    assert recall["estimate"] == pytest.approx(right / kept, abs=1e-5)


def test_a_model_that_may_be_off_has_a_wider_interval_but_the_same_centre() -> None:
    sure, unsure = (estimates(WEIGHTS, THRESHOLD, 0.0, spread)[1] for spread in (0.0, 1.0))
    assert sure["estimate"] == unsure["estimate"]
    assert unsure["low"] < sure["low"] < sure["high"] < unsure["high"]


def test_matches_that_were_never_kept_lower_recall_alone() -> None:
    (precision, recall), (other, lower) = (estimates(WEIGHTS, THRESHOLD, matches, 0.5) for matches in (0.0, 8.0))
    assert precision == other
    assert lower["estimate"] < recall["estimate"]


def test_where_nothing_is_linked_nothing_is_found() -> None:
    precision, recall = estimates(WEIGHTS[3:], THRESHOLD, 1.0, 0.5)
    assert (precision["estimate"], recall["estimate"]) == (0.0, 0.0)
