"""The page Follow-up: referrals, waits, stories told again and cohorts of the whole place, as their cells say."""

from __future__ import annotations

import pytest

from . import explorer_place

PAGE = "#page=followup"


@pytest.fixture(scope="module")
def shown(safe):
    return {(row["table"], row["row"], row["column"]): row["shown"] for row in safe.to_pylist() if row["chip"] == "all"}


def test_the_sentence_tells_how_many_referrals_were_not_taken_up(visit, share, shown):
    made, lost = shown["referrals", "", ""], shown["drop_outs", "", ""]
    sentence = f"{lost:,.0f} of {made:,.0f} referrals were not taken up within 60 days"
    assert visit(share, PAGE).locator("h1").inner_text() == sentence


def test_the_lead_adds_up_those_who_told_their_story_again(visit, share, shown):
    again = sum(shown["tellings", times, ""] for times in ("2", "3", "4", "5+"))
    told = f"{again:,.0f} of {shown['tellings', '', '']:,.0f} people who were assessed told their story more than once"
    assert told in visit(share, PAGE).locator("#lead").inner_text()


def test_each_pair_of_agencies_in_the_chart_equals_its_cell(visit, share, shown):
    tab = visit(share, PAGE)
    names = {name: code for code, name in explorer_place.AGENCIES}
    chart = tab.locator("#figure-referrals svg").text_content()
    tab.locator("#tables summary").first.click()
    for row in tab.locator("#tables tbody").first.locator("tr").all_inner_texts()[:12]:
        start, end, made, lost = row.split("\t")
        assert made == f"{shown['referrals', names[start], names[end]]:,.0f}"
        assert (f"{lost} of {made}" if lost != "withheld" else f"withheld, of {made}") in chart


def test_a_filter_does_not_move_the_page_and_it_says_so(visit, share):
    plain = visit(share, PAGE).locator("h1").inner_text()
    filtered = visit(share, f"{PAGE}&area=Castle&quarter=2023-Q2")
    assert filtered.locator("h1").inner_text() == plain
    assert "whole place and period, whatever the filter" in filtered.locator("#lead").inner_text()


def test_waits_and_cohorts_stand_in_order_of_their_days(visit, share):
    tab = visit(share, PAGE)
    text = tab.locator("#figure-waits svg").text_content()
    assert [text.index(days) for days in ("0-6", "7-27", "28-55", "56+")] == sorted(
        map(text.index, ("0-6", "7-27", "28-55", "56+"))
    )
    columns = tab.locator("#figure-cohorts svg > text").all_text_contents()
    order = ["0", "1-7", "8-28", "not by 28", "unknown"]
    assert [name for name in columns if name in order] == order
