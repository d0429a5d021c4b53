"""Numbers made of tallies, for many histories at once: sums, shares, curves and how unevenly demand is spread.

Each returns a function for `Figure.of`: keys are int64 (3, tallies), rows part, a and b; values are float64 (histories,
tallies), how often each occurs. The plain measures of one history are the judges of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Of = Callable[[Array, Array], Array]
PART, A, B = 0, 1, 2


def summed(a: int | None = None) -> Of:
    """Return the sum of all tallies, or of those with one a."""
    return lambda keys, values: values.sum(axis=1) if a is None else values[:, keys[A] == a].sum(axis=1)


def share_of(yes: int, no: int) -> Of:
    """Return the tallies with a = yes, as a share of those with a = yes or no."""

    def of(keys: Array, values: Array) -> Array:
        mine, others = (values[:, keys[A] == a].sum(axis=1) for a in (yes, no))
        return _over(mine, mine + others)

    return of


def sum_per(above: int, under: int) -> Of:
    """Return the sum of the tallies with one a for each of those with another."""
    return lambda keys, values: _over(*(values[:, keys[A] == a].sum(axis=1) for a in (above, under)))


def waiting_on(day: int) -> Of:
    """Return the share to whom nothing had happened by a day (Kaplan-Meier); a = days, b = 1 where it happened then."""

    def of(keys: Array, values: Array) -> Array:
        falls = np.unique(keys[A][(keys[B] == 1) & (keys[A] <= day)])
        height = np.where(values.sum(axis=1) > 0, 1.0, np.nan)
        for fall in falls:
            events = values[:, (keys[A] == fall) & (keys[B] == 1)].sum(axis=1)
            at_risk = values[:, keys[A] >= fall].sum(axis=1)
            height = height * (1 - np.divide(events, at_risk, out=np.zeros(len(events)), where=at_risk > 0))
        return height

    return of


def reached_by(day: int) -> Of:
    """Return the share to whom it had happened by a day; keys as of `waiting_on`."""
    waiting = waiting_on(day)
    return lambda keys, values: 1 - waiting(keys, values)


def gini_of(keys: Array, values: Array) -> Array:
    """Return the Gini coefficient of units of which `values` many have the value a."""
    order = np.argsort(keys[A], kind="stable")
    x, n = keys[A][order].astype(np.float64), values[:, order]
    upto = np.cumsum(n, axis=1)
    units, total = n.sum(axis=1), n @ x
    ranked = (n * (2 * upto - n + 1) / 2) @ x
    return _over(2 * ranked - (units + 1) * total, units * total)


def top_share_of(share: float) -> Of:
    """Return the part of the sum that the largest share of the units holds, with a fraction of the next unit."""

    def of(keys: Array, values: Array) -> Array:
        order = np.argsort(-keys[A], kind="stable")
        x, n = keys[A][order].astype(np.float64), values[:, order]
        wanted = np.round(share * n.sum(axis=1), 9)[:, None]
        taken = np.clip(wanted - (np.cumsum(n, axis=1) - n), 0, n)
        return _over(taken @ x, n @ x)

    return of


def kept_share(share: float) -> Of:
    """Return the share of now's top (by b) that was in the top before (by a); see `families.persistence`."""

    def of(keys: Array, values: Array) -> Array:
        then, top = (_membership(keys[k], values, share) for k in (A, B))
        return _over((values * then * top).sum(axis=1), (values * top).sum(axis=1))

    return of


def _membership(key: Array, values: Array, share: float) -> Array:
    """Return how far units of each tally belong to the top share of those that are not 0; those of one value alike."""
    each, place = np.unique(key, return_inverse=True)
    n = np.zeros((len(values), len(each)))  # without any unit there is no value either
    for k in range(len(each)):
        n[:, k] = values[:, place == k].sum(axis=1)
    wanted = np.round(share * n[:, each > 0].sum(axis=1), 9)[:, None]
    above = n.sum(axis=1)[:, None] - np.cumsum(n, axis=1)
    part = np.clip(np.divide(wanted - above, n, out=np.zeros_like(n), where=n > 0), 0.0, 1.0)
    part[:, each <= 0] = 0.0
    return part[:, place]


def _over(above: Array, under: Array) -> Array:
    return np.divide(above, under, out=np.full(len(above), np.nan), where=under > 0)
