"""graph.html in a real Chromium: it draws from disk, asks for nothing, and says in words what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.errors import ShapeError, UsageError
from totalplace.report import graph_view
from totalplace.report.disclosure.release import Release, release
from totalplace.report.graph_view import graph_page, write_graph
from totalplace.report.service_graph import safe_graph
from totalplace.tables import CELLS

RULES, _ = load_rules()
AGENCIES = ("housing", "adult_social_care", "police", "jobcentre", "gp", "probation", "council_tax", "schools")
HOSTILE = ["</script><b>bold</b>", '"><img src=x onerror=alert(1)>', "\u202eright to left", "🙂", "long " * 40]


DARK_PIXELS = """() => {
    const canvas = document.querySelector("canvas");
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let dark = 0;
    for (let at = 0; at < pixels.length; at += 4) { if (pixels[at + 3] && pixels[at] < 100) { dark += 1; } }
    return dark;
}"""
INJECT = """() => {
    const script = document.createElement("script");
    script.textContent = "window.leaked = 1";
    document.body.append(script);
}"""


def cell(table: str, people: int, row: str = "", column: str = "") -> dict[str, Any]:
    base = {"chip": "all", "chip_value": "", "quarter": "", "unit": "people", "agencies": 3, "largest_share": 0.0}
    return base | {"table": table, "row": row, "column": column, "value": people * 2.0, "people": people}


def released(services: list[str], handoffs: list[tuple[str, str]]) -> Release:
    """Release services and handoffs with falling numbers of people."""
    rows = [cell("services", 30 + 5 * at, name) for at, name in enumerate(services)]
    rows += [cell("handoffs", 12 + 3 * (len(handoffs) - at), a, b) for at, (a, b) in enumerate(handoffs)]
    with LocalEngine(workers=1) as engine:
        return release(
            engine.hold(pa.Table.from_pylist(rows, schema=CELLS.schema)), RULES.privacy, RULES.report, engine
        )


def a_place(size: int = 60) -> Release:
    names = [f"{AGENCIES[at % len(AGENCIES)]}/service {at:02}" for at in range(size)]
    return released(names, [(names[at], names[(7 * at + 3) % size]) for at in range(size)])


@pytest.fixture
def opened(offline_page: Any, tmp_path: Path) -> Any:
    def draw(result: Release, **options: Any) -> Any:
        write_graph(result, tmp_path / "graph.html", RULES.report, "Handoffs", False, force=True)
        visit = offline_page((tmp_path / "graph.html").as_uri(), **options)
        visit.page.wait_for_selector("body[data-drawn=true]")
        return visit

    return draw


def test_the_page_draws_from_disk_without_a_request_or_an_error(opened: Any) -> None:
    visit = opened(a_place())
    dark = visit.page.evaluate(DARK_PIXELS)
    assert dark > 5_000  # titles, labels and arrows; an empty canvas has none
    assert (visit.requests, visit.errors) == ([], [])


def test_no_two_boxes_of_sixty_services_touch_and_text_is_at_least_14_pixels(opened: Any) -> None:
    page = opened(a_place()).page
    boxes = page.evaluate(
        "nodes.getIds().map(id => { const b = network.getBoundingBox(id); return [b.left, b.top, b.right, b.bottom]; })"
    )
    touching = [
        (a, b) for i, a in enumerate(boxes) for b in boxes[i + 1 :]
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]  # fmt: skip
    assert touching == [] and len(boxes) == 60
    assert page.evaluate("network.getScale()") == 1
    assert min(page.evaluate("nodes.get().map(n => n.font.size)")) >= 14


def test_nothing_moves_by_itself(opened: Any) -> None:
    page = opened(a_place(12)).page
    before = page.evaluate("network.getPositions()")
    page.wait_for_timeout(400)
    assert page.evaluate("network.getPositions()") == before


def test_the_number_box_and_the_slider_change_arrows_and_the_sentence(opened: Any) -> None:
    page = opened(a_place(20)).page
    page.fill("#number", "5")
    page.press("#number", "Tab")
    assert page.evaluate("edges.get().filter(e => !e.hidden).length") == 5
    assert page.inner_text("h1").startswith("5 of 20 handoffs carry")
    page.focus("#slider")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("edges.get().filter(e => !e.hidden).length") == 6
    assert page.input_value("#number") == "6"


def test_the_tables_hold_the_numbers_that_are_drawn(opened: Any) -> None:
    result = a_place(20)
    page = opened(result).page
    page.click("summary")
    rows = page.locator("table").first.locator("tbody tr").all_inner_texts()
    people = sorted(int(row.split("\t")[2].replace(",", "")) for row in rows)
    assert people == sorted(n for *_, n in safe_graph(result).edges(data="people"))


def test_hostile_labels_stay_text(opened: Any) -> None:
    names = [f"housing/{text}" for text in HOSTILE]
    visit = opened(released(names, list(zip(names, names[1:], strict=False))))
    assert visit.errors == [] and visit.requests == []
    assert visit.page.locator("table img, table b").count() == 0
    assert visit.page.locator("td", has_text="</script><b>bold</b>").count() > 0


def test_the_page_has_language_title_one_heading_and_a_main_landmark(opened: Any) -> None:
    page = opened(a_place(12)).page
    assert page.get_attribute("html", "lang") == "en-GB" and page.title() == "Handoffs"
    assert [page.locator(tag).count() for tag in ("h1", "main", "figcaption")] == [1, 1, 1]


def test_a_narrow_screen_scrolls_the_drawing_and_not_the_page(opened: Any) -> None:
    page = opened(a_place(12), width=320, height=700).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_an_injected_script_is_blocked_by_the_policy(opened: Any) -> None:
    visit = opened(a_place(12))
    visit.page.evaluate(INJECT)
    assert visit.page.evaluate("window.leaked") is None


def test_a_large_graph_is_cut_by_volume_and_says_so() -> None:
    names = [f"housing/service {at:03}" for at in range(170)]
    result = released(names, list(zip(names, names[1:], strict=False)))
    text = graph_page(result, RULES.report, "Handoffs", False)
    assert "Cut by volume: 20 more services and 20 more handoffs are not in this file." in text


def test_a_place_without_handoffs_says_so(opened: Any) -> None:
    visit = opened(released(["housing/visit"], []))
    assert "No handoff between services" in visit.page.inner_text("h1") and visit.errors == []


def test_a_link_leads_back_to_the_explorer_that_lies_beside() -> None:
    link = '<a href="explorer.html#page=journeys">Back to the explorer</a>'
    assert link in graph_page(a_place(12), RULES.report, "Handoffs", False, explorer="explorer.html")
    assert "<a " not in graph_page(a_place(12), RULES.report, "Handoffs", False)


def test_synthetic_people_are_marked() -> None:
    assert "Synthetic: invented people." in graph_page(a_place(12), RULES.report, "Handoffs", True)


def test_equal_releases_give_equal_pages() -> None:
    assert graph_page(a_place(12), RULES.report, "Handoffs", True) == graph_page(
        a_place(12), RULES.report, "Handoffs", True
    )


def test_a_page_that_would_load_something_is_not_written(monkeypatch: Any, tmp_path: Path) -> None:
    drawing = graph_view._drawing
    monkeypatch.setattr(graph_view, "_drawing", lambda *a: (drawing(*a)[0], ["@import url(https://example.org/a.css)"]))
    with pytest.raises(ShapeError, match="loads from outside"):
        write_graph(a_place(12), tmp_path / "graph.html", RULES.report, "Handoffs", False)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_page_is_kept_without_force(tmp_path: Path) -> None:
    (tmp_path / "graph.html").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="TP121"):
        write_graph(a_place(12), tmp_path / "graph.html", RULES.report, "Handoffs", False)
