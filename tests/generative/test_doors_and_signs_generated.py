"""Days to help and signs of repeat demand against plain judges that look at one contact after another."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import build_journeys
from totalplace.journeys.following.followed import follow
from totalplace.journeys.following.front_doors import find_doors
from totalplace.journeys.following.repeat_signs import find_repeat_signs
from totalplace.journeys.measures import measure
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Engine, Shape

from ..conftest import few

DAY_0 = date(2012, 1, 1)
SHIPPED = shipped("findings")
WISH = {"chasing_types": ["a/chase"], "admission_types": ["a/stay", "b/stay"], "rereferral_days": 40}
RULES = FindingsRules.model_validate(
    SHIPPED | {"repeat": SHIPPED["repeat"] | WISH, "journey": SHIPPED["journey"] | {"gap_days": 60}}
)
Row = dict[str, Any]


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def contacts(chance: random.Random, count: int) -> list[Row]:
    """Return contacts of three people with two agencies within a year."""
    rows = []
    for number in range(count):
        start, kind = DAY_0 + timedelta(chance.randrange(300)), chance.choice(["call", "chase", "stay", "visit"])
        row: Row = dict.fromkeys(CONTACTS.names)
        row |= dict.fromkeys(("assessment", "statutory", "barred"), False)
        row |= {
            "contact_id": number.to_bytes(16, "big"), "row_id": chance.randrange(3).to_bytes(16, "big"),
            "agency": chance.choice("ab"), "type": kind, "class": "intervention" if kind == "visit" else "enquiry",
            "scope": "person", "start": start, "precedence": 0, "source_row": number,
            "end": start + timedelta(chance.randrange(9)) if kind == "stay" else None,
            "outcome": chance.choice([None, "no_further_action", "did_not_attend"]),
            "referral_to": chance.choice([None, "a", "b"]), "planned_return": chance.random() < 0.2,
        }  # fmt: skip
        rows.append(row)
    return rows


def judged_signs(rows: list[Row]) -> list[tuple[str, bytes]]:
    seen = [row for row in rows if row["outcome"] != "did_not_attend"]
    found = [("progress chasing", row["contact_id"]) for row in seen if (row["agency"], row["type"]) == ("a", "chase")]
    referrals: dict[tuple[Any, ...], bytes] = {}
    for row in seen:
        if row["referral_to"] and row["referral_to"] != row["agency"]:
            key = (row["row_id"], row["referral_to"], row["start"])
            referrals[key] = min(referrals.get(key, row["contact_id"]), row["contact_id"])
    for (person, agency, start), contact in referrals.items():
        gaps = [
            (start - row["start"]).days
            for row in seen
            if (row["row_id"], row["agency"], row["outcome"]) == (person, agency, "no_further_action")
        ]
        if any(0 < gap <= 40 for gap in gaps):
            found.append(("re-referral", contact))
    for row in (row for row in seen if row["type"] == "stay"):
        earlier = [
            other for other in seen if other["row_id"] == row["row_id"] and other["type"] == "stay"
            and (other["start"], other["contact_id"]) < (row["start"], row["contact_id"])
        ]  # fmt: skip
        gap = (row["start"] - max((other["end"] for other in earlier), default=date(1900, 1, 1))).days
        if 0 < gap <= 30 and not row["planned_return"]:
            found.append(("readmission", row["contact_id"]))
    return sorted(found)


def judged_help(rows: list[Row]) -> list[tuple[int, bool, int]]:
    """Return person, helped, days of each journey: cut where over 60 days pass from the last day of any contact."""
    last, found = max(row["start"] for row in rows), []
    for person in range(3):
        mine = sorted((row for row in rows if row["row_id"][-1] == person), key=lambda row: row["start"])
        journeys: list[list[Row]] = []
        until = date(1900, 1, 1)
        for row in mine:
            if (row["start"] - until).days > 60:
                journeys.append([])
            journeys[-1].append(row)
            until = max(until, row["start"], row["end"] or row["start"])
        begins = [journey[0]["start"] for journey in journeys]
        for journey, following in zip(journeys, [*begins[1:], last], strict=False):
            helped = [r["start"] for r in journey if r["type"] == "visit" and r["outcome"] != "did_not_attend"]
            end = helped[0] if helped else min(following, last)
            found.append((person, bool(helped), (end - journey[0]["start"]).days))
    return sorted(found)


def _table(shape: Shape, rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


@few(20)
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_help_and_signs_are_those_of_the_plain_judge(engine: Engine, chance: random.Random, count: int) -> None:
    rows = contacts(chance, count)
    people = [{"row_id": n.to_bytes(16, "big"), "area": "north"} for n in range(3)]
    exact = {"linked_exactly": True, "min_link_probability": 1.0}
    persons = [{"row_id": p["row_id"], "person_id": p["row_id"], **exact} for p in people]
    held = [_table(CONTACTS, rows), _table(PEOPLE, people), _table(PERSONS, persons)]
    journeys = build_journeys(*map(engine.hold, (*held, HOUSEHOLDS.empty(), FAMILIES.empty())), RULES, engine)
    of = measure(journeys, RULES, engine, (follow,))
    signs = engine.fetch(find_repeat_signs(of, RULES, engine).tables["repeat_signs"]).to_pylist()
    assert sorted((row["sign"], row["contact_id"]) for row in signs) == judged_signs(rows)
    told = engine.fetch(find_doors(of, RULES, engine).tables["days_to_help"]).to_pylist()
    assert sorted((row["person_no"], row["was_helped"], row["days"]) for row in told) == judged_help(rows)
