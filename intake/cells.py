"""Cells as text: typed columns of Parquet and Excel, header names, and the first cleaning of any cell."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from totalplace.intake.encodings import mend

CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00a0\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\ufffe]+"
)


def clean(text: str) -> str | None:
    """Return a cell without control characters and outer blanks, mended if it was encoded twice; None if empty."""
    if not (text.isascii() and text.isprintable()):
        text = CONTROL.sub(" ", mend(text))
    return text.strip() or None


def cell_text(value: Any) -> str | None:
    """Return a cell of Excel as text: whole numbers without a point, days as 2009-12-31."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)


def column_text(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Return a column of Parquet as text in the same manner; None for nested or binary columns."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return column_text(column.cast(kind.value_type))
    if pa.types.is_string(kind):
        return column
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _number_text(column)
    if pa.types.is_timestamp(kind):
        # A summer midnight is the evening before in UTC: the day is that of the column's own zone.
        column = pc.local_timestamp(column) if kind.tz else column
        return pc.strftime(column.cast(pa.timestamp("s"), safe=False), format="%Y-%m-%d %H:%M:%S")
    if (
        pa.types.is_nested(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    ):
        return None
    return column.cast(pa.string())


def _number_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write 12345.0 as 12345: a whole number with gaps becomes a float in many tools."""
    number = column.cast(pa.float64())
    whole = pc.and_(pc.equal(pc.floor(number), number), pc.less(pc.abs(number), 1e15))
    as_whole = pc.if_else(whole, number, None).cast(pa.int64()).cast(pa.string())
    text = pc.coalesce(as_whole, number.cast(pa.string()))
    return pc.if_else(pc.is_finite(number), text, None)


def header_names(cells: Sequence[str | None]) -> tuple[list[str], tuple[str, ...]]:
    """Return unique column names, and those that the header repeats; a nameless column is called by its number."""
    names = [clean(cell or "") or f"(column {i})" for i, cell in enumerate(cells, start=1)]
    repeated = tuple(sorted({name for name in names if names.count(name) > 1}))
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} (again {seen[name]})")
    return unique, repeated
