"""How good each cluster is: a row per cluster, for the report and for choosing what people should look at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.arrow_columns import numbers
from totalplace.linkage.clusters.cuts import count_bridges
from totalplace.linkage.clusters.edges import CERTAIN, Edges, component_layout

Array = np.ndarray[Any, Any]


def cluster_quality(label: Array, node: Array, root: Array, edges: Edges, joins: Array, refused: Array) -> pa.Table:
    """Return a row per cluster of two records or more, by label.

    Args:
        label: int32[records], smallest record index of the cluster.
        node: int32[records], node of each record: records of one certain group share one.
        root: int32[nodes], equal within a cluster.
        edges: links between nodes.
        joins: bool[edges], edges that hold the clusters together.
        refused: bool[edges], edges that a hard constraint refused.

    Returns:
        label; size (records); nodes; edges (links within, the weak ones too); density (edges per possible pair of
        nodes; 1 for a single node); bridges (links without which it falls apart); weakest (in 2^-24 bit; the
        certain weight where there is no link); conflicts (links to it that a hard constraint refused).
    """
    nodes = root.size
    size = np.bincount(label, minlength=label.size)
    shown = np.flatnonzero(size > 1)
    layout = component_layout(nodes, edges, root)
    at = root[node[shown]]
    place = layout.number[node[shown]]
    linked = place >= 0
    in_nodes = np.bincount(root, minlength=nodes)[at]
    found = _per_component(linked, place, np.diff(layout.edge_start))
    bridges = count_bridges(
        layout.node_start, layout.edge_order, layout.edge_start, layout.place, edges.left, edges.right, joins
    )
    conflicts = np.bincount(np.concatenate([root[edges.left[refused]], root[edges.right[refused]]]), minlength=nodes)
    possible = in_nodes * (in_nodes - 1) / 2
    columns: dict[str, Array] = {
        "label": shown.astype(np.int32),
        "size": size[shown],
        "nodes": in_nodes,
        "edges": found,
        "density": np.where(possible > 0, found / np.maximum(possible, 1), 1.0),
        "bridges": _per_component(linked, place, bridges),
        "weakest": _weakest(root, edges.where(joins))[at],
        "conflicts": conflicts[at],
    }
    return pa.table({name: numbers(values) for name, values in columns.items()})


def _weakest(root: Array, joining: Edges) -> Array:
    """Return int64[nodes], by root: the weight of the last edge that joined anything, `CERTAIN` where none did."""
    low = np.full(root.size, CERTAIN)
    low[root[joining.left]] = joining.weight  # strongest first: the last one told stays
    return low


def _per_component(linked: Array, place: Array, values: Array) -> Array:
    result = np.zeros(place.size, np.int64)
    result[linked] = values[place[linked]]
    return result
