"""The manual and the code say the same: each key, command, option and error both ways."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import totalplace

ROOT = Path(__file__).parents[2]
PACKAGE = Path(totalplace.__file__).parent
ROOMS = ("attack", "config", "engine", "intake", "journeys", "linkage", "pipeline", "report", "sample_data")


def make_reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sources() -> list[Path]:
    return [*PACKAGE.glob("*.py"), *(path for room in ROOMS for path in (PACKAGE / room).rglob("*.py"))]


@pytest.mark.parametrize("page", ["config.md", "commands.md"])
def test_the_reference_page_is_what_the_code_says(page: str) -> None:
    written = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8")
    assert written == make_reference().PAGES[page](), "run docs/make_reference.py"


def test_every_key_has_a_reason() -> None:
    rows = re.findall(r"^\| `([\w.\"-]+)` \| `.*?` \| (.*?) \|$", make_reference().config_page(), flags=re.M)
    assert len(rows) > 60
    assert [key for key, reason in rows if len(reason) < 5] == []


def test_every_error_code_stands_in_the_manual_and_the_reverse() -> None:
    in_code = {code for path in sources() for code in re.findall(r"\bTP\d{3}\b", path.read_text(encoding="utf-8"))}
    manual = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    in_manual = re.findall(r"^### (TP\d{3})", manual, flags=re.M)
    assert sorted(in_code) == sorted(in_manual)  # each once: a code has one meaning
