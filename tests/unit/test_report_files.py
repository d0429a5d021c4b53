"""Files of a release: only released tables, no formulas, equal bytes, never half a file."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import Any

import networkx
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.errors import InputError, PrivacyError, ShapeError, UsageError
from totalplace.report.disclosure.release import (
    AnalystTable,
    Permit,
    Release,
    SafeTable,
    analyst_table,
    permit,
    release,
)
from totalplace.report.files import write_csv, write_parquet, write_tables, write_workbook
from totalplace.report.graph_view import graph_page
from totalplace.report.service_graph import safe_graph
from totalplace.tables import CELLS

RULES, _ = load_rules()
ALLOWED = RULES.report.model_copy(update={"allow_analyst_edition": True})


def cell(table: str, people: int, row: str = "", column: str = "", **other: Any) -> dict[str, Any]:
    base = {"chip": "all", "chip_value": "", "quarter": "", "unit": "people", "agencies": 3, "largest_share": 0.0}
    return base | {"table": table, "row": row, "column": column, "value": people * 2.0, "people": people} | other


ROWS = [
    cell("people", 812, value=812.0),
    cell("services", 120, "housing/visit"),
    cell("services", 64, "police/call"),
    cell("services", 3, "police/caution"),
    cell("handoffs", 200),
    cell("handoffs", 41, "housing/visit", "police/call"),
    cell("handoffs", 7, "police/call", "housing/visit"),
    cell("themes", 33, "=HYPERLINK(1)"),
    cell("themes", 4, "debt"),
]


@pytest.fixture(scope="module")
def safe() -> Release:
    with LocalEngine(workers=1) as engine:
        return release(
            engine.hold(pa.Table.from_pylist(ROWS, schema=CELLS.schema)), RULES.privacy, RULES.report, engine
        )


def analyst(rows: dict[str, list[Any]]) -> AnalystTable:
    return analyst_table(permit(ALLOWED), pa.table(rows), "families")


@pytest.mark.parametrize("kind", [SafeTable, AnalystTable])
def test_a_released_table_cannot_be_made_elsewhere(kind: Any, safe: Release) -> None:
    with pytest.raises(ShapeError, match="made only in report/disclosure"):
        kind("cells", safe.cells.table, {})


def test_a_permit_comes_only_from_the_rule() -> None:
    with pytest.raises(ShapeError, match="made only from report.allow_analyst_edition"):
        Permit()
    with pytest.raises(PrivacyError, match="TP521"):
        permit(RULES.report)


def test_an_analyst_table_needs_a_permit() -> None:
    with pytest.raises(ShapeError, match="needs a Permit"):
        analyst_table(None, pa.table({"a": [1]}), "families")  # type: ignore[arg-type]


@pytest.mark.parametrize("write", [write_csv, write_parquet, write_workbook])
def test_a_writer_refuses_anything_but_a_released_table(write: Any, safe: Release, tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="not a released table"):
        write(safe.cells.table, tmp_path / "cells.out")
    assert list(tmp_path.iterdir()) == []


def test_a_csv_text_that_looks_like_a_formula_gets_an_apostrophe(safe: Release, tmp_path: Path) -> None:
    write_csv(safe.cells, tmp_path / "cells.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "cells.csv").read_text(encoding="utf-8"))))
    assert "'=HYPERLINK(1)" in {row["row"] for row in rows}


def test_a_csv_keeps_negative_numbers_and_escapes_every_start_of_a_formula(tmp_path: Path) -> None:
    write_csv(analyst({"n": [-5, 3, 1, 2], "t": ["=1", "+1", "-1", "@x"]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").split() == ["n,t", "-5,'=1", "3,'+1", "1,'-1", "2,'@x"]


def test_a_csv_leaves_withheld_numbers_empty(safe: Release, tmp_path: Path) -> None:
    write_csv(safe.cells, tmp_path / "cells.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "cells.csv").read_text(encoding="utf-8"))))
    debt = next(row for row in rows if row["row"] == "debt")
    assert (debt["shown"], debt["people_shown"], debt["withheld"]) == ("", "", "true")


def test_parquet_says_under_which_rule_it_was_released(safe: Release, tmp_path: Path) -> None:
    write_parquet(safe.cells, tmp_path / "cells.parquet")
    table = pq.read_table(tmp_path / "cells.parquet")
    assert json.loads(table.schema.metadata[b"totalplace"])["convention"] == "threshold_10"
    assert table.replace_schema_metadata(None).equals(safe.cells.table.replace_schema_metadata(None))


def test_the_workbook_has_notes_and_a_sheet_for_each_table(safe: Release, tmp_path: Path) -> None:
    write_workbook(safe.cells, tmp_path / "cells.xlsx", ["One more note."])
    book = openpyxl.load_workbook(tmp_path / "cells.xlsx")
    assert book.sheetnames == ["Notes", "handoffs", "people", "services", "themes"]
    notes = [row[0].value for row in book["Notes"].iter_rows()]
    assert any("fewer than 10" in note for note in notes) and notes[-1] == "One more note."
    assert [c.value for c in book["people"][2]][-3:] == [810, 810, "false"]


def test_equal_releases_give_equal_bytes(safe: Release, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        write_tables(safe, folder, RULES.privacy)
        time.sleep(1.1)  # a time of making, in seconds, would differ
    names = sorted(path.name for path in folders[0].iterdir())
    assert [(folders[0] / n).read_bytes() == (folders[1] / n).read_bytes() for n in names] == [True] * len(names)


def test_what_leaves_lists_each_file_with_its_hash(safe: Release, tmp_path: Path) -> None:
    (tmp_path / "explorer.html").write_text("page", encoding="utf-8")
    write_tables(safe, tmp_path, RULES.privacy)
    leaves = json.loads((tmp_path / "leaves.json").read_text(encoding="utf-8"))
    assert [file["name"] for file in leaves["files"]] == [
        "cells.csv", "cells.parquet", "cells.xlsx", "explorer.html", "services.gexf", "services.graphml",
    ]  # fmt: skip
    assert all(len(file["sha256"]) == 64 for file in leaves["files"])
    assert leaves["people"] == 810 and leaves["compared_with_earlier_releases"] is False
    headings = [
        line for line in (tmp_path / "five_safes.md").read_text(encoding="utf-8").splitlines() if "## Safe" in line
    ]
    assert headings == [f"## Safe {word}" for word in ("projects", "people", "settings", "data", "outputs")]


def test_no_file_is_replaced_without_force(safe: Release, tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="TP121"):
        write_csv(safe.cells, path)
    assert path.read_text(encoding="utf-8") == "mine"
    write_csv(safe.cells, path, force=True)
    assert path.read_text(encoding="utf-8") != "mine"


def test_a_missing_folder_is_refused_without_a_trace(safe: Release, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="TP481"):
        write_csv(safe.cells, tmp_path / "nowhere" / "cells.csv")


def test_the_graph_counts_handoffs_over_all_of_them_as_the_explorer_does(safe: Release) -> None:
    graph = safe_graph(safe)
    drawn = sum(handoffs for *_, handoffs in graph.edges(data="handoffs"))
    assert (drawn, graph.graph["handoffs"]) == (80, 400)
    assert "1 of 1 handoffs carry 20% of the traffic" in graph_page(safe, RULES.report, "A place", True)


def test_the_graph_files_hold_the_safe_graph_and_no_day(safe: Release, tmp_path: Path) -> None:
    write_tables(safe, tmp_path, RULES.privacy)
    graph = safe_graph(safe)
    assert set(graph.nodes) == {"housing/visit", "police/call"}
    assert graph.edges["housing/visit", "police/call"] == {"people": 40, "handoffs": 80}
    assert dict(networkx.read_graphml(tmp_path / "services.graphml").edges) == dict(graph.edges)
    assert set(networkx.read_gexf(tmp_path / "services.gexf").nodes) == set(graph.nodes)
    assert b"lastmodified" not in (tmp_path / "services.gexf").read_bytes()
