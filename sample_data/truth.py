"""The truth: which assessments were avoidable or concurrent, for true persons and households, by the rule of D1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.sample_data.events import CANCELLED, CHANGE, DID_NOT_ATTEND, INCOMPLETE, NONE, Events, groups
from totalplace.sample_data.settings import AGENCIES, KINDS, Settings

VALIDITIES = (30, 60, 90, 180, 365)  # days; 180 is the one that the truth's classes use
VALIDITY = 180
CLASSES = (
    "kept", "avoidable", "concurrent", "joint_record", "did_not_attend", "cancelled", "incomplete",
    "review", "change", "appeal", "barred",
)  # fmt: skip
KEPT, AVOIDABLE, CONCURRENT = range(3)


@dataclass(frozen=True)
class Assessed:
    """One entry per assessment record of the true event history.

    Args:
        event: row of the events; unit: person, or household with `household` set; purpose: code into `purposes`.
        start, completed: days.
        outcome: code into CLASSES, at a validity of 180 days.
        anchor: event whose result would have done, NONE where there is none.
        avoidable: [row, validity] at each of VALIDITIES.
        purposes: words of the purposes.
    """

    event: np.ndarray
    unit: np.ndarray
    household: np.ndarray
    purpose: np.ndarray
    start: np.ndarray
    completed: np.ndarray
    outcome: np.ndarray
    anchor: np.ndarray
    avoidable: np.ndarray
    purposes: tuple[str, ...]


def judge_assessments(settings: Settings, events: Events, household: np.ndarray) -> Assessed:
    """Return the class of every assessment.

    Joint records become one, exclusions fall away, what starts before an earlier kept one is done is concurrent, and of
    the rest all that start within the validity of a kept one's completion could have been spared (left to right).
    """
    words = tuple(sorted({s.purpose for s in settings.services if s.assessment}))
    purpose_of = np.array([words.index(s.purpose) if s.assessment else NONE for s in settings.services])
    mapped = settings.column("assessment", bool) & settings.column("intervention", bool)
    rows = np.flatnonzero(mapped[events.service])
    mine = events.take(rows)
    purpose, whole = purpose_of[mine.service], settings.column("household", bool)[mine.service]
    unit = np.where(whole, household[rows], mine.person).astype(np.int64)
    completed = np.where(mine.completed == NONE, mine.day, mine.completed)
    outcome = _excluded(settings, mine, unit, whole, purpose)
    eligible = np.flatnonzero(outcome == KEPT)
    order = eligible[np.lexsort((eligible, completed[eligible], mine.day[eligible]))]
    group, _ = groups(unit[order], whole[order], purpose[order])
    clash = _concurrent(group, mine.day[order], completed[order])
    outcome[order[clash]] = CONCURRENT
    order, group = order[~clash], group[~clash]
    avoidable, anchor = np.zeros((len(rows), len(VALIDITIES)), dtype=bool), np.full(len(rows), NONE, dtype=np.int64)
    for turn, validity in enumerate(VALIDITIES):
        spared, first = _covered(group, mine.day[order], completed[order], validity)
        avoidable[order, turn] = spared
        if validity == VALIDITY:
            outcome[order[spared]] = AVOIDABLE
            anchor[order[spared]] = rows[order[first[spared]]]
    return Assessed(rows, unit, whole, purpose, mine.day, completed, outcome, anchor, avoidable, words)


def _excluded(settings: Settings, mine: Events, unit: np.ndarray, whole: np.ndarray, purpose: np.ndarray) -> np.ndarray:
    """Return KEPT, or the reason for which an assessment is not eligible."""
    barred, kind_of = settings.column("barred", bool)[mine.service], settings.column("kind")[mine.service]
    statutory = settings.column("statutory", bool)[mine.service]
    joint = np.where(mine.joint == NONE, -2 - np.arange(len(mine)), mine.joint)
    _, rank = groups(joint, unit, whole, purpose)
    tests = (
        ((mine.joint != NONE) & (rank > 0), "joint_record"),
        (mine.outcome == DID_NOT_ATTEND, "did_not_attend"),
        (mine.outcome == CANCELLED, "cancelled"),
        (mine.outcome == INCOMPLETE, "incomplete"),
        (barred, "barred"),
        (statutory & (kind_of == "review") & (mine.due != NONE) & (mine.day >= mine.due), "review"),
        (mine.kind == CHANGE, "change"),
        ((kind_of == "appeal") | (mine.kind == KINDS.index("appeal")), "appeal"),
    )
    out = np.full(len(mine), KEPT, dtype=np.int8)
    for test, word in reversed(tests):
        out[test] = CLASSES.index(word)
    return out


def _turns(group: np.ndarray) -> list[np.ndarray]:
    """Return rows by their rank in their group: all firsts, all seconds, ... so that groups are walked side by side."""
    _, rank = groups(group)
    order = np.argsort(rank, kind="stable")
    return np.split(order, np.cumsum(np.bincount(rank))[:-1]) if len(group) else []


def _concurrent(group: np.ndarray, start: np.ndarray, completed: np.ndarray) -> np.ndarray:
    """Return what starts before an earlier kept assessment of its group has completed; rows are in order of start."""
    busy = np.full(int(group.max(initial=-1)) + 1, -(10**9))
    clash = np.zeros(len(group), dtype=bool)
    for rows in _turns(group):
        clash[rows] = start[rows] < busy[group[rows]]
        kept = rows[~clash[rows]]
        busy[group[kept]] = completed[kept]
    return clash


def _covered(
    group: np.ndarray, start: np.ndarray, completed: np.ndarray, validity: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return what starts within `validity` days of its anchor's completion, and the row of each one's anchor."""
    until = np.full(int(group.max(initial=-1)) + 1, -(10**9))
    holder = np.full(len(until), NONE)
    spared, anchor = np.zeros(len(group), dtype=bool), np.full(len(group), NONE)
    for rows in _turns(group):
        spared[rows] = start[rows] <= until[group[rows]]
        anchor[rows] = holder[group[rows]]
        kept = rows[~spared[rows]]
        until[group[kept]], holder[group[kept]] = completed[kept] + validity, kept
    return spared, anchor


def assessment_table(settings: Settings, events: Events, judged: Assessed, keys: pa.ChunkedArray) -> pa.Table:
    """Return truth/assessments: one row per assessment record, with its class and, if avoidable, its anchor.

    Args:
        settings: the room's rules.
        events: all events.
        judged: their classes.
        keys: contact key of each event at its agency, null where it has none.
    """
    of = settings.column("agency", int)[events.service]
    codes, classes = pa.array(AGENCIES), pa.array(CLASSES)
    has_anchor = judged.anchor == NONE
    anchor = pa.array(judged.anchor, mask=has_anchor)
    joint = events.joint[judged.event]
    table = {
        "event": pa.array(judged.event),
        "agency": codes.take(pa.array(of[judged.event])),
        "contact_key": keys.take(pa.array(judged.event)),
        "purpose": pa.array(judged.purposes).take(pa.array(judged.purpose)),
        "unit_type": pa.array(["person", "household"]).take(pa.array(judged.household.astype(int))),
        "unit": pa.array(judged.unit),
        "start": pa.array(judged.start, pa.int32()).cast(pa.date32()),
        "completed": pa.array(judged.completed, pa.int32()).cast(pa.date32()),
        "joint": pa.array(joint.astype(np.int64), mask=joint == NONE),
        "class": classes.take(pa.array(judged.outcome)),
        "anchor_event": anchor,
        "anchor_agency": codes.take(pa.array(of[judged.anchor], mask=has_anchor)),
        "anchor_contact_key": keys.take(anchor),
    }
    for turn, validity in enumerate(VALIDITIES):
        table[f"avoidable_{validity}"] = pa.array(judged.avoidable[:, turn])
    return pa.table(table)


def counts_table(judged: Assessed) -> pa.Table:
    """Return truth/avoidable: avoidable assessments by purpose and validity in days."""
    rows = [
        (word, validity, int(judged.avoidable[judged.purpose == p, turn].sum()))
        for p, word in enumerate(judged.purposes)
        for turn, validity in enumerate(VALIDITIES)
    ]
    names = ("purpose", "validity_days", "avoidable")
    return pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)})
