"""What the linkage leaves open, as it is shown: rounded and withheld as every other number."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from totalplace.config.load import load_rules
from totalplace.report.disclosure.conventions import convention_of
from totalplace.report.disclosure.doubt import thresholds_of, weights_of
from totalplace.report.disclosure.ranges import SAFE_RANGES

CONVENTION = convention_of(load_rules()[0].privacy)


def ranges(withheld: bool = False) -> pa.Table:
    row: dict[str, Any] = dict.fromkeys(SAFE_RANGES.names) | {"headline": "avoidable", "rule_id": "D1", "words": "w"}
    row |= {"unit": "people", "table": "duplicates", "row": "", "withheld": withheld}
    return pa.Table.from_pylist([row], schema=SAFE_RANGES)


def draws(**values: float) -> pa.Table:
    parts = {"draw_0": "draw 0", "low": "threshold 0.3", "high": "threshold 0.9"}
    rows = [{"headline": "avoidable", "partition_id": parts[name], "value": n} for name, n in values.items()]
    return pa.Table.from_pylist(rows)


def test_only_thresholds_are_taken_from_the_draws_and_each_is_rounded() -> None:
    found = thresholds_of(draws(draw_0=400.0, high=127.0, low=133.0), ranges(), CONVENTION).to_pylist()
    assert [(row["threshold"], row["shown"]) for row in found] == [(0.3, 135.0), (0.9, 125.0)]


@pytest.mark.parametrize("number", [0.0, 1.0, 9.0])
def test_a_small_number_at_a_threshold_is_not_told(number: float) -> None:
    (row,) = thresholds_of(draws(low=number), ranges(), CONVENTION).to_pylist()
    assert row["shown"] is None


def test_a_withheld_headline_has_no_thresholds() -> None:
    assert thresholds_of(draws(low=127.0), ranges(withheld=True), CONVENTION).num_rows == 0


def test_pairs_by_weight_are_rounded_and_few_are_withheld() -> None:
    bins = pa.table({"bits": [2, -4], "pairs": [9, 123], "expected": [9.0, 12.3]})
    assert weights_of(bins, CONVENTION).to_pylist() == [
        {"bits": -4, "pairs": 125.0, "right": 0.1},
        {"bits": 2, "pairs": None, "right": None},
    ]
