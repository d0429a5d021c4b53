"""Differences of two released headlines: their span, and rates of places of unlike size."""

from __future__ import annotations

from math import exp, sqrt
from pathlib import Path
from typing import Any

import pytest

from totalplace.config import load_rules
from totalplace.pipeline.comparing.runs import _difference
from totalplace.pipeline.finished import Finished

RUN = Finished(Path(), {}, load_rules()[0])
Z = 1.959963984540054


def head(shown: float | None, low: float = 0.0, high: float = 0.0) -> dict[str, Any]:
    names = {"headline": "avoidable", "rule_id": "D1", "words": "avoidable assessments"}
    return names | {"shown": shown, "low": low, "high": high}


def test_the_far_ends_of_both_intervals_and_the_rounding_make_the_span() -> None:
    row = _difference(head(100, 95, 110), head(140, 130, 150), (RUN, RUN), False, (None, None))
    assert (row["difference"], row["low"], row["high"], row["stands"]) == (40, 130 - 110 - 5, 150 - 95 + 5, True)


def test_a_withheld_side_leaves_the_difference_untold() -> None:
    row = _difference(head(100, 95, 110), head(None), (RUN, RUN), True, (500, 500))
    assert (row["second"], row["difference"], row["ratio"], row["stands"]) == (None, None, None, None)


def test_between_other_people_chance_widens_the_span() -> None:
    row = _difference(head(100, 100, 100), head(120, 120, 120), (RUN, RUN), True, (None, None))
    assert row["low"] == round(20 - 5 - Z * sqrt(220)) and not row["stands"]


def test_places_of_unlike_size_are_compared_by_rates() -> None:
    row = _difference(head(100, 100, 100), head(400, 400, 400), (RUN, RUN), True, (1000, 2000))
    assert (row["per_1000_first"], row["per_1000_second"], row["ratio"]) == (100.0, 200.0, 2.0)
    assert row["ratio_low"] == pytest.approx(2 / exp(Z * sqrt(1 / 100 + 1 / 400)), abs=0.005) and row["stands"]


def test_a_larger_place_with_the_same_rate_is_no_difference() -> None:
    row = _difference(head(100, 100, 100), head(200, 200, 200), (RUN, RUN), True, (1000, 2000))
    assert row["difference"] == 100 and row["ratio"] == 1.0 and not row["stands"]
