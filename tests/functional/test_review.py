"""`totalplace review`: a draw that reviewers fill in, and judgements that outlive re-runs."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .conftest import call


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def judged(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the demo whose duplicates were drawn and judged, run again up to its findings."""
    run = shutil.copytree(demo, tmp_path_factory.mktemp("judged") / "demo")
    place = run / "place"
    call("review", "duplicates", "--n", 20, "--run", run, cwd=place)
    (path,) = (place / "judgements").glob("*.csv")
    rows = rows_of(path)
    for number, row in enumerate(rows):
        row |= {"verdict": "no" if number == 0 else "yes", "reason": "asked by a court" if number == 0 else ""}
    write_rows(path, [*rows, {**rows[1], "finding_id": "f" * 32}])
    named = json.loads((run / "manifest.json").read_text())["run_id"]
    done = call("run", "--out", run, "--run-id", named, "--to", "flag", cwd=place)
    (run / "said.txt").write_text(done.stderr)
    return run


def test_a_judgement_is_laid_on_the_next_run_and_what_it_does_not_know_only_warns(judged: Path) -> None:
    said = (judged / "said.txt").read_text()
    assert "judgements of no finding of this run: 1;" in said and "findings set aside by reviewers" in said
    (path,) = (judged / "place/judgements").glob("*.csv")
    findings = {r["finding_id"].hex(): r for r in pq.read_table(judged / "analysis/findings.parquet").to_pylist()}
    rows = rows_of(path)
    assert findings[rows[0]["finding_id"]]["excluded_by"] == "reviewer: asked by a court"
    assert findings[rows[1]["finding_id"]]["excluded_by"] is None


def test_nothing_before_the_findings_is_done_again_for_a_judgement(judged: Path) -> None:
    said = (judged / "said.txt").read_text()
    assert "link       whole: unchanged, skipped" in said and "flag       whole: unchanged" not in said


def test_the_manifest_and_the_summary_say_how_much_was_judged(judged: Path) -> None:
    manifest = json.loads((judged / "manifest.json").read_text())
    summary = json.loads((judged / "analysis/summary.json").read_text())["reviewed"]
    assert manifest["judgements"]["in_force"] == 21 and summary["unknown"] == 1
    kind = summary["kinds"]["duplicated_assessment"]
    assert kind["set_aside"] == 1 and kind["precision"]["read"] == 20
    assert kind["precision"]["low"] < kind["precision"]["estimate"] == 0.95 < kind["precision"]["high"]


def test_a_larger_draw_holds_the_smaller_and_keeps_what_was_said(judged: Path, tmp_path: Path) -> None:
    (path,) = (judged / "place/judgements").glob("*.csv")
    more = tmp_path / "more.csv"
    call("review", "duplicates", "--n", 25, "--run", judged, "--csv", more, cwd=judged / "place")
    first, larger = rows_of(path)[:20], rows_of(more)
    assert [row["finding_id"] for row in larger[:20]] == [row["finding_id"] for row in first]
    assert (larger[0]["reason"], larger[24]["verdict"]) == ("asked by a court", "")


def test_a_draw_is_not_written_over(judged: Path) -> None:
    done = call("review", "duplicates", "--run", judged, cwd=judged / "place", expect=2)
    assert "TP121" in done.stderr


def test_pairs_come_blind_and_their_answers_give_a_precision(demo: Path, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    call("review", "--n", 24, "--csv", path, cwd=demo)
    rows = rows_of(path)
    assert len(rows) == 24 and not [name for name in rows[0] if "weight" in name or "prob" in name or "drawn" in name]
    write_rows(path, [{**row, "one_person": "yes"} for row in rows])
    told = json.loads(call("--json", "review", "pairs", "--answers", path, cwd=demo).stdout)["result"]
    assert told["answers"] == 24 and told["precision"]["read"] >= 12 and told["precision"]["estimate"] == 1.0


def test_who_may_not_see_records_may_not_draw_them(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "totalplace.toml").write_text("[privacy]\nsynthetic = true\n")
    for words in (("pairs",), ("families",)):
        assert "TP521" in call("review", *words, "--run", demo, cwd=tmp_path, expect=5).stderr
    assert not list(tmp_path.glob("**/*.csv"))
