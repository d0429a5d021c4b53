"""Why an assessment was taken for a repeat of another, or as begun while another was under way (D1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.calendar import as_days
from totalplace.journeys.duplicates.cover import CONCURRENT, REPEAT, mark_concurrent, mark_repeats
from totalplace.journeys.duplicates.eligible import eligible_assessments
from totalplace.journeys.explained.reasons import Why, contacts_of, days
from totalplace.tables import Engine, Handle

Row = Mapping[str, Any]
SUBJECTS = {"person": "person_id", "household": "household_id", "property": "dwelling_id"}
WORDS = {
    "joint": "one act with another agency's record",
    "resend": "the same record sent again",
    "barred": "under a legal bar to sharing: a class of its own",
    "incomplete": "cancelled, incomplete or missed: it gave nothing to reuse",
    "statutory_review": "a statutory review on or after its due date",
    "statutory_review_undated": "a statutory review whose due date nobody recorded",
    "change_of_circumstances": "tied to a change of circumstances",
    "appeal": "an appeal",
}
COUNTED = {
    0: "counts as a first one: nothing before it was still valid",
    REPEAT: "repeats one too: a finding of its own",
    CONCURRENT: "begun before an earlier one was completed: a finding of its own",
}


def why_duplicate(finding: Row, contacts: Handle, rules: FindingsRules, engine: Engine) -> Why:
    """Return why an assessment repeats its anchor, and at which validity it would not."""
    series = _series(finding, contacts, rules, engine)
    again, first = _places(finding, series)
    gap = int(series["start"][again]) - int(series["completed"][first])
    validity = int(series["validity"][again])
    rule = (
        f"D1: an assessment that starts within {days(validity)} of the completion of an earlier one on the same "
        f"{finding['subject_type']} and purpose ({series['name']}) asks for what is already known. "
        f"This one starts {days(gap)} after."
    )
    roles = {series["act"][first]: "first", series["act"][again]: "again"}
    shorter, alone = _shorter(series, again, validity), _without(series, again, first)
    remarks = () if alone else ("Without the earlier one this one would repeat a further one.",)
    return Why(rule, roles, _left_out(series, roles), (*shorter, *alone), remarks)


def why_concurrent(finding: Row, contacts: Handle, rules: FindingsRules, engine: Engine) -> Why:
    """Return why an assessment could not have used the one before it."""
    series = _series(finding, contacts, rules, engine)
    again, first = _places(finding, series)
    open_days = int(series["completed"][first]) - int(series["start"][again])
    rule = (
        f"D1: an assessment that starts before an earlier one on the same {finding['subject_type']} and purpose "
        f"({series['name']}) is completed could not have used its result: a fault of coordination, counted apart. "
        f"The earlier one was open for another {days(open_days)}."
    )
    roles = {series["act"][first]: "first", series["act"][again]: "meanwhile"}
    undone = f"The earlier one completed {days(open_days)} sooner: then this one could repeat it."
    return Why(rule, roles, _left_out(series, roles), (undone,))


def _series(finding: Row, contacts: Handle, rules: FindingsRules, engine: Engine) -> dict[str, Any]:
    """Return the eligible assessments of the finding's unit and purpose in order, and what was judged about all."""
    kind, unit = finding["subject_type"], finding["subject_id"]
    mine = contacts_of(contacts, SUBJECTS[kind], unit, engine)
    if not mine.rows:  # a site that is itself the subject: its key is made from its name
        mine = engine.sql("SELECT * FROM contacts WHERE assessment AND dwelling_id IS NULL", contacts=contacts)
    found = eligible_assessments(mine, rules.duplicates, engine)
    who = engine.hold(pa.table({"unit": pa.array([unit], pa.binary())}))
    held = engine.hold(pa.table({"act": pa.array(finding["contact_ids"], pa.binary())}))
    named = "SELECT DISTINCT a.series_name FROM acts a JOIN who w ON w.unit = a.unit JOIN held h ON h.act = a.act"
    name = engine.fetch(engine.sql(named, acts=found.acts, who=who, held=held))["series_name"][0].as_py()
    one = engine.hold(pa.table({"series_name": [name]}))
    text = "SELECT a.* FROM {} a JOIN who w ON w.unit = a.unit JOIN one o ON o.series_name = a.series_name ORDER BY {}"
    acts = engine.fetch(engine.sql(text.format("acts", "start, completed, act"), acts=found.acts, who=who, one=one))
    judged = engine.sql(text.format("judged", "contact_id"), judged=found.judged, who=who, one=one)
    made = {n: as_days(acts[n], 0).astype(np.int64) for n in ("start", "completed")}
    validity = np.asarray(acts["validity"].to_numpy(), np.int64)
    return {
        **made, "validity": validity, "act": acts["act"].to_pylist(), "name": name,
        "judged": engine.fetch(judged).to_pylist(),
    }  # fmt: skip


def _places(finding: Row, series: Mapping[str, Any]) -> tuple[int, int]:
    """Return the places of the later and of the earlier assessment in the series."""
    at = sorted(series["act"].index(one) for one in finding["contact_ids"])
    return at[1], at[0]


def marked(start: np.ndarray, completed: np.ndarray, validity: int) -> tuple[np.ndarray, np.ndarray]:
    """Return state (0 kept, 1 repeat, 2 concurrent) and anchor of each assessment of one series at a validity."""
    one = np.zeros(len(start), np.int64)
    state, anchor = np.zeros(len(start), np.int8), np.zeros(len(start), np.int64)
    mark_concurrent(one, start, completed, state)
    mark_repeats(one, start, completed, np.full(len(start), validity, np.int64), state, anchor)
    return state, anchor


def _shorter(series: Mapping[str, Any], again: int, validity: int) -> list[str]:
    """Return the shorter validities at which the assessment repeats nothing: they need not be one stretch."""
    free = [v for v in range(validity) if marked(series["start"], series["completed"], v)[0][again] != REPEAT]
    spans = _stretches(free)
    told = " or ".join(f"{high} days or less" if low == 0 else f"{low} to {high} days" for low, high in spans)
    where = "findings.duplicates.validity_days, or validity of this purpose"
    return [f"A validity of {told} ({where}): the earlier one had expired."] if told else []


def _stretches(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return rising whole numbers as stretches without a gap."""
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans


def _without(series: Mapping[str, Any], again: int, first: int) -> list[str]:
    """Say what becomes of the assessment if its anchor did not count; empty if it would repeat a further one."""
    kept = np.arange(len(series["start"])) != first
    state, _ = marked(series["start"][kept], series["completed"][kept], int(series["validity"][again]))
    if state[again - 1] == REPEAT:
        return []
    return ["The earlier one set aside: cancelled, an appeal, a review that was due, a change of circumstances."]


def _left_out(series: Mapping[str, Any], roles: Mapping[bytes, str]) -> tuple[tuple[bytes, str], ...]:
    state, _ = marked(series["start"], series["completed"], int(series["validity"][0]))
    counted = {act: COUNTED[int(one)] for act, one in zip(series["act"], state, strict=True)}
    rows = [row for row in series["judged"] if row["contact_id"] not in roles]
    return tuple((row["contact_id"], WORDS.get(row["reason"]) or counted[row["act"]]) for row in rows)
