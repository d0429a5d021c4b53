"""A release held against an earlier one: what two files tell together that neither tells alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totalplace.errors import InputError
from totalplace.report import check_against
from totalplace.report.disclosure.release import SAFE_CELLS

AREAS = {"a": 3, "b": 12, "c": 14, "d": 40}


def release(folder: Path, hidden: str, areas: dict[str, int] = AREAS, least: int = 10, round_to: int = 1) -> Path:
    """Write people by area and in all as a release does; areas in `hidden` are withheld."""
    folder.mkdir()
    rows = [_row(area, None if area in hidden else people, round_to) for area, people in areas.items()]
    rows.append(_row("", sum(areas.values()), round_to))
    pq.write_table(pa.Table.from_pylist(rows, schema=SAFE_CELLS), folder / "cells.parquet")
    (folder / "leaves.json").write_text(json.dumps({"min_cell": least, "round_to": round_to}))
    return folder


def _row(area: str, people: int | None, round_to: int) -> dict[str, Any]:
    shown = None if people is None else round(people / round_to) * round_to
    names = {"table": "people", "chip": "area" if area else "all", "chip_value": area}
    places = {"quarter": "", "row": "", "column": "", "unit": "people"}
    return {**names, **places, "shown": shown, "people_shown": shown, "withheld": people is None}


def named(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["withheld_in"], one["chip_value"]) for one in told["follows"]]


def test_other_partners_withheld_leave_the_small_number_alone(tmp_path: Path) -> None:
    old, new = release(tmp_path / "old", "ab"), release(tmp_path / "new", "ac")
    told = check_against(new, old)
    assert named(told) == [("new", "a"), ("old", "a")]
    assert told["faults"] and told["changed"] == 0 and not told["notes"]


def test_no_message_says_what_the_number_is(tmp_path: Path) -> None:
    areas = {**AREAS, "a": 7}
    told = check_against(release(tmp_path / "new", "ac", areas), release(tmp_path / "old", "ab", areas))
    assert told["follows"] and "7" not in json.dumps(told)


def test_rounding_may_leave_the_small_number_open(tmp_path: Path) -> None:
    old, new = (release(tmp_path / name, hidden, round_to=5) for name, hidden in (("old", "ab"), ("new", "ac")))
    assert check_against(new, old)["follows"] == []


def test_the_same_release_twice_tells_nothing_more(tmp_path: Path) -> None:
    told = check_against(release(tmp_path / "new", "ab"), release(tmp_path / "old", "ab"))
    assert told["follows"] == [] and told["faults"] == [] and told["held"] == 1


def test_a_lower_threshold_gives_away_what_the_earlier_release_withheld(tmp_path: Path) -> None:
    areas = {**AREAS, "a": 7}
    old, new = release(tmp_path / "old", "ab", areas), release(tmp_path / "new", "", areas, least=5)
    assert named(check_against(new, old)) == [("old", "a")]


def test_numbers_that_changed_are_not_held_against_each_other(tmp_path: Path) -> None:
    later = {"a": 5, "b": 14, "c": 14, "d": 61}
    told = check_against(release(tmp_path / "new", "ac", later), release(tmp_path / "old", "ab"))
    assert told["changed"] == 1 and told["follows"] == [] and told["held"] == 0


def test_a_shown_number_that_a_few_people_changed_is_counted(tmp_path: Path) -> None:
    later = {**AREAS, "d": 42}
    told = check_against(release(tmp_path / "new", "ab", later), release(tmp_path / "old", "ab"))
    assert sorted(one["chip_value"] for one in told["small_changes"]) == ["", "d"]
    assert "2 shown numbers tell that a few people came or went" in told["notes"]


def test_a_file_without_released_numbers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<!DOCTYPE html><title>no</title>")
    with pytest.raises(InputError, match="TP489"):
        check_against(tmp_path / "page.html", release(tmp_path / "old", "ab"))


def test_two_tables_that_count_differently_under_one_name_change_nothing(tmp_path: Path) -> None:
    """Avoidable assessments of an agency by who asked first, and by purpose, need not be the same ones."""
    folders = [release(tmp_path / name, "ab", round_to=5) for name in ("old", "new")]
    for folder in folders:
        rows = pq.read_table(folder / "cells.parquet").to_pylist()
        rows += [
            {**rows[0], "table": table, "chip": "agency", "shown": shown, "people_shown": 10, "withheld": False}
            for table, shown in (("duplicates", 15.0), ("duplicates_purpose", 20.0))
        ]
        pq.write_table(pa.Table.from_pylist(rows, schema=SAFE_CELLS), folder / "cells.parquet")
    assert check_against(*folders)["changed"] == 0
