"""Two groups on one map, the flow of first steps, the calendar, other thresholds: each agrees with its cells."""

from __future__ import annotations

import pytest

VERSUS = "#page=journeys&area=Castle&versus=agency%3Dgp"


@pytest.fixture(scope="module")
def shown(safe):
    names = ("table", "chip", "chip_value", "quarter", "row", "column")
    return {tuple(row[name] for name in names): row for row in safe.to_pylist()}


def rows(tab, name):
    return tab.evaluate(
        """name => [...[...document.querySelectorAll('#tables details')]
               .find(d => d.querySelector('summary').textContent.toLowerCase().startsWith(name + ':'))
               .querySelectorAll('tbody tr')].map(row => [...row.cells].map(c => c.textContent))""",
        name,
    )


def test_differences_are_rates_of_published_numbers(visit, share, shown):
    tab = visit(share, VERSUS)
    table = rows(tab, "differences")
    area, gp = ("area", "Castle", ""), ("agency", "gp", "")
    rates = {}
    for (table_name, *cut, row, column), cell in shown.items():
        if table_name == "handoffs" and column and cell["people_shown"] and tuple(cut) in (area, gp):
            whole = shown[("people", *cut, "", "")]["people_shown"]
            ends = (row.partition("/")[2], column.partition("/")[2])
            rates.setdefault(ends, {})[cut[0]] = round(100 * cell["people_shown"] / whole + 1e-9, 1)
    both = {ends: found for ends, found in rates.items() if len(found) == 2}
    assert 5 < len(table) <= len(both)  # the file keeps the largest handoffs of each filter
    for start, _, end, _, a, b, _ in table:
        assert (float(a), float(b)) == pytest.approx((both[start, end]["area"], both[start, end]["agency"]), abs=0.11)


def test_the_sentence_names_the_largest_difference_and_the_map_comes_first(visit, share):
    tab = visit(share, VERSUS)
    start, _, end, _, a, b, _ = rows(tab, "differences")[0]
    sentence = tab.locator("h1").inner_text()
    assert sentence == f"{start} to {end}: {float(a):.1f} in 100 people for Castle, {float(b):.1f} for General practice"
    assert tab.locator("figure").first.get_attribute("id") == "figure-map"


def test_more_and_less_are_told_apart_without_colour(visit, share):
    tab = visit(share, VERSUS)
    differences = [float(row[6].replace("\u2212", "-")) for row in rows(tab, "differences")]
    dashed = tab.locator("#figure-map path[marker-end][stroke-dasharray]").count()
    assert dashed == sum(x < 0 for x in differences[:60])
    assert tab.locator("#figure-map path[marker-end]").count() == sum(x != 0 for x in differences[:60])


def test_comparing_is_chosen_from_a_list_and_ends_there(visit, share):
    tab = visit(share, "#page=journeys&area=Castle")
    before = tab.locator("h1").inner_text()
    tab.locator("#versus").select_option("all")
    assert "for Castle" in tab.locator("h1").inner_text() and "versus=all" in tab.url
    tab.locator("#versus").select_option("")
    assert tab.locator("h1").inner_text() == before


def test_a_group_is_not_compared_with_itself_nor_with_one_that_is_not_there(visit, share):
    assert "carry" in visit(share, "#page=journeys&area=Castle&versus=area%3DCastle").locator("h1").inner_text()
    tab = visit(share, "#page=journeys&versus=area%3DNowhere")
    assert "compares with a group" in tab.locator("#filter-note").inner_text()


def test_the_flow_is_made_of_the_published_paths(visit, share, shown):
    tab = visit(share, "#page=journeys&picture=flow&paths=all")
    paths = {key[4]: cell["shown"] for key, cell in shown.items() if key[:4] == ("variants", "all", "", "") and key[4]}
    second = sum(n for path, n in paths.items() if n and len([s for s in path.split(" > ") if s != "..."]) > 1)
    steps = rows(tab, "first steps")
    assert sum(int(n.replace(",", "")) for step, *_, n in steps if step == "1") == second
    assert tab.locator("#figure-flow path").count() == len(steps)


def test_the_flow_has_three_steps_and_seven_nodes_at_most(visit, share):
    tab = visit(share, "#page=journeys&picture=flow&paths=all")
    lefts = tab.evaluate("[...document.querySelectorAll('#figure-flow svg > rect')].map(r => r.getAttribute('x'))")
    assert len(set(lefts)) <= 3 and max(lefts.count(x) for x in lefts) <= 7


def test_quarters_of_avoidable_assessments_filter_by_a_click(visit, share, shown):
    tab = visit(share, "#page=duplicates&area=Castle")
    for quarter, number in rows(tab, "by quarter"):
        cell = shown["duplicates", "area", "Castle", quarter, "", ""]
        assert number == ("withheld" if cell["shown"] is None else f"{cell['shown']:,.0f}")
    tab.locator('#figure-calendar [data-key="quarter 2023-Q2"]').click()
    assert "quarter=2023-Q2" in tab.url


def test_a_chosen_pair_of_agencies_shows_its_quarters(visit, share):
    tab = visit(share, "#page=duplicates&cell=housing~housing")
    assert tab.locator("#figure-matrix .panel svg title").count() == 12


@pytest.mark.parametrize("step", [0, 1, 2, 3])
def test_another_link_threshold_moves_the_headlines(visit, share, shown, step):
    tab = visit(share, "#page=trust")
    before = tab.locator("h1").inner_text()
    tab.locator('input[name="link"]').nth(step + 1).check(force=True)
    people = shown["people", "all", "", "", "", ""]["shown"] + 5 * step
    assert tab.locator("h1").inner_text() != before
    assert f"{people:,.0f} people" in tab.locator("h1").inner_text()
    assert f"{people:,.0f}" in tab.locator("#figure-thresholds svg").text_content()
    assert rows(tab, "headlines by threshold")[0][2 + step] == f"{people:,.0f}"


def test_pairs_by_weight_are_drawn_with_the_threshold(visit, share):
    tab = visit(share, "#page=trust")
    assert tab.locator("#figure-weights svg > rect").count() == len(rows(tab, "pairs by match weight")) == 24
    assert "joined from here" in tab.locator("#figure-weights svg").text_content()
    assert rows(tab, "pairs by match weight")[-1][1:] == ["withheld", "withheld"]


def test_a_threshold_leads_analysts_to_its_families(visit, analyst):
    tab = visit(analyst, "#page=families&k=250")
    listed = rows(tab, "families over the threshold")
    assert listed and all(int(row[1]) >= 250 for row in listed)
    tab.locator("#figure-drill .panel button").first.click()
    assert tab.locator("h1").inner_text().startswith(f"{listed[0][1]} interventions by {listed[0][2]} agencies")


def test_a_share_edition_lists_no_family(visit, share):
    tab = visit(share, "#page=families&k=250")
    assert tab.locator("#figure-drill").count() == 0
    assert "eventsOf" not in tab.content()


def test_one_family_shades_its_longest_waits_and_adds_up_to_its_headline(visit, analyst):
    tab = visit(analyst, "#page=family&family=6")
    assert tab.locator("#figure-family path.running").count() == 1
    assert tab.locator("#figure-family rect.wait").count() <= 3
    number = tab.locator("h1").inner_text().split()[0]
    assert number in tab.locator("#figure-family svg > text").all_text_contents()
