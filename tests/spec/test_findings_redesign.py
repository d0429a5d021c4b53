"""W1: a redesign edits history and the same measures are taken again, told as small tables of contacts."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.config.scenario import Scenario, read_scenario
from totalplace.engine import LocalEngine
from totalplace.journeys import Journeys, Place, build_journeys, try_scenarios
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS

DAY_0 = date(2008, 1, 1)
# person day agency type [key=value ...]
THREE_ASK = """
ann 0   housing means purpose=financial cost_key=HO2.0.2
ann 30  nhs     means purpose=financial cost_key=HO2.0.2
ann 60  dwp     means purpose=financial cost_key=HO2.0.2
bob 0   library visit
bob 5   nhs     visit
cyd 9   library visit
"""
ASK_ONCE = """
[[operation]]
do = "reuse_assessment"
purposes = ["financial"]
validity_days = 90
uptake_share = [0.0, 1.0, 1.0]
"""
MERGE = """
[[operation]]
do = "merge_agencies"
agencies = ["housing", "dwp"]
into = "homes_and_benefits"
"""


def _id(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()[:16]


def _contact(number: int, line: str) -> dict[str, Any]:
    person, day, agency, kind, *pairs = line.split()
    row: dict[str, Any] = dict.fromkeys(CONTACTS.names)
    row |= {"contact_id": _id(f"contact {number}"), "row_id": _id(f"row {person}"), "agency": agency, "type": kind}
    row |= {"class": "intervention", "scope": "person", "start": DAY_0 + timedelta(int(day)), "precedence": 0}
    row |= dict.fromkeys(("statutory", "barred", "planned_return", "assessment"), False)
    row |= {"source_row": number}
    for key, text in (pair.split("=") for pair in pairs):
        row[key] = _id(text) if key == "joint_id" else text == "yes" if key in ("statutory", "barred") else text
    row["assessment"] = row["purpose"] is not None
    return row


def _table(shape: Any, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


def scenario(text: str) -> Scenario:
    return read_scenario("tried", tomllib.loads(f'name = "tried"\n{text}'), "tried.toml")


def rules_with(**redesign: Any) -> FindingsRules:
    given = shipped("findings")
    given["redesign"] |= redesign
    return FindingsRules.model_validate(given)


def place_of(lines: str, rules: FindingsRules, engine: LocalEngine) -> tuple[Journeys, Place]:
    rows = [_contact(k, line) for k, line in enumerate(lines.strip().splitlines())]
    people = sorted({line.split()[0] for line in lines.strip().splitlines()})
    linked = {"linked_exactly": True, "min_link_probability": 1.0}
    tables = (
        _table(PEOPLE, [{"row_id": _id(f"row {p}"), "area": "north" if p < "b" else "south"} for p in people]),
        _table(PERSONS, [{"row_id": _id(f"row {p}"), "person_id": _id(p), **linked} for p in people]),
        _table(HOUSEHOLDS, []),
        _table(FAMILIES, []),
    )
    place = Place(*(engine.hold(table) for table in tables))
    contacts = engine.hold(_table(CONTACTS, rows))
    built = build_journeys(contacts, place.people, place.persons, place.households, place.families, rules, engine)
    return built, place


class Tried:
    """What one scenario makes of lines of contacts."""

    def __init__(self, lines: str, text: str, engine: LocalEngine, **redesign: Any) -> None:
        rules = rules_with(**redesign)
        history, place = place_of(lines, rules, engine)
        made = try_scenarios(history, place, [scenario(text)], rules, engine)
        self.rows = engine.fetch(made.table).to_pylist()
        self.changes = engine.fetch(made.changes["tried"]).to_pylist()

    def of(
        self, measure: str, level: str = "central", step: int = 0, by: str = "place", key: str = ""
    ) -> dict[str, Any]:
        names = {"measure": measure, "level": level, "step": step, "by": by, "key": key}
        return next(row for row in self.rows if all(row[name] == value for name, value in names.items()))

    def pair(self, measure: str, level: str = "central") -> tuple[float, float]:
        row = self.of(measure, level)
        return row["before"], row["after"]


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def test_asking_once_keeps_the_first_of_three_assessments(engine: LocalEngine) -> None:
    tried = Tried(THREE_ASK, ASK_ONCE, engine)
    assert (tried.pair("assessments"), tried.pair("avoidable")) == ((3, 1), (2, 0))
    assert tried.pair("contacts") == (6, 4)


def test_where_nobody_follows_nothing_changes(engine: LocalEngine) -> None:
    tried = Tried(THREE_ASK, ASK_ONCE, engine)
    assert tried.pair("contacts", "low") == (6, 6)


def test_money_released_is_the_price_less_the_checking(engine: LocalEngine) -> None:
    tried = Tried(THREE_ASK, ASK_ONCE, engine)
    assert [tried.of("spend", level)["less"] for level in ("low", "central", "high")] == [0, 67.2, 86.4]
    assert tried.of("repeated_spend")["before"] == 96


def test_who_gains_and_who_is_relied_on_sum_to_what_is_dropped(engine: LocalEngine) -> None:
    tried = Tried(THREE_ASK, ASK_ONCE, engine)
    ledger = [row for row in tried.rows if (row["by"], row["level"]) == ("agency", "central")]
    less = {(row["measure"], row["key"]): row["less"] for row in ledger if row["less"]}
    assert less["no_longer_done", "nhs"] == less["no_longer_done", "dwp"] == 1
    assert less["relied_on", "housing"] == 2
    net = sum(row["less"] * {"released": 1, "checking": -1}.get(row["measure"], 0) for row in ledger)
    assert round(net, 6) == tried.of("spend")["less"]


def test_a_statutory_assessment_is_never_dropped(engine: LocalEngine) -> None:
    lines = THREE_ASK.replace("nhs     means", "nhs     means statutory=yes")
    assert Tried(lines, ASK_ONCE, engine).pair("avoidable") == (2, 1)


def test_a_protected_type_is_never_dropped(engine: LocalEngine) -> None:
    tried = Tried(THREE_ASK, ASK_ONCE, engine, protected_types=["dwp/means"])
    assert tried.pair("avoidable") == (2, 1)


def test_a_concurrent_assessment_that_a_reuse_sets_free_is_reused_too(engine: LocalEngine) -> None:
    lines = """
    ann 0 housing means purpose=financial
    ann 10 nhs means purpose=financial
    ann 10 dwp means purpose=financial
    """
    assert Tried(lines, ASK_ONCE, engine).pair("assessments") == (3, 1)


def test_a_merger_makes_handoffs_internal_and_leaves_duplicates_on_the_diagonal(engine: LocalEngine) -> None:
    lines = "ann 0 housing means purpose=financial\nann 30 dwp means purpose=financial"
    tried = Tried(lines, MERGE, engine)
    assert (tried.pair("handoffs"), tried.pair("avoidable")) == ((1, 0), (1, 1))
    assert tried.pair("avoidable_within") == (0, 1)


def test_removing_a_service_says_who_loses_the_only_contact_and_where(engine: LocalEngine) -> None:
    tried = Tried(THREE_ASK, '[[operation]]\ndo = "remove_service"\nservice = "library/visit"', engine)
    assert (tried.pair("contacts"), tried.pair("persons")) == ((6, 4), (3, 2))
    assert tried.of("persons", by="area", key="south")["less"] == 1
    assert tried.of("last_contact", by="agency", key="library")["less"] == 2


def test_two_services_under_one_roof_are_met_on_one_day(engine: LocalEngine) -> None:
    lines = "ann 0 gp visit\nann 5 library visit\nann 9 gp visit\nann 40 library visit"
    text = '[[operation]]\ndo = "co_locate"\nservices = ["gp", "library/visit"]\nuptake_share = [1.0, 1.0, 1.0]'
    tried = Tried(lines, text, engine)
    assert (tried.pair("contacts"), tried.pair("visits"), tried.pair("handoffs")) == ((4, 4), (4, 3), (2, 1))


def test_a_lead_worker_ends_handoffs_from_the_kth_contact_on(engine: LocalEngine) -> None:
    lines = "ann 0 gp visit\nann 5 dwp visit\nann 9 gp visit\nann 15 library visit"
    text = '[[operation]]\ndo = "lead_worker"\nfrom_contact = 2\nuptake_share = [1.0, 1.0, 1.0]'
    tried = Tried(lines, text, engine)
    assert (tried.pair("contacts"), tried.pair("handoffs")) == ((4, 4), (3, 1))
    assert tried.of("taken_on", by="agency", key="dwp")["more"] == 2


def test_one_front_door_asks_once_for_several_purposes(engine: LocalEngine) -> None:
    lines = "ann 0 housing means purpose=financial\nann 30 dwp claim purpose=benefit_eligibility"
    text = """
    [[operation]]
    do = "single_front_door"
    purposes = ["financial", "benefit_eligibility"]
    at = "library"
    uptake_share = [1.0, 1.0, 1.0]
    """
    tried = Tried(lines, text, engine)
    assert tried.pair("assessments") == (2, 1)
    assert tried.of("taken_on", by="agency", key="library")["more"] == 1


def test_each_operation_is_told_apart_and_the_steps_lead_to_the_whole(engine: LocalEngine) -> None:
    tried = Tried(THREE_ASK, ASK_ONCE + MERGE, engine)
    first, second = tried.of("handoffs", step=1), tried.of("handoffs", step=2)
    assert first["after"] == second["before"]
    assert second["after"] == tried.pair("handoffs")[1]


def test_the_contacts_that_a_scenario_touches_are_named(engine: LocalEngine) -> None:
    tried = Tried(THREE_ASK, ASK_ONCE, engine)
    assert [(row["change"], row["step"]) for row in tried.changes] == [("removed", 1), ("removed", 1)]
    assert {row["anchor"] for row in tried.changes} == {_id("contact 0")}
