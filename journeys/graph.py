"""The service graph: services as nodes, movement of people as edges."""

from __future__ import annotations

import networkx as nx

from totalplace.journeys.journeys import Journeys
from totalplace.journeys.moves import HANDOFFS, MOVES
from totalplace.journeys.names import words_of
from totalplace.tables import Engine, Handle

_NODES = """
SELECT s.value AS service, s.agency, s.type, COUNT(*) AS contacts, COUNT(DISTINCT c.person_id) AS people
FROM contacts c JOIN services s ON s.agency = c.agency AND s.type = c.type
WHERE c.person_id IS NOT NULL AND COALESCE(c.class, '') <> 'milestone'
GROUP BY s.value, s.agency, s.type ORDER BY s.value
"""
_WEIGHTS = """
SELECT f.value AS source, t.value AS target, m.move, m.pairs, COUNT(*) AS n
FROM steps m JOIN services f ON f.value_no = m.from_service JOIN services t ON t.value_no = m.to_service
GROUP BY f.value, t.value, m.move, m.pairs ORDER BY f.value, t.value, m.move, m.pairs
"""
_PEOPLE = """
SELECT f.value AS source, t.value AS target, COUNT(DISTINCT m.person_no) AS people
FROM steps m JOIN services f ON f.value_no = m.from_service JOIN services t ON t.value_no = m.to_service
GROUP BY f.value, t.value ORDER BY f.value, t.value
"""


def service_graph(journeys: Journeys, engine: Engine) -> nx.DiGraph:
    """Return the graph of services.

    Returns:
        Nodes `agency/type` with agency, type, contacts and people; edges with people, weight (steps between blocks that
        go this way), handoffs (the part of it that is a recorded or observed handoff) and one weight per class of step
        (`within`, `recorded`, `interleaving`, `observed`, `return`). Weights of all edges sum to the steps.
    """
    services = words_of(journeys.contacts, engine).services
    graph = nx.DiGraph()
    for row in engine.fetch(engine.sql(_NODES, contacts=journeys.contacts, services=services)).to_pylist():
        graph.add_node(row.pop("service"), **row)
    parts = {"steps": journeys.steps, "services": services}
    for row in engine.fetch(engine.sql(_PEOPLE, **parts)).to_pylist():
        graph.add_edge(row["source"], row["target"], people=row["people"], **dict.fromkeys(_EDGE, 0.0))
    _add_weights(graph, engine.sql(_WEIGHTS, **parts), engine)
    return graph


_EDGE = ("weight", "handoffs", *MOVES.values())


def _add_weights(graph: nx.DiGraph, weights: Handle, engine: Engine) -> None:
    for row in engine.fetch(weights).to_pylist():
        edge = graph.edges[row["source"], row["target"]]
        for name in ("weight", MOVES[row["move"]], *(("handoffs",) if row["move"] in HANDOFFS else ())):
            edge[name] += row["n"] / row["pairs"]
