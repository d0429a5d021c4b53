"""Sentence, slider and box hold one value, also where only some values are published; names are names, not codes."""

from __future__ import annotations

import pytest

from . import explorer_place
from .conftest import written

KEPT = ("1", "4", "6", "12", "100")


@pytest.fixture(scope="module")
def sparse(safe, tmp_path_factory):
    rows = [row for row in safe.to_pylist() if row["table"] != "lorenz" or row["row"] in KEPT]
    table = safe.schema.empty_table().from_pylist(rows, schema=safe.schema)
    themes = {"crime": "Crime and harm", "domestic_abuse": "Abuse at home"}
    return written(tmp_path_factory.mktemp("sparse"), table, themes=themes)


def held(tab):
    return [tab.locator(f"#{name}-top").input_value() for name in ("range", "box")]


def test_the_share_on_view_is_a_published_one_in_sentence_slider_and_box(visit, sparse):
    tab = visit(sparse, "#page=families&top=5")
    assert tab.locator("h1").inner_text().startswith("4% of families")
    assert held(tab) == ["4", "4"]


@pytest.mark.parametrize(("typed", "shown"), [("5", "6"), ("3", "1"), ("10", "12"), ("40", "12"), ("0", "1")])
def test_a_typed_share_goes_to_the_nearest_published_one_its_way(visit, sparse, typed, shown):
    tab = visit(sparse, "#page=families&top=4")
    tab.locator("#box-top").fill(typed)
    tab.locator("#box-top").press("Enter")
    assert held(tab) == [shown, shown]
    assert tab.locator("h1").inner_text().startswith(f"{shown}% of families")


def test_one_key_press_moves_the_slider_to_the_next_published_share(visit, sparse):
    tab = visit(sparse, "#page=families&top=4")
    tab.locator("#range-top").press("ArrowRight")
    assert held(tab) == ["6", "6"]
    tab.locator("#range-top").press("ArrowLeft")
    assert held(tab) == ["4", "4"]


def test_themes_are_told_by_name_in_filter_chart_sentence_and_table(visit, sparse):
    tab = visit(sparse, "#page=counting&theme=crime")
    assert "on “Crime and harm”" in tab.locator("h1").inner_text()
    assert tab.locator("#chip option:checked").inner_text() == "Crime and harm"
    assert "Crime and harm" in tab.locator("#figure-by-theme svg").text_content()
    assert "Crime and harm" in tab.locator("#tables").text_content()


def test_the_slider_of_handoffs_ends_where_the_handoffs_end(visit, tmp_path):
    table = explorer_place.pretend_place(agencies=explorer_place.AGENCIES[:3], areas=["Castle"], themes=[], quarters=[])
    tab = visit(written(tmp_path, table, agencies=explorer_place.AGENCIES[:3]), "#page=journeys")
    tab.locator("#box-shown").fill("400")
    tab.locator("#box-shown").press("Enter")
    most = tab.locator("#range-shown").get_attribute("max")
    assert tab.locator("#box-shown").input_value() == most
    assert tab.locator("h1").inner_text().startswith(f"{most} of {most} handoffs")


def test_journeys_leads_to_the_graph_that_lies_beside(visit, share):
    link = visit(share, "#page=journeys").locator("#figure-map a")
    assert link.get_attribute("href") == "graph.html"
    assert link.bounding_box()["height"] >= 24
