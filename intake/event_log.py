"""Any log of events, read as whole numbers: Parquet, CSV, Excel or XES; only the columns that are asked for.

A large log is dominated by reading: codes of names come from the file's own dictionaries, and nothing is made text that
need not be. pandas is never loaded: even `to_numpy` of Arrow would load it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from totalplace.errors import InputError
from totalplace.intake.event_codes import read_activities, read_cases, read_places
from totalplace.intake.event_csv import SUFFIXES, read_plain_csv
from totalplace.intake.event_times import NO_TIME, read_times
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
    if path.name.lower().endswith(SUFFIXES) and path.is_file():
        fast = _fast_csv(path, columns)
        # Where events are set aside, the careful reader says which, by the row numbers of the file.
        if fast is not None and not fast.set_aside.num_rows:
            return fast
    return _read(columns, *_opened(path, columns))


def _fast_csv(path: Path, columns: EventColumns) -> ReadEvents | None:
    texts = {columns.case, *([columns.order] if columns.order else [])}
    if columns.time_format:
        found = read_plain_csv(path, {*texts, columns.timestamp}, columns.activity, None)
    else:
        found = read_plain_csv(path, texts, columns.activity, columns.timestamp)
    return _read(columns, found.__getitem__, None) if found else None


def _read(columns: EventColumns, column: Callable[[str], pa.ChunkedArray], rows: np.ndarray | None) -> ReadEvents:
    case, no_case = read_cases(column(columns.case))
    activity, names = read_activities(column(columns.activity))
    time, ticks = read_times(column(columns.timestamp), columns.time_format)
    order = read_places(column(columns.order)) if columns.order else None
    faults = ((no_case, columns.case, NO_CASE), (activity < 0, columns.activity, NO_ACTIVITY),
              (time == NO_TIME, columns.timestamp, BAD_TIME))  # fmt: skip
    bad = np.logical_or.reduce([fault for fault, _, _ in faults])
    if bad.any():
        kept = ~bad
        case, activity, time = case[kept], activity[kept], time[kept]
        order = order[kept] if order is not None else None
    return ReadEvents(EventLog(case, activity, names, time, ticks, order), len(bad), _set_aside(bad, rows, faults))


def _opened(path: Path, columns: EventColumns) -> tuple[Callable[[str], pa.ChunkedArray], np.ndarray | None]:
    """Return what reads a column by its name, and row numbers where the file's own are not simply counted on."""
    name = path.name.lower()
    if name.endswith(".parquet") and path.is_file():
        return _parquet(path, columns), None
    if name.endswith(XES_SUFFIXES) and path.is_file():
        from totalplace.intake.xes import read_xes

        table = read_xes(path, set(columns.named.values()))
        _refuse_missing(path, columns, table.column_names)
        return table.column, None
    from totalplace.intake.any_table import read_whole

    raw = read_whole(path)
    _refuse_missing(path, columns, raw.table.column_names)
    return raw.table.column, raw.rows


def _parquet(path: Path, columns: EventColumns) -> Callable[[str], pa.ChunkedArray]:
    """Return what reads a column: one at a time, so that memory holds one, and no more of the file is ever read."""
    import pyarrow.parquet as pq  # a CSV needs none of it

    with _readable(path):
        file = pq.ParquetFile(path, pre_buffer=False)
        _refuse_missing(path, columns, file.schema_arrow.names)
    if file.schema_arrow.field(columns.activity).type in (pa.string(), pa.large_string()):
        # Activities are few, so the file holds each name once and its code for each event.
        file = pq.ParquetFile(path, read_dictionary=[columns.activity], pre_buffer=False, metadata=file.metadata)

    def column(name: str) -> pa.ChunkedArray:
        with _readable(path):
            return file.read([name], use_threads=False).column(0)

    return column


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError):
        raise InputError(
            "TP406", path.name, "is not a Parquet file", "Write it again, or correct its suffix."
        ) from None


def _refuse_missing(path: Path, columns: EventColumns, there: list[str]) -> None:
    if all(name in there for name in columns.named.values()):
        return
    from totalplace.config.column_names import columns_there  # it loads the rules: a third of the start

    for option, name in columns.named.items():
        if name not in there:
            what = f"is not there (option --{option})"
            cure = columns_there(there, name, known=columns.named.values())
            raise InputError("TP463", f"{path.name}, column '{name}'", what, cure)


def _set_aside(bad: np.ndarray, rows: np.ndarray | None, faults: tuple[tuple[np.ndarray, str, str], ...]) -> pa.Table:
    """Return row, column and reason of each event that cannot be used; the first reason counts."""
    at = np.flatnonzero(bad)
    if not len(at):
        return pa.Table.from_batches([], SET_ASIDE)
    which = np.argmax([fault[at] for fault, _, _ in faults], axis=0)
    columns = [at + 2 if rows is None else rows[at], [faults[k][1] for k in which], [faults[k][2] for k in which]]
    return pa.Table.from_arrays([pa.array(column) for column in columns], schema=SET_ASIDE)
