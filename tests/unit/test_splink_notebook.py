"""The notebook door with a model that Splink saved."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import totalplace
from totalplace.errors import UsageError
from totalplace.linkage import SplinkSettings, read_splink

SIDED = "levenshtein(word_l, other_r) <= 0"
WORDS = pd.DataFrame({"key": [2, 10, 3], "word": ["a", "b", "c"], "other": ["x", "a", "b"], "town": ["t"] * 3})


def settings(condition: str) -> SplinkSettings:
    """Return a model in which one level decides."""
    level = {"sql_condition": condition, "m_probability": 0.99, "u_probability": 0.0001}
    otherwise = {"sql_condition": "ELSE", "m_probability": 0.01, "u_probability": 0.9999}
    one = {"output_column_name": "word", "comparison_levels": [level, otherwise]}
    rules = ["l.town = r.town"]
    whole = {"link_type": "dedupe_only", "unique_id_column_name": "key", "comparisons": [one]}
    whole |= {"probability_two_random_records_match": 0.1, "blocking_rules_to_generate_predictions": rules}
    return read_splink(json.dumps(whole))


def test_the_record_of_the_lower_id_is_the_left_one() -> None:
    persons = totalplace.link({"words": WORDS}, model=settings(SIDED))
    # 2 before 10 as numbers: its word is the other's `other`; 10 is no left record to 3
    assert persons.groupby("cluster_id")["unique_id"].apply(sorted).tolist() in (
        [["10", "2"], ["3"]],
        [["3"], ["10", "2"]],
    )


def test_without_a_model_of_splink_the_id_column_must_be_named() -> None:
    with pytest.raises(UsageError, match="TP101"):
        totalplace.link({"words": WORDS})
