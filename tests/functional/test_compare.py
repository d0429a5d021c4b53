"""`totalplace compare`: what differs between two runs or quarters, and how sure that is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from .conftest import call


@pytest.fixture(scope="module")
def shorter(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the demo run again under a shorter validity."""
    run = shutil.copytree(demo, tmp_path_factory.mktemp("shorter") / "demo")
    place = run / "place"
    with (place / "totalplace.toml").open("a", encoding="utf-8") as rules:
        rules.write("\n[findings.duplicates]\nvalidity_days = 60\n")
    named = json.loads((run / "manifest.json").read_text())["run_id"]
    call("run", "--out", run, "--run-id", named, cwd=place)
    return run


def told(*words: object, cwd: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(call("--json", "compare", *words, cwd=cwd).stdout)["result"]
    return result


def test_a_run_compared_with_itself_differs_in_nothing(demo: Path) -> None:
    found = told(demo, demo, cwd=demo)
    assert found["configuration"] == [] == found["inputs"] and found["headlines"]
    assert {row["difference"] for row in found["headlines"]} <= {0.0, None}
    assert not any(row["stands"] for row in found["headlines"])


def test_another_rule_is_named_and_findings_go(demo: Path, shorter: Path) -> None:
    found = told(demo, shorter, cwd=demo)
    changed = [(row["key"], row["first"], row["second"]) for row in found["configuration"]]
    assert changed == [("findings.duplicates.validity_days", 180, 60)] and found["inputs"] == []
    kinds = found["findings"]
    assert kinds["bounce"]["went"] == "0" and kinds["duplicated_assessment"]["went"] != "0"
    assert found["other_people"] is False


def test_a_differences_span_holds_the_rounding_of_both_sides(demo: Path, shorter: Path) -> None:
    for row in told(demo, shorter, cwd=demo)["headlines"]:
        if row["difference"] is not None:
            assert row["low"] <= row["difference"] - 5 and row["high"] >= row["difference"] + 5


def test_counts_of_findings_are_rounded_and_ids_need_the_analysts_leave(
    demo: Path, shorter: Path, tmp_path: Path
) -> None:
    (tmp_path / "totalplace.toml").write_text("[privacy]\nsynthetic = true\n")
    assert "TP521" in call("compare", demo, shorter, "--ids", cwd=tmp_path, expect=5).stderr
    plain, listed = (told(demo, shorter, *more, cwd=demo)["findings"] for more in ((), ("--ids",)))
    for kind, sides in plain.items():
        assert set(sides) == {"came", "went", "stayed"}
        assert all(
            text == "withheld" or text.startswith("fewer than") or int(text.replace(",", "")) % 5 == 0
            for text in sides.values()
        )
        ids = {r["finding_id"].hex() for r in pq.read_table(demo / "analysis/findings.parquet").to_pylist()}
        assert set(listed[kind]["went_ids"]) <= ids and not set(listed[kind]["came_ids"]) & ids


def test_two_quarters_of_a_run_are_compared_with_chance_between_them(demo: Path) -> None:
    found = told(demo, "--quarters", "2023-Q1", "2024-Q1", cwd=demo)
    rows = {row["headline"]: row for row in found["headlines"]}
    assert found["other_people"] and rows["contacts"]["low"] < rows["contacts"]["difference"] < rows["contacts"]["high"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--quarters", "2023-Q1", "1999-Q1"), "TP134: option --quarters: names a quarter without a figure"),
        ((), "TP134: SECOND: is missing"),
    ],
)
def test_a_comparison_that_cannot_be_meant_is_refused(words: tuple[str, ...], said: str, demo: Path) -> None:
    assert said in call("compare", demo, *words, cwd=demo, expect=2).stderr


def test_a_folder_that_is_no_run_is_named(demo: Path, tmp_path: Path) -> None:
    assert "TP131" in call("compare", demo, tmp_path, cwd=tmp_path, expect=2).stderr


def test_a_manifest_that_is_no_table_is_told_as_another_versions(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[]")
    assert "TP486" in call("compare", demo, tmp_path, cwd=tmp_path, expect=4).stderr
