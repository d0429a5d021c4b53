"""Arrow columns straight from memory: `pyarrow.array` would load pandas first, which costs more than counting a log."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa


def numbers(values: np.ndarray) -> pa.Array:
    """Return a NumPy array of numbers as an Arrow array over the same memory."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def texts(values: Iterable[str]) -> pa.Array:
    """Return texts as an Arrow array."""
    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *(len(text) for text in encoded)], dtype=np.int32)
    body = pa.py_buffer(b"".join(encoded))
    return pa.Array.from_buffers(pa.string(), len(encoded), [None, pa.py_buffer(ends), body])
