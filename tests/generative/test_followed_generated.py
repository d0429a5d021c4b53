"""Drop-outs, repeats and times told on generated places, against plain judges and in any order of rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import Findings, build_journeys, find_all
from totalplace.journeys.calendar import add_months
from totalplace.journeys.following.survival import kaplan_meier
from totalplace.journeys.following.tellings import most_tellings
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Shape

from ..conftest import few

RULES = FindingsRules.model_validate(shipped("findings"))
DAYS, FOLLOW_UP = st.integers(0, 120), RULES.dropout.follow_up_days
PURPOSES = st.sampled_from(["financial", "care_need", None])
EVENTS = st.lists(
    st.tuples(st.integers(0, 2), DAYS, st.integers(0, 2), st.sampled_from([None, 0, 1, 2]), PURPOSES, st.booleans()),
    min_size=1,
    max_size=12,
)


@given(st.lists(st.tuples(st.integers(0, 90), st.booleans()), min_size=1, max_size=30))
def test_the_curve_equals_the_product_taken_by_hand(cases: list[tuple[int, bool]]) -> None:
    days, happened = np.array([d for d, _ in cases]), np.array([h for _, h in cases])
    height, expected = 1.0, []
    for day in sorted({d for d, h in cases if h}):
        height *= 1 - sum(d == day and h for d, h in cases) / sum(d >= day for d, _ in cases)
        expected.append((day, round(height, 9)))
    found = zip(*(part.tolist() for part in kaplan_meier(days, happened)), strict=True)
    assert [(day, round(share, 9)) for day, share in found] == expected


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 900)), max_size=30))
def test_times_told_is_the_fullest_year_of_any_kind_of_fact(asked: list[tuple[int, int, int]]) -> None:
    rows = np.array(sorted(asked), np.int64).reshape(-1, 3)
    who, told = most_tellings(rows[:, 0], rows[:, 1], rows[:, 2], 12)
    best: dict[int, int] = {}
    for p, g, d in asked:
        end = int(add_months(np.array([d]), 12)[0])
        best[p] = max(best.get(p, 0), sum((q, h) == (p, g) and d <= e < end for q, h, e in asked))
    assert dict(zip(who.tolist(), told.tolist(), strict=True)) == best


def _key(*numbers: int) -> bytes:
    return bytes([*numbers, *bytes(16 - len(numbers))])


Event = tuple[int, int, int, int | None, str | None, bool]


def _rows(events: list[Event], names: str) -> list[dict[str, object]]:
    return [
        {"contact_id": _key(k, 1), "row_id": _key(p, 2), "agency": names[a], "type": "visit", "class": "intervention",
         "scope": "person", "start": date(2008, 1, 1) + timedelta(d), "precedence": 0, "statutory": False,
         "barred": False, "planned_return": False, "source_row": k, "assessment": asks, "purpose": purpose,
         "referral_to": None if to is None else names[to]}
        for k, (p, d, a, to, purpose, asks) in enumerate(events)
    ]  # fmt: skip


def _table(shape: Shape, rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


def _find(rows: list[dict[str, object]], engine: LocalEngine) -> Findings:
    people = [{"row_id": _key(p, 2), "area": "north"} for p in range(3)]
    linked = [
        {"row_id": _key(p, 2), "person_id": _key(p, 3), "linked_exactly": True, "min_link_probability": 1.0}
        for p in range(3)
    ]
    tables = (
        _table(CONTACTS, rows),
        _table(PEOPLE, people),
        _table(PERSONS, linked),
        HOUSEHOLDS.empty(),
        FAMILIES.empty(),
    )
    return find_all(build_journeys(*(engine.hold(t) for t in tables), RULES, engine), RULES, "abc", engine)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


FEW = few(6)


def _judged(events: list[Event]) -> dict[tuple[int, int, int, int], str]:
    """Return the answer of each (person, from, to, day), by looking through all contacts."""
    last = {a: max(d for _, d, b, *_ in events if b == a) for a in {e[2] for e in events}}
    answers = {}
    for p, day, a, to, *_ in events:
        if to is None or to == a:
            continue
        later = [d - day for k, (q, d, b, *_) in enumerate(events) if (q, b) == (p, to) and 0 <= d - day <= FOLLOW_UP]
        seen = last.get(to, -1) - day >= FOLLOW_UP
        answers[p, a, to, day] = "served" if later else "dropped" if seen else "unknown"
    return answers


@FEW
@given(EVENTS)
def test_referrals_equal_a_look_through_all_contacts(engine: LocalEngine, events: list[Event]) -> None:
    found = _find(_rows(events, "abc"), engine)
    rows = engine.fetch(found.measured.table("referrals")).to_pylist()
    told = {
        (r["person_id"][0], "abc".index(r["from_agency"]), "abc".index(r["to_agency"]),
         (r["start"] - date(2008, 1, 1)).days): r["state"]
        for r in rows
    }  # fmt: skip
    assert told == _judged(events)
    counts = found.summary["drop_outs"]["all"]
    assert counts["served"] + counts["dropped"] + counts["unknown"] == counts["referrals"] == len(rows)


@FEW
@given(EVENTS, st.randoms(use_true_random=False))
def test_shuffled_rows_give_the_same_findings(engine: LocalEngine, events: list[Event], random) -> None:  # type: ignore[no-untyped-def]
    rows = _rows(events, "abc")
    shuffled = random.sample(rows, len(rows))
    once, again = (engine.fetch(_find(given_rows, engine).findings) for given_rows in (rows, shuffled))
    assert once.equals(again)


@FEW
@given(EVENTS)
def test_renamed_agencies_give_the_same_findings(engine: LocalEngine, events: list[Event]) -> None:
    once, again = (_find(_rows(events, names), engine) for names in ("abc", "zyx"))
    kept = ("drop_out", "repeat_demand")
    ids = [
        [r["finding_id"] for r in engine.fetch(found.findings).to_pylist() if r["kind"] in kept]
        for found in (once, again)
    ]
    assert ids[0] == ids[1]
    for name in ("drop_outs", "repeat_demand", "times_told"):
        assert once.summary[name] == again.summary[name]
