"""D1: duplication, overlap and complexity are three numbers, told in one place."""

from __future__ import annotations

import math
from typing import Any

from totalplace.journeys.duplicates.complexity import find_complexity
from totalplace.journeys.measured import Measurement

from ..conftest import Tell, Told


def found(told: Told) -> Measurement:
    return find_complexity(told.measured(), told.rules, told.engine)


def ways(told: Told) -> list[dict[str, Any]]:
    return told.engine.fetch(found(told).tables["complexity"]).to_pylist()


def test_several_agencies_overlap_only_on_one_purpose(tell: Tell) -> None:
    # On debts a[0,40] and b[10,50]: together from day 10 to 40. c works on another matter.
    told = tell(
        "p 0 a purpose=debt\np 40 a purpose=debt\np 10 b purpose=debt\np 50 b purpose=debt\np 20 c purpose=home"
    )
    assert found(told).summary["duplication_overlap_complexity"]["overlap_days"] == 31
    assert told.cells("purpose_overlap_days") == {("", ""): 31, ("debt", ""): 31}


def test_contacts_without_a_purpose_overlap_on_none(tell: Tell) -> None:
    told = tell("p 0 a\np 40 a\np 10 b\np 50 b")
    assert found(told).summary["duplication_overlap_complexity"]["overlap_days"] == 0


def test_one_agency_alone_has_no_entropy_and_two_alike_have_ln_2(tell: Tell) -> None:
    alone, both = sorted(ways(tell("p 0 a\np 9 a\nq 0 a\nq 200 b")), key=lambda row: row["agencies"])
    assert (alone["agencies"], alone["entropy"], alone["handoffs"]) == (1, 0, 0)
    assert (both["agencies"], both["entropy"], both["handoffs"]) == (2, round(math.log(2), 9), 0)


def test_entropy_weighs_agencies_by_their_share_of_contacts(tell: Tell) -> None:
    (way,) = ways(tell("p 0 a\np 1 a\np 2 a\np 3 b"))
    assert way["entropy"] == round(-0.75 * math.log(0.75) - 0.25 * math.log(0.25), 9)


def test_handoffs_of_a_person_are_those_of_h1(tell: Tell) -> None:
    (way,) = ways(tell("p 0 a\np 10 b\np 20 a"))
    assert (way["contacts"], way["handoffs"]) == (3, 2)


def test_the_three_numbers_stand_side_by_side(tell: Tell) -> None:
    asked = "assessment=yes purpose=financial"
    told = tell(f"p 0 a {asked}\np 30 b {asked}\nq 0 a")
    three = found(told).summary["duplication_overlap_complexity"]
    assert (three["avoidable"], three["overlap_days"], three["people"]) == (1, 0, 2)
    assert three["agencies"]["median"] == 1.5


def test_a_page_may_show_people_by_the_agencies_they_met(tell: Tell) -> None:
    told = tell("p 0 a\np 1 b\nq 0 a\nr 3 milestones class=milestone")
    assert told.cells("agencies_met") == {("", ""): 2, ("1", ""): 1, ("2", ""): 1}


def test_nobody_has_no_complexity(tell: Tell) -> None:
    told = tell("p 0 milestones class=milestone")
    assert found(told).summary["duplication_overlap_complexity"]["agencies"]["median"] is None
    assert not found(told).notes
