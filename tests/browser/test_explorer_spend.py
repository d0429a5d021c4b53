"""What bodies spend, on the page Counting: the same sums as `totalplace count`, with what is missing beside them."""

from __future__ import annotations

import pytest

from totalplace.config import load_project
from totalplace.pipeline.spending.count import count_files, spend_rows
from totalplace.sample_data.spend import spend_rules, write_spend

from .conftest import written

SPEND = "#page=counting&measure=spend"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spend")
    write_spend(1000, folder)
    (folder / "totalplace.toml").write_text(spend_rules(1000), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def page(place, safe, tmp_path_factory):
    rows = spend_rows(load_project(place))
    return written(tmp_path_factory.mktemp("page"), safe, spend=rows)


def test_the_sentence_tells_the_spend_its_people_and_what_is_missing(visit, page):
    tab = visit(page, SPEND)
    assert tab.locator("h1").inner_text() == "£8.15m was spent in 2023/24, at least"
    lead = tab.locator("#lead").inner_text()
    assert "£8,150 per head of 1,000 people" in lead and "1 of 14 lines have no amount" in lead


def test_the_page_and_the_command_tell_the_same_sums(visit, page, place):
    told = count_files(place, {}, (), lambda *_: None, out=place / "out")["totals"]
    cells = "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
    rows = visit(page, SPEND).locator("#tables tbody tr").evaluate_all(cells)
    assert len(rows) == len([row for row in told if row["dimension"] != "whole"])
    known = {f"{row['gbp'] / 1000:.3g}" for row in told if row["gbp"] is not None and row["dimension"] != "whole"}
    assert {f"{float(row[2].replace(',', '')):.3g}" for row in rows if row[2] != "missing"} <= known
    assert any(row[2] == "missing" for row in rows)


@pytest.mark.parametrize(("shown_as", "text"), [("total", "£2.7m"), ("share", "33%"), ("each", "£2,700")])
def test_spend_is_shown_as_total_share_and_per_head(visit, page, shown_as, text):
    chart = visit(page, f"{SPEND}&as={shown_as}").locator("#figure-by-agency svg").text_content()
    assert f"Jobcentre{text}" in chart


def test_a_filter_says_that_it_changes_nothing_here(visit, page):
    tab = visit(page, f"{SPEND}&area=Castle")
    assert "the filter does not change it" in tab.locator("#lead").inner_text()


def test_a_place_without_a_spend_table_is_not_offered_the_measure(visit, share):
    tab = visit(share, SPEND)
    assert "Spend" not in tab.locator("#controls").inner_text()
