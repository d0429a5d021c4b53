"""Writes what leaves: tables, a workbook, graphs, and the list of what leaves. Nothing but released tables is accepted.

Every file gets a temporary name in its folder and is renamed when whole. Equal tables give equal bytes: no file holds
a time.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import networkx
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter
from lxml import etree

from totalplace.config.privacy import PrivacyRules
from totalplace.errors import InputError, ShapeError, UsageError
from totalplace.report.disclosure.release import AnalystTable, Release, SafeTable
from totalplace.report.service_graph import safe_graph

Leaving = SafeTable | AnalystTable
# A spreadsheet takes a text that begins so for a formula, and runs it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# XlsxWriter writes a time of making; a fixed one keeps bytes equal.
WORKBOOK_DATE = datetime.datetime(2000, 1, 1)
SHEET_ROWS = 1_048_576
SHEET_NAME_LENGTH = 31
LEAVES_SCHEMA = "totalplace-leaves-1"


def write_csv(table: Leaving, path: Path, force: bool = False) -> None:
    """Write a released table as UTF-8 CSV that no spreadsheet takes for formulas; null = empty."""
    _guard(table)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.table.column_names)
    writer.writerows(_rows(table.table))
    place(path, text.getvalue().encode("utf-8"), force)


def write_parquet(table: Leaving, path: Path, force: bool = False) -> None:
    """Write a released table as Parquet, with what it is in the schema's metadata."""
    _guard(table)
    meta = {"totalplace": json.dumps(dict(table.meta), sort_keys=True)}
    sink = pa.BufferOutputStream()
    pq.write_table(table.table.replace_schema_metadata(meta), sink, compression="zstd", write_statistics=False)
    place(path, sink.getvalue().to_pybytes(), force)


def write_workbook(
    table: Leaving, path: Path, notes: Sequence[str] = (), force: bool = False, first: Leaving | None = None
) -> None:
    """Write a released table as one Excel workbook: notes, `first` if given, then a sheet per value of column `table`.

    Raises:
        InputError: a sheet would have more rows than Excel holds.
    """
    _guard(table)
    body = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(body, options) as book:
        book.set_properties({"created": WORKBOOK_DATE, "title": table.name})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet("Notes")
        sheet.set_column(0, 0, 100)
        for row, line in enumerate([*_about(table.meta), *notes]):
            sheet.write_string(row, 0, line)
        if first is not None:
            _write_sheet(book.add_worksheet(first.name.capitalize()), first.table, bold, path.name)
        for name, part in _parts(table.table):
            _write_sheet(book.add_worksheet(name[:SHEET_NAME_LENGTH]), part, bold, path.name)
    place(path, body.getvalue(), force)


def write_graph_files(release: Release, folder: Path, force: bool = False) -> tuple[Path, Path]:
    """Write the safe service graph as GraphML and GEXF, for yEd and Gephi; returns their paths."""
    _guard(release.cells)
    graph = safe_graph(release)
    graphml, gexf = io.BytesIO(), io.BytesIO()
    networkx.write_graphml(graph, graphml, encoding="utf-8", prettyprint=True)
    networkx.write_gexf(graph, gexf, encoding="utf-8", prettyprint=True)
    paths = folder / "services.graphml", folder / "services.gexf"
    place(paths[0], graphml.getvalue(), force)
    place(paths[1], _without_date(gexf.getvalue()), force)
    return paths


def write_tables(release: Release, folder: Path, rules: PrivacyRules, force: bool = False) -> tuple[Path, ...]:
    """Write everything but the pages: cells and headlines as CSV, Parquet, workbook; GraphML, GEXF; then what leaves.

    Args:
        release: what may be shown.
        folder: exists; other files of the run may already lie there, and are listed too.
        rules: `[privacy]`, for the page of the Five Safes.
        force: replace existing files.

    Returns:
        The paths written.
    """
    notes = [note.text for note in release.notes]
    csv_path, parquet_path, book_path = (folder / f"cells.{end}" for end in ("csv", "parquet", "xlsx"))
    write_csv(release.cells, csv_path, force)
    write_parquet(release.cells, parquet_path, force)
    write_workbook(release.cells, book_path, notes, force, release.ranges)
    headlines = _write_ranges(release.ranges, folder, force) if release.ranges else ()
    graphs = write_graph_files(release, folder, force)
    return csv_path, parquet_path, book_path, *headlines, *graphs, *write_leaves(release, folder, rules, force)


def write_redesign(redesign: SafeTable, folder: Path, force: bool = False) -> tuple[Path, Path]:
    """Write the figures of redesigns as `redesign.csv` and `redesign.parquet`; returns their paths."""
    paths = folder / "redesign.csv", folder / "redesign.parquet"
    write_csv(redesign, paths[0], force)
    write_parquet(redesign, paths[1], force)
    return paths


def _write_ranges(ranges: SafeTable, folder: Path, force: bool) -> tuple[Path, Path]:
    paths = folder / "headlines.csv", folder / "headlines.parquet"
    write_csv(ranges, paths[0], force)
    write_parquet(ranges, paths[1], force)
    return paths


def write_leaves(release: Release, folder: Path, rules: PrivacyRules, force: bool = False) -> tuple[Path, Path]:
    """Write `leaves.json`, which lists every file of the folder, and a page ordered by the Five Safes."""
    _guard(release.cells)
    listing, page = folder / "leaves.json", folder / "five_safes.md"
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path not in (listing, page)]
    leaves = {
        "schema": LEAVES_SCHEMA,
        **dict(release.cells.meta),
        "audit": dict(release.audit),
        "compared_with_earlier_releases": False,
        "files": [_described(path) for path in files],
    }
    place(listing, (json.dumps(leaves, indent=2, sort_keys=True) + "\n").encode("utf-8"), force)
    place(page, _five_safes(release, rules, [path.name for path in files]).encode("utf-8"), force)
    return listing, page


def place(path: Path, body: bytes, force: bool = False) -> None:
    """Write a file whole or not at all, and never over another without leave.

    Raises:
        UsageError: the file exists and `force` is not set.
        InputError: the folder cannot be written to.
    """
    if path.exists() and not force:
        raise UsageError("TP121", path.name, "exists already", "Add --force to replace it, or name another file.")
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        what = f"cannot be written ({error.strerror})"
        raise InputError(
            "TP481", path.name, what, "Check that the folder exists, its rights, and disk space."
        ) from None


def _guard(table: object) -> None:
    if not isinstance(table, SafeTable | AnalystTable):
        raise ShapeError("report.files", f"a {type(table).__name__} is not a released table, and may not be written")


def _rows(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*([_plain(value) for value in column.to_pylist()] for column in table.columns), strict=True)


def _plain(value: Any) -> Any:
    """Return a value as a spreadsheet may hold it: ids in hex, whole numbers whole, texts that are no formula."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return " ".join(str(_plain(item)) for item in value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _parts(table: pa.Table) -> list[tuple[str, pa.Table]]:
    if "table" not in table.column_names:
        return [("Table", table)]
    names = table["table"].to_pylist()
    places: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        places.setdefault(name, []).append(at)
    return [(name, table.take(at).drop_columns(["table"])) for name, at in sorted(places.items())]


def _write_sheet(sheet: Any, part: pa.Table, bold: Any, where: str) -> None:
    if part.num_rows >= SHEET_ROWS:
        what = f"a sheet would need {part.num_rows + 1:,} rows, and Excel holds {SHEET_ROWS:,}"
        raise InputError("TP482", where, what, "Use the CSV or Parquet file of the same table.")
    sheet.write_row(0, 0, part.column_names, bold)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, part.num_rows, part.num_columns - 1)
    for at, row in enumerate(_rows(part), start=1):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                sheet.write_number(at, column, value)
            elif value is not None and value != "":
                sheet.write_string(at, column, str(value))


def _about(meta: Mapping[str, Any]) -> list[str]:
    """Return what a reader of a table must know, one sentence a line."""
    if meta.get("edition") == "analyst":
        return ["OFFICIAL-SENSITIVE: pseudonymised personal data of this project; never to leave it."]
    lines = ["SYNTHETIC: invented people."] if meta.get("synthetic") else []
    lines.append("Disclosure-controlled output. An empty number is withheld.")
    lines.append(f"No number stands for fewer than {meta['min_cell']} people (families); rule: {meta['convention']}.")
    if meta["round_to"] > 1:
        lines.append(
            f"Numbers are rounded to the nearest {meta['round_to']} from unrounded data: margins need not add up."
        )
    return lines


def _without_date(gexf: bytes) -> bytes:
    """Drop the day of writing that networkx puts into every GEXF."""
    root = etree.fromstring(gexf)
    for meta in root.iter("{*}meta"):
        meta.attrib.pop("lastmodifieddate", None)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def _described(path: Path) -> dict[str, Any]:
    body = path.read_bytes()
    return {"name": path.name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def _five_safes(release: Release, rules: PrivacyRules, files: Sequence[str]) -> str:
    meta, audit = release.cells.meta, release.audit
    people = f"about {meta['people']:,}" if meta["people"] is not None else "withheld"
    basis = rules.lawful_basis or "not stated in the rules"
    enforced = "enforced" if audit["enforced"] else "reported only, as this convention has no further step"
    lines = [
        "# What leaves this machine",
        "",
        *(["**Synthetic: invented people.**", ""] if meta["synthetic"] else []),
        "## Safe projects",
        f"Controller: {rules.controller or 'each agency for its own records'}. Lawful basis: {basis}.",
        "",
        "## Safe people",
        "These files are for anyone whom the project agreement names; they hold no record of a person or family.",
        "",
        "## Safe settings",
        f"Encodings end on: {rules.destroy_by or 'no date set'}. The files load nothing from any network.",
        "",
        "## Safe data",
        f"People behind the figures: {people}. No names, tokens, filters or row ids are in them.",
        "",
        "## Safe outputs",
        f"Rule: {meta['convention']}, least number {meta['min_cell']}, rounded to {meta['round_to']}.",
        f"Numbers: {audit['cells']:,}; withheld: {audit['withheld']:,}, {audit['further']:,} to protect others.",
        f"Audit of linked tables: {enforced}; small numbers still exposed: {audit['exposed']:,}.",
        "Not compared with earlier releases: releases that differ by one person are not checked against each other.",
        "",
        "## Files",
        *(f"- {name}" for name in files),
        "",
    ]
    return "\n".join(lines)
