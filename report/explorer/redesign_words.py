"""What a redesign comes to, in sentences made from released figures alone: the page and the terminal say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from totalplace.errors import ShapeError
from totalplace.report.disclosure.redesigned import ENDS, LEVELS
from totalplace.report.disclosure.release import SafeTable
from totalplace.report.explorer.scenario_words import ScenarioStory

WITHHELD = "withheld"
# What a reader is told first, and how: measure to words.
TOLD = {
    "contacts": "contacts",
    "avoidable": "avoidable assessments",
    "handoffs": "handoffs between agencies",
    "visits": "days on which a person met a service",
}


@dataclass(frozen=True)
class Redesigned:
    """Scenarios as they may be shown.

    Args:
        table: from `disclosure.release_redesign`.
        stories: the scenarios in words.
        target: `redesign.target_share`.
    """

    table: SafeTable
    stories: tuple[ScenarioStory, ...]
    target: Sequence[float]

    def __post_init__(self) -> None:
        """Refuse figures that did not pass disclosure control."""
        if not isinstance(self.table, SafeTable):
            raise ShapeError("report.redesign_words", "only a SafeTable may be shown")


@dataclass(frozen=True)
class Change:
    """A number before, and what falls and rises of it; None = withheld."""

    before: float | None
    less: float | None
    more: float | None

    @property
    def after(self) -> float | None:
        """Return the number afterwards, worked out from what is shown."""
        if self.before is None or self.less is None or self.more is None:
            return None
        return max(self.before - self.less + self.more, 0.0)


class Figures:
    """The released figures of redesigns, by their names."""

    def __init__(self, table: pa.Table) -> None:
        self._shown = {
            (r["scenario"], r["level"], r["step"], r["by"], r["key"], r["measure"], r["side"]): r["shown"]
            for r in table.to_pylist()
        }

    def change(self, scenario: str, measure: str, level: str = "central", step: int = 0) -> Change:
        """Return a measure of the whole place."""
        at = (scenario, level, step, "place", "", measure)
        before = self._shown.get(("", "", 0, "place", "", measure, "before"))
        return Change(before, self._shown.get((*at, "less")), self._shown.get((*at, "more")))

    def doubt(self, scenario: str, measure: str) -> tuple[float, float] | None:
        """Return between what the central change lies if uncertain links fall otherwise; None = not told or no wider.

        A change is after less before, so a fall is below 0.
        """
        at = (scenario, "central", 0, "place", "", measure)
        low, high = (self._shown.get((*at, end)) for end in ENDS)
        return None if low is None or high is None or low == high else (low, high)

    def areas(self, scenario: str) -> list[tuple[str, float | None]]:
        """Return the areas in which people are left without any contact, or may be: their number is withheld."""
        found = {
            key: shown
            for (one, _, _, by, key, _, side), shown in self._shown.items()
            if one == scenario and by == "area" and side == "less"
        }
        return [(area, shown) for area, shown in sorted(found.items()) if shown != 0]


def sentences(figures: Figures, scenario: str, target: Sequence[float]) -> list[str]:
    """Return what a scenario comes to: what falls most first, money against the target, what stays, who is left."""

    def fallen(measure: str) -> float:
        now = figures.change(scenario, measure)
        return (now.less or 0) / now.before if now.before else 0.0

    return [
        *(_counted(figures, scenario, measure) for measure in sorted(TOLD, key=fallen, reverse=True)),
        *links(figures, scenario),
        money(figures, scenario, target),
        *duplication(figures, target),
        diagonal(figures, scenario),
        alone(figures, scenario),
    ]


def _span(low: float | None, central: float, high: float | None) -> str:
    """Return a figure with its low and high, as far as each may be told."""
    if low == central == high:
        return _number(central)
    if low is None or high is None:
        ends = [f"from {_number(low)}"] if low is not None else [f"up to {_number(high)}"] if high is not None else []
        return " ".join([_number(central), *(f"({end})" for end in ends)])
    return f"{_number(central)} ({_number(low)} to {_number(high)})"


def _counted(figures: Figures, scenario: str, measure: str) -> str:
    now = figures.change(scenario, measure)
    low, central, high = (figures.change(scenario, measure, level).less for level in LEVELS)
    rise = ""
    if now.more != 0:
        rise = ", and more for others" if now.more is None else f", and {_number(now.more)} more for others"
    if central is not None:
        return f"{_span(low, central, high)} fewer {TOLD[measure]}, of {_number(now.before)}{rise}."
    if high is not None:
        return f"At most {_number(high)} fewer {TOLD[measure]}, of {_number(now.before)}: how many is withheld{rise}."
    return f"How many fewer {TOLD[measure]}, of {_number(now.before)}, is withheld{rise}."


def links(figures: Figures, scenario: str) -> list[str]:
    """Return what the changes may be in nine of ten draws of uncertain links, where these leave them open."""
    doubts = {TOLD[measure]: figures.doubt(scenario, measure) for measure in TOLD}
    said = [_open(*doubt, words) for words, doubt in doubts.items() if doubt is not None]
    return [f"If uncertain links fall otherwise, in all {'; '.join(said)}."] if said else []


def _open(low: float, high: float, words: str) -> str:
    """Return between what a change lies; fewer is below 0."""
    if low < 0 < high:
        return f"from {-low:,.0f} fewer to {high:,.0f} more {words}"
    ends = sorted((abs(low), abs(high)))
    return f"{ends[0]:,.0f} to {ends[1]:,.0f} {'more' if high > 0 else 'fewer'} {words}"


def money(figures: Figures, scenario: str, target: Sequence[float]) -> str:
    """Return how far the released share of cost is from the target, saying plainly if it is out of reach."""
    before = figures.change(scenario, "spend").before
    aim = f"{target[0]:.0%} to {target[1]:.0%}"
    if not before:
        why = "is withheld" if before is None else "has no price"
        return f"The aim of {aim} less expenditure cannot be judged: what contacts cost {why}."
    shares = [_share(figures.change(scenario, "spend", level), before) for level in LEVELS]
    known = [share for share in shares if share is not None]
    if not known:
        return f"The aim of {aim} less expenditure cannot be judged: the cost released is withheld."
    unpriced = figures.change(scenario, "priced", LEVELS[-1]).less == 0
    if unpriced and figures.change(scenario, "contacts", LEVELS[-1]).less:
        return f"The aim of {aim} less expenditure cannot be judged: none of the contacts that are dropped has a price."
    if unpriced:
        return f"The aim of {aim} less expenditure is not reachable this way: no contact is dropped."
    said = f"{known[0]:.1%}" if known[0] == known[-1] else f"{known[0]:.1%} to {known[-1]:.1%}"
    of = "of the cost of the contacts that have a price"
    if known[-1] < target[0]:
        span = "" if known[0] == known[-1] else f" ({said})"
        most = f"at most {known[-1]:.1%} {of} is released{span}"
        return f"The aim of {aim} less expenditure is not reachable this way: {most}."
    if known[0] >= target[0]:
        return f"The aim of {aim} less expenditure is reached: {said} {of} is released."
    return f"The aim of {aim} less expenditure is reached only where it is widely followed: {said} {of} is released."


def duplication(figures: Figures, target: Sequence[float]) -> list[str]:
    """Return whether duplicated assessments alone could reach the target, whatever is done about them."""
    whole, repeated = (figures.change("", name).before for name in ("spend", "repeated_spend"))
    if not whole or repeated is None:
        return []
    share = repeated / whole
    could = "could reach" if share >= target[0] else "cannot reach"
    return [f"All avoidable assessments together cost {share:.1%} of it: duplication alone {could} the aim."]


def diagonal(figures: Figures, scenario: str) -> str:
    """Return what duplication stays, and how much of it inside one agency."""
    left, within = (figures.change(scenario, name).after for name in ("avoidable", "avoidable_within"))
    if left is None:
        return "How many avoidable assessments remain is withheld."
    inside = (
        "how many of them within one agency is" if within is None else f"{_number(within)} of them within one agency"
    )
    cure = f" {WITHHELD}" if within is None else ": their cure is case management, not sharing"
    return f"{_number(left)} avoidable assessments remain, {inside}{cure}."


def alone(figures: Figures, scenario: str) -> str:
    """Return who is left without any contact."""
    lost = figures.change(scenario, "persons").less
    if lost == 0:
        return "Nobody loses their only contact with any service."
    areas = figures.areas(scenario)
    told = [f"{area} {_number(people)}" for area, people in areas]
    where = f" By area: {', '.join(told)}." if told else ""
    return f"People left without any contact at all: {_number(lost)}.{where}"


def _share(change: Change, before: float) -> float | None:
    if change.less is None or change.more is None:
        return None
    return (change.less - change.more) / before


def _number(value: float | None) -> str:
    return WITHHELD if value is None else f"{value:,.0f}"


def told_scenarios(of: Redesigned) -> list[dict[str, Any]]:
    """Return what may be said of each scenario: its words, sentences on what it comes to, and its released figures."""
    figures = Figures(of.table.table)
    rows = [row for row in of.table.table.to_pylist() if row["by"] == "place" or row["withheld"] or row["shown"]]
    return [
        {
            "key": story.key,
            "name": story.name,
            "operations": list(story.operations),
            "assumptions": list(story.assumptions),
            "says": sentences(figures, story.key, of.target),
            "figures": [_figure(row) for row in rows if row["scenario"] in (story.key, "")],
        }
        for story in of.stories
    ]


def _figure(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("level", "step", "by", "key", "measure", "side", "unit", "rule_id", "shown")
    return {name: row[name] for name in names}
