"""Draws, bridges and pair counts on generated graphs, each beside a judge that simply looks at everything."""

from itertools import combinations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.linkage.partitions.agreement import pairs_of_ways
from totalplace.linkage.partitions.bounded import joined_within
from totalplace.linkage.partitions.bridges import find_bridges
from totalplace.linkage.partitions.decisions import DRAW, chance_of, decide

SIZE = 7
ROUNDS = 12
pairs = st.dictionaries(
    st.tuples(st.integers(0, SIZE - 1), st.integers(0, SIZE - 1)).filter(lambda p: p[0] < p[1]),
    st.tuples(st.floats(0.05, 0.95), st.integers(0, 2**64 - 1)),
    max_size=10,
)
codes = st.lists(st.integers(-1, 2), min_size=SIZE, max_size=SIZE)
salts = st.lists(st.integers(0, 2**64 - 1), min_size=ROUNDS, max_size=ROUNDS)


def strongest_first(found):
    return sorted(((p, a, b, key) for (a, b), (p, key) in found.items()), reverse=True)


def arrays(edges):
    columns = ([e[k] for e in edges] for k in range(4))
    probability, left, right, key = columns
    return np.array(probability), np.array(left, np.int32), np.array(right, np.int32), np.array(key, np.uint64)


def joined(edges, code):
    """Join strongest first; a join that would bring two codes together is refused: the plain judge."""
    group = {k: {k} for k in range(SIZE)}
    for _, a, b, _ in edges:
        both = group[a] | group[b]
        if len({code[k] for k in both} - {-1}) < 2:
            group.update(dict.fromkeys(both, both))
    return [min(group[k]) for k in range(SIZE)]


@settings(max_examples=60, deadline=None)
@given(pairs, codes, salts, st.floats(0.25, 4.0))
def test_every_draw_joins_what_its_hashes_say_and_nothing_else(found, code, salt, factor):
    edges = strongest_first(found)
    probability, left, right, key = arrays(edges)
    salt = np.array(salt, np.uint64)
    none = np.zeros(0, np.int32)
    ways, way = decide(
        key, probability, left, right, np.array([code], np.int32), np.zeros(SIZE + 1, np.int64), none, salt,
        np.full(ROUNDS, DRAW), np.full(ROUNDS, factor), np.arange(SIZE, dtype=np.int32),
    )  # fmt: skip
    for r in range(ROUNDS):
        odds = [p / (1 - p) * factor for p, *_ in edges]
        kept = [e for e, o in zip(edges, odds, strict=True) if chance_of(np.uint64(e[3]), salt[r]) < o / (1 + o)]
        assert ways[way[r]].tolist() == joined(kept, code)
    assert len({tuple(row) for row in ways.tolist()}) == len(ways)


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_the_bridge_found_is_the_weakest_that_networkx_finds(found):
    graph = nx.Graph()
    graph.add_nodes_from(range(SIZE))
    graph.add_edges_from((a, b, {"p": p}) for (a, b), (p, _) in found.items())
    made = np.empty(SIZE, np.int32)
    for part in nx.connected_components(graph):
        made[list(part)] = min(part)
    edges = strongest_first(found)[::-1]
    _, left, right, _ = arrays(edges)
    row, label = find_bridges(left, right, made)
    for k, person in enumerate(np.unique(made)):
        part = graph.subgraph(np.flatnonzero(made == person).tolist())
        weakest = min(((graph.edges[e]["p"], *sorted(e)) for e in nx.bridges(part)), default=None)
        assert (row[k] < 0) == (weakest is None)
        if weakest is not None:
            assert edges[row[k]][:3] == weakest
            graph_without = nx.restricted_view(part, [], [weakest[1:]])
            parts = {frozenset(c) for c in nx.connected_components(graph_without)}
            mine = np.flatnonzero(made == person)
            assert {frozenset(mine[label[k][mine] == name].tolist()) for name in np.unique(label[k][mine])} == parts


@settings(max_examples=40, deadline=None)
@given(
    st.lists(codes.map(lambda c: [k + 1 for k in c]), min_size=1, max_size=5),
    st.lists(st.integers(1, 4), min_size=SIZE, max_size=SIZE),
)
def test_pair_counts_are_those_of_the_records_written_out(ways, size):
    records = np.repeat(np.arange(SIZE), size)
    between = [(i, j) for i, j in combinations(range(len(records)), 2) if records[i] != records[j]]
    found = pairs_of_ways(np.array(ways, np.int32), np.array(size, np.int64))
    for way, (pairs_there, shared) in zip(ways, found.tolist(), strict=True):
        same = [(i, j) for i, j in between if way[records[i]] == way[records[j]]]
        assert pairs_there == len(same)
        assert shared == sum(ways[0][records[i]] == ways[0][records[j]] for i, j in same)


@given(found=pairs, sizes=st.lists(st.integers(1, 5), min_size=SIZE, max_size=SIZE), most=st.integers(1, 20))
@settings(max_examples=300, deadline=None)
def test_a_pair_is_left_out_just_where_the_pairs_before_it_leave_no_room(
    found: dict[tuple[int, int], tuple[float, int]], sizes: list[int], most: int
) -> None:
    ends = np.array(sorted(found), np.int32).reshape(-1, 2)
    kept = joined_within(ends[:, 0], ends[:, 1], np.array(sizes, np.int64), most)
    graph = nx.empty_graph(SIZE)
    for (a, b), stays in zip(ends.tolist(), kept.tolist(), strict=True):
        sides = nx.node_connected_component(graph, a), nx.node_connected_component(graph, b)
        fits = b in sides[0] or sum(sizes[k] for side in sides for k in side) <= most
        assert stays == fits
        if stays:
            graph.add_edge(a, b)
