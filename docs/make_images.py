"""Make the pictures of the explorer that README and docs show, from a finished demo.

Run it after changing a page, on a folder that `totalplace demo --out demo` filled: python docs/make_images.py demo
The tutorial's own picture is made of the run that it leaves: python docs/make_images.py tut/my_place/runs/* --tutorial
It needs the test extra (Playwright) and an installed Chromium or Chrome, and downloads no browser.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parent / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZE = {"width": 1180, "height": 860}
SHARE, ANALYST = "report/explorer.html", "analysis/explorer-analyst.html"
# Name of the picture -> file, address, and the element that stands at the top of it; "" = the page's own top.
PICTURES = {
    "explorer-summary": (SHARE, "#page=summary", ""),
    "explorer-families": (SHARE, "#page=families", ""),
    "explorer-duplicates": (SHARE, "#page=duplicates", ""),
    "explorer-journeys": (SHARE, "#page=journeys", "#figure-map"),
    "explorer-flow": (SHARE, "#page=journeys&picture=flow", "#figure-flow"),
    "explorer-together": (SHARE, "#page=together", ""),
    "explorer-followup": (SHARE, "#page=followup", ""),
    "explorer-counting": (SHARE, "#page=counting", ""),
    "explorer-redesign": (SHARE, "#page=redesign", ""),
    "explorer-trust": (SHARE, "#page=trust&link=0.9", ""),
    "explorer-family": (ANALYST, "#page=family", ""),
}
TUTORIAL = {"tutorial-summary": (SHARE, "#page=summary", "")}


def main() -> None:
    """Write one PNG for each page of the demo named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("demo", type=Path, help="folder of a finished `totalplace demo`")
    parser.add_argument("--tutorial", action="store_true", help="the folder is the run that the tutorial makes")
    asked = parser.parse_args()
    demo, pictures = asked.demo.resolve(), TUTORIAL if asked.tutorial else PICTURES
    browser_path = next(path for name in BROWSERS if (path := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        for name, (file, fragment, top) in pictures.items():
            tab = browser.new_page(viewport=SIZE)
            tab.goto((demo / file).as_uri() + fragment)
            tab.locator("html[data-ready]").wait_for(state="attached")
            if top:
                tab.locator(top).evaluate("node => scrollTo(0, node.getBoundingClientRect().top + scrollY - 16)")
            tab.screenshot(path=IMAGES / f"{name}.png")
            tab.close()
        browser.close()


if __name__ == "__main__":
    main()
