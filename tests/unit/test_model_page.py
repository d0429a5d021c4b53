"""A model's page: levels with what they may be off by, curves with the threshold used, nothing from outside."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from totalplace.linkage.model import Atom, Comparison, Field, Level, Model
from totalplace.pipeline.model_pictures.page import model_page
from totalplace.pipeline.model_pictures.weights import weight_and_ends, weights_chart

EQUAL = ((Atom("exact", "a", "a"),),)
LEVELS = (Level("<equal>", EQUAL, 0.8, 0.1, m_error=0.05), Level("else", (), 0.2, 0.8, m_error=0.15))
MODEL = Model((Field("a", "raw_text", ("a",)),), (Comparison("word", "a", LEVELS),), (("a",),), prior=0.1)


def quality(chosen: float) -> dict[str, Any]:
    """Return what linking says, with a row for each of eleven thresholds."""
    rows = [
        {"threshold_bits": k - 5.0, "links": 100 - k, "precision": [0.9, 0.8, 0.95], "recall": [0.8, 0.7, 0.9],
         "f1": [0.85, 0.8, 0.9], "unlinkable": k / 100}
        for k in range(11)
    ]  # fmt: skip
    ends = {"estimate": 0.9, "low": 0.8, "high": 0.95}
    return {"by_threshold": rows, "threshold_bits": chosen, "estimated_precision": ends, "estimated_recall": ends}


def test_ends_of_a_weight_are_those_of_m_and_the_lower_is_open_where_m_may_be_nought() -> None:
    assert weight_and_ends(LEVELS[0]) == pytest.approx((3.0, 2.807355, 3.169925))
    weight, low, high = weight_and_ends(LEVELS[1])
    assert (weight, low) == (-2.0, None) and high == pytest.approx(-0.678072)
    assert weight_and_ends(replace(LEVELS[0], m_error=None)) == (3.0, None, None)


def test_levels_stand_with_weight_m_u_and_what_they_may_be_off_by() -> None:
    page = model_page(MODEL, None)
    for told in ("&lt;equal&gt;", "+3.00 bits (+2.81 to +3.17)", "-2.00 bits (up to -0.68)", "m 0.8 ± 0.1, u 0.1"):
        assert told in page


def test_the_weights_alone_have_a_whisker_for_each_standard_error() -> None:
    assert weights_chart(MODEL).count("<path") == 2
    bare = replace(MODEL.comparisons[0], levels=tuple(replace(level, m_error=None) for level in LEVELS))
    assert "<path" not in weights_chart(replace(MODEL, comparisons=(bare,)))


@pytest.mark.parametrize(("chosen", "place"), [(-5.0, 0.0), (0.0, 500.0), (5.0, 1000.0)])
def test_both_plots_mark_the_threshold_where_it_lies(chosen: float, place: float) -> None:
    page = model_page(MODEL, quality(chosen))
    assert page.count(f"threshold {chosen:.2f} bits") == 2
    assert page.count(f'M{place:.1f} 0V1000" stroke="var(--ink)"') == 2


def test_the_page_says_in_words_what_the_threshold_comes_to_and_lists_every_row() -> None:
    page = model_page(MODEL, quality(0.4))
    assert "estimated precision 0.900 (0.800 to 0.950)" in page and "5.0% of the records" in page
    assert page.count('<th scope="row">') == 11


def test_without_figures_of_a_linkage_the_page_says_where_they_would_come_from() -> None:
    page = model_page(MODEL, None)
    assert "quality.json" in page and "Every threshold" not in page


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = model_page(MODEL, quality(0.0))
    assert not re.search(r"<script|<link|\bsrc=|href|url\(|@import|http:|https:", page)
    assert "default-src 'none'" in page
