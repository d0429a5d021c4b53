"""The print sheet: the finding with its picture on the first sheet, few sheets, long tables cut and said so."""

from __future__ import annotations

import re

import pytest

PAGES = ["summary", "families", "duplicates", "journeys", "together", "followup", "counting", "trust"]
# A4 across less 9 mm margins, in CSS pixels; the footer that stands on every sheet takes up to 60 of its height.
SHEET = {"width": 1054, "height": 725}
FOOTER = 60


def on_paper(tab):
    tab.set_viewport_size(SHEET)
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    return tab


@pytest.mark.parametrize("page", PAGES)
def test_the_finding_and_its_first_picture_share_the_first_sheet(visit, share, page):
    tab = on_paper(visit(share, f"#page={page}"))
    # Read in one go: a change of size may still be drawing the pictures anew.
    bottom = tab.evaluate("document.querySelector('figure svg').getBoundingClientRect().bottom")
    assert bottom <= SHEET["height"] - FOOTER
    assert tab.locator("h1").bounding_box()["y"] < 80


@pytest.mark.parametrize("page", PAGES)
def test_a_page_prints_on_few_sheets(visit, share, page):
    tab = visit(share, f"#page={page}")
    sheets = re.findall(rb"/Type\s*/Page\b", tab.pdf(prefer_css_page_size=True))
    assert 2 <= len(sheets) <= 7


def test_a_long_table_is_cut_on_paper_and_says_how_much(visit, share):
    tab = on_paper(visit(share, "#page=journeys"))
    table = tab.locator("#tables details").first
    rows = int(re.search(r": ([\d,]+) rows", table.locator("summary").text_content())[1])
    assert table.locator("tbody tr").count() == 8
    assert table.locator(".rest").inner_text() == f"{rows - 8} more rows in the CSV of this table."


def test_every_table_is_whole_again_after_printing(visit, share):
    tab = on_paper(visit(share, "#page=journeys"))
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.locator("#tables .rest").count() == 0
    assert tab.locator("#tables details").first.locator("tbody tr").count() == 60


def test_what_the_figures_rest_on_is_never_alone_on_the_last_sheet(visit, share):
    tab = on_paper(visit(share, "#page=counting"))
    order = "[...document.querySelectorAll('.strip, .numbers')].map(part => part.className)"
    assert tab.evaluate(order) == ["strip", "numbers"]
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.evaluate(order) == ["numbers", "strip"]


def test_a_narrow_window_prints_the_same_picture_as_a_wide_one(visit, share):
    pictures = []
    for width in (390, 1280):
        tab = visit(share, "#page=duplicates", width=width)
        tab.emulate_media(media="print")
        tab.evaluate("dispatchEvent(new Event('beforeprint'))")
        pictures.append(tab.locator("#figure-matrix svg").get_attribute("viewBox"))
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("page", PAGES)
def test_controls_and_what_to_click_are_not_printed(visit, share, page):
    tab = on_paper(visit(share, f"#page={page}"))
    for gone in ("nav", ".filters", ".controls", ".actions", "figcaption .screen"):
        assert not any(node.is_visible() for node in tab.locator(gone).all())
    assert "no number under 10" in tab.locator("footer").inner_text()


def test_one_family_fits_one_sheet(visit, analyst):
    tab = visit(analyst, "#page=family")
    assert len(re.findall(rb"/Type\s*/Page\b", tab.pdf(prefer_css_page_size=True))) == 1


def test_letters_of_one_family_are_hardly_smaller_on_paper(visit, analyst):
    tab = on_paper(visit(analyst, "#page=family"))
    size = "svg => [svg.getBoundingClientRect().width, Number(svg.getAttribute('width'))]"
    drawn, own = tab.locator("#figure-family svg").evaluate(size)
    assert own == SHEET["width"] and drawn >= 0.85 * own
