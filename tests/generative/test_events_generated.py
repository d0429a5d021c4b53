"""Counts of any log of events against a plain judge: dictionaries and networkx, one event at a time."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import groupby, pairwise, product
from statistics import mean, median

import networkx as nx
import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.intake.event_codes import read_cases
from totalplace.journeys import directly_follows
from totalplace.tables import EventLog

NAMES = ("alpha", "beta", "gamma")
Row = tuple[int, int, int, int]  # case, activity, time, order
# Times crowd, so that many are equal; now and then one is years away.
times = st.one_of(st.integers(0, 5), st.integers(0, 3 * 86_400), st.integers(-(10**12), 10**12))
rows_of = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), times, st.integers(0, 2)), max_size=30)


def log_of(rows: list[Row]) -> EventLog:
    case, activity, time, order = (np.array([row[k] for row in rows], np.int64) for k in range(4))
    return EventLog(case.astype(np.int32), activity.astype(np.int32), NAMES, time, 1, order)


def walks(rows: list[Row], gap_days: int = 0) -> list[list[Row]]:
    """Return each journey's events, in order."""
    found: list[list[Row]] = []
    for _, events in groupby(sorted(rows, key=lambda r: (r[0], r[2], r[3], r[1])), key=lambda r: r[0]):
        last = None
        for event in events:
            day = event[2] // 86_400
            if last is None or (gap_days and day - last > gap_days):
                found.append([])
            found[-1].append(event)
            last = day
    return found


def told(table: object) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]  # type: ignore[attr-defined]


@given(rows_of, st.sampled_from([0, 1, 30]))
def test_edges_starts_ends_and_variants_equal_a_walk_over_a_graph(rows: list[Row], gap: int) -> None:
    found = directly_follows(log_of(rows), gap_days=gap)
    ways = [[NAMES[event[1]] for event in walk] for walk in walks(rows, gap)]
    graph = nx.MultiDiGraph()
    for way in ways:
        nx.add_path(graph, way)
    assert {(a, b): n for a, b, n in told(found.tables["edges"])} == Counter(graph.edges())
    assert dict(told(found.tables["variants"])) == Counter(" > ".join(way) for way in ways)
    ends = {name: (starts, ends) for name, _, _, starts, ends in told(found.tables["activities"])}
    starts, lasts = Counter(way[0] for way in ways), Counter(way[-1] for way in ways)
    assert ends == {name: (starts[name], lasts[name]) for name in NAMES}


@given(rows_of)
def test_durations_equal_a_walk(rows: list[Row]) -> None:
    spent = defaultdict(list)
    for walk in walks(rows):
        for a, b in pairwise(walk):
            spent[NAMES[a[1]], NAMES[b[1]]].append(b[2] - a[2])
    found = {row[:2]: row[2:] for row in told(directly_follows(log_of(rows)).tables["durations"])}
    assert found == {k: (len(v), mean(v), median(v), min(v), max(v)) for k, v in spent.items()}


@given(rows_of, st.sampled_from(["day", "instant"]))
def test_weights_of_blocks_equal_fractions_summed_pair_by_pair(rows: list[Row], block: str) -> None:
    weight: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for walk in walks(rows):
        blocks = [list(b) for _, b in groupby(walk, key=lambda r: r[2] // 86_400 if block == "day" else r[2])]
        for left, right in pairwise(blocks):
            for a, b in product(left, right):
                weight[NAMES[a[1]], NAMES[b[1]]] += Fraction(1, len(left) * len(right))
    found = {(a, b): w for a, b, _, w in told(directly_follows(log_of(rows), block).tables["edges"])}
    assert found.keys() == weight.keys()
    assert all(abs(found[edge] - float(weight[edge])) < 1e-9 for edge in weight)


@settings(max_examples=50)
@given(rows_of, st.randoms(use_true_random=False), st.sampled_from(["day", "instant", "event"]))
def test_shuffled_rows_and_renumbered_cases_give_the_same_tables(
    rows: list[Row], draw: random.Random, block: str
) -> None:
    numbers = draw.sample(range(100), 5)
    shuffled = [(numbers[case], *rest) for case, *rest in draw.sample(rows, len(rows))]
    one, other = (directly_follows(log_of(some), block, 30) for some in (rows, shuffled))
    assert one.tables == other.tables and one.counts == other.counts


LETTERS = st.sampled_from(["ab0", "ab9", "ba0", "a", "", " ", "  \t", "é1", "A" * 60])


@given(st.lists(st.one_of(LETTERS, st.text("019", min_size=4, max_size=4)), max_size=12), st.integers(0, 12))
def test_cases_have_one_number_exactly_where_their_texts_are_one(texts: list[str], cut: int) -> None:
    numbers, absent = read_cases(pa.chunked_array([texts[:cut], texts[cut:]], pa.string()))
    assert absent.tolist() == [not text.strip() for text in texts]
    for at, other in ((a, b) for a in range(len(texts)) for b in range(a) if not absent[a] and not absent[b]):
        assert (numbers[at] == numbers[other]) == (texts[at] == texts[other])
