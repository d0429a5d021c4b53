"""What a link that is not there says: the share of one person's pairs that go missing, read off triangles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from totalplace.compiled import kernel
from totalplace.config.linkage import ClusterRules
from totalplace.linkage.clusters.edges import Edges
from totalplace.linkage.clusters.kernels import group_rows

Array = np.ndarray[Any, Any]
BIT = 1 << 24
MOST_ASKED = 100_000  # nodes: three figures of a share; they are in order of keyed ids, so the first are a sample
WIDEST = 30  # neighbours of one node that are asked about each other


def absent_evidence(nodes: int, edges: Edges, threshold: int, rules: ClusterRules) -> int:
    """Return the evidence of an absent pair, in 2^-24 bit (negative): log2 of the share of true pairs that go missing.

    P(absent | one person) is that share; P(absent | two persons) is 1 to many digits, so the share is the Bayes factor.
    """
    share = missing_link_share(nodes, edges, threshold, rules)
    return round(math.log2(share) * BIT)


def missing_link_share(nodes: int, edges: Edges, threshold: int, rules: ClusterRules) -> float:
    """Estimate the share of true pairs without a link from triangles whose two other sides are strong.

    Strong is the stronger half of the joining links, so the estimate flatters: it can only raise the share of the
    rules, as where blocking is lossy. With too few triangles, the share of the rules.
    """
    joining = np.count_nonzero(edges.weight >= threshold)  # the first: edges stand strongest first
    if not rules.estimate_missing_links or not joining:
        return rules.missing_link_share
    strong = edges.where(edges.weight >= edges.weight[(joining - 1) // 2])
    keys = np.sort(edges.left.astype(np.int64) * nodes + edges.right)
    ends = np.concatenate([strong.left, strong.right])
    order, start = group_rows(ends, nodes)
    others = np.concatenate([strong.right, strong.left])[order]
    asked, missing = count_triangles(start, others, keys, nodes, MOST_ASKED, WIDEST)
    if asked < rules.min_triangles:
        return rules.missing_link_share
    return min(max(missing / asked, rules.missing_link_share), rules.max_missing_link_share)


@kernel
def count_triangles(start: Array, others: Array, keys: Array, nodes: int, most: int, wide: int) -> tuple[int, float]:
    """Count nodes with two strong neighbours or more, and sum the share of their neighbours' pairs that lack a link.

    Every node counts once, and by no more than its first `wide` neighbours, so that no hub speaks for all.
    """
    asked, missing = 0, 0.0
    for node in range(nodes):
        first, last = start[node], min(start[node + 1], start[node] + wide)
        pairs, open_pairs = 0, 0
        for i in range(first, last):
            for j in range(first, i):
                key = np.int64(min(others[i], others[j])) * nodes + max(others[i], others[j])
                at = np.searchsorted(keys, key)
                pairs += 1
                open_pairs += at == keys.size or keys[at] != key
        if pairs:
            asked += 1
            missing += open_pairs / pairs
        if asked == most:
            break
    return asked, missing
