"""Families: declared ties wherever people live, and living together where a surname or a child supports it.

Adults come first: the components of adults' ties are the families' seeds. A child does not join two seeds: a child with
ties to two is the child of separated parents, and belongs to the family of most days. So a declared child is never the
bridge by which two separate homes become one family. Two adults whom only a shared home ties are no longer one family
once both are known to live on elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from totalplace.config.linkage import FamilyRules
from totalplace.linkage.households import kernels
from totalplace.linkage.households.hub_guards import crowded
from totalplace.linkage.households.kernels import OPEN
from totalplace.linkage.households.members import DWELLING, Ties, joined_ties
from totalplace.linkage.households.stays import Stays, row_starts

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Together:
    """Pairs of two persons at one dwelling at once, a row per pair of stays.

    Args:
        left, right: int32[rows], persons, left < right.
        component: int32[rows], household.
        start, end: int32[rows], the days they share; `OPEN` if still.
    """

    left: Array
    right: Array
    component: Array
    start: Array
    end: Array


@dataclass(frozen=True)
class Membership:
    """Who is in which family.

    Args:
        family: int32[rows], the smallest person of the family's seed.
        person: int32[rows].
        is_main: bool[rows].
        kind: int8[rows], what the membership rests on.
        start, end: int64[rows], days; `NEVER_TOLD` and `OPEN` if not known.
    """

    family: Array
    person: Array
    is_main: Array
    kind: Array
    start: Array
    end: Array


NEVER_TOLD = np.iinfo(np.int64).max


def components(size: int, left: Array, right: Array) -> Array:
    """Return int32[size]: the smallest member of each node's component."""
    graph = sparse.coo_matrix((np.ones(left.size, np.int8), (left, right)), shape=(size, size))
    count, label = csgraph.connected_components(graph, directed=False)
    return kernels.group_minima(label, np.arange(size), count, size)[label].astype(np.int32)


def together(stays: Stays, component: Array, overlap: int) -> Together:
    """Return who lived with whom for at least `overlap` days.

    Args:
        stays: the stays.
        component: int32[stays], household of each stay.
        overlap: days.
    """
    order = np.lexsort((stays.person, stays.start, component))
    ordered, of = stays.where(order), component[order]
    a, b = kernels.shared_stays(of, ordered.person, ordered.start, ordered.end, overlap)
    start = np.maximum(ordered.start[a], ordered.start[b])
    end = np.minimum(ordered.end[a], ordered.end[b])
    low = np.minimum(ordered.person[a], ordered.person[b])
    return Together(low, np.maximum(ordered.person[a], ordered.person[b]), of[a], start, end)


def share_surname(left: Array, right: Array, surnames: tuple[Array, Array], persons: int) -> Array:
    """Return bool[pairs]: the two bear a surname in common."""
    person, code = surnames
    if person.size == 0:
        return np.zeros(left.size, bool)
    width = int(code.max()) + 1
    keys = person.astype(np.int64) * width + code
    start = row_starts(person, persons)
    counts = np.diff(start)[left]
    pair = np.repeat(np.arange(left.size), counts)
    at = np.arange(pair.size) - np.repeat(np.cumsum(counts) - counts, counts) + start[left][pair]
    wanted = right[pair].astype(np.int64) * width + code[at]
    place = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return np.bincount(pair[keys[place] == wanted], minlength=left.size) > 0


def dwelling_ties(
    pairs: Together, stays: Stays, child: Array, surnames: tuple[Array, Array], rules: FamilyRules, overlap: int
) -> Ties:
    """Return the ties that living together makes: a shared surname, a child with its adults, and these adults together.

    Args:
        pairs: who lived with whom.
        stays: the stays.
        child: bool[persons].
        surnames: person and surname code, by person.
        rules: `[linkage.family]`.
        overlap: days that count as living together.
    """
    named = share_surname(pairs.left, pairs.right, surnames, child.size)
    raised, left, right = _child_with_adult(pairs, child, rules.max_adults_with_child, overlap)
    left = np.concatenate([pairs.left[named | raised], left])
    right = np.concatenate([pairs.right[named | raised], right])
    parted = ~child[left] & ~child[right] & _parted(left, right, pairs, stays, child.size, overlap)
    left, right = left[~parted], right[~parted]
    return Ties(left, right, np.full(left.size, DWELLING, np.int8))


def _child_with_adult(pairs: Together, child: Array, most: int, overlap: int) -> tuple[Array, Array, Array]:
    """Return which pairs are a child with one of at most `most` adults at once, and pairs of adults of one child."""
    mixed = np.flatnonzero(child[pairs.left] != child[pairs.right])
    swap = child[pairs.right[mixed]]
    young = np.where(swap, pairs.right[mixed], pairs.left[mixed])
    old = np.where(swap, pairs.left[mixed], pairs.right[mixed])
    key = pairs.component[mixed].astype(np.int64) * child.size + young
    _, home = np.unique(key, return_inverse=True)
    times = (home, pairs.start[mixed], pairs.end[mixed])
    few = ~crowded(times, times, most)
    raised = np.zeros(pairs.left.size, bool)
    raised[mixed[few]] = True
    home, start, end, old = home[few], times[1][few], times[2][few], old[few]
    order = np.lexsort((old, start, home))
    a, b = kernels.shared_stays(home[order].astype(np.int32), old[order], start[order], end[order], overlap)
    return raised, old[order][a], old[order][b]


def _parted(left: Array, right: Array, pairs: Together, stays: Stays, persons: int, overlap: int) -> Array:
    """Return whether each pair's last shared day lies `overlap` days before the last known day of both."""
    keys, rows = np.unique(pairs.left.astype(np.int64) * persons + pairs.right, return_inverse=True)
    last = kernels.group_maxima(rows, pairs.end, keys.size, 0)
    low, high = np.minimum(left, right).astype(np.int64), np.maximum(left, right)
    until = last[np.searchsorted(keys, low * persons + high)] + overlap
    known = kernels.group_maxima(stays.person, stays.end, persons, 0)
    return (until <= known[left]) & (until <= known[right])


def form_families(
    declared: Ties, housed: Ties, pairs: Together, stays: Stays, child: Array, rules: FamilyRules, horizon: int
) -> Membership:
    """Return the members of every family of two persons or more, by (family, person).

    Args:
        declared: ties by relation and by agency family.
        housed: ties by living together.
        pairs: who lived with whom, for most days and for the dates.
        stays: the stays, for the dates.
        child: bool[persons].
        rules: `[linkage.family]`.
        horizon: the last day that any agency tells of.
    """
    ties = joined_ties(declared, housed)
    adults = ~child[ties.left] & ~child[ties.right]
    seed = components(child.size, ties.left[adults], ties.right[adults])
    family, person, is_main = _with_children(ties, seed, pairs, child, horizon)
    if rules.shared_children == "main":
        family, person, is_main = family[is_main], person[is_main], is_main[is_main]
    sizes = np.bincount(family, minlength=child.size)
    several = sizes[family] > 1
    family, person, is_main = family[several], person[several], is_main[several]
    order = np.lexsort((person, family))
    family, person, is_main = family[order], person[order], is_main[order]
    kind = _basis(family, person, ties, child.size)
    start, end = _dates(family, person, kind, pairs, stays, child.size)
    return Membership(family, person, is_main, kind, start, end)


def _with_children(ties: Ties, seed: Array, pairs: Together, child: Array, horizon: int) -> tuple[Array, Array, Array]:
    """Return family, person and is_main: adults in their seed, children in each seed they are tied to."""
    persons = child.size
    directed = ties.both_ways()
    up = directed.where(child[directed.left] & ~child[directed.right])
    keys, rows = np.unique(up.left.astype(np.int64) * persons + seed[up.right], return_inverse=True)
    young, family = keys // persons, keys % persons
    days = _days_with(young, family, seed, pairs, child, horizon)
    told = np.bincount(rows[up.kind < DWELLING], minlength=keys.size)
    order = np.lexsort((family, -told, -days, young))
    main = np.zeros(keys.size, bool)
    first = np.ones(keys.size, bool)
    first[1:] = young[order][1:] != young[order][:-1]
    main[order[first]] = True
    home = np.full(persons, -1, np.int64)
    home[young[main]] = family[main]
    lone = np.flatnonzero(child & (home < 0))
    sides = directed.where(child[directed.left] & child[directed.right])
    home[lone] = _with_siblings(lone, home, sides, persons)
    grown = np.flatnonzero(~child)
    return (
        np.concatenate([seed[grown], family, home[lone]]).astype(np.int64),
        np.concatenate([grown, young, lone]).astype(np.int64),
        np.concatenate([np.ones(grown.size, bool), main, np.ones(lone.size, bool)]),
    )


def _days_with(young: Array, family: Array, seed: Array, pairs: Together, child: Array, horizon: int) -> Array:
    """Return int64[rows]: days that a child lived with the adult of the family with whom it lived longest."""
    persons = child.size
    mixed = child[pairs.left] != child[pairs.right]
    left, right = pairs.left[mixed], pairs.right[mixed]
    swap = child[right]
    small, tall = np.where(swap, right, left).astype(np.int64), np.where(swap, left, right)
    start = pairs.start[mixed].astype(np.int64)
    days = np.minimum(pairs.end[mixed], np.maximum(horizon, start) + 1) - start
    couples, rows = np.unique(small * persons + tall, return_inverse=True)
    total = np.bincount(rows, weights=days, minlength=couples.size).astype(np.int64)
    keys, rows = np.unique(couples // persons * persons + seed[couples % persons], return_inverse=True)
    longest = kernels.group_maxima(rows, total, keys.size + 1, 0)
    wanted = young * persons + family
    at = np.searchsorted(keys, wanted)
    found = (at < keys.size) & (keys[np.minimum(at, keys.size - 1)] == wanted) if keys.size else np.zeros(at.size, bool)
    return np.where(found, longest[np.minimum(at, keys.size)], 0)


def _with_siblings(lone: Array, home: Array, sides: Ties, persons: int) -> Array:
    """Return the family of children without an adult: the one most of their siblings are in, or one of their own."""
    alone = home < 0
    among = alone[sides.left] & alone[sides.right]
    group = components(persons, sides.left[among], sides.right[among])
    reach = alone[sides.left] & ~alone[sides.right]
    keys, votes = np.unique(
        group[sides.left[reach]].astype(np.int64) * persons + home[sides.right[reach]], return_counts=True
    )
    order = np.lexsort((keys % persons, -votes, keys // persons))
    best = np.arange(persons, dtype=np.int64)
    # Written in reverse, the first of each group is what stays.
    best[(keys // persons)[order][::-1]] = (keys % persons)[order][::-1]
    return best[group[lone]]


def _basis(family: Array, person: Array, ties: Ties, persons: int) -> Array:
    """Return int8[rows]: the strongest kind of tie to another member of the family."""
    directed = ties.both_ways()
    rows, partner = _members_met(family, person, directed.left, directed.right, persons)
    return kernels.group_minima(rows, directed.kind[partner], family.size, DWELLING).astype(np.int8)


def _members_met(family: Array, person: Array, left: Array, right: Array, persons: int) -> tuple[Array, Array]:
    """Return (membership row of left, pair) for each directed pair and each family that both are in."""
    slots = _membership_slots(person, persons)
    none = np.int64(-1)
    rows, found = [], []
    for mine in slots:
        here = np.append(family, none)[mine][left]
        for theirs in slots:
            there = np.append(family, none)[theirs][right]
            both = np.flatnonzero((here == there) & (here >= 0))
            rows.append(mine[left[both]])
            found.append(both)
    return np.concatenate(rows), np.concatenate(found)


def _membership_slots(person: Array, persons: int) -> list[Array]:
    """Return, for the first, second ... membership, the row of each person; -1 = has no further one."""
    order = np.argsort(person, kind="stable")
    start = row_starts(person, persons)
    place = np.arange(person.size) - start[person[order]]
    slots = []
    for number in range(int(place.max(initial=0)) + 1):
        rows = order[place == number]
        slot = np.full(persons, -1, np.int64)
        slot[person[rows]] = rows
        slots.append(slot)
    return slots


def _dates(
    family: Array, person: Array, kind: Array, pairs: Together, stays: Stays, persons: int
) -> tuple[Array, Array]:
    """Return from and to of each membership: told only where it rests on living together."""
    left, right = np.concatenate([pairs.left, pairs.right]), np.concatenate([pairs.right, pairs.left])
    rows, pair = _members_met(family, person, left, right, persons)
    start = kernels.group_minima(rows, np.concatenate([pairs.start, pairs.start])[pair], family.size, NEVER_TOLD)
    end = kernels.group_maxima(rows, np.concatenate([pairs.end, pairs.end])[pair], family.size, 0)
    known = kernels.group_maxima(stays.person, stays.end, persons, 0)
    # Only who is seen to live on elsewhere has left.
    end = np.where(end < known[person], end, np.int64(OPEN))
    housed = kind == DWELLING
    return np.where(housed, start, NEVER_TOLD), np.where(housed, end, np.int64(OPEN))
