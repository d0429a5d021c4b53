"""A scenario in words: what each operation does, and what it takes for granted about people and agencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from totalplace.config.findings import FindingsRules
from totalplace.config.scenario import (
    CoLocate,
    LeadWorker,
    MergeAgencies,
    Operation,
    RemoveService,
    ReuseAssessment,
    Scenario,
    SingleFrontDoor,
    write_scenario,
)


@dataclass(frozen=True)
class ScenarioStory:
    """What a page says of a scenario besides its numbers.

    Args:
        key: what outputs call it.
        name: its name.
        about: one sentence of its author's; may be empty.
        operations: a sentence for each operation, in order.
        assumptions: every change of behaviour that its numbers rest on, a line each.
        toml: the text of a file that describes it.
    """

    key: str
    name: str
    about: str
    operations: tuple[str, ...]
    assumptions: tuple[str, ...]
    toml: str


def scenario_story(
    scenario: Scenario, rules: FindingsRules, agencies: Mapping[str, str] | None = None
) -> ScenarioStory:
    """Return a scenario in words.

    Args:
        scenario: the scenario.
        rules: the section `findings`, whose keys stand where the scenario says nothing.
        agencies: code to name; an agency without one, as one that a merger makes, goes by its code.
    """
    steps = tuple(_says(one, rules, agencies or {}) for one in scenario.operations)
    lines = [line for one in scenario.operations for line in _assumes(one, rules)]
    return ScenarioStory(
        scenario.key,
        scenario.name,
        scenario.about,
        steps or ("Nothing is changed.",),
        tuple(dict.fromkeys([*lines, *_always(rules)])),
        write_scenario(scenario),
    )


def _says(one: Operation, rules: FindingsRules, named: Mapping[str, str]) -> str:
    if isinstance(one, ReuseAssessment):
        about = f" for {_listed(one.purposes)}" if one.purposes is not None else ", whatever its purpose"
        return f"Reuse an assessment{about}, for {_validity(one, rules)}."
    if isinstance(one, SingleFrontDoor):
        where = f" {named.get(one.at, one.at)} asks." if one.at else ""
        return f"Ask once for {_listed(one.purposes)}, and again after {_validity(one, rules)} only.{where}"
    if isinstance(one, MergeAgencies):
        return f"Make {_listed(_names(one.agencies, named))} one agency, {named.get(one.into, one.into)}."
    if isinstance(one, CoLocate):
        return f"Put {_listed(one.services)} under one roof: visits within {_within(one, rules)} days become one."
    if isinstance(one, RemoveService):
        return f"Stop {one.service}."
    among = " of every agency" if one.agencies is None else f" of {_listed(_names(one.agencies, named))}"
    return f"Give a person a lead worker at contact number {one.from_contact}: later contacts{among} go through it."


def _names(codes: Sequence[str], named: Mapping[str, str]) -> list[str]:
    return [named.get(code, code) for code in codes]


def _assumes(one: Operation, rules: FindingsRules) -> list[str]:
    lines = []
    if not isinstance(one, MergeAgencies | RemoveService):
        shares = ", ".join(f"{share:.0%}" for share in sorted(one.uptake_share or rules.redesign.uptake_share))
        lines.append(f"It is followed for {shares} of people: the low, central and high figures.")
    if isinstance(one, ReuseAssessment | SingleFrontDoor):
        friction = sorted(one.friction_share or rules.duplicates.friction_share, reverse=True)
        shares = ", ".join(f"{share:.0%}" for share in friction)
        lines.append(f"Checking another's result takes {shares} of what the step costs (low, central, high).")
        lines.append(
            "A valid result is found, trusted and lawful to share; assessments under a legal bar are left alone."
        )
    if isinstance(one, CoLocate):
        lines.append("Who met both services soon after each other would have come once, on the earlier day.")
    if isinstance(one, MergeAgencies):
        lines.append("A move inside the merged agency is no handoff; nothing else that either did changes.")
    if isinstance(one, RemoveService):
        lines.append("Nobody who loses the service goes elsewhere instead, and nothing gets worse for want of it.")
    if isinstance(one, LeadWorker):
        lines.append("The lead worker's own work of arranging is not counted; the others go on doing what they did.")
    return lines


def _always(rules: FindingsRules) -> list[str]:
    protected = len(rules.redesign.protected_types)
    more = f", and {protected} protected types" if protected else ""
    return [
        f"Contacts recorded as statutory{more} are never dropped.",
        "Everything else stays as it happened. The figures are an upper bound on avoidable activity, not a forecast.",
        "Money is capacity released, not cash, unless a whole post, bed or contract can go.",
    ]


def _validity(one: ReuseAssessment | SingleFrontDoor, rules: FindingsRules) -> str:
    if one.validity_days is not None:
        return f"{one.validity_days} days"
    own = " (or its purpose's own validity)" if rules.duplicates.validity else ""
    return f"{rules.duplicates.validity_days} days{own}"


def _within(one: CoLocate, rules: FindingsRules) -> int:
    return rules.redesign.within_days if one.within_days is None else one.within_days


def _listed(names: Sequence[Any]) -> str:
    plain = [str(name).replace("_", " ") for name in names]
    return plain[0] if len(plain) == 1 else f"{', '.join(plain[:-1])} and {plain[-1]}"
