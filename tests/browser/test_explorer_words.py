"""What a page says in words: names stand whole or are told whole, and nothing is drawn through them."""

from __future__ import annotations

import pytest

from totalplace.config.themes import purpose_names

from . import explorer_place
from .conftest import written

LONG_SERVICE = "Assessment of " + "everything that anybody ever needed " * 5
LONG_AGENCY = "North and South Ashby and District Integrated Community Mental Health and Recovery Trust"
AGENCIES = (("long", LONG_AGENCY), ("gp", "General practice"), ("longest", "Partnership of " + LONG_AGENCY * 2))
# Pieces of a line of chance, or of a figure, against the boxes of the names round it.
CROSSED = """line => {
    const svg = line.ownerSVGElement, box = svg.getBoundingClientRect(), dots = [];
    for (let at = 0; at < line.getTotalLength(); at += 2) {
      const p = line.getPointAtLength(at);
      dots.push([box.left + p.x, box.top + p.y]);
    }
    return [...svg.querySelectorAll('text')].filter(text => {
      const r = text.getBoundingClientRect();
      return dots.some(([x, y]) => x > r.left && x < r.right && y > r.top + 3 && y < r.bottom - 3);
    }).map(text => text.textContent); }"""


@pytest.fixture(scope="module")
def long_names(tmp_path_factory):
    services = {code: [f"{LONG_SERVICE}{n}" for n in range(6)] for code, _ in AGENCIES}
    table = explorer_place.pretend_place(agencies=AGENCIES, services=services, areas=["Castle"], themes=["crime"])
    return written(tmp_path_factory.mktemp("long"), table, agencies=AGENCIES)


def test_a_long_service_is_cut_in_the_lead_and_told_whole_beside_it(visit, long_names):
    tab = visit(long_names, "#page=journeys")
    lead, cut = tab.locator("#lead"), tab.locator("#lead abbr")
    assert len(lead.inner_text()) < 600 and cut.count() >= 2
    whole = cut.first.get_attribute("title")
    assert whole.startswith(LONG_SERVICE) and whole[: len(cut.first.inner_text()) - 1] == cut.first.inner_text()[:-1]
    tab.evaluate("document.querySelectorAll('#tables details').forEach(d => { d.open = true; })")
    assert tab.get_by_role("cell", name=whole, exact=True).count() >= 1


def test_the_name_of_a_lane_stands_whole_on_the_map(visit, long_names):
    words = visit(long_names, "#page=journeys").locator("#figure-map svg > g").first.locator("text").all_text_contents()
    assert " ".join(words) == LONG_AGENCY


def test_a_lane_too_long_for_any_lane_is_told_whole_by_its_title(visit, long_names):
    titles = visit(long_names, "#page=journeys").locator("#figure-map svg > g > title").all_text_contents()
    assert titles == [dict(AGENCIES)["longest"]]


def test_a_purpose_is_called_by_its_name(visit, safe, tmp_path):
    tab = visit(written(tmp_path, safe, purposes=purpose_names()), "#page=duplicates")
    drawn = tab.locator("#figure-purposes svg").text_content()
    assert "Special educational needs (SEN)" in drawn and "Risk and safeguarding" in drawn
    assert "Education sen" not in tab.locator("main").inner_text()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_line_of_chance_runs_through_no_name(visit, share, width):
    line = visit(share, "#page=together", width=width).locator("#figure-place path.chance")
    assert line.evaluate(CROSSED) == []


def test_a_narrow_picture_is_not_told_as_rows_and_columns(visit, share):
    for page in ("journeys", "journeys&picture=flow", "together", "followup", "counting"):
        captions = visit(share, f"#page={page}", width=390).locator("figcaption").all_inner_texts()
        assert not [text for text in captions if "Row:" in text or "Hatched" in text or "Choose a service" in text]


def test_letters_of_one_family_are_as_large_on_a_telephone(visit, analyst):
    tab = visit(analyst, "#page=family", width=390)
    drawn, own = tab.locator("#figure-family svg").evaluate(
        "svg => [svg.clientWidth, Number(svg.getAttribute('width'))]"
    )
    assert drawn == own
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_one_number_is_told_where_none_fits_over_its_column(visit, share):
    picture = visit(share, "#page=counting", width=390).locator("#figure-by-quarter svg")
    told = [text for text in picture.locator("text").all_text_contents() if "Q" not in text]
    numbers = [text.split(": ")[1] for text in picture.locator("title").all_text_contents()]
    assert told == [max(numbers, key=lambda text: int(text.replace(",", "")))]


def test_a_place_whose_handoffs_are_all_few_says_so_and_offers_no_slider(visit, tmp_path):
    table = explorer_place.pretend_place()
    kept = [row for row in table.to_pylist() if row["table"] != "handoffs" or not row["row"]]
    kept.append({**next(row for row in kept if row["table"] == "services"), "table": "handoffs", "row": "gp/Telephone",
                 "column": "police/Arrest", "chip": "all", "chip_value": "", "quarter": "", "shown": None,
                 "people_shown": None, "withheld": True})  # fmt: skip
    tab = visit(written(tmp_path, table.from_pylist(kept, schema=table.schema)), "#page=journeys")
    assert "No single handoff between services can be shown" in tab.locator("#lead").inner_text()
    assert tab.locator("#range-shown, #range-people").count() == 0
    assert tab.locator("#tables").get_by_text("Handoffs: no rows to show").count() == 1
