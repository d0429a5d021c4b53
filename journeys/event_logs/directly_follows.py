"""What directly follows what in any log of events: the standalone measure, each event its own block, never cut."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.arrow_columns import numbers, texts
from totalplace.journeys.event_logs.edges import duration_table, edge_table
from totalplace.journeys.event_logs.order import Ordered, in_order
from totalplace.journeys.event_logs.variants import variant_table
from totalplace.journeys.sorting import group_starts, sort_together
from totalplace.tables import EventLog

EVENT_TABLES = ("edges", "variants", "activities", "durations")


@dataclass(frozen=True)
class DirectlyFollows:
    """Which activity directly follows which, and whole ways.

    Args:
        tables: by name of `EVENT_TABLES`, those asked for. edges: from, to, count, see `edge_table`; variants: variant,
            count, see `variant_table`; activities: activity, events, cases, starts, ends; durations: see
            `duration_table`, only where each event is its own block.
        counts: events, cases, journeys, activities, steps, undecided (see `Ordered`), and variants where asked for.
    """

    tables: dict[str, pa.Table]
    counts: dict[str, int]


def directly_follows(
    log: EventLog,
    block: str = "event",
    gap_days: int = 0,
    tables: Collection[str] = EVENT_TABLES,
    top_variants: int = 0,
) -> DirectlyFollows:
    """Return counts of directly following events within each case.

    Args:
        log: events in any order: it cannot matter.
        block: what is one step: `day`, `instant` or `event`.
        gap_days: silence after which a case's events are another journey; 0 = never.
        tables: which of `EVENT_TABLES` to make.
        top_variants: variants listed; 0 = all.

    Source: docs/reference/findings.md, J1.
    """
    events = in_order(log, block, gap_days)
    made: dict[str, pa.Table] = {}
    counts = _counts(log, events)
    if "edges" in tables:
        made["edges"] = edge_table(log, events, block != "event")
    if "activities" in tables:
        made["activities"] = activity_table(log, events)
    if "durations" in tables and block == "event":
        made["durations"] = duration_table(log, events)
    if "variants" in tables:
        made["variants"], counts["variants"] = variant_table(log, events, top_variants)
    return DirectlyFollows(made, counts)


def activity_table(log: EventLog, events: Ordered) -> pa.Table:
    """Return activity, events, cases, starts, ends (journeys that start and end with it); most events first."""
    names, n = len(log.activities), len(events.activity)
    block = np.cumsum(events.fresh, dtype=np.int32) - 1
    first_blocks = block[events.first]
    last_blocks = np.append(first_blocks[1:], block[-1:] + 1) - 1 if n else first_blocks
    _, activity = _each_once(events.case, events.activity)
    columns = {
        "events": np.bincount(events.activity, minlength=names),
        "cases": np.bincount(activity, minlength=names),
        "starts": _in_blocks(events, block, first_blocks, names),
        "ends": _in_blocks(events, block, last_blocks, names),
    }
    ranked = np.lexsort((np.arange(names), -columns["events"]))
    listed = texts(log.activities[k] for k in ranked)
    made = [listed, *(numbers(found[ranked]) for found in columns.values())]
    return pa.Table.from_arrays(made, names=["activity", *columns])


def _in_blocks(events: Ordered, block: np.ndarray, chosen: np.ndarray, names: int) -> np.ndarray:
    """Return for each activity in how many of the chosen blocks it is."""
    wanted = np.zeros(int(block[-1]) + 1 if len(block) else 0, np.bool_)
    wanted[chosen] = True
    rows = wanted[block]
    _, activity = _each_once(block[rows], events.activity[rows])
    return np.bincount(activity, minlength=names)


def _each_once(group: np.ndarray, activity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    group, activity = sort_together(group, activity)
    starts = group_starts(group, activity)
    return group[starts], activity[starts]


def _counts(log: EventLog, events: Ordered) -> dict[str, int]:
    journeys, blocks = int(events.first.sum()), int(events.fresh.sum())
    return {
        "events": len(events.case),
        "cases": len(group_starts(events.case)),
        "journeys": journeys,
        "activities": len(log.activities),
        "steps": blocks - journeys,
        "undecided": events.undecided,
    }
