"""Who belongs where on a day, and what a person's records say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from totalplace.engine import LocalEngine
from totalplace.journeys.membership import family_timeline, fold_people, household_timeline
from totalplace.tables import FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Engine, Handle, Shape


def _id(letter: str) -> bytes:
    return letter.encode() * 16


def _hold(shape: Shape, rows: list[dict[str, Any]], engine: Engine) -> Handle:
    filled = [{**dict.fromkeys(shape.names), **row} for row in rows]
    return engine.hold(pa.Table.from_pylist(filled, schema=shape.schema))


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def _at(timeline: Handle, name: str, day: date, engine: Engine) -> list[bytes]:
    return [row[name] for row in engine.fetch(timeline).to_pylist() if row["since"] <= day < row["until"]]


def _home(letter: str, start: date, end: date | None) -> dict[str, Any]:
    ids = {"household_id": _id(letter), "dwelling_id": _id(letter), "person_id": _id("p")}
    return {**ids, "from_date": start, "to_date": end}


def test_a_stay_inside_another_is_left_again(engine: LocalEngine) -> None:
    stays = [_home("a", date(2020, 1, 1), None), _home("b", date(2020, 3, 1), date(2020, 4, 1))]
    timeline = household_timeline(_hold(HOUSEHOLDS, stays, engine), engine)
    days = (date(2020, 2, 1), date(2020, 3, 31), date(2020, 4, 1))
    assert [_at(timeline, "household_id", day, engine) for day in days] == [[_id("a")], [_id("b")], [_id("a")]]


def test_no_day_has_two_households(engine: LocalEngine) -> None:
    stays = [_home(letter, date(2020, 1, 1), None) for letter in "abc"]
    timeline = household_timeline(_hold(HOUSEHOLDS, stays, engine), engine)
    assert _at(timeline, "household_id", date(2021, 1, 1), engine) == [_id("a")]


def test_the_main_family_counts_while_it_lasts(engine: LocalEngine) -> None:
    both = {"person_id": _id("p"), "basis": "relation"}
    rows = [
        {**both, "family_id": _id("m"), "is_main": True, "to_date": date(2020, 6, 1)},
        {**both, "family_id": _id("o"), "is_main": False},
    ]
    timeline = family_timeline(_hold(FAMILIES, rows, engine), engine)
    found = [_at(timeline, "family_id", day, engine) for day in (date(2020, 1, 1), date(2020, 7, 1))]
    assert found == [[_id("m")], [_id("o")]]


def _fold(records: list[dict[str, Any]], engine: Engine) -> dict[str, Any]:
    rows = [{"row_id": _id(str(k)), **record} for k, record in enumerate(records)]
    linked = {"person_id": _id("p"), "linked_exactly": True, "min_link_probability": 0.9}
    persons = _hold(PERSONS, [{"row_id": row["row_id"], **linked} for row in rows], engine)
    row: dict[str, Any] = engine.fetch(fold_people(_hold(PEOPLE, rows, engine), persons, engine)).to_pylist()[0]
    return row


def test_the_most_recently_confirmed_area_counts_and_conflicts_are_told(engine: LocalEngine) -> None:
    old = {"area": "north", "sex": "F", "record_date": date(2019, 1, 1)}
    new = {"area": "south", "sex": None, "record_date": date(2020, 1, 1)}
    row = _fold([new, old], engine)
    assert (row["area"], row["sex"], row["conflicts"]) == ("south", "F", 1)


def test_a_person_without_an_area_is_in_the_unknown_one(engine: LocalEngine) -> None:
    assert _fold([{}], engine)["area"] == "unknown"
