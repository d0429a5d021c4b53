"""A real Chromium for the browser tests: the installed one, cut off from every network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from totalplace.config.load import load_rules
from totalplace.report.disclosure.release import analyst_table, permit
from totalplace.report.explorer.page import write_explorer

from . import explorer_place

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


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


@pytest.fixture
def offline_page(browser: Any) -> Iterator[Callable[..., OfflinePage]]:
    """Return a function that opens an address in a new offline context and records requests and console errors."""
    contexts = []

    def visit(address: str, **options: Any) -> OfflinePage:
        context = browser.new_context(offline=True, **{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        opened = OfflinePage(context.new_page())
        opened.page.on("request", lambda r: opened.requests.append(r.url) if r.url != address else None)
        opened.page.on("console", lambda m: opened.errors.append(m.text) if m.type in ("error", "warning") else None)
        opened.page.on("pageerror", lambda error: opened.errors.append(str(error)))
        opened.page.goto(address)
        return opened

    yield visit
    for context in contexts:
        context.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open an explorer at a fragment, offline; a request, an error or a dialog fails the test."""
    contexts: list[Any] = []
    faults: list[str] = []

    def go(path: Path, fragment: str = "", width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, offline=True, accept_downloads=True, **options
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("request", lambda r: faults.append(r.url) if not r.url.startswith(("file:", "blob:")) else None)
        tab.on("console", lambda m: faults.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda e: faults.append(str(e)))
        tab.on("dialog", lambda d: (faults.append(d.message), d.dismiss()))
        tab.goto(path.as_uri() + fragment)
        # A locator, not a function: the page's policy forbids the evaluation that polling one needs.
        tab.locator("html[data-ready]").wait_for(state="attached")
        return tab

    yield go
    for context in contexts:
        context.close()
    assert faults == []
