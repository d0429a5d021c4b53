"""Stop if a built page would ask any network for anything: python docs/check_site.py build/docs

Links that a reader may follow are free; scripts, styles, fonts, pictures and frames must come from the site itself.
"""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

LOADING = {"script", "link", "img", "iframe", "source", "video", "audio", "object", "embed", "image", "use"}
OUTSIDE = ("http:", "https:", "//")


class Loaded(HTMLParser):
    """The addresses that a page loads by itself from outside."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what an element of the page loads."""
        if tag in LOADING:
            named = {name: value or "" for name, value in attrs}
            addresses = [named.get(key, "") for key in ("src", "href", "data", "xlink:href", "srcset")]
            self.found += [address for address in addresses if address.startswith(OUTSIDE)]


def outside(page: Path) -> list[str]:
    """Return what a page, or a style sheet of ours, loads from outside the site."""
    text = page.read_text(encoding="utf-8")
    if page.suffix == ".css":
        return [part.split(")")[0] for part in text.split("url(")[1:] if part.strip("\"' ").startswith(OUTSIDE)]
    parser = Loaded()
    parser.feed(text)
    return parser.found


def main() -> None:
    """Look at all pages and style sheets of the folder on the command line."""
    site = Path(sys.argv[1])
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    faults = [f"{page.relative_to(site)}: loads {address}" for page in pages for address in outside(page)]
    if faults or not pages:
        sys.exit("\n".join(faults) or f"{site}: no page is there")
    print(f"{len(pages)} pages and style sheets load nothing from outside")


if __name__ == "__main__":
    main()
