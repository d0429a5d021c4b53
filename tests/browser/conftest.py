"""A real Chromium for the browser tests: the installed one, cut off from every network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python as axe
import pytest
from playwright.sync_api import sync_playwright

from totalplace.config.load import load_rules
from totalplace.report.disclosure.release import analyst_table, permit
from totalplace.report.explorer.page import write_explorer

from . import explorer_place

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

PATIENCE = 300_000  # milliseconds
AXE = next(Path(axe.__file__).parent.rglob("axe.min.js"))
# Only what is wrong is told of: to describe each part that is right takes axe longer than to judge it.
RUN_AXE = """axe.run({
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']
}).then(found => found.violations.map(v => [v.id, v.nodes[0].html]))"""


@dataclass
class OfflinePage:
    """A page, what it asked for besides its own document, and what it complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start the installed Chromium once."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    assert path, "no Chromium or Chrome is installed; make test installs one where it may"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def safe() -> Any:
    """Return the safe cells of the pretend place that most tests look at."""
    return explorer_place.pretend_place()


def written(folder: Path, table: Any, **changes: Any) -> Path:
    """Write the share edition of safe cells and return its path."""
    path, rules = folder / "explorer.html", load_rules()[0].report
    write_explorer(explorer_place.released(table), explorer_place.pretend_story(**changes), path, rules)
    return path


@pytest.fixture(scope="session")
def share(safe: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one share edition for every test that only looks at it."""
    return written(tmp_path_factory.mktemp("share"), safe, graph="graph.html")


@pytest.fixture(scope="session")
def analyst(safe: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one analyst edition of the same cells."""
    rules = load_rules()[0].report.model_copy(update={"allow_analyst_edition": True})
    rows = analyst_table(permit(rules), explorer_place.pretend_timelines(), "timelines")
    path = tmp_path_factory.mktemp("analyst") / "explorer.html"
    cells, story = explorer_place.released(safe), explorer_place.pretend_story()
    write_explorer(cells, story, path, rules, "analyst", timelines=rows)
    return path


@pytest.fixture(scope="session")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the share edition of a place of one million people."""
    return written(tmp_path_factory.mktemp("big"), explorer_place.pretend_place(1_000_000))


def patient_tab(browser: Any, **options: Any) -> Any:
    """Return the tab of a new offline context, in which a busy machine fails no test for its time."""
    context = browser.new_context(offline=True, **options)
    context.set_default_timeout(PATIENCE)
    return context.new_page()


class Tabs:
    """Tabs that tests take in turn: to make one costs thrice what it costs to load a page in it.

    A tab comes back blank, so whoever takes it next loads a new document, as in a new tab; its pages keep no
    cookie and no storage.
    """

    def __init__(self, browser: Any) -> None:
        self.browser, self.free = browser, []

    def take(self, width: int, height: int, heard: dict[str, Callable[..., Any]]) -> Any:
        """Return an offline tab of a size; `heard` names who listens to which of its events."""
        tab = self.free.pop() if self.free else patient_tab(self.browser)
        tab.set_viewport_size({"width": width, "height": height})
        for event, ear in heard.items():
            tab.on(event, ear)
        return tab

    def give_back(self, tab: Any, heard: dict[str, Callable[..., Any]]) -> None:
        """Leave the page while it is still listened to, and keep the tab for the next test."""
        tab.goto("about:blank")
        tab.emulate_media(media="null")
        for event, ear in heard.items():
            tab.remove_listener(event, ear)
        self.free.append(tab)


@pytest.fixture(scope="session")
def tabs(browser: Any) -> Tabs:
    """Return the tabs of this session; they close with the browser."""
    return Tabs(browser)


@pytest.fixture
def offline_page(tabs: Tabs) -> Iterator[Callable[..., OfflinePage]]:
    """Return a function that opens an address in an offline tab and records requests and console errors."""
    taken = []

    def visit(address: str, width: int = 1280, height: int = 900) -> OfflinePage:
        opened = OfflinePage(None)
        heard = {
            "request": lambda r: opened.requests.append(r.url) if r.url != address else None,
            "console": lambda m: opened.errors.append(m.text) if m.type in ("error", "warning") else None,
            "pageerror": lambda error: opened.errors.append(str(error)),
        }
        opened.page = tabs.take(width, height, heard)
        taken.append((opened.page, heard))
        opened.page.goto(address)
        return opened

    yield visit
    for tab, heard in taken:
        tabs.give_back(tab, heard)


@pytest.fixture
def visit(browser: Any, tabs: Tabs) -> Iterator[Callable[..., Any]]:
    """Open an explorer at a fragment, offline; a request, an error or a dialog fails the test.

    Each visit loads the file anew, in the tab of the visit before unless it is to stand `beside` it. Options that
    only a whole context takes make one of their own.
    """
    taken, contexts, faults = [], [], []
    heard = {
        "request": lambda r: faults.append(r.url) if not r.url.startswith(("file:", "blob:", "about:")) else None,
        "console": lambda m: faults.append(m.text) if m.type in ("error", "warning") else None,
        "pageerror": lambda e: faults.append(str(e)),
        "dialog": lambda d: (faults.append(d.message), d.dismiss()),
    }

    def alone(width: int, options: dict[str, Any]) -> Any:
        tab = patient_tab(browser, viewport={"width": width, "height": 900}, **options)
        contexts.append(tab.context)
        for event, ear in heard.items():
            tab.on(event, ear)
        return tab

    def shared(width: int, beside: bool) -> Any:
        if taken and not beside:
            tabs.give_back(taken.pop(), heard)
        taken.append(tabs.take(width, 900, heard))
        return taken[-1]

    def go(path: Path, fragment: str = "", width: int = 1280, beside: bool = False, **options: Any) -> Any:
        tab = alone(width, options) if options else shared(width, beside)
        tab.goto(path.as_uri() + fragment)
        # A locator, not a function: the page's policy forbids the evaluation that polling one needs.
        tab.locator("html[data-ready]").wait_for(state="attached")
        return tab

    yield go
    for tab in taken:
        tabs.give_back(tab, heard)
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def axe_faults(tabs: Tabs) -> Iterator[Callable[[str, int, str], list[tuple[str, str]]]]:
    """Return a function that opens an address at a width, on screen or paper, and tells what axe finds there."""
    taken = []

    def faults(address: str, width: int, media: str) -> list[tuple[str, str]]:
        tab = tabs.take(width, 900, {})
        taken.append(tab)
        tab.goto(address)
        tab.emulate_media(media=media)
        if media == "print":
            tab.evaluate("dispatchEvent(new Event('beforeprint'))")
        tab.evaluate(AXE.read_text(encoding="utf-8"))
        return [tuple(fault) for fault in tab.evaluate(RUN_AXE)]

    yield faults
    for tab in taken:
        tabs.give_back(tab, {})
