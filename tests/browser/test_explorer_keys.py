"""The keyboard alone does everything, and nothing is asked of any server."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

PAGES = ["summary", "families", "duplicates", "journeys", "together", "followup", "counting", "trust"]
FOCUS = """() => { const e = document.activeElement;
    return e.dataset.key || (e.id ? '#' + e.id : e.dataset.page ? 'nav ' + e.dataset.page : e.tagName); }"""
VISIBLE = """() => { const e = document.activeElement, ring = e.querySelector('.ring');
    const outlined = e.type === 'radio' ? e.nextElementSibling : e;
    return ring ? parseFloat(getComputedStyle(ring).strokeWidth) >= 3
      : parseFloat(getComputedStyle(outlined).outlineWidth) >= 2; }"""


def tab_to(tab, key, most=160):
    for _ in range(most):
        if tab.evaluate(FOCUS) == key:
            return tab
        tab.keyboard.press("Tab")
    raise AssertionError(f"the tab key never reaches {key}")


def test_keys_alone_go_from_the_start_to_a_filtered_cell_a_threshold_and_a_saved_table(visit, share):
    tab = visit(share)
    tab_to(tab, "nav duplicates").keyboard.press("Enter")
    tab_to(tab, "#chip").keyboard.type("Castle")
    assert "area=Castle" in tab.url
    tab_to(tab, "choice validity 180").keyboard.press("ArrowRight")
    assert "validity=365" in tab.url
    tab_to(tab, "cell housing housing").keyboard.press("Enter")
    assert "Housing options first" in tab.locator("#figure-matrix .panel h3").inner_text()
    tab_to(tab, "open duplicated assessments").keyboard.press("Enter")
    with tab.expect_download() as waiting:
        tab_to(tab, "csv duplicated assessments").keyboard.press("Enter")
    assert waiting.value.suggested_filename == "duplicated-assessments-Castle.csv"
    tab.locator("#skip").focus()
    tab_to(tab, "remove chip").keyboard.press("Enter")
    assert "area=" not in tab.url


@pytest.mark.parametrize("page", PAGES)
def test_focus_is_seen_at_every_stop_and_leaves_the_page_at_its_end(visit, share, page):
    tab = visit(share, f"#page={page}")
    stops = []
    for _ in range(260):
        tab.keyboard.press("Tab")
        stop = tab.evaluate(FOCUS)
        if stops and stop in ("BODY", "#skip"):
            break
        stops.append(stop)
        assert tab.evaluate(VISIBLE), stop
    assert stop in ("BODY", "#skip") and len(stops) > 15


@pytest.fixture
def served(share) -> Iterator[tuple[str, list[str]]]:
    """Serve the folder of the explorer on this machine and keep what is asked of it."""
    asked: list[str] = []

    class Listening(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            asked.append(self.path)

    folder = str(Path(share).parent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Listening(*a, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/explorer.html", asked
    server.shutdown()
    server.server_close()


def test_a_server_is_asked_for_the_page_and_nothing_else(browser, served):
    address, asked = served
    with browser.new_context() as context:
        tab = context.new_page()
        for page in PAGES:
            tab.goto(f"{address}#page={page}")
        tab.locator("#chip").select_option("area=Castle")
    assert asked == ["/explorer.html"]
