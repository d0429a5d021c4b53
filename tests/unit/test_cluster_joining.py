"""Clusters: joining strongest first, hard constraints, weak bridges, one-to-one."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from totalplace.config import load_rules
from totalplace.errors import ConfigError
from totalplace.linkage.clusters.cluster import CERTAIN, Clusters, cluster_records

BIT = 1 << 24
RULES = load_rules()[0].linkage.cluster
TRIANGLES = [(0, 1, 9.0), (1, 2, 9.0), (0, 2, 9.0), (3, 4, 9.0), (4, 5, 9.0), (3, 5, 9.0)]


def cluster(
    records: int,
    links: Sequence[tuple[int, int, float]],
    threshold: float = 0.0,
    same: Sequence[int] | None = None,
    conflicts: Sequence[Sequence[int]] = (),
    rules: Any = RULES,
    **options: Any,
) -> Clusters:
    left, right, bits = (np.array([link[k] for link in links]) for k in range(3))
    group = np.full(records, -1, np.int32) if same is None else np.array(same, np.int32)
    codes = [np.array(code, np.int32) for code in conflicts]
    weight = np.round(bits * BIT).astype(np.int64)
    ends = left.astype(np.int32), right.astype(np.int32)
    return cluster_records(records, *ends, weight, group, codes, round(threshold * BIT), rules, **options)


def test_cluster_leaves_records_without_a_link_alone() -> None:
    found = cluster(3, [])
    assert found.label.tolist() == [0, 1, 2]
    assert (found.weakest == CERTAIN).all()
    assert found.quality.num_rows == 0


def test_cluster_of_no_records_is_empty() -> None:
    assert cluster(0, []).label.tolist() == []


def test_cluster_is_named_after_its_smallest_record() -> None:
    assert cluster(5, [(4, 2, 3.0), (2, 1, 3.0)]).label.tolist() == [0, 1, 1, 3, 1]


def test_cluster_takes_no_link_under_the_threshold() -> None:
    assert cluster(3, [(0, 1, 5.0), (1, 2, 4.9)], threshold=5.0).label.tolist() == [0, 0, 2]


def test_cluster_takes_the_strongest_of_repeated_links() -> None:
    found = cluster(2, [(0, 1, 1.0), (1, 0, 7.0), (0, 1, 2.0)], threshold=5.0)
    assert found.label.tolist() == [0, 0]
    assert found.weakest.tolist() == [7 * BIT, 7 * BIT]


def test_cluster_ignores_a_link_of_a_record_with_itself() -> None:
    assert cluster(2, [(1, 1, 9.0)]).label.tolist() == [0, 1]


def test_cluster_splits_when_two_nhs_numbers_meet() -> None:
    found = cluster(4, [(0, 1, 9.0), (1, 2, 8.0), (2, 3, 9.0)], conflicts=[[7, -1, -1, 8]])
    assert found.label.tolist() == [0, 0, 2, 2]
    assert found.refused == 1
    assert found.quality["conflicts"].to_pylist() == [1, 1]


def test_cluster_lets_the_stronger_link_win_a_conflict() -> None:
    found = cluster(3, [(0, 1, 5.0), (1, 2, 6.0)], conflicts=[[7, -1, 8]])
    assert found.label.tolist() == [0, 1, 1]


def test_cluster_accepts_equal_and_missing_identifiers() -> None:
    assert cluster(3, [(0, 1, 5.0), (1, 2, 5.0)], conflicts=[[7, 7, -1]]).label.tolist() == [0, 0, 0]


def test_cluster_checks_every_identifier() -> None:
    found = cluster(2, [(0, 1, 9.0)], conflicts=[[7, 7], [1, 2]])
    assert found.label.tolist() == [0, 1]


def test_cluster_joins_certain_groups_without_a_link() -> None:
    found = cluster(4, [(2, 3, 5.0)], same=[6, -1, -1, 6])
    assert found.label.tolist() == [0, 1, 0, 0]
    assert found.weakest.tolist() == [5 * BIT, CERTAIN, 5 * BIT, 5 * BIT]


def test_cluster_group_with_two_identifiers_stands_by_the_commoner() -> None:
    codes = [[7, 7, 8, 7, 8]]
    found = cluster(5, [(2, 3, 9.0), (2, 4, 9.5)], same=[0, 0, 0, -1, -1], conflicts=codes)
    assert found.label.tolist() == [0, 0, 0, 0, 4]


def test_cluster_keeps_apart_what_a_reviewer_keeps_apart() -> None:
    apart = (np.array([0], np.int32), np.array([2], np.int32))
    found = cluster(3, [(0, 1, 9.0), (1, 2, 8.0)], apart=apart)
    assert found.label.tolist() == [0, 0, 2]


def test_cluster_splits_two_dense_parts_that_one_weak_link_holds() -> None:
    found = cluster(6, [*TRIANGLES, (2, 3, 3.0)])
    assert found.label.tolist() == [0, 0, 0, 3, 3, 3]
    assert found.splits == 1


def test_cluster_keeps_two_parts_that_a_strong_link_holds() -> None:
    found = cluster(6, [*TRIANGLES, (2, 3, 40.0)])
    assert found.label.tolist() == [0] * 6


def test_cluster_keeps_two_parts_that_many_weak_links_hold() -> None:
    across = [(a, b, 3.0) for a in (0, 1, 2) for b in (3, 4, 5)]
    assert cluster(6, [*TRIANGLES, *across]).label.tolist() == [0] * 6


def test_cluster_counts_links_under_the_threshold_as_evidence() -> None:
    bridge = [(2, 3, 3.0)]
    nearly = [(a, b, 1.9) for a in (0, 1, 2) for b in (3, 4, 5) if (a, b) != (2, 3)]
    assert cluster(6, [*TRIANGLES, *bridge], threshold=2.0).label.tolist() == [0, 0, 0, 3, 3, 3]
    assert cluster(6, [*TRIANGLES, *bridge, *nearly], threshold=2.0).label.tolist() == [0] * 6


def test_cluster_keeps_weak_bridges_when_told_to() -> None:
    rules = RULES.model_copy(update={"split_weak_bridges": False})
    assert cluster(6, [*TRIANGLES, (2, 3, 3.0)], rules=rules).label.tolist() == [0] * 6


def test_cluster_says_by_what_the_smaller_part_hangs() -> None:
    found = cluster(5, [(0, 1, 30.0), (1, 2, 30.0), (0, 2, 30.0), (3, 4, 31.0), (2, 3, 20.0)])
    assert found.label.tolist() == [0] * 5
    assert (found.weakest / BIT).tolist() == [30.0, 30.0, 30.0, 20.0, 20.0]


def test_cluster_quality_describes_each_cluster() -> None:
    found = cluster(
        7, [(0, 1, 9.0), (1, 2, 9.0), (0, 2, 9.0), (2, 3, 9.0), (5, 6, 4.0)], same=[-1, -1, -1, -1, 1, 1, -1]
    )
    names = ("label", "size", "nodes", "edges", "density", "bridges", "weakest", "conflicts")
    rows = [tuple(row[name] for name in names) for row in found.quality.to_pylist()]
    assert rows == [(0, 4, 4, 4, 4 / 6, 1, 9 * BIT, 0), (4, 3, 2, 1, 1.0, 1, 4 * BIT, 0)]


def test_cluster_one_to_one_takes_the_best_assignment() -> None:
    links = [(0, 2, 9.0), (0, 3, 8.0), (1, 2, 8.0)]
    found = cluster(4, links, source=np.array([0, 0, 1, 1]), one_to_one=[(0, 1)])
    assert found.label.tolist() == [0, 1, 1, 0]


def test_cluster_one_to_one_takes_the_strongest_where_exact_is_too_large() -> None:
    links = [(0, 2, 9.0), (0, 3, 8.0), (1, 2, 8.0)]
    rules = RULES.model_copy(update={"max_assignment": 1})
    found = cluster(4, links, rules=rules, source=np.array([0, 0, 1, 1]), one_to_one=[(0, 1)])
    assert found.label.tolist() == [0, 1, 0, 3]


def test_cluster_one_to_one_holds_through_a_third_source() -> None:
    links = [(0, 3, 9.0), (3, 1, 8.0), (3, 2, 7.0)]
    found = cluster(4, links, source=np.array([0, 1, 1, 2]), one_to_one=[(0, 1)])
    assert found.label.tolist() == [0, 0, 2, 0]


def test_cluster_holds_one_record_of_a_source_without_duplicates() -> None:
    links = [(0, 2, 9.0), (2, 1, 8.0)]
    found = cluster(3, links, source=np.array([0, 0, 1]), one_to_one=[(0, 0)])
    assert found.label.tolist() == [0, 1, 0]


def test_cluster_refuses_more_constrained_sources_than_it_can_hold() -> None:
    pairs = [(k, k) for k in range(65)]
    with pytest.raises(ConfigError, match="TP371"):
        cluster(2, [(0, 1, 9.0)], source=np.array([0, 1]), one_to_one=pairs)
