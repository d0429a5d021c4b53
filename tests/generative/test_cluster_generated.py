"""Clusters on generated graphs: plain components judged by scipy and networkx, constraints by looking."""

from itertools import combinations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import csgraph

from totalplace.config import load_rules
from totalplace.linkage.clusters.cluster import CERTAIN, cluster_records, cut, merge_tree
from totalplace.linkage.clusters.cuts import count_bridges
from totalplace.linkage.clusters.edges import component_layout, strongest_first
from totalplace.linkage.clusters.kernels import number_components

RULES = load_rules()[0].linkage.cluster
SIZE = 9
BIT = 1 << 24
links = st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1), st.integers(-6, 20)), max_size=24)
codes = st.lists(st.integers(-1, 2), min_size=SIZE, max_size=SIZE)
thresholds = st.integers(-8, 20)


def columns(edges):
    left, right, weight = (np.array([e[k] for e in edges], np.int64) for k in range(3))
    return left.astype(np.int32), right.astype(np.int32), weight * BIT


def smallest(groups):
    label = list(range(SIZE))
    for group in groups:
        for record in group:
            label[record] = min(group)
    return label


def clusters_of(label):
    return [np.flatnonzero(label == name) for name in np.unique(label)]


@given(links, thresholds)
@settings(deadline=None)
def test_cut_of_the_merge_tree_is_the_components_of_scipy_and_networkx(edges, threshold) -> None:
    left, right, weight = columns(edges)
    found = cut(merge_tree(SIZE, left, right, weight), threshold * BIT)
    kept = weight >= threshold * BIT
    graph = nx.Graph(list(zip(left[kept].tolist(), right[kept].tolist(), strict=True)))
    graph.add_nodes_from(range(SIZE))
    assert found.tolist() == smallest(nx.connected_components(graph))
    matrix = sparse.coo_matrix((np.ones(kept.sum()), (left[kept], right[kept])), shape=(SIZE, SIZE))
    assert csgraph.connected_components(matrix, directed=False)[0] == len(set(found.tolist()))


@given(links, codes, codes, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_clusters_do_not_depend_on_the_order_of_links(edges, same, numbers, random) -> None:
    first = cluster_records(SIZE, *columns(edges), np.array(same), [np.array(numbers)], 0, RULES)
    turned = [(b, a, w) if random.random() < 0.5 else (a, b, w) for a, b, w in edges]
    random.shuffle(turned)
    second = cluster_records(SIZE, *columns(turned), np.array(same), [np.array(numbers)], 0, RULES)
    assert first.label.tolist() == second.label.tolist()
    assert first.weakest.tolist() == second.weakest.tolist()
    assert first.quality.equals(second.quality)


@given(links, codes, st.lists(st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)), max_size=5))
@settings(deadline=None)
def test_no_cluster_holds_two_identifiers_or_two_records_declared_apart(edges, numbers, pairs) -> None:
    numbers = np.array(numbers)
    apart = tuple(np.array([p[k] for p in pairs if p[0] != p[1]], np.int32) for k in (0, 1))
    found = cluster_records(SIZE, *columns(edges), np.full(SIZE, -1), [numbers], 0, RULES, apart=apart)
    for members in clusters_of(found.label):
        assert len(set(numbers[members].tolist()) - {-1}) <= 1
    assert not np.any(found.label[apart[0]] == found.label[apart[1]])


@given(links, thresholds)
@settings(deadline=None)
def test_clusters_refine_components_and_hang_by_links_over_the_threshold(edges, threshold) -> None:
    left, right, weight = columns(edges)
    found = cluster_records(SIZE, left, right, weight, np.full(SIZE, -1), [], threshold * BIT, RULES)
    whole = cut(merge_tree(SIZE, left, right, weight), threshold * BIT)
    assert (whole[found.label] == whole).all()
    alone = np.bincount(found.label, minlength=SIZE)[found.label] == 1
    assert (found.weakest[alone] == CERTAIN).all()
    assert (found.weakest[~alone] >= threshold * BIT).all()
    assert (found.weakest[~alone] < CERTAIN).all()


@given(links, st.lists(st.integers(0, 2), min_size=SIZE, max_size=SIZE))
@settings(deadline=None)
def test_one_to_one_holds_in_every_cluster(edges, source) -> None:
    source = np.array(source)
    found = cluster_records(
        SIZE, *columns(edges), np.full(SIZE, -1), [], 0, RULES, source=source, one_to_one=[(0, 1), (2, 2)]
    )
    for members in clusters_of(found.label):
        counts = np.bincount(source[members], minlength=3)
        assert not (counts[0] and counts[1] and counts[0] + counts[1] > 2)
        assert counts[2] <= 1


@given(links)
@settings(deadline=None)
def test_bridges_are_those_of_networkx(edges) -> None:
    left, right, weight = columns(edges)
    tree = merge_tree(SIZE, left, right, weight)
    ordered = strongest_first(SIZE, left, right, weight)
    joining = set(zip(tree.left.tolist(), tree.right.tolist(), strict=True))
    pairs = list(zip(ordered.left.tolist(), ordered.right.tolist(), strict=True))
    joins = np.array([pair in joining for pair in pairs], bool)
    root = cut(tree, np.iinfo(np.int64).min)
    layout = component_layout(SIZE, ordered, root)
    found = count_bridges(
        layout.node_start, layout.edge_order, layout.edge_start, layout.place, ordered.left, ordered.right, joins
    )
    assert found.sum() == len(list(nx.bridges(nx.Graph(pairs))))


@given(links, codes)
@settings(deadline=None)
def test_joining_under_constraints_equals_a_plain_loop(edges, numbers) -> None:
    rules = RULES.model_copy(update={"split_weak_bridges": False})
    found = cluster_records(SIZE, *columns(edges), np.full(SIZE, -1), [np.array(numbers)], 0, rules)
    best = {}
    for a, b, w in edges:
        if a != b:
            best[min(a, b), max(a, b)] = max(w, best.get((min(a, b), max(a, b)), w))
    group = [{k} for k in range(SIZE)]
    for (a, b), w in sorted(best.items(), key=lambda item: (-item[1], item[0])):
        both = group[a] | group[b]
        if w >= 0 and len({numbers[k] for k in both} - {-1}) <= 1:
            for k in both:
                group[k] = both
    assert found.label.tolist() == [min(members) for members in group]


def test_every_pair_of_a_complete_cluster_is_kept_together() -> None:
    edges = [(a, b, 5) for a, b in combinations(range(SIZE), 2)]
    found = cluster_records(SIZE, *columns(edges), np.full(SIZE, -1), [], 0, RULES)
    assert set(found.label.tolist()) == {0}
    assert found.quality["density"].to_pylist() == [1.0]


@given(links, codes)
@settings(deadline=None)
def test_the_weakest_link_of_a_cluster_is_the_least_by_which_any_of_its_records_hangs(edges, same) -> None:
    found = cluster_records(SIZE, *columns(edges), np.array(same), [], 0, RULES)
    for row in found.quality.to_pylist():
        assert row["weakest"] == found.weakest[found.label == row["label"]].min()


@given(st.lists(st.integers(0, SIZE - 1), min_size=SIZE, max_size=SIZE))
def test_components_are_numbered_by_their_first_nodes(groups) -> None:
    root = np.array([groups.index(g) for g in groups], np.int32)
    number, start, place = number_components(root)
    parts = [m for m in clusters_of(root) if len(m) > 1]
    assert start.tolist() == [0, *np.cumsum([len(m) for m in parts]).tolist()]
    for k, members in enumerate(parts):
        assert number[members].tolist() == [k] * len(members) and place[members].tolist() == list(range(len(members)))
    assert np.count_nonzero(number >= 0) == start[-1]
