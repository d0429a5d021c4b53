"""The packed cube says what the safe cells said, and cuts only what it counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from totalplace.report.explorer.cube import ListLimits, ShownCell, _rolled, _unrolled, pack, unpack

WIDE = ListLimits(100, 100, 100)


def cell(table, row="", column="", shown=10.0, people=10, chip=("all", "", "")):
    return ShownCell(table, *chip, row, column, "people", shown, people)


def test_unpack_returns_the_cells_that_pack_was_given():
    castle = ("area", "Castle", "2024-Q1")
    cells = [
        cell("contacts", shown=55.0, people=25),
        cell("contacts", "gp", shown=None, people=None),
        cell("contacts", "police", shown=30.0, people=15, chip=castle),
        cell("duplicates", "gp", "police", shown=15.0, people=None, chip=castle),
    ]
    assert unpack(pack(cells, WIDE)) == sorted(cells, key=lambda c: c[:6])


def test_order_of_cells_does_not_matter():
    cells = [cell("contacts", str(n), shown=5.0 * n, people=10 + n) for n in range(1, 40)]
    assert pack(cells, WIDE) == pack(cells[::-1], WIDE)


def test_dense_rows_cost_one_number_for_their_places():
    cube = pack([cell("lorenz", f"{n:03}") for n in range(1, 101)], WIDE)
    assert len(cube["tables"]["lorenz"]["k"]) == 2


def test_true_zeros_are_left_out_and_totals_of_zero_stay():
    cells = [cell("contacts", shown=0.0, people=0), cell("contacts", "gp", shown=0.0, people=0)]
    assert [c.row for c in unpack(pack(cells, WIDE))] == [""]


def test_long_list_keeps_the_largest_and_counts_what_it_cut():
    cells = [cell("handoffs", f"a/{n}", "b/x", shown=10.0 * n, people=10 * n) for n in range(1, 9)]
    cube = pack(cells, ListLimits(3, 1, 1))
    assert [c.people for c in unpack(cube)] == [60, 70, 80]
    assert cube["tables"]["handoffs"]["c"] == [5]


def test_withheld_rows_of_a_long_list_become_a_number_and_lose_their_names():
    cube = pack([cell("services", "gp/rare", shown=None, people=None), cell("services", "gp/often")], WIDE)
    assert cube["tables"]["services"]["f"] == [1]
    assert "gp/rare" not in cube["labels"]


def test_folds_stay_whatever_the_limit():
    cells = [
        cell("services", "gp/other services"),
        cell("services", "gp/a", people=50),
        cell("services", "gp/b", people=40),
    ]
    assert {c.row for c in unpack(pack(cells, ListLimits(1, 1, 1)))} == {"gp/other services", "gp/a"}


def test_numbers_that_are_not_whole_survive_to_two_digits():
    assert unpack(pack([cell("contacts", shown=12.25)], WIDE))[0].shown == 12.25


def test_limit_follows_the_number_of_filters():
    limits = ListLimits(400, 60, 20)
    assert [limits.of("all", ""), limits.of("all", "2024-Q1"), limits.of("area", "2024-Q1")] == [400, 60, 20]


def test_people_are_kept_where_they_are_more_than_the_number():
    few = cell("agency_handoffs", "gp", "police", shown=5.0, people=15)
    many = cell("agency_handoffs", "gp", "x", shown=90.0)
    assert [c.people for c in unpack(pack([few, many], WIDE))] == [15, None]


def test_matrices_under_two_filters_shrink_to_their_total_and_count_what_went():
    castle = ("area", "Castle", "2024-Q1")
    cells = [cell("duplicates", chip=castle), cell("duplicates", "gp", "police", chip=castle)]
    cube = pack(cells, ListLimits(1, 1, 1, matrices=False))
    assert [(c.row, c.column) for c in unpack(cube)] == [("", "")]
    assert cube["tables"]["duplicates"]["c"] == [1]


@given(st.lists(st.integers(0, 3)))
def test_runs_of_a_number_are_folded_and_come_back(numbers):
    assert _unrolled(_rolled(numbers)) == numbers


def test_a_long_run_costs_two_numbers():
    assert _rolled([7] * 500 + [0]) == [7, -499, 0]


SLICES = [("all", "", ""), ("all", "", "Q1"), ("area", "Castle", ""), ("area", "Castle", "Q1"), ("agency", "gp", "Q1")]


@pytest.mark.parametrize(
    ("limits", "kept", "said"),
    [
        (ListLimits(9, 9, 9), [0, 1, 2, 3, 4], ([], [])),
        (ListLimits(9, 9, 9, apart=("area", "theme")), [0, 1, 2, 4], (["area"], [])),
        (ListLimits(9, 9, 9, apart=("area",), absent=("area",)), [0, 1, 4], ([], ["area"])),
    ],
)
def test_slices_that_are_left_out_are_named_and_the_others_stay(limits, kept, said):
    packed = [
        ShownCell("contacts", *cut, row, "", "people", 10.0 + 5 * n, 10)
        for n, cut in enumerate(SLICES)
        for row in ("", "gp")
    ]
    cube = pack(packed, limits)
    assert {c[1:4] for c in unpack(cube)} == {SLICES[n] for n in kept}
    assert (cube["apart"], cube["absent"]) == said
