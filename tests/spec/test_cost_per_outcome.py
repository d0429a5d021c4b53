"""X5: what contacts cost for each person who reached a declared outcome, and what is said where nobody records it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ..conftest import Tell

VISIT = {
    "what": "visit", "unit": "each", "basis": "step", "gbp": 100, "min_gbp": 0, "max_gbp": 1000,
    "price_year": "2012/13", "scope": "fiscal", "source": "a test",
}  # fmt: skip
SETTLED = {"of": ["housing/*"], "written": ["settled"], "towards": ["housing/*", "charity/*"]}
PLACE = """
ann 0 housing/visit cost_key=visit
ann 5 charity/advice cost_key=visit
ann 9 housing/visit cost_key=visit outcome=settled
bob 3 housing/visit cost_key=visit outcome=closed
eve 1 charity/advice cost_key=visit
eve 2 clinic/visit cost_key=visit
"""


def under(**outcomes: Any) -> dict[str, Any]:
    return {"costs": {"visit": VISIT}, "outcomes": outcomes}


def test_money_of_those_who_did_not_reach_it_is_in_the_cost_of_each_who_did(tell: Tell) -> None:
    told = tell(PLACE, under(settled=SETTLED)).summary()["cost_per_outcome"]
    assert told == {"settled": {"gbp": 500.0, "people_who_reached_it": 1, "gbp_per_outcome": 500.0}}


def test_a_person_reaches_an_outcome_once_however_often_it_is_recorded(tell: Tell) -> None:
    again = f"{PLACE}ann 30 housing/visit outcome=settled\nbob 40 housing/visit outcome=settled\n"
    told = tell(again, under(settled=SETTLED)).summary()["cost_per_outcome"]["settled"]
    assert (told["people_who_reached_it"], told["gbp_per_outcome"]) == (2, 250.0)


def test_an_outcome_that_is_a_contact_of_a_kind_needs_no_word_and_a_missed_one_is_none(tell: Tell) -> None:
    clinic = {"of": ["clinic/*"], "towards": ["clinic/*"]}
    lines = f"{PLACE}bob 50 clinic/visit outcome=did_not_attend\n"
    told = tell(lines, under(seen=clinic)).summary()["cost_per_outcome"]["seen"]
    assert (told["people_who_reached_it"], told["gbp"]) == (1, 100.0)


def test_an_outcome_that_nobody_records_is_said_to_be_absent(tell: Tell) -> None:
    measured = tell(PLACE, under(in_work={**SETTLED, "written": ["in work"]})).measured()
    (told,) = (one for one in measured.further if "cost_per_outcome" in one.summary)
    assert told.summary["cost_per_outcome"]["in_work"]["gbp_per_outcome"] is None
    assert [note.text for note in told.notes if note.code == "outcomes_absent"] == [
        "No contact records the outcome in_work: what it costs to reach it cannot be told."
    ]


def test_a_place_that_declares_none_is_told_nothing(tell: Tell) -> None:
    (told,) = (one for one in tell(PLACE).measured().further if "cost_per_outcome" in one.summary)
    assert (told.summary["cost_per_outcome"], told.notes, told.figures) == ({}, (), ())


def test_the_figure_that_is_carried_through_the_links_is_the_number_of_the_summary(tell: Tell) -> None:
    clinic = {"of": ["clinic/*"], "towards": ["*/*"]}
    place = tell(PLACE, under(settled=SETTLED, seen=clinic))
    measured = place.measured()
    (told,) = (one for one in measured.further if "cost_per_outcome" in one.summary)
    (tallied,) = told.figures
    rows = place.engine.fetch(tallied.tallies(measured, place.engine))
    keys = np.array([rows[name].to_pylist() for name in ("part", "a", "b")])
    value = np.array([rows["value"].to_pylist()])
    for figure in tallied.figures:
        mine = keys[0] == figure.part
        name = figure.name.removeprefix("cost_per_")
        assert figure.of(keys[:, mine], value[:, mine])[0] == told.summary["cost_per_outcome"][name]["gbp_per_outcome"]


def test_an_outcome_without_contacts_towards_it_is_refused(tell: Tell) -> None:
    with pytest.raises(ValueError, match="towards"):
        tell(PLACE, under(settled={"of": ["housing/*"], "towards": []}))
