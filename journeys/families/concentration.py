"""How unevenly demand is spread (FAM3): Gini, Lorenz points, shares of the top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Values = Sequence[int] | np.ndarray


def _upward(values: Values) -> np.ndarray:
    return np.sort(np.asarray(values, dtype=np.int64))


def gini(values: Values) -> float | None:
    """Return G = 2 sum(i x_i) / (N sum(x)) - (N + 1) / N of values sorted upward; None where they sum to 0."""
    x = _upward(values)
    n, total = len(x), int(x.sum())
    if not total:
        return None
    ranked = int(np.dot(np.arange(1, n + 1), x))
    return (2 * ranked - (n + 1) * total) / (n * total)


def gini_small_sample(values: Values) -> float | None:
    """Return G N / (N - 1), printed beside G where there are few units; None where G is or N is 1."""
    n, plain = len(values), gini(values)
    return None if plain is None or n < 2 else plain * n / (n - 1)


def top_share(values: Values, share: float) -> float | None:
    """Return the part of the sum that the largest `share` of the units holds, with a fraction of the next unit.

    Args:
        values: whole numbers, at least 0, one per unit.
        share: 0 to 1; floor(share x N) units and the fraction that is left of the next.

    Returns:
        0 to 1; None where the values sum to 0.
    """
    x = _upward(values)[::-1]
    total = int(x.sum())
    if not total:
        return None
    # Rounded first: 0.05 x 20 is exactly one unit, whatever the binary fraction says.
    units = round(share * len(x), 9)
    whole = int(units)
    following = float(x[whole]) if whole < len(x) else 0.0
    return (int(x[:whole].sum()) + (units - whole) * following) / total


def share_that_holds(values: Values, part: float) -> float | None:
    """Return the smallest share of the units that holds a part of the sum, with a fraction of the last one.

    Args:
        values: whole numbers, at least 0, one per unit.
        part: 0 to 1 of the sum.

    Returns:
        0 to 1; None where the values sum to 0.
    """
    x = _upward(values)[::-1]
    total = int(x.sum())
    if not total:
        return None
    running = np.cumsum(x)
    whole = int(np.searchsorted(running, part * total, side="left"))
    before = int(running[whole - 1]) if whole else 0
    return (whole + (part * total - before) / int(x[whole])) / len(x)


def lorenz(values: Values) -> list[tuple[float, float]]:
    """Return the points (k / N, running sum / sum) of values sorted upward, from (0, 0); [] where they sum to 0."""
    x = _upward(values)
    total = int(x.sum())
    if not total:
        return []
    running = np.concatenate([[0], np.cumsum(x)])
    return [(k / len(x), int(value) / total) for k, value in enumerate(running)]


def running_top(values: Values, parts: int = 100) -> np.ndarray:
    """Return the whole sum held by the top 1/parts, 2/parts ... of the units, in whole units rounded up.

    Args:
        values: whole numbers, one per unit.
        parts: into how many shares of units the whole is cut.

    Returns:
        int64 (parts, 2): units in the share, at least 1, and their sum.
    """
    x = _upward(values)[::-1]
    units = np.maximum(-(-np.arange(1, parts + 1) * len(x) // parts), 1)
    return np.stack([units, np.cumsum(x)[units - 1]], axis=1)
