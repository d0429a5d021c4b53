"""The page Working together, and what further pages tell of the whole place: as their cells say."""

from __future__ import annotations

import pytest

from . import explorer_place

NAMES = dict(explorer_place.AGENCIES)
CODES = {name: code for code, name in explorer_place.AGENCIES}


@pytest.fixture(scope="module")
def shown(safe):
    return {(row["table"], row["row"], row["column"]): row["shown"] for row in safe.to_pylist() if row["chip"] == "all"}


def rows(tab, name):
    tab.evaluate("document.querySelectorAll('#tables details').forEach(d => { d.open = true; })")
    table = tab.locator(f'[aria-label="Table: {name}"] tbody tr')
    return [line.split("\t") for line in table.all_inner_texts()]


def test_the_sentence_adds_up_those_with_two_agencies_or_more(visit, share, shown):
    several = shown["open_at_once", "2", ""] + shown["open_at_once", "3", ""]
    sentence = f"{several:,.0f} of {shown['open_at_once', '', '']:,.0f} people had two or more agencies at work at once"
    assert visit(share, "#page=together").locator("h1").inner_text() == sentence


def test_pairs_stand_in_order_of_the_lower_end_with_their_base_and_interval(visit, share, shown):
    tab = visit(share, "#page=together")
    table = rows(tab, "pairs of agencies")
    lows = [float(line[5]) for line in table]
    assert lows == sorted(lows, reverse=True)
    for first, second, met, people, times, low, high in table:
        key = (CODES[first], CODES[second])
        assert met == people == f"{shown['agency_pairs', *key]:,.0f}"
        ratios = [float(x) for x in (low, times, high)]
        assert ratios == [shown[f"agency_pairs{part}", *key] / 100 for part in ("_low", "_lift", "_high")]
    first, second = table[0][:2]
    assert f"{first} and {second}" in tab.locator("#figure-place svg").text_content()
    assert "95% interval" in tab.locator("#lead").inner_text()


def test_overlaps_are_the_same_both_ways(visit, share, shown):
    tab = visit(share, "#page=together")
    for first, second, number, _ in rows(tab, "overlaps"):
        for name in (f"{first}, {second}: {number}", f"{second}, {first}: {number}"):
            assert tab.locator("#figure-overlaps title", has_text=name).count() == 1


def test_waits_say_within_how_many_days_half_of_them_ended(visit, share, shown):
    text = visit(share, "#page=followup").locator("#figure-waits figcaption").inner_text()
    ended = [shown["waits", days, "ended"] for days in ("0-6", "7-27", "28-55", "56+")]
    assert ended[0] < sum(ended) / 2 <= ended[0] + ended[1]
    assert f"{sum(ended):,.0f} in all; half of them within 27 days" in text


@pytest.mark.parametrize(
    ("page", "table", "figure"),
    [("followup", "first doors", "doors"), ("counting", "home and service area", "flows"),
     ("families", "from one period to the next", "persistence"), ("followup", "rules", "pathways")],
)  # fmt: skip
def test_what_a_page_draws_of_the_whole_place_stands_in_its_table(visit, share, page, table, figure):
    tab = visit(share, f"#page={page}")
    chart = tab.locator(f"#figure-{figure} svg").text_content()
    found = rows(tab, table)
    assert found and all(line[-1] in chart or line[-2] in chart for line in found)


def test_names_under_columns_are_whole_on_a_telephone(visit, share):
    tab = visit(share, "#page=counting", width=390)
    names = tab.locator("#figure-by-quarter svg text").all_text_contents()
    assert names and not [name for name in names if "…" in name]


def test_the_strip_and_the_trust_page_count_the_same_withheld_numbers(visit, big):
    tab = visit(big, "#page=trust")
    held = tab.locator("#lead").inner_text().split()[0]
    assert f"Numbers withheld\n{held}" in tab.locator(".strip").inner_text()
