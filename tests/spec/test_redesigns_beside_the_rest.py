"""A reader who holds a redesign against the tables of its run, or against another one, learns no small number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.optimize import linprog

from totalplace.config import load_rules
from totalplace.config.scenario import Scenario, read_scenario
from totalplace.engine.local import LocalEngine
from totalplace.report.disclosure.conventions import convention_of
from totalplace.report.disclosure.redesigned import told_numbers, too_close
from totalplace.report.disclosure.release import Basis, Release, release, release_redesign
from totalplace.tables import CELLS, REDESIGN

RULES, _ = load_rules()
Sums = list[tuple[dict[str, int], int]]  # numbers with their factors; 0: they come to nothing, -1: to at most nothing


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def cell(table: str, people: int, row: str = "", column: str = "", value: float | None = None) -> dict[str, Any]:
    known = dict.fromkeys(CELLS.names) | {"chip": "all", "chip_value": "", "quarter": "", "unit": "people"}
    value = float(people) if value is None else value
    known |= {"table": table, "row": row, "column": column, "people": people, "value": value}
    return known | {"largest_share": 0.0, "agencies": 3}


def number(scenario: str, measure: str, before: int, less: int, **more: Any) -> dict[str, Any]:
    """One row of REDESIGN in which each person has one of what is counted."""
    row = dict.fromkeys(REDESIGN.names) | {
        "scenario": scenario,
        "level": "central",
        "step": 0,
        "by": "place",
        "key": "",
    }
    row |= {"measure": measure, "rule_id": "W1", "words": measure, "unit": "people", "more": 0.0, "people_more": 0}
    row |= {"before": float(before), "people_before": before, "less": float(less), "people_less": less}
    row |= {"after": float(before - less), "share_less": 0.0, "share_more": 0.0}
    return row | more


def published(
    engine: LocalEngine,
    cells: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    alone: bool = False,
    scenarios: Sequence[Scenario] = (),
) -> dict[str, Any]:
    """Return what a reader sees, by name; `alone`: redesigns are audited apart from the run's own tables."""
    made = release(engine.hold(pa.Table.from_pylist(cells, schema=CELLS.schema)), RULES.privacy, RULES.report, engine)
    beside: Release = replace(made, basis=Basis()) if alone else made
    held = engine.hold(pa.Table.from_pylist(rows, schema=REDESIGN.schema))
    safe = release_redesign(held, beside, RULES.privacy, RULES.report, engine, scenarios)
    seen = {" ".join(filter(None, (c["table"], c["row"], c["column"]))): c for c in made.cells.table.to_pylist()}
    told = {
        " ".join(filter(None, (r["scenario"], r["measure"], r["side"], r["level"].replace("central", "")))): r
        for r in safe.table.to_pylist()
        if r["by"] == "place"
    }
    return {name: row["people_shown"] for name, row in (seen | told).items()}


def reach(seen: dict[str, Any], sums: Sums, asked: str) -> tuple[float, float]:
    """Return the least and greatest that a reader derives: written here again, not taken from the program."""
    names = sorted({name for members, _ in sums for name in members})
    bounds = [_known(seen.get(name, -1)) for name in names]
    rows = [([float(members.get(name, 0)) for name in names], kind) for members, kind in sums]
    limits: dict[str, Any] = {}
    for key, kind in (("eq", 0), ("ub", -1)):
        chosen = [row for row, other in rows if other == kind]
        if chosen:
            limits |= {f"A_{key}": np.array(chosen), f"b_{key}": np.zeros(len(chosen))}
    cost = np.array([float(name == asked) for name in names])
    least, most = linprog(cost, bounds=bounds, **limits), linprog(-cost, bounds=bounds, **limits)
    return least.fun, -most.fun


def _known(shown: int | None) -> tuple[float, float]:
    if shown is None:
        return 1, 10_000
    return (0, 10_000) if shown < 0 else (0, 0) if shown == 0 else (max(10, shown - 2), shown + 2)


# 31 of 40 are relieved: 9 are not, and 40 (38 to 42) less 30 (28 to 32) leaves at least 6.
RELIEVED = [cell("people", 40)], [number("door", "persons", 40, 31, table="people", row="")]
LEFT: Sums = [({"people": 1, "door persons less": -1, "left": -1}, 0)]


def test_a_redesign_audited_alone_gives_away_how_few_it_leaves_as_they_were(engine: LocalEngine) -> None:
    assert reach(published(engine, *RELIEVED, alone=True), LEFT, "left")[0] == 6


def test_a_redesign_beside_the_baseline_does_not(engine: LocalEngine) -> None:
    seen = published(engine, *RELIEVED)
    assert seen["people"] == 40 and seen["door persons less"] is None
    assert reach(seen, LEFT, "left") == (0, 41)


# Within agencies 21, of whom 12 at one and 9 at the other: 20 (18 to 22) less 10 (10 to 12) leaves at least 6.
DIAGONAL = (
    [cell("duplicates", 30), *(cell("duplicates", n, a, a) for a, n in (("dwp", 12), ("nhs", 9)))],
    [
        number("door", "avoidable", 30, 0, table="duplicates", row=""),
        number("door", "avoidable_within", 21, 0),
    ],
)
WITHIN: Sums = [({"avoidable_within before": 1, "duplicates dwp dwp": -1, "duplicates nhs nhs": -1}, -1)]


def test_the_measure_within_agencies_audited_alone_undoes_the_diagonal_of_the_matrix(engine: LocalEngine) -> None:
    seen = published(engine, *DIAGONAL, alone=True)
    assert seen["duplicates nhs nhs"] is None
    assert reach(seen, WITHIN, "duplicates nhs nhs")[0] == 6


def test_the_measure_within_agencies_beside_the_matrix_does_not(engine: LocalEngine) -> None:
    seen = published(engine, *DIAGONAL)
    least, most = reach(seen, WITHIN, "duplicates nhs nhs")
    assert least <= 1 and most >= 9
    assert seen["duplicates dwp dwp"] == 10, "what the run shows stays as it is"


# The same with the two ways between two agencies, which a merger makes internal.
MERGED = (
    [cell("duplicates", 30), cell("duplicates", 12, "dwp", "nhs"), cell("duplicates", 9, "nhs", "dwp")],
    [number("door", "avoidable_within", 0, 0, more=21.0, people_more=21)],
)
MERGER = {"name": "Door", "operation": [{"do": "merge_agencies", "agencies": ["dwp", "nhs"], "into": "both"}]}
BETWEEN: Sums = [({"door avoidable_within more": 1, "duplicates dwp nhs": -1, "duplicates nhs dwp": -1}, -1)]


@pytest.mark.parametrize("known", [False, True], ids=["unknown to the audit", "known to the audit"])
def test_what_a_merger_makes_internal_gives_no_cell_of_the_matrix_away(engine: LocalEngine, known: bool) -> None:
    scenarios = [read_scenario("door", MERGER, "door.toml")] if known else []
    seen = published(engine, *MERGED, scenarios=scenarios)
    assert reach(seen, BETWEEN, "duplicates nhs dwp")[0] == (1 if known else 6)


def test_a_number_withheld_in_one_redesign_is_not_shown_by_another_that_begins_alike(engine: LocalEngine) -> None:
    """Followed more widely the door touches 48: 50 (48 to 52) less 40 (38 to 42), the merger's too, tells of 6."""
    shown = {"table": "people", "row": ""}
    rows = [number(name, "persons", 100, 40, **shown) for name in ("door", "merge")]
    assert published(engine, [cell("people", 100)], rows)["merge persons less"] == 40
    seen = published(engine, [cell("people", 100)], [*rows, number("door", "persons", 100, 48, level="high", **shown)])
    more: Sums = [({"door persons less high": 1, "merge persons less": -1, "more": -1}, 0)]
    assert seen["door persons less"] is None and reach(seen, more, "more")[0] <= 1


def test_a_lone_redesign_that_touches_many_is_shown(engine: LocalEngine) -> None:
    seen = published(engine, [cell("people", 400)], [number("door", "persons", 400, 120, table="people", row="")])
    assert seen["door persons less"] == 120


@pytest.mark.parametrize(
    ("levels", "withheld"),
    [((30, 35, 60), [True, False, False]), ((0, 0, 4), [False] * 3), ((0, 20, 25), [False, True, False])],
)
def test_a_level_near_the_next_is_withheld_but_a_shown_zero_is_not(
    levels: tuple[int, ...], withheld: list[bool]
) -> None:
    """A mark over a zero would say that it is none: the audit then held what is not so for known, and refused all."""
    rows = [
        number("s", "bounces", 90, less, level=level)
        for level, less in zip(("low", "central", "high"), levels, strict=True)
    ]
    told = told_numbers(rows)
    near = dict(
        zip([(one.row["level"], one.side) for one in told], too_close(told, convention_of(RULES.privacy)), strict=True)
    )
    assert [bool(near[level, "less"]) for level in ("low", "central", "high")] == withheld
