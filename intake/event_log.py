"""Any log of events, read as whole numbers: Parquet, CSV, Excel or XES; only the columns that are asked for.

A large log is dominated by reading: codes of names come from the file's own dictionaries, and nothing is made text that
need not be. pandas is never loaded: even `to_numpy` of Arrow would load it.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from totalplace.errors import InputError, listed, near
from totalplace.intake.event_times import NO_TIME, read_times, whole_numbers
from totalplace.tables import EventLog

NO_CASE, NO_ACTIVITY, BAD_TIME = "no case", "no activity", "no time that can be read"
SET_ASIDE = pa.schema([("row", pa.int64()), ("column", pa.string()), ("reason", pa.string())])
XES_SUFFIXES = (".xes", ".xes.gz")


@dataclass(frozen=True)
class EventColumns:
    """Which column is what; `order` may be None: events of one case and time are then ordered by activity."""

    case: str
    activity: str
    timestamp: str
    order: str | None = None
    time_format: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """Return the option that names each column, and the column."""
        named = {"case": self.case, "activity": self.activity, "timestamp": self.timestamp, "order": self.order}
        return {option: name for option, name in named.items() if name is not None}


@dataclass(frozen=True)
class ReadEvents:
    """A log as read.

    Args:
        log: the events that can be used.
        rows_in: events that the file holds.
        set_aside: row number (header = 1), column, reason; one row per event that cannot be used.
    """

    log: EventLog
    rows_in: int
    set_aside: pa.Table


def read_events(path: Path, columns: EventColumns) -> ReadEvents:
    """Return the events of a file as integers.

    Args:
        path: Parquet; XES; or CSV, Excel in any form that an extract may have.
        columns: which column is what.

    Raises:
        InputError: the file cannot be read, or lacks a column.
    """
    table, rows = _columns_of(path, columns)
    case, _ = _codes(table[columns.case])
    activity, values = _codes(table[columns.activity])
    time, ticks = read_times(table[columns.timestamp], columns.time_format)
    faults = ((case < 0, columns.case, NO_CASE), (activity < 0, columns.activity, NO_ACTIVITY),
              (time == NO_TIME, columns.timestamp, BAD_TIME))  # fmt: skip
    order = _places(table[columns.order]) if columns.order else None
    bad = np.logical_or.reduce([fault for fault, _, _ in faults])
    if bad.any():
        kept = ~bad
        case, activity, time = case[kept], activity[kept], time[kept]
        order = order[kept] if order is not None else None
    activity, names = _sorted_names(activity, values)
    log = EventLog(case, activity, names, time, ticks, order)
    return ReadEvents(log, table.num_rows, _set_aside(bad, rows, faults))


def _columns_of(path: Path, columns: EventColumns) -> tuple[pa.Table, np.ndarray | None]:
    """Return the wanted columns, and row numbers where the file's own are not simply counted on."""
    name = path.name.lower()
    if name.endswith(".parquet") and path.is_file():
        return _from_parquet(path, columns), None
    if name.endswith(XES_SUFFIXES) and path.is_file():
        from totalplace.intake.xes import read_xes

        table = read_xes(path, set(columns.named.values()))
        _refuse_missing(path, columns, table.column_names)
        return table, None
    from totalplace.intake.any_table import read_whole

    raw = read_whole(path)
    _refuse_missing(path, columns, raw.table.column_names)
    return raw.table, raw.rows


def _from_parquet(path: Path, columns: EventColumns) -> pa.Table:
    try:
        schema = pq.read_schema(path)
        _refuse_missing(path, columns, schema.names)
        coded = [
            n for n in (columns.case, columns.activity) if schema.field(n).type in (pa.string(), pa.large_string())
        ]
        wanted = list(dict.fromkeys(columns.named.values()))
        # One thread and no read-ahead: a third less memory, and half the work.
        return pq.ParquetFile(path, read_dictionary=coded, pre_buffer=False).read(wanted, use_threads=False)
    except (pa.ArrowException, OSError):
        raise InputError(
            "TP406", path.name, "is not a Parquet file", "Write it again, or correct its suffix."
        ) from None


def _refuse_missing(path: Path, columns: EventColumns, there: list[str]) -> None:
    for option, name in columns.named.items():
        if name not in there:
            cure = f"Columns there are: {listed(there)}.{near(name, there)}"
            raise InputError("TP463", f"{path.name}, column '{name}'", f"is not there (option --{option})", cure)


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


def _blank(values: pa.Array) -> np.ndarray:
    """Tell which texts are empty or of blanks alone: few begin with a blank, and only these are looked at."""
    blank = np.zeros(len(values), np.bool_)
    if values.type not in (pa.string(), pa.large_string()) or not len(values):
        return blank
    _, offsets, body = values.buffers()
    width = np.int32 if values.type == pa.string() else np.int64
    starts = np.frombuffer(offsets, width)[values.offset : values.offset + len(values) + 1]
    letters = np.append(np.frombuffer(body, np.uint8) if body else np.zeros(0, np.uint8), np.uint8(0))
    for at in np.flatnonzero((starts[1:] == starts[:-1]) | (letters[starts[:-1]] <= ord(" "))):
        blank[at] = not (values[at].as_py() or "").strip()
    return blank


def _sorted_names(activity: np.ndarray, values: pa.Array) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return activities as places in the sorted names that are in use, and these names."""
    used = np.flatnonzero(np.bincount(activity, minlength=len(values)))
    texts = [str(values[int(at)].as_py()) for at in used]
    names = sorted(set(texts))
    place = {name: at for at, name in enumerate(names)}
    places = np.zeros(len(values), np.int32)
    places[used] = [place[text] for text in texts]
    return places[activity], tuple(names)


def _places(column: pa.ChunkedArray) -> np.ndarray:
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


def _set_aside(bad: np.ndarray, rows: np.ndarray | None, faults: tuple[tuple[np.ndarray, str, str], ...]) -> pa.Table:
    """Return row, column and reason of each event that cannot be used; the first reason counts."""
    at = np.flatnonzero(bad)
    if not len(at):
        return pa.Table.from_batches([], SET_ASIDE)
    which = np.argmax([fault[at] for fault, _, _ in faults], axis=0)
    columns = [at + 2 if rows is None else rows[at], [faults[k][1] for k in which], [faults[k][2] for k in which]]
    return pa.Table.from_arrays([pa.array(column) for column in columns], schema=SET_ASIDE)
