"""Places of every size and shape: the page stays whole, small, and as quick to draw for a million people as for few."""

from __future__ import annotations

import gzip

import pytest

from totalplace.report.explorer import page as pages

from . import explorer_place
from .conftest import written

PAGES = ["summary", "families", "duplicates", "journeys", "together", "followup", "counting", "trust"]
TEXTS = """() => document.querySelector('main').innerText"""
# Work is counted, not timed: what a filter makes the browser build is the same on a slow machine and a fast one.
BUILT = """async () => { let built = 0;
    const seen = new MutationObserver(list => list.forEach(m => m.addedNodes.forEach(n => {
      built += 1 + (n.querySelectorAll ? n.querySelectorAll('*').length : 0); })));
    seen.observe(document.body, { childList: true, subtree: true });
    const box = document.getElementById('chip');
    box.value = 'area=Castle';
    box.dispatchEvent(new Event('change'));
    await new Promise(done => setTimeout(done));
    return built; }"""
MOST_NODES = 4_000


@pytest.fixture(scope="module")
def no_duplicates(safe, tmp_path_factory):
    rows = [row for row in safe.to_pylist() if not row["table"].startswith("duplicates")]
    table = safe.schema.empty_table().from_pylist(rows, schema=safe.schema)
    return written(tmp_path_factory.mktemp("none"), table)


def test_a_place_without_duplicates_says_that_there_are_none(visit, no_duplicates):
    tab = visit(no_duplicates, "#page=duplicates")
    assert "not counted" in tab.locator("h1").inner_text() or "No assessment" in tab.locator("h1").inner_text()
    assert tab.locator("#figure-matrix .empty").count() == 1
    for page in PAGES:
        text = visit(no_duplicates, f"#page={page}").evaluate(TEXTS)
        assert not {"NaN", "undefined", "null"} & set(text.split())


@pytest.mark.parametrize("page", PAGES)
def test_labels_of_a_chart_do_not_lie_on_each_other(visit, share, page):
    tab = visit(share, f"#page={page}")
    clash = """() => [...document.querySelectorAll('figure svg')].flatMap(svg => {
        const boxes = [...svg.querySelectorAll('text:not([transform])')].filter(t => t.textContent.trim())
          .map(t => [t.textContent, t.getBoundingClientRect()]);
        const over = (a, b) => a.left < b.right - 1 && a.top < b.bottom - 4;
        return boxes.flatMap(([one, a], i) => boxes.slice(i + 1).filter(([, b]) => over(a, b) && over(b, a))
          .map(([two]) => [one, two])); })"""
    assert tab.evaluate(clash) == []


def test_nothing_moves_where_less_motion_is_preferred(visit, share):
    tab = visit(share, "#page=journeys", reduced_motion="reduce")
    tab.locator("#chip").select_option("area=Castle")
    assert tab.evaluate("document.getAnimations().length") == 0
    moving = (
        "[...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).transitionDuration)).length"
    )
    assert tab.evaluate(moving) == 0


def test_a_dark_preference_leaves_the_page_as_light_as_it_prints(visit, share):
    pictures = [visit(share, "#page=summary", color_scheme=scheme).screenshot() for scheme in ("light", "dark")]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_one_million_people_is_built_of_as_few_parts(visit, share, big, page):
    small, large = (visit(path, f"#page={page}", beside=True) for path in (share, big))
    nodes = [tab.evaluate("document.querySelectorAll('*').length") for tab in (small, large)]
    built = [tab.evaluate(BUILT) for tab in (small, large)]
    assert max(nodes) <= MOST_NODES and max(built) <= MOST_NODES
    assert built[1] <= 1.3 * built[0] + 200


def test_both_sizes_show_the_same_services(visit, share, big):
    read = "[...document.querySelectorAll('#figure-map [data-key^=\"service \"]')].map(dot => dot.dataset.key)"
    keys = [set(visit(path, "#page=journeys").evaluate(read)) for path in (share, big)]
    assert keys[0] == keys[1] and len(keys[0]) == 60


def test_both_sizes_keep_the_budget_of_bytes(share, big):
    for path in (share, big):
        body = path.read_bytes()
        assert len(body) <= 600_000 and len(gzip.compress(body)) <= 150_000


def test_a_page_without_areas_by_quarter_drops_the_older_filter_and_says_why(visit, safe, tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", 340_000)
    tab = visit(written(tmp_path, safe), "#page=counting&area=Castle&quarter=2024-Q1")
    note = tab.locator("#filter-note")
    assert "January to March 2024" in note.inner_text() and "no numbers of one area in one quarter" in note.inner_text()
    assert (tab.locator("#chip").input_value(), tab.locator("#quarter").input_value()) == ("area=Castle", "")
    tab.locator("#quarter").select_option("2024-Q1")
    assert (tab.locator("#chip").input_value(), tab.locator("#quarter").input_value()) == ("", "2024-Q1")
    assert "Castle" in note.inner_text()
    tab.locator("#chip").select_option("agency=gp")
    assert tab.locator("#quarter").input_value() == "2024-Q1" and note.is_hidden()
    tab.locator('nav a[data-page="trust"]').click()
    assert "no numbers of one area in one quarter" in tab.locator("main").inner_text()


def test_the_same_place_gives_the_same_bytes_twice(safe, share, tmp_path):
    assert written(tmp_path, safe, graph="graph.html").read_bytes() == share.read_bytes()


def test_a_place_of_sixty_services_and_one_of_three_hundred_draw_sixty_dots(visit, share, tmp_path):
    services = {code: [f"Service {n} of {name}" for n in range(30)] for code, name in explorer_place.AGENCIES}
    table = explorer_place.pretend_place(services=services, areas=["Castle"], themes=["crime"], quarters=["2024-Q1"])
    for path, more in ((share, False), (written(tmp_path, table), True)):
        tab = visit(path, "#page=journeys")
        assert tab.locator("#figure-map circle").count() == 60
        assert ("more" in tab.locator("#figure-map svg").text_content()) is more
