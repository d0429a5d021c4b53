"""Reading a finished file again: what must not be in it is found, and never quoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xlsxwriter

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.errors import InputError
from totalplace.pipeline import check_files
from totalplace.report.disclosure.release import Release, release
from totalplace.report.files import write_tables
from totalplace.report.graph_view import graph_page
from totalplace.report.release_check import check_released
from totalplace.tables import CELLS

RULES, _ = load_rules()
HEAD = "table,chip,chip_value,quarter,row,column,unit,shown,people_shown,withheld\r\n"
POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
STATED = "<meta name='totalplace' content='{\"min_cell\": 10}'>"


def cell(table: str, people: int, row: str = "", column: str = "") -> dict[str, Any]:
    base = {"chip": "all", "chip_value": "", "quarter": "", "unit": "people", "agencies": 3, "largest_share": 0.0}
    return base | {"table": table, "row": row, "column": column, "value": people * 2.0, "people": people}


@pytest.fixture(scope="module")
def safe() -> Release:
    rows = [cell("services", 120, "housing/visit"), cell("services", 64, "police/call")]
    rows.append(cell("handoffs", 41, "housing/visit", "police/call"))
    with LocalEngine(workers=1) as engine:
        return release(
            engine.hold(pa.Table.from_pylist(rows, schema=CELLS.schema)), RULES.privacy, RULES.report, engine
        )


def faults_of(tmp_path: Path, name: str, text: str) -> list[str]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return check_released(tmp_path / name)


def page(body: str, head: str = POLICY + STATED) -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def test_files_of_a_release_pass(safe: Release, tmp_path: Path) -> None:
    for path in write_tables(safe, tmp_path, RULES.privacy):
        assert check_released(path) == [], path.name


def test_the_graph_page_passes(safe: Release, tmp_path: Path) -> None:
    assert faults_of(tmp_path, "graph.html", graph_page(safe, RULES.report, "Handoffs", True)) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("999 123 4578", "NHS check digit"),
        ("QQ123456C", "National Insurance"),
        ("SW1A 1AA", "postcode"),
        ("100023336956", "UPRN"),
        ("someone@example.org", "e-mail"),
        ("0123456789abcdef0123456789abcdef", "id of a person"),
        ("https://example.org/a.js", "outside address"),
    ],
)
def test_what_must_not_be_in_a_page_is_found_and_not_quoted(tmp_path: Path, text: str, what: str) -> None:
    faults = faults_of(tmp_path, "explorer.html", page(f"<p>{text}</p>"))
    assert any(what in fault for fault in faults)
    assert not any(text in fault for fault in faults)


def test_a_ten_digit_number_without_a_valid_check_digit_is_no_nhs_number(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "explorer.html", page("<p>9991234579</p>")) == []


@pytest.mark.parametrize("name", ["run 100023336956", "rules c15732075325", '"run_id":"9991234578ab"'])
def test_the_digits_of_a_run_name_are_no_identifier(tmp_path: Path, name: str) -> None:
    assert faults_of(tmp_path, "explorer.html", page(f"<p>{name}</p>")) == []


def test_the_digits_of_a_projects_own_id_are_no_identifier_where_ids_are_allowed(tmp_path: Path) -> None:
    text = page("id 0a1b2c3d 6a7f485417860052ed9db2dc55cab01f, 4300000000f48541786005299435fd5f")
    for edition, faults in (("analyst", []), ("share", ["2 texts look like an id of a person, family or record"])):
        stated = f'<meta name=\'totalplace\' content=\'{{"min_cell": 10, "edition": "{edition}"}}\'>'
        assert faults_of(tmp_path, "page.html", text.replace(STATED, stated))[-1:] == faults


def test_names_of_formats_are_no_outside_address(tmp_path: Path) -> None:
    assert faults_of(tmp_path, "explorer.html", page("<p>http://www.w3.org/2000/svg</p>")) == []


def test_a_page_without_a_policy_is_found(tmp_path: Path) -> None:
    assert any("policy is missing" in fault for fault in faults_of(tmp_path, "explorer.html", page("", head=STATED)))


@pytest.mark.parametrize(
    "tag", ["<link rel=stylesheet>", "<iframe></iframe>", "<form></form>", "<script src=a.js></script>"]
)
def test_an_element_that_loads_or_sends_is_found(tmp_path: Path, tag: str) -> None:
    assert faults_of(tmp_path, "explorer.html", page(tag)) != []


def test_a_page_without_numbers_cannot_pass(tmp_path: Path) -> None:
    assert any(
        "none could be checked" in fault for fault in faults_of(tmp_path, "explorer.html", page("", head=POLICY))
    )


def test_a_csv_row_under_the_threshold_is_found(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "cells.csv", HEAD + "contacts,all,,,housing,,people,12,4,false\r\n")
    assert faults == ["1 rows stand for fewer than 5 people or families"]


def test_a_table_is_looked_at_as_one_however_its_ending_is_written(tmp_path: Path) -> None:
    row = HEAD + "contacts,all,,,housing,,people,12,4,false\r\n"
    assert faults_of(tmp_path, "CELLS.CSV", row) == ["1 rows stand for fewer than 5 people or families"]


def test_a_workbook_in_which_one_column_hides_another_cannot_be_checked(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "cells.xlsx") as book:
        book.add_worksheet("Notes").write_row(0, 0, ["notes"])
        book.add_worksheet("cells").write_row(0, 0, ["people_shown", "withheld", "people_shown"])
    (found,) = check_released(tmp_path / "cells.xlsx")
    assert "could be checked" in found


def test_the_manifest_beside_a_csv_says_its_threshold(tmp_path: Path) -> None:
    (tmp_path / "leaves.json").write_text('{"min_cell": 10}', encoding="utf-8")
    faults = faults_of(tmp_path, "cells.csv", HEAD + "contacts,all,,,housing,,people,12,7,false\r\n")
    assert faults == ["1 rows stand for fewer than 10 people or families"]


def test_a_withheld_row_with_a_number_is_found(tmp_path: Path) -> None:
    faults = faults_of(tmp_path, "cells.csv", HEAD + "contacts,all,,,housing,,people,40,20,true\r\n")
    assert faults == ["1 withheld rows hold a number"]


def test_a_csv_that_was_never_released_is_found(tmp_path: Path) -> None:
    assert any("not a released table" in fault for fault in faults_of(tmp_path, "cells.csv", "a,b\r\n1,2\r\n"))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="TP483"):
        check_released(tmp_path / "none.html")


@pytest.mark.parametrize("name", ["services.graphml", "leaves.json", "five_safes.md"])
def test_whatever_lies_beside_the_list_of_what_leaves_is_looked_at_as_such(tmp_path: Path, name: str) -> None:
    (tmp_path / "leaves.json").write_text("{}")
    (tmp_path / name).write_text('{"said": "someone@example.org"}')
    result, failed = check_files([tmp_path / name], tmp_path)
    assert failed and "e-mail" in result["lines"][0]


def test_the_hash_of_a_file_is_no_identifier(tmp_path: Path) -> None:
    listing = tmp_path / "leaves.json"
    listing.write_text('{"sha256": "' + "ab12345678901c" + "d" * 50 + '"}')
    assert check_released(listing) == []


def test_a_page_that_was_cut_short_is_not_whole(safe: Release, tmp_path: Path) -> None:
    whole = graph_page(safe, RULES.report, "Handoffs", True)
    assert any("not whole" in fault for fault in faults_of(tmp_path, "graph.html", whole[:-20]))


def test_a_script_that_the_policy_does_not_name_was_put_in_later(safe: Release, tmp_path: Path) -> None:
    whole = graph_page(safe, RULES.report, "Handoffs", True)
    changed = whole.replace("</body>", "<script>alert(1)</script></body>")
    assert any("changed after it was made" in fault for fault in faults_of(tmp_path, "graph.html", changed))


def test_a_workbook_under_any_name_is_looked_at_sheet_by_sheet(safe: Release, tmp_path: Path) -> None:
    write_tables(safe, tmp_path, RULES.privacy)
    book = tmp_path / "sent.xlsx"
    (tmp_path / "cells.xlsx").rename(book)
    (tmp_path / "leaves.json").unlink()
    result, failed = check_files([book], tmp_path)
    assert not failed and result["lines"] == ["sent.xlsx: may leave: nothing found"]


def test_a_workbook_with_small_numbers_identifiers_or_more_is_found(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "cells.xlsx") as book:
        book.add_worksheet("Notes").write_string(0, 0, "someone@example.org")
        sheet = book.add_worksheet("services")
        sheet.write_row(0, 0, HEAD.strip().split(",")[1:])
        sheet.write_row(1, 0, ["all", "", "", "", "", "people", 3, 3, "false"])
        sheet.write_row(2, 0, ["all", "", "", "", "", "people", 50, 50, "true"])
        hidden = book.add_worksheet("more")
        hidden.write_row(0, 0, ["number", 9434765919])
        hidden.hide()
        sheet.write_comment("A1", "a word")
    found = check_released(tmp_path / "cells.xlsx")
    assert found == [
        "sheet 1 after the notes: 1 rows stand for fewer than 5 people or families",
        "sheet 1 after the notes: 1 withheld rows hold a number",
        "sheet 2 after the notes: "
        "the columns shown, people_shown and withheld are missing: this is not a released table",
        "3 parts of the workbook are none that a release has: comments, pictures or macros",
        "1 texts look like an e-mail address",
        "1 numbers have a valid NHS check digit",
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_released_table_is_known_by_its_columns_whatever_it_is_called(delimiter: str, tmp_path: Path) -> None:
    row = "services,all,,,,,people,3,3,false\r\n"
    (tmp_path / "mine.csv").write_text((HEAD + row).replace(",", delimiter), encoding="utf-8-sig")
    result, failed = check_files([tmp_path / "mine.csv"], tmp_path)
    assert failed and "fewer than 5" in result["lines"][0]


def test_a_released_parquet_is_known_by_its_columns(safe: Release, tmp_path: Path) -> None:
    write_tables(safe, tmp_path, RULES.privacy)
    (tmp_path / "leaves.json").unlink()
    (tmp_path / "cells.parquet").rename(tmp_path / "mine.parquet")
    assert check_files([tmp_path / "mine.parquet"], tmp_path)[0]["lines"] == ["mine.parquet: may leave: nothing found"]


def test_a_runs_folder_stands_for_all_that_is_published_in_it(safe: Release, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    written = write_tables(safe, tmp_path / "report", RULES.privacy)
    for folder in (tmp_path, tmp_path / "report"):
        result, failed = check_files([folder], tmp_path)
        assert not failed and {one["file"] for one in result["files"]} == {path.name for path in written}


def test_what_a_folder_holds_beside_the_list_of_what_leaves_is_named(safe: Release, tmp_path: Path) -> None:
    write_tables(safe, tmp_path, RULES.privacy)
    (tmp_path / "services.gexf").unlink()
    (tmp_path / "services.graphml").write_text("<graphml/>")
    (tmp_path / "notes.md").write_text("put in later")
    (tmp_path / "people.docx").write_bytes(b"PK")
    result, failed = check_files([tmp_path], tmp_path)
    assert failed and {one["file"]: one["faults"] for one in result["files"] if one["faults"]} == {
        "notes.md": ["leaves.json does not list it: it was put in afterwards"],
        "people.docx": [
            "is no file of a release and cannot be checked: take it out of the folder before the rest leaves"
        ],
        "services.gexf": ["leaves.json lists it, and it is not there"],
        "services.graphml": ["it is not as leaves.json lists it: it was changed afterwards"],
    }


def test_a_folder_in_which_nothing_is_published_is_told_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"TP403: .*no folder of a run.\n  Name the files in it; of a run"):
        check_files([tmp_path], tmp_path)
