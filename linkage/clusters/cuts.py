"""The compiled loops that weigh the cuts of a cluster, make those that evidence asks for, and count its bridges."""

from __future__ import annotations

from typing import Any

import numpy as np

from totalplace.compiled import kernel

Array = np.ndarray[Any, Any]
LARGE, NEARLY = 1000, 0.03  # a tree of more nodes loses in one round every cut that is nearly as bad as its worst


@kernel
def root_forest(size: int, left: Array, right: Array, kept: Array) -> tuple[Array, Array, Array, Array]:
    """Root a forest at its smallest nodes: visiting order, parent (-1 = root), depth, and the edge to the parent."""
    start = np.zeros(size + 1, np.int32)
    for e in range(left.size):
        if kept[e]:
            start[left[e] + 1] += 1
            start[right[e] + 1] += 1
    for i in range(size):
        start[i + 1] += start[i]
    fill = start[:-1].copy()
    near = np.empty(start[size], np.int32)
    via = np.empty(start[size], np.int32)
    for e in range(left.size):
        if kept[e]:
            near[fill[left[e]]], via[fill[left[e]]] = right[e], e
            fill[left[e]] += 1
            near[fill[right[e]]], via[fill[right[e]]] = left[e], e
            fill[right[e]] += 1
    above = np.full(size, -2, np.int32)
    depth = np.zeros(size, np.int32)
    edge = np.full(size, -1, np.int32)
    order = np.empty(size, np.int32)
    done = 0
    for i in range(size):
        if above[i] != -2:
            continue
        above[i] = -1
        order[done] = i
        at = done
        done += 1
        while at < done:
            node = order[at]
            at += 1
            for k in range(start[node], start[node + 1]):
                other = near[k]
                if above[other] == -2:
                    above[other], depth[other], edge[other] = node, depth[node] + 1, via[k]
                    order[done] = other
                    done += 1
    return order, above, depth, edge


@kernel
def weigh_cuts(
    order: Array, above: Array, depth: Array, left: Array, right: Array, evidence: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """For each node, weigh the cut between it (with all below) and the rest of its tree.

    Returns per node: root, nodes below and itself, nodes of its tree, edges across the cut, and their summed evidence.
    """
    n = order.size
    root = np.empty(n, np.int32)
    below = np.ones(n, np.int64)
    for i in range(n):
        node = order[i]
        root[node] = node if above[node] < 0 else root[above[node]]
    for i in range(n - 1, -1, -1):
        if above[order[i]] >= 0:
            below[above[order[i]]] += below[order[i]]
    whole = np.empty(n, np.int64)
    for i in range(n):
        whole[i] = below[root[i]]
    across = np.zeros(n, np.int64)
    total = np.zeros(n, np.int64)
    for e in range(left.size):
        u, v = left[e], right[e]
        if root[u] != root[v]:
            continue
        while u != v:
            if depth[u] < depth[v]:
                u, v = v, u
            across[u] += 1
            total[u] += evidence[e]
            u = above[u]
    return root, below, whole, across, total


@kernel
def cut_component(
    size: int,
    left: Array,
    right: Array,
    weight: Array,
    kept: Array,
    threshold: int,
    absent: int,
    exponent: float,
) -> int:
    """Cut joining edges of one component where the evidence across says that its two sides are different persons.

    `kept` marks the joining edges and is changed in place. In each round every tree loses its worst cut (large ones
    several), until no cut is under the threshold. Returns the number of cuts.
    """
    evidence = np.empty(weight.size, np.int64)
    for e in range(weight.size):
        evidence[e] = max(weight[e], absent)
    score = np.empty(size, np.float64)
    worst = np.empty(size, np.float64)
    cuts = 0
    while True:
        order, above, depth, edge = root_forest(size, left, right, kept)
        root, below, whole, across, total = weigh_cuts(order, above, depth, left, right, evidence)
        worst[:] = threshold
        for i in range(size):
            score[i] = threshold
            if edge[i] >= 0:
                pairs = float(below[i]) * float(whole[i] - below[i])
                rest = float(total[i] - evidence[edge[i]]) + float(absent) * (pairs - across[i])
                score[i] = float(weight[edge[i]])
                if pairs > 1:
                    score[i] += rest / (pairs - 1) * (pairs**exponent - 1)
                worst[root[i]] = min(worst[root[i]], score[i])
        before = cuts
        for i in range(size):
            limit = worst[root[i]]
            if limit >= threshold or score[i] >= threshold:
                continue
            if whole[i] > LARGE:
                limit += NEARLY * (threshold - limit)
            if score[i] <= limit:
                kept[edge[i]] = False
                cuts += 1
                if whole[i] <= LARGE:
                    worst[root[i]] = threshold  # one cut a round
        if cuts == before:
            return cuts


@kernel
def _all_agree(size: int, weight: Array, rows: Array, threshold: int) -> bool:
    """Tell whether every pair of a component is linked by the threshold or more: then no cut has evidence for it."""
    if 2 * rows.size < size * (size - 1):
        return False
    weakest = weight[rows[0]]
    for row in rows:
        weakest = min(weakest, weight[row])
    return weakest >= threshold


@kernel
def cut_components(
    node_start: Array,
    edge_order: Array,
    edge_start: Array,
    place: Array,
    left: Array,
    right: Array,
    weight: Array,
    joins: Array,
    threshold: int,
    absent: int,
    exponent: float,
) -> int:
    """Cut every component of three or more nodes; `joins` is changed in place. Returns the number of cuts."""
    widest = 0
    for c in range(node_start.size - 1):
        widest = max(widest, edge_start[c + 1] - edge_start[c])
    a, b = np.empty(widest, np.int32), np.empty(widest, np.int32)
    w, kept = np.empty(widest, np.int64), np.empty(widest, np.bool_)
    cuts = 0
    for c in range(node_start.size - 1):
        size = node_start[c + 1] - node_start[c]
        if size < 3:
            continue
        first, count = edge_start[c], edge_start[c + 1] - edge_start[c]
        if threshold >= 0 and _all_agree(size, weight, edge_order[first : first + count], threshold):
            continue
        for k in range(count):
            row = edge_order[first + k]
            a[k], b[k], w[k], kept[k] = place[left[row]], place[right[row]], weight[row], joins[row]
        found = cut_component(size, a[:count], b[:count], w[:count], kept[:count], threshold, absent, exponent)
        cuts += found
        for k in range(count if found else 0):
            joins[edge_order[first + k]] = kept[k]
    return cuts


@kernel
def count_bridges(
    node_start: Array, edge_order: Array, edge_start: Array, place: Array, left: Array, right: Array, joins: Array
) -> Array:
    """Count per component the edges without which it falls apart."""
    bridges = np.zeros(node_start.size - 1, np.int64)
    widest = 0
    for c in range(node_start.size - 1):
        widest = max(widest, edge_start[c + 1] - edge_start[c])
    a, b = np.empty(widest, np.int32), np.empty(widest, np.int32)
    kept, nothing = np.empty(widest, np.bool_), np.zeros(widest, np.int64)
    for c in range(node_start.size - 1):
        size = node_start[c + 1] - node_start[c]
        first, count = edge_start[c], edge_start[c + 1] - edge_start[c]
        if 2 * count == size * (size - 1):  # every pair is linked: only of two nodes is the link a bridge
            bridges[c] = count if size == 2 else 0
            continue
        for k in range(count):
            row = edge_order[first + k]
            a[k], b[k], kept[k] = place[left[row]], place[right[row]], joins[row]
        order, above, depth, edge = root_forest(size, a[:count], b[:count], kept[:count])
        _, _, _, across, _ = weigh_cuts(order, above, depth, a[:count], b[:count], nothing[:count])
        for i in range(size):
            if edge[i] >= 0 and across[i] == 1:
                bridges[c] += 1
    return bridges
