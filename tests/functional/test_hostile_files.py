"""Files as they come: whatever is handed in, the end is worded, has its code, and quotes nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from .conftest import call

MARKED = ("zebedaxiah", "quillfeather")
ROWS = "K1,Zebedaxiah,Quillfeatherson,17/11/1971,visit,2023-04-03\nK2,Ann,Brown,01/02/1980,visit,2023-04-04\n"
HEAD = "ref,first,last,born,type,when\n"
JOURNEYS = ("journeys", "--case", "ref", "--activity", "type", "--timestamp", "when", "--out", "followed", "--events")
LINK = ("link", "--id", "ref", "--out", "linked")
COMMANDS = {"check": ("check",), "init": ("init", "place", "--from"), "link": LINK, "journeys": JOURNEYS}


def said(*words: object, cwd: Path, expect: int | None) -> str:
    """Return all that a command prints; fail if it quotes the marked person or ends in a fault of ours."""
    done = call(*words, cwd=cwd, expect=expect)
    text = done.stdout + done.stderr
    assert done.returncode != 70, text
    assert [mark for mark in MARKED if mark in text.lower()] == []
    return text


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_without_a_header_is_refused_and_nothing_of_it_shown(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    told = said(*COMMANDS[command], "a.csv", cwd=tmp_path, expect=4)
    assert "nothing of it is shown" in told


@pytest.mark.parametrize(
    "row", ["Zebedaxiah Quillfeather,12 High Street", "Zebedaxiah,Ward", "Zebedaxiah,Quillfeather,No"]
)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_first_row_that_holds_a_word_of_headers_is_still_not_shown(command: str, row: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{row}\n{row.replace('Zebedaxiah', 'Ann')}\n")
    assert "nothing of it is shown" in said(*COMMANDS[command], "a.csv", cwd=tmp_path, expect=4)


@pytest.mark.parametrize("command", ["link", "journeys"])
def test_a_misspelt_column_is_met_with_the_nearest_and_all_there_are(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text((HEAD + ROWS).replace("ref,", "reff,", 1))
    told = said(*COMMANDS[command], "a.csv", cwd=tmp_path, expect=4)
    assert "Did you mean 'reff'?" in told and "first, last, born, type, when" in told


@pytest.mark.parametrize("command", COMMANDS)
def test_folders_and_pipes_are_called_what_they_are(command: str, tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is a folder, not a file" in said(*COMMANDS[command], "folder.csv", cwd=tmp_path, expect=4)
    assert "is a pipe" in said(*COMMANDS[command], "pipe.csv", cwd=tmp_path, expect=4)


@pytest.mark.parametrize("command", ["link", "journeys"])
def test_a_header_without_rows_is_no_result(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD)
    assert "TP402" in said(*COMMANDS[command], "a.csv", cwd=tmp_path, expect=4)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"PK\x03\x04 no workbook",
        bytes(range(256)) * 20,
        (HEAD + ROWS).encode("utf-16"),
        (HEAD + ROWS).replace(",", "\t").replace("\n", "\r").encode(),
        (HEAD + ROWS + 'K3,"never closed,x,y,z,w\n').encode(),
        (HEAD + ROWS + "K3,too,few\n").encode(),
        (HEAD + ROWS + "K3," + "x" * 100_000 + ",y,z,w,v\n").encode(),
        (HEAD + ROWS).replace("first,last", ",first").encode(),
        (HEAD + ROWS).replace("first,last", "first,first").encode(),
        (HEAD + ROWS).replace("Ann", "A\0nn").encode(),
    ],
    ids=["empty", "blank", "zip", "bytes", "utf16", "tabs-cr", "quote", "ragged", "long", "blankhead", "twice", "nul"],
)
def test_odd_files_end_well_or_as_input_errors(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    for words in COMMANDS.values():
        said(*words, "a.csv", cwd=tmp_path, expect=None)


def test_a_short_plain_header_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + ROWS)
    assert "2 rows, 6 columns" in said("check", "a.csv", cwd=tmp_path, expect=0)


def test_names_of_files_stay_on_one_line_and_out_of_rule_files(tmp_path: Path) -> None:
    (tmp_path / "two\nlines.csv").write_text(HEAD + ROWS)
    told = said("init", "place", "--from", "two\nlines.csv", cwd=tmp_path, expect=4)
    assert r"error TP419: file two\nlines.csv: has a name" in told
    assert r"two\nlines.csv" in said("link", "--id", "no", "two\nlines.csv", cwd=tmp_path, expect=4)


@pytest.mark.parametrize("content", [b"", b"PAR1"])
@pytest.mark.parametrize("suffix", ["html", "csv", "parquet"])
def test_a_page_or_table_that_cannot_be_read_must_not_leave(content: bytes, suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"cells.{suffix}").write_bytes(content)
    (tmp_path / "leaves.json").write_text("{}")
    said("check", f"cells.{suffix}", cwd=tmp_path, expect=5)


def test_dates_of_all_ages_are_read_or_set_aside(tmp_path: Path) -> None:
    days = ["0001-01-01", "9999-12-31", "2023-02-30", "0000-00-00", "2023-04-03T25:00", "2023-04-03"]
    (tmp_path / "a.csv").write_text("ref,type,when\n" + "".join(f"K1,visit,{day}\n" for day in days))
    said(*JOURNEYS, "a.csv", cwd=tmp_path, expect=0)
    aside = (tmp_path / "followed" / "set_aside.csv").read_text().splitlines()[1:]
    assert [line.partition(",")[0] for line in aside] == ["4", "5", "6"]


def test_an_extract_where_a_projects_folder_is_meant_is_told_how_to_name_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + ROWS)
    told = said("init", "a.csv", cwd=tmp_path, expect=2)
    assert "TP124: a.csv: is a file, not a folder for a project" in told and "totalplace init --from a.csv" in told


@pytest.mark.parametrize(
    "words",
    [("init",), ("demo", "--people", "100", "--no-open", "--out"), ("link", "--id", "ref", "a.csv", "--out")],
    ids=["init", "demo", "link"],
)
@pytest.mark.parametrize("place", ["/proc/x", "a.csv/x"])
def test_a_folder_that_cannot_be_made_is_no_fault_of_ours(words: tuple[str, ...], place: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEAD + ROWS)
    assert "TP124: folder x: cannot be made" in said(*words, place, cwd=tmp_path, expect=2)


def test_init_says_what_is_odd_about_a_header(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text(",".join(f"c{k}" for k in range(300)) + "\n" + ",".join("1" * 300) + "\n")
    (tmp_path / "twice.csv").write_text("ref,surname,surname,dob\nK1,a,b,1980-01-01\n")
    (tmp_path / "nul.csv").write_text("ref,sur\0name,dob\nK1,a,1980-01-01\n")
    (tmp_path / "plain.csv").write_text("ref,surname,dob\nK1,a,1980-01-01\n")
    files = ("wide.csv", "twice.csv", "nul.csv", "plain.csv", "plain.csv")
    told = said("init", "p", "--from", *files, cwd=tmp_path, expect=0)
    assert [line for line in told.splitlines() if line.startswith("note")] == [
        "note: plain.csv is named twice and taken once",
        "note: wide.csv: none of its 300 columns was recognised: "
        "say under [extract.client] or [extract.contact] which is what",
        "note: twice.csv: more than one column is called surname: none is used; ask for names that differ",
        "note: nul.csv: names of columns hold control characters; each is read as a blank",
    ]
    assert "surname =" not in (tmp_path / "p" / "agencies" / "twice.toml").read_text()
    assert (tmp_path / "p" / "agencies" / "plain.toml").read_text().count("[[extract]]") == 1


def test_init_takes_no_two_extracts_of_one_name(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    for folder in (tmp_path, tmp_path / "other"):
        (folder / "a.csv").write_text(HEAD + ROWS)
    told = said("init", "p", "--from", "a.csv", "--from", "other/a.csv", cwd=tmp_path, expect=2)
    assert "TP107: file a.csv: has the same name as another" in told and not (tmp_path / "p").exists()
