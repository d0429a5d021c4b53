"""The explorer in a real Chromium: offline, and sentence, chart, table and saved file say what the safe cells say."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow.compute as pc
import pytest

from totalplace.config.load import load_rules
from totalplace.report.explorer.page import write_explorer

from . import explorer_place

RULES = load_rules()[0].report
STATES = ["", "&quarter=2023-Q2", "&area=Castle", "&agency=gp", "&theme=crime", "&area=Castle&quarter=2023-Q2"]
PAGES = ["summary", "families", "duplicates", "journeys", "together", "followup", "counting", "trust"]


SAFE = explorer_place.pretend_place()
CELLS = {
    tuple(row[k] for k in ("table", "chip", "chip_value", "quarter", "row", "column")): row for row in SAFE.to_pylist()
}


def shown(table, state="", row="", column=""):
    """Return what a page must print for a safe cell: its number, `withheld`, or 0."""
    parts = dict(part.split("=") for part in state.split("&") if part)
    quarter = parts.pop("quarter", "")
    chip, value = next(iter(parts.items()), ("all", ""))
    cell = CELLS.get((table, chip, value, quarter, row, column))
    return "0" if cell is None else "withheld" if cell["shown"] is None else f"{cell['shown']:,.0f}"


def headline_numbers():
    """Return the four numbers of the summary that rest on links, as released."""
    names = (("people", ""), ("duplicates", ""), ("high_demand", "100"), ("agency_handoffs", ""))
    return [CELLS[table, "all", "", "", row, ""]["shown"] for table, row in names]


def headline(tab):
    return tab.locator("h1").inner_text()


def rows(tab, at=0):
    return tab.evaluate(
        """at => [...document.querySelectorAll('#tables details')[at].querySelectorAll('tbody tr')]
               .map(row => [...row.cells].map(c => c.textContent))""",
        at,
    )


def saved_csv(tab, name):
    tab.evaluate("document.querySelectorAll('#tables details').forEach(d => { d.open = true; })")
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name=f"Save table as CSV: {name}").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    return [[f"{int(x):,}" if x.isdigit() else x for x in line] for line in csv.reader(io.StringIO(text))][1:]


@pytest.mark.parametrize("state", STATES)
def test_summary_says_the_safe_numbers_in_sentence_chart_table_and_file(visit, share, state):
    tab = visit(share, f"#page=summary{state}")
    people, contacts = shown("people", state), shown("contacts", state)
    assert headline(tab).startswith(f"{people} people had {contacts} contacts with")
    chart = tab.locator("#figure-headlines svg").text_content()
    table = rows(tab)
    again = shown("duplicates", state)
    assert people in chart and contacts in chart and again in chart
    assert [row[1] for row in table[:2]] == [people, contacts]
    assert table[3][1] == again
    assert saved_csv(tab, "six numbers") == table


def test_every_headline_of_the_whole_place_has_its_range_in_sentence_chart_and_table(visit, share):
    tab = visit(share, "#page=summary")
    spans = [f"{number - 10:,.0f} to {number + 15:,.0f}" for number in headline_numbers()]
    lead, chart = tab.locator("#lead").inner_text(), tab.locator("#figure-headlines svg").text_content()
    assert all(span in lead and span in chart for span in spans)
    assert [f"{row[2]} to {row[3]}" for row in rows(tab) if row[2]] == spans
    for page, span in (("duplicates", spans[1]), ("families", spans[2]), ("journeys", spans[3])):
        assert span in visit(share, f"#page={page}").locator("#lead").inner_text()


def test_a_filter_claims_no_range(visit, share):
    tab = visit(share, "#page=summary&area=Castle")
    assert "leave open" not in tab.locator("#lead").inner_text()
    assert not any(row[2] or row[3] for row in rows(tab))


@pytest.mark.parametrize("state", STATES)
def test_duplicates_matrix_equals_its_table_its_file_and_the_safe_cells(visit, share, state):
    tab = visit(share, f"#page=duplicates{state}")
    assert headline(tab).startswith(
        f"{shown('duplicates', state)} of {shown('assessments', state)}"
    ) or "withheld" in headline(tab)
    table = rows(tab)
    names = {name: code for code, name in explorer_place.AGENCIES}
    assert table
    for first, again, number in table:
        assert number == shown("duplicates", state, names[first], names[again])
        label = tab.locator(f'#figure-matrix [aria-label="{first}, {again}: {number}"]')
        assert label.count() == 1 or tab.locator("#figure-matrix .empty").count()
    assert saved_csv(tab, "duplicated assessments") == table


@pytest.mark.parametrize("state", STATES)
def test_counting_bars_equal_the_table_and_the_safe_cells(visit, share, state):
    tab = visit(share, f"#page=counting{state}")
    assert headline(tab).startswith(f"{shown('contacts', state)} contacts")
    names = {name: code for code, name in explorer_place.AGENCIES}
    for kind, name, number, *_ in rows(tab):
        if kind == "Agency":
            assert number == shown("contacts", state, names[name])
            assert tab.locator(f'#figure-by-agency [aria-label="{name}: {number}"]').count() == 1


@pytest.mark.parametrize("state", ["", "&area=Castle"])
def test_families_agree_at_every_threshold(visit, share, state):
    tab = visit(share, f"#page=families{state}")
    for k in ("50", "100", "250"):
        tab.locator(f'input[name="k"][value="{k}"]').check(force=True)
        number = shown("high_demand", state, k)
        assert f"{number} families had {k} or more" in tab.locator("#lead").inner_text() or number == "withheld"
        assert tab.locator(f'#figure-thresholds [aria-label="{k} or more: {number}"][aria-pressed="true"]').count() == 1
        assert [k, number] in rows(tab, 1)


def test_concentration_sentence_follows_the_curve(visit, share):
    tab = visit(share, "#page=families")
    whole = CELLS["lorenz", "all", "", "", "100", ""]["shown"]
    for top in (1, 5, 20):
        tab.locator("#box-top").fill(str(top))
        tab.locator("#box-top").press("Enter")
        part = round(100 * CELLS["lorenz", "all", "", "", str(top), ""]["shown"] / whole)
        assert headline(tab) == f"{top}% of families account for {part}% of interventions"
        assert f"{part}% of interventions" in tab.locator("#figure-concentration svg").text_content()


@pytest.mark.parametrize("state", ["", "&area=Castle", "&agency=gp"])
def test_handoff_sentence_map_and_table_agree_while_the_slider_moves(visit, share, state):
    tab = visit(share, f"#page=journeys{state}")
    for number in (5, 12):
        tab.locator("#box-shown").fill(str(number))
        tab.locator("#box-shown").press("Enter")
        table = rows(tab)
        assert headline(tab).startswith(f"{len(table)} of ")
        assert tab.locator("#figure-map path[marker-end]").count() == len(table)
        carried = sum(int(row[5].replace(",", "")) for row in table)
        whole = int(shown("handoffs", state).replace(",", ""))
        assert f"carry {round(100 * carried / whole)}% of the traffic" in headline(tab)


def test_positions_on_the_map_stay_when_a_filter_changes(visit, share):
    tab = visit(share, "#page=journeys")
    read = """[...document.querySelectorAll('#figure-map circle')]
        .map(c => [c.getAttribute('cx'), c.getAttribute('cy')].join())"""
    before = tab.evaluate(read)
    tab.locator("#chip").select_option("area=Castle")
    assert len(before) == 60
    assert tab.evaluate(read) == before


def test_trust_counts_the_withheld_numbers_of_the_file(visit, share):
    tab = visit(share, "#page=trust")
    held = sum(row["withheld"] for row in CELLS.values())
    assert f"{held:,} of " in tab.locator("#lead").inner_text()
    assert f"{held:,}" in tab.locator(".strip").inner_text()
    assert sum(int(row[2].replace(",", "")) for row in rows(tab)) == held


def test_empty_state_says_why_and_what_to_do(visit, share):
    tab = visit(share, "#page=families&quarter=2023-Q2")
    assert "over the whole period only" in tab.locator("#figure-bands .empty").inner_text()
    tab = visit(share, "#page=journeys&quarter=2023-Q2")
    assert "over the whole period only" in tab.locator("#figure-map .empty").inner_text()
    assert (
        headline(tab) == f"{shown('agency_handoffs', 'quarter=2023-Q2')} handoffs between agencies, April to June 2023"
    )


def test_a_table_that_was_not_counted_says_so(visit, tmp_path):
    only = SAFE.filter(pc.equal(SAFE["table"], "contacts"))
    path = tmp_path / "contacts.html"
    write_explorer(
        explorer_place.released(only), explorer_place.pretend_story(precision=None, recall=None), path, RULES
    )
    for page in PAGES:
        tab = visit(path, f"#page={page}")
        assert "undefined" not in tab.locator("main").inner_text()
    assert "not measured" in tab.locator("#lead").inner_text()
    assert "not counted in this run" in visit(path, "#page=duplicates").locator("#figure-matrix").inner_text()


@pytest.mark.parametrize("state", ["", "&area=Castle", "&theme=crime"])
def test_families_by_band_are_those_behind_the_interventions(visit, share, state):
    tab = visit(share, f"#page=families{state}")
    parts = dict(part.split("=") for part in state.split("&") if part)
    chip, value = next(iter(parts.items()), ("all", ""))
    for band, agencies, families, acts in rows(tab):
        if agencies == "any":
            cell = CELLS["family_band_contacts", chip, value, "", band, ""]
            assert families == ("withheld" if cell["people_shown"] is None else f"{cell['people_shown']:,}")
            assert acts == shown("family_band_contacts", state, band)
            assert f"{band}{families}" in tab.locator("#figure-bands svg").text_content()
        else:
            assert families == shown("family_bands", state, band, agencies)


def test_withheld_cells_are_hatched_and_named(visit, share):
    tab = visit(share, "#page=duplicates&area=Castle")
    held = tab.locator('#figure-matrix [aria-label$=": withheld"] rect[fill^="url(#hatch"]')
    table = [row for row in rows(tab) if row[2] == "withheld"]
    assert held.count() == len(table) > 0


def test_family_page_finds_the_peak_window(visit, analyst):
    tab = visit(analyst, "#page=family")
    first = [r for r in explorer_place.pretend_timelines().to_pylist() if r["family_id"] == bytes([1]) * 16]
    acts = sum(r["class"] == "intervention" for r in first)
    assert int(headline(tab).split()[0]) <= acts
    assert headline(tab).endswith("interventions by 10 agencies in 18 months")
    assert tab.locator("#figure-family [data-key^='event ']").count() == int(headline(tab).split()[0]) == len(rows(tab))


def test_family_page_moves_between_families_and_events_by_key(visit, analyst):
    tab = visit(analyst, "#page=family")
    before = headline(tab)
    tab.get_by_role("button", name="Next family").click()
    assert headline(tab) != before
    tab.locator("#figure-family [tabindex='0'][data-key^='event ']").first.focus()
    tab.keyboard.press("ArrowRight")
    first = tab.locator("#figure-family .panel h3").inner_text()
    tab.keyboard.press("ArrowRight")
    assert tab.locator("#figure-family .panel h3").inner_text() != first


def test_a_big_file_says_what_it_left_out(visit, big):
    tab = visit(big, "#page=duplicates&area=Castle&quarter=2023-Q2")
    assert "to keep it small" in tab.locator("#figure-matrix .empty").inner_text()
    assert " of " in headline(tab)
    tab.locator("#quarter").select_option("")
    assert tab.locator("#figure-matrix svg").count() == 1
