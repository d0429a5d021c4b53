"""Work on distinct values: a column as codes and values, so that a million rows cost what their values cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Coded:
    """A column of n rows.

    Args:
        codes: int32 array of n: number of the row's value, -1 = null.
        values: the distinct values, in no particular order; some may be unused.
    """

    codes: np.ndarray
    values: Sequence[Any]

    @property
    def present(self) -> np.ndarray:
        """Return which rows are not null."""
        return self.codes >= 0


def coded(column: pa.Array | pa.ChunkedArray) -> Coded:
    """Return an Arrow column as codes and distinct values."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes = pc.fill_null(encoded.indices.cast(pa.int32()), -1).to_numpy(zero_copy_only=False)
    return Coded(codes, encoded.dictionary.to_pylist())


def constant(value: Any, rows: int) -> Coded:
    """Return a column that holds one value, or nulls if it is None."""
    return Coded(np.full(rows, -1 if value is None else 0, dtype=np.int32), [] if value is None else [value])


def spread(column: Coded, dtype: pa.DataType) -> pa.Array:
    """Return the column as an Arrow array of n rows."""
    values = pa.array(column.values, dtype)
    return values.take(pa.array(column.codes, pa.int32(), mask=column.codes < 0))


def changed(column: Coded, function: Callable[[Any], Hashable | None]) -> Coded:
    """Return the column with a function applied to each distinct value; None makes nulls."""
    numbers: dict[Any, int] = {}
    lookup = np.full(len(column.values) + 1, -1, dtype=np.int32)
    for code, value in enumerate(column.values):
        new = function(value)
        if new is not None:
            lookup[code] = numbers.setdefault(new, len(numbers))
    return Coded(lookup[column.codes], list(numbers))


def lost(before: Coded, after: Coded) -> int:
    """Return how many rows became null."""
    return int((before.present & ~after.present).sum())


def refined(
    column: Coded, steps: Sequence[tuple[str, Callable[[Any], Hashable | None]]], issues: Counter[str] | None = None
) -> Coded:
    """Apply steps in order; `issues` counts the rows that each named step makes null."""
    for name, function in steps:
        after = changed(column, function)
        if issues is not None and name:
            issues[name] += lost(column, after)
        column = after
    return column


def first_of(*columns: Coded) -> Coded:
    """Return each row's first value that is not null."""
    codes, offset = np.full(len(columns[0].codes), -1, dtype=np.int32), 0
    values: list[Any] = []
    for column in columns:
        codes = np.where((codes < 0) & column.present, column.codes + offset, codes).astype(np.int32)
        values.extend(column.values)
        offset += len(column.values)
    return merged(Coded(codes, values))


def merged(column: Coded) -> Coded:
    """Return the column with each distinct value once."""
    return changed(column, lambda value: value)


def kept(column: Coded, rows: np.ndarray) -> Coded:
    """Return some rows of a column, by mask or by number."""
    return Coded(column.codes[rows], column.values)


def joined(columns: Sequence[Coded], function: Callable[..., Hashable | None]) -> Coded:
    """Return function(a, b, ...) of each row, worked out once per distinct combination; it is given None for nulls."""
    keys = columns[0].codes.astype(np.int64)
    for column in columns[1:]:
        keys = np.unique(keys * (len(column.values) + 1) + column.codes + 1, return_inverse=True)[1].astype(np.int64)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    parts = [_picked(column, first) for column in columns]
    numbers: dict[Any, int] = {}
    lookup = [-1 if new is None else numbers.setdefault(new, len(numbers)) for new in map(function, *parts)]
    return Coded(np.array(lookup, dtype=np.int32)[inverse], list(numbers))


def _picked(column: Coded, rows: np.ndarray) -> list[Any]:
    """Return the values of some rows; code -1 picks the None at the end."""
    values = [*column.values, None]
    return [values[code] for code in column.codes[rows].tolist()]
