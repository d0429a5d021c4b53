"""What each threshold comes to, without labels, and which records never reach it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from totalplace.config.linkage import LinkageRules
from totalplace.config.load import load_rules
from totalplace.engine import LocalEngine
from totalplace.linkage import match_records, records_from_tables
from totalplace.linkage.model import Atom, Comparison, Field, Level, Model
from totalplace.linkage.score import BIT
from totalplace.linkage.thresholds import by_threshold, estimated_at

RULES: LinkageRules = load_rules()[0].linkage
WEIGHTS = np.array([9, 8, 2, 0, -3, -3], np.int64) * BIT
CHANCE = 1 / (1 + 2.0 ** -(WEIGHTS / BIT))


def test_precision_recall_and_f1_are_sums_of_posteriors_at_every_threshold() -> None:
    thresholds = np.array([-4, 0, 8, 10], np.int64) * BIT
    found = estimated_at(WEIGHTS, thresholds, 4.0, 0.0)[:, 0]
    for k, threshold in enumerate(thresholds):
        over = int(threshold) <= WEIGHTS
        right, made = CHANCE[over].sum(), over.sum()
        assert found[:, k] == pytest.approx([right / max(made, 1e-9), right / 4, 2 * right / (made + 4)])


def test_intervals_hold_the_estimate_and_widen_with_doubt_about_the_model() -> None:
    thresholds = np.array([-4, 0, 8], np.int64) * BIT
    sure, unsure = (estimated_at(WEIGHTS, thresholds, 4.0, spread) for spread in (0.0, 1.0))
    for found in (sure, unsure):
        assert (found[:, 1] <= found[:, 0]).all() and (found[:, 0] <= found[:, 2]).all()
    assert (unsure[:, 1] <= sure[:, 1]).all() and (unsure[1, 1] < sure[1, 1]).all()


def test_rows_go_from_the_floor_over_the_heaviest_link_and_count_links_and_records() -> None:
    rows = by_threshold(WEIGHTS, np.array([7, 20], np.int64) * BIT, -4 * BIT, 4.0, 0.5)
    assert [row["threshold_bits"] for row in rows][:: len(rows) - 1] == [-4.0, 9.0]
    told = {row["threshold_bits"]: (row["links"], row["unlinkable"]) for row in rows}
    assert told[-3.0] == (6, 0.0) and told[7.5] == (2, 0.5) and told[9.0] == (1, 0.5)


def names_model() -> Model:
    equal = ((Atom("exact", "name", "name"),),)
    levels = (Level("equal", equal, 0.9, 0.1), Level("else", (), 0.1, 0.9))
    return Model(
        (Field("name", "raw_text", ("name",)),), (Comparison("name", "name", levels),), ((),),
        prior=0.5, threshold=2.0,
    )  # fmt: skip


def test_a_record_that_says_nothing_cannot_be_linked_at_a_threshold_above_the_prior() -> None:
    table = pa.table({"id": ["1", "2", "3", "4"], "name": ["Ann", "Ann", "Cas", None]})
    rules = RULES.model_copy(update={"term_frequency": False})
    with LocalEngine(1) as engine:
        made = match_records(records_from_tables({"t": table}, "id").table, rules, engine, model=names_model())
    share = {row["threshold_bits"]: row["unlinkable"] for row in made.by_threshold}
    assert share[0.0] == 0.0 and share[0.5] == 0.25
