"""Times of events as whole ticks, whatever the column's type; one that cannot be read is `NO_TIME`, never guessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from totalplace.errors import InputError

NO_TIME = np.iinfo(np.int64).min
TICKS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
MICRO = TICKS["us"]
DAY_SECONDS = 86_400
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
BLOCK_ROWS = 1 << 14


def read_times(column: pa.ChunkedArray, form: str | None = None) -> tuple[np.ndarray, int]:
    """Return int64 ticks, `NO_TIME` where there is none, and how many ticks are a second.

    Args:
        column: timestamps (to UTC where they have a zone), dates, texts, or plain numbers, which count seconds.
        form: how texts are written, as for strptime; None = ISO 8601, such as 2009-12-31T09:30:00+01:00.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return read_times(column.cast(kind.value_type), form)
    if pa.types.is_timestamp(kind):
        return _coarsest(whole_numbers(column, NO_TIME), TICKS[kind.unit])
    if pa.types.is_date(kind):
        days = whole_numbers(column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()), NO_TIME)
        return np.where(days == NO_TIME, NO_TIME, days * DAY_SECONDS), 1
    if pa.types.is_integer(kind):
        return whole_numbers(column.cast(pa.int64()), NO_TIME), 1
    if pa.types.is_floating(kind):
        return _coarsest(_micro(column), MICRO)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _from_text(column, form)
    return np.full(len(column), NO_TIME), 1


def whole_numbers(column: pa.ChunkedArray, none: int) -> np.ndarray:
    """Return an integer-like column as NumPy integers, `none` where null; without the detour that loads pandas."""
    arrays = []
    for chunk in column.chunks:
        width = chunk.type.bit_width // 8
        values = np.frombuffer(chunk.buffers()[1] or b"", f"i{width}", len(chunk), chunk.offset * width)
        if chunk.null_count:
            values = values.copy()
            values[np.from_dlpack(chunk.is_null().cast(pa.uint8())) > 0] = none
        arrays.append(values)
    return np.concatenate(arrays) if arrays else np.zeros(0, np.int64)


def _coarsest(ticks: np.ndarray, per_second: int) -> tuple[np.ndarray, int]:
    """Return the same times in the coarsest ticks that lose nothing: small numbers sort fastest."""
    for coarser in (n for n in TICKS.values() if n < per_second):
        if (found := _in_ticks_of(per_second // coarser, ticks)) is not None:
            return found, coarser
    return ticks, per_second


def _in_ticks_of(many: int, ticks: np.ndarray) -> np.ndarray | None:
    """Return times in ticks each worth `many` of those they are in; None if that would lose something.

    Block by block: what is made on the way stays in the processor's cache, and the first loss ends it.
    """
    coarse = np.empty_like(ticks)
    for begin in range(0, len(ticks), BLOCK_ROWS):
        fine, part = ticks[begin : begin + BLOCK_ROWS], coarse[begin : begin + BLOCK_ROWS]
        np.floor_divide(fine, many, out=part)
        lost = part * many != fine
        if lost.any():
            unknown = fine == NO_TIME
            if (lost & ~unknown).any():
                return None
            part[unknown] = NO_TIME
    return coarse


def _micro(seconds: pa.ChunkedArray) -> np.ndarray:
    found = np.concatenate([np.from_dlpack(chunk.fill_null(np.nan)) for chunk in seconds.chunks] or [np.zeros(0)])
    usable = np.isfinite(found) & (np.abs(found) < 2**62 / MICRO)
    return np.where(usable, np.rint(np.where(usable, found, 0) * MICRO), NO_TIME).astype(np.int64)


def _from_text(column: pa.ChunkedArray, form: str | None) -> tuple[np.ndarray, int]:
    if form is None:
        for kind in (pa.timestamp("ns"), pa.timestamp("ns", "UTC")):
            try:
                return read_times(column.cast(kind))
            except pa.ArrowInvalid:
                continue  # some value is written otherwise: read each by itself
    coded = column.dictionary_encode().unify_dictionaries()
    if not coded.num_chunks:
        return np.zeros(0, np.int64), 1
    codes = whole_numbers(pa.chunked_array([chunk.indices for chunk in coded.chunks]), -1)
    texts = coded.chunk(0).dictionary.to_pylist()
    read = _iso if form is None else _reader(form)
    values = np.array([*(read(text.strip()) for text in texts), NO_TIME], np.int64)
    if form is None and (values == NO_TIME).all():
        return _from_numbers(column, values[codes])
    return _coarsest(values[codes], MICRO)


def _from_numbers(column: pa.ChunkedArray, otherwise: np.ndarray) -> tuple[np.ndarray, int]:
    """Read texts that are all plain numbers as seconds."""
    try:
        return read_times(column.cast(pa.float64()))
    except pa.ArrowInvalid:
        return otherwise, 1


def _iso(text: str) -> int:
    try:
        return _ticks(dt.datetime.fromisoformat(text))
    except ValueError:
        return NO_TIME


def _reader(form: str) -> Callable[[str], int]:
    try:
        dt.datetime.strptime(dt.datetime(2009, 12, 31).strftime(form), form)
    except ValueError:
        raise InputError(
            "TP466", "option --time-format", "is no form of a time", "Write it as %d/%m/%Y %H:%M."
        ) from None

    def read(text: str) -> int:
        try:
            return _ticks(dt.datetime.strptime(text, form))
        except ValueError:
            return NO_TIME

    return read


def _ticks(moment: dt.datetime) -> int:
    """Return microseconds since 1970; a time without a zone is taken as UTC."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (known - EPOCH) // dt.timedelta(microseconds=1)
