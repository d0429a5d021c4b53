"""What an absent link says, and clusters too large to be taken apart cut by cut."""

import math

import numpy as np
import pytest

from totalplace.config import load_rules
from totalplace.linkage.clusters.cluster import cluster_records
from totalplace.linkage.clusters.edges import strongest_first
from totalplace.linkage.clusters.evidence import BIT, absent_evidence, missing_link_share

RULES = load_rules()[0].linkage.cluster.model_copy(update={"missing_link_share": 0.05, "min_triangles": 10})


def paths_and_triangles(paths, triangles):
    """Return links of three records each: a path lacks its third side."""
    base = 3 * np.arange(paths + triangles)
    left = np.concatenate([base, base + 1, base[paths:]])
    right = np.concatenate([base + 1, base + 2, base[paths:] + 2])
    return strongest_first(3 * base.size, left, right, np.full(left.size, 9 * BIT))


def test_missing_links_are_read_off_triangles_where_blocking_loses_more() -> None:
    edges = paths_and_triangles(paths=6, triangles=18)
    # Each triangle is asked at its three corners, each path at its middle.
    assert missing_link_share(72, edges, 0, RULES) == pytest.approx(6 / (3 * 18 + 6))


def test_missing_links_are_never_fewer_than_the_rules_say() -> None:
    assert missing_link_share(60, paths_and_triangles(paths=0, triangles=20), 0, RULES) == 0.05


def test_missing_links_are_never_more_than_the_rules_say() -> None:
    assert missing_link_share(60, paths_and_triangles(paths=20, triangles=0), 0, RULES) == RULES.max_missing_link_share


def test_missing_links_of_few_triangles_are_what_the_rules_say() -> None:
    assert missing_link_share(27, paths_and_triangles(paths=9, triangles=0), 0, RULES) == 0.05


def test_one_hub_does_not_speak_for_all() -> None:
    star = strongest_first(200, np.zeros(139, np.int64), np.arange(1, 140), np.full(139, 9 * BIT))
    base = 140 + 3 * np.arange(20)
    left = np.concatenate([star.left, base, base + 1, base])
    right = np.concatenate([star.right, base + 1, base + 2, base + 2])
    edges = strongest_first(200, left, right, np.full(left.size, 9 * BIT))
    assert missing_link_share(200, edges, 0, RULES) == 0.05


def test_an_absent_pair_weighs_the_logarithm_of_the_share_that_goes_missing() -> None:
    edges = paths_and_triangles(paths=0, triangles=1)
    assert absent_evidence(3, edges, 0, RULES) == round(math.log2(0.05) * BIT)


def test_a_chain_of_thousands_falls_apart_into_pieces_and_the_same_each_time() -> None:
    size = 3000
    left = np.arange(size - 1)
    weight = (6 + left * 7919 % 13) * BIT
    alone = np.full(size, -1)
    found = cluster_records(size, left, left + 1, weight, alone, [], 0, RULES)
    turned = cluster_records(size, left[::-1] + 1, left[::-1], weight[::-1], alone, [], 0, RULES)
    assert found.label.tolist() == turned.label.tolist()
    assert np.bincount(found.label).max() < 50


def test_a_record_that_is_like_everybody_joins_nobody_into_one_person() -> None:
    size = 400
    found = cluster_records(
        size, np.zeros(size - 1, int), np.arange(1, size), np.full(size - 1, 9 * BIT), np.full(size, -1), [], 0, RULES
    )
    assert np.bincount(found.label).max() < 40
