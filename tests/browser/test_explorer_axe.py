"""The automatic accessibility check (axe, WCAG 2.0 to 2.2, A and AA) finds nothing on any page, width or print-out."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python as axe
import pytest

VIEWS = ["summary", "families", "family", "duplicates&area=Castle&cell=housing~gp", "journeys&service=police/Arrest"]
VIEWS += ["counting&agency=gp&quarter=2023-Q2", "trust&area=Castle&agency=gp"]
RUN = "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("width", "media"), [(1280, "screen"), (320, "screen"), (1280, "print")])
def test_axe_finds_nothing(browser, analyst, view, width, media):
    script = next(Path(axe.__file__).parent.rglob("axe.min.js")).read_text(encoding="utf-8")
    with browser.new_context(viewport={"width": width, "height": 900}, offline=True) as context:
        tab = context.new_page()
        tab.goto(f"{analyst.as_uri()}#page={view}")
        tab.emulate_media(media=media)
        tab.evaluate(script)
        assert [(v["id"], v["nodes"][0]["html"]) for v in tab.evaluate(RUN)["violations"]] == []
