"""What has a price held against what was counted; and middle numbers of days, of which "at most" must stay true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.report.disclosure.release import release
from totalplace.tables import CELLS

RULES, _ = load_rules()


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def row(table: str, people: int, value: float, **keys: str) -> dict[str, Any]:
    known = {"chip": "all", "chip_value": "", "quarter": "", "row": "", "column": "", "unit": "people", "agencies": 3}
    return known | {"table": table, "value": value, "people": people, "largest_share": 0.0} | keys


def shown(engine: LocalEngine, rows: list[dict[str, Any]], convention: str) -> dict[tuple[str, str], Any]:
    rules = RULES.privacy.model_copy(update={"convention": convention})
    table = pa.Table.from_pylist(rows, schema=CELLS.schema)
    found = release(engine.hold(table), rules, RULES.report, engine).cells.table.to_pylist()
    return {(r["table"], r["row"]): r["shown"] for r in found}


def of_housing(people: int, acts: float) -> list[dict[str, Any]]:
    counted = row("duplicates_purpose", 40, 50.0, row="housing")
    priced = row("duplicates_priced", people, acts, row="housing")
    return [counted, priced, row("duplicates_cost", people, 100 * acts, row="housing")]


@pytest.mark.parametrize("convention", ["threshold_10", "tre_10"])
@pytest.mark.parametrize(("people", "acts"), [(38, 45.0), (40, 48.0)])
def test_few_acts_without_a_price_withhold_how_many_have_one_and_what_they_cost(
    engine: LocalEngine, convention: str, people: int, acts: float
) -> None:
    found = shown(engine, of_housing(people, acts), convention)
    assert found["duplicates_priced", "housing"] is None and found["duplicates_cost", "housing"] is None
    assert found["duplicates_purpose", "housing"] == 50


@pytest.mark.parametrize(("people", "acts"), [(40, 50.0), (25, 30.0)])
def test_prices_of_all_or_of_far_from_all_are_shown(engine: LocalEngine, people: int, acts: float) -> None:
    found = shown(engine, of_housing(people, acts), "tre_10")
    assert found["duplicates_priced", "housing"] == acts and found["duplicates_cost", "housing"] == 100 * acts


@pytest.mark.parametrize("convention", ["threshold_10", "tre_10"])
@pytest.mark.parametrize(("days", "said"), [(0, 0), (2, 5), (5, 5), (6, 10)])
def test_half_took_at_most_the_days_that_are_shown(engine: LocalEngine, days: int, said: int, convention: str) -> None:
    """Under `tre_10` too, where counts are exact: an exact median of ten people is the days of one of them."""
    handoff = {"row": "a/x", "column": "b/y"}
    rows = [row("handoffs", 10, 10.0, **handoff), row("handoff_days", 10, float(days), **handoff)]
    assert shown(engine, rows, convention)["handoff_days", "a/x"] == said


def test_days_go_with_the_handoff_that_they_are_of(engine: LocalEngine) -> None:
    ways = [("b/y", 12), ("b/z", 4)]
    rows = [row("handoffs", 12 + 4, 16.0), row("agency_handoffs", 16, 16.0, row="a", column="b")]
    rows += [row("handoffs", n, float(n), row="a/x", column=to) for to, n in ways]
    rows += [row("handoff_days", 12, 3.0, row="a/x", column="b/y")]
    found = release(
        engine.hold(pa.Table.from_pylist(rows, schema=CELLS.schema)),
        RULES.privacy.model_copy(update={"convention": "tre_10"}),
        RULES.report,
        engine,
    ).cells.table.to_pylist()
    people = {(r["table"], r["column"]): r["people_shown"] for r in found}
    assert people["handoffs", "b/y"] is None and people["handoff_days", "b/y"] is None
