"""The fast way through an event log's CSV: only the columns asked for are cut, coded and read as times, in one pass.

It takes a file on which the careful reader (`extract_text`) could have no doubt, and leaves any other to it: that
reader stays the judge, and says what is wrong and where.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pa_csv

from totalplace.intake.event_codes import longest

SUFFIXES = (".csv", ".txt")
SAMPLE_BYTES, BLOCK_BYTES = 1 << 16, 1 << 20
MOST_BYTES = 10_000  # as intake.max_cell_chars: a longer name is a broken quotation mark
TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.(\d{1,9}))?)?)?(Z|[+-]\d\d(?::?\d\d)?)?")
UNITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}  # and how many digits of a second each holds
CODED = pa.dictionary(pa.int32(), pa.string())


def read_plain_csv(path: Path, texts: set[str], coded: str, time: str | None) -> dict[str, pa.ChunkedArray] | None:
    """Return columns of a comma-separated UTF-8 file of which every line is one row; None if it is not surely that.

    Args:
        path: the file.
        texts: columns to read as text.
        coded: the column to read as text, each distinct one once.
        time: the column to read as times; None = none.
    """
    beginning = _beginning(path)
    if beginning is None:
        return None
    names, first = beginning
    wanted = {*texts, coded, *([time] if time else [])}
    if len(set(names)) < len(names) or not wanted <= set(names) or len(wanted) < len(texts) + 1 + bool(time):
        return None
    kinds = dict.fromkeys(texts, pa.string()) | {coded: CODED}
    for kind in _kinds_of(first[names.index(time)]) if time else [pa.string()]:
        table = _read(path, names, kinds | ({time: kind} if time else {}))
        if table is not None:
            return {name: table.column(name) for name in wanted}
    return None


def _beginning(path: Path) -> tuple[list[str], list[str]] | None:
    """Return the cells of the first two lines; None if they differ in number, or are no text."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    try:
        lines = sample[: sample.rfind(b"\n") + 1].decode("utf-8-sig").splitlines()[:2]
        names, first = csv.reader(lines, strict=True)
    except (ValueError, csv.Error):
        return None
    return (names, first) if len(names) == len(first) and "\0" not in "".join(lines) else None


def _kinds_of(text: str) -> Iterator[pa.DataType]:
    """Yield what a column of such times may be, coarsest first; plain text where it is written in another way."""
    form = TIME.fullmatch(text)
    if form is None:
        yield pa.string()
        return
    digits, zone = form.groups()
    for unit, held in UNITS.items():
        if held >= len(digits or ""):
            yield pa.timestamp(unit, "UTC" if zone else None)


def _read(path: Path, names: list[str], kinds: dict[str, pa.DataType]) -> pa.Table | None:
    with path.open("rb") as file:
        counted = _Counted(file)
        try:
            table = pa_csv.read_csv(
                counted,
                pa_csv.ReadOptions(column_names=names, skip_rows=1, block_size=BLOCK_BYTES, use_threads=False),
                convert_options=pa_csv.ConvertOptions(include_columns=list(kinds), column_types=kinds),
            )
        except pa.ArrowInvalid:
            return None
    # One line more or less would put the row numbers of all that follow in doubt.
    return table if table.num_rows + 1 == counted.lines and not _too_long(table) else None


def _too_long(table: pa.Table) -> bool:
    columns = [column for column in table.columns if not pa.types.is_timestamp(column.type)]
    texts = [chunk.dictionary if column.type == CODED else chunk for column in columns for chunk in column.chunks]
    return max(map(longest, texts), default=0) > MOST_BYTES


class _Counted:
    """A file that counts the lines that are read from it."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._feeds, self._last = file, 0, b"\n"

    @property
    def lines(self) -> int:
        """Return the lines so far; the last need not end."""
        return self._feeds + (self._last != b"\n")

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        part = self._file.read(size)
        self._feeds += part.count(b"\n")
        self._last = part[-1:] or self._last
        return part
