"""The compiled loops under `households`: closing and joining stays, and who was there together."""

from __future__ import annotations

from typing import Any

import numpy as np

from totalplace.compiled import kernel

Array = np.ndarray[Any, Any]
OPEN = np.int32(2**31 - 1)  # the end of a stay that has none


@kernel
def close_open_ends(person: Array, dwelling: Array, start: Array, end: Array, told: Array) -> Array:
    """End each open stay where the person's next stay at another dwelling starts; sorted by (person, start).

    A start that was not told (`told` false: it stands for a whole year) closes nothing.
    """
    closed = end.copy()
    for i in range(person.size):
        if end[i] != OPEN:
            continue
        for j in range(i + 1, person.size):
            if person[j] != person[i]:
                break
            if told[j] and dwelling[j] != dwelling[i] and start[j] > start[i]:
                closed[i] = start[j]
                break
    return closed


@kernel
def join_touching(key: Array, start: Array, end: Array) -> tuple[Array, Array, Array]:
    """Join intervals of one key that overlap or touch; sorted by (key, start)."""
    rows = np.empty(key.size, np.int64)
    first = np.empty(key.size, np.int32)
    last = np.empty(key.size, np.int32)
    count = 0
    for i in range(key.size):
        if count and key[rows[count - 1]] == key[i] and start[i] <= last[count - 1]:
            last[count - 1] = max(last[count - 1], end[i])
            continue
        rows[count], first[count], last[count] = i, start[i], end[i]
        count += 1
    return rows[:count], first[:count], last[:count]


@kernel
def stay_components(dwelling: Array, start: Array, end: Array, overlap: int) -> Array:
    """Number the components of stays at one dwelling that share at least `overlap` days; sorted by (dwelling, start).

    Among stays that are long enough, one that starts `overlap` days before the furthest end so far shares them with
    the stay that has that end; so the furthest end is all one needs to remember. Too short a stay is alone.
    """
    component = np.empty(dwelling.size, np.int32)
    count, current, at, reach = 0, -1, -1, np.int64(0)
    for i in range(dwelling.size):
        if np.int64(end[i]) - start[i] < overlap:
            component[i] = count
            count += 1
            continue
        if dwelling[i] == at and np.int64(start[i]) + overlap <= reach:
            component[i] = current
            reach = max(reach, np.int64(end[i]))
            continue
        component[i], current, at, reach = count, count, dwelling[i], np.int64(end[i])
        count += 1
    return component


@kernel
def shared_stays(component: Array, person: Array, start: Array, end: Array, overlap: int) -> tuple[Array, Array]:
    """List pairs of stays of two persons in one component that share at least `overlap` days; sorted by component."""
    left, right = np.empty(1024, np.int64), np.empty(1024, np.int64)
    count = 0
    for j in range(component.size):
        for i in range(j - 1, -1, -1):
            if component[i] != component[j]:
                break
            days = min(np.int64(end[i]), np.int64(end[j])) - max(np.int64(start[i]), np.int64(start[j]))
            if days < overlap or person[i] == person[j]:
                continue
            if count == left.size:
                left = np.concatenate((left, np.empty_like(left)))
                right = np.concatenate((right, np.empty_like(right)))
            left[count], right[count] = i, j
            count += 1
    return left[:count], right[:count]


@kernel
def crowded_spans(opens: Array, closes: Array, most: int) -> tuple[Array, Array]:
    """Return where more than `most` intervals hold; all moments are sorted, and a close comes before an open."""
    begin, end = np.empty(opens.size, np.int64), np.empty(opens.size, np.int64)
    count, running, i, j = 0, 0, 0, 0
    while j < closes.size:
        if i < opens.size and opens[i] < closes[j]:
            running += 1
            if running == most + 1:
                begin[count] = opens[i]
            i += 1
            continue
        if running == most + 1:
            end[count] = closes[j]
            count += begin[count] < end[count]
        running -= 1
        j += 1
    return begin[:count], end[:count]


def group_minima(group: Array, values: Array, groups: int, empty: int) -> Array:
    """Return int64[groups]: the smallest value of each group, `empty` where it has none."""
    return np.asarray(_group_minima(np.asarray(group, np.int64), np.asarray(values, np.int64), groups, int(empty)))


def group_maxima(group: Array, values: Array, groups: int, empty: int) -> Array:
    """Return int64[groups]: the largest value of each group, `empty` where it has none."""
    return np.asarray(_group_maxima(np.asarray(group, np.int64), np.asarray(values, np.int64), groups, int(empty)))


@kernel
def _group_minima(group: Array, values: Array, groups: int, empty: int) -> Array:
    least = np.full(groups, empty, np.int64)
    for i in range(group.size):
        least[group[i]] = min(least[group[i]], values[i])
    return least


@kernel
def _group_maxima(group: Array, values: Array, groups: int, empty: int) -> Array:
    most = np.full(groups, empty, np.int64)
    for i in range(group.size):
        most[group[i]] = max(most[group[i]], values[i])
    return most
