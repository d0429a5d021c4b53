"""Each measure that the code names is on the page of measures: what it counts, of what, in what."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import totalplace

PACKAGE = Path(totalplace.__file__).parent
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "findings.md"
MEASURE = re.compile(r"(?:FAM|[CEJHGRDKPAXW])\d")


def named_in_code() -> set[str]:
    """Return the ids of measures that stand as a text of their own in the rooms that make and show them."""
    found = set()
    for path in (path for room in ("journeys", "report") for path in (PACKAGE / room).rglob("*.py")):
        texts = [node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)]
        found |= {text.rstrip(":") for text in texts if isinstance(text, str) and MEASURE.fullmatch(text.rstrip(":"))}
    return found


def headings() -> list[str]:
    return re.findall(rf"^## ({MEASURE.pattern}): ", PAGE.read_text(encoding="utf-8"), flags=re.M)


def test_every_measure_of_the_code_has_its_paragraph() -> None:
    assert len(named_in_code()) > 15
    assert named_in_code() - set(headings()) == set()


def test_the_glance_tells_of_each_measure_what_of_whom_and_in_what() -> None:
    rows = re.findall(
        rf"^\| \[({MEASURE.pattern})\]\(#.+?\) \| (.+?) \| (.+?) \| (.+?) \| (.*?)\|$", PAGE.read_text("utf-8"), re.M
    )
    assert sorted(row[0] for row in rows) == sorted(headings())
    assert [row[0] for row in rows if not all(cell.strip() for cell in row[1:4])] == []
