"""Edges between activities of any log of events, and how long each takes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.arrow_columns import numbers, texts
from totalplace.journeys.event_logs.order import Ordered
from totalplace.journeys.sorting import group_starts, sort_together
from totalplace.tables import EventLog

LOW_BITS = 20


def edge_table(log: EventLog, events: Ordered, blocks: bool) -> pa.Table:
    """Return from, to, count: how often an activity directly follows another; most frequent first, then by name.

    Args:
        log: the names.
        events: in order.
        blocks: blocks may hold several events: a column `weight` follows. A step between blocks of m and k events has
            m·k pairs of 1/(m·k) each, so the weights sum to the steps (J1).
    """
    if not blocks:
        edge, count = _counted(_steps(log, events))
        return _named(log, edge, count)
    edge, product, count = _block_pairs(log, events)
    starts = group_starts(edge)
    if not len(starts):
        return _named(log, edge, count, weight=np.zeros(0))
    weight = np.add.reduceat(count / product, starts)
    return _named(log, edge[starts], np.add.reduceat(count, starts), weight=weight)


def duration_table(log: EventLog, events: Ordered) -> pa.Table:
    """Return from, to, count and mean, median, least and most seconds of each edge; each event its own block."""
    within = ~events.first[1:]
    edge, ticks = sort_together(_steps(log, events), (events.time[1:] - events.time[:-1])[within])
    starts = group_starts(edge)
    count = np.diff(np.append(starts, len(edge)))
    last = starts + count - 1
    second = log.ticks_per_second
    middle = (ticks[(starts + last) // 2] / second + ticks[(starts + last + 1) // 2] / second) / 2
    spent = {
        "mean_seconds": _sums(ticks, starts) / count / second,
        "median_seconds": middle,
        "min_seconds": ticks[starts] / second,
        "max_seconds": ticks[last] / second,
    }
    return _named(log, edge[starts], count, **spent)


def _steps(log: EventLog, events: Ordered) -> np.ndarray:
    """Return each step between consecutive events of a journey as from * activities + to."""
    code = events.activity[:-1] * np.int64(len(log.activities))
    code += events.activity[1:]
    return code[~events.first[1:]]


def _counted(steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not len(steps) or int(steps.max()) > max(len(steps), 1 << LOW_BITS):
        edge, count = np.unique(steps, return_counts=True)
        return edge, count
    count = np.bincount(steps)
    edge = np.flatnonzero(count)
    return edge, count[edge]


def _sums(ticks: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the sum of each group: exact, in two halves, as nanoseconds of many events overflow one word."""
    if not len(starts):
        return np.zeros(0)
    high, low = np.add.reduceat(ticks >> LOW_BITS, starts), np.add.reduceat(ticks & ((1 << LOW_BITS) - 1), starts)
    return np.array([float((int(h) << LOW_BITS) + int(w)) for h, w in zip(high, low, strict=True)])


def _block_pairs(log: EventLog, events: Ordered) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (edge, m·k, pairs) sorted by the first two, each once, for consecutive blocks of one journey."""
    block = np.cumsum(events.fresh) - 1
    size = np.bincount(block)
    entry = group_starts(block, events.activity)
    times = np.diff(np.append(entry, len(block)))
    of_block = np.bincount(block[entry])
    first_entry = np.cumsum(of_block) - of_block
    goes_on = np.append(~events.first[np.flatnonzero(events.fresh)][1:], False)
    left = np.flatnonzero(goes_on[block[entry]])
    following = block[entry][left] + 1
    fan = of_block[following]
    pair_left = np.repeat(left, fan)
    within = np.arange(len(pair_left)) - np.repeat(np.cumsum(fan) - fan, fan)
    pair_right = np.repeat(first_entry[following], fan) + within
    names = events.activity[entry]
    edge = names[pair_left] * np.int64(len(log.activities)) + names[pair_right]
    product = np.repeat(size[following - 1] * size[following], fan)
    edge, product, pairs = sort_together(edge, product, times[pair_left] * times[pair_right])
    starts = group_starts(edge, product)
    return edge[starts], product[starts], np.add.reduceat(pairs, starts) if len(starts) else pairs


def _named(log: EventLog, edge: np.ndarray, count: np.ndarray, **more: np.ndarray) -> pa.Table:
    """Return edges with their names, most frequent first, then by name."""
    ranked = np.lexsort((edge, -count))
    names = log.activities
    length = max(len(names), 1)
    columns = {
        "from": texts(names[k] for k in edge[ranked] // length),
        "to": texts(names[k] for k in edge[ranked] % length),
        "count": numbers(count[ranked]),
    }
    columns |= {name: numbers(values[ranked]) for name, values in more.items()}
    return pa.Table.from_arrays(list(columns.values()), names=list(columns))
