"""Every link of the documentation leads to a page, and every anchor to a heading: README, docs, examples."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]*(?:\([^()]*\)[^()\s]*)*)(?:\s+\"[^\"]*\")?\)")
DEFINED = re.compile(r"^\[[^\]]+\]:\s+(\S+)", flags=re.M)
DRAWN = re.compile(r"(?:href|src)=\"([^\"]+)\"")
FENCED = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2`*\s*$", flags=re.M | re.S)
IN_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


def pages() -> list[Path]:
    return [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "examples").rglob("*.md"), *benchmarks()]


def benchmarks() -> list[Path]:
    return list((ROOT / "benchmarks").glob("*.md"))


@cache
def prose(page: Path) -> str:
    """Return a page without its blocks of code."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    text = IN_CODE.sub("`code`", prose(page))
    return [target for form in (LINK, DEFINED, DRAWN) for target in form.findall(text) if "://" not in target]


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as the site makes them: words in lower case, joined by hyphens."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6}\s+(.+?)\s*#*$", prose(page), flags=re.M):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
        slug = re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", text).strip().lower())
        again = sum(1 for known in found if re.fullmatch(rf"{re.escape(slug)}(_\d+)?", known))
        found.add(f"{slug}_{again}" if again else slug)
    return frozenset(found) | frozenset(re.findall(r"\bid=\"([^\"]+)\"", prose(page)))


def dead(page: Path) -> list[str]:
    """Return the links of a page that lead nowhere."""
    lost = []
    for target in links(page):
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            lost.append(f"{page.relative_to(ROOT)}: {target}")
    return lost


def test_every_link_and_anchor_leads_somewhere() -> None:
    assert sum(len(links(page)) for page in pages()) > 50
    assert [link for page in pages() for link in dead(page)] == []


def test_a_dead_link_and_a_dead_anchor_are_both_seen(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "# Here we are\n\n[a](#here-we-are) [b](#gone) [c](gone.md) `[d](code.md)`\n\n```\n[e](code.md)\n```\n"
    )
    assert dead(page) == ["page.md: #gone", "page.md: gone.md"]


def test_no_page_of_the_site_leads_out_of_it() -> None:
    outside = [
        f"{page.name}: {target}"
        for page in DOCS.rglob("*.md")
        for target in links(page)
        if not (page.parent / target.partition("#")[0]).resolve().is_relative_to(DOCS)
    ]
    assert outside == []


def test_every_page_stands_in_the_navigation_or_among_the_decisions() -> None:
    named = re.findall(r"\"([^\"]+\.md)\"", (ROOT / "zensical.toml").read_text(encoding="utf-8"))
    decisions = [f"decisions/{link}" for link in links(DOCS / "decisions" / "README.md")]
    there = sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))
    assert there == sorted({*named, *decisions}), "name a page in zensical.toml, a decision in docs/decisions/README.md"


def test_the_site_fetches_nothing() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    assert site["theme"]["font"] is False and "offline" in site["plugins"]
    assert not [name for key in ("extra_css", "extra_javascript") for name in site.get(key, []) if "//" in name]
    drawn = [
        target for page in DOCS.rglob("*.md") for target in re.findall(r"src=\"(.+?)\"|!\[.*?\]\((\S+?)\)", prose(page))
    ]
    assert not [target for pair in drawn for target in pair if "://" in target]
