"""A quick search for witnesses: whole numbers that meet every sum, in which small cells have the numbers asked for.

A walk sets one cell, and mends each sum that this breaks by moving other numbers of that sum within their intervals:
first as far as breaks nothing else, then the number with most room, whose own sums are mended in turn. A sweep walks
for many cells, each from where the walk before ended, and lets none move a cell back that has its number: so one
witness serves thousands. Either may miss a witness that exists; then `program.py` decides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from totalplace.compiled import kernel
from totalplace.report.disclosure.audit import HIGH
from totalplace.report.disclosure.net import Net, totals

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

# A walk that moves more numbers than this is given up.
MOST_MOVED = 512
# Marks of a number; every second walk lets a number be moved several times before it stays.
UNTOUCHED, MOVED, SETTLED = 0, 1, 5


class Walker(NamedTuple):
    """What a walk changes: numbers, totals of the sums, and its own marks, which are clear again when it has ended."""

    x: Whole
    totals: Whole
    state: Whole
    old: Whole
    moved: Whole
    queue: Whole
    queued: Flags


def new_walker(net: Net, truth: Whole) -> Walker:
    """Return a walker that stands at the truth."""
    n, sums = len(truth), len(net.start) - 1
    return Walker(
        x=truth.copy(),
        totals=np.asarray(totals(net, np.arange(sums), truth), np.int64),
        state=np.zeros(n, np.int64),
        old=np.zeros(n, np.int64),
        moved=np.zeros(MOST_MOVED, np.int64),
        queue=np.zeros(4 * MOST_MOVED + sums, np.int64),
        queued=np.zeros(sums, np.bool_),
    )


def place(net: Net, walker: Walker, unknowns: Whole, values: Whole) -> bool:
    """Put numbers where they are told, and return whether every sum of theirs is met and each is in its interval."""
    return bool(_place(net, walker, unknowns, values))


def sweep(
    net: Net, walker: Walker, unknowns: Whole, goals: Whole, side: int, first: int, attempt: int, patience: int
) -> Flags:
    """Bring as many cells to their goals as can be, one after the other; return which are there.

    Args:
        net: its bounds are narrowed to the goals reached.
        walker: at a witness, and moved to another.
        unknowns, goals: the cells, and as low (high) as what each must be able to be.
        side: LOW or HIGH.
        first: the cell to begin with; the others follow in their order, and from the beginning again.
        attempt: 0 looks for room in the order of the sums, any other number looks elsewhere.
        patience: after so many walks in a row that ended nowhere, only cells that need no walk are taken.
    """
    there = np.zeros(len(unknowns), np.bool_)
    _sweep(net, walker, unknowns, goals, side, first, attempt, patience, there)
    return there


def walk(net: Net, walker: Walker, unknowns: Whole, values: Whole, attempt: int) -> bool:
    """Set some numbers, of which the first stays as it is set, and walk until every sum is met.

    Returns:
        Whether that could be done; if not, the walker is where it was.
    """
    return bool(_walked(net, walker, unknowns, values, attempt))


def move_into(net: Net, walker: Walker, unknown: int) -> bool:
    """Move a number into its interval, and others so that every sum is met; return whether that could be done."""
    goal = min(max(int(walker.x[unknown]), int(net.low[unknown])), int(net.high[unknown]))
    return walk(net, walker, np.array([unknown]), np.array([goal]), 0)


@kernel
def _place(net: Net, walker: Walker, unknowns: Whole, values: Whole) -> bool:
    for i in range(len(unknowns)):
        _move(net, walker, unknowns[i], values[i] - walker.x[unknowns[i]])
    for j in unknowns:
        if walker.x[j] < net.low[j] or walker.x[j] > net.high[j]:
            return False
        for k in range(net.of_start[j], net.of_start[j + 1]):
            if _gap(net, walker, net.of_sum[k]) != 0:
                return False
    return True


@kernel
def _sweep(
    net: Net,
    walker: Walker,
    unknowns: Whole,
    goals: Whole,
    side: int,
    first: int,
    attempt: int,
    patience: int,
    there: Flags,
) -> None:
    failed = 0
    for step in range(len(unknowns)):
        i = (first + step) % len(unknowns)
        j, goal = unknowns[i], goals[i]
        there[i] = walker.x[j] >= goal if side == HIGH else walker.x[j] <= goal
        if not there[i] and failed < patience:
            there[i] = _walked(net, walker, unknowns[i : i + 1], goals[i : i + 1], attempt)
            failed = 0 if there[i] else failed + 1
        if there[i] and side == HIGH:
            net.low[j] = max(net.low[j], goal)
        elif there[i]:
            net.high[j] = min(net.high[j], goal)


@kernel
def _walked(net: Net, walker: Walker, unknowns: Whole, values: Whole, attempt: int) -> bool:
    """Walk; go back if that led nowhere."""
    n_moved, ok = _walk(net, walker, unknowns, values, attempt, walker.moved)
    for m in range(n_moved):
        j = walker.moved[m]
        if not ok:
            _move(net, walker, j, walker.old[j] - walker.x[j])
        walker.state[j] = UNTOUCHED
    return ok


@kernel
def _walk(net: Net, walker: Walker, unknowns: Whole, values: Whole, attempt: int, moved: Whole) -> tuple[int, bool]:
    """Set numbers, of which the first stays, and mend; return how many were moved, and whether every sum is met."""
    n_moved, head, tail, ok = 0, 0, 0, len(unknowns) < len(moved)
    for i in range(len(unknowns)):
        j = unknowns[i]
        ok = ok and net.low[j] <= values[i] <= net.high[j]
        if ok:
            moved[n_moved], walker.old[j], walker.state[j] = j, walker.x[j], MOVED if i else SETTLED
            n_moved += 1
            _move(net, walker, j, values[i] - walker.x[j])
            tail = _queue_sums(net, walker, j, tail)
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
