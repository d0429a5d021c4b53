"""Any table of a single controller, outside a project: no rules say which column is what."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from totalplace.config.agency import AgencyRules, ExtractRules
from totalplace.config.column_names import column_told
from totalplace.config.intake import IntakeRules
from totalplace.config.load import load_rules
from totalplace.errors import InputError
from totalplace.intake.bind import SECTIONS
from totalplace.intake.cells import header_names
from totalplace.intake.extract import find_files, read_file
from totalplace.intake.raw import RawFile


def read_table(
    path: Path, rules: IntakeRules | None = None, wanted: Collection[str] | None = None, id_column: str = ""
) -> pa.Table:
    """Return a CSV or Excel file as text columns; a Parquet file as it is.

    Args:
        path: the file.
        rules: how written files are read.
        wanted: read only these columns, those of them that there are, and of a Parquet file each distinct text once
            (as a dictionary column).
        id_column: whose texts are all different, so that it is read as it is.

    Raises:
        InputError: it cannot be read, or some of its rows cannot: a linkage of part of a table would mislead.
    """
    if path.suffix.lower() == ".parquet" and path.is_file():
        try:
            return _read_parquet(path, wanted, id_column)
        except pa.ArrowException:
            cure = "Write it again, or correct its suffix."
            raise InputError("TP406", path.name, "is not a Parquet file", cure) from None
    table = read_whole(path, rules).table
    return table if wanted is None else table.select([name for name in table.column_names if name in wanted])


def _read_parquet(path: Path, wanted: Collection[str] | None, id_column: str) -> pa.Table:
    schema = pq.read_schema(path)
    _, repeated = header_names(schema.names)
    if repeated:
        cure = "Give each column its own name."
        raise InputError("TP408", path.name, f"has {column_told(repeated[0], schema.names)} more than once", cure)
    if wanted is None:
        return pq.ParquetFile(path).read()
    names = [name for name in schema.names if name in wanted]
    texts = [name for name in names if pa.types.is_string(schema.field(name).type) and name != id_column]
    return pq.ParquetFile(path, read_dictionary=texts).read(names)


def read_whole(path: Path, rules: IntakeRules | None = None) -> RawFile:
    """Return a CSV or Excel file of which every row could be read.

    Raises:
        InputError: it cannot be read, or some of its rows cannot: a result from part of a table would mislead.
    """
    raw = read_file(path, ExtractRules(file=path.name), rules or load_rules()[0].intake)
    if raw.refused:
        raise _unreadable(raw)
    return raw


def _unreadable(raw: RawFile) -> InputError:
    row, column, reason = raw.refused[0]
    where = f"{raw.name}, row {row}" + (f", {column_told(column, raw.table.column_names)}" if column else "")
    cure = "Mend the file: every row of a standalone table is used, so none may be left out."
    rows = len(raw.refused)
    return InputError("TP414", where, f"{reason} ({rows} row{'s' * (rows > 1)} in all)", cure)


def missing_columns(path: Path, agency: AgencyRules, folder: Path, rules: IntakeRules) -> list[str]:
    """Return the columns that an agency's rules name and the file lacks; for a look without a run."""
    lacking: list[str] = []
    for extract in agency.extract:
        if path not in find_files(folder, extract.file):
            continue
        bindings = [binding for section in SECTIONS for binding in getattr(extract, section).values()]
        named = [name for binding in bindings for name in _names(binding)]
        there = set(read_file(path, extract, rules).table.column_names)
        lacking += [name for name in dict.fromkeys(named) if name not in there]
    return lacking


def _names(binding: object) -> list[str]:
    if isinstance(binding, str):
        return [binding]
    return [name for name in binding if isinstance(name, str)] if isinstance(binding, list) else []
