"""Whatever a page tells a reader to type is there: each command with its options, and each key of the rules."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from typing import Any

import click

from totalplace.cli import totalplace
from totalplace.config import load_rules

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *(path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "decisions")]
CALL = re.compile(r"(?:^|`)(?:\$ )?(totalplace(?: [^`\n]*)?)(?:`|$)", flags=re.M)
KEY = re.compile(r"`((?:project|privacy|intake|linkage|findings|counting|report)\.[a-z_]+(?:\.[a-z_]+)*)`")


def wrong(call: str) -> str:
    """Return the first word of a call that is no command or option; "" if there is none."""
    words = shlex.split(re.split(r" (?:\||#|2?>) ?|;", call)[0].replace("'", ""))[1:]
    command: click.Command = totalplace
    options = names_of(command)
    for word in words:
        if word.startswith("-") and word.split("=")[0] not in options:
            return word
        if isinstance(command, click.Group) and not word.startswith("-") and word in command.commands:
            command = command.commands[word]
            options |= names_of(command)
    lost = isinstance(command, click.Group) and words and not any(word.startswith("-") for word in words)
    return words[0] if lost else ""


def names_of(command: click.Command) -> set[str]:
    declared = (parameter for parameter in command.params if isinstance(parameter, click.Option))
    return {name for parameter in declared for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help", "-h"}


def test_every_command_that_a_page_names_is_there_with_its_options() -> None:
    calls = [(page.name, call) for page in PAGES for call in CALL.findall(page.read_text(encoding="utf-8"))]
    assert len(calls) > 100
    assert [f"{page}: {call}: {wrong(call)}" for page, call in calls if wrong(call)] == []


def test_a_command_or_an_option_that_is_not_there_is_seen() -> None:
    assert wrong("totalplace lnk a.csv") == "lnk"
    assert wrong("totalplace link --flor 1") == "--flor"
    assert wrong("totalplace demo --people 2000 --bogus") == "--bogus"
    assert wrong("totalplace -q flag --within 90d") == wrong("totalplace --json flag > a 2> b") == ""


def keys_of(rules: dict[str, Any], within: str = "") -> set[str]:
    """Return the keys and tables of keys of the rules, such as findings.handoff and findings.handoff.max_gap_days."""
    found = {f"{within}{key}" for key in rules}
    return found.union(*(keys_of(part, f"{within}{key}.") for key, part in rules.items() if isinstance(part, dict)))


def test_every_key_that_a_page_names_is_in_the_rules() -> None:
    known = keys_of(load_rules()[0].model_dump(by_alias=True))
    named = {(page.name, key) for page in PAGES for key in KEY.findall(page.read_text(encoding="utf-8"))}
    assert len(named) > 30
    assert sorted(f"{page}: {key}" for page, key in named if key not in known and not is_code_or_file(key)) == []


def is_code_or_file(name: str) -> bool:
    room, _, rest = name.partition(".")
    known = importlib.util.find_spec(f"totalplace.{room}") is not None
    return rest in ("parquet", "csv") or (known and hasattr(importlib.import_module(f"totalplace.{room}"), rest))
