"""Money on the page Counting: per agency and theme, per head, total or share, with its year, its base and its gaps."""

from __future__ import annotations

import pytest

from . import explorer_place

COST = "#page=counting&measure=cost"


@pytest.fixture(scope="module")
def costs(safe):
    rows = [row for row in safe.to_pylist() if row["table"] == "costs"]
    return {row["row"]: (row["shown"], row["people_shown"]) for row in rows}


def test_the_sentence_tells_the_cost_and_the_lead_what_is_missing_from_it(visit, share, costs):
    tab, (whole, people) = visit(share, COST), costs[""]
    assert (
        tab.locator("h1").inner_text() == f"Priced contacts cost £{whole:,.0f}: £{whole / people:,.0f} for each person"
    )
    assert tab.locator("#lead").inner_text().startswith("18% of contacts have no unit cost and are not in it.")
    assert "price year of its source" in tab.locator("#lead").inner_text()


@pytest.mark.parametrize("shown_as", ["total", "share", "each"])
def test_cost_by_agency_is_shown_as_total_share_and_per_head(visit, share, costs, shown_as):
    chart = visit(share, f"{COST}&as={shown_as}").locator("#figure-by-agency svg").text_content()
    whole = costs[""][0]
    for code, name in explorer_place.AGENCIES:
        value, people = costs[code]
        told = {"total": f"£{value:,.0f}", "share": f"{100 * value / whole:.0f}%", "each": f"£{value / people:,.0f}"}
        assert f"{name}{told[shown_as]}" in chart


def test_the_table_has_pounds_people_and_pounds_per_person(visit, share, costs):
    tab = visit(share, COST)
    rows = [row.split("\t") for row in tab.locator("#tables tbody tr").all_inner_texts()]
    for name, pounds, people, _ in rows[: len(explorer_place.AGENCIES)]:
        code = next(code for code, known in explorer_place.AGENCIES if known == name)
        assert (pounds, people) == tuple(f"{number:,.0f}" for number in costs[code])


def test_a_filter_says_that_cost_is_of_the_whole_place(visit, share):
    tab = visit(share, f"{COST}&area=Castle")
    assert "whole place and period only" in tab.locator("h1").inner_text()
    assert "whole place only" in tab.locator("#figure-by-agency .empty").inner_text()


def test_on_a_narrow_page_an_unknown_area_never_leads(visit, share):
    names = visit(share, "#page=counting", width=390).locator("#figure-flows svg text").all_text_contents()
    unknown = [at for at, name in enumerate(names) if "nknown" in name]
    assert unknown and "nknown" not in names[0]
