"""Opening an agency's files: CSV of any common encoding and delimiter, Parquet, Excel; every cell as text.

A cell never reaches a message: faults name file, row and column.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from totalplace.config.agency import ExtractRules
from totalplace.config.intake import IntakeRules
from totalplace.errors import ConfigError, InputError, listed, near
from totalplace.intake.cells import cell_text, column_text, header_names
from totalplace.intake.extract_text import read_text
from totalplace.intake.raw import RawFile, without_long_cells

EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


def find_files(folder: Path, pattern: str) -> list[Path]:
    """Return the files of an extract, sorted by name.

    Raises:
        ConfigError: the pattern leaves the data folder.
        InputError: no file has that name.
    """
    if not pattern or Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise ConfigError("TP320", "key 'extract.file'", "leaves the data folder", "Give a name within it.")
    found = sorted(path for path in folder.glob(pattern) if path.is_file())
    if found:
        return found
    there = sorted(path.name for path in folder.glob("*") if path.is_file())
    cure = near(pattern, there).strip() or f"The data folder holds: {listed(there) or 'nothing'}."
    raise InputError("TP401", pattern, "no such file in the data folder", cure)


def read_file(path: Path, extract: ExtractRules, rules: IntakeRules) -> RawFile:
    """Read one file of an extract.

    Raises:
        InputError: the file cannot be opened, is empty, or is not what its name says.
    """
    suffix = path.suffix.lower()
    refuse_no_file(path)
    try:
        if path.stat().st_size == 0:
            raise InputError("TP402", path.name, "is empty", "Ask the agency to send the extract again.")
        if suffix == ".parquet":
            raw = _read_parquet(path)
        elif suffix in EXCEL_SUFFIXES:
            raw = _read_excel(path, extract.sheet)
        else:
            raw = read_text(path, extract, rules)
    except OSError as error:
        raise _unopened(path, error) from None
    return without_long_cells(raw, rules.max_cell_chars)


def refuse_no_file(path: Path) -> None:
    """Refuse what is not there or may not be opened, a folder, and a pipe, which can be read only once.

    Raises:
        InputError: TP403.
    """
    if path.is_dir():
        raise InputError("TP403", path.name, "is a folder, not a file", "Name the files in it.")
    if path.exists() and not path.is_file():
        cure = "Write it into a file first: it is read more than once."
        raise InputError("TP403", path.name, "is a pipe or a device, not a file", cure)
    try:
        path.open("rb").close()
    except OSError as error:
        raise _unopened(path, error) from None


def _unopened(path: Path, error: OSError) -> InputError:
    reason = error.strerror or type(error).__name__
    return InputError("TP403", path.name, f"cannot be opened ({reason})", "Check the file and its rights.")


def read_document(path: Path) -> str:
    """Return a small UTF-8 file, such as a token schema.

    Raises:
        InputError: it cannot be read or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unopened(path, error) from None
    except UnicodeDecodeError:
        raise InputError("TP404", path.name, "is not UTF-8 text", "Save it as UTF-8.") from None


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_parquet(path: Path) -> RawFile:
    try:
        # Unlike pq.read_table, this reads a file of two columns with one name, so that it can be called what it is.
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(
            "TP406", path.name, "is not a Parquet file", "Write it again, or correct its suffix."
        ) from None
    names, repeated = header_names(table.column_names)
    texts = {name: column_text(table.column(i)) for i, name in enumerate(names)}
    kept = pa.table({name: text for name, text in texts.items() if text is not None})
    unread = frozenset(name for name, text in texts.items() if text is None)
    rows = np.arange(2, table.num_rows + 2)
    return RawFile(path.name, _hash(path), "", "", kept, rows, (), repeated, unread=unread)


def _read_excel(path: Path, sheet: str) -> RawFile:
    rows = _sheet_rows(path, sheet)
    names, repeated = header_names([cell_text(cell) for cell in rows[0]] if rows else [])
    if not any(rows[:1]):
        raise InputError("TP405", f"{path.name}, row 1", "is no header", "The first row must hold the column names.")
    body = [[cell_text(cell) for cell in row] for row in rows[1:]]
    keep = np.array([any(row) for row in body], dtype=bool)
    full = [row for row in body if any(row)]
    table = pa.table({name: pa.array([row[i] for row in full], pa.string()) for i, name in enumerate(names)})
    numbers = np.arange(2, len(body) + 2)[keep]
    return RawFile(path.name, _hash(path), "", "", table, numbers, (), repeated, int((~keep).sum()))


def _sheet_rows(path: Path, sheet: str) -> list[list[Any]]:
    try:
        book = CalamineWorkbook.from_path(str(path))
        shown = [meta.name for meta in book.sheets_metadata if meta.visible is SheetVisibleEnum.Visible]
        wanted = sheet or (shown or book.sheet_names)[0]
        if wanted not in book.sheet_names:
            cure = near(wanted, book.sheet_names).strip() or f"Its sheets: {listed(book.sheet_names)}."
            raise InputError("TP407", path.name, f"has no sheet '{wanted}'", cure)
        return book.get_sheet_by_name(wanted).to_python(skip_empty_area=False)
    except (CalamineError, IndexError):
        raise InputError(
            "TP406", path.name, "is not a readable workbook", "Save it again without a password."
        ) from None
