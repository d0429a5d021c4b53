"""D2: by which doors people come in, and when somebody first does something. R2: further signs of repeat demand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import build_journeys
from totalplace.journeys.following.followed import follow
from totalplace.journeys.following.front_doors import find_doors, help_days
from totalplace.journeys.following.repeat_signs import find_repeat_signs
from totalplace.journeys.measured import Measured
from totalplace.journeys.measures import measure
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Engine, Shape

DAY_0 = date(2008, 1, 1)
SHIPPED = shipped("findings")
WISH = {"chasing_types": ["a/chase"], "admission_types": ["h/stay"], "sample": 2}
RULES = FindingsRules.model_validate(SHIPPED | {"repeat": SHIPPED["repeat"] | WISH})
# Somebody else's contacts say until when there are data.
LATE = "other 900 a visit"


def _id(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()[:16]


def _contact(line: str, number: int) -> dict[str, Any]:
    """Read `person day agency type [key=value ...]`; a visit or stay is an intervention, `days` makes it last."""
    person, day, agency, kind, *pairs = line.split()
    more: dict[str, Any] = dict(pair.split("=") for pair in pairs)
    start, days = DAY_0 + timedelta(int(day)), more.pop("days", None)
    row: dict[str, Any] = dict.fromkeys(CONTACTS.names)
    row |= dict.fromkeys(("assessment", "statutory", "barred", "planned_return"), False)
    row |= {"contact_id": _id(f"{line} {number}"), "row_id": _id(f"row {person}"), "agency": agency, "type": kind}
    row |= {"class": "intervention" if kind in ("visit", "stay") else "enquiry", "scope": "person", "start": start}
    more |= {"planned_return": True} if more.pop("planned_return", "") else {}
    row |= {"precedence": 0, "source_row": number, "end": start + timedelta(int(days)) if days else None, **more}
    return row


def _table(shape: Shape, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


def place(lines: str, engine: Engine) -> Measured:
    known = [line.strip() for line in f"{lines}/{LATE}".split("/")]
    people = sorted({line.split()[0] for line in known})
    exact = {"linked_exactly": True, "min_link_probability": 1.0}
    tables = (
        _table(CONTACTS, [_contact(line, k) for k, line in enumerate(known)]),
        _table(PEOPLE, [{"row_id": _id(f"row {p}"), "area": "north"} for p in people]),
        _table(PERSONS, [{"row_id": _id(f"row {p}"), "person_id": _id(p), **exact} for p in people]),
        HOUSEHOLDS.empty(),
        FAMILIES.empty(),
    )
    return measure(build_journeys(*(engine.hold(t) for t in tables), RULES, engine), RULES, engine, (follow,))


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


# contacts of p | days watched, helped, for each journey of p
HELP = """
p 0 a call / p 5 b visit              | 5 yes
p 0 a visit / p 5 b call              | 0 yes
p 0 a call                            | 900 no
p 0 a call / p 500 a visit            | 500 no, 0 yes
p 880 a call / p 890 a call           | 20 no
p 0 a call / p 5 b visit outcome=did_not_attend / p 9 b visit | 9 yes
"""


@pytest.mark.parametrize("line", HELP.strip().splitlines())
def test_a_journey_is_helped_when_somebody_first_does_something(line: str, engine: Engine) -> None:
    contacts, wanted = line.split("|")
    rows = engine.fetch(find_doors(place(contacts, engine), RULES, engine).tables["days_to_help"]).to_pylist()
    mine = [f"{row['days']} {'yes' if row['was_helped'] else 'no'}" for row in rows if row["person_no"] == _number("p")]
    assert mine == [part.strip() for part in wanted.split(",")]


def _number(person: str) -> int:
    return sorted([_id("p"), _id("other")]).index(_id(person))


def test_a_door_is_each_agency_of_the_first_day_of_a_journey(engine: Engine) -> None:
    lines = "p 0 a call / p 0 b call / p 3 c visit / p 600 c call"
    found = find_doors(place(lines, engine), RULES, engine).summary["front_doors"]
    assert (found["people"], found["share_several"], found["ninth_decile"]) == (2, 0.5, pytest.approx(2.8))


def test_journeys_without_help_so_far_are_watched_and_never_counted_as_helped() -> None:
    found = help_days(np.array([5, 20, 40, 10, 60]), np.array([True, True, True, False, False]))
    assert found == {"journeys": 5, "helped": 3, "none_so_far": 2, "median": 40, "ninth_decile": None}
    assert help_days(np.array([5, 5]), np.array([False, False]))["median"] is None


# contacts of p | signs
SIGNS = """
p 0 a chase / p 1 a call                                   | progress chasing
p 0 a chase outcome=did_not_attend                         |
p 0 b visit outcome=no_further_action / p 50 a call referral_to=b  | re-referral
p 0 b visit outcome=no_further_action / p 365 a call referral_to=b | re-referral
p 0 b visit outcome=no_further_action / p 366 a call referral_to=b |
p 50 b visit outcome=no_further_action / p 50 a call referral_to=b |
p 0 c visit outcome=no_further_action / p 50 a call referral_to=b  |
p 0 h stay days=4 / p 34 h stay                            | readmission
p 0 h stay days=4 / p 35 h stay                            |
p 0 h stay days=4 / p 4 h stay days=2                      |
p 0 h stay days=20 / p 5 h stay days=1 / p 40 h stay       | readmission
p 0 h stay days=4 / p 9 h stay planned_return=yes          |
p 0 h visit days=4 / p 9 h visit                           |
"""


@pytest.mark.parametrize("line", SIGNS.strip().splitlines())
def test_each_sign_is_told_apart(line: str, engine: Engine) -> None:
    contacts, wanted = line.split("|")
    found = find_repeat_signs(place(contacts, engine), RULES, engine)
    assert engine.fetch(found.tables["repeat_signs"])["sign"].to_pylist() == (
        [wanted.strip()] if wanted.strip() else []
    )


def test_a_draw_is_offered_for_reading_by_hand_and_is_the_same_in_every_run(engine: Engine) -> None:
    lines = "p 0 a chase / p 1 a chase / p 2 a chase / p 3 a visit purpose=care_need / p 9 a visit purpose=care_need"
    found, again = (find_repeat_signs(place(lines, engine), RULES, engine) for _ in range(2))
    rows = engine.fetch(found.tables["repeats_to_read"])
    assert rows.num_rows == 2 and {"source_row", "before_source_row", "sign"} <= set(rows.column_names)
    assert rows.equals(engine.fetch(again.tables["repeats_to_read"]))
