"""A file of an extract as it was read: text, row numbers, and the rows that could not be read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Refusal = tuple[int, str, str]  # row number, source column ("" = the whole row), reason


@dataclass(frozen=True)
class RawFile:
    """One file as read.

    Args:
        name: file name without folder.
        sha256: of its bytes.
        encoding: codec found or declared; "" where the format has none.
        delimiter: found or declared; "" where the format has none.
        table: text columns by source name, one row per source row that can be read.
        rows: row number of each (header = 1).
        refused: rows that cannot be read.
        repeated: column names that the header holds more than once.
        blank_rows: rows without any cell, not counted as rows.
        unread: columns that are no text: lists, records or bytes.
    """

    name: str
    sha256: str
    encoding: str
    delimiter: str
    table: pa.Table
    rows: np.ndarray
    refused: tuple[Refusal, ...] = ()
    repeated: tuple[str, ...] = ()
    blank_rows: int = 0
    unread: frozenset[str] = frozenset()

    @property
    def rows_in(self) -> int:
        """Return the rows that the file holds: read and refused."""
        return len(self.rows) + len(self.refused)


def without_long_cells(raw: RawFile, max_chars: int) -> RawFile:
    """Refuse rows that hold a cell over the limit."""
    refused: dict[int, Refusal] = {}
    for name in raw.table.column_names:
        for at in np.flatnonzero(_lengths(raw.table[name]) > max_chars):
            refused.setdefault(int(at), (int(raw.rows[at]), name, "a cell is too long"))
    if not refused:
        return raw
    keep = np.ones(len(raw.rows), dtype=bool)
    keep[list(refused)] = False
    return replace(
        raw, table=raw.table.filter(pa.array(keep)), rows=raw.rows[keep], refused=(*raw.refused, *refused.values())
    )


def _lengths(column: pa.ChunkedArray) -> np.ndarray:
    return pc.fill_null(pc.utf8_length(column), 0).to_numpy()
