"""W1 under FAM6: what uncertain links leave open about a redesign, beside the same scenario tried on each draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.config.scenario import Scenario, read_scenario
from totalplace.engine import LocalEngine
from totalplace.journeys import Alternatives, Place, build_journeys, try_scenarios
from totalplace.journeys.redesign.edits import chance
from totalplace.tables import (
    ALTERNATIVE_FAMILIES,
    ALTERNATIVE_HOUSEHOLDS,
    ALTERNATIVES,
    BRIDGES,
    CONTACTS,
    FAMILIES,
    HOUSEHOLDS,
    ID,
    PARTITIONS,
    PEOPLE,
    PERSONS,
    numbered_ids,
)

RULES = FindingsRules.model_validate(shipped("findings"))
DRAWS, JOINED = RULES.uncertainty.draws, 120  # of 200 draws, in which records 1 and 2 are one person
# Records and their contacts: (record, day, agency). Record 0 is one person whatever is drawn.
ASKED = ((0, 0, "housing"), (0, 30, "nhs"), (1, 5, "housing"), (2, 35, "dwp"), (2, 40, "nhs"))
APART, TOGETHER = (0, 1, 2), (0, 1, 1)
ASK_ONCE = {"do": "reuse_assessment", "purposes": ["financial"], "validity_days": 90}


def _id(number: int) -> bytes:
    return bytes(numbered_ids(np.array([7]), np.array([number]))[0].as_py())


def _person(number: int) -> bytes:
    """Return ids such that at half uptake the person 1 follows and the person 2 does not."""
    ids = [_id(k) for k in range(400)]
    follows = chance(pa.array(ids, ID)) < 0.5
    return ids[np.flatnonzero(follows)[number] if number < 2 else np.flatnonzero(~follows)[0]]


def _table(shape: Any, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


def _contacts() -> pa.Table:
    flags: dict[str, Any] = dict.fromkeys(("statutory", "barred", "planned_return"), False) | {"assessment": True}
    flags |= {"scope": "person", "precedence": 0}
    day = np.datetime64("2008-01-01")
    rows = [
        {
            "contact_id": _id(900 + k), "row_id": _id(800 + record), "agency": agency, "type": "means",
            "class": "intervention", "purpose": "financial", "start": (day + at).astype(object),
            "completed": (day + at).astype(object), "source_row": k, **flags,
        }
        for k, (record, at, agency) in enumerate(ASKED)
    ]  # fmt: skip
    return _table(CONTACTS, rows)


def _tried(persons: tuple[int, ...], one: Scenario, other: Alternatives | None, engine: LocalEngine) -> dict[Any, Any]:
    sure = {"linked_exactly": False, "min_link_probability": 0.6}
    place = Place(
        engine.hold(_table(PEOPLE, [{"row_id": _id(800 + k), "area": "north"} for k in range(3)])),
        engine.hold(
            _table(PERSONS, [{"row_id": _id(800 + k), "person_id": _person(p), **sure} for k, p in enumerate(persons)])
        ),
        engine.hold(_table(HOUSEHOLDS, [])),
        engine.hold(_table(FAMILIES, [])),
    )
    linked = (place.people, place.persons, place.households, place.families)
    history = build_journeys(engine.hold(_contacts()), *linked, RULES, engine)
    rows = engine.fetch(try_scenarios(history, place, [one], RULES, engine, other).table).to_pylist()
    return {(r["measure"], r["level"], r["step"]): r for r in rows if r["by"] == "place"}


def _draws(engine: LocalEngine, joined: int = JOINED) -> Alternatives:
    """Return alternatives 0 (apart, as linked) and 1 (together) of the group of records 1 and 2."""
    taken = [("linked", 0), *((f"draw {k}", int(k < joined)) for k in range(DRAWS))]
    parts = [{"partition_id": name, "group": 0, "alternative": at} for name, at in sorted(taken)]
    rows = [
        {"alternative": at, "row_id": _id(800 + k), "person_id": _person(persons[k])}
        for at, persons in enumerate((APART, TOGETHER))
        for k in (1, 2)
    ]
    shapes: list[tuple[Any, list[dict[str, Any]]]] = [(PARTITIONS, parts), (ALTERNATIVES, rows)]
    shapes += [(ALTERNATIVE_HOUSEHOLDS, []), (ALTERNATIVE_FAMILIES, []), (BRIDGES, [])]
    return Alternatives(*(engine.hold(_table(shape, made)) for shape, made in shapes))


def _scenario(*operations: dict[str, Any]) -> Scenario:
    return read_scenario("tried", {"name": "tried", "operation": list(operations)}, "tried.toml")


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


@pytest.mark.parametrize(
    "operation",
    [ASK_ONCE, {"do": "lead_worker", "from_contact": 1}],
    ids=lambda one: one["do"],
)  # fmt: skip
def test_the_ends_are_the_changes_of_the_scenario_tried_on_each_way_the_links_may_fall(
    engine: LocalEngine, operation: dict[str, Any]
) -> None:
    one = _scenario({**operation, "uptake_share": [0.0, 0.5, 1.0]})
    told = _tried(APART, one, _draws(engine), engine)
    ways = [_tried(persons, one, None, engine) for persons in (APART, TOGETHER)]
    for at, row in told.items():
        changes = [way[at]["after"] - way[at]["before"] for way in ways]
        assert (row["change_low"], row["change_high"]) == pytest.approx((min(changes), max(changes)), abs=1e-5), at


def test_asking_once_spares_more_where_two_records_are_one_person(engine: LocalEngine) -> None:
    row = _tried(APART, _scenario({**ASK_ONCE, "uptake_share": [1.0, 1.0, 1.0]}), _draws(engine), engine)
    row = row["contacts", "central", 0]
    assert (row["after"] - row["before"], row["change_low"], row["change_high"]) == (-2, -3, -2)


def test_a_way_that_few_draws_take_lies_outside_the_interval(engine: LocalEngine) -> None:
    one = _scenario({**ASK_ONCE, "uptake_share": [1.0, 1.0, 1.0]})
    row = _tried(APART, one, _draws(engine, joined=DRAWS // 50), engine)["contacts", "central", 0]
    assert (row["change_low"], row["change_high"]) == (-2, -2)


def test_a_redesign_that_changes_nothing_changes_nothing_in_any_draw(engine: LocalEngine) -> None:
    told = _tried(APART, _scenario(), _draws(engine), engine)
    assert {(row["after"] - row["before"], row["change_low"], row["change_high"]) for row in told.values()} == {
        (0.0, 0.0, 0.0)
    }
