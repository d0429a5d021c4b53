"""Costs of contacts and flows against a plain judge that looks at one contact after another."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import build_journeys
from totalplace.journeys.flows import follow_flows
from totalplace.journeys.measures import measure
from totalplace.journeys.money.contact_costs import cost_contacts
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Engine, Shape

from ..conftest import few

DAY_0 = date(2012, 1, 1)
COST = {"what": "x", "unit": "each", "price_year": "2012/13", "scope": "fiscal", "source": "a test", "min_gbp": 0}
KINDS = {"step": 7.0, "episode": 100.0, "week": 14.0, "hour": 50.0}
COSTS = {basis: {**COST, "basis": basis, "gbp": gbp, "max_gbp": 10**6} for basis, gbp in KINDS.items()}
RULES = FindingsRules.model_validate({**shipped("findings"), "costs": COSTS})
Row = dict[str, Any]


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def contacts(chance: random.Random, count: int) -> list[Row]:
    """Return contacts of four people with two agencies within a year."""
    rows = []
    for number in range(count):
        start = DAY_0 + timedelta(chance.randrange(360))
        length = chance.choice([None, 0, 3, 30])
        row: Row = dict.fromkeys(CONTACTS.names) | dict.fromkeys(
            ("assessment", "statutory", "barred", "planned_return"), False
        )
        row |= {
            "contact_id": number.to_bytes(16, "big"), "row_id": chance.randrange(4).to_bytes(16, "big"),
            "agency": chance.choice("ab"), "type": "visit", "class": "intervention", "scope": "person", "start": start,
            "end": None if length is None else start + timedelta(length), "precedence": 0, "source_row": number,
            "cost_key": chance.choice([*KINDS, None]), "area": chance.choice(["north", "south", None]),
            "joint_id": chance.choice([None, None, (1000 + chance.randrange(3)).to_bytes(16, "big")]),
        }  # fmt: skip
        rows.append(row)
    return rows


def judged_pence(rows: list[Row]) -> int:
    last, total = max(row["start"] for row in rows), 0
    seen: set[tuple[Any, ...]] = set()
    runs: dict[tuple[Any, ...], list[date]] = {}
    for row in sorted(rows, key=lambda row: row["contact_id"]):
        key = (row["joint_id"] or row["contact_id"], row["agency"], row["cost_key"])
        if row["cost_key"] is None or key in seen:
            continue
        seen.add(key)
        if row["cost_key"] == "step":
            total += 700
        elif row["cost_key"] == "week" and row["end"]:
            total += 200 * max((min(row["end"], last + timedelta(1)) - row["start"]).days, 0)
        elif row["cost_key"] == "episode":
            runs.setdefault((row["row_id"], row["agency"]), []).append(row["start"])
    for days in runs.values():
        days.sort()
        gaps = [(after - before).days for before, after in zip(days, days[1:], strict=False)]
        total += 10_000 * (1 + sum(gap > RULES.episode.gap_days for gap in gaps))
    return total


def _table(shape: Shape, rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


@few(25)
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_costs_and_flows_are_those_of_the_plain_judge(engine: Engine, chance: random.Random, count: int) -> None:
    rows = contacts(chance, count)
    people = [{"row_id": n.to_bytes(16, "big"), "area": ["north", "south", None, "north"][n]} for n in range(4)]
    persons = [
        {"row_id": p["row_id"], "person_id": p["row_id"], "linked_exactly": True, "min_link_probability": 1.0}
        for p in people
    ]
    held = [_table(CONTACTS, rows), _table(PEOPLE, people), _table(PERSONS, persons)]
    journeys = build_journeys(*map(engine.hold, (*held, HOUSEHOLDS.empty(), FAMILIES.empty())), RULES, engine)
    of = measure(journeys, RULES, engine, ())
    assert round(cost_contacts(of, RULES, engine).summary["costs"]["fiscal_gbp"] * 100) == judged_pence(rows)
    homes = {p["row_id"]: p["area"] or "unknown" for p in people}
    wanted = Counter((homes[row["row_id"]], row["area"] or "unknown") for row in rows)
    found = engine.fetch(follow_flows(of, RULES, engine).tables["flows"]).to_pylist()
    assert {(row["area_home"], row["area_served"]): row["contacts"] for row in found} == wanted
