"""Properties of redesigns on generated places: nothing changes nothing, mergers, levels and the ledger (W1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.config.scenario import Scenario, read_scenario
from totalplace.engine import LocalEngine
from totalplace.journeys import Place, build_journeys, try_scenarios
from totalplace.tables import CONTACTS, DAY, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, numbered_ids

from ..conftest import few

PEOPLE_OF_PLACE = 5
FEW = few(3)
RULES = FindingsRules.model_validate(shipped("findings"))
# person, day, agency, purpose or nothing, statutory
CONTACT = st.tuples(st.integers(0, 4), st.integers(0, 200), st.integers(0, 3), st.integers(0, 2), st.booleans())
PLACES = st.lists(CONTACT, min_size=12, max_size=60)
PURPOSES = (None, "financial", "housing_need")


def _scenario(key: str, *operations: dict[str, Any]) -> Scenario:
    return read_scenario(key, {"name": key, "operation": list(operations)}, f"{key}.toml")


NOTHING = _scenario("nothing")
MERGER = _scenario("merger", {"do": "merge_agencies", "agencies": ["a0", "a1"], "into": "both"})
SEVERAL = _scenario(
    "several",
    {"do": "reuse_assessment"},
    {"do": "remove_service", "service": "a3/visit"},
    {"do": "co_locate", "services": ["a0", "a2"]},
)


def _tables(facts: list[tuple[int, int, int, int, bool]]) -> list[pa.Table]:
    n = len(facts)
    ids, people = numbered_ids([1] * n, range(n)), numbered_ids([2] * PEOPLE_OF_PLACE, range(PEOPLE_OF_PLACE))
    given_: dict[str, Any] = {
        "contact_id": ids, "row_id": people.take(pa.array([f[0] for f in facts])),
        "agency": [f"a{f[2]}" for f in facts], "type": ["means" if f[3] else "visit" for f in facts],
        "class": ["intervention"] * n, "assessment": [bool(f[3]) for f in facts],
        "purpose": [PURPOSES[f[3]] for f in facts], "scope": ["person"] * n,
        "start": pa.array([14000 + f[1] for f in facts], pa.int32()).cast(DAY), "statutory": [f[4] for f in facts],
        "barred": [False] * n, "planned_return": [False] * n, "cost_key": ["HO2.0.2" if f[3] else None for f in facts],
        "precedence": [0] * n, "source_row": list(range(n)),
    }  # fmt: skip
    contacts = pa.table({f.name: pa.array(given_.get(f.name, [None] * n), f.type) for f in CONTACTS.schema})
    blank = [None] * PEOPLE_OF_PLACE
    known = {"row_id": people, "area": ["north"] * PEOPLE_OF_PLACE}
    folk = pa.table({f.name: pa.array(known.get(f.name, blank), f.type) for f in PEOPLE.schema})
    sure = {"row_id": people, "person_id": people, "linked_exactly": [True] * PEOPLE_OF_PLACE}
    sure["min_link_probability"] = [1.0] * PEOPLE_OF_PLACE
    persons = pa.table({f.name: pa.array(sure[f.name], f.type) for f in PERSONS.schema})
    return [contacts, folk, persons, HOUSEHOLDS.empty(), FAMILIES.empty()]


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def _tried(tables: list[pa.Table], one: Scenario, engine: LocalEngine) -> pa.Table:
    contacts, *others = (engine.hold(table) for table in tables)
    history = build_journeys(contacts, *others, RULES, engine)
    return engine.fetch(try_scenarios(history, Place(*others), [one], RULES, engine).table)


def _of(table: pa.Table, **names: Any) -> list[dict[str, Any]]:
    wanted = {"level": "high", "step": 0, "by": "place", **names}
    return [row for row in table.to_pylist() if all(row[name] == value for name, value in wanted.items())]


@FEW
@given(PLACES)
def test_a_scenario_without_operations_gives_every_number_back_to_the_last_digit(
    engine: LocalEngine, facts: Any
) -> None:
    for row in _of(_tried(_tables(facts), NOTHING, engine)):
        assert (row["after"], row["less"], row["more"]) == (row["before"], 0, 0), row["measure"]


@FEW
@given(PLACES)
def test_a_merger_never_raises_handoffs_and_leaves_every_duplicate(engine: LocalEngine, facts: Any) -> None:
    after = {row["measure"]: row for row in _of(_tried(_tables(facts), MERGER, engine))}
    assert after["handoffs"]["after"] <= after["handoffs"]["before"] + 1e-6
    for name in ("contacts", "visits", "assessments", "avoidable", "spend"):
        assert after[name]["after"] == after[name]["before"]
    assert after["avoidable_within"]["after"] >= after["avoidable_within"]["before"]


@FEW
@given(PLACES)
def test_the_books_balance_and_more_followers_never_drop_fewer_contacts(engine: LocalEngine, facts: Any) -> None:
    table = _tried(_tables(facts), SEVERAL, engine)
    after = {row["measure"]: row for row in _of(table)}
    for row in after.values():
        assert abs(row["before"] - row["less"] + row["more"] - row["after"]) < 1e-5, row["measure"]
    lines = _of(table, by="agency")
    dropped = sum(row["less"] for row in lines if row["measure"] == "no_longer_done")
    net = sum(row["less"] * {"released": 1, "checking": -1}.get(row["measure"], 0) for row in lines)
    assert dropped == after["contacts"]["less"]
    assert abs(net - (after["spend"]["before"] - after["spend"]["after"])) < 1e-5
    drops = [_of(table, level=level, measure="contacts")[0]["less"] for level in ("low", "central", "high")]
    assert drops == sorted(drops)
    assert after["contacts"]["after"] >= sum(f[4] for f in facts)


@FEW
@given(PLACES, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(engine: LocalEngine, facts: Any, random: Any) -> None:
    contacts, *others = _tables(facts)
    order = list(range(len(facts)))
    random.shuffle(order)
    shuffled = _tried([contacts.take(order), *others], SEVERAL, engine)
    assert shuffled.equals(_tried([contacts, *others], SEVERAL, engine))


def test_what_two_agencies_did_on_one_day_stays_two_acts_when_they_merge(engine: LocalEngine) -> None:
    facts = [(1, 130, 0, 2, False), (1, 130, 1, 2, False), *((0, day, 2, 0, False) for day in range(10))]
    after = {row["measure"]: row for row in _of(_tried(_tables(facts), MERGER, engine))}
    assert [(after[name]["before"], after[name]["after"]) for name in ("assessments", "avoidable")] == [(2, 2), (1, 1)]
