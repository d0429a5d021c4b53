"""A deliberately broken extract ends in a clear error or in counted refusals; nothing is lost and nothing crashes."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .conftest import call
from .test_privacy_of_messages import HEADER, row, write_project


def rewrite(project: Path, content: bytes) -> Path:
    (project / "data" / "housing.csv").write_bytes(content)
    return project


def plain_csv(rows: int) -> str:
    return "\n".join([",".join(HEADER), *(",".join(row(n)) for n in range(rows))]) + "\n"


BROKEN = {
    "empty": (b"", 4),
    "header only": ((",".join(HEADER) + "\n").encode(), None),
    "wrong encoding": (plain_csv(50).replace("Ann1", "Zoë").encode("cp1252"), 0),
    "binary": (bytes(range(256)) * 400, 4),
    "huge cell": ((plain_csv(50) + ",".join(row(99, first="x" * 10_000_000)) + "\n").encode(), None),
    "ragged": ((plain_csv(50) + "a,b\n" + ",".join([*row(98), "one", "two"]) + "\n").encode(), 0),
    "nul bytes": (plain_csv(50).replace("High", "Hi\0gh").encode(), None),
    "unbalanced quote": ((plain_csv(50) + '"never closed,' + ",".join(row(97)) + "\n").encode(), None),
    "doubled header": ((",".join([*HEADER[:-1], "ref"]) + "\n" + ",".join(row(1)) + "\n").encode(), 4),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_extract_is_refused_clearly_or_counted(tmp_path: Path, name: str) -> None:
    content, code = BROKEN[name]
    project = rewrite(write_project(tmp_path / "p", []), content)
    done = call("-C", project, "run", "--out", tmp_path / "out", "--to", "protect", cwd=tmp_path, expect=None)
    assert done.returncode in ((0, 4) if code is None else (code,)), done.stderr
    assert "Traceback" not in done.stderr and "TP70" not in done.stderr
    if done.returncode == 4:
        assert "error TP4" in done.stderr and "housing.csv" in done.stderr


def test_a_tenth_of_garbage_is_refused_row_by_row_and_counted(tmp_path: Path) -> None:
    rows = [row(n, when="garbage") if n % 10 == 0 else row(n) for n in range(300)]
    project = write_project(tmp_path / "p", rows)
    call("-C", project, "run", "--out", tmp_path / "out", cwd=tmp_path)
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    file = manifest["stages"]["protect:housing"]["counts"]["files"][0]
    assert (file["rows_in"], file["rows_refused"], file["rows_kept"]) == (300, 30, 270)
    refused = pq.read_table(tmp_path / "out" / "agency" / "housing" / "refused.parquet")
    assert refused.num_rows == 30 and set(refused["column"].to_pylist()) == {"when"}
    assert refused["row"].to_pylist()[0] == 2


def test_a_missing_column_names_the_columns_there_are(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", [row(1)], start="whne")
    done = call("-C", project, "run", "--out", tmp_path / "out", cwd=tmp_path, expect=4)
    assert "whne" in done.stderr and "Did you mean 'when'?" in done.stderr


def test_a_declared_encoding_that_does_not_fit_is_said(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", [row(1, first="Zoë")], encoding="ascii")
    done = call("-C", project, "run", "--out", tmp_path / "out", cwd=tmp_path, expect=4)
    assert "housing.csv" in done.stderr and "encoding" in done.stderr
