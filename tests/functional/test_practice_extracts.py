"""Three agencies' extracts to practise on: files alone, the same each time, that `init` makes a project of."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from .conftest import call

NAMES = ["housing.csv", "police.csv", "advice.csv"]


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    call("demo", "--people", "400", "--extracts", "inbox", cwd=folder)
    return folder / "inbox"


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_each_file_has_its_own_columns_and_nothing_else_is_written(inbox: Path) -> None:
    assert sorted(path.name for path in inbox.iterdir()) == sorted(NAMES)
    headers = [list(rows(inbox / name)[0]) for name in NAMES]
    assert len({name for header in headers for name in header}) > sum(map(len, headers)) - 5


def test_the_same_seed_gives_the_same_files_and_json_counts_their_rows(inbox: Path, tmp_path: Path) -> None:
    made = json.loads(call("--json", "demo", "--people", "400", "--extracts", "again", cwd=tmp_path).stdout)["result"]
    for name in NAMES:
        assert (tmp_path / "again" / name).read_bytes() == (inbox / name).read_bytes()
        assert made["files"][name] == len(rows(inbox / name))


def test_a_folder_that_holds_something_is_left_alone(inbox: Path) -> None:
    assert "TP124" in call("demo", "--people", "400", "--extracts", "inbox", cwd=inbox.parent, expect=2).stderr
    words = ("demo", "--extracts", "other", "--no-open")
    assert "TP106: option --no-open" in call(*words, cwd=inbox.parent, expect=2).stderr
