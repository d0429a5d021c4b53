"""Groups that stay small: which pairs are left as linkage decided them, so that no group grows without end.

Chance pairs of two people grow with the square of a place, the people only with it: from some size on, weak pairs tie a
good part of a place into one group. Each way in which such a group may be is a copy of all its people, and hardly two
draws of it are alike. So pairs are taken strongest first, and one that would make a group too large is not drawn; what
it leaves out is counted with the pairs under the low probability.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from totalplace.compiled import kernel
from totalplace.linkage.clusters import kernels
from totalplace.linkage.partitions.cores import Cores

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Bounded:
    """Cores with the pairs that are drawn, and what is not.

    Args:
        cores: with `beyond` raised by `joins`.
        left_out: pairs of cores that are not drawn.
        joins: record pairs of one person that are expected among them.
    """

    cores: Cores
    left_out: int
    joins: float


def bound_groups(cores: Cores, person: Array, units: list[tuple[Array, Array]], most: int) -> Bounded:
    """Leave out the weakest pairs that would join more than `most` records, households and families included.

    Pairs within a person as linkage made it always stay: without them it would fall apart in every draw.

    Args:
        cores: from `find_cores`, most probable pair first.
        person: int32[records], smallest record of the person that linkage made.
        units: per kind of unit (household, family): unit and person (its smallest record) of each membership.
        most: records of a group, above 0. People whom households and families alone tie together may be more.
    """
    beside = _beside(person, units)
    size = np.bincount(beside)
    kept = joined_within(beside[cores.first[cores.left]], beside[cores.first[cores.right]], size, most)
    kept |= cores.person[cores.left] == cores.person[cores.right]
    records = np.bincount(cores.of_record, minlength=cores.count)
    expected = cores.probability * records[cores.left] * records[cores.right]
    joins = float(expected[~kept].sum())
    some = replace(
        cores,
        left=cores.left[kept],
        right=cores.right[kept],
        probability=cores.probability[kept],
        weight=cores.weight[kept],
        beyond=cores.beyond + joins,
    )
    return Bounded(some, int((~kept).sum()), joins)


def _beside(person: Array, units: list[tuple[Array, Array]]) -> Array:
    """Return int32[records]: number of the people whom households and families tie together."""
    left, right, nodes = [np.empty(0, np.int64)], [np.empty(0, np.int64)], person.size
    for unit, member in units:
        left.append(member.astype(np.int64))
        right.append(unit + nodes)
        nodes += int(unit.max(initial=-1)) + 1
    ends = np.concatenate(left), np.concatenate(right)
    graph = sparse.coo_matrix((np.ones(ends[0].size, np.int8), ends), shape=(nodes, nodes))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1][person], np.int32)


@kernel
def joined_within(left: Array, right: Array, size: Array, most: int) -> Array:
    """Return bool[pairs]: whether a pair joins two sets of together at most `most`, or lies within one.

    Args:
        left, right: int32[pairs], sets; they are joined in this order.
        size: int64[sets].
        most: a larger set is never made of two.
    """
    parent = np.arange(size.size).astype(np.int32)
    total = size.copy()
    kept = np.ones(left.size, np.bool_)
    for e in range(left.size):
        a, b = kernels.find(parent, left[e]), kernels.find(parent, right[e])
        if a == b:
            continue
        if total[a] + total[b] > most:
            kept[e] = False
            continue
        parent[max(a, b)] = min(a, b)
        total[min(a, b)] = total[a] + total[b]
    return kept
