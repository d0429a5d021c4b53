"""What comes after a contact: referrals not taken up (R1), repeat demand (R2), the story told again (D2)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import Journeys, build_journeys, find_all
from totalplace.journeys.following.referrals import follow_referrals
from totalplace.journeys.following.repeats import find_repeats
from totalplace.journeys.following.survival import still_waiting, waiting_interval
from totalplace.journeys.following.tellings import count_tellings
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Engine, Shape

DAY_0 = date(2008, 1, 1)
RULES = FindingsRules.model_validate(shipped("findings"))
# The agencies' data runs on well past any follow-up; another person's contacts say so.
LATE = "other 900 a\nother 900 b\nother 900 c"


def _id(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()[:16]


def _contact(line: str, number: int) -> dict[str, Any]:
    """Read `person day agency [key=value ...]`; days count from 2008-01-01."""
    person, day, agency, *pairs = line.split()
    row: dict[str, Any] = dict.fromkeys(CONTACTS.names)
    row |= {"contact_id": _id(line), "row_id": _id(f"row {person}"), "agency": agency, "type": "visit"}
    row |= {"class": "intervention", "scope": "person", "start": DAY_0 + timedelta(int(day)), "precedence": 0}
    row |= dict.fromkeys(("assessment", "statutory", "barred", "planned_return"), False) | {"source_row": number}
    for key, text in (pair.split("=") for pair in pairs):
        row[key] = {"yes": True}.get(text, text)
    if row["joint_id"]:
        row["joint_id"] = _id(row["joint_id"])
    return row


def _table(shape: Shape, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


def build(lines: str, engine: Engine, probability: float = 0.97, exits: dict[str, int] | None = None) -> Journeys:
    known = lines.strip().splitlines()
    people = sorted({line.split()[0] for line in known})
    left = {person: DAY_0 + timedelta(day) for person, day in (exits or {}).items()}
    tables = (
        _table(CONTACTS, [_contact(line, k) for k, line in enumerate(known)]),
        _table(PEOPLE, [{"row_id": _id(f"row {p}"), "area": "north", "exit_date": left.get(p)} for p in people]),
        _table(
            PERSONS,
            [
                {"row_id": _id(f"row {p}"), "person_id": _id(p), "linked_exactly": True,
                 "min_link_probability": probability} for p in people
            ],
        ),
        HOUSEHOLDS.empty(),
        FAMILIES.empty(),
    )  # fmt: skip
    return build_journeys(*(engine.hold(table) for table in tables), RULES, engine)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def _answer(lines: str, engine: Engine, **more: Any) -> tuple[str, int]:
    table = engine.fetch(follow_referrals(build(lines, engine, **more), RULES, engine).table)
    assert table.num_rows == 1
    return table["state"][0].as_py(), table["days"][0].as_py()


# contacts of p after the referral on day 0 | answer
ANSWERS = """
p 5 b                         | served 5
p 60 b                        | served 60
p 61 b                        | dropped 60
p 0 b                         | served 0
p 5 c                         | dropped 60
p 5 b outcome=did_not_attend  | dropped 60
"""


@pytest.mark.parametrize("line", ANSWERS.strip().splitlines())
def test_a_referral_is_served_by_a_contact_within_the_follow_up(line: str, engine: LocalEngine) -> None:
    contact, answer = (part.strip() for part in line.split("|"))
    state, days = _answer(f"p 0 a referral_to=b\n{contact}\n{LATE}", engine)
    assert f"{state} {days}" == answer


def test_the_referring_contact_does_not_serve_itself(engine: LocalEngine) -> None:
    assert _answer(f"p 0 a referral_to=b\n{LATE}", engine) == ("dropped", 60)


def test_an_agency_that_sends_no_data_makes_the_answer_unknown_at_once(engine: LocalEngine) -> None:
    assert _answer(f"p 0 a referral_to=nobody\n{LATE}", engine) == ("unknown", 0)


def test_data_that_ends_early_makes_the_answer_unknown_from_its_end(engine: LocalEngine) -> None:
    assert _answer("p 0 a referral_to=b\nother 10 b", engine) == ("unknown", 10)


def test_a_person_who_left_is_unknown_from_that_day(engine: LocalEngine) -> None:
    assert _answer(f"p 0 a referral_to=b\n{LATE}", engine, exits={"p": 30}) == ("unknown", 30)


def test_a_weak_link_says_nothing_about_a_missing_contact(engine: LocalEngine) -> None:
    assert _answer(f"p 0 a referral_to=b\n{LATE}", engine, probability=0.89) == ("unknown", 0)


def test_the_curve_watches_an_unknown_until_it_became_unknown() -> None:
    days, served = np.array([5, 20, 40, 10, 60]), np.array([True, True, True, False, False])
    assert round(still_waiting(days, served, 60) or 0, 4) == 0.2667


def test_the_interval_of_the_curve_is_that_of_greenwood_on_the_scale_of_log_minus_log() -> None:
    # By hand: sum of d / (n (n - d)) = 1/20 + 1/6 + 1/2 over at risk 5, 3, 2; log(4/15) = -1.32176.
    days, served = np.array([5, 20, 40, 10, 60]), np.array([True, True, True, False, False])
    reach = 1.959964 * math.sqrt(1 / 20 + 1 / 6 + 1 / 2) / 1.3217558
    expected = [(4 / 15) ** math.exp(side * reach) for side in (1, -1)]
    assert waiting_interval(days, served, 60) == pytest.approx(expected)
    assert expected[0] < 4 / 15 < expected[1]


def test_where_nothing_or_everything_happened_the_interval_is_that_of_a_share() -> None:
    ten = np.full(10, 60)
    # 0 of 10, Clopper and Pearson: up to 0.3085.
    assert waiting_interval(ten, np.zeros(10, bool), 60) == pytest.approx((0.6915, 1.0), abs=1e-4)
    assert waiting_interval(ten, np.ones(10, bool), 60) == pytest.approx((0.0, 0.3085), abs=1e-4)
    assert waiting_interval(np.zeros(3, int), np.zeros(3, bool), 60) == (0.0, 1.0)
    assert waiting_interval(ten[:0], np.zeros(0, bool), 60) is None


def test_five_referrals_give_the_curve_of_the_reference(engine: LocalEngine) -> None:
    served = "\n".join(f"p{d} 0 a referral_to=b\np{d} {d} b" for d in (5, 20, 40))
    lines = f"{served}\nleft 0 a referral_to=b\nseen 0 a referral_to=b\n{LATE}"
    found = follow_referrals(build(lines, engine, exits={"left": 10}), RULES, engine).summary["all"]
    assert (found["served"], found["unknown"], found["dropped"]) == (3, 1, 1)
    assert round(found["still_waiting"], 4) == 0.2667


def test_an_unanswered_referral_is_a_finding_that_names_its_contact(engine: LocalEngine) -> None:
    found = find_all(build(f"p 0 a referral_to=b\n{LATE}", engine), RULES, "abc", engine)
    row = engine.fetch(found.findings).to_pylist()[0]
    assert (row["kind"], row["rule_id"], row["subject_id"]) == ("drop_out", "R1", _id("p"))
    assert (row["contact_ids"], row["agencies"]) == ([_id("p 0 a referral_to=b")], ["a", "b"])
    assert (row["from_date"], row["to_date"]) == (DAY_0, DAY_0 + timedelta(61))


# two contacts | repeats
REPEATS = """
p 0 a purpose=x, p 30 a purpose=x                     | 1
p 0 a purpose=x, p 31 a purpose=x                     | 0
p 0 a purpose=x, p 5 b purpose=x                      | 0
p 0 a purpose=x, p 5 a purpose=y                      | 0
p 0 a purpose=x, p 5 a purpose=x planned_return=yes   | 0
p 0 a purpose=x, p 0 a purpose=x channel=phone        | 0
p 0 a, p 5 a                                          | 0
"""


@pytest.mark.parametrize("line", REPEATS.strip().splitlines())
def test_a_repeat_is_unplanned_on_one_purpose_at_one_agency_within_the_window(line: str, engine: LocalEngine) -> None:
    contacts, number = line.split("|")
    built = build("\n".join(part.strip() for part in contacts.split(",")), engine)
    assert find_repeats(built, RULES, engine).summary["repeats"] == int(number)


def test_a_repeat_on_another_channel_is_counted_apart(engine: LocalEngine) -> None:
    built = build("p 0 a purpose=x channel=office\np 3 a purpose=x channel=phone", engine)
    assert find_repeats(built, RULES, engine).summary["on_another_channel"] == 1


TOLD = """
p 0 a purpose=financial, p 100 b purpose=benefit_eligibility, p 200 c purpose=care_need | 3
p 0 a purpose=financial, p 366 b purpose=financial                                      | 1
p 0 a purpose=financial, p 365 b purpose=financial                                      | 2
p 0 a purpose=financial joint_id=j, p 0 b purpose=financial joint_id=j                  | 1
p 0 a purpose=financial, p 9 b purpose=financial outcome=did_not_attend                 | 1
"""


@pytest.mark.parametrize("line", TOLD.strip().splitlines())
def test_the_story_is_told_as_often_as_one_kind_of_fact_was_asked_in_a_year(line: str, engine: LocalEngine) -> None:
    contacts, number = line.split("|")
    lines = "\n".join(f"{part.strip()} assessment=yes" for part in contacts.split(","))
    told = engine.fetch(count_tellings(build(lines, engine), RULES, engine).table)["told"].to_pylist()
    assert told == [int(number)]


def _still_waiting(served: str, lines: str, engine: LocalEngine, rules: FindingsRules = RULES, **more: Any) -> Any:
    others = "\n".join(f"q{k} 0 old referral_to=b" for k in range(9))
    return follow_referrals(build(f"{served}\n{others}\n{lines}", engine, **more), rules, engine).summary["all"]


def test_who_was_taken_up_after_others_were_lost_from_view_does_not_speak_for_them(engine: LocalEngine) -> None:
    # Ten left on day 10; one of them was met on day 50 all the same. Of the other nine nobody would know.
    people = ["p", *(f"q{k}" for k in range(9))]
    found = _still_waiting("p 0 old referral_to=b\np 50 b", LATE, engine, exits=dict.fromkeys(people, 10))
    assert (found["served"], found["unknown"], found["still_waiting"]) == (1, 9, 1.0)


def test_people_whose_links_are_weak_are_not_in_the_curve(engine: LocalEngine) -> None:
    found = _still_waiting("p 0 old referral_to=b\np 20 b", LATE, engine, probability=0.8)
    assert (found["served"], found["unknown"], found["still_waiting"]) == (1, 9, None)


def test_a_successors_data_goes_on_where_the_agencys_ended(engine: LocalEngine) -> None:
    rules = RULES.model_copy(update={"dropout": RULES.dropout.model_copy(update={"successors": {"b": ["new"]}})})
    found = _still_waiting("p 0 old referral_to=b\np 20 new", "other 0 b\nother 200 new", engine, rules)
    assert (found["served"], found["unknown"], found["dropped"], found["still_waiting"]) == (1, 0, 9, 0.9)
