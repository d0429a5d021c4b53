"""The standalone measure: what directly follows what."""

from __future__ import annotations

from collections import Counter

import networkx as nx
import pyarrow as pa
import pytest

from totalplace.engine import LocalEngine
from totalplace.journeys import directly_follows

EVENTS = [("x", "a", 1, 0), ("x", "b", 2, 0), ("x", "a", 3, 0), ("y", "b", 1, 1), ("y", "a", 1, 0), ("z", "a", 9, 0)]


def _table(rows: list[tuple[str, str, int, int]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(("case", "activity", "time", "order"), row, strict=True)) for row in rows])


@pytest.mark.parametrize("rows", [EVENTS, EVENTS[::-1]])
def test_edges_and_variants_do_not_depend_on_the_order_of_rows(rows: list[tuple[str, str, int, int]]) -> None:
    with LocalEngine(workers=1) as engine:
        found = directly_follows(engine.hold(_table(rows)), "case", "activity", "time", "order", engine)
    assert found.edges.to_pylist() == [{"from": "a", "to": "b", "count": 2}, {"from": "b", "to": "a", "count": 1}]
    assert found.variants.to_pylist() == [
        {"variant": "a", "count": 1},
        {"variant": "a > b", "count": 1},
        {"variant": "a > b > a", "count": 1},
    ]


def test_edges_equal_a_plain_walk_over_a_graph() -> None:
    rows = [(f"case {k % 7}", "abcd"[k * k % 4], k, 0) for k in range(200)]
    with LocalEngine(workers=1) as engine:
        found = directly_follows(engine.hold(_table(rows)), "case", "activity", "time", None, engine)
    judge: nx.MultiDiGraph = nx.MultiDiGraph()
    for case in {row[0] for row in rows}:
        nx.add_path(judge, [row[1] for row in rows if row[0] == case])
    wanted = Counter((a, b) for a, b in judge.edges())
    assert {(row["from"], row["to"]): row["count"] for row in found.edges.to_pylist()} == wanted
