"""A pair explained: the steps add up to the weight that linking gives it, and rules say why a pair was not compared."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from totalplace import linkage
from totalplace.config import load_project
from totalplace.engine import LocalEngine
from totalplace.errors import ConfigError
from totalplace.linkage.model import Atom, Comparison, Field, Level, Model
from totalplace.pipeline.explaining.pair import explanation_lines, waterfall
from totalplace.tables import AGENCY

WORDS = ["anna", "anne", "anna", "bert", None, "anna"]
TOWNS = ["york", "york", "hull", "hull", "york", "york"]
RECORDS = pa.table({"word": WORDS, "town": TOWNS, AGENCY: ["x"] * 6})


def model(**more: float) -> Model:
    equal, near = ((Atom("exact", "word", "word"),),), ((Atom("levenshtein", "word", "word", 1.0),),)
    word = (Level("equal", equal, 0.8, 0.1, tf_share=1.0), Level("near", near, 0.1, 0.1), Level("else", (), 0.1, 0.8))
    town = (Level("equal", ((Atom("exact", "town", "town"),),), 0.9, 0.5), Level("else", (), 0.1, 0.5))
    fields = (Field("town", "raw_text", ("town",)), Field("word", "raw_text", ("word",)))
    return Model(fields, (Comparison("word", "word", word), Comparison("town", "town", town)), (("town",),), **more)


@cache
def explained(left: int, right: int) -> linkage.Explanation:
    rules = load_project(Path("/")).rules.linkage
    with LocalEngine(1) as engine:
        return linkage.explain_pair(
            RECORDS, left, right, model(prior=0.2, threshold=1.0), rules, engine, link_type="dedupe_only"
        )


def test_the_steps_add_up_to_the_weight() -> None:
    found = explained(0, 5)
    assert found.steps[-1].total == pytest.approx(found.weight, abs=1e-6)
    assert found.prior + sum(step.weight for step in found.steps) == pytest.approx(found.weight, abs=1e-6)


def test_a_common_value_adds_less_by_its_frequency() -> None:
    step = explained(0, 5).steps[0]
    assert (step.level, step.m, step.u) == ("equal", 0.8, 0.1)
    assert step.frequency == pytest.approx(-2.5850, abs=1e-4)  # log2(0.1 / (3 of 5))


def test_the_order_of_the_two_records_does_not_matter() -> None:
    assert explained(5, 0) == explained(0, 5)


def test_a_missing_value_weighs_nothing() -> None:
    step = explained(0, 4).steps[0]
    assert (step.level, step.m, step.weight) == ("missing", None, 0.0)


def test_a_pair_that_no_rule_compares_says_which_column_differs() -> None:
    found = explained(0, 2)
    assert not found.compared
    assert [(rule.answer, rule.differs) for rule in found.rules] == [("different values", ("town",))]
    assert "No rule compares this pair: linking never weighs it." in explanation_lines(found)


def test_lines_and_picture_hold_no_value() -> None:
    found = explained(0, 1)
    shown = "\n".join(explanation_lines(found)) + waterfall(found)
    assert "near" in shown and not any(value in shown for value in ("anna", "anne", "york"))


def test_a_model_that_is_not_trained_is_refused() -> None:
    rules = load_project(Path("/")).rules.linkage
    with LocalEngine(1) as engine, pytest.raises(ConfigError, match="TP346"):
        linkage.explain_pair(RECORDS, 0, 1, model(), rules, engine, link_type="dedupe_only")
