"""X1: what contacts cost, each priced by what its unit is, and what has no price beside the sum."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import build_journeys
from totalplace.journeys.families.concentration import share_that_holds
from totalplace.journeys.flows import flow_shares, follow_flows
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.measures import measure
from totalplace.journeys.money.contact_costs import cost_contacts
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Engine, Shape

DAY_0 = date(2012, 1, 1)


def cost(gbp: float, basis: str = "step", **more: str) -> dict[str, Any]:
    about = {"what": "x", "unit": "each", "price_year": "2012/13", "scope": "fiscal", "source": "a test"}
    return {**about, "basis": basis, "gbp": gbp, "min_gbp": 0, "max_gbp": 10**6, **more}


COSTS = {
    "visit": cost(100), "case": cost(1000, "episode"), "part": cost(40, parent="case_whole"),
    "case_whole": cost(900, "episode"), "home": cost(36_525, "year"), "week": cost(70, "week"),
    "hour": cost(57, "hour"),
    "wellbeing": cost(500, scope="social"), "old": cost(80, price_year="2008/09"),
}  # fmt: skip


def rules(**more: Any) -> FindingsRules:
    return FindingsRules.model_validate({**shipped("findings"), "costs": COSTS, **more})


def _id(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()[:16]


def _contact(line: str, number: int) -> dict[str, Any]:
    """Read `person day agency cost_key [key=value ...]`; days count from 2012-01-01, `days` makes a stay."""
    person, day, agency, key, *pairs = line.split()
    more = dict(pair.split("=") for pair in pairs)
    start, length = DAY_0 + timedelta(int(day)), more.pop("days", None)
    row: dict[str, Any] = dict.fromkeys(CONTACTS.names)
    row |= {"contact_id": _id(f"{line} {number}"), "row_id": _id(f"row {person}"), "agency": agency, "type": key}
    row |= {"class": "intervention", "scope": "person", "start": start, "precedence": 0, "cost_key": key}
    row |= dict.fromkeys(("assessment", "statutory", "barred", "planned_return"), False) | {"source_row": number}
    row |= {"end": start + timedelta(int(length)) if length else None, **more}
    row["cost_key"] = None if key == "-" else key
    row["joint_id"] = _id(row["joint_id"]) if row["joint_id"] else None
    return row


def _table(shape: Shape, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


def build(lines: str, engine: Engine, household: str = "") -> Journeys:
    known = lines.strip().splitlines()
    people = sorted({line.split()[0] for line in known})
    tables = (
        _table(CONTACTS, [_contact(line, k) for k, line in enumerate(known)]),
        _table(PEOPLE, [{"row_id": _id(f"row {p}"), "area": "north"} for p in people]),
        _table(
            PERSONS,
            [{"row_id": _id(f"row {p}"), "person_id": _id(p), "linked_exactly": True, "min_link_probability": 1.0}
             for p in people],
        ),
        _table(
            HOUSEHOLDS,
            [{"household_id": _id("h"), "dwelling_id": _id("d"), "person_id": _id(p), "from_date": DAY_0}
             for p in household.split()],
        ),
        FAMILIES.empty(),
    )  # fmt: skip
    return build_journeys(*(engine.hold(table) for table in tables), rules(), engine)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def costs_of(lines: str, engine: Engine, household: str = "", **more: Any) -> dict[str, Any]:
    wish = rules(**more)
    of = measure(build(lines, engine, household), wish, engine, ())
    return dict(cost_contacts(of, wish, engine).summary["costs"])


# contacts | fiscal GBP
SUMS = """
p 0 a visit                                    | 100
p 0 a visit / p 1 a visit                      | 200
p 0 a case / p 10 a case / p 50 a case         | 1000
p 0 a case / p 300 a case                      | 2000
p 0 a case / p 10 b case                       | 2000
p 0 a case_whole / p 5 a part                  | 40
p 0 a home days=10 / p 99 b visit              | 1100
p 0 a week days=7 / p 9 b visit                | 170
p 0 a hour / p 1 a -                           | 0
p 0 a visit outcome=did_not_attend             | 0
p 0 a visit joint_id=j / q 0 a visit joint_id=j | 100
p 0 a visit joint_id=j / p 0 b visit joint_id=j | 200
"""


@pytest.mark.parametrize("line", SUMS.strip().splitlines())
def test_each_contact_is_priced_by_what_its_unit_is(line: str, engine: Engine) -> None:
    contacts, gbp = line.split("|")
    assert costs_of("\n".join(contacts.split("/")), engine)["fiscal_gbp"] == float(gbp)


def test_an_act_for_a_household_costs_once_however_many_members_records_hold_it(engine: Engine) -> None:
    lines = "p 0 a visit scope=household\nq 0 a visit scope=household\nr 3 a visit"
    assert costs_of(lines, engine, "p q")["fiscal_gbp"] == 200


def test_a_stay_is_cut_at_the_end_of_the_data(engine: Engine) -> None:
    found = costs_of("p 0 a home days=30\np 1 a week\np 7 b -", engine)
    assert found["fiscal_gbp"] == 800 and (found["acts"], found["costed"]) == (3, 1)


def test_social_value_is_a_column_of_its_own(engine: Engine) -> None:
    found = costs_of("p 0 a visit\np 1 a wellbeing", engine)
    assert (found["fiscal_gbp"], found["social_gbp"], found["economic_gbp"]) == (100, 500, 0)


def test_money_is_moved_to_the_price_year_that_the_place_states(engine: Engine) -> None:
    moved = costs_of("p 0 a old", engine, price_year="2012/13", deflators={"2008/09": 0.8, "2012/13": 1.0})
    assert moved["fiscal_gbp"] == 100 and moved["undeflated"] == []
    assert costs_of("p 0 a old", engine)["undeflated"] == ["old"]


def test_a_missed_appointment_costs_only_where_the_place_says_so(engine: Engine) -> None:
    contact = {**shipped("findings")["contact"], "cost_missed_appointments": True}
    assert costs_of("p 0 a visit outcome=did_not_attend", engine, contact=contact)["fiscal_gbp"] == 100


def test_the_share_of_people_that_makes_half_of_the_cost() -> None:
    assert share_that_holds([1, 1, 1, 1], 0.5) == 0.5
    assert share_that_holds([0, 0, 0, 4], 0.5) == 0.125
    assert share_that_holds([1, 2, 3, 4], 0.5) == pytest.approx(1 / 4 + 1 / 3 / 4)
    assert share_that_holds([0, 0], 0.5) is None


def test_flows_sum_to_the_residents_contacts_and_keep_the_unknown_apart(engine: Engine) -> None:
    lines = "p 0 a - area=north\np 1 a - area=south\np 2 b - area=south\nq 3 b -"
    of = measure(build(lines, engine), rules(), engine, ())
    found = follow_flows(of, rules(), engine)
    rows = {(r["area_home"], r["area_served"]): r["contacts"] for r in engine.fetch(found.tables["flows"]).to_pylist()}
    assert rows == {("north", "north"): 1, ("north", "south"): 2, ("north", "unknown"): 1}
    assert found.summary["flows"]["out_of_area_share"] == pytest.approx(2 / 3, abs=1e-6)
    assert found.summary["flows"]["area_not_known"] == 1


def test_where_no_area_is_known_there_is_no_share() -> None:
    matrix = pa.table({"area_home": ["unknown"], "area_served": ["north"], "contacts": [5]})
    assert flow_shares(matrix)["out_of_area_share"] is None
