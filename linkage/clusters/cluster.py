"""From kept pairs to persons: joined strongest first under hard constraints, then taken apart where evidence says so.

Connected components undo good scores: one false link makes one person of two. So a cluster has to answer for the pairs
that it implies and that no link supports. A record pair that is absent from the links speaks against one person by
log2 of the share of true pairs that go missing; a pair that is there speaks by its weight. For every joining edge (the
edges of the maximum spanning tree) the evidence across the cut that its removal makes is weighed; the worst cut under
the threshold is made, and the parts are looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.linkage import ClusterRules
from totalplace.linkage.clusters import kernels
from totalplace.linkage.clusters.cuts import cut_components
from totalplace.linkage.clusters.edges import CERTAIN, Edges, component_layout, strongest_first
from totalplace.linkage.clusters.evidence import absent_evidence
from totalplace.linkage.clusters.quality import cluster_quality
from totalplace.linkage.clusters.sources import drop_beaten, source_bits

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Clusters:
    """Which records are one person.

    Args:
        label: int32[records], the smallest record index of the cluster.
        weakest: int64[records], in 2^-24 bit: the weakest link between the record and the larger part of its cluster;
            `CERTAIN` if it is alone or held by its group only.
        splits: cuts made where the evidence was against.
        refused: links over the threshold that a hard constraint refused.
        quality: a row per cluster of two records or more (see `cluster_quality`), by label.
    """

    label: Array
    weakest: Array
    splits: int
    refused: int
    quality: pa.Table


@dataclass(frozen=True)
class MergeTree:
    """The edges that join something new, strongest first: every threshold's components from one pass.

    Args:
        records: number of records.
        left, right: int32[joins], record indices.
        weight: int64[joins], falling, in 2^-24 bit.
    """

    records: int
    left: Array
    right: Array
    weight: Array


def merge_tree(records: int, left: Array, right: Array, weight: Array) -> MergeTree:
    """Return the merge tree of plain connected components.

    Args:
        records: number of records.
        left, right: int32[edges], record indices, in any order.
        weight: int64[edges], in 2^-24 bit.
    """
    edges = strongest_first(records, left, right, weight)
    lowest = np.iinfo(np.int64).min
    _, role = _join(
        records, edges, lowest, np.empty((0, records), np.int32), source_bits(edges.left, records, None, ()), (), None
    )
    joins = role == 1
    return MergeTree(records, edges.left[joins], edges.right[joins], edges.weight[joins])


def cut(tree: MergeTree, threshold: int) -> Array:
    """Return int32[records]: the smallest index of each record's component over links of at least `threshold`."""
    reach = int(np.searchsorted(-tree.weight, -threshold, side="right"))
    root, _ = kernels.weakest_links(tree.records, tree.left[:reach], tree.right[:reach], tree.weight[:reach], 0)
    return np.asarray(kernels.lowest_labels(root))


def cluster_records(
    records: int,
    left: Array,
    right: Array,
    weight: Array,
    same: Array,
    conflicts: Sequence[Array],
    threshold: int,
    rules: ClusterRules,
    *,
    source: Array | None = None,
    one_to_one: Sequence[tuple[int, int]] = (),
    apart: tuple[Array, Array] | None = None,
) -> Clusters:
    """Cluster records into persons.

    Records of one `same` group are one node: its records repeat one another, so they weigh as one. Nodes are joined
    strongest link first; a link that would bring two different identifiers, two records declared apart, or too many
    records of a source together is refused. Then clusters are taken apart where the evidence across a cut, counting
    the links that are not there, is under the threshold.

    Args:
        records: number of records.
        left, right: int32[edges], record indices; any order, repeats allowed (the strongest counts).
        weight: int64[edges], match weight with the prior inside, in 2^-24 bit. Links under the threshold do not
            join, but count as evidence.
        same: int32[records], group code of records that are one person for certain (the agency's own client, a
            reviewer's yes); -1 = none.
        conflicts: int32[records] arrays of identifier codes, -1 = null: two values never meet in one cluster. In a
            `same` group that has several, the most frequent stands for the group.
        threshold: in 2^-24 bit.
        rules: `[linkage.cluster]`.
        source: int32[records], source of each record, for `one_to_one`.
        one_to_one: pairs (a, b) of sources: a cluster that holds one record of a holds at most one of b, and the
            reverse; (a, a) says that a is free of duplicates.
        apart: two int32 arrays of record indices that a reviewer declared to be two persons.

    Returns:
        The clusters; equal for any order of the edges.
    """
    node, nodes = kernels.join_groups(np.ascontiguousarray(same, dtype=np.int32))
    edges = strongest_first(nodes, node[left], node[right], weight)
    codes = np.stack([node_codes(node, nodes, code) for code in conflicts]) if len(conflicts) else np.empty((0, nodes))
    bits = source_bits(node, nodes, source, one_to_one)
    if one_to_one:
        edges = drop_beaten(edges, nodes, bits[0], one_to_one, threshold, rules)
    root, role = _join(
        nodes, edges, threshold, codes.astype(np.int32), bits, one_to_one, _apart_rows(node, nodes, apart)
    )
    joins, splits = role == 1, 0
    if rules.split_weak_bridges:
        joins, splits = _take_apart(nodes, edges, root, joins, threshold, rules)
    kept = edges.where(joins)
    root, hung = kernels.weakest_links(nodes, kept.left, kept.right, kept.weight, CERTAIN)
    label = kernels.lowest_labels(root[node])
    quality = cluster_quality(label, node, root, edges, joins, role == 2)
    return Clusters(label, hung[node], int(splits), int(np.count_nonzero(role == 2)), quality)


def node_codes(node: Array, nodes: int, code: Array) -> Array:
    """Return int32[nodes]: the most frequent code among a node's records (on a tie the smallest), -1 if none."""
    told = code >= 0
    width = int(code.max(initial=0)) + 1
    keys, counts = np.unique(node[told].astype(np.int64) * width + code[told], return_counts=True)
    order = np.lexsort((keys, -counts, keys // width))
    owner = (keys // width)[order]
    first = np.ones(owner.size, bool)
    first[1:] = owner[1:] != owner[:-1]
    result = np.full(nodes, -1, np.int32)
    result[owner[first]] = (keys % width)[order][first]
    return result


def _join(
    nodes: int,
    edges: Edges,
    threshold: int,
    codes: Array,
    bits: tuple[Array, Array],
    one_to_one: Sequence[tuple[int, int]],
    apart: tuple[Array, Array] | None,
) -> tuple[Array, Array]:
    numbers = {s: k for k, s in enumerate(sorted({s for pair in one_to_one for s in pair}))}
    single_a = np.array([1 << numbers[a] for a, _ in one_to_one], np.uint64)
    single_b = np.array([1 << numbers[b] for _, b in one_to_one], np.uint64)
    start, other = apart if apart is not None else (np.zeros(nodes + 1, np.int64), np.empty(0, np.int32))
    root, role = kernels.join_strongest(
        edges.left,
        edges.right,
        edges.weight,
        threshold,
        codes,
        *(bits if not one_to_one else [some.copy() for some in bits]),
        single_a,
        single_b,
        start,
        other,
    )
    return root, role


def _apart_rows(node: Array, nodes: int, apart: tuple[Array, Array] | None) -> tuple[Array, Array] | None:
    """Return the nodes that may not meet each node, as compressed rows."""
    if apart is None:
        return None
    a, b = node[apart[0]], node[apart[1]]
    told = a != b
    ends = np.concatenate([a[told], b[told]])
    order, start = kernels.group_rows(ends, nodes)
    return start, np.concatenate([b[told], a[told]])[order].astype(np.int32)


def _take_apart(
    nodes: int, edges: Edges, root: Array, joins: Array, threshold: int, rules: ClusterRules
) -> tuple[Array, int]:
    """Cut joining edges where the evidence across them is under the threshold."""
    layout = component_layout(nodes, edges, root)
    absent = absent_evidence(nodes, edges, threshold, rules)
    joins = joins.copy()
    cuts = cut_components(
        layout.node_start, layout.edge_order, layout.edge_start, layout.place,
        edges.left, edges.right, edges.weight, joins, threshold, absent, rules.evidence_exponent,
    )  # fmt: skip
    return joins, cuts
