"""One-to-one between sources: which source each node holds, and which links a better assignment leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from totalplace.config.linkage import ClusterRules
from totalplace.errors import ConfigError
from totalplace.linkage.clusters import kernels
from totalplace.linkage.clusters.edges import Edges, component_layout

Array = np.ndarray[Any, Any]
MOST_SOURCES = 64  # one bit each


def source_bits(
    node: Array, nodes: int, source: Array | None, one_to_one: Sequence[tuple[int, int]]
) -> tuple[Array, Array]:
    """Return uint64[nodes] twice: bits of the constrained sources that a node holds, and of those it holds twice: none.

    A node is one client for certain, so several records of one source in it count once.

    Raises:
        ConfigError: TP371, more sources are constrained than there are bits.
    """
    once = np.zeros(nodes, np.uint64)
    named = sorted({s for pair in one_to_one for s in pair})
    if len(named) > MOST_SOURCES:
        what = f"names {len(named)} sources; at most {MOST_SOURCES} can be held one-to-one"
        raise ConfigError("TP371", "linkage.toml, key 'one_to_one'", what, "Leave out the small ones.")
    for number, name in enumerate(named if source is not None else []):
        once[node[source == name]] |= np.uint64(1) << np.uint64(number)
    return once, np.zeros(nodes, np.uint64)


def drop_beaten(
    edges: Edges,
    nodes: int,
    bits: Array,
    one_to_one: Sequence[tuple[int, int]],
    threshold: int,
    rules: ClusterRules,
) -> Edges:
    """Leave out links between two one-to-one sources that the best assignment of their component does not use.

    The best assignment has the greatest sum of weight above the threshold, component by component: a ranking of all
    pairs of a place would need memory by the square.
    """
    numbers = {s: k for k, s in enumerate(sorted({s for pair in one_to_one for s in pair}))}
    keep = np.ones(edges.left.size, bool)
    for a, b in one_to_one:
        if a != b:
            keep &= ~_beaten(edges, nodes, bits, numbers[a], numbers[b], threshold, rules.max_assignment)
    return edges.where(keep)


def _beaten(edges: Edges, nodes: int, bits: Array, a: int, b: int, threshold: int, most: int) -> Array:
    """Return which edges run between the two sources above the threshold and lose the assignment."""
    in_a, in_b = (bits >> np.uint64(a)) & np.uint64(1), (bits >> np.uint64(b)) & np.uint64(1)
    forward = (in_a[edges.left] & in_b[edges.right] & ~in_b[edges.left] & ~in_a[edges.right]) == 1
    backward = (in_b[edges.left] & in_a[edges.right] & ~in_a[edges.left] & ~in_b[edges.right]) == 1
    rows = np.flatnonzero((forward | backward) & (edges.weight >= threshold))
    between = edges.where(rows)
    root, _ = kernels.weakest_links(nodes, between.left, between.right, between.weight, 0)
    layout = component_layout(nodes, between, root)
    swap = backward[rows]
    side_a = np.where(swap, between.right, between.left)
    side_b = np.where(swap, between.left, between.right)
    lost = np.zeros(edges.left.size, bool)
    for start, end in zip(layout.edge_start[:-1], layout.edge_start[1:], strict=True):
        if end - start > 1:
            part = layout.edge_order[start:end]
            lost[rows[part]] = ~_assigned(side_a[part], side_b[part], between.weight[part] - threshold + 1, most)
    return lost


def _assigned(side_a: Array, side_b: Array, gain: Array, most: int) -> Array:
    """Return which of one component's edges the assignment uses."""
    from scipy.optimize import linear_sum_assignment

    a, row = np.unique(side_a, return_inverse=True)
    b, column = np.unique(side_b, return_inverse=True)
    used = np.zeros(gain.size, bool)
    if max(a.size, b.size) > most:
        taken_a, taken_b = np.zeros(a.size, bool), np.zeros(b.size, bool)
        for k in range(gain.size):  # strongest first, as the edges come
            if not taken_a[row[k]] and not taken_b[column[k]]:
                used[k] = taken_a[row[k]] = taken_b[column[k]] = True
        return used
    matrix = np.zeros((a.size, b.size))
    matrix[row, column] = gain
    best_row, best_column = linear_sum_assignment(matrix, maximize=True)
    chosen = set(zip(best_row.tolist(), best_column.tolist(), strict=True))
    return np.array([pair in chosen for pair in zip(row.tolist(), column.tolist(), strict=True)])
