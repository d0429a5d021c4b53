"""Every control changes something, and every number on a page agrees with the safe cells, whatever the filter."""

from __future__ import annotations

import csv
import io

import pytest

from . import explorer_place

PAGES = ["summary", "families", "duplicates", "journeys", "together", "followup", "counting", "trust"]
ONE_OF_EACH = ({"area": "Castle"}, {"agency": "gp"}, {"theme": "crime"})
QUARTER = {"quarter": "2023-Q2"}
STATES = [{}, QUARTER, *ONE_OF_EACH, *(chip | QUARTER for chip in ONE_OF_EACH)]
# What a user can see, hear or take away; `taken` holds the files that were made.
SEEN = """() => [location.hash, document.querySelector('main').innerHTML, document.getElementById('copy').textContent,
    document.getElementById('chips').innerHTML, document.activeElement.id, window.taken.length,
    [...document.querySelectorAll('details')].map(d => d.open).join()].join('\u0001')"""
TAKE_FILES = """() => { const make = URL.createObjectURL;
    window.taken = [];
    URL.createObjectURL = (blob) => { window.taken.push(blob); return make(blob); };
    addEventListener('click', (e) => { if (e.target.closest('a[download]')) e.preventDefault(); }, true); }"""
# The first and the last of each kind of control: a matrix has a hundred cells that are made by one line.
CONTROLS = """() => {
    const kinds = new Map(), all = document.querySelectorAll(
      'main [data-key], main input, main select, main summary, nav a, #chip, #quarter, #copy, #skip, .chip');
    for (const node of all) {
      if (!node.getClientRects().length || node.getAttribute('href')?.endsWith('.html')) continue;
      const page = node.dataset.page, key = node.dataset.key || (page ? 'nav ' + page : '#' + node.id);
      const kind = key.split(' ')[0] + node.tagName + (node.closest('figure, details, nav')?.id || '');
      kinds.set(kind, [...(kinds.get(kind) || []), key]);
    }
    return [...kinds.values()].flatMap(keys => [...new Set([keys[0], keys.at(-1)])]); }"""
# Choosing again what is chosen already changes nothing, and should not.
ACT = """key => {
    const node = key.startsWith('#') ? document.querySelector(key)
      : document.querySelector(key.startsWith('nav ') ? `nav [data-page="${key.slice(4)}"]`
      : `[data-key="${CSS.escape(key)}"]`);
    if (node.checked || node.getAttribute('aria-current')) return false;
    const say = (name) => node.dispatchEvent(new Event(name, { bubbles: true, cancelable: true }));
    if (node.tagName === 'SELECT') { node.selectedIndex = (node.selectedIndex + 1) % node.length; say('change'); }
    else if (node.type === 'range' || node.type === 'number') {
      node.value = Number(node.value) + (Number(node.value) < Number(node.max) ? 1 : -1);
      say(node.type === 'range' ? 'input' : 'change');
    } else node.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
    return true; }"""


MOVE = "to => { history.replaceState(null, '', to); dispatchEvent(new PopStateEvent('popstate')); }"
OPEN = "() => document.querySelectorAll('#tables details').forEach(d => { d.open = true; })"
# A picture is painted, and a link copied, some time after the click; all else is done when the click is.
TRY = f"""async ([address, key]) => {{
    const seen = {SEEN}, later = ms => new Promise(done => setTimeout(done, ms));
    ({MOVE})(address);
    ({OPEN})();
    const before = seen();
    if (!({ACT})(key)) return true;
    await later(0);
    for (let left = 500; left && seen() === before && (key === '#copy' || key.startsWith('png ')); left--) {{
      await later(10);
    }}
    return seen() !== before; }}"""


def address(page, state):
    return "#" + "&".join([f"page={page}", *(f"{kind}={value}" for kind, value in state.items())])


def go(tab, page, state):
    """Move to a view by its address, as a followed link would."""
    tab.evaluate(MOVE, address(page, state))
    return tab


def opened(tab):
    tab.evaluate(OPEN)
    return tab


@pytest.mark.parametrize("page", [*PAGES, "family"])
def test_every_control_changes_something_that_can_be_seen(visit, share, analyst, page):
    tab = visit(analyst if page == "family" else share, "", permissions=["clipboard-read", "clipboard-write"])
    tab.evaluate(TAKE_FILES)
    state = {"trust": {}, "followup": {}, "family": {"family": "6"}}.get(page, {"area": "Castle"})
    keys = opened(go(tab, page, state)).evaluate(CONTROLS)
    assert len(keys) > 10 and len(set(keys)) == len(keys)
    assert [key for key in keys if not tab.evaluate(TRY, [address(page, state), key])] == []


@pytest.fixture(scope="module")
def shown(safe):
    names = ("table", "chip", "chip_value", "quarter", "row", "column")
    return {tuple(row[name] for name in names): row for row in safe.to_pylist()}


def number(shown, table, state, row="", column=""):
    kind, value = next(((k, v) for k, v in state.items() if k != "quarter"), ("all", ""))
    cell = shown.get((table, kind, value, state.get("quarter", ""), row, column))
    return "0" if cell is None else "withheld" if cell["shown"] is None else f"{cell['shown']:,.0f}"


def tables(tab):
    """Return every table of the page: its name and its rows as texts."""
    return tab.evaluate(
        """() => [...document.querySelectorAll('#tables details')].filter(d => d.querySelector('table'))
               .map(d => [d.querySelector('button').getAttribute('aria-label').split(': ')[1],
                          [...d.querySelectorAll('tbody tr')].map(row => [...row.cells].map(c => c.textContent))])"""
    )


def saved(tab, name):
    """Return the rows of the file that a table is saved as, as texts."""
    text = tab.evaluate(
        """async name => { document.querySelector(`[aria-label="Save table as CSV: ${name}"]`).click();
               return window.taken.pop().text(); }""",
        name,
    )
    return [[told(value) for value in line] for line in csv.reader(io.StringIO(text.removeprefix("\ufeff")))][1:]


def told(value):
    """Return a value of a file as the page tells it."""
    try:
        return f"{float(value):,.2f}".rstrip("0").rstrip(".")
    except ValueError:
        return value


@pytest.mark.parametrize("page", PAGES)
def test_every_table_is_saved_exactly_as_it_stands_in_every_kind_of_state(visit, share, page):
    tab = visit(share, "")
    tab.evaluate(TAKE_FILES)
    for state in STATES[:3] if page in ("trust", "followup") else STATES:
        opened(go(tab, page, state))
        for name, rows in tables(tab):
            plain = [[told(value.replace(",", "")) if value[:1].isdigit() else value for value in row] for row in rows]
            assert saved(tab, name) == plain, (name, state)


@pytest.mark.parametrize("state", STATES, ids=lambda s: "-".join(s.values()) or "whole")
def test_sentences_tables_and_charts_tell_the_safe_totals_in_every_state(visit, share, shown, state):
    tab = visit(share, "")
    people, contacts, again = (number(shown, name, state) for name in ("people", "contacts", "duplicates"))
    sentence, chart = go(tab, "summary", state).locator("h1"), tab.locator("#figure-headlines svg")
    assert f"{people} people had {contacts} contacts" in sentence.inner_text().lower()
    assert all(n in chart.text_content() for n in (people, contacts, again))
    go(tab, "counting", state)
    assert sentence.inner_text().startswith(f"{contacts} contacts") or contacts == "withheld"
    go(tab, "duplicates", state)
    assert sentence.inner_text().startswith(again) or again == "withheld"
    go(tab, "journeys", state)
    moves = {name.lower(): rows for name, rows in tables(opened(tab))}["handoffs between agencies"]
    codes = {name: code for code, name in explorer_place.AGENCIES}
    assert all(n == number(shown, "agency_handoffs", state, codes[a], codes[b]) for a, b, n in moves)


@pytest.mark.parametrize("state", STATES, ids=lambda s: "-".join(s.values()) or "whole")
def test_families_agree_with_their_cells_or_say_why_not(visit, share, shown, state):
    tab = opened(go(visit(share, ""), "families", state))
    if "quarter" in state:
        assert "over the whole period only" in tab.locator("#figure-bands").inner_text()
        return
    found = dict(tables(tab))
    assert all(n == number(shown, "high_demand", state, k) for k, n in found["families over each threshold"])
    chart = tab.locator("#figure-thresholds svg").text_content()
    assert all(n in chart for _, n in found["families over each threshold"])
