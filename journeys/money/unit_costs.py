"""Unit costs and what an avoidable step would release (X1, the money of D1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from totalplace.config.findings import FindingsRules, UnitCost
from totalplace.config.load import shipped, typed


@dataclass(frozen=True)
class Money:
    """Capacity released, in GBP: what the step costs, less the work of reusing another agency's result.

    Args:
        gross: without friction.
        low: with the highest friction.
        central: with the middle friction.
        high: with the lowest friction.
    """

    gross: float
    low: float
    central: float
    high: float


@dataclass(frozen=True)
class StepPrices:
    """The price of one act by cost key.

    Args:
        gbp: cost key to GBP, in the place's price year where a deflator is known.
        not_steps: keys that price an episode, an hour, a week or a year: never applied to one act.
        parents: keys left out because a part of them is used as well.
        undeflated: keys whose money stays in the year of its source.
    """

    gbp: Mapping[str, float]
    not_steps: tuple[str, ...]
    parents: tuple[str, ...]
    undeflated: tuple[str, ...]


@cache
def _shipped() -> Mapping[str, UnitCost]:
    return {key: typed(UnitCost, entry, {}, "costs.toml") for key, entry in shipped("costs").items()}


def unit_costs(rules: FindingsRules) -> dict[str, UnitCost]:
    """Return the shipped unit costs with the place's own laid over them."""
    return {**_shipped(), **rules.costs}


def deflate(gbp: float, source_index: float, run_index: float) -> float:
    """Return money of the source's price year in the run's: gbp x run index / source index."""
    return gbp * run_index / source_index


def released(gross_gbp: float, friction_shares: Sequence[float]) -> Money:
    """Return what is released after friction; low uses the highest friction."""
    lowest, middle, highest = sorted(friction_shares)
    parts = [round(gross_gbp * (1 - share), 2) for share in (highest, middle, lowest)]
    return Money(round(gross_gbp, 2), *parts)


@dataclass(frozen=True)
class Prices:
    """What the cost keys at hand cost, in the place's price year where a deflator is known.

    Args:
        gbp: cost key to GBP; without the parents.
        parents: keys left out because a part of them is used as well.
        undeflated: keys whose money stays in the year of its source.
    """

    gbp: Mapping[str, float]
    parents: tuple[str, ...]
    undeflated: tuple[str, ...]


def prices_of(used: Iterable[str], rules: FindingsRules) -> Prices:
    """Return the prices of the cost keys that are used; never both a code and a part of it.

    Args:
        used: cost keys; unknown ones have no price.
        rules: the section `findings`.
    """
    costs = unit_costs(rules)
    known = sorted(set(used) & set(costs))
    parents = {above for key in known for above in _above(key, costs)} & set(known)
    years = {key: costs[key].price_year for key in known if key not in parents}
    movable = {y for y in years.values() if y in rules.deflators} if rules.price_year in rules.deflators else set()
    run_index = rules.deflators.get(rules.price_year, 1.0)
    gbp = {
        key: deflate(costs[key].gbp, rules.deflators[year], run_index) if year in movable else costs[key].gbp
        for key, year in years.items()
    }
    stay = [key for key, year in years.items() if year not in movable]
    return Prices(gbp, tuple(sorted(parents)), tuple(stay))


def _above(key: str, costs: Mapping[str, UnitCost]) -> list[str]:
    """Return the codes that contain a code, nearest first; a code that contains itself ends the way."""
    found: list[str] = []
    while costs[key].parent in costs and costs[key].parent not in (key, *found):
        key = costs[key].parent
        found.append(key)
    return found


def step_prices(used: Iterable[str], rules: FindingsRules) -> StepPrices:
    """Return the prices of the cost keys that are used, and which of them cannot price one act.

    Args:
        used: cost keys of the contacts at hand; unknown ones have no price.
        rules: the section `findings`.
    """
    costs, known = unit_costs(rules), set(used)
    prices = prices_of(known, rules)
    not_steps = sorted(key for key in known & set(costs) if costs[key].basis != "step")
    gbp = {key: price for key, price in prices.gbp.items() if key not in not_steps}
    stay = tuple(key for key in prices.undeflated if key not in not_steps)
    return StepPrices(gbp, tuple(not_steps), prices.parents, stay)
