"""The tutorial and its like tell what their commands print today: each page is done again, from an empty folder."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def tutorial() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_tutorial", DOCS / "make_tutorial.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["tutorial.md", "how-to/event-logs.md"])
def test_a_page_is_what_its_commands_print(name: str, tutorial: ModuleType, tmp_path: Path) -> None:
    assert name in tutorial.PAGES
    page = (DOCS / name).read_text(encoding="utf-8")
    told = tutorial.retell(page, tmp_path).splitlines()
    masked = [tutorial.masked("\n".join(lines)).splitlines() for lines in (page.splitlines(), told)]
    assert masked[0] == masked[1], "run docs/make_tutorial.py and read what has changed"


def test_only_times_sizes_and_ids_may_differ(tutorial: ModuleType) -> None:
    was, now = "link  5 persons   0.4 s", "link  5 persons   12.9 s"
    assert tutorial.masked(was) == tutorial.masked(now) != tutorial.masked(now.replace("5", "6"))


def test_a_page_that_edits_a_line_that_is_not_there_stops(tutorial: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("x = 1\n")
    page = '<!-- edit a.toml after "y" -->\n\n```toml\nz = 2\n```\n'
    with pytest.raises(RuntimeError, match="no line begins so"):
        tutorial.retell(page, tmp_path)
    tutorial.retell(page.replace('"y"', '"x"'), tmp_path)
    assert (tmp_path / "a.toml").read_text() == "x = 1\nz = 2\n"
