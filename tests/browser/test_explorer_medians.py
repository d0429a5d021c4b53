"""Median days on handoffs and paths, and the money of avoidable assessments: as their cells say."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def shown(safe):
    return {(row["table"], row["row"], row["column"]): row["shown"] for row in safe.to_pylist() if row["chip"] == "all"}


def rows(tab, name):
    tab.evaluate("document.querySelectorAll('#tables details').forEach(d => { d.open = true; })")
    return [line.split("\t") for line in tab.locator(f'[aria-label="Table: {name}"] tbody tr').all_inner_texts()]


def test_handoffs_and_paths_tell_half_of_their_days_or_that_they_are_not_shown(visit, share, shown):
    tab = visit(share, "#page=journeys")
    days = {line[6] for line in rows(tab, "handoffs")}
    assert "not shown" in days and days - {"not shown"} <= {str(5 + 5 * k) for k in range(9)}
    told = [f"{value:,.0f}" for (table, _, _), value in shown.items() if table == "variant_days"]
    assert {line[3] for line in rows(tab, "paths")} <= set(told)
    assert "median 20 days" in tab.locator("#figure-paths svg").text_content()


def test_what_would_be_released_is_the_cost_less_each_share_for_reusing(visit, share, shown):
    tab = visit(share, "#page=duplicates")
    for _, priced, cost, low, central, high in rows(tab, "cost by purpose"):
        gbp = float(cost.replace(",", ""))
        assert [float(x.replace(",", "")) for x in (low, central, high)] == [gbp * 0.5, gbp * 0.7, gbp * 0.9]
        assert f"£{central} (£{low} to £{high})" in tab.locator("#figure-repeat-costs svg").text_content()
        assert priced in {"50", "40", "30"}
    assert "60 of " in tab.locator("#figure-repeat-costs figcaption").inner_text()


@pytest.mark.parametrize("width", [390, 700, 1280])
def test_what_a_path_says_stands_clear_of_its_steps(visit, share, width):
    tab = visit(share, "#page=journeys", width=width)
    clash = """() => [...document.querySelectorAll('#figure-paths g[role=button]')].filter(g => {
        const [words, ...steps] = [...g.querySelectorAll('text')].map(t => t.getBoundingClientRect());
        const over = (a, b) => a.left < b.right - 1 && a.top < b.bottom - 3;
        return steps.some(step => over(step, words) && over(words, step)); }).length"""
    assert tab.evaluate(clash) == 0


def test_one_family_tells_its_running_cost_and_how_many_contacts_have_one(visit, analyst):
    tab = visit(analyst, "#page=family&minor=all")
    priced = [line[7] for line in tab.evaluate(
        "[...document.querySelectorAll('#tables tbody tr')].map(row => [...row.cells].map(c => c.textContent))"
    )]  # fmt: skip
    known = [x for x in priced if x != "no unit cost"]
    spent = sum(int(x) for x in known)
    assert f"Priced contacts cost £{spent:,}." in tab.locator("#lead").inner_text()
    assert f"the {len(known)} of {len(priced)} contacts" in tab.locator("#figure-family figcaption").inner_text()
    assert tab.locator("#figure-family path.spent").count() == 1
