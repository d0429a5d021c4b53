"""A3, graph matching: lay the likenesses of the codes over those of the list so that both agree best.

Source: quadratic assignment by the Frank-Wolfe method (Vogelstein et al. 2015, 10.1371/journal.pone.0121002). The naive
attacker flatters every hardening of a filter, so the calibrated one is the number to be honest about (privacy.md, A3).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linear_sum_assignment

from totalplace.attack.evidence import Codes, ValueList

STARTS, STEPS, ENOUGH = 4, 30, 1e-4
# How much of a random start is chance, and of the frequencies' say beside the likenesses.
CHANCE_SHARE = 0.5


def naive_matching(codes: Codes, listed: ValueList, chance: np.random.Generator) -> np.ndarray:
    """Match once, from the flat start, likenesses as they are; kept only to show the difference."""
    likeness, wanted = _likenesses(codes, listed)
    size = len(likeness)
    return _climb(likeness, wanted, np.full((size, size), 1 / size, np.float32))[1]


def calibrated_matching(codes: Codes, listed: ValueList, chance: np.random.Generator) -> np.ndarray:
    """Map the codes' likenesses to the list's by quantiles, match from several starts, keep the best objective."""
    likeness, wanted = _likenesses(codes, listed)
    likeness = calibrated(likeness, wanted)
    first = _by_profile(likeness, wanted, codes.records, listed.records)
    return max((_climb(likeness, wanted, start) for start in _starts(first, chance)), key=lambda made: made[0])[1]


def _likenesses(codes: Codes, listed: ValueList) -> tuple[np.ndarray, np.ndarray]:
    return dice(codes.bits), dice(listed.incidence)


def dice(rows: np.ndarray) -> np.ndarray:
    """Return the Dice likeness of each pair of rows of a bool matrix, float32, 0 on the diagonal."""
    dense = rows.astype(np.float32)
    sizes = dense.sum(axis=1)
    made = 2 * (dense @ dense.T) / np.maximum(sizes[:, None] + sizes[None, :], 1)
    np.fill_diagonal(made, 0)
    return made


def calibrated(likeness: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return likenesses with the distribution of those wanted, in their own order; equal ones stay equal."""
    if len(likeness) < 2 or len(wanted) < 2:
        return likeness
    at = np.triu_indices(len(likeness), 1)
    target = np.sort(wanted[np.triu_indices(len(wanted), 1)])
    own, inverse, times = np.unique(likeness[at], return_inverse=True, return_counts=True)
    middle = (np.cumsum(times) - (times + 1) / 2) / max(len(inverse) - 1, 1)
    mapped = np.interp(middle * (len(target) - 1), np.arange(len(target)), target)
    made = np.zeros_like(likeness)
    made[at] = mapped[inverse]
    return made + made.T


def _by_profile(likeness: np.ndarray, wanted: np.ndarray, have: np.ndarray, know: np.ndarray) -> np.ndarray:
    """Return a first guess, doubly stochastic: values are alike whose sorted likenesses and frequencies are."""
    ours, theirs = (-np.sort(-matrix, axis=1)[:, :50] for matrix in (likeness, wanted))
    away = np.abs(ours[:, None, :] - theirs[None, :, :]).sum(axis=2) if len(ours) else np.zeros((0, 0))
    rarer = np.abs(np.log(have)[:, None] - np.log(know)[None, :])
    return _balanced(np.exp(-away / max(float(away.std()), 1e-9) - rarer))


def _balanced(matrix: np.ndarray) -> np.ndarray:
    """Return a matrix whose rows and columns each sum to 1 (Sinkhorn)."""
    made = matrix.astype(np.float32) + 1e-12
    for _ in range(30):
        made /= made.sum(axis=1, keepdims=True)
        made /= made.sum(axis=0, keepdims=True)
    return made


def _starts(first: np.ndarray, chance: np.random.Generator) -> Iterator[np.ndarray]:
    yield first
    for _ in range(STARTS):
        noise = _balanced(chance.random(first.shape, dtype=np.float32))
        yield (1 - CHANCE_SHARE) * first + CHANCE_SHARE * noise


def _climb(likeness: np.ndarray, wanted: np.ndarray, start: np.ndarray) -> tuple[float, np.ndarray]:
    """Climb from a start to a matching; return how far both matrices agree under it, and each code's list entry."""
    now = start
    for _ in range(STEPS):
        slope = likeness @ now @ wanted
        rows, columns = linear_sum_assignment(slope, maximize=True)
        step = -now.copy()
        step[rows, columns] += 1
        # The objective along the step is a parabola: a t^2 + b t.
        bend, rise = float((step * (likeness @ step @ wanted)).sum()), 2 * float((step * slope).sum())
        length = 1.0 if bend >= 0 else min(1.0, -rise / (2 * bend))
        if rise <= 0 or length * rise < ENOUGH:
            break
        now = now + length * step
    rows, columns = linear_sum_assignment(now, maximize=True)
    return float((likeness * wanted[np.ix_(columns, columns)]).sum()), columns
