"""Cases, activities and places of events as whole numbers, taken from a file's own coding where it has one."""

from __future__ import annotations

import contextlib

import numpy as np
import pyarrow as pa

from totalplace.arrow_columns import letters_of
from totalplace.intake.event_times import NO_TIME, whole_numbers

# A case that takes more bits leaves too few for its time in the one word that events are sorted by.
MOST_CASE_BITS = 40
BLOCK_ROWS, ABREAST_ROWS = 1 << 14, 1 << 10


def read_cases(column: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Return a number for each event, equal for one case and no other; and where there is none or a blank."""
    if not column.null_count:
        numbers = whole_numbers(column, 0) if pa.types.is_integer(column.type) else _spelt_numbers(column)
        if numbers is not None:
            return numbers, np.zeros(len(column), np.bool_)
    codes, _ = _codes(column)
    return codes, codes < 0


def read_activities(column: pa.ChunkedArray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return int32 places in the sorted names in use, -1 where there is none or a blank; and these names."""
    codes, values = _codes(column)
    used = np.flatnonzero(_seen(codes, len(values)))
    texts = [str(values[int(at)].as_py()) for at in used]
    names = sorted(set(texts))
    place = {name: at for at, name in enumerate(names)}
    places = np.full(len(values) + 1, -1, np.int32)
    places[used] = [place[text] for text in texts]
    return places[codes], tuple(names)


def _seen(codes: np.ndarray, values: int) -> np.ndarray:
    """Tell which of the values any code stands for; -1 stands for none."""
    seen = np.zeros(values + 1, np.bool_)
    seen[codes] = True
    return seen[:-1]


def read_places(column: pa.ChunkedArray) -> np.ndarray:
    """Return integers that are in order as the column's values are: numbers as numbers, texts as texts; none first."""
    if pa.types.is_integer(column.type):
        return whole_numbers(column, NO_TIME).astype(np.int64, copy=False)
    from pyarrow import compute

    if column.type in (pa.string(), pa.large_string()):
        # Texts that are no numbers keep their own order.
        with contextlib.suppress(pa.ArrowInvalid):
            column = compute.if_else(compute.equal(column, ""), None, column).cast(pa.float64())
    coded = column.dictionary_encode().unify_dictionaries()
    if not coded.num_chunks:
        return np.zeros(0, np.int64)
    codes = whole_numbers(pa.chunked_array([chunk.indices for chunk in coded.chunks]), -1)
    sorted_at = compute.array_sort_indices(coded.chunk(0).dictionary)
    places = np.zeros(len(sorted_at) + 1, np.int64)
    places[np.from_dlpack(sorted_at)] = np.arange(1, len(places))
    return places[codes]


def _codes(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """Return int32 codes of a column's values, -1 where there is none or a blank, and the values as Arrow array."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    column = column.unify_dictionaries()
    if not column.num_chunks:
        return np.zeros(0, np.int32), pa.array([], pa.string())
    values = column.chunk(0).dictionary
    codes = whole_numbers(pa.chunked_array([chunk.indices for chunk in column.chunks]), -1).astype(np.int32, copy=False)
    blank = _blank(values)
    if blank.any():
        codes = np.where((codes >= 0) & ~blank[codes], codes, np.int32(-1))
    return codes, values


def longest(texts: pa.Array) -> int:
    """Return the bytes of the longest text."""
    return int(np.diff(letters_of(texts)[0]).max(initial=0)) if len(texts) else 0


def _blank(values: pa.Array) -> np.ndarray:
    """Tell which texts are empty or of blanks alone: few begin with a blank, and only these are looked at."""
    blank = np.zeros(len(values), np.bool_)
    if values.type not in (pa.string(), pa.large_string()) or not len(values):
        return blank
    starts, letters = letters_of(values)
    letters = np.append(letters, np.uint8(0))
    for at in np.flatnonzero((starts[1:] == starts[:-1]) | (letters[starts[:-1]] <= ord(" "))):
        blank[at] = not (values[at].as_py() or "").strip()
    return blank


def _spelt_numbers(column: pa.ChunkedArray) -> np.ndarray | None:
    """Return texts of one length as numbers: what a hash of each would do, in a quarter of the time.

    Each place of the text is a digit, of as many values as the file shows there: C00000017 is 17, as C never changes.

    Returns:
        None where lengths differ, a text may be blank, or numbers would pass `MOST_CASE_BITS`.
    """
    if column.type not in (pa.string(), pa.large_string()) or not len(column):
        return None
    chunks = [rows for chunk in column.chunks if len(chunk) and (rows := _of_one_length(chunk)) is not None]
    if sum(map(len, chunks)) != len(column) or len({rows.shape[1] for rows in chunks}) > 1:
        return None
    least = np.min([_of_places(chunk, np.minimum) for chunk in chunks], axis=0).astype(np.int64)
    radix = np.max([_of_places(chunk, np.maximum) for chunk in chunks], axis=0) - least + 1
    if least.max(initial=0) <= ord(" ") or np.log2(radix).sum() > MOST_CASE_BITS:
        return None
    return np.concatenate([_as_numbers(chunk, radix) for chunk in chunks])


def _of_one_length(texts: pa.Array) -> np.ndarray | None:
    """Return uint8[texts, length], or None."""
    starts, letters = letters_of(texts)
    length = int(starts[1] - starts[0])
    same = length > 0 and (np.diff(starts) == length).all()
    return letters[starts[0] : starts[-1]].reshape(-1, length) if same else None


def _of_places(rows: np.ndarray, of: np.ufunc) -> np.ndarray:
    """Return the least or largest letter of each place: many rows as one long row first, as the machine reads it."""
    abreast = rows[: len(rows) // ABREAST_ROWS * ABREAST_ROWS].reshape(-1, ABREAST_ROWS * rows.shape[1])
    rest = rows[len(abreast) * ABREAST_ROWS :]
    if len(abreast):
        rest = np.concatenate([of.reduce(abreast, axis=0).reshape(ABREAST_ROWS, -1), rest])
    return of.reduce(rest, axis=0)


def _as_numbers(rows: np.ndarray, radix: np.ndarray) -> np.ndarray:
    """Return each row of letters as one number; the least letter of a place is not taken off: it shifts all alike."""
    numbers = np.zeros(len(rows), np.int64)
    varying = np.flatnonzero(radix > 1)
    for begin in range(0, len(rows), BLOCK_ROWS):
        part, digits = numbers[begin : begin + BLOCK_ROWS], rows[begin : begin + BLOCK_ROWS]
        for place in varying:
            part *= radix[place]
            part += digits[:, place]
    return numbers
