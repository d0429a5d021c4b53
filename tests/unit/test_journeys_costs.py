"""Unit costs: what may price a step, and what may not."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from totalplace.config.findings import FindingsRules, UnitCost
from totalplace.config.load import shipped
from totalplace.journeys.money.unit_costs import step_prices, unit_costs


def _rules(**more: object) -> FindingsRules:
    return FindingsRules.model_validate({**shipped("findings"), **more})


def test_shipped_costs_are_plausible_and_name_their_source() -> None:
    costs = unit_costs(_rules())
    assert costs["SS6.0.2"].gbp == 204
    assert all(cost.source and cost.price_year for cost in costs.values())


def test_a_parent_is_left_out_where_its_part_is_used() -> None:
    prices = step_prices({"HO3.0", "HO3.0.2"}, _rules())
    assert (prices.parents, list(prices.gbp)) == (("HO3.0",), ["HO3.0.2"])


def test_a_year_in_care_never_prices_a_step() -> None:
    assert step_prices({"SS1.0"}, _rules()).not_steps == ("SS1.0",)


def test_a_place_lays_its_own_cost_over_the_shipped_one() -> None:
    own = {**shipped("costs")["SS6.0.2"], "gbp": 210}
    assert step_prices({"SS6.0.2"}, _rules(costs={"SS6.0.2": own})).gbp == {"SS6.0.2": 210}


def test_a_run_together_number_is_refused_without_being_quoted() -> None:
    with pytest.raises(ValidationError) as refusal:
        UnitCost.model_validate({**shipped("costs")["SS18.0"], "gbp": 3732})
    assert "plausible range" in refusal.value.errors(include_input=False)[0]["msg"]
    assert "3732" not in refusal.value.errors(include_input=False)[0]["msg"]


def test_money_without_a_deflator_stays_in_its_own_year_and_says_so() -> None:
    assert step_prices({"SS6.0.2"}, _rules()).undeflated == ("SS6.0.2",)
