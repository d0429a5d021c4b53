"""What an outsider can derive: the least and greatest value of a withheld number, given everything published.

This is the plain judge: a pair of linear programs over the whole system, and what one sum alone gives away. Solving a
pair for each of a hundred thousand small cells would take hours, so `proofs.py` looks for proofs that are
cheaper and just as good, and the tests hold it to this judge.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from totalplace.errors import ShapeError
from totalplace.report.disclosure.conventions import UNBOUNDED
from totalplace.report.disclosure.linked import System
from totalplace.report.disclosure.net import Net

TOLERANCE = 1e-6
LOW, HIGH = 0, 1
Whole = NDArray[np.int64]


def exact_bounds(system: System, low: Whole, high: Whole, unknown: int) -> tuple[int, int]:
    """Return the least and greatest whole number that the whole system allows for an unknown.

    Args:
        system: the sums.
        low, high: current bounds of each unknown.
        unknown: which one.

    Returns:
        Bounds rounded inward to whole numbers with a tolerance of 10^-6; `UNBOUNDED` = no greatest value.
    """
    # A program without a top is asked for a number beyond all that was counted: solvers may call it infeasible.
    beyond = 4 * int(system.truth.sum()) + 1_000
    least = _extreme(system, low, high, unknown, LOW, beyond)
    top = int(np.floor(_extreme(system, low, high, unknown, HIGH, beyond) + TOLERANCE))
    return int(np.ceil(least - TOLERANCE)), UNBOUNDED if top >= beyond else top


def _extreme(system: System, low: Whole, high: Whole, unknown: int, side: int, beyond: int) -> float:
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, vstack

    shape = len(system.start) - 1, len(low)
    matrix: Any = csr_array((system.factor.astype(float), system.at, system.start), shape=shape)
    equal = system.sum_low == system.sum_high
    upper, lower = ~equal & (system.sum_high < UNBOUNDED), ~equal & (system.sum_low > -UNBOUNDED)
    limits = np.concatenate([system.sum_high[upper], -system.sum_low[lower]]).astype(float)
    bounds = np.column_stack([low.astype(float), np.where(high >= UNBOUNDED, np.inf, high)])
    bounds[unknown, 1] = min(bounds[unknown, 1], max(beyond, bounds[unknown, 0]))
    cost = np.zeros(len(low))
    cost[unknown] = 1.0 if side == LOW else -1.0
    equations = (matrix[equal], system.sum_low[equal].astype(float)) if equal.any() else (None, None)
    inequalities = (vstack([matrix[upper], -matrix[lower]]), limits) if len(limits) else (None, None)
    result = linprog(cost, *inequalities, *equations, bounds=bounds, method="highs")
    if result.status != 0:
        raise ShapeError("report.audit", f"a linear program ended with status {result.status}")
    return float(result.fun if side == LOW else -result.fun)


def gives_away(net: Net, unknown: int, side: int, goal: int) -> bool:
    """Return whether one sum alone shows that an unknown cannot be as low (high) as a goal.

    Args:
        net: the sums, and the current bounds of each unknown.
        unknown: which one.
        side: LOW or HIGH.
        goal: the number it must be able to have.
    """
    for k in range(net.of_start[unknown], net.of_start[unknown + 1]):
        s, own = int(net.of_sum[k]), int(net.of_factor[k])
        piece = slice(net.start[s], net.start[s + 1])
        others = net.at[piece] != unknown
        at, factor = net.at[piece][others], net.factor[piece][others]
        # What the others leave, at their least and at their most; towards the side asked for.
        towards_least = (own > 0) == (side == HIGH)
        ends = np.where((factor > 0) == towards_least, net.low[at], net.high[at]) * factor
        left = (int(net.sum_high[s]) if towards_least else int(net.sum_low[s])) - int(ends.sum())
        bound = left // own if side == HIGH else -(-left // own)
        if (bound < goal) if side == HIGH else (bound > goal):
            return True
    return False
