"""Measuring only whom a redesign touches gives what measuring everybody gives, to the last bit (W1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.config.scenario import OPERATIONS, Scenario, read_scenario
from totalplace.engine import LocalEngine
from totalplace.journeys import Place, build_journeys, try_scenarios
from totalplace.journeys.redesign.touched import Everybody
from totalplace.tables import CONTACTS, DAY, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Shape, numbered_ids

from ..conftest import few

PERSONS_OF_PLACE = 6
PURPOSES = (None, "financial", "housing_need", "repairs")
# person, day, agency, purpose or nothing, worker at home or nobody, joint act or none, referral or none, site or none
CONTACT = st.tuples(
    st.integers(0, 5), st.integers(0, 120), st.integers(0, 3), st.integers(0, 3), st.booleans(),
    st.none() | st.integers(0, 2), st.none() | st.integers(0, 3), st.none() | st.integers(0, 1),
)  # fmt: skip
OPERATION = st.sampled_from(
    [
        {"do": "reuse_assessment", "validity_days": 60},
        {"do": "single_front_door", "purposes": ["financial", "housing_need"], "at": "a1"},
        {"do": "merge_agencies", "agencies": ["a0", "a1"], "into": "both"},
        {"do": "co_locate", "services": ["a0", "a2"]},
        {"do": "remove_service", "service": "a3"},
        {"do": "lead_worker", "from_contact": 2},
    ]
)


def _rules() -> FindingsRules:
    given_ = shipped("findings")
    given_["duplicates"] |= {"household_purposes": ["housing_need"], "property_purposes": ["repairs"]}
    given_["families"] |= {"min_interventions": [2, 4], "min_agencies": 1}
    return FindingsRules.model_validate(given_)


RULES = _rules()


def _table(shape: Shape, rows: int, **columns: Any) -> pa.Table:
    return pa.table({f.name: pa.array(columns.get(f.name, [None] * rows), f.type) for f in shape.schema})


def _place(facts: list[tuple[Any, ...]]) -> list[pa.Table]:
    """Return a place of six persons: homes of two, who move apart on one day, and families of three."""
    n, every = len(facts), range(PERSONS_OF_PLACE)
    persons = numbered_ids([2] * PERSONS_OF_PLACE, every)
    joint = [None if f[5] is None else numbered_ids([5], [f[5]])[0].as_py() for f in facts]
    contacts = _table(
        CONTACTS, n, contact_id=numbered_ids([1] * n, range(n)), row_id=persons.take(pa.array([f[0] for f in facts])),
        agency=[f"a{f[2]}" for f in facts], type=["means" if f[3] else "visit" for f in facts],
        assessment=[bool(f[3]) for f in facts], purpose=[PURPOSES[f[3]] for f in facts], scope=["person"] * n,
        start=pa.array([14000 + f[1] for f in facts], pa.int32()).cast(DAY), joint_id=joint,
        worker_key=[b"w" * 16 if f[4] else None for f in facts], channel=["home" if f[4] else None for f in facts],
        referral_to=[None if f[6] is None else f"a{f[6]}" for f in facts], precedence=[0] * n,
        source_row=list(range(n)), site=[None if f[7] is None else f"site {f[7]}" for f in facts],
        barred=[False] * n, statutory=[False] * n,
        planned_return=[False] * n, cost_key=["HO2.0.2" if f[3] else None for f in facts],
        **{"class": ["intervention"] * n},
    )  # fmt: skip
    six, sure = PERSONS_OF_PLACE, {"linked_exactly": [True] * PERSONS_OF_PLACE, "min_link_probability": [1.0] * 6}
    early, late = pa.array([14060] * 4, pa.int32()).cast(DAY), pa.array([None] * 4, DAY)
    homes, before = numbered_ids([3] * 4, [0, 0, 1, 1]), numbered_ids([3] * 4, [2, 3, 2, 3])
    households = pa.concat_tables(
        [
            _table(HOUSEHOLDS, 4, household_id=homes, dwelling_id=homes, person_id=persons[:4], to_date=early),
            _table(HOUSEHOLDS, 4, household_id=before, dwelling_id=before, person_id=persons[:4], from_date=early,
                   to_date=late),
        ]
    )  # fmt: skip
    family = numbered_ids([4] * six, [0, 0, 0, 1, 1, 1])
    return [
        contacts,
        _table(PEOPLE, six, row_id=persons, area=["north", "south"] * 3),
        _table(PERSONS, six, row_id=persons, person_id=persons, **sure),
        households,
        _table(FAMILIES, six, family_id=family, person_id=persons, is_main=[True] * six, basis=["dwelling"] * six),
    ]


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def _tried(facts: list[tuple[Any, ...]], one: Scenario, engine: LocalEngine) -> pa.Table:
    contacts, *others = (engine.hold(table) for table in _place(facts))
    history = build_journeys(contacts, *others, RULES, engine)
    return engine.fetch(try_scenarios(history, Place(*others), [one], RULES, engine).table)


def test_every_operation_is_among_those_compared() -> None:
    assert {word for one in OPERATION.elements for word in [one["do"]]} == set(OPERATIONS)  # type: ignore[attr-defined]


@few(6)
@given(st.lists(CONTACT, min_size=10, max_size=40), st.lists(OPERATION, min_size=1, max_size=2))
def test_measuring_the_touched_alone_gives_what_measuring_everybody_gives(
    engine: LocalEngine, facts: Any, operations: list[dict[str, Any]]
) -> None:
    one = read_scenario("tried", {"name": "tried", "operation": operations}, "tried.toml")
    touched = _tried(facts, one, engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Everybody, "touched", Everybody.whole)
        assert touched.equals(_tried(facts, one, engine))
