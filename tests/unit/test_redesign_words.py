"""What a redesign comes to is said from released figures alone, and plainly where the aim is out of reach."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totalplace.errors import ShapeError
from totalplace.report.disclosure.redesigned import SAFE_REDESIGN
from totalplace.report.explorer.redesign_words import (
    Figures,
    Redesigned,
    alone,
    diagonal,
    duplication,
    money,
    sentences,
)

TARGET = (0.15, 0.20)


def figures(*numbers: tuple[str, float | None, tuple[float | None, ...]], areas: dict[str, float | None] | None = None):
    """Return figures of the scenario `s`: measure, before, and less at low, central and high; nothing rises."""
    rows = []
    for measure, before, falls in numbers:
        rows.append({"scenario": "", "level": "", "measure": measure, "side": "before", "shown": before})
        for level, fall in zip(("low", "central", "high"), falls, strict=True):
            for side, shown in (("less", fall), ("more", 0.0)):
                rows.append({"scenario": "s", "level": level, "measure": measure, "side": side, "shown": shown})
    for area, shown in (areas or {}).items():
        at = {"scenario": "s", "level": "central", "measure": "persons", "side": "less", "by": "area", "key": area}
        rows.append({**at, "shown": shown})
    plain = {"step": 0, "by": "place", "key": "", "rule_id": "W1", "words": "", "unit": "people", "withheld": False}
    return Figures(pa.Table.from_pylist([plain | row for row in rows], schema=SAFE_REDESIGN))


@pytest.mark.parametrize(
    ("falls", "says"),
    [
        ((10.0, 20.0, 40.0), "not reachable this way: at most 4.0%"),
        ((200.0, 250.0, 300.0), "is reached: 20.0% to 30.0%"),
        ((50.0, 100.0, 160.0), "only where it is widely followed: 5.0% to 16.0%"),
        ((None, None, None), "cannot be judged: the cost released is withheld"),
    ],
)
def test_the_released_share_of_cost_is_held_against_the_aim(falls: tuple[float | None, ...], says: str) -> None:
    assert says in money(figures(("spend", 1000.0, falls), ("priced", 50.0, (5.0, 5.0, 5.0))), "s", TARGET)


@pytest.mark.parametrize(
    ("falls", "says"),
    [
        ((20.0, 30.0, 40.0), "30 (20 to 40) fewer contacts, of 90."), ((30.0, 30.0, 30.0), "30 fewer contacts, of 90."),
        ((None, 30.0, 40.0), "30 (up to 40) fewer contacts, of 90."),
        ((20.0, 30.0, None), "30 (from 20) fewer contacts, of 90."), ((None, 30.0, None), "30 fewer contacts, of 90."),
        ((None, None, 40.0), "At most 40 fewer contacts, of 90: how many is withheld."),
        ((None, None, None), "How many fewer contacts, of 90, is withheld."),
    ],
)  # fmt: skip
def test_a_fall_is_told_as_far_as_each_level_may_be(falls: tuple[float | None, ...], says: str) -> None:
    assert says in sentences(figures(("contacts", 90.0, falls)), "s", TARGET)


def test_dropped_contacts_without_a_price_are_not_called_worthless() -> None:
    none = (0.0, 0.0, 0.0)
    told = figures(("spend", 1000.0, none), ("priced", 50.0, none), ("contacts", 90.0, (30.0, 30.0, 30.0)))
    assert "none of the contacts that are dropped has a price" in money(told, "s", TARGET)


def test_duplication_alone_is_said_to_fall_short() -> None:
    none = (0.0, 0.0, 0.0)
    told = figures(("spend", 1000.0, none), ("repeated_spend", 50.0, none))
    assert duplication(told, TARGET) == [
        "All avoidable assessments together cost 5.0% of it: duplication alone cannot reach the aim."
    ]


def test_what_stays_within_one_agency_is_told_apart() -> None:
    told = figures(("avoidable", 200.0, (50.0, 60.0, 70.0)), ("avoidable_within", 90.0, (0.0, 0.0, 0.0)))
    assert "140 avoidable assessments remain, 90 of them within one agency" in diagonal(told, "s")


def test_those_left_alone_are_told_by_area_and_small_areas_are_withheld() -> None:
    told = figures(("persons", 500.0, (25.0, 25.0, 25.0)), areas={"north": 15.0, "south": None, "west": 0.0})
    assert alone(told, "s") == "People left without any contact at all: 25. By area: north 15, south withheld."


def test_what_falls_most_is_said_first() -> None:
    told = figures(("contacts", 1000.0, (10.0, 10.0, 10.0)), ("handoffs", 100.0, (20.0, 30.0, 40.0)))
    assert sentences(told, "s", TARGET)[0] == "30 (20 to 40) fewer handoffs between agencies, of 100."


def test_figures_that_did_not_pass_disclosure_control_are_refused() -> None:
    with pytest.raises(ShapeError):
        Redesigned(SAFE_REDESIGN.empty_table(), (), TARGET)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        ((-40.0, -25.0), ["If uncertain links fall otherwise, in all 25 to 40 fewer handoffs between agencies."]),
        ((5.0, 20.0), ["If uncertain links fall otherwise, in all 5 to 20 more handoffs between agencies."]),
        (
            (-40.0, 5.0),
            ["If uncertain links fall otherwise, in all from 40 fewer to 5 more handoffs between agencies."],
        ),
        ((-30.0, -30.0), []),
        ((None, None), []),
    ],
)
def test_what_uncertain_links_leave_open_is_said(ends: tuple[float | None, ...], says: list[str]) -> None:
    row = {"scenario": "s", "level": "central", "measure": "handoffs", "step": 0, "by": "place", "key": ""}
    row |= {"rule_id": "W1", "words": "", "unit": "people", "withheld": False}
    rows = [row | {"side": side, "shown": end} for side, end in zip(("change_low", "change_high"), ends, strict=True)]
    known = {"before": 100.0, "less": 30.0, "more": 0.0}
    rows += [row | {"side": side, "shown": shown} for side, shown in known.items()]
    start = {"scenario": "", "level": ""}
    rows = [one | start if one["side"] == "before" else one for one in rows]
    rows += [one | {"level": level} for one in rows if one["side"] in ("less", "more") for level in ("low", "high")]
    told = sentences(Figures(pa.Table.from_pylist(rows, schema=SAFE_REDESIGN)), "s", TARGET)
    assert told[0] == "30 fewer handoffs between agencies, of 100."
    assert [one for one in told if "uncertain links" in one] == says
