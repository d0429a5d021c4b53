"""Duplicated assessments on generated places, step by step, against a reading of the records one after another (D1)."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, groupby
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from totalplace.journeys import build_journeys
from totalplace.journeys.duplicates.assessments import count_duplicates

from ..conftest import Tell, few, key

VALIDITY = 40
RECORD = {
    "person": st.sampled_from("pq"),
    "day": st.sampled_from((0, 5, 10, 30, 60, 90)),
    "agency": st.sampled_from("abc"),
    "purpose": st.sampled_from(("financial", "financial", "care_need")),
    "length": st.sampled_from((0, 0, 8)),
    "joint_id": st.sampled_from(("", "", "j", "k")),
    "worker_key": st.sampled_from(("", "w")),
    "kind": st.sampled_from(("", "", "", "review", "change", "appeal")),
    "statutory": st.booleans(),
    "due": st.sampled_from((None, 0, 31)),
    "barred": st.sampled_from((False, False, False, True)),
    "outcome": st.sampled_from(("", "", "cancelled")),
}
PLACES = st.lists(st.fixed_dictionaries(RECORD), min_size=2, max_size=9)
FEW = few(12)

Record = dict[str, Any]


def _line(record: Record) -> str:
    told = {name: record[name] for name in ("purpose", "joint_id", "worker_key", "kind", "due", "outcome")}
    told |= {"completed": record["day"] + record["length"], "assessment": "yes"}
    told |= {name: "yes" for name in ("statutory", "barred") if record[name]}
    pairs = [f"{name}={value}" for name, value in told.items() if value not in ("", None)]
    return " ".join([f"{record['person']} {record['day']} {record['agency']}", *pairs])


def _act(records: list[Record]) -> Record:
    """Return what the records of one joint assessment come to."""
    review = [r for r in records if r["statutory"] and r["kind"] == "review"]
    reasons = {
        "barred": any(r["barred"] for r in records),
        "incomplete": all(r["outcome"] == "cancelled" for r in records),
        "statutory_review": any(r["due"] is not None and r["day"] >= r["due"] for r in review),
        "statutory_review_undated": any(r["due"] is None for r in review),
        "change_of_circumstances": any(r["kind"] == "change" for r in records),
        "appeal": any(r["kind"] == "appeal" for r in records),
    }
    return {
        "id": min(key(_line(r)) for r in records),
        "series": (records[0]["person"], records[0]["purpose"]),
        "agencies": frozenset(r["agency"] for r in records),
        "start": min(r["day"] for r in records),
        "completed": max(r["day"] + r["length"] for r in records),
        "worker": min((r["worker_key"] for r in records if r["worker_key"]), default=""),
        "incomplete": reasons["incomplete"],
        "reason": next((name for name, holds in reasons.items() if holds), ""),
    }


def _without_resends(acts: list[Record]) -> list[Record]:
    """Keep one of those that agree, a completed one where there is one."""
    same = lambda act: (act["series"], sorted(act["agencies"]), act["start"], act["worker"])  # noqa: E731
    ordered = sorted(acts, key=lambda act: (same(act), act["incomplete"], act["id"]))
    return [next(alike) for _, alike in groupby(ordered, same)]


def _fewest(kept: list[Record]) -> int:
    """Return the least number that would have done, by trying every choice."""
    for size in range(len(kept) + 1):
        for chosen in combinations(range(len(kept)), size):
            if all(
                k in chosen or any(c < k and kept[k]["start"] - kept[c]["completed"] <= VALIDITY for c in chosen)
                for k in range(len(kept))
            ):
                return size
    return len(kept)


def _judged(records: list[Record]) -> tuple[Counter[str], int, int]:
    """Return what each step removed, the eligible assessments and the avoidable ones."""
    together: dict[Any, list[Record]] = {}
    for k, record in enumerate(records):
        together.setdefault((record["person"], record["purpose"], record["joint_id"] or k), []).append(record)
    acts = [_act(joined) for joined in together.values()]
    once = _without_resends(acts)
    removed = Counter(act["reason"] for act in once if act["reason"])
    removed |= Counter({"joint": len(records) - len(acts), "resend": len(acts) - len(once)})
    eligible, avoidable = 0, 0
    for series in {act["series"] for act in once}:
        mine = [act for act in once if act["series"] == series and not act["reason"]]
        kept: list[Record] = []
        for act in sorted(mine, key=lambda a: (a["start"], a["completed"], a["id"])):
            if not kept or act["start"] >= kept[-1]["completed"]:
                kept.append(act)
            else:
                removed["concurrent"] += 1
        eligible, avoidable = eligible + len(kept), avoidable + len(kept) - _fewest(kept)
    return +removed, eligible, avoidable


@FEW
@given(PLACES)
def test_every_step_of_d1_equals_a_reading_record_by_record(tell: Tell, records: list[Record]) -> None:
    different = list({_line(record): record for record in records}.values())
    rules = {"duplicates": {"validity_days": VALIDITY}}
    told = tell("\n".join(map(_line, different)), rules)
    journeys = build_journeys(*(told.engine.hold(table) for table in told.tables), told.rules, told.engine)
    found = count_duplicates(journeys.contacts, told.rules, told.engine)
    removed, eligible, avoidable = _judged(different)
    assert +(Counter(found.removed) + Counter(concurrent=found.concurrent)) == removed
    assert (found.assessments, found.avoidable) == (eligible, avoidable)
    assert abs(sum(found.matrix.values()) - avoidable) < 1e-9
