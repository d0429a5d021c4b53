"""A linear program that begins with a single number and takes up sums only as its answer breaks them.

It asks how near a goal one unknown can come, and of all answers takes one that leaves the truth the least (so that it
breaks few other sums). Leaving out sums can only widen what is possible: so if the goal is missed it is out of reach;
and once the answer breaks no sum at all, it is a witness. Nothing in between is ever taken for an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from totalplace.errors import ShapeError
from totalplace.report.disclosure.audit import HIGH, LOW, TOLERANCE
from totalplace.report.disclosure.conventions import UNBOUNDED
from totalplace.report.disclosure.net import Net, pieces, totals

Whole = NDArray[np.int64]
Real = NDArray[np.float64]

# Price of one short of the goal, where moving another number by one costs 1. If it is too low for a goal that can be
# reached, the second question, in which moves are free, finds that out.
SHORT = 1e4
# A solver's own tolerance adds up over the members of a sum.
SLACK = 10 * TOLERANCE


@dataclass(frozen=True)
class Answer:
    """Whether a goal can be reached, and the best that can.

    Args:
        yes: it can.
        best: the goal, or how near it one can come.
        moved, values: if so, the unknowns that differ from the truth, and what they are then.
        blocking: if not, the bounds (2 * unknown + side) of which one must widen before it can.
    """

    yes: bool
    best: float
    moved: Whole
    values: Real
    blocking: Whole


def ask(net: Net, truth: Whole, unknown: int, side: int, goal: int) -> Answer:
    """Return whether an unknown can be as low (high) as a goal.

    Args:
        net: the sums, and the bounds of each unknown; the truth is within them.
        truth: numbers that meet every sum.
        unknown, side: which, and LOW or HIGH.
        goal: on that side of the truth.
    """
    question = Question(net, truth, unknown, side, goal)
    while (answer := question.step()) is None:
        pass
    return answer


class Question:
    """A program while it grows: of each unknown, how far it moves up and how far down from the truth."""

    def __init__(self, net: Net, truth: Whole, unknown: int, side: int, goal: int) -> None:
        """Take up the unknown that is asked for; it may move towards the goal, as far as the goal."""
        own = float((net.low if side == LOW else net.high)[unknown])
        self._goal, self._best, self._own = goal, max(own, goal) if side == LOW else min(own, goal), 2 * unknown + side
        self._missing = max(0.0, (self._best - truth[unknown]) * (1.0 if side == HIGH else -1.0))
        self._net, self._truth, self._place = net, truth, {unknown: 0}
        self._unknowns: Whole = np.array([unknown])
        self._sums: Whole = np.empty(0, np.int64)
        self._moves: Real = np.array([self._missing if side == HIGH else -self._missing])
        self._room = [np.array([self._missing, 0.0] if side == HIGH else [0.0, self._missing])]
        self._rows: list[Whole] = []
        self._columns: list[Whole] = []
        self._entries: list[Real] = []
        self._limits: list[tuple[Real, Real]] = []

    def step(self) -> Answer | None:
        """Take up the sums that are broken, and solve; return the answer once there is one."""
        broken = self._broken()
        if not len(broken):
            return self._answer()
        self._add(broken)
        self._moves = self._nearest()
        if self._is_short():
            self._moves, blocking = self._furthest()
            if self._is_short():
                best = float(self._truth[self._unknowns[0]] + self._moves[0])
                return Answer(False, best, np.empty(0, np.int64), np.empty(0), blocking)
        return None

    def so_far(self) -> tuple[Whole, Real]:
        """Return the unknowns that differ from the truth by now, first the one asked for, and what they are."""
        moved = np.abs(self._moves) > TOLERANCE
        return self._unknowns[moved], self._truth[self._unknowns[moved]] + self._moves[moved]

    def _answer(self) -> Answer:
        yes = self._best == self._goal
        return Answer(yes, float(self._best), *self.so_far(), np.array([self._own] if not yes else [], np.int64))

    def _is_short(self) -> bool:
        return bool(abs(self._moves[0]) < self._missing - TOLERANCE)

    def _broken(self) -> Whole:
        """Return sums not yet taken up that the moves break."""
        net, moving = self._net, np.abs(self._moves) > TOLERANCE
        near = np.unique(pieces(net.of_start, net.of_sum, self._unknowns[moving]))
        near = np.setdiff1d(near, self._sums, assume_unique=True)
        x = self._truth.astype(float)
        x[self._unknowns] += self._moves
        reached = totals(net, near, x)
        return near[(reached < net.sum_low[near] - SLACK) | (reached > net.sum_high[near] + SLACK)]

    def _add(self, sums: Whole) -> None:
        """Take up sums, and their members."""
        net, truth = self._net, self._truth
        at, factor = pieces(net.start, net.at, sums), pieces(net.start, net.factor, sums)
        new = np.array([j for j in np.unique(at).tolist() if j not in self._place], np.int64)
        self._place.update(zip(new.tolist(), range(len(self._unknowns), len(self._unknowns) + len(new)), strict=True))
        up = np.where(net.high[new] >= UNBOUNDED, np.inf, net.high[new] - truth[new])
        self._room.append(np.column_stack([up, truth[new] - net.low[new]]).ravel().astype(float))
        places = 2 * np.array([self._place[j] for j in at.tolist()], np.int64)
        lengths = net.start[sums + 1] - net.start[sums]
        rows = np.repeat(np.arange(len(self._sums), len(self._sums) + len(sums)), lengths)
        self._rows += [rows, rows]
        self._columns += [places, places + 1]
        self._entries += [factor.astype(float), -factor.astype(float)]
        now = totals(net, sums, truth)
        low = np.where(net.sum_low[sums] <= -UNBOUNDED, -np.inf, net.sum_low[sums] - now)
        high = np.where(net.sum_high[sums] >= UNBOUNDED, np.inf, net.sum_high[sums] - now)
        self._limits.append((low, high))
        self._unknowns, self._sums = np.concatenate([self._unknowns, new]), np.concatenate([self._sums, sums])

    def _nearest(self) -> Real:
        """Return moves that come as near the goal as can be, and of those nearly the least."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        room = np.concatenate(self._room)
        cost = np.ones(len(room))
        cost[:2] = -SHORT
        matrix, low, high = self._system(len(room))
        limits = LinearConstraint(matrix, low, high)
        # So small a program is solved sooner than it is simplified.
        plain = {"presolve": False}
        return _moves(milp(cost, constraints=limits, bounds=Bounds(np.zeros(len(room)), room), options=plain))

    def _furthest(self) -> tuple[Real, Whole]:
        """Return moves that come as near the goal as can be, and the bounds that have a price then."""
        from scipy.optimize import linprog
        from scipy.sparse import vstack

        room = np.concatenate(self._room)
        cost = np.zeros(len(room))
        cost[:2] = -1.0
        matrix, low, high = self._system(len(room))
        equal, under, over = low == high, (low != high) & np.isfinite(high), (low != high) & np.isfinite(low)
        limited = (vstack([matrix[under], -matrix[over]]), np.concatenate([high[under], -low[over]]))
        result = linprog(
            cost,
            *(limited if len(limited[1]) else (None, None)),
            *((matrix[equal], low[equal]) if equal.any() else (None, None)),
            bounds=np.column_stack([np.zeros(len(room)), room]),
            method="highs",
        )
        moves = _moves(result)
        bounds = np.column_stack([2 * self._unknowns + HIGH, 2 * self._unknowns + LOW]).ravel()
        return moves, np.sort(bounds[2:][result.upper.marginals[2:] < -TOLERANCE])

    def _system(self, columns: int) -> tuple[Any, Real, Real]:
        from scipy.sparse import csr_array

        where = np.concatenate(self._rows), np.concatenate(self._columns)
        matrix = csr_array((np.concatenate(self._entries), where), shape=(len(self._sums), columns))
        low, high = (np.concatenate(ends) for ends in zip(*self._limits, strict=True))
        return matrix, low, high


def _moves(result: Any) -> Real:
    if result.status != 0:
        raise ShapeError("report.audit", f"a linear program ended with status {result.status}")
    return np.asarray(result.x[::2] - result.x[1::2])
