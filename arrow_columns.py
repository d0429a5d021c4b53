"""Arrow columns straight from memory and back.

`pyarrow.array`, `pyarrow.scalar` and `Array.to_numpy` load pandas first, which costs more than counting a log or
encoding a million records.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

KINDS = {"float": "float32", "halffloat": "float16"}  # where Arrow's word for a kind is not NumPy's

NO_TEXT = pa.nulls(1, pa.string())[0]


def numbers(values: np.ndarray) -> pa.Array:
    """Return a NumPy array of numbers as an Arrow array over the same memory."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def texts(values: Iterable[str | None]) -> pa.Array:
    """Return texts as an Arrow array; None is null."""
    encoded = [None if value is None else value.encode() for value in values]
    ends = np.cumsum([0, *(len(text or b"") for text in encoded)], dtype=np.int32)
    body = pa.py_buffer(b"".join(text for text in encoded if text))
    there = np.packbits([text is not None for text in encoded], bitorder="little") if None in encoded else None
    valid = None if there is None else pa.py_buffer(there)
    return pa.Array.from_buffers(pa.string(), len(encoded), [valid, pa.py_buffer(ends), body])


def text_scalar(value: str) -> pa.Scalar:
    """Return one text as Arrow's scalar."""
    return texts([value])[0]


def letters_of(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return where each text begins, with the end of the last; and the letters of all as bytes (UTF-8)."""
    _, offsets, body = texts.buffers()
    width = np.int32 if texts.type == pa.string() else np.int64
    starts = np.frombuffer(offsets, width)[texts.offset : texts.offset + len(texts) + 1]
    return starts, np.frombuffer(body, np.uint8) if body else np.zeros(0, np.uint8)


def first_letters(texts: pa.Array) -> np.ndarray:
    """Return the first byte of each text that has one."""
    starts, letters = letters_of(texts) if len(texts) else (np.zeros(1, np.int32), np.zeros(0, np.uint8))
    return letters[starts[:-1][starts[1:] > starts[:-1]]]


def memory_of(column: pa.Array, null: float | None = None) -> np.ndarray:
    """Return a column of numbers or truths as a NumPy array, over the same memory where it can be.

    Args:
        column: the column.
        null: what stands where the column has none.
    """
    if pa.types.is_boolean(column.type):
        return memory_of(column.cast(pa.uint8()), null).view(np.bool_)
    kind = np.dtype(KINDS.get(str(column.type), str(column.type)))
    body = column.buffers()[1]
    values = np.frombuffer(body, kind) if body is not None and body.size else np.empty(0, kind)
    values = values[column.offset : column.offset + len(column)]
    if not column.null_count:
        return values
    if null is None:
        raise ValueError("a column with nulls needs a number that stands for them")
    return np.where(memory_of(column.is_valid()), values, kind.type(null))
