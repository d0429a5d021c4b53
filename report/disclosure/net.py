"""The system of sums as the compiled searches read it: flat arrays, by sum and by unknown."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from totalplace.report.disclosure.linked import System

Whole = NDArray[np.int64]


class Net(NamedTuple):
    """Sums as in `System`; for each unknown the sums it is in (CSR `of_start`, `of_sum`, `of_factor`); its bounds."""

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


def new_net(system: System, low: Whole, high: Whole) -> Net:
    """Return the system as the kernels read it; `low` and `high` are shared, not copied."""
    sums = np.repeat(np.arange(len(system.start) - 1), np.diff(system.start))
    order = np.lexsort((sums, system.at))
    counts = np.bincount(system.at, minlength=len(system.truth))
    of_start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    own = system.start, system.at, system.factor, system.sum_low, system.sum_high
    return Net(low, high, *own, of_start, sums[order].astype(np.int64), system.factor[order])


def pieces(start: Whole, values: Whole, chosen: Whole) -> Whole:
    """Return the values of the chosen pieces of a CSR array, one after the other."""
    lengths = start[chosen + 1] - start[chosen]
    ends = np.cumsum(lengths)
    shift = np.repeat(start[chosen] - (ends - lengths), lengths)
    return values[np.arange(len(shift)) + shift]


def totals(net: Net, sums: Whole, x: NDArray[Any]) -> NDArray[Any]:
    """Return the totals of the given sums for given numbers; every sum has a member."""
    if not len(sums):
        return np.zeros(0, x.dtype)
    lengths = net.start[sums + 1] - net.start[sums]
    terms = pieces(net.start, net.factor, sums) * x[pieces(net.start, net.at, sums)]
    return np.asarray(np.add.reduceat(terms, np.cumsum(lengths) - lengths))
