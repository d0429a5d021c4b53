"""A quick search for a witness: whole numbers that meet every sum, in which a small cell has the number asked for.

The walk starts at the truth, sets the cell, and mends each sum that this breaks by moving other numbers of that sum
within their intervals: first as far as breaks nothing else, then the number with most room, whose own sums are mended
in turn. It may miss a witness that exists; then `report/audit.py` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from totalplace.compiled import kernel
from totalplace.report.audit import Incidence
from totalplace.report.linked import System

Whole = NDArray[np.int64]

# A walk that moves more numbers than this is left to the linear programs; its record would fill memory.
MOST_MOVED = 512
# Walks per target: the first looks for room, the others pick at random (from the target's number: no seed, no clock).
TRIES = 48
# Marks of a number; every second walk lets a number be moved several times before it stays.
UNTOUCHED, MOVED, SETTLED = 0, 1, 5


class Net(NamedTuple):
    """The system as the kernels read it."""

    low: Whole
    high: Whole
    start: Whole
    at: Whole
    factor: Whole
    sum_low: Whole
    sum_high: Whole
    of_start: Whole
    of_sum: Whole
    of_factor: Whole


class Walker(NamedTuple):
    """What a walk changes: numbers, totals of the sums, and its own marks; all as before when it has ended."""

    x: Whole
    totals: Whole
    state: Whole
    old: Whole
    queue: Whole
    queued: NDArray[np.bool_]


@dataclass(frozen=True)
class Walks:
    """Answers to many targets: `found`, and per target the unknowns moved (`count` of them) and their new values."""

    found: NDArray[np.bool_]
    count: Whole
    moved: Whole
    values: Whole


def new_walker(system: System) -> Walker:
    """Return a walker that stands at the truth."""
    sums = len(system.start) - 1
    totals = np.zeros(sums, np.int64)
    np.add.at(totals, np.repeat(np.arange(sums), np.diff(system.start)), system.factor * system.truth[system.at])
    n = len(system.truth)
    queue = np.zeros(4 * MOST_MOVED + sums, np.int64)
    marks = np.zeros(n, np.int64), np.zeros(n, np.int64)
    return Walker(system.truth.copy(), totals, *marks, queue, np.zeros(sums, np.bool_))


def new_net(system: System, sums_of: Incidence, low: Whole, high: Whole) -> Net:
    """Return the system as the kernels read it; `low` and `high` are shared, not copied."""
    own = system.start, system.at, system.factor, system.sum_low, system.sum_high
    return Net(low, high, *own, sums_of.start, sums_of.sum_of, sums_of.factor)


def walk(net: Net, walker: Walker, unknowns: Whole, goals: Whole) -> Walks:
    """Return for each target whether a witness was found.

    Args:
        net: the system and the current bounds.
        walker: at the truth, and left there.
        unknowns: targets, one per row.
        goals: the number that each must be able to have.
    """
    n = len(unknowns)
    moved, values = np.zeros((n, MOST_MOVED), np.int64), np.zeros((n, MOST_MOVED), np.int64)
    found, count = np.zeros(n, np.bool_), np.zeros(n, np.int64)
    _walk_all(net, walker, unknowns.astype(np.int64), goals.astype(np.int64), found, count, moved, values)
    return Walks(found, count, moved, values)


@kernel
def _walk_all(
    net: Net,
    walker: Walker,
    unknowns: Whole,
    goals: Whole,
    found: NDArray[np.bool_],
    count: Whole,
    moved: Whole,
    values: Whole,
) -> None:
    for i in range(len(unknowns)):
        for attempt in range(TRIES):
            n_moved, ok = _walk_one(net, walker, unknowns[i], goals[i], attempt, moved[i])
            for m in range(n_moved):
                j = moved[i, m]
                values[i, m] = walker.x[j]
                _move(net, walker, j, walker.old[j] - walker.x[j])
                walker.state[j] = UNTOUCHED
            if ok:
                found[i] = True
                count[i] = n_moved
                break


@kernel
def _walk_one(net: Net, walker: Walker, target: int, goal: int, attempt: int, moved: Whole) -> tuple[int, bool]:
    """Return how many numbers were moved, and whether every sum is met."""
    if goal < net.low[target] or goal > net.high[target]:
        return 0, False
    moved[0], walker.old[target], walker.state[target] = target, walker.x[target], SETTLED
    _move(net, walker, target, goal - walker.x[target])
    n_moved, head, ok = 1, 0, True
    tail = _queue_sums(net, walker, target, 0)
    while head < tail and ok:
        r = walker.queue[head]
        head += 1
        walker.queued[r] = False
        n_moved, tail, ok = _mend(net, walker, r, attempt, moved, n_moved, tail)
    while head < tail:
        walker.queued[walker.queue[head]] = False
        head += 1
    return n_moved, ok


@kernel
def _mend(
    net: Net, walker: Walker, r: int, attempt: int, moved: Whole, n_moved: int, tail: int
) -> tuple[int, int, bool]:
    """Bring one sum back between its bounds; returns the new counts, and whether it could be done."""
    size = net.start[r + 1] - net.start[r]
    first = _pick(attempt, r, n_moved, size)
    for harmless in (True, False):
        for step in range(size):
            if _gap(net, walker, r) == 0:
                return n_moved, tail, True
            k = net.start[r] + (first + step) % size
            if not harmless:
                k = _with_room(net, walker, r, k - net.start[r], attempt % 2 == 0)
                if k < 0:
                    return n_moved, tail, False
            j = net.at[k]
            if walker.state[j] == SETTLED:
                continue
            move = _wish(net, walker, r, k)
            if harmless:
                move = _harmless(net, walker, j, move, r)
            if move == 0:
                continue
            if walker.state[j] == UNTOUCHED:
                if n_moved >= len(moved):
                    return n_moved, tail, False
                moved[n_moved], walker.old[j], walker.state[j] = j, walker.x[j], MOVED
                n_moved += 1
            _move(net, walker, j, move)
            if not harmless:
                walker.state[j] = SETTLED if attempt % 4 < 2 else min(SETTLED, walker.state[j] + 1)
                if tail + net.of_start[j + 1] - net.of_start[j] >= len(walker.queue):
                    return n_moved, tail, False
                tail = _queue_sums(net, walker, j, tail)
    return n_moved, tail, _gap(net, walker, r) == 0


@kernel
def _gap(net: Net, walker: Walker, r: int) -> int:
    """Return by how much a sum's total must change."""
    if walker.totals[r] < net.sum_low[r]:
        return net.sum_low[r] - walker.totals[r]
    if walker.totals[r] > net.sum_high[r]:
        return net.sum_high[r] - walker.totals[r]
    return 0


@kernel
def _wish(net: Net, walker: Walker, r: int, k: int) -> int:
    """Return the whole move of entry k's number that closes the gap of sum r, as far as its interval allows."""
    gap, j, f = _gap(net, walker, r), net.at[k], net.factor[k]
    size = (abs(gap) + abs(f) - 1) // abs(f)
    if (gap > 0) == (f > 0):
        return min(size, net.high[j] - walker.x[j])
    return max(-size, net.low[j] - walker.x[j])


@kernel
def _harmless(net: Net, walker: Walker, j: int, move: int, r: int) -> int:
    """Return how much of a move breaks no sum but r."""
    for k in range(net.of_start[j], net.of_start[j + 1]):
        s, f = net.of_sum[k], net.of_factor[k]
        if s == r or move == 0:
            continue
        rising = (move > 0) == (f > 0)
        room = net.sum_high[s] - walker.totals[s] if rising else walker.totals[s] - net.sum_low[s]
        most = max(room, 0) // abs(f)
        if abs(move) > most:
            move = most if move > 0 else -most
    return move


@kernel
def _with_room(net: Net, walker: Walker, r: int, first: int, roomiest: bool) -> int:
    """Return an entry of a sum whose number can move as needed: the first, or the roomiest; -1 if none."""
    best, best_room = -1, 0
    size, gap = net.start[r + 1] - net.start[r], _gap(net, walker, r)
    for step in range(size):
        k = net.start[r] + (first + step) % size
        j = net.at[k]
        if walker.state[j] == SETTLED:
            continue
        rising = (gap > 0) == (net.factor[k] > 0)
        room = net.high[j] - walker.x[j] if rising else walker.x[j] - net.low[j]
        if room > best_room:
            best, best_room = k, room
            if not roomiest:
                break
    return best


@kernel
def _pick(attempt: int, r: int, n_moved: int, size: int) -> int:
    """Return a position in a sum: the first at the first attempt, then scattered, and the same in every run."""
    if attempt == 0:
        return 0
    mixed = (attempt * 2654435761 + r * 40503 + n_moved * 22468225) & 0xFFFFFFFF
    return ((mixed ^ (mixed >> 15)) * 40503 & 0xFFFFFFFF) % size


@kernel
def _move(net: Net, walker: Walker, j: int, by: int) -> None:
    walker.x[j] += by
    for k in range(net.of_start[j], net.of_start[j + 1]):
        walker.totals[net.of_sum[k]] += net.of_factor[k] * by


@kernel
def _queue_sums(net: Net, walker: Walker, j: int, tail: int) -> int:
    for k in range(net.of_start[j], net.of_start[j + 1]):
        s = net.of_sum[k]
        if not walker.queued[s]:
            walker.queued[s] = True
            walker.queue[tail] = s
            tail += 1
    return tail
