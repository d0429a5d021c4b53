"""Whatever the tables, nobody can derive a small number from what is released."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.report.disclosure.audit import HIGH, LOW, exact_bounds
from totalplace.report.disclosure.conventions import convention_of
from totalplace.report.disclosure.folding import cells_of, fold
from totalplace.report.disclosure.linked import System, build_system
from totalplace.report.disclosure.net import Net, new_net
from totalplace.report.disclosure.program import ask
from totalplace.report.disclosure.proofs import Proofs, prove
from totalplace.report.disclosure.release import Release, release
from totalplace.report.disclosure.withholding import known_bounds
from totalplace.report.disclosure.witness import new_walker, sweep
from totalplace.tables import CELLS

RULES, _ = load_rules()
BANDS = ("0-9", "10-49", "50-99")
COUNTS = st.sampled_from([0, 0, 1, 2, 3, 5, 8, 9, 10, 11, 12, 13, 20, 40])
CONVENTIONS = st.sampled_from(["threshold_10", "tre_10"])
VISITS = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=60)
# No shrinking: a failing table is small as it is, and shrinking would solve thousands of linear programs.
SLOW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)


def row(table: str, people: int, **other: Any) -> dict[str, Any]:
    base = {"chip": "all", "chip_value": "", "quarter": "", "row": "", "column": "", "unit": "families", "agencies": 3}
    return base | {"table": table, "value": float(people), "people": people, "largest_share": 0.0} | other


def divided(counts: np.ndarray) -> list[dict[str, Any]]:
    """A three-way table of areas, bands and agency numbers with all its sums, as CELLS; all three divide families."""
    rows = []
    for area, band, number in itertools.product(*(range(-1, size) for size in counts.shape)):
        picked = counts[tuple(slice(None) if at < 0 else slice(at, at + 1) for at in (area, band, number))]
        where = {} if area < 0 else {"chip": "area", "chip_value": f"a{area}"}
        keys = {"row": "" if band < 0 else BANDS[band], "column": "" if number < 0 else str(number + 1)}
        rows.append(row("family_bands", int(picked.sum()), **where, **keys))
    return rows


def overlapping(visits: list[tuple[int, int, int]]) -> list[dict[str, Any]]:
    """Distinct people by agency and quarter, of visits (person, agency, quarter): people overlap."""
    rows = []
    for agency, quarter in itertools.product((None, 0, 1, 2), (None, 0, 1)):
        people = {p for p, a, q in visits if agency in (None, a) and quarter in (None, q)}
        where = {
            "row": "" if agency is None else f"g{agency}",
            "quarter": "" if quarter is None else f"2024-Q{quarter + 1}",
        }
        rows.append(row("contacts", len(people), unit="people", **where))
    return rows


def released(rows: list[dict[str, Any]], convention: str) -> Release:
    privacy = RULES.privacy.model_copy(update={"convention": convention, "min_agencies": 1})
    with LocalEngine(workers=1) as engine:
        return release(engine.hold(pa.Table.from_pylist(rows, schema=CELLS.schema)), privacy, RULES.report, engine)


def tables(largest: int = 3) -> st.SearchStrategy[np.ndarray]:
    shape = st.tuples(st.integers(1, 2), st.integers(2, largest), st.integers(1, 2))
    return shape.flatmap(
        lambda s: st.lists(COUNTS, min_size=int(np.prod(s)), max_size=int(np.prod(s))).map(
            lambda c: np.array(c).reshape(s)
        )
    )


def system_of(rows: list[dict[str, Any]], convention: str) -> tuple[System, Any, list[Any]]:
    rule = convention_of(RULES.privacy.model_copy(update={"convention": convention}))
    cells = cells_of(CELLS.check(pa.Table.from_pylist(rows, schema=CELLS.schema), "test"))
    published = fold(cells, rule, 500, 12)
    return build_system(cells, published, rule), rule, published


def known(shown: float | None, people: float | None, exact: bool) -> tuple[float, float]:
    """Return what a reader knows of a released number; written here again, not taken from the program."""
    if shown is None:
        return (0, np.inf) if exact else (1, np.inf)
    if exact or shown == 0:
        return shown, shown
    return max(10, shown - 2), shown + 2


@SLOW
@given(counts=tables(), convention=CONVENTIONS)
def test_a_second_linear_program_over_the_released_table_finds_no_small_number(counts: Any, convention: str) -> None:
    """Bounds from the released numbers alone, each a sum over the families of an area, a band and a number."""
    result = released(divided(counts), convention)
    exact, table = convention == "tre_10", result.cells.table
    keys = list(zip(*(table[name].to_pylist() for name in ("chip_value", "row", "column")), strict=True))
    pairs = zip(table["shown"].to_pylist(), table["people_shown"].to_pylist(), strict=True)
    bounds = np.array([known(shown, people, exact) for shown, people in pairs])
    sums = np.array([parts_of(counts.shape, key) for key in keys], float)
    finite = np.isfinite(bounds[:, 1])
    limits = {"A_ub": np.vstack([-sums, sums[finite]]), "b_ub": np.concatenate([-bounds[:, 0], bounds[finite, 1]])}
    rows = divided(counts)
    small = {key_of(row): row["people"] for row in rows if row["people"] < 10 and (row["people"] or exact)}
    truth = {key: int(parts_of(counts.shape, key) @ counts.ravel()) for key in {*keys, *small}}
    for key in small:
        cost = parts_of(counts.shape, key).astype(float)
        low = linprog(cost, bounds=(0, None), **limits)
        high = linprog(-cost, bounds=(0, 10_000), **limits)
        marks = sum(0 < truth[k] < 10 for k in keys if all(a in ("", b) for a, b in zip(key, k, strict=True)))
        assert low.fun <= (0 if exact else max(1, marks)) + 1e-6
        assert -high.fun >= 9 - 1e-6


def key_of(row: dict[str, Any]) -> tuple[str, str, str]:
    return row.get("chip_value", ""), row.get("row", ""), row.get("column", "")


def parts_of(shape: tuple[int, ...], key: tuple[str, str, str]) -> np.ndarray:
    """Return which cells of the three-way table a key counts, as 0 and 1; a merged band reaches from low to high."""
    area, band, number = key
    chosen = np.zeros(shape, int)
    lows = [b.split("-")[0] for b in BANDS]
    ends = [b.rpartition("-")[2] for b in BANDS]
    bands = slice(None)
    if band:
        first, _, last = band.rstrip("+").partition("-")
        bands = slice(lows.index(first), ends.index(last) + 1 if last else None)
    areas = slice(int(area[1:]), int(area[1:]) + 1) if area else slice(None)
    chosen[areas, bands, slice(int(number) - 1, int(number)) if number else slice(None)] = 1
    return chosen.ravel()


@SLOW
@given(visits=VISITS, convention=CONVENTIONS)
def test_where_people_overlap_each_small_number_can_be_anything_from_one_to_nine(
    visits: list[tuple[int, int, int]], convention: str
) -> None:
    rows = overlapping(visits)
    result = released(rows, convention)
    system, rule, _ = system_of(rows, convention)
    withheld = np.array(result.cells.table["withheld"].to_pylist())
    if len(withheld) == len(system.of_cell):
        low, high = known_bounds(system, rule, withheld)
        for unknown in system.small:
            least, most = exact_bounds(system, low, high, int(unknown))
            assert least <= system.needed[unknown]
            assert most >= rule.min_cell - 1


@SLOW
@given(counts=tables(2), hidden=st.integers(0, 2**12))
def test_linear_bounds_hold_every_whole_number_solution(counts: Any, hidden: int) -> None:
    """Brute force over small tables: each solution in whole numbers lies within the bounds of the audit."""
    system, rule, published = system_of(divided(np.minimum(counts, 12)), "threshold_10")
    people = [item.cell.people for item in published]
    withheld = np.array([0 < p < 10 or (p > 0 and bool(hidden >> (at % 12) & 1)) for at, p in enumerate(people)])
    low, high = known_bounds(system, rule, withheld)
    top = np.minimum(high, system.truth + 6)
    cells = np.unique(system.at) if len(system.at) else np.arange(len(low))
    if len(cells) > 9:
        return
    found = solutions(system, low, top)
    for unknown in system.small:
        least, most = exact_bounds(system, low, high, int(unknown))
        values = {solution[unknown] for solution in found}
        assert int(system.truth[unknown]) in values
        assert least <= min(values)
        assert max(values) <= most


def solutions(system: System, low: Any, top: Any) -> list[tuple[int, ...]]:
    """Return every set of whole numbers within bounds that meets all sums, one unknown at a time."""
    partial: list[tuple[int, ...]] = [()]
    for unknown in range(len(low)):
        partial = [(*p, v) for p in partial for v in range(int(low[unknown]), int(top[unknown]) + 1)]
        partial = [p for p in partial if fits(system, p)]
    return partial


def fits(system: System, values: tuple[int, ...]) -> bool:
    for s in range(len(system.start) - 1):
        piece = slice(system.start[s], system.start[s + 1])
        if max(system.at[piece]) < len(values):
            total = sum(values[a] * f for a, f in zip(system.at[piece], system.factor[piece], strict=True))
            if not system.sum_low[s] <= total <= system.sum_high[s]:
                return False
    return True


def small_withheld(rows: list[dict[str, Any]], convention: str) -> tuple[System, Any, Net]:
    """The system of some rows when no more than the small numbers is withheld, with the bounds that this leaves."""
    system, rule, published = system_of(rows, convention)
    withheld = np.array([rule.is_small(np.array([item.cell.people]))[0] for item in published])
    return system, rule, new_net(system, *known_bounds(system, rule, withheld))


def free_bounds(rows: list[dict[str, Any]], convention: str) -> tuple[Any, Any]:
    """What a reader knows of each number by itself when every number is withheld that may be."""
    system, rule, published = system_of(rows, convention)
    everything = np.array([item.cell.people > 0 or not rule.zeros_shown for item in published])
    return known_bounds(system, rule, everything)


def proofs_of(system: System, net: Net) -> Proofs:
    goals = {(u, side): goal for u in system.small.tolist() for side, goal in ((LOW, 1), (HIGH, 9))}
    return prove(net, system.truth, goals, every=True)


@SLOW
@given(counts=tables(), convention=CONVENTIONS)
def test_quick_proofs_and_the_whole_system_agree(counts: Any, convention: str) -> None:
    system, _, net = small_withheld(divided(counts), convention)
    found = proofs_of(system, net)
    proved = {(unknown, w.side) for w in found.witnesses for unknown in w.unknowns.tolist()}
    assert not found.open
    for unknown in system.small.tolist():
        least, most = exact_bounds(system, net.low, net.high, unknown)
        for side, possible in ((LOW, least <= 1), (HIGH, most >= 9)):
            assert ((unknown, side) in proved, (unknown, side) in found.blocked) == (possible, not possible)


@SLOW
@given(visits=VISITS, convention=CONVENTIONS)
def test_a_growing_linear_program_finds_the_bounds_of_the_whole_system(visits: Any, convention: str) -> None:
    system, rule, net = small_withheld(overlapping(visits), convention)
    for unknown in system.small.tolist():
        least, most = exact_bounds(system, net.low, net.high, unknown)
        for side, goal, bound in ((LOW, 0, least), (HIGH, 40, min(most, 40))):
            answer = ask(net, system.truth, unknown, side, goal)
            whole = np.ceil(answer.best - 1e-6) if side == LOW else np.floor(answer.best + 1e-6)
            assert whole == bound
            assert answer.yes == (bound == goal)


@SLOW
@given(counts=tables(), convention=CONVENTIONS)
def test_what_stands_in_the_way_alone_keeps_a_number_in(counts: Any, convention: str) -> None:
    """With every other number withheld the goal is out of reach still: so one of those named must be withheld."""
    rows = divided(counts)
    system, _, net = small_withheld(rows, convention)
    free_low, free_high = free_bounds(rows, convention)
    for (unknown, side), blocking in proofs_of(system, net).blocked.items():
        low, high = free_low.copy(), free_high.copy()
        low[blocking], high[blocking] = net.low[blocking], net.high[blocking]
        least, most = exact_bounds(system, low, high, unknown)
        assert least > 1 if side == LOW else most < 9


@SLOW
@given(counts=tables(), convention=CONVENTIONS)
def test_each_witness_meets_every_sum_and_has_the_numbers_it_proves(counts: Any, convention: str) -> None:
    system, _, net = small_withheld(divided(counts), convention)
    for witness in proofs_of(system, net).witnesses:
        x = system.truth.astype(float)
        x[witness.moved] = witness.values
        assert (x >= net.low - 1e-6).all() and (x <= net.high + 1e-6).all()
        assert fits(system, tuple(x.tolist()))
        reached = x[witness.unknowns]
        assert (reached <= witness.goals if witness.side == LOW else reached >= witness.goals).all()


@SLOW
@given(counts=tables(), convention=CONVENTIONS)
def test_a_sweep_ends_at_a_solution(counts: Any, convention: str) -> None:
    system, _, net = small_withheld(divided(counts), convention)
    walker, goals = new_walker(net, system.truth), np.full(len(system.small), 9)
    kept = net._replace(low=net.low.copy(), high=net.high.copy())
    there = sweep(kept, walker, system.small, goals, HIGH, 0, 0, len(goals))
    assert (walker.x[system.small[there]] >= 9).all()
    assert (walker.x >= net.low).all() and (walker.x <= net.high).all()
    assert fits(system, tuple(walker.x.tolist()))


@pytest.mark.parametrize("convention", ["threshold_10", "nhs_1_to_7", "tre_10"])
def test_row_order_never_matters(convention: str) -> None:
    rows = divided(np.array([[[12, 3], [40, 1]], [[20, 14], [30, 9]]]))
    tables_ = [released(order, convention).cells.table for order in (rows, rows[::-1])]
    assert tables_[0].equals(tables_[1])
