"""What follows from one sum after another: bounds carried through the sums until nothing changes, and why.

Every bound that is found here holds in every solution, so a number that it puts out of reach is out of reach: that
settles most targets in microseconds. The converse is not true, as some bounds follow only from several sums taken
together; so a yes is never said here.

Source: bounds propagation with explanations, as in lazy clause generation (Ohrimenko, Stuckey and Codish 2009).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from totalplace.compiled import kernel
from totalplace.report.disclosure.audit import HIGH, LOW
from totalplace.report.disclosure.conventions import UNBOUNDED
from totalplace.report.disclosure.net import Net

Whole = NDArray[np.int64]

# Entries of the trail per bound. When it is full the search stops: what it found by then holds all the same.
TRAIL_PER_BOUND = 6
NOTHING = -1
BOUND, SUM, LAST = range(3)


class Known(NamedTuple):
    """What follows.

    Args:
        low, high: bounds of each unknown.
        last: per bound (2 * unknown + side) the last entry of the trail that set it; -1 = published.
        trail: one row per change: bound, the sum that it follows from, the entry that set it before.
        length: one number: entries of the trail.
        queue, queued: sums to look at again, a ring; of each sum, whether it is in it.
        ring: two numbers: where the ring begins, and how many sums are in it.
        seen, stamp: marks of entries and bounds visited by an explanation; one number that is new for each.
    """

    low: Whole
    high: Whole
    last: Whole
    trail: Whole
    length: Whole
    queue: Whole
    queued: NDArray[np.bool_]
    ring: Whole
    seen: Whole
    stamp: Whole


def follow(net: Net) -> Known:
    """Return what follows from what is published (`net.low`, `net.high`) when it is carried through every sum."""
    n, sums = len(net.low), len(net.start) - 1
    entries = TRAIL_PER_BOUND * 2 * n + 16
    known = Known(
        low=net.low.copy(),
        high=net.high.copy(),
        last=np.full(2 * n, NOTHING, np.int64),
        trail=np.empty((entries, 3), np.int64),
        length=np.zeros(1, np.int64),
        queue=np.zeros(max(sums, 1), np.int64),
        queued=np.zeros(sums, np.bool_),
        ring=np.zeros(2, np.int64),
        seen=np.zeros(entries + 2 * n, np.int64),
        stamp=np.zeros(1, np.int64),
    )
    _follow(net, known)
    return known


def reasons(net: Net, known: Known, bounds: Whole) -> Whole:
    """Return the unknowns whose published bounds some bounds (2 * unknown + side) follow from."""
    return np.asarray(_reasons(net, known, bounds))


@kernel
def _follow(net: Net, known: Known) -> None:
    for r in range(len(net.start) - 1):
        _queue(known, r)
    while known.ring[1] and known.length[0] < len(known.trail):
        r = known.queue[known.ring[0]]
        known.queued[r] = False
        known.ring[0] = (known.ring[0] + 1) % len(known.queue)
        known.ring[1] -= 1
        _tighten(net, known, r)


@kernel
def _tighten(net: Net, known: Known, r: int) -> None:
    """Narrow each member of a sum by what the others leave it."""
    least, most = 0, 0
    for k in range(net.start[r], net.start[r + 1]):
        low, high = _ends(net, known, k)
        least, most = least + low, most + high
    for k in range(net.start[r], net.start[r + 1]):
        for below in (True, False):
            low, high = _ends(net, known, k)
            limit, others = (net.sum_high[r], least - low) if below else (net.sum_low[r], most - high)
            if abs(limit) >= UNBOUNDED or known.length[0] >= len(known.trail):
                continue
            bound, value = _implied(2 * net.at[k], net.factor[k], limit - others, below)
            if _narrower(known, bound, value):
                _set(net, known, bound, value, r)
                now_low, now_high = _ends(net, known, k)
                least, most = least + now_low - low, most + now_high - high


@kernel
def _implied(first: int, f: int, left: int, below: bool) -> tuple[int, int]:
    """Return the bound on an unknown, and its value, where its part of a sum is at most (at least) what is left."""
    if (f > 0) == below:
        return first + HIGH, left // f
    return first + LOW, -(-left // f)


@kernel
def _ends(net: Net, known: Known, k: int) -> tuple[int, int]:
    """Return the least and the greatest that a member adds to its sum; without a limit: beyond any other number."""
    j, f = net.at[k], net.factor[k]
    if f > 0:
        return f * known.low[j], f * known.high[j]
    return f * known.high[j], f * known.low[j]


@kernel
def _narrower(known: Known, bound: int, value: int) -> bool:
    if bound % 2 == LOW:
        return value > known.low[bound // 2]
    # Beyond half of "no limit" some other member has none, and nothing follows.
    return value < known.high[bound // 2] and value < UNBOUNDED // 2


@kernel
def _set(net: Net, known: Known, bound: int, value: int, r: int) -> None:
    """Write down a narrower bound and what it follows from, and queue the sums that it may narrow further."""
    j, entry = bound // 2, known.length[0]
    known.trail[entry, BOUND], known.trail[entry, SUM], known.trail[entry, LAST] = bound, r, known.last[bound]
    known.last[bound], known.length[0] = entry, entry + 1
    if bound % 2 == LOW:
        known.low[j] = value
    else:
        known.high[j] = value
    for k in range(net.of_start[j], net.of_start[j + 1]):
        _queue(known, net.of_sum[k])


@kernel
def _queue(known: Known, r: int) -> None:
    if not known.queued[r]:
        known.queued[r] = True
        known.queue[(known.ring[0] + known.ring[1]) % len(known.queue)] = r
        known.ring[1] += 1


@kernel
def _reasons(net: Net, known: Known, bounds: Whole) -> Whole:
    known.stamp[0] += 1
    entries, found = [np.int64(0) for _ in range(0)], [np.int64(0) for _ in range(0)]
    for bound in bounds:
        _note(known, bound, known.length[0], entries, found)
    while len(entries):
        entry = entries.pop()
        r, own = known.trail[entry, SUM], known.trail[entry, BOUND]
        from_least = _from_least(net, r, own)
        for k in range(net.start[r], net.start[r + 1]):
            j = net.at[k]
            if j != own // 2:
                side = LOW if from_least == (net.factor[k] > 0) else HIGH
                _note(known, 2 * j + side, entry, entries, found)
    return np.unique(np.array([bound // 2 for bound in found], np.int64))


@kernel
def _from_least(net: Net, r: int, own: int) -> bool:
    """Return whether a bound of one member of a sum follows from the others' least values (else: their greatest)."""
    f = 0
    for k in range(net.start[r], net.start[r + 1]):
        if net.at[k] == own // 2:
            f = net.factor[k]
    return (own % 2 == HIGH) == (f > 0)


@kernel
def _note(known: Known, bound: int, before: int, entries: list[int], found: list[int]) -> None:
    """Put the entry that made a bound before another entry on the list of entries, or the bound on that of reasons."""
    entry = known.last[bound]
    while entry >= before:
        entry = known.trail[entry, LAST]
    mark = len(known.trail) + bound if entry == NOTHING else entry
    if known.seen[mark] == known.stamp[0]:
        return
    known.seen[mark] = known.stamp[0]
    if entry == NOTHING:
        found.append(bound)
    else:
        entries.append(entry)
