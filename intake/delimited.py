"""Cutting delimited text into rows when the fast reader will not: ragged rows, open quotation marks, blank lines.

This is also the plain judge of the fast reader: on a well-formed file both give the same cells.
"""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

OPEN_QUOTE = "a quotation mark is never closed"
TOO_LONG = "a cell is too long"


@dataclass(frozen=True)
class Row:
    """One row of the file: its number (header = 1), its cells, and why it cannot be read ("" = it can)."""

    number: int
    cells: list[str]
    fault: str = ""


def choose_delimiter(sample: str, candidates: list[str]) -> str:
    """Return the delimiter that cuts most lines of the sample into the same number (above one) of cells."""
    lines = [line for line in sample.split("\n") if line.strip()][:200]
    return max(candidates, key=lambda delimiter: (*_evenness(lines, delimiter), -candidates.index(delimiter)))


def _evenness(lines: list[str], delimiter: str) -> tuple[float, int]:
    widths = [len(cells_of([line], delimiter)) for line in lines]
    if not widths or widths[0] < 2:
        return 0.0, 0
    width, count = Counter(widths).most_common(1)[0]
    return (round(count / len(widths), 1), width) if width > 1 else (0.0, 0)


def cells_of(lines: list[str], delimiter: str) -> list[str]:
    """Return the cells of one row given as its lines; an empty list if a cell is too long for the parser."""
    try:
        return next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error:
        return []


def quote_is_open(lines: list[str], delimiter: str) -> bool:
    """Tell whether a quoted cell still waits for its end."""
    try:
        next(csv.reader(lines, delimiter=delimiter, strict=True), None)
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def split_rows(lines: Iterable[str], delimiter: str, width: int, max_row_lines: int) -> Iterator[Row]:
    """Yield the rows of a text, header first; blank rows come with all cells empty.

    Args:
        lines: lines with their line feed.
        delimiter: one character.
        width: cells that a row should have; 0 = as many as the first row.
        max_row_lines: lines that one row may span.
    """
    feed = _Feed(iter(lines))
    number = 0
    while (line := feed.take()) is not None:
        number += 1
        row = _read_row(line, feed, delimiter, width, max_row_lines)
        width = width or len(row.cells)
        yield Row(number, row.cells, row.fault or _width_fault(row.cells, width))


def _width_fault(cells: list[str], width: int) -> str:
    if len(cells) == width or not any(cells):
        return ""
    if len(cells) > width and not any(cells[width:]):
        return ""
    return "wrong number of fields"


def _read_row(line: str, feed: _Feed, delimiter: str, width: int, max_row_lines: int) -> Row:
    lines = [line]
    while '"' in lines[-1] or len(lines) > 1:
        if '"' in lines[-1] and not quote_is_open(lines, delimiter):
            break
        more = feed.take()
        if more is None or len(lines) >= max_row_lines or _is_whole_row(more, delimiter, width):
            # Give back what the open mark had swallowed, so that one bad row costs one row.
            feed.give_back([*lines[1:], *([] if more is None else [more])])
            return Row(0, [], OPEN_QUOTE)
        lines.append(more)
    cells = cells_of(lines, delimiter)
    return Row(0, cells, TOO_LONG if not cells and any(part.strip() for part in lines) else "")


def _is_whole_row(line: str, delimiter: str, width: int) -> bool:
    return width >= 3 and line.count('"') % 2 == 0 and len(cells_of([line], delimiter)) == width


class _Feed:
    """Lines that can be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._back = lines, deque[str]()

    def take(self) -> str | None:
        return self._back.popleft() if self._back else next(self._lines, None)

    def give_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))
