"""Reads a workbook as whoever receives it would: each sheet, shown or hidden, and what else the file holds."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

NOTES = "Notes"  # the sheet that a released workbook begins with
# What XlsxWriter makes of sheets of text and numbers: anything else was put in later.
PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/\w+\.xml|"
    r"xl/(_rels/workbook\.xml\.rels|(workbook|styles|sharedStrings|calcChain)\.xml|theme/\w+\.xml|worksheets/sheet\d+\.xml)"
)


@dataclass(frozen=True)
class Book:
    """A workbook as read.

    Args:
        sheets: one table per sheet after the notes, null where a cell is empty; columns named by the first row.
        text: all cells, a row a line.
        odd_parts: how many files of the archive no release has: comments, pictures, macros, links.
    """

    sheets: tuple[pa.Table, ...]
    text: str
    odd_parts: int


def read_workbook(body: bytes) -> Book:
    """Return what a workbook holds.

    Raises:
        ArrowInvalid: it is no workbook.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(body))
        rows = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]
        names = zipfile.ZipFile(io.BytesIO(body)).namelist()
    except (CalamineError, zipfile.BadZipFile):
        raise pa.ArrowInvalid("no workbook") from None
    text = "\n".join(" ".join(str(_plain(cell)) for cell in row if cell != "") for sheet in rows for row in sheet)
    begins = 1 if book.sheet_names[:1] == [NOTES] else 0
    odd = sum(PARTS.fullmatch(name) is None for name in names)
    return Book(tuple(_table(sheet) for sheet in rows[begins:]), "\n".join([*book.sheet_names, text]), odd)


def first_columns(path: str) -> list[str]:
    """Return the first row of the sheet after the notes; empty where a workbook does not begin with notes of ours."""
    try:
        book = CalamineWorkbook.from_path(path)
        if book.sheet_names[:1] != [NOTES] or len(book.sheet_names) < 2:
            return []
        return [str(cell) for cell in book.get_sheet_by_name(book.sheet_names[1]).to_python(nrows=1)[0]]
    except (CalamineError, IndexError, OSError):
        return []


def _table(rows: Sequence[Sequence[Any]]) -> pa.Table:
    names = [str(cell) for cell in rows[0]] if rows else []
    if len(set(names)) < len(names):
        raise pa.ArrowInvalid("two columns of one name, of which one would hide the other")
    columns = {name: [_plain(row[at]) for row in rows[1:]] for at, name in enumerate(names)}
    return pa.table({name: _array(name, cells) for name, cells in columns.items()})


def _array(name: str, cells: list[Any]) -> pa.Array:
    if name == "withheld":
        return pa.array([str(cell).lower() == "true" for cell in cells], pa.bool_())
    if all(cell is None or isinstance(cell, int | float) for cell in cells):
        return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
    return pa.array([None if cell is None else str(cell) for cell in cells], pa.string())


def _plain(cell: Any) -> Any:
    """Return None for an empty cell, and whole numbers whole: their digits are looked at as those of a text."""
    if cell == "":
        return None
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
