"""The service graph of a release: what graph.html draws, and GraphML and GEXF hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import networkx

from totalplace.errors import ShapeError
from totalplace.report.disclosure.release import Release, SafeTable


def safe_graph(release: Release) -> networkx.DiGraph:
    """Return the service graph of the whole place and window.

    Args:
        release: safe cells.

    Returns:
        Nodes `agency/service` with `agency`, `label`, `people` and `contacts`; edges with `people` and `handoffs`;
        all rounded. Withheld and folded services and handoffs are not in it; the graph's own `handoffs` counts them
        too where that number is shown.
    """
    graph = networkx.DiGraph()
    whole = [row for row in _shown_rows(release) if row["chip"] == "all" and not row["quarter"]]
    for row in whole:
        if row["table"] == "services" and row["row"]:
            _add_service(graph, row["row"], people=row["people_shown"], contacts=int(row["shown"]))
    for row in whole:
        if row["table"] == "handoffs" and not row["row"] and not row["column"]:
            graph.graph["handoffs"] = int(row["shown"])
        if row["table"] == "handoffs" and row["column"] and row["shown"]:
            for service in (row["row"], row["column"]):
                if service not in graph:
                    _add_service(graph, service)
            graph.add_edge(row["row"], row["column"], people=row["people_shown"], handoffs=int(row["shown"]))
    return graph


def _shown_rows(release: Release) -> Iterable[dict[str, Any]]:
    """Yield rows with both numbers shown, in the order of their key; a fold has no number of people."""
    if not isinstance(release.cells, SafeTable):
        raise ShapeError("report.graph_view", "only a SafeTable may be drawn")
    rows = release.cells.table.to_pylist()
    return [row for row in rows if row["shown"] is not None and row["people_shown"] is not None]


def _add_service(graph: networkx.DiGraph, service: str, **numbers: int) -> None:
    agency, _, label = service.partition("/")
    graph.add_node(service, agency=agency, label=label or service, **numbers)
