"""Groups and their alternatives: what may change together, and each way in which it may be.

Components of cores whose persons share a household or family change together: they are one group. An alternative is one
way for a group to be; a partition takes one alternative of each group. There are far fewer alternatives than draws, and
every measure is made once for each alternative, not for each draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from totalplace.linkage.clusters import kernels
from totalplace.linkage.partitions.bridges import Bridge
from totalplace.linkage.partitions.cores import Cores
from totalplace.linkage.partitions.decisions import Component

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Groups:
    """Components that change together, with everybody around them.

    Args:
        of_component: int32[components], group.
        components: components of each group.
        records: records of each group, sorted: of its own persons, of all who share a household or family with
            them, and of all who share one with these, as in whose family a child is depends on everybody it is tied to.
    """

    of_component: Array
    components: list[Array]
    records: list[Array]


@dataclass(frozen=True)
class Alternatives:
    """Every alternative, record by record.

    Args:
        alternative: int64[rows], rising.
        record: int32[rows], rising within an alternative.
        label: int32[rows], smallest record of the record's person.
        group: int32[alternatives].
        first: int64[groups], the alternative that linkage made.
        taken: int64[rounds, groups], alternative of each round.
        of_bridge: int64[bridges], alternative without that bridge.
    """

    alternative: Array
    record: Array
    label: Array
    group: Array
    first: Array
    taken: Array
    of_bridge: Array


def find_groups(component: Array, person: Array, units: list[tuple[Array, Array]], components: int) -> Groups:
    """Return the groups.

    Args:
        component: int32[records], component of each record, -1 = certain.
        person: int32[records], smallest record of each record's person.
        units: per kind of unit (household, family): unit and person (its smallest record) of each membership.
        components: number of components.
    """
    size = person.size
    touched = np.full(size, -1, np.int32)  # by person
    touched[person[component >= 0]] = component[component >= 0]
    near = []
    for unit, member in units:
        mine = touched[member]
        inside = np.isin(unit, np.unique(unit[mine >= 0]))
        count = int(unit.max(initial=-1)) + 1
        hit = inside & (mine >= 0)
        near.append((unit[hit], mine[hit], count))
    of_component = _joined(near, components)
    records = _around(units, of_component, touched, person)
    order, start = kernels.group_rows(of_component, int(of_component.max(initial=-1)) + 1)
    return Groups(of_component, [order[a:b] for a, b in zip(start[:-1], start[1:], strict=True)], records)


def _joined(near: list[tuple[Array, Array, int]], components: int) -> Array:
    """Number the groups of components that share a unit, by their first component."""
    left, right, nodes = [], [], components
    for unit, component, count in near:
        left.append(component.astype(np.int64))
        right.append(unit.astype(np.int64) + nodes)
        nodes += count
    a = np.concatenate(left) if left else np.empty(0, np.int64)
    b = np.concatenate(right) if right else np.empty(0, np.int64)
    graph = sparse.coo_matrix((np.ones(a.size, np.int8), (a, b)), shape=(nodes, nodes))
    _, label = csgraph.connected_components(graph, directed=False)
    _, found = np.unique(kernels.lowest_labels(label[:components].astype(np.int32)), return_inverse=True)
    return np.asarray(found, np.int32)


def _around(units: list[tuple[Array, Array]], of_component: Array, touched: Array, person: Array) -> list[Array]:
    """Return the records of each group's own persons, of those beside them, and of those beside these."""
    groups = int(of_component.max(initial=-1)) + 1
    changed = np.flatnonzero(touched >= 0)
    keys = np.unique(of_component[touched[changed]].astype(np.int64) * person.size + changed)
    for _ in range(2):
        keys = np.unique(np.concatenate([keys, *(_beside(keys, *one, person.size) for one in units)]))
    order, start = kernels.group_rows(person.astype(np.int32), person.size)
    owner, who_is = keys // person.size, keys % person.size
    counts = start[who_is + 1] - start[who_is]
    rows = order[
        np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(start[who_is], counts)
    ]
    groups_of = np.repeat(owner, counts)
    placed = np.lexsort((rows, groups_of))
    rows, groups_of = rows[placed], groups_of[placed]
    bounds = np.searchsorted(groups_of, np.arange(groups + 1))
    return [rows[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]


def _beside(keys: Array, unit: Array, member: Array, size: int) -> Array:
    """Return group x size + person for all who share a unit with a person of a group, given likewise."""
    group, who = keys // size, keys % size
    row, at = _rows_of(who, member, size)
    count = int(unit.max(initial=-1)) + 1
    both = np.unique(group[row] * count + unit[at])
    row, at = _rows_of(both % max(count, 1), unit, count)
    return np.asarray(both[row] // max(count, 1) * size + member[at], np.int64)


def _rows_of(wanted: Array, values: Array, size: int) -> tuple[Array, Array]:
    """Return (place in wanted, place in values) wherever the two are equal; both lie under size."""
    order, start = kernels.group_rows(values.astype(np.int32), size)
    counts = start[wanted + 1] - start[wanted]
    row = np.repeat(np.arange(wanted.size), counts)
    return row, order[np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts) + start[wanted][row]]


def make_alternatives(
    cores: Cores, components: list[Component], groups: Groups, person: Array, bridges: list[Bridge], rounds: int
) -> Alternatives:
    """Return every alternative of every group that a round or a removed bridge takes, and the one that linkage made."""
    of_bridge = np.full(len(bridges), -1, np.int64)
    by_group: dict[int, list[int]] = {}
    for k, bridge in enumerate(bridges):
        by_group.setdefault(int(groups.of_component[bridge.component]), []).append(k)
    taken = np.zeros((rounds, len(groups.components)), np.int64)
    made: list[tuple[Array, Array]] = []
    group: list[int] = []
    first: list[int] = []
    scratch = person.astype(np.int32).copy()
    for g, (members, records) in enumerate(zip(groups.components, groups.records, strict=True)):
        ways = np.stack([components[c].way for c in members], axis=1)
        kinds, which = np.unique(
            np.concatenate([np.zeros((1, len(members)), np.int32), ways]), axis=0, return_inverse=True
        )
        first.append(len(made))  # way 0 of each component sorts first
        taken[:, g] = len(made) + which.ravel()[1:]
        for kind in kinds:
            labels = [components[c].labels[w] for c, w in zip(members, kind, strict=True)]
            made.append((records, _labelled(cores, components, members, labels, records, scratch, person)))
        for k in by_group.get(g, []):
            of_bridge[k] = len(made)
            labels = [bridges[k].label if c == bridges[k].component else components[c].labels[0] for c in members]
            made.append((records, _labelled(cores, components, members, labels, records, scratch, person)))
        group += [g] * (len(made) - len(group))
    lengths = np.array([len(records) for records, _ in made], np.int64)
    return Alternatives(
        np.repeat(np.arange(len(made)), lengths),
        np.concatenate([records for records, _ in made]).astype(np.int32) if made else np.empty(0, np.int32),
        np.concatenate([label for _, label in made]) if made else np.empty(0, np.int32),
        np.array(group, np.int32),
        np.array(first, np.int64),
        taken,
        of_bridge,
    )


def _labelled(
    cores: Cores,
    components: list[Component],
    members: Array,
    labels: list[Array],
    records: Array,
    scratch: Array,
    person: Array,
) -> Array:
    """Return the smallest record of each record's person; `scratch` [records] holds persons as linkage made them."""
    mine = np.concatenate([components[c].cores for c in members])
    wanted = np.concatenate([components[c].cores[label] for c, label in zip(members, labels, strict=True)])
    scratch[cores.first[mine]] = cores.first[wanted]
    at = cores.first[cores.of_record[records]]
    own = np.isin(cores.of_record[records], mine)
    found = np.where(own, scratch[at], person[records]).astype(np.int32)
    scratch[cores.first[mine]] = person[cores.first[mine]]
    return found
