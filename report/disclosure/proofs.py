"""Proof, for many small cells at once, that each can be as low and as high as it must; or what stands in the way.

Three kinds of proof, the cheapest first:

* bounds that follow from one sum after another (`bounds.py`) put many goals out of reach;
* sweeps from the truth (`witness.py`) find witnesses, each of which serves many cells;
* a linear program (`program.py`) settles what is left, and a new sweep begins at each witness that it finds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from totalplace.report.disclosure.audit import HIGH, LOW
from totalplace.report.disclosure.bounds import follow, reasons
from totalplace.report.disclosure.net import Net, pieces
from totalplace.report.disclosure.program import Answer, Question
from totalplace.report.disclosure.witness import Walker, move_into, new_walker, place, sweep, walk

Whole = NDArray[np.int64]
Target = tuple[int, int]  # unknown, LOW or HIGH
Goals = Mapping[Target, int]

# Sweeps from the truth end when one brings no more cells than this to their goals. A sweep over thousands takes about
# as long as ten linear programs: where a shown whole leaves room for few parts at a time (zeros withheld beside exact
# totals), each sweep settles a few per cent, and the next one as many.
LEAST_GAIN = 10
# A sweep from a linear program's witness stays in its neighbourhood: it ends at this many walks in a row to nowhere.
PATIENCE = 24
# Walks that are tried, each elsewhere, before a linear program is asked, which takes longer than all of them.
TRIES = 16
# Walks that are tried from where a linear program stands each time it grows.
RETRIES = 3
# A linear program's numbers are whole up to its tolerance.
WHOLE_ENOUGH = 1e-5


@dataclass(frozen=True)
class Witness:
    """Numbers that meet every sum, and what they prove.

    Args:
        moved, values: the unknowns that differ from the truth, in order, and what they are; whole numbers wherever a
            sweep found them, but a linear program's may be fractions.
        side: LOW or HIGH.
        unknowns, goals: cells that are as low (high) as they must be able to be.
    """

    moved: Whole
    values: NDArray[np.float64]
    side: int
    unknowns: Whole
    goals: Whole

    @property
    def whole(self) -> bool:
        """Return whether it is made of whole numbers."""
        return bool((self.values == np.round(self.values)).all())


@dataclass(frozen=True)
class Proofs:
    """What was proved: witnesses, and for each target out of reach the unknowns of which one must widen.

    `open` are targets not looked at, near ones that are out of reach: what frees those may free these.
    """

    witnesses: list[Witness]
    blocked: dict[Target, Whole]
    open: list[Target]


def prove(net: Net, truth: Whole, goals: Goals, every: bool) -> Proofs:
    """Return a proof either way for each target.

    Args:
        net: the sums, and what is published of each unknown.
        truth: numbers that meet every sum.
        goals: target -> the number that it must be able to have.
        every: settle every target; else leave those near a target out of reach open, and look no further at all while
            the bounds that follow put any out of reach.
    """
    known = follow(net)
    ends = known.low, known.high
    blocked = {
        (u, side): reasons(net, known, np.array([2 * u + side]))
        for (u, side), goal in goals.items()
        if (ends[LOW][u] > goal if side == LOW else ends[HIGH][u] < goal)
    }
    if blocked and not every:
        return Proofs([], blocked, [target for target in goals if target not in blocked])
    search = _Search(net._replace(low=known.low, high=known.high), truth, every)
    for side in (LOW, HIGH):
        search.settle({target: g for target, g in goals.items() if target[1] == side and target not in blocked}, side)
    blocked |= {target: reasons(net, known, bounds) for target, bounds in search.blocked.items()}
    return Proofs(search.witnesses, blocked, search.open)


class _Search:
    """A search for witnesses under way; `net` has the bounds that follow, so that no walk leaves them in vain."""

    def __init__(self, net: Net, truth: Whole, every: bool) -> None:
        self.witnesses: list[Witness] = []
        self.blocked: dict[Target, Whole] = {}
        self.open: list[Target] = []
        self._net, self._truth, self._every = net, truth, every
        self._walker = new_walker(net, truth)
        self._totals = self._walker.totals.copy()

    def settle(self, goals: Goals, side: int) -> None:
        """Settle targets of one side."""
        unknowns = np.array([u for u, _ in goals], np.int64)
        wanted = np.array(list(goals.values()), np.int64)
        # The largest first: what holds many others must grow before they can.
        order = np.lexsort((unknowns, -self._truth[unknowns]))
        unknowns, wanted = unknowns[order], wanted[order]
        attempt = 0
        while len(unknowns):
            left = self._sweep(unknowns, wanted, side, 0, attempt, len(unknowns))
            attempt, gained = attempt + 1, len(unknowns) - len(left)
            unknowns, wanted = unknowns[left], wanted[left]
            if gained <= LEAST_GAIN:
                break
        self._solve(unknowns, wanted, side)

    def _sweep(self, unknowns: Whole, goals: Whole, side: int, first: int, attempt: int, patience: int) -> Whole:
        """Sweep from where the walker is; keep the witness, and return the places of the targets left."""
        net = self._net._replace(low=self._net.low.copy(), high=self._net.high.copy())
        there = sweep(net, self._walker, unknowns, goals, side, first, attempt, patience)
        moved = np.flatnonzero(self._walker.x != self._truth)
        if there.any():
            values = self._walker.x[moved].astype(float)
            self.witnesses.append(Witness(moved, values, side, unknowns[there], goals[there]))
        self._back()
        return np.flatnonzero(~there)

    def _back(self) -> None:
        self._walker.x[:], self._walker.totals[:] = self._truth, self._totals

    def _solve(self, unknowns: Whole, goals: Whole, side: int) -> None:
        """Settle the targets left one by one, unless a sweep from the witness of another settles them."""
        near: set[int] = set()
        while len(unknowns):
            unknown = int(unknowns[0])
            here = self._surroundings(unknown)
            if here in near:
                self.open.append((unknown, side))
                unknowns, goals = unknowns[1:], goals[1:]
                continue
            answer = self._answer(unknown, side, int(goals[0]))
            if answer is None:
                left = self._sweep(unknowns, goals, side, 0, len(self.witnesses), PATIENCE)
                unknowns, goals = unknowns[left], goals[left]
                continue
            if answer.yes:
                order = np.argsort(answer.moved)
                moved, values = answer.moved[order], answer.values[order]
                self.witnesses.append(Witness(moved, values, side, unknowns[:1], goals[:1]))
            else:
                self.blocked[unknown, side] = answer.blocking
                near |= set() if self._every else {here}
            unknowns, goals = unknowns[1:], goals[1:]

    def _answer(self, unknown: int, side: int, goal: int) -> Answer | None:
        """Return a linear program's answer; None where the walker has found its way to a witness."""
        if self._walk(np.array([unknown]), np.array([float(goal)]), TRIES):
            return None
        question = Question(self._net, self._truth, unknown, side, goal)
        while (answer := question.step()) is None:
            if self._walk(*question.so_far(), RETRIES):
                return None
        return None if answer.yes and self._walk(answer.moved, answer.values, 1) else answer

    def _walk(self, unknowns: Whole, values: NDArray[np.float64], tries: int) -> bool:
        """Return whether the walker finds its way to a witness from some numbers, if they are whole."""
        near = np.round(values)
        if np.abs(values - near).max() > WHOLE_ENOUGH:
            return False
        start = unknowns, near.astype(np.int64)
        return any(walk(self._net, self._walker, *start, attempt) for attempt in range(tries))

    def _surroundings(self, unknown: int) -> int:
        """Return a number that neighbours share: the largest that a sum of theirs has in it."""
        net = self._net
        sums = net.of_sum[net.of_start[unknown] : net.of_start[unknown + 1]]
        members = pieces(net.start, net.at, sums)
        return int(members[np.argmax(self._truth[members])]) if len(members) else unknown


def mended(net: Net, truth: Whole, walker: Walker, witness: Witness, changed: Sequence[int]) -> Witness | None:
    """Return a witness that proves the same when bounds were narrowed; None if none was found nearby.

    Args:
        net: the sums, and what is published of each unknown now.
        truth: numbers that meet every sum.
        walker: at the truth, and left there.
        witness: what was found before.
        changed: unknowns whose bounds were narrowed.
    """
    if not witness.whole:
        return None
    bound = net._replace(low=net.low.copy(), high=net.high.copy())
    if witness.side == LOW:
        bound.high[witness.unknowns] = np.minimum(bound.high[witness.unknowns], witness.goals)
    else:
        bound.low[witness.unknowns] = np.maximum(bound.low[witness.unknowns], witness.goals)
    x, sums = walker.x.copy(), walker.totals.copy()
    place(bound, walker, witness.moved, witness.values.astype(np.int64))
    ok = all(move_into(bound, walker, u) for u in changed)
    moved = np.flatnonzero(walker.x != truth)
    found = replace(witness, moved=moved, values=walker.x[moved].astype(float)) if ok else None
    walker.x[:], walker.totals[:] = x, sums
    return found
