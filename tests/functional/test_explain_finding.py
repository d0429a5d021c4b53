"""`totalplace explain` in a run: from a finding, or from two records, to the reasons; and who may ask."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .conftest import call

Rows = list[dict[str, object]]


def findings(run: Path) -> Rows:
    return pq.read_table(run / "analysis/findings.parquet").to_pylist()


def ids(run: Path, kind: str) -> list[str]:
    return [row["finding_id"].hex() for row in findings(run) if row["kind"] == kind]  # type: ignore[attr-defined]


def test_every_kind_of_finding_is_explained_from_its_own_records(demo: Path) -> None:
    for kind in {row["kind"] for row in findings(demo)}:
        name = ids(demo, str(kind))[0]
        told = json.loads(call("--json", "explain", name, cwd=demo).stdout)
        result = told["result"]
        assert told["command"] == "explain" and result["finding"]["finding_id"] == name
        assert {record["contact_id"] for record in result["records"]} == set(result["finding"]["contact_ids"])
        assert result["would_vanish_with"] and result["finding"]["config_hash"] == told["config_hash"]


def test_the_beginning_of_an_id_is_enough_and_the_lines_end_with_what_would_undo_it(demo: Path) -> None:
    name = ids(demo, "duplicated_assessment")[0]
    text = call("explain", name[:10], cwd=demo).stdout
    assert text.startswith(f"duplicated_assessment {name[:12]}") and "Rule. D1: " in text
    assert "Weakest link." in text and "It would vanish with any of:\n  - " in text


@pytest.mark.parametrize("name", ["zz", "f" * 32, ""])
def test_an_id_of_no_finding_is_refused_without_being_quoted(name: str, demo: Path) -> None:
    done = call("explain", name, cwd=demo, expect=4)
    assert "error TP487: FINDING: is of no finding" in done.stderr


def test_a_beginning_of_several_ids_asks_for_more(demo: Path) -> None:
    firsts = [row["finding_id"].hex()[0] for row in findings(demo)]  # type: ignore[attr-defined]
    twice = next(one for one in firsts if firsts.count(one) > 1)
    assert "Write more of it." in call("explain", twice, cwd=demo, expect=4).stderr


def test_a_folder_without_a_run_says_how_to_name_one(tmp_path: Path) -> None:
    assert "error TP131" in call("explain", "ab", cwd=tmp_path, expect=2).stderr


def test_records_are_told_only_where_the_project_allows_them(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "totalplace.toml").write_text("[privacy]\nsynthetic = true\n")
    name = ids(demo, "duplicated_assessment")[0]
    done = call("explain", name, "--run", demo, cwd=tmp_path, expect=5)
    assert "error TP521" in done.stderr and done.stdout == ""


def test_a_run_that_ended_before_its_findings_says_what_is_lacking(demo: Path, tmp_path: Path) -> None:
    shutil.copy(demo / "manifest.json", tmp_path)
    assert "lacks analysis/findings.parquet" in call("explain", "ab", cwd=tmp_path, expect=2).stderr


def linked_pair(run: Path) -> tuple[str, str]:
    links = pq.read_table(run / "linkage/links.parquet").sort_by([("weight", "descending")])
    return links["row_id_l"][0].as_py().hex(), links["row_id_r"][0].as_py().hex()


def test_two_records_of_a_run_are_explained_by_levels_and_what_became_of_them(demo: Path, tmp_path: Path) -> None:
    one, other = linked_pair(demo)
    picture = tmp_path / "pair.svg"
    told = json.loads(call("--json", "explain", one, other[:12], "--svg", picture, cwd=demo).stdout)["result"]
    assert told["one_person"] is True and told["draws_apart"] == 0 and len(told["agencies"]) == 2
    assert told["weight"] >= told["threshold"] and told["steps"][-1]["total"] == pytest.approx(told["weight"])
    assert picture.read_text().startswith("<svg")


def test_records_that_are_two_persons_say_so(demo: Path) -> None:
    persons = pq.read_table(demo / "linkage/persons.parquet").to_pylist()
    first = persons[0]
    other = next(row for row in persons if row["person_id"] != first["person_id"])
    text = call("explain", first["row_id"].hex(), other["row_id"].hex(), cwd=demo).stdout
    assert "are two persons." in text and "no link" in text


@pytest.mark.parametrize(("other", "said"), [("zz", "second id: is of no record"), (None, "is the first one's record")])
def test_a_pair_needs_two_records_of_the_run(other: str | None, said: str, demo: Path) -> None:
    one, _ = linked_pair(demo)
    assert said in call("explain", one, other or one, cwd=demo, expect=4).stderr


def test_a_pair_is_told_only_where_the_project_allows_records(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "totalplace.toml").write_text("[privacy]\nsynthetic = true\n")
    assert "TP521" in call("explain", *linked_pair(demo), "--run", demo, cwd=tmp_path, expect=5).stderr


def test_options_of_tables_do_nothing_for_a_finding(demo: Path) -> None:
    assert "TP106: option --model" in call("explain", "ab", "--model", "m.toml", cwd=demo, expect=2).stderr
