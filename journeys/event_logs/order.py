"""Events of any log in order: each case's own, as journeys and blocks (J1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from totalplace.journeys.sorting import sort_together
from totalplace.tables import EventLog

DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Ordered:
    """Events sorted by (case, time, the log's own order, name of the activity); arrays of one entry per event.

    Args:
        case: int64, number of the case.
        activity: int32, place of its name in the log's `activities`.
        time: int64, ticks.
        first: bool, the event begins a journey.
        fresh: bool, the event begins a block; true wherever `first` is.
        undecided: events, each its own block, that the name of the activity alone put behind the one before.
    """

    case: np.ndarray
    activity: np.ndarray
    time: np.ndarray
    first: np.ndarray
    fresh: np.ndarray
    undecided: int = 0


def in_order(log: EventLog, block: str, gap_days: int) -> Ordered:
    """Return the events in order; rows that agree in all sorted by are interchangeable, so row order cannot matter.

    Args:
        log: events in any order.
        block: day, instant or event.
        gap_days: silence after which a case's events are another journey; 0 = never.
    """
    order = [] if log.order is None else [log.order]
    case, time, *told, activity = sort_together(log.case, log.time, *order, log.activity)
    activity = activity.astype(np.int32)
    first = np.ones(len(case), np.bool_)
    np.not_equal(case[1:], case[:-1], out=first[1:])
    undecided = _undecided(first, activity, time, *told)
    day_ticks = DAY_SECONDS * log.ticks_per_second
    if gap_days:
        first[1:] |= np.diff(time // day_ticks) > gap_days
    if block == "event":
        return Ordered(case, activity, time, first, np.ones(len(case), np.bool_), undecided)
    moment = time // day_ticks if block == "day" else time
    fresh = first.copy()
    fresh[1:] |= moment[1:] != moment[:-1]
    return Ordered(case, _sorted_in_blocks(activity, fresh), time, first, fresh)


def _undecided(first: np.ndarray, activity: np.ndarray, *told: np.ndarray) -> int:
    tied = ~first[1:]
    for column in told:
        tied &= column[1:] == column[:-1]
    tied &= activity[1:] != activity[:-1]
    return int(tied.sum())


def _sorted_in_blocks(activity: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """Return the activities sorted by name within each block, which has no order of its own."""
    return sort_together(np.cumsum(fresh), activity)[1].astype(np.int32)
