"""The compiled loops under `cluster`: joining by strength, components, and what holds a record to its cluster."""

from __future__ import annotations

from typing import Any

import numpy as np

from totalplace.compiled import kernel

Array = np.ndarray[Any, Any]


@kernel
def find(parent: Array, node: int) -> int:
    """Return the root of a node, halving the path on the way."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel
def join_groups(codes: Array) -> tuple[Array, int]:
    """Number the nodes: records of one code share a node, -1 is alone; nodes are numbered by first record."""
    most = -1
    for code in codes:
        most = max(most, code)
    first = np.full(most + 1, -1, np.int32)
    node = np.empty(codes.size, np.int32)
    count = 0
    for i in range(codes.size):
        code = codes[i]
        if code >= 0 and first[code] >= 0:
            node[i] = first[code]
            continue
        node[i] = count
        if code >= 0:
            first[code] = count
        count += 1
    return node, count


@kernel
def join_strongest(
    left: Array,
    right: Array,
    weight: Array,
    threshold: int,
    codes: Array,
    once: Array,
    twice: Array,
    single_a: Array,
    single_b: Array,
    apart_start: Array,
    apart_node: Array,
) -> tuple[Array, Array]:
    """Join nodes by edges in the order given, down to the threshold, unless a constraint forbids it.

    `codes` [columns, nodes] identifiers (-1 = none); `once`, `twice` [nodes] bits of the sources seen at least once and
    twice, looked at where there are single ones; `single_a/b` bits of sources of which a cluster may not hold one and
    two; `apart_*` nodes that may not meet, as compressed rows. All but the last two are changed in place.
    Returns the root of each node, and per edge 0 = not needed, 1 = joins, 2 = refused.
    """
    n = codes.shape[1]
    parent = np.arange(n).astype(np.int32)
    size = np.ones(n, np.int32)
    listed, single = apart_node.size > 0, single_a.size > 0
    head = np.arange(n if listed else 0).astype(np.int32)
    tail = head.copy()
    following = np.full(n if listed else 0, -1, np.int32)
    role = np.zeros(left.size, np.uint8)
    for e in range(left.size):
        if weight[e] < threshold:
            break
        a, b = find(parent, left[e]), find(parent, right[e])
        if a == b:
            continue
        if size[a] < size[b] or (size[a] == size[b] and b < a):
            a, b = b, a
        refused = False
        for k in range(codes.shape[0]):
            if codes[k, a] >= 0 and codes[k, b] >= 0 and codes[k, a] != codes[k, b]:
                refused = True
        one = once[a] | once[b] if single else np.uint64(0)
        two = twice[a] | twice[b] | (once[a] & once[b]) if single else np.uint64(0)
        for k in range(single_a.size):
            if ((two & single_a[k]) and (one & single_b[k])) or ((one & single_a[k]) and (two & single_b[k])):
                refused = True
        if listed and not refused:
            member = head[b]
            while member >= 0 and not refused:
                for k in range(apart_start[member], apart_start[member + 1]):
                    if find(parent, apart_node[k]) == a:
                        refused = True
                member = following[member]
        if refused:
            role[e] = 2
            continue
        role[e] = 1
        parent[b] = a
        size[a] += size[b]
        if single:
            once[a], twice[a] = one, two
        for k in range(codes.shape[0]):
            if codes[k, a] < 0:
                codes[k, a] = codes[k, b]
        if listed:
            following[tail[a]] = head[b]
            tail[a] = tail[b]
    for i in range(n):
        parent[i] = find(parent, i)
    return parent, role


@kernel
def lowest_labels(root: Array) -> Array:
    """Turn roots into labels: the smallest index that shares the root."""
    low = np.full(root.size, -1, np.int32)
    label = np.empty(root.size, np.int32)
    for i in range(root.size):
        if low[root[i]] < 0:
            low[root[i]] = i
        label[i] = low[root[i]]
    return label


@kernel
def number_components(root: Array) -> tuple[Array, Array, Array]:
    """Number what shares a root, by its first node, where it is two nodes or more.

    Returns per node its component (-1 = alone) and its place within it; and where each component would start if its
    nodes stood in a row.
    """
    size = np.zeros(root.size, np.int32)
    for node in range(root.size):
        size[root[node]] += 1
    count = 0
    for node in range(root.size):
        count += size[node] > 1
    start = np.zeros(count + 1, np.int64)
    component = np.full(root.size, -1, np.int32)
    met = np.zeros(root.size, np.int32)
    number = np.full(root.size, -1, np.int32)
    place = np.zeros(root.size, np.int32)
    count = 0
    for node in range(root.size):
        top = root[node]
        if size[top] < 2:
            continue
        if met[top] == 0:
            component[top] = count
            start[count + 1] = start[count] + size[top]
            count += 1
        number[node], place[node] = component[top], met[top]
        met[top] += 1
    return number, start, place


@kernel
def group_rows(label: Array, groups: int) -> tuple[Array, Array]:
    """Return rows ordered by label (stable) and where each label starts; rows with label -1 are left out."""
    start = np.zeros(groups + 1, np.int64)
    for value in label:
        if value >= 0:
            start[value + 1] += 1
    for g in range(groups):
        start[g + 1] += start[g]
    fill = start[:-1].copy()
    order = np.empty(start[groups], np.int64)
    for i in range(label.size):
        if label[i] >= 0:
            order[fill[label[i]]] = i
            fill[label[i]] += 1
    return order, start


@kernel
def weakest_links(nodes: int, left: Array, right: Array, weight: Array, certain: int) -> tuple[Array, Array]:
    """Join nodes by the edges in the order given and note what holds each node to the larger part of its cluster.

    When two parts join, the smaller (on a tie the one with the later root) hangs by that edge. Returns the roots and,
    per node, the weight it hangs by: `certain` if alone.
    """
    parent = np.arange(nodes).astype(np.int32)
    size = np.ones(nodes, np.int32)
    tail = np.arange(nodes).astype(np.int32)
    following = np.full(nodes, -1, np.int32)
    weakest = np.full(nodes, certain, np.int64)
    for e in range(left.size):
        a, b = find(parent, left[e]), find(parent, right[e])
        if a == b:
            continue
        if size[a] < size[b] or (size[a] == size[b] and b < a):
            a, b = b, a
        if size[a] == 1:
            weakest[a] = weight[e]
        member = b
        while member >= 0:
            weakest[member] = weight[e]
            member = following[member]
        parent[b] = a
        size[a] += size[b]
        following[tail[a]] = b
        tail[a] = tail[b]
    for i in range(nodes):
        parent[i] = find(parent, i)
    return parent, weakest
