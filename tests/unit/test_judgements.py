"""Reviewers' files: read as spreadsheets save them, refused without quoting a cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from totalplace.config.judgements import judgements_hash, load_judgements
from totalplace.errors import ConfigError

ONE, TWO = "a" * 32, "b" * 32
HEAD = "finding_id,verdict,reason,reviewer,date,drawn\n"


def project(folder: Path, **files: str) -> Path:
    (folder / "judgements").mkdir()
    for name, text in files.items():
        (folder / "judgements" / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_row_is_read_and_a_row_without_a_verdict_says_nothing(tmp_path: Path) -> None:
    (found,) = load_judgements(
        project(tmp_path, a=f"{HEAD}{ONE},no,asked by a court,panel,2024-05-01,seed 7\n{TWO},,,,,seed 7\n")
    )
    assert (found.finding_id, found.verdict, found.reason) == (ONE, "no", "asked by a court")
    assert (found.reviewer, found.day, found.drawn) == ("panel", "2024-05-01", "seed 7")


def test_a_spreadsheets_semicolons_mark_and_dates_are_read(tmp_path: Path) -> None:
    text = f"\ufefffinding_id;verdict;reason;date\r\n{ONE.upper()};No;why;31/12/2024\r\n"
    (found,) = load_judgements(project(tmp_path, a=text))
    assert (found.finding_id, found.verdict, found.day) == (ONE, "no", "2024-12-31")


def test_the_last_day_wins_and_the_draw_is_kept(tmp_path: Path) -> None:
    first, later = f"{HEAD}{ONE},yes,,x,2024-05-01,seed 7\n", f"{HEAD}{ONE},no,a review,y,2024-06-01,\n"
    (found,) = load_judgements(project(tmp_path, a=first, b=later))
    assert (found.verdict, found.drawn) == ("no", "seed 7")


def test_two_verdicts_of_one_day_leave_the_finding_unsure(tmp_path: Path) -> None:
    (found,) = load_judgements(project(tmp_path, a=f"{HEAD}{ONE},yes,,x,,\n{ONE},no,a review,y,,\n"))
    assert found.verdict == "unsure"


def test_the_order_of_rows_and_files_does_not_matter(tmp_path: Path) -> None:
    rows = [f"{ONE},yes,,x,,\n", f"{TWO},no,a review,y,,\n"]
    hashes = set()
    for k, texts in enumerate((rows, rows[::-1])):
        (tmp_path / str(k)).mkdir()
        hashes.add(judgements_hash(load_judgements(project(tmp_path / str(k), a=HEAD + "".join(texts)))))
    assert len(hashes) == 1 and judgements_hash(()) == ""


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("verdict\nyes\n", "TP361", "judgements/a.csv: lacks column finding_id"),
        (f"{HEAD}{ONE},maybe,,,,\n", "TP362", "judgements/a.csv, line 2, column 'verdict'"),
        (f"{HEAD}{ONE},no,,,,\n", "TP362", "line 2, column 'reason'"),
        (f"{HEAD}{ONE},yes,,,sometime,\n", "TP362", "line 2, column 'date'"),
        (f"{HEAD}secret,yes,,,,\n", "TP362", "line 2, column 'finding_id'"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(text: str, code: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_judgements(project(tmp_path, a=text))
    assert refused.value.code == code and where in str(refused.value)
    assert not {"maybe", "sometime", "secret"} & set(str(refused.value).split())


def test_a_project_without_the_folder_has_no_judgements(tmp_path: Path) -> None:
    assert load_judgements(tmp_path) == () == load_judgements(None)
