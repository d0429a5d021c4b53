"""Places that no rule was written for: nobody, one agency, a single family, all numbers alike, hostile labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.report.disclosure.release import Release, release, release_redesign
from totalplace.tables import CELLS, REDESIGN

RULES, _ = load_rules()
CONVENTIONS = pytest.mark.parametrize("convention", ["threshold_10", "nhs_1_to_7", "tre_10"])
HOSTILE = "</script><b>&amp;'\"\n=1+1"


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def row(table: str, people: int, **other: Any) -> dict[str, Any]:
    known = {"chip": "all", "chip_value": "", "quarter": "", "row": "", "column": "", "unit": "people", "agencies": 3}
    return known | {"table": table, "value": float(people), "people": people, "largest_share": 0.0} | other


def agencies(*people: int, name: str = "a") -> list[dict[str, Any]]:
    total = [row(table, sum(people)) for table in ("people", "contacts")] if people else []
    return total + [row("contacts", n, row=f"{name}{k}") for k, n in enumerate(people)]


def released(engine: LocalEngine, rows: list[dict[str, Any]], convention: str) -> Release:
    rules = RULES.privacy.model_copy(update={"convention": convention})
    return release(engine.hold(pa.Table.from_pylist(rows, schema=CELLS.schema)), rules, RULES.report, engine)


def shown(made: Release) -> list[float | None]:
    return list(made.cells.table["shown"].to_pylist())


@CONVENTIONS
@pytest.mark.parametrize("people", [(), (3,), (3, 4)])
def test_a_place_of_a_few_people_shows_no_number_at_all(
    engine: LocalEngine, people: tuple[int, ...], convention: str
) -> None:
    assert set(shown(released(engine, agencies(*people), convention))) <= {None}


@CONVENTIONS
def test_a_single_family_appears_nowhere(engine: LocalEngine, convention: str) -> None:
    bands = [{"row": "500+", "column": "5+"}, {"row": "", "column": ""}]
    rows = [row("family_bands", 1, unit="families", value=1.0, **band) for band in bands]
    rows += [row("high_demand", 1, unit="families", row=str(n)) for n in (50, 500, 700)]
    made = released(engine, rows, convention)
    assert set(shown(made)) <= {None}
    assert not {"500+", "500", "700"} & set(made.cells.table["row"].to_pylist())


@pytest.mark.parametrize("convention", ["threshold_10", "tre_10"])
def test_where_all_numbers_are_alike_and_small_their_total_may_stay(engine: LocalEngine, convention: str) -> None:
    """Three areas of 9 are 27: whether it is shown as 25 or exactly, each could still be 1 to 9, so the total stays."""
    areas = [row("people", 9, chip="area", chip_value=f"z{k}") for k in range(3)]
    made = released(engine, [*areas, row("people", 27)], convention)
    assert shown(made) == [25 if convention == "threshold_10" else 27, None, None, None]
    assert made.audit["exposed"] == 0


@pytest.mark.parametrize("table", ["open_at_once", "tellings", "persistence"])
def test_rows_that_divide_people_bound_a_small_one_from_above(engine: LocalEngine, table: str) -> None:
    """25 (23 to 27) less 10 and 10 (10 to 12 each) leaves 7 at most: one of 1 is not hidden by its mark alone."""
    people = [row(table, n, row=name) for name, n in zip("abc", (12, 12, 1), strict=True)]
    told = shown(released(engine, [*people, row(table, 25)], "threshold_10"))
    assert told[-1] is None and sum(number is None for number in told) == 2


@CONVENTIONS
def test_labels_of_any_shape_come_through_as_they_are(engine: LocalEngine, convention: str) -> None:
    made = released(engine, agencies(40, 60, name=HOSTILE), convention)
    assert {f"{HOSTILE}{k}" for k in (0, 1)} <= set(made.cells.table["row"].to_pylist())


def test_a_run_whose_scenarios_change_nothing_shows_their_zeros(engine: LocalEngine) -> None:
    known = dict.fromkeys(REDESIGN.names) | {"scenario": "nothing", "level": "central", "step": 0, "by": "place"}
    known |= {"key": "", "measure": "persons", "rule_id": "W1", "words": "", "unit": "people", "table": "people"}
    known |= {"row": "", "before": 3.0, "after": 3.0, "less": 0.0, "more": 0.0, "people_before": 3}
    known |= {"people_less": 0, "people_more": 0, "share_less": 0.0, "share_more": 0.0}
    held = engine.hold(pa.Table.from_pylist([known], schema=REDESIGN.schema))
    made = released(engine, agencies(3), "threshold_10")
    safe = release_redesign(held, made, RULES.privacy, RULES.report, engine).table.to_pylist()
    assert {one["side"]: one["shown"] for one in safe} == {"before": None, "less": 0.0, "more": 0.0}
