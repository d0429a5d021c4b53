"""D1, X1: savings are off by default; switched on, each is stated three times."""

from __future__ import annotations

from typing import Any

from ..conftest import Tell, Told

ASKED = "assessment=yes purpose=financial cost_key=SS6.0.2"
TWICE = f"p 0 housing {ASKED}\np 30 nhs {ASKED}"
ON = {"duplicates": {"savings": True}}


def costs(told: Told) -> list[Any]:
    (row,) = told.engine.fetch(told.found().findings).to_pylist()
    return [row[f"cost_{level}_gbp"] for level in ("low", "central", "high")]


def test_savings_are_off_by_default(tell: Tell) -> None:
    told = tell(TWICE)
    assert costs(told) == [None, None, None]
    assert told.found().summary["money_gbp"] is None


def test_switched_on_a_saving_is_low_central_and_high(tell: Tell) -> None:
    told = tell(TWICE, ON)
    assert costs(told) == [102.0, 142.8, 183.6]
    assert told.found().summary["money_gbp"] == {"gross": 204.0, "low": 102.0, "central": 142.8, "high": 183.6}


def test_counts_are_the_same_with_and_without_savings(tell: Tell) -> None:
    off, on = (tell(TWICE, rules).found().summary for rules in ({}, ON))
    assert {**off, "money_gbp": None} == {**on, "money_gbp": None}


def test_money_of_avoidable_assessments_is_in_no_cell_unless_asked_for(tell: Tell) -> None:
    money = {"duplicates_cost", "duplicates_priced"}
    off, on = (
        set(told.engine.fetch(told.found().cells)["table"].to_pylist()) for told in (tell(TWICE), tell(TWICE, ON))
    )
    assert not money & off and money <= on
