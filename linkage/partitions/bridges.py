"""The weakest bridge of a person: the least probable link between two cores without which the person falls in two.

Two cores that further links hold together by another way have no bridge: no one link decides about them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from totalplace.compiled import kernel
from totalplace.linkage.clusters import kernels
from totalplace.linkage.partitions.cores import Cores
from totalplace.linkage.partitions.decisions import Component

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Bridge:
    """One link, and what its component looks like without it.

    Args:
        component: number of the component.
        person: smallest core of the person that it holds together.
        pair: row of `Cores`' pairs.
        label: int32[cores of the component], position of the first core of each core's person without the link.
    """

    component: int
    person: int
    pair: int
    label: Array


def weakest_bridges(cores: Cores, component: Array, components: list[Component], threshold: int) -> list[Bridge]:
    """Return the weakest bridge of every person that has one, by component and person.

    Args:
        cores: the cores.
        component: int32[cores], from `uncertain_components`.
        components: from `draw_components`.
        threshold: match weight from which linkage joined, in 2^-24 bit.
    """
    held = np.flatnonzero((cores.person[cores.left] == cores.person[cores.right]) & (cores.weight >= threshold))
    number = np.where(np.isin(np.arange(cores.left.size), held), component[cores.left], np.int32(-1))
    order, start = kernels.group_rows(number.astype(np.int32), len(components))
    place = np.zeros(cores.count, np.int32)
    found = []
    for c, one in enumerate(components):
        rows = order[start[c] : start[c + 1]][::-1]
        if not rows.size:
            continue
        place[one.cores] = np.arange(one.cores.size)
        a, b = place[cores.left[rows]], place[cores.right[rows]]
        for row, label in zip(*find_bridges(a, b, one.labels[0]), strict=True):
            if row >= 0:
                pair = int(rows[row])
                found.append(Bridge(c, int(cores.person[cores.left[pair]]), pair, label))
    return found


@kernel
def find_bridges(left: Array, right: Array, made: Array) -> tuple[Array, Array]:
    """Return per person of a component the first pair that is a bridge, -1 = none, and the labels without it.

    Pairs are weakest first, each within one person; `made` labels cores by the first core of their person.
    """
    cores = made.size
    people = np.unique(made)
    row = np.full(people.size, -1, np.int64)
    labels = np.empty((people.size, cores), np.int32)
    for k in range(people.size):
        labels[k] = made
        for e in range(left.size):
            if made[left[e]] != people[k]:
                continue
            parent = np.arange(cores).astype(np.int32)
            for f in range(left.size):
                if f != e:
                    a, b = kernels.find(parent, left[f]), kernels.find(parent, right[f])
                    parent[max(a, b)] = min(a, b)
            if kernels.find(parent, left[e]) != kernels.find(parent, right[e]):
                row[k] = e
                side = kernels.find(parent, right[e])
                apart = -1
                for i in range(cores):
                    if made[i] == people[k] and kernels.find(parent, i) == side:
                        apart = i if apart < 0 else apart
                        labels[k, i] = apart
                if apart == people[k]:  # the smallest core is on this side: the other side gets a label of its own
                    apart = -1
                    for i in range(cores):
                        if made[i] == people[k] and kernels.find(parent, i) != side:
                            apart = i if apart < 0 else apart
                            labels[k, i] = apart
                break
    return row, labels
