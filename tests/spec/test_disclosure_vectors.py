"""Small numbers: what is withheld, what is rounded, and when further cells are withheld (docs/privacy.md)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.errors import PrivacyError
from totalplace.report.disclosure.audit import exact_bounds
from totalplace.report.disclosure.conventions import convention_of
from totalplace.report.disclosure.folding import cells_of, fold
from totalplace.report.disclosure.linked import build_system
from totalplace.report.disclosure.release import Release, release
from totalplace.report.disclosure.withholding import known_bounds
from totalplace.tables import CELLS

RULES, _ = load_rules()


def cell(table: str, people: int, **other: Any) -> dict[str, Any]:
    """One row of CELLS; the number is the people unless told otherwise."""
    row = {"chip": "all", "chip_value": "", "quarter": "", "row": "", "column": "", "unit": "people", "agencies": 3}
    return row | {"table": table, "value": float(people), "people": people, "largest_share": 0.0} | other


def of_area(people: int, area: str, **other: Any) -> dict[str, Any]:
    return cell(other.pop("table", "people"), people, chip="area", chip_value=area, **other)


def released(rows: list[dict[str, Any]], **rules: Any) -> Release:
    privacy = RULES.privacy.model_copy(update=rules)
    with LocalEngine(workers=1) as engine:
        return release(engine.hold(pa.Table.from_pylist(rows, schema=CELLS.schema)), privacy, RULES.report, engine)


def shown(result: Release) -> dict[tuple[str, str, str], float | None]:
    table = result.cells.table
    keys = zip(*(table[name].to_pylist() for name in ("chip_value", "row", "column")), strict=True)
    return dict(zip(keys, table["shown"].to_pylist(), strict=True))


def row_and_total(*parts: int, **rules: Any) -> list[float | None]:
    """Release a row of areas and its total."""
    rows = [of_area(people, f"a{at}") for at, people in enumerate(parts)] + [cell("people", sum(parts))]
    found = shown(released(rows, **rules))
    return [found[f"a{at}", "", ""] for at in range(len(parts))] + [found["", "", ""]]


def bounds(parts: list[int], withheld: set[int], total_withheld: bool = False, **rules: Any) -> dict[int, Any]:
    """Return what an outsider can derive of each small area when the numbered areas are withheld."""
    rows = [of_area(people, f"a{at}") for at, people in enumerate(parts)] + [cell("people", sum(parts))]
    convention = convention_of(RULES.privacy.model_copy(update=rules))
    cells = cells_of(CELLS.check(pa.Table.from_pylist(rows, schema=CELLS.schema), "test"))
    published = fold(cells, convention, 500, 12)
    hidden = [c.chip_value in {f"a{at}" for at in withheld} or (not c.chip_value and total_withheld) for c in cells]
    system = build_system(cells, published, convention)
    low, high = known_bounds(system, convention, np.array(hidden))
    names = {item.cell.chip_value: int(at) for item, at in zip(published, system.of_cell, strict=True)}
    small = [at for at, people in enumerate(parts) if 0 < people < convention.min_cell]
    return {at: exact_bounds(system, low, high, names[f"a{at}"]) for at in small}


@pytest.mark.parametrize(("people", "number"), [(0, 0), (1, None), (9, None), (10, 10), (12, 10), (13, 15)])
def test_one_to_nine_are_withheld_and_the_rest_rounded_to_the_nearest_five(people: int, number: float | None) -> None:
    assert shown(released([cell("people", people)]))["", "", ""] == number


def test_a_cell_of_700_contacts_by_three_people_is_withheld() -> None:
    result = released([cell("contacts", 3, value=700.0, row="housing")])
    assert shown(result)["", "housing", ""] is None
    assert result.cells.table["people_shown"].to_pylist() == [None]


@pytest.mark.parametrize(("people", "number"), [(7, None), (8, 10), (12, 10), (0, 0)])
def test_the_nhs_rule_withholds_one_to_seven(people: int, number: float | None) -> None:
    assert shown(released([cell("people", people)], convention="nhs_1_to_7"))["", "", ""] == number


@pytest.mark.parametrize(("people", "number"), [(4, None), (5, 5), (7, 5)])
def test_the_threshold_may_be_lowered_to_five(people: int, number: float | None) -> None:
    assert shown(released([cell("people", people)], min_cell=5))["", "", ""] == number


@pytest.mark.parametrize(("people", "number"), [(0, None), (9, None), (10, 10), (12, 12)])
def test_the_research_rule_withholds_zeros_and_rounds_nothing(people: int, number: float | None) -> None:
    assert shown(released([cell("people", people)], convention="tre_10"))["", "", ""] == number


def test_a_threshold_under_the_floor_is_refused() -> None:
    with pytest.raises(PrivacyError, match="TP501.*under the floor of 5"):
        released([cell("people", 12)], min_cell=3)


@pytest.mark.parametrize(
    ("parts", "result"),
    [
        ((12, 3, 40), [10, None, 40, 55]),
        ((10, 9, 40), [None, None, 40, 60]),
        ((3, 4, 40), [None, None, None, 45]),
        ((1, 40), [None, None, 40]),
        ((3, 4, 0), [None, None, 0, None]),
    ],
)
def test_rows_and_their_totals_are_released_as_the_specification_says(
    parts: tuple[int, ...], result: list[float | None]
) -> None:
    assert row_and_total(*parts) == result


def test_under_the_research_rule_one_withheld_cell_does_not_suffice() -> None:
    assert row_and_total(12, 3, 40, convention="tre_10") == [None, None, 40, 55]


def test_under_the_nhs_rule_the_audit_is_reported_and_withholds_nothing_further() -> None:
    result = released([of_area(1, "a0"), of_area(40, "a1"), cell("people", 41)], convention="nhs_1_to_7")
    assert [shown(result)[key, "", ""] for key in ("a0", "a1", "")] == [None, 40, 40]
    assert (result.audit["exposed"], result.audit["further"]) == (1, 0)
    assert any(note.code == "disclosure_exposed" for note in result.notes)


@pytest.mark.parametrize(
    ("parts", "withheld", "derived"),
    [
        ([12, 3, 40], {1}, {1: (1, 9)}),
        ([10, 9, 40], {1}, {1: (4, 14)}),
        ([10, 9, 40], {0, 1}, {1: (1, 23)}),
        ([3, 4, 40], {0, 1}, {0: (1, 8), 1: (1, 8)}),
        ([3, 4, 40], {0, 1, 2}, {0: (1, 45), 1: (1, 45)}),
        ([1, 40], {0}, {0: (1, 4)}),
        ([1, 40], {0, 1}, {0: (1, 41)}),
    ],
)
def test_the_bounds_are_those_of_the_specification(parts: list[int], withheld: set[int], derived: Any) -> None:
    assert bounds(parts, withheld) == derived


def test_the_bounds_under_the_research_rule() -> None:
    assert bounds([12, 3, 40], {1}, convention="tre_10") == {1: (3, 3)}
    assert bounds([12, 3, 40], {0, 1}, convention="tre_10") == {1: (0, 15)}


def test_a_small_total_cannot_be_under_its_number_of_marks() -> None:
    found = bounds([3, 4, 0], {0, 1}, total_withheld=True)
    assert [low for low, _ in found.values()] == [1, 1]
    assert all(high > 1_000 for _, high in found.values())


def linked_tables() -> list[dict[str, Any]]:
    """Two areas by three bands with every total: areas and bands divide families."""
    bands, areas = ("0-9", "10-49", "50-99"), {"a0": (12, 3, 40), "a1": (20, 14, 30)}
    rows = []
    for area, parts in areas.items():
        families = {"table": "family_bands", "unit": "families"}
        rows += [of_area(n, area, row=band, **families) for band, n in zip(bands, parts, strict=True)]
        rows.append(of_area(sum(parts), area, **families))
    for band, n in zip(bands, (32, 17, 70), strict=True):
        rows.append(cell("family_bands", n, row=band, unit="families"))
    return [*rows, cell("family_bands", 119, unit="families")]


def test_linked_tables_are_audited_together() -> None:
    found = shown(released(linked_tables()))
    whole = {"0-9": 30, "10-49": 15, "50+": 70, "": 120}
    assert {row: found["", row, ""] for row in whole} == whole
    # a0 has 3 families in 10-49, so they join 0-9. Beside the whole place, a1's 14 would now tell of these 3.
    assert {row: n for (area, row, _), n in found.items() if area == "a0"} == {"0-49": 15, "50+": 40, "": 55}
    assert {row: n for (area, row, _), n in found.items() if area == "a1"} == {
        "0-9": None, "10-49": None, "50+": 30, "": 65
    }  # fmt: skip


def test_rare_services_fold_into_other_services_of_their_agency() -> None:
    rare = [of_area(9, f"a{at}", table="services", row="police/caution") for at in range(2)]
    rows = [cell("services", 40, row="police/call"), cell("services", 6, row="police/search"), *rare]
    rows += [cell("services", 9, row="police/caution"), cell("services", 30, row="housing/visit")]
    found = shown(released(rows))
    # Two areas of nine people each hold eighteen: areas divide people, so the fold has enough behind it.
    assert found["", "police/other services", ""] == 15
    assert ("", "police/caution", "") not in found and ("", "police/search", "") not in found


def test_a_fold_of_too_few_people_goes_to_the_place_and_is_withheld_there() -> None:
    rows = [cell("services", 40, row="police/call"), cell("services", 6, row="police/search")]
    found = shown(released(rows))
    assert found["", "other services", ""] is None and ("", "police/other services", "") not in found


def test_rare_paths_and_handoffs_fold() -> None:
    rows = [
        cell("variants", 40, row="a > b"),
        cell("variants", 2, row="a > c"),
        cell("variants", 40, row=" > ".join("abcdefghijklm")),
    ]
    rows += [cell("handoffs", 25, row="a/x", column="b/y"), cell("handoffs", 4, row="b/y", column="a/x")]
    found = shown(released(rows))
    assert set(found) == {("", "a > b", ""), ("", "other paths", ""), ("", "a/x", "b/y"), ("", "other handoffs", "")}
    assert found["", "other paths", ""] == 40 and found["", "other handoffs", ""] is None


def test_bands_merge_downward_until_enough_families_are_in_the_top_one() -> None:
    bands = {"0-9": 200, "10-49": 40, "50-99": 8, "100-249": 3, "250-499": 0, "500+": 1}
    rows = [cell("family_bands", n, row=band, column="2", unit="families") for band, n in bands.items()]
    rows += [cell("family_band_contacts", n, row=band, unit="families", value=60.0 * n) for band, n in bands.items()]
    found = shown(released(rows))
    assert found == {("", "0-9", "2"): 200, ("", "10-49", "2"): 40, ("", "50+", "2"): 10,
        ("", "0-9", ""): 12_000, ("", "10-49", ""): 2_400, ("", "50+", ""): 720
    }  # fmt: skip


def test_bands_with_too_few_families_merge_downward_and_the_lowest_upward() -> None:
    bands = {"0-9": 4, "10-49": 30, "50-99": 9, "100-249": 12, "250-499": 2, "500+": 11}
    rows = [cell("family_bands", n, row=band, unit="families") for band, n in bands.items()]
    assert shown(released(rows)) == {("", "0-99", ""): 45, ("", "100-499", ""): 15, ("", "500+", ""): 10}


def test_thresholds_beyond_the_most_extreme_families_are_left_out() -> None:
    families = {"50": 60, "100": 25, "200": 12, "300": 9, "500": 1, "700": 0}
    rows = [cell("high_demand", n, row=at_least, unit="families") for at_least, n in families.items()]
    assert shown(released(rows)) == {("", "50", ""): 60, ("", "100", ""): 25, ("", "200", ""): 10}


def test_the_curve_of_families_steps_by_no_fewer_than_the_threshold() -> None:
    rows = [cell("lorenz", 2 * share, row=str(share), value=1000.0 + share, unit="families") for share in range(1, 101)]
    kept = [row for _, row, _ in shown(released(rows))]
    assert sorted(map(int, kept)) == [*range(5, 100, 5), 100]


def test_a_number_that_one_person_makes_most_of_is_withheld() -> None:
    found = shown(released([cell("contacts", 30, value=700.0, row="housing", largest_share=0.6)]))
    assert found["", "housing", ""] is None


def test_a_band_that_one_agency_feeds_is_withheld() -> None:
    rows = [cell("family_bands", 40, row="0-9", column="2", unit="families", agencies=1)]
    assert list(shown(released(rows)).values()) == [None]


def test_contacts_cannot_be_had_by_subtraction_where_people_overlap() -> None:
    """Total less the other two agencies would leave 60 contacts by three people."""
    rows = [cell("contacts", 90, value=960.0), cell("contacts", 3, value=60.0, row="police")]
    rows += [cell("contacts", 80, value=500.0, row="housing"), cell("contacts", 70, value=400.0, row="schools")]
    result = released(rows)
    assert [shown(result)["", row, ""] for row in ("housing", "police", "schools", "")] == [500, None, None, 960]
    assert result.audit["further_for_values"] == 1


def test_one_number_on_two_pages_is_withheld_on_both() -> None:
    """Contacts of one agency are a row of the whole place and the total of the agency's own page."""
    rows = [cell("people", 200), of_area(9, "a0"), of_area(11, "a1"), of_area(180, "a2")]
    rows += [cell("contacts", 200), *(of_area(n, f"a{at}", table="contacts") for at, n in enumerate((9, 11, 180)))]
    table = released(rows).cells.table.to_pylist()
    pairs = {(row["table"], row["chip_value"]): row["withheld"] for row in table}
    assert all(pairs["people", area] == pairs["contacts", area] for area in ("a0", "a1", "a2", ""))
    assert pairs["people", "a1"]


def test_the_safe_table_has_the_shape_that_pages_rely_on() -> None:
    result = released([cell("people", 40), of_area(3, "a0")])
    names = ["table", "chip", "chip_value", "quarter", "row", "column", "unit", "shown", "people_shown", "withheld"]
    assert result.cells.table.column_names == names
    assert result.cells.meta["min_cell"] == 10 and result.cells.meta["people"] == 40
    withheld = [row for row in result.cells.table.to_pylist() if row["withheld"]]
    assert withheld and all(row["shown"] is None and row["people_shown"] is None for row in withheld)


def test_under_the_research_rule_a_missing_row_gives_no_zero_away() -> None:
    rows = [of_area(30, "a0", table="contacts", row="police"), of_area(30, "a1", table="contacts", row="housing")]
    rows += [cell("contacts", 30, row=agency) for agency in ("police", "housing")]
    found = shown(released(rows, convention="tre_10"))
    assert found["a0", "housing", ""] is None and found["a1", "police", ""] is None


def repeats(quarter: str, *people: int) -> list[dict[str, Any]]:
    """Rows of people with a repeated assessment within 30, 60, ... days, and their total."""
    rows = [cell("duplicates_validity", p, row=str(30 * at), quarter=quarter) for at, p in enumerate(people, start=1)]
    return [*rows, cell("duplicates_validity", max(people), quarter=quarter)]


def test_more_days_may_mean_fewer_repeats_in_one_quarter() -> None:
    """An assessment that still stands makes another one the repeat, in another quarter: no sum is broken."""
    assert released(repeats("2024-Q1", 20, 30, 25)).audit["sums_not_met"] == 0


def test_a_part_greater_than_its_whole_is_counted() -> None:
    assert released(repeats("", 20, 30, 25)).audit["sums_not_met"] == 1
