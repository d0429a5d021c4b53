"""Any tables that a user brings: what cannot be linked or followed is refused by name, before any work is done."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totalplace.errors import TotalplaceError
from totalplace.linkage import records_from_tables
from totalplace.pipeline.alone.events import follow_events
from totalplace.pipeline.alone.link import LinkWish, link_files

PEOPLE = "id,first_name,surname\n1,Ann,Lee\n2,Bob,Ray\n"


def silent(stage: str, text: str) -> None:
    """Say nothing."""


def refused(folder: Path, *names: str, model: str = "auto", link_type: str | None = None, out: str = "out") -> str:
    """Link files of a folder and return the refusal."""
    wish = LinkWish([folder / name for name in names], "id", link_type, model, folder, {}, 1)
    with pytest.raises(TotalplaceError) as refusal:
        link_files(wish, folder / out, silent)
    return str(refusal.value)


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,first_name,surname\n")
    assert "TP402: a.csv: holds a header and no row" in refused(tmp_path, "a.csv")


def test_link_only_of_one_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE)
    assert "TP112: option --link-type" in refused(tmp_path, "a.csv", link_type="link_only")


def test_a_file_that_is_not_there_is_refused_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("totalplace.pipeline.alone.link.LocalEngine", None)
    assert "TP403: nowhere.csv: cannot be opened (No such file or directory)" in refused(tmp_path, "nowhere.csv")


def test_a_file_where_the_folder_should_be_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE)
    assert "TP124: a.csv: is a file" in refused(tmp_path, "a.csv", out="a.csv")


def test_a_column_that_stands_twice_in_a_parquet_file_is_refused(tmp_path: Path) -> None:
    one = pa.array(["1", "2"])
    pq.write_table(pa.Table.from_arrays([one, one, one], names=["id", "x", "x"]), tmp_path / "a.parquet")
    assert "TP408: a.parquet: has column 'x' more than once" in refused(tmp_path, "a.parquet")


def test_an_id_column_of_lists_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [[1], [2]], "x": ["a", "b"]}), tmp_path / "a.parquet")
    assert "TP464: a, column 'id'" in refused(tmp_path, "a.parquet")


def test_a_model_that_is_no_text_or_names_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(PEOPLE)
    (tmp_path / "model.toml").write_bytes(b"\xff\xfe")
    assert "TP404: model model.toml" in refused(tmp_path, "a.csv", model=str(tmp_path / "model.toml"))


def test_tables_without_rows_are_records_without_rows() -> None:
    empty = pa.Table.from_batches([], pa.schema([("id", pa.string()), ("x", pa.string())]))
    assert records_from_tables({"a": empty}, "id").table.num_rows == 0


def test_no_text_of_an_event_table_runs_in_a_spreadsheet(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text('case_id,activity,timestamp\n1,=cmd|x!A0,2020-01-01\n1,"a,b",2020-01-02\n')
    columns = dict.fromkeys(("case", "activity", "timestamp", "order", "time_format"))
    follow_events(tmp_path / "log.csv", columns, tmp_path / "out", silent)
    assert (tmp_path / "out" / "edges.csv").read_text().splitlines()[1] == '"\'=cmd|x!A0","a,b",1'
