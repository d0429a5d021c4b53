"""Files as agencies send them: delimited text in several encodings, Excel, Parquet. Equal tables, equal bytes."""

from __future__ import annotations

import codecs
import datetime
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
import pyarrow.parquet as pq
import xlsxwriter

ROWS_AT_ONCE = 100_000
FIXED_DATE = datetime.datetime(2025, 1, 6)  # a workbook holds the day of its making: always this one


@dataclass(frozen=True)
class Layout:
    """How a delimited file is written.

    Args:
        encoding: a codec name; utf-8-sig and utf-16 begin with a byte-order mark.
        delimiter: one character.
        quoted: every text in double quotes.
        newline: end of a row.
    """

    encoding: str
    delimiter: str
    quoted: bool = False
    newline: str = "\n"


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a Parquet file without a writer's metadata."""
    pq.write_table(table.replace_schema_metadata(None), path, compression="zstd", row_group_size=1 << 20)


def write_delimited(table: pa.Table, path: Path, layout: Layout) -> None:
    """Write a delimited text file, a slice at a time; texts with a delimiter or quote in them are quoted."""
    encoder = codecs.getincrementalencoder(layout.encoding)(errors="strict")
    with path.open("wb") as file:
        for start in range(0, max(1, len(table)), ROWS_AT_ONCE):
            text = _text(table.slice(start, ROWS_AT_ONCE), layout, header=start == 0)
            file.write(encoder.encode(text))


def _text(table: pa.Table, layout: Layout, header: bool) -> str:
    quoting = "all_valid" if layout.quoted else ("needed" if _awkward(table, layout.delimiter) else "none")
    options = csv.WriteOptions(include_header=header, delimiter=layout.delimiter, quoting_style=quoting)
    buffer = io.BytesIO()
    csv.write_csv(table, buffer, options)
    text = buffer.getvalue().decode("utf-8")
    if header and quoting != "all_valid":
        first, rest = text.split("\n", 1)
        text = first.replace('"', "") + "\n" + rest
    return text.replace("\n", layout.newline) if layout.newline != "\n" else text


def _awkward(table: pa.Table, delimiter: str) -> bool:
    return any(
        pc.any(pc.match_substring(column, mark)).as_py() for column in table.columns for mark in (delimiter, '"')
    )


def write_workbook(sheets: Sequence[tuple[str, pa.Table]], path: Path) -> None:
    """Write a workbook: one sheet per table, dates as dates and long numbers as numbers, as typing them in would do."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": False, "in_memory": True, "strings_to_urls": False})
    book.set_properties({"created": FIXED_DATE})
    date_form = book.add_format({"num_format": "dd/mm/yyyy"})
    for name, table in sheets:
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, table.column_names)
        for place, column in enumerate(table.columns):
            for row, value in enumerate(column.to_pylist(), start=1):
                if isinstance(value, datetime.date):
                    sheet.write_datetime(row, place, datetime.datetime.combine(value, datetime.time()), date_form)
                elif isinstance(value, int):
                    sheet.write_number(row, place, value)
                elif value is not None:
                    sheet.write_string(row, place, value)
    book.close()
