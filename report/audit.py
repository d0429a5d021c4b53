"""What an outsider can derive: the least and greatest value of a withheld number, given everything published.

The judge is a pair of linear programs over the whole system (`exact_bounds`). Solving one pair per small cell is too
slow for a hundred thousand cells, so `reach` looks for a proof either way that is cheaper and just as good:

* a *witness*: a set of whole numbers that meets every sum, in which the cell has the number it must be able to have.
  The truth is such a set, so a walk from it that moves few numbers finds most (`report/witness.py`), and a linear
  program over the neighbourhood of the cell, all else left at the truth, finds more;
* a *bound*: a linear program over the sums of the neighbourhood alone, all else left free within its interval. What it
  excludes, the whole system excludes.

If neither decides, the neighbourhood grows, in the end to the whole component.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import csr_array, vstack

from totalplace.errors import ShapeError
from totalplace.report.conventions import UNBOUNDED
from totalplace.report.linked import System

TOLERANCE = 1e-6
LOW, HIGH = 0, 1
Whole = NDArray[np.int64]
Target = tuple[int, int]  # unknown, LOW or HIGH


@dataclass(frozen=True)
class Reached:
    """A verdict: whether the number can be had; by which moves from the truth; else which unknowns stand in the way.

    `settled` is False where a look further away might still find a yes.
    """

    yes: bool
    moved: Whole = field(default_factory=lambda: np.empty(0, np.int64))
    values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    blocking: Whole = field(default_factory=lambda: np.empty(0, np.int64))
    settled: bool = True


_UNSETTLED = Reached(False, settled=False)


@dataclass(frozen=True)
class Incidence:
    """For each unknown the sums it is in: CSR `start`, `sum_of`, `factor`."""

    start: Whole
    sum_of: Whole
    factor: Whole


def incidence(system: System) -> Incidence:
    """Return the sums of each unknown."""
    sums = np.repeat(np.arange(len(system.start) - 1), np.diff(system.start))
    order = np.lexsort((sums, system.at))
    counts = np.bincount(system.at, minlength=len(system.truth))
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Incidence(start, sums[order].astype(np.int64), system.factor[order])


def exact_bounds(system: System, low: Whole, high: Whole, unknown: int) -> tuple[int, int]:
    """Return the least and greatest whole number that the whole system allows for an unknown: the plain judge.

    Args:
        system: the sums.
        low, high: current bounds of each unknown.
        unknown: which one.

    Returns:
        Bounds rounded inward to whole numbers with a tolerance of 10^-6; `UNBOUNDED` = no greatest value.
    """
    everything = np.arange(len(low))
    sums = np.arange(len(system.start) - 1)
    least = _solve(system, low, high, everything, sums, unknown, LOW, 0)
    # A program without a top is asked for a number beyond all that was counted: solvers may call it infeasible.
    beyond = 4 * int(system.truth.sum()) + 1_000
    most = _solve(system, low, high, everything, sums, unknown, HIGH, beyond)
    top = int(np.floor(-most.fun + TOLERANCE))
    return int(np.ceil(least.fun - TOLERANCE)), UNBOUNDED if top >= beyond else top


def reach(
    system: System,
    sums_of: Incidence,
    low: Whole,
    high: Whole,
    target: Target,
    goal: int,
    max_radius: int,
    max_unknowns: int = UNBOUNDED,
    exact: bool = True,
) -> Reached:
    """Return whether an unknown can be as low (high) as `goal`, with the proof.

    Args:
        system: the sums.
        sums_of: sums of each unknown.
        low, high: current bounds of each unknown; the truth lies within.
        target: unknown, and LOW or HIGH.
        goal: the number it must be able to have.
        max_radius: sums walked from the cell before the whole component is solved at once.
        max_unknowns: surroundings larger than this are not solved unless `exact`.
        exact: solve the whole component where its surroundings settle nothing. Otherwise answer no, which is safe:
            more is then withheld than may be needed, and a component of thousands need not be solved for each cell.
    """
    verdict = single_sum(system, sums_of, low, high, target, goal)
    if verdict.settled:
        return verdict
    for radius in (*range(1, max_radius + 1), *((len(low),) if exact else ())):
        around = _neighbourhood(system, sums_of, low, high, target[0], radius)
        if not exact and radius > 1 and len(around.unknowns) > max_unknowns:
            return verdict
        verdict = _decide(system, sums_of, low, high, target, goal, around)
        if verdict.settled:
            return verdict
    if exact:
        raise ShapeError("report.audit", "a component's bounds could not be settled")
    return verdict


def component_bound(system: System, sums_of: Incidence, low: Whole, high: Whole, target: Target, beyond: int) -> int:
    """Return the least (greatest, at most `beyond`) whole number of an unknown, over its component alone."""
    around = _neighbourhood(system, sums_of, low, high, target[0], len(low))
    result = _solve(system, low, high, around.unknowns, around.sums, *target, beyond)
    if target[1] == LOW:
        return int(np.ceil(result.fun - TOLERANCE))
    return int(np.floor(-result.fun + TOLERANCE))


def single_sum(system: System, sums_of: Incidence, low: Whole, high: Whole, target: Target, goal: int) -> Reached:
    """Return a no, and who stands in the way, if one sum alone gives it: that spares most linear programs.

    Args:
        system, sums_of, low, high, target, goal: as in `reach`.

    Returns:
        A settled no, or an unsettled one.
    """
    unknown, side = target
    for k in range(sums_of.start[unknown], sums_of.start[unknown + 1]):
        s, own = int(sums_of.sum_of[k]), int(sums_of.factor[k])
        piece = slice(system.start[s], system.start[s + 1])
        at, factor = system.at[piece], system.factor[piece]
        others = at != unknown
        at, factor = at[others], factor[others]
        # What the others leave, at their least and at their most; towards the side asked for.
        towards_least = (own > 0) == (side == HIGH)
        ends = np.where((factor > 0) == towards_least, low[at], high[at]) * factor
        left = (int(system.sum_high[s]) if towards_least else int(system.sum_low[s])) - int(ends.sum())
        bound = left // own if side == HIGH else -(-left // own)
        if (bound < goal) if side == HIGH else (bound > goal):
            return Reached(False, blocking=at)
    return _UNSETTLED


@dataclass(frozen=True)
class _Around:
    """Unknowns near a cell, the sums that hold among them alone, and whether nothing lies beyond."""

    unknowns: Whole
    sums: Whole
    closed: bool


def _decide(
    system: System, sums_of: Incidence, low: Whole, high: Whole, target: Target, goal: int, around: _Around
) -> Reached:
    unknown, side = target
    outer = _solve(system, low, high, around.unknowns, around.sums, unknown, side, goal)
    if _misses(outer, side, goal):
        return Reached(False, blocking=_blocking(outer, around.unknowns))
    if around.closed:
        return _witness(system, around.unknowns, outer)
    touching = _sums_around(sums_of, around.unknowns)
    involved = _members(system, touching)
    fixed_low, fixed_high = system.truth.copy(), system.truth.copy()
    fixed_low[around.unknowns], fixed_high[around.unknowns] = low[around.unknowns], high[around.unknowns]
    inner = _solve(system, fixed_low, fixed_high, involved, touching, unknown, side, goal)
    if _misses(inner, side, goal):
        return Reached(False, blocking=_blocking(inner, involved), settled=False)
    return _witness(system, involved, inner)


def _witness(system: System, unknowns: Whole, result: OptimizeResult) -> Reached:
    changed = np.abs(result.x - system.truth[unknowns]) > TOLERANCE
    return Reached(True, unknowns[changed], result.x[changed])


def _misses(result: OptimizeResult, side: int, goal: int) -> bool:
    reached = result.fun if side == LOW else -result.fun
    return bool(np.ceil(reached - TOLERANCE) > goal if side == LOW else np.floor(reached + TOLERANCE) < goal)


def _blocking(result: OptimizeResult, unknowns: Whole) -> Whole:
    """Return unknowns whose interval has a price: unless one of them widens, the goal stays out of reach."""
    priced = (np.abs(result.lower.marginals) > TOLERANCE) | (np.abs(result.upper.marginals) > TOLERANCE)
    return unknowns[priced]


def _solve(
    system: System, low: Whole, high: Whole, unknowns: Whole, sums: Whole, unknown: int, side: int, goal: int
) -> OptimizeResult:
    """Minimise (maximise) one unknown over some sums, all of whose members are among `unknowns`."""
    matrix = _matrix(system, unknowns, sums)
    sum_low, sum_high = system.sum_low[sums], system.sum_high[sums]
    equal = sum_low == sum_high
    upper, lower = ~equal & (sum_high < UNBOUNDED), ~equal & (sum_low > -UNBOUNDED)
    under = vstack([matrix[upper], -matrix[lower]])
    limits = np.concatenate([sum_high[upper], -sum_low[lower]]).astype(float)
    bounds = np.column_stack(
        [low[unknowns].astype(float), np.where(high[unknowns] >= UNBOUNDED, np.inf, high[unknowns])]
    )
    at = int(np.searchsorted(unknowns, unknown))
    if side == HIGH:
        # No more than the goal is asked, so the program is bounded and its answer is a witness.
        bounds[at, 1] = min(bounds[at, 1], max(goal, bounds[at, 0]))
    cost = np.zeros(len(unknowns))
    cost[at] = 1.0 if side == LOW else -1.0
    equations = (matrix[equal], sum_low[equal].astype(float)) if equal.any() else (None, None)
    inequalities = (under, limits) if len(limits) else (None, None)
    result = linprog(cost, *inequalities, *equations, bounds=bounds, method="highs")
    if result.status != 0:
        raise ShapeError("report.audit", f"a linear program ended with status {result.status}")
    return result


def _matrix(system: System, unknowns: Whole, sums: Whole) -> csr_array:
    lengths = system.start[sums + 1] - system.start[sums]
    columns = np.searchsorted(unknowns, _ragged(system.start, system.at, sums))
    factors = _ragged(system.start, system.factor, sums).astype(float)
    rows = np.repeat(np.arange(len(sums)), lengths)
    return csr_array((factors, (rows, columns)), shape=(len(sums), len(unknowns)))


def _neighbourhood(system: System, sums_of: Incidence, low: Whole, high: Whole, unknown: int, radius: int) -> _Around:
    """Return unknowns and sums within some steps of an unknown; sums that say nothing are not walked."""
    inside, seen = np.zeros(len(low), bool), np.zeros(len(system.start) - 1, bool)
    inside[unknown] = True
    frontier = np.array([unknown])
    steps = 0
    while len(frontier) and steps < radius:
        near = _sums_around(sums_of, frontier)
        near = near[~seen[near]]
        seen[near] = True
        reached = _members(system, near[_telling(system, low, high, near)])
        frontier = reached[~inside[reached]]
        inside[frontier] = True
        steps += 1
    sums = np.flatnonzero(seen)
    closed = _per_sum(system, sums, ~inside[_ragged(system.start, system.at, sums)]) == 0
    return _Around(np.flatnonzero(inside), sums[closed], not len(frontier))


def _telling(system: System, low: Whole, high: Whole, sums: Whole) -> NDArray[np.bool_]:
    """Return which sums say anything that the intervals of their members do not say already."""
    at, factor = _ragged(system.start, system.at, sums), _ragged(system.start, system.factor, sums)
    rising = factor > 0
    least = _per_sum(system, sums, np.where(rising, low[at], high[at]) * factor)
    most = _per_sum(system, sums, np.where(rising, high[at], low[at]) * factor)
    return np.asarray((least < system.sum_low[sums]) | (most > system.sum_high[sums]))


def _per_sum(system: System, sums: Whole, values: NDArray[np.generic]) -> Whole:
    """Add values, one per member of each sum, sum by sum; a sum without members gives 0."""
    running = np.concatenate([[0], np.cumsum(values.astype(np.int64))])
    ends = np.cumsum(system.start[sums + 1] - system.start[sums])
    begins = np.concatenate([[0], ends[:-1]])
    return np.asarray(running[ends] - running[begins])


def _sums_around(sums_of: Incidence, unknowns: Whole) -> Whole:
    return np.unique(_ragged(sums_of.start, sums_of.sum_of, unknowns))


def _members(system: System, sums: Whole) -> Whole:
    return np.unique(_ragged(system.start, system.at, sums))


def _ragged(start: Whole, values: Whole, chosen: Whole) -> Whole:
    """Return the values of the chosen pieces, one after the other."""
    lengths = start[chosen + 1] - start[chosen]
    ends = np.cumsum(lengths)
    shift = np.repeat(start[chosen] - (ends - lengths), lengths)
    return values[np.arange(len(shift)) + shift]
