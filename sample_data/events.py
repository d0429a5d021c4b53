"""Events: everything that happened between people and agencies, as columns of equal length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from totalplace.sample_data.settings import CHANNELS, KINDS, OUTCOMES

NONE = -1
COMPLETED, DID_NOT_ATTEND, CANCELLED, INCOMPLETE = (OUTCOMES.index(o) for o in OUTCOMES[:4])
CHANGE = KINDS.index("change")
HOME_VISIT = CHANNELS.index("home")

DTYPES = {
    "person": np.int32, "service": np.int16, "day": np.int32, "completed": np.int32, "due": np.int32,
    "outcome": np.int8, "kind": np.int8, "referral": np.int8, "joint": np.int32, "channel": np.int8,
    "worker": np.int16, "minute": np.int16, "planned": np.bool_, "seeded": np.bool_,
}  # fmt: skip


@dataclass(frozen=True)
class Events:
    """One entry per recorded contact; days since 1970-01-01, NONE where a field is empty.

    Args:
        person: who.
        service: number of the service, which knows its agency.
        day: day of the contact; completed: of its completion; due: day on which a review is due.
        outcome, kind, channel: codes into OUTCOMES, KINDS, CHANNELS.
        referral: agency that the client is sent to.
        joint: number of a joint act, shared by its records.
        worker, minute: who saw the client, and the minute of the day.
        planned: a return was agreed.
        seeded: made for the seeded family.
    """

    person: np.ndarray
    service: np.ndarray
    day: np.ndarray
    completed: np.ndarray
    due: np.ndarray
    outcome: np.ndarray
    kind: np.ndarray
    referral: np.ndarray
    joint: np.ndarray
    channel: np.ndarray
    worker: np.ndarray
    minute: np.ndarray
    planned: np.ndarray
    seeded: np.ndarray

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: np.ndarray) -> Events:
        """Return some rows, by number or by a bool per row."""
        return Events(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def put(self, **columns: Any) -> Events:
        """Return the events with some columns replaced."""
        return replace(self, **{name: np.asarray(values, DTYPES[name]) for name, values in columns.items()})


def make_events(person: np.ndarray, service: np.ndarray, day: np.ndarray, **columns: np.ndarray) -> Events:
    """Return events; columns that are not given are empty."""
    given = {"person": person, "service": service, "day": day, **columns}
    filled: dict[str, np.ndarray] = {}
    for name, dtype in DTYPES.items():
        blank = False if dtype is np.bool_ else (0 if name in ("kind", "minute", "worker", "channel") else NONE)
        filled[name] = np.asarray(given[name], dtype) if name in given else np.full(len(person), blank, dtype)
    return Events(**filled)


def stack(parts: Iterable[Events]) -> Events:
    """Return all events in one."""
    held = list(parts)
    return Events(**{name: np.concatenate([getattr(p, name) for p in held]) for name in DTYPES})


def groups(*keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row the number of its group of equal keys, and its rank within it in the given row order."""
    order = np.lexsort((np.arange(len(keys[0])), *keys))
    new = np.zeros(len(order), dtype=bool)
    for key in keys:
        new[1:] |= np.diff(key[order]) != 0
    number = np.cumsum(new)
    starts = np.flatnonzero(np.concatenate([[True], new[1:]])) if len(order) else np.zeros(0, int)
    out, rank = np.empty(len(order), dtype=np.int64), np.empty(len(order), dtype=np.int64)
    out[order] = number
    rank[order] = np.arange(len(order)) - starts[number]
    return out, rank


def to_weekdays(events: Events, open_all_week: np.ndarray, spread: int = 1) -> Events:
    """Move what falls on a week-end into the next week, start and completion alike, save where services never close.

    Args:
        events: any.
        open_all_week: per service.
        spread: days of the next week that are used, from Monday: 1 keeps the order of close events.
    """
    weekday = (events.day + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    later = 7 - weekday + (events.day + events.person.astype(np.int64)) % spread
    shift = np.where(open_all_week[events.service] | (weekday < 5), 0, later)
    completed = np.where(events.completed == NONE, NONE, events.completed + shift)
    return events.put(day=events.day + shift, completed=completed)
