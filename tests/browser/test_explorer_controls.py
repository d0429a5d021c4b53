"""Every control of the explorer does something that can be seen; the address brings the same view back."""

from __future__ import annotations

from pathlib import Path

import pytest

from totalplace.config.load import load_rules
from totalplace.report.explorer.page import write_explorer

from . import explorer_place

RULES = load_rules()[0].report
PAGES = ["summary", "families", "duplicates", "journeys", "together", "followup", "counting", "trust"]


def write(path, table, **changes):
    write_explorer(explorer_place.released(table), explorer_place.pretend_story(**changes), path, RULES)
    return path


def headline(tab):
    return tab.locator("h1").inner_text()


def picture(tab, name):
    return tab.locator(f"#figure-{name} svg").inner_html()


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_from_its_link_and_keeps_the_filter(visit, share, page):
    tab = visit(share, "#area=Castle")
    tab.locator(f'nav a[data-page="{page}"]').click()
    assert f"page={page}" in tab.url and "area=Castle" in tab.url
    assert tab.locator("nav a[aria-current=page]").get_attribute("data-page") == page
    assert tab.title().startswith(headline(tab))


def test_filters_set_sentence_chip_and_address_and_a_chip_removes_them(visit, share):
    tab = visit(share)
    tab.locator("#chip").select_option("agency=police")
    tab.locator("#quarter").select_option("2023-Q2")
    assert "with Police, April to June 2023" in headline(tab)
    assert "agency=police&quarter=2023-Q2" in tab.url
    tab.get_by_role("button", name="Remove the filter Agency: Police").click()
    tab.get_by_role("button", name="Remove the filter April to June 2023").click()
    assert headline(tab).startswith("10,000 people")


def test_a_second_chip_replaces_the_first_and_the_bar_says_why(visit, share):
    tab = visit(share, "#page=counting&area=Castle")
    tab.locator('#figure-by-agency [aria-label^="Police:"]').click()
    assert "agency=police" in tab.url and "area=" not in tab.url
    assert "“Castle” was replaced" in tab.locator("#filter-note").inner_text()


def test_an_address_with_too_many_or_unknown_chips_is_cut_and_said_so(visit, share):
    tab = visit(share, "#page=counting&area=Castle&agency=police&theme=nowhere&quarter=1999-Q9")
    note = tab.locator("#filter-note").inner_text()
    assert "in Castle" in headline(tab)
    assert "takes one filter" in note and "filter that this file does not hold" in note and "quarter" in note


@pytest.mark.parametrize(
    "fragment",
    [
        "#page=duplicates&area=Castle&validity=90&cell=gp~gp",
        "#page=families&k=50&top=12",
        "#page=journeys&people=60&shown=9",
    ],
)
def test_the_address_restores_the_view_after_a_reload(visit, share, fragment):
    tab = visit(share, fragment)
    before = (headline(tab), tab.locator("#figures").inner_text())
    tab.reload()
    tab.locator("html[data-ready]").wait_for(state="attached")
    assert (headline(tab), tab.locator("#figures").inner_text()) == before


def test_back_returns_to_the_page_before(visit, share):
    tab = visit(share)
    tab.locator('nav a[data-page="trust"]').click()
    tab.go_back()
    assert tab.locator("#page-name").inner_text() == "Summary"


def test_each_headline_number_opens_its_page(visit, share):
    for name, page in (
        ("Avoidable assessments", "Duplicated assessments"),
        ("High-demand families", "High-demand families"),
    ):
        tab = visit(share)
        tab.locator(f'[data-key="card {name}"]').click()
        assert tab.locator("#page-name").inner_text() == page


@pytest.mark.parametrize("days", ["30", "60", "90", "365"])
def test_validity_moves_the_sentence_by_button_and_by_column(visit, share, days):
    tab = visit(share, "#page=duplicates")
    before = headline(tab)
    tab.locator(f'input[name="validity"][value="{days}"]').check(force=True)
    assert headline(tab) != before
    tab.locator('[data-key="validity 180"]').click()
    assert headline(tab) == before


@pytest.mark.parametrize("name", ["shown", "people"])
def test_each_slider_and_its_box_move_together(visit, share, name):
    tab = visit(share, "#page=journeys")
    before = headline(tab)
    tab.locator(f"#range-{name}").focus()
    for _ in range(30):
        tab.keyboard.press("ArrowRight" if name == "people" else "ArrowLeft")
    assert tab.locator(f"#box-{name}").input_value() == tab.locator(f"#range-{name}").input_value()
    tab.locator(f"#box-{name}").fill("200" if name == "people" else "3")
    tab.locator(f"#box-{name}").press("Enter")
    assert headline(tab) != before
    assert tab.evaluate("document.activeElement.id") == f"box-{name}"


def test_dragging_on_the_curve_moves_the_share(visit, share):
    tab = visit(share, "#page=families")
    box = tab.locator("#figure-concentration svg").bounding_box()
    tab.mouse.move(box["x"] + 100, box["y"] + 100)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 260, box["y"] + 120, steps=4)
    tab.mouse.up()
    assert tab.locator("#box-top").input_value() not in ("5", "")
    assert headline(tab).startswith(f"{tab.locator('#box-top').input_value()}% of families")


def test_a_service_opens_its_list_and_lights_its_handoffs(visit, share):
    tab = visit(share, "#page=journeys")
    tab.locator('[data-key="service police/Arrest"]').click()
    assert "People went on to" in tab.locator("#figure-map .panel").inner_text()
    tab.locator('[data-key="service police/Arrest"]').click()
    assert tab.locator("#figure-map .panel").count() == 0


def test_a_path_lights_its_lanes(visit, share):
    tab = visit(share, "#page=journeys")
    before = picture(tab, "map")
    tab.locator('#figure-paths [role="button"]').nth(1).click()
    assert picture(tab, "map") != before


@pytest.mark.parametrize(
    ("name", "value"), [("measure", "interventions"), ("measure", "people"), ("as", "share"), ("as", "each")]
)
def test_counting_choices_change_chart_and_caption(visit, share, name, value):
    tab = visit(share, "#page=counting")
    before = picture(tab, "by-agency")
    tab.locator(f'input[name="{name}"][value="{value}"]').check(force=True)
    assert picture(tab, "by-agency") != before


def test_columns_sort_both_ways(visit, share):
    tab = visit(share, "#page=trust")
    tab.evaluate("document.querySelector('#tables details').open = true")
    read = """[...document.querySelectorAll('#tables tbody')[0].rows]
        .map(r => Number(r.cells[1].textContent.replace(/,/g, '')))"""
    tab.locator("#tables th button").nth(1).click()
    assert tab.evaluate(read) == sorted(tab.evaluate(read), reverse=True)
    tab.locator("#tables th button").nth(1).click()
    assert tab.evaluate(read) == sorted(tab.evaluate(read))
    assert tab.locator("#tables th").nth(1).get_attribute("aria-sort") == "ascending"


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_is_saved_as_svg_and_png(visit, share, page):
    tab = visit(share, f"#page={page}")
    for button in tab.locator("figure .actions button").all():
        with tab.expect_download() as waiting:
            button.click()
        body = Path(waiting.value.path()).read_bytes()
        ending = Path(waiting.value.suggested_filename).suffix
        assert body.startswith(b"\x89PNG") if ending == ".png" else headline(tab)[:20].encode() in body
        assert len(body) > 800


def test_saved_svg_stands_alone(visit, share):
    tab = visit(share, "#page=duplicates")
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name="Save picture as SVG: Who asked first").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8")
    assert "run 8c1f0a3be204" in text and "no number under 10" in text
    assert " style=" not in text and "tabindex" not in text


def test_copy_link_puts_the_address_on_the_clipboard(visit, share):
    tab = visit(share, "#page=trust", permissions=["clipboard-read", "clipboard-write"])
    tab.locator("#copy").click()
    tab.locator("#copy", has_text="Link copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == tab.url


def test_keyboard_alone_reaches_a_cell_moves_a_threshold_and_clears_a_chip(visit, share):
    tab = visit(share, "#page=duplicates&area=Castle")
    seen, said = [], ""
    for _ in range(80):
        tab.keyboard.press("Tab")
        key = tab.evaluate(
            "document.activeElement.dataset.key || document.activeElement.id || document.activeElement.tagName"
        )
        seen.append(key)
        if key == "remove chip":
            tab.keyboard.press("Enter")
        if key == "choice validity 180":
            tab.keyboard.press("ArrowLeft")
        if key.startswith("cell "):
            tab.keyboard.press("Enter")
            said = tab.locator("#figure-matrix .panel h3").inner_text()
            assert tab.evaluate("document.activeElement.dataset.key") == key
            break
    assert "skip" in seen[:2] and said
    assert "area=" not in tab.url and "validity=90" in tab.url


def test_focus_is_visible_on_a_chart(visit, share):
    tab = visit(share, "#page=duplicates")
    tab.locator("#range-none, #copy").first.focus()
    while not tab.evaluate("(document.activeElement.dataset.key || '').startsWith('cell ')"):
        tab.keyboard.press("Tab")
    assert tab.evaluate("getComputedStyle(document.activeElement.querySelector('.ring')).strokeWidth") == "3px"


def test_skip_link_moves_to_the_finding(visit, share):
    tab = visit(share)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "headline"


def test_a_filter_change_is_announced(visit, share):
    tab = visit(share)
    tab.locator("#chip").select_option("area=Castle")
    assert headline(tab) in tab.locator("#say").text_content()


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(("width", "zoom"), [(320, 4), (1280, 1)])
def test_page_reflows_and_no_text_is_under_14_pixels(visit, share, page, width, zoom):
    # 320 is also what a window of 1,280 pixels has at 400% zoom.
    tab = visit(share, f"#page={page}", width=width, device_scale_factor=zoom)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    small = """[...document.querySelectorAll('body *')]
        .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
        .filter(e => e.getClientRects().length && e.tagName !== 'SCRIPT')
        .filter(e => parseFloat(getComputedStyle(e).fontSize) < 14).length"""
    assert tab.evaluate(small) == 0


@pytest.mark.parametrize("page", PAGES)
def test_one_h1_ordered_headings_and_a_named_picture(visit, share, page):
    tab = visit(share, f"#page={page}")
    levels = tab.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:], strict=False))
    assert tab.evaluate("[...document.querySelectorAll('figure svg')].every(s => s.getAttribute('aria-label'))")


def test_targets_are_large_enough(visit, share):
    for page in PAGES:
        tab = visit(share, f"#page={page}")
        small = """[...document.querySelectorAll('button, a:not(.skip), select, summary, input, svg [tabindex]')]
            .filter(e => e.getClientRects().length && e.type !== 'radio').map(e => e.getBoundingClientRect())
            .filter(b => b.width < 24 || b.height < 24).length"""
        assert tab.evaluate(small) == 0


def test_print_opens_every_table_and_drops_the_controls(visit, share):
    tab = visit(share, "#page=duplicates")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    tab.emulate_media(media="print")
    assert tab.locator("#tables details:not([open])").count() == 0
    assert not tab.locator(".filters").is_visible() and not tab.locator("nav").is_visible()
    assert tab.locator("footer").is_visible()
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.locator("#tables details:not([open])").count() > 0


HOSTILE = [
    "</script><b>bold</b>",
    '"><img src=x onerror=alert(1)>',
    "\u202eright to left\u202c שלום",
    "👩‍👩‍👧 emoji",
    "x" * 200,
    "",
    "=HYPERLINK(1)",
    "a & b <c>",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    agencies = (("</script><i>", '"><img src=x>'), ("b", "👮 " + "y" * 200), ("c", ""))
    services = {code: HOSTILE for code, _ in agencies}
    table = explorer_place.pretend_place(agencies=agencies, services=services, areas=HOSTILE[:5], themes=HOSTILE[:3])
    path = tmp_path_factory.mktemp("hostile") / "explorer.html"
    return write(path, table, agencies=agencies, place='<img src=x onerror="alert(2)">')


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [320, 1280])
def test_hostile_labels_stay_text(visit, hostile, page, width):
    tab = visit(hostile, f"#page={page}", width=width)
    assert tab.locator("img, body b, body i").count() == 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert headline(tab)


def test_hostile_chip_survives_the_address(visit, hostile):
    tab = visit(hostile)
    tab.locator("#chip").select_option(index=2)
    before = headline(tab)
    tab.reload()
    tab.locator("html[data-ready]").wait_for(state="attached")
    assert headline(tab) == before and tab.locator(".chip").count() == 1


def test_a_label_cannot_become_a_formula_in_the_saved_table(visit, hostile):
    tab = visit(hostile, "#page=journeys")
    tab.evaluate("document.querySelectorAll('#tables details').forEach(d => { d.open = true; })")
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name="Save table as CSV: services").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert "\n'=HYPERLINK(1)," in text


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Write one explorer for each small number of agencies."""

    def of(count):
        agencies = explorer_place.AGENCIES[:count]
        table = explorer_place.pretend_place(
            people=1000 if count else 0, agencies=agencies, areas=["Castle"], themes=[], quarters=[]
        )
        return write(tmp_path_factory.mktemp("few") / "few.html", table, agencies=agencies)

    return [of(count) for count in (0, 1, 2)]


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("page", PAGES)
def test_few_agencies_make_whole_pages(visit, few, count, page):
    tab = visit(few[count], f"#page={page}")
    assert (
        headline(tab)
        and "NaN" not in tab.locator("main").inner_text()
        and "undefined" not in tab.locator("main").inner_text()
    )
    assert tab.locator("figure").count() == tab.locator("figure svg, figure .empty").count()


def test_a_link_with_the_name_of_something_inherited_opens_the_first_page(visit, share):
    tab = visit(share, "#page=constructor&measure=toString&as=valueOf&chip=__proto__")
    assert "contacts" in tab.locator("h1").inner_text()
