"""What a file leaves out first where it would be too large."""

import pytest

from totalplace.report.explorer.cube import ListLimits

EVERYTHING = ListLimits(400, 60, 20)
NO_MATRICES = ListLimits(400, 60, 20, matrices=False)
TOTALS = ListLimits(400, 60, 20, matrices=False, rows=False)


@pytest.mark.parametrize(("chip", "quarter"), [("all", ""), ("area", ""), ("all", "2026Q1")])
def test_under_one_filter_every_table_keeps_its_rows(chip: str, quarter: str) -> None:
    for table in ("themes", "agency_handoffs"):
        assert not TOTALS.totals_alone(table, chip, quarter)


def test_under_filter_and_quarter_matrices_go_first_and_then_all_rows() -> None:
    cut = [[limits.totals_alone(table, "area", "2026Q1") for table in ("agency_handoffs", "themes")]
           for limits in (EVERYTHING, NO_MATRICES, TOTALS)]  # fmt: skip
    assert cut == [[False, False], [True, False], [True, True]]
