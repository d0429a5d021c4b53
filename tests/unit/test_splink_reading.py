"""Splink's settings as a model: what conditions become, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from totalplace.errors import ConfigError
from totalplace.linkage import read_splink
from totalplace.linkage.model import Atom, Comparison
from totalplace.linkage.splink.reading import SplinkSettings
from totalplace.linkage.splink.sql import UnsupportedSQLError, check_expression

NULL = {"sql_condition": '"a_l" IS NULL OR "a_r" IS NULL', "label_for_charts": "missing", "is_null_level": True}


def read(*levels: dict[str, Any], rules: tuple[Any, ...] = ('l."a" = r."a"',), **settings: Any) -> SplinkSettings:
    last = {"sql_condition": "ELSE", "label_for_charts": "else", "m_probability": 0.1, "u_probability": 0.9}
    comparison = {"output_column_name": "word", "comparison_levels": [*levels, last]}
    whole = {"link_type": "dedupe_only", "comparisons": [comparison], **settings}
    whole["blocking_rules_to_generate_predictions"] = list(rules)
    return read_splink(json.dumps(whole))


def level(condition: str, **more: Any) -> dict[str, Any]:
    chances = {"m_probability": 0.9, "u_probability": 0.1}
    return {"sql_condition": condition, "label_for_charts": "one", **chances, **more}


def comparison_of(condition: str) -> Comparison:
    return read(NULL, level(condition)).model.comparisons[0]


def asked_by(condition: str) -> tuple[tuple[Atom, ...], ...]:
    return comparison_of(condition).levels[0].any_of


@pytest.mark.parametrize(
    ("condition", "operation", "limit", "negated"),
    [
        ('"a_l" = "a_r"', "exact", 0.0, False),
        ("a_r = a_l", "exact", 0.0, False),
        ("a_l <> a_r", "exact", 0.0, True),
        ("NOT (a_l = a_r)", "exact", 0.0, True),
        ("levenshtein(a_l, a_r) <= 2", "levenshtein", 2.0, False),
        ("levenshtein(a_l, a_r) < 2", "levenshtein", 1.0, False),
        ("2 >= damerau_levenshtein(a_l, a_r)", "damerau", 2.0, False),
        ("levenshtein(a_l, a_r) > 2", "levenshtein", 2.0, True),
        ("levenshtein(a_l, a_r) >= 2", "levenshtein", 1.0, True),
        ("jaro_winkler_similarity(a_l, a_r) >= 0.9", "jaro_winkler", 0.9, False),
        ("jaro_winkler_similarity(a_l, a_r) < 0.9", "jaro_winkler", 0.9, True),
    ],
)
def test_a_condition_on_one_column_is_one_test(condition: str, operation: str, limit: float, negated: bool) -> None:
    assert asked_by(condition) == ((Atom(operation, "a", "a", limit, negated),),)


@pytest.mark.parametrize(
    ("condition", "limit"),
    [("ABS(a_l - a_r) <= 3", 3.0), ("ABS(a_l - a_r) < 3", 2.999), ("abs(epoch(a_l) - epoch(a_r)) <= 86400", 86400.0)],
)
def test_a_difference_is_a_distance_of_numbers(condition: str, limit: float) -> None:
    ((test,),) = asked_by(condition)
    assert (test.operation, test.limit) == ("number", limit)


def test_and_or_and_not_are_taken_apart() -> None:
    found = asked_by("(a_l = a_r AND b_l = b_r) OR NOT (a_l = a_r OR b_l = b_r)")
    both = (Atom("exact", "a", "a"), Atom("exact", "b", "b"))
    neither = (Atom("exact", "a", "a", negated=True), Atom("exact", "b", "b", negated=True))
    assert set(found) == {both, neither}


def test_what_is_asked_of_one_record_is_an_expression_over_its_columns() -> None:
    model = read(NULL, level("lower(substr(a_l, 1, 3)) = lower(substr(a_r, 1, 3))")).model
    ((test,),) = model.comparisons[0].levels[0].any_of
    made = {field.name: field for field in model.fields}[test.left]
    assert (test.left, made.sql, made.columns) == (test.right, 'LOWER(SUBSTRING("a", 1, 3))', ("a",))


def test_missing_on_either_side_is_the_column_that_decides() -> None:
    assert comparison_of("a_l = a_r").column == "a"


def test_values_of_two_columns_that_are_crossed_share_their_codes() -> None:
    model = read(NULL, level("a_l = b_r AND b_l = a_r")).model
    assert {field.name: field.kind for field in model.fields} == {"a": "raw_name", "b": "raw_name"}


def test_a_condition_that_knows_left_from_right_is_told() -> None:
    assert read(NULL, level("a_l = b_r")).sided
    assert not read(NULL, level("a_l = b_r AND b_l = a_r")).sided


def test_a_rule_with_or_becomes_two_rules() -> None:
    assert read(NULL, rules=("l.a = r.a OR (l.b = r.b AND l.c = r.c)",)).model.rules == (("a",), ("b", "c"))


def test_rules_of_splink_4_are_read_with_their_dialect() -> None:
    rule = {"blocking_rule": "l.`a` = r.`a`", "sql_dialect": "spark"}
    assert read(NULL, rules=(rule,)).model.rules == (("a",),)


def test_levels_that_training_never_saw_have_the_values_of_splink() -> None:
    never = level("a_l = a_r", m_probability="level not observed in training dataset")
    assert read(NULL, never).model.comparisons[0].levels[0].m == 1e-6
    bare = {"sql_condition": "a_l = a_r"}
    assert read(NULL, bare).model.comparisons[0].levels[0].m == 0.95


def test_term_frequencies_are_set_against_the_exact_level() -> None:
    near = level(
        "levenshtein(a_l, a_r) <= 1", tf_adjustment_column="a", tf_adjustment_weight=0.3, tf_minimum_u_value=0.01
    )
    found = read(NULL, level("a_l = a_r", u_probability=0.2), near).model.comparisons[0].levels[1]
    assert (found.tf_share, found.tf_u, found.tf_floor) == (0.3, 0.2, 0.01)


@pytest.mark.parametrize(
    "condition",
    [
        "jaccard(a_l, a_r) >= 0.9",
        "array_length(list_intersect(a_l, a_r)) >= 1",
        "hamming(a_l, a_r) < 2",
        "a_l < a_r",
        "getenv(a_l) = getenv(a_r)",
        "(SELECT max(x) FROM read_csv('f')) = a_l AND a_r = a_l",
        "levenshtein(a_l, a_r) <= length(a_l)",
        "1 = 1",
        "surname = a_r",
        "levenshtein(a_l",
    ],
)
def test_what_cannot_be_expressed_is_refused_by_comparison_and_level(condition: str) -> None:
    with pytest.raises(ConfigError, match="TP342") as refused:
        read(NULL, level(condition))
    assert "comparison 'word', level 'one'" in str(refused.value)


@pytest.mark.parametrize(
    "rule",
    [
        "l.a = r.b",
        "l.a = r.a AND levenshtein(l.b, r.b) < 2",
        {"blocking_rule": "l.a = r.a", "arrays_to_explode": ["a"]},
    ],
)
def test_a_rule_that_is_no_equality_is_refused_by_number(rule: Any) -> None:
    with pytest.raises(ConfigError, match="TP342") as refused:
        read(NULL, rules=("l.b = r.b", rule))
    assert "blocking rule 2" in str(refused.value)


def test_a_term_frequency_without_an_exact_level_is_refused() -> None:
    with pytest.raises(ConfigError, match="no level is an exact match"):
        read(NULL, level("levenshtein(a_l, a_r) <= 1", tf_adjustment_column="a"))


@pytest.mark.parametrize(
    "text",
    ["{", "{}", '{"comparisons": [{}], "link_type": "other"}', '{"comparisons": [{}], "link_type": "link_only"}'],
)
def test_what_is_no_model_of_splink_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="TP341"):
        read_splink(text)


@pytest.mark.parametrize("sql", ["read_text('f')", "(SELECT 1)", "random()", "a; DROP TABLE b"])
def test_an_expression_cannot_reach_beyond_its_record(sql: str) -> None:
    with pytest.raises(UnsupportedSQLError):
        check_expression(sql)
