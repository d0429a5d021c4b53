"""No personal value reaches stdout, stderr, a log, the manifest or any file of a role that may not hold it."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pyarrow.parquet as pq

from .conftest import call

MARKED = {
    "first": "Zebedaxiah",
    "last": "Quillfeatherson",
    "born": "17/11/1971",
    "street": "Marmosetcroft Parade",
    "postcode": "ZZ87 6QX",
    "nhs": "9998887772",
    "phone": "07700900733",
    "email": "zq@marmoset.example",
    "key": "KEY-ZQ-0042",
}
PARTS = [
    "zebedaxiah",
    "quillfeatherson",
    "17/11/1971",
    "1971-11-17",
    "marmoset",
    "zz87 6qx",
    "zz876qx",
    "6qx",
    "9998887772",
    "07700900733",
    "zq-0042",
]

PROJECT = '[project]\nname = "Marked"\n[privacy]\nsynthetic = true\n[report]\nallow_analyst_edition = true\n'
AGENCY = """
[agency]
code = "housing"
name = "Housing"
[[extract]]
file = "housing.csv"
encoding = "{encoding}"
date_format = "%d/%m/%Y"
[extract.client]
key = "ref"
first_name = "first"
surname = "last"
birth_date = "born"
street = "street"
postcode = "postcode"
id_nhs = "nhs"
phone = "phone"
email = "email"
[extract.contact]
client = "ref"
type = "type"
start = "{start}"
[types]
"visit" = {{ class = "intervention", theme = "housing" }}
"""
HEADER = ["ref", "first", "last", "born", "street", "postcode", "nhs", "phone", "email", "type", "when"]


def row(number: int, **changed: str) -> list[str]:
    plain = [
        f"K{number}",
        f"Ann{number % 7}",
        f"Brown{number % 11}",
        "01/02/1980",
        "High Street",
        "ZZ1 1AA",
        "",
        "",
        "",
        "visit",
        "03/04/2023",
    ]
    return [changed.get(name, value) for name, value in zip(HEADER, plain, strict=True)]


def marked(**changed: str) -> list[str]:
    values = {"ref": MARKED["key"], **{name: MARKED[name] for name in HEADER[1:9]}, **changed}
    return row(0, **values)


def write_project(
    folder: Path, rows: list[list[str]], encoding: str = "auto", start: str = "when", file_encoding: str = "utf-8"
) -> Path:
    (folder / "agencies").mkdir(parents=True)
    (folder / "data").mkdir()
    (folder / "totalplace.toml").write_text(PROJECT)
    (folder / "agencies" / "housing.toml").write_text(AGENCY.format(encoding=encoding, start=start))
    with (folder / "data" / "housing.csv").open("w", newline="", encoding=file_encoding) as stream:
        csv.writer(stream).writerows([HEADER, *rows])
    return folder


def everything_written(folder: Path) -> dict[str, str]:
    """Return the readable text of every file a run wrote, Parquet and workbooks opened."""
    found = {}
    for path in (p for p in folder.rglob("*") if p.is_file()):
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            found[str(path)] = " ".join(str(column.to_pylist()) for column in table.columns) + str(table.schema)
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                found[str(path)] = " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
        else:
            found[str(path)] = path.read_bytes().decode("utf-8", "replace")
    return found


def leaks(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(where, part) for where, text in texts.items() for part in PARTS if part in text.lower()]


def test_a_marked_person_is_found_nowhere_after_a_whole_run(tmp_path: Path) -> None:
    rows = [row(n) for n in range(60)] + [
        marked(),
        marked(type="visit"),
        marked(born="31/02/1971"),
        marked(when=MARKED["last"]),
    ]
    project = write_project(tmp_path / "p", rows)
    out, log = tmp_path / "out", tmp_path / "run.log"
    done = call("-C", project, "--log-file", log, "--json", "run", "--out", out, cwd=tmp_path)
    texts = {"stdout": done.stdout, "stderr": done.stderr, "log": log.read_text(), **everything_written(out)}
    assert len(texts) > 20
    assert leaks(texts) == []


def test_a_marked_person_is_found_nowhere_when_runs_fail(tmp_path: Path) -> None:
    cases = {
        "missing column": write_project(tmp_path / "a", [marked()], start="nowhere"),
        "wrong encoding": write_project(tmp_path / "b", [marked(first="Zebedaxiahé")], encoding="ascii"),
        "all dates bad": write_project(tmp_path / "c", [marked(when=MARKED["last"]) for _ in range(50)]),
        "values as headers": write_project(tmp_path / "d", [marked()]),
    }
    (cases["values as headers"] / "data" / "housing.csv").write_text(
        ",".join(marked()) + "\n" + ",".join(marked()) + "\n"
    )
    texts = {}
    for name, project in cases.items():
        done = call("-C", project, "run", "--out", tmp_path / f"out {name}", cwd=tmp_path, expect=None)
        assert done.returncode in (3, 4), f"{name}: {done.stderr}"
        texts[name] = done.stdout + done.stderr
        texts.update(everything_written(tmp_path / f"out {name}"))
    # A file without a header shows its first row as column names: the list of columns must not be printed then.
    assert leaks(texts) == []
