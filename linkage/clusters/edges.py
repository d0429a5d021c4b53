"""Links as edges between nodes, strongest first, and how nodes and edges lie in components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from totalplace.linkage.clusters import kernels

Array = np.ndarray[Any, Any]
# 65,536 bits: what holds a record that is alone, or one with its agency's own client.
CERTAIN = np.int64(1) << np.int64(40)


@dataclass(frozen=True)
class Edges:
    """Links between nodes, strongest first; each pair once, `left` < `right`.

    Args:
        left, right: int32[edges], nodes.
        weight: int64[edges], in 2^-24 bit.
    """

    left: Array
    right: Array
    weight: Array

    def where(self, chosen: Array) -> Edges:
        """Return some of the edges, in the same order."""
        return Edges(self.left[chosen], self.right[chosen], self.weight[chosen])


@dataclass(frozen=True)
class Layout:
    """Components of two nodes or more, numbered by first node.

    Args:
        number: int32[nodes], component of each node; -1 = alone.
        node_start: int64[components + 1], running sum of the components' nodes.
        edge_order, edge_start: edges within a component, strongest first, as compressed rows.
        place: int32[nodes], position of each node within its component.
    """

    number: Array
    node_start: Array
    edge_order: Array
    edge_start: Array
    place: Array


def strongest_first(nodes: int, left: Array, right: Array, weight: Array) -> Edges:
    """Return each pair once, with its greatest weight, by falling weight and then by pair; no node with itself."""
    low = np.minimum(left, right).astype(np.int64)
    key = low * nodes + np.maximum(left, right)
    weight = np.asarray(weight, np.int64)
    if np.any(left == right):
        key, weight = key[left != right], weight[left != right]
    if not np.all(key[1:] > key[:-1]):
        order = np.argsort(key, kind="stable")
        key, weight = key[order], weight[order]
        first = np.ones(key.size, bool)
        first[1:] = key[1:] != key[:-1]
        starts = np.flatnonzero(first)
        key, weight = key[starts], np.maximum.reduceat(weight, starts) if starts.size else weight
    order = _falling(weight)
    key = key[order]
    return Edges((key // nodes).astype(np.int32), (key % nodes).astype(np.int32), weight[order])


def _falling(weight: Array) -> Array:
    """Return positions by falling weight, equal ones as they stand.

    Weight and position share one int64 where they fit: sorting numbers is many times faster than sorting positions.
    """
    count = max(1, weight.size)
    below = int(weight.max(initial=0)) - weight
    if int(below.max(initial=0)) < 2**62 // count:
        return np.asarray(np.sort(below * count + np.arange(weight.size)) % count)
    return np.argsort(below, kind="stable")


def component_layout(nodes: int, edges: Edges, root: Array) -> Layout:
    """Group nodes and edges by component; single nodes and edges between components are left out.

    Args:
        nodes: number of nodes.
        edges: links between nodes.
        root: int32[nodes], equal within a component.
    """
    number, node_start, place = kernels.number_components(root)
    component = number[edges.left]
    component[component != number[edges.right]] = -1
    edge_order, edge_start = kernels.group_rows(component, node_start.size - 1)
    return Layout(number, node_start, edge_order, edge_start, place)
