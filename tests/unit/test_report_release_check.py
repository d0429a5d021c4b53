"""Reading a finished file again: what must not be in it is found, and never quoted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

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
        if path.suffix != ".xlsx":
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
