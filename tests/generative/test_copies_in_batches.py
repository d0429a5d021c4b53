"""Copies measured in many batches tell what copies measured at once tell, of generated places and partitions (FAM6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.config.scenario import read_scenario
from totalplace.engine import LocalEngine
from totalplace.journeys import Alternatives, Place, build_journeys, carry_uncertainty, find_all, try_scenarios
from totalplace.journeys.uncertainty import copies
from totalplace.tables import (
    ALTERNATIVE_FAMILIES,
    ALTERNATIVE_HOUSEHOLDS,
    ALTERNATIVES,
    BRIDGES,
    CONTACTS,
    DAY,
    FAMILIES,
    HOUSEHOLDS,
    PARTITIONS,
    PEOPLE,
    PERSONS,
    Shape,
    numbered_ids,
)

from ..conftest import few

GROUPS, RECORDS, DRAWS = 3, 3, 20  # records of a group may be one person or several
ALL = GROUPS * RECORDS
# record, day, agency, assessment, referral or none
CONTACT = st.tuples(
    st.integers(0, ALL - 1), st.integers(0, 200), st.integers(0, 2), st.booleans(), st.none() | st.integers(0, 2)
)
WAY = st.tuples(*[st.integers(0, RECORDS - 1)] * RECORDS)  # of each record of a group, who it is
WAYS = st.lists(st.lists(WAY, min_size=1, max_size=2), min_size=GROUPS, max_size=GROUPS)


def _rules() -> FindingsRules:
    told = shipped("findings")
    told["families"] |= {"min_interventions": [2, 4], "min_agencies": 1}
    told["uncertainty"] |= {"draws": DRAWS}
    return FindingsRules.model_validate(told)


RULES = _rules()
SCENARIO = read_scenario(
    "tried",
    {
        "name": "tried",
        "operation": [{"do": "reuse_assessment", "validity_days": 60}, {"do": "lead_worker", "from_contact": 2}],
    },
    "tried.toml",
)


def _table(shape: Shape, rows: int, **columns: Any) -> pa.Table:
    return pa.table({f.name: pa.array(columns.get(f.name, [None] * rows), f.type) for f in shape.schema})


def _ids(kind: int, numbers: list[int]) -> pa.Array:
    return numbered_ids([kind] * len(numbers), numbers)  # type: ignore[arg-type]


def _contacts(facts: list[tuple[Any, ...]]) -> pa.Table:
    n = len(facts)
    start = pa.array([14_000 + f[1] for f in facts], pa.int32()).cast(DAY)
    flags = {name: [False] * n for name in ("barred", "statutory", "planned_return")}
    return _table(
        CONTACTS, n, contact_id=_ids(1, list(range(n))), row_id=_ids(2, [f[0] for f in facts]),
        agency=[f"a{f[2]}" for f in facts], type=["means" if f[3] else "visit" for f in facts],
        assessment=[f[3] for f in facts], purpose=["financial" if f[3] else None for f in facts], scope=["person"] * n,
        start=start, completed=start, referral_to=[None if f[4] is None else f"a{f[4]}" for f in facts],
        precedence=[0] * n, source_row=list(range(n)), cost_key=["HO2.0.2" if f[3] else None for f in facts],
        **flags, **{"class": ["intervention"] * n},
    )  # fmt: skip


def _linked(who: list[int]) -> tuple[pa.Table, pa.Table]:
    """Return persons and families: all of a group are one family."""
    persons, sure = sorted(set(who)), {"linked_exactly": [False] * ALL, "min_link_probability": [0.9] * ALL}
    told = _table(PERSONS, ALL, row_id=_ids(2, list(range(ALL))), person_id=_ids(3, who), **sure)
    return told, _families(FAMILIES, persons)


def _families(shape: Shape, persons: list[int], **more: Any) -> pa.Table:
    n = len(persons)
    family = _ids(4, [person // RECORDS for person in persons])
    told = {"is_main": [True] * n, "basis": ["dwelling"] * n}
    return _table(shape, n, family_id=family, person_id=_ids(3, persons), **told, **more)


def _alternatives(ways: list[list[tuple[int, ...]]], taken: list[int]) -> list[pa.Table]:
    """Return the tables of linkage: the first way of each group is that which it took."""
    partitions, rows, families = [], [], []
    for group, theirs in enumerate(ways):
        first = len(rows) // RECORDS
        partitions.append(("linked", group, first))
        partitions += [
            (f"draw {k}", group, first + at % len(theirs))
            for k, at in enumerate(taken[group:] + taken[:group])
            if at % len(theirs)
        ]
        for number, way in enumerate(theirs, first):
            who = [group * RECORDS + w for w in way]
            rows += [(number, group * RECORDS + k, person) for k, person in enumerate(who)]
            families.append(_families(ALTERNATIVE_FAMILIES, sorted(set(who)), alternative=[number] * len(set(who))))
    names, groups, numbers = (list(column) for column in zip(*sorted(partitions), strict=True))
    alternative, records, persons = (list(column) for column in zip(*rows, strict=True))
    n = len(rows)
    return [
        _table(PARTITIONS, len(names), partition_id=names, group=groups, alternative=numbers),
        _table(ALTERNATIVES, n, alternative=alternative, row_id=_ids(2, records), person_id=_ids(3, persons)),
        ALTERNATIVE_HOUSEHOLDS.empty(),
        pa.concat_tables(families),
        BRIDGES.empty(),
    ]


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def _told(facts: Any, ways: Any, taken: list[int], engine: LocalEngine) -> list[Any]:
    """Return all that is told of a place under its draws."""
    persons, families = _linked([group * RECORDS + who for group, theirs in enumerate(ways) for who in theirs[0]])
    people = _table(PEOPLE, ALL, row_id=_ids(2, list(range(ALL))), area=[["north", "south"][k % 2] for k in range(ALL)])
    given_ = [engine.hold(t) for t in (_contacts(facts), people, persons, HOUSEHOLDS.empty(), families)]
    other = Alternatives(*(engine.hold(table) for table in _alternatives(ways, taken)))
    history = build_journeys(*given_, RULES, engine)
    found = find_all(history, RULES, "0" * 12, engine)
    doubt = carry_uncertainty(
        found.findings, history, found.measured, given_[1], given_[2], other, {}, RULES, engine
    )  # fmt: skip
    redesign = try_scenarios(history, Place(*given_[1:]), [SCENARIO], RULES, engine, other).table
    tables = (doubt.findings, doubt.table, doubt.draws, doubt.bridged.table, redesign)
    return [doubt.summary, *(engine.fetch(table).to_pylist() for table in tables)]


@few(2)
@given(
    st.lists(CONTACT, min_size=10, max_size=40),
    WAYS,
    st.lists(st.integers(0, 5), min_size=DRAWS, max_size=DRAWS),
    st.integers(1, 20),
)
def test_many_batches_tell_what_one_tells(
    engine: LocalEngine, facts: Any, ways: Any, taken: list[int], most: int
) -> None:
    at_once = _told(facts, ways, taken, engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "AT_ONCE", most)
        in_batches = _told(facts, ways, taken, engine)
    assert in_batches == at_once
