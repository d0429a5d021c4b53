"""The fast way through an event log's CSV gives what the careful reader gives, or leaves the file to it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.intake.any_table import read_whole
from totalplace.intake.event_csv import read_plain_csv
from totalplace.intake.event_log import EventColumns, ReadEvents, _read, read_events
from totalplace.tables import EventLog

COLUMNS = EventColumns("case", "act", "when")
CASES = st.sampled_from(["C01", "C02", "C11", "7", " ", "", "C,1", 'a "b"', "NA"])
ACTIVITIES = st.sampled_from(["visit", "visit ", "call", "NULL", "", "two\nlines", "café", "=1"])
SECONDS = st.sampled_from(["2024-01-02T03:04:05", "2024-01-02", "1969-12-31 23:59", "2024-01-02T03:04:05.5"])
ZONED = st.sampled_from(["2024-01-02T03:04:05Z", "2024-01-02T03:04:05+01:00", "2024-01-02T03:04:05.25-00:30"])
ROWS = st.lists(st.tuples(CASES, ACTIVITIES, st.one_of(SECONDS, st.sampled_from(["", "NA", "soon"]))), min_size=1)
SURE = st.lists(
    st.tuples(st.sampled_from(["C1", "C2", "X 3"]), st.sampled_from(["visit", "NULL", "café"]), ZONED), min_size=1
)


def written(folder: Path, rows: list[tuple[str, str, str]], end: str) -> Path:
    path = folder / "log.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator=end).writerows([("act", "when", "case"), *((a, w, c) for c, a, w in rows)])
    return path


def carefully(path: Path) -> ReadEvents:
    raw = read_whole(path)
    return _read(COLUMNS, raw.table.column, raw.rows)


def told(log: EventLog) -> tuple[list[int], list[str], list[float]]:
    """Return cases by first use, names and seconds: what a log says, however it is coded."""
    _, first, numbers = np.unique(log.case, return_index=True, return_inverse=True)
    cases = np.argsort(np.argsort(first))[numbers]
    return cases.tolist(), [log.activities[k] for k in log.activity], (log.time / log.ticks_per_second).tolist()


@settings(deadline=None)
@given(rows=ROWS, end=st.sampled_from(["\n", "\r\n"]))
def test_any_csv_is_read_as_the_careful_reader_reads_it(tmp_path_factory, rows, end) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path_factory.mktemp("log"), rows, end)
    found, judge = read_events(path, COLUMNS), carefully(path)
    assert told(found.log) == told(judge.log)
    assert found.set_aside.equals(judge.set_aside) and found.rows_in == judge.rows_in


@settings(deadline=None)
@given(rows=SURE)
def test_a_plain_csv_is_read_the_fast_way(tmp_path_factory, rows) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path_factory.mktemp("log"), rows, "\n")
    fast = read_plain_csv(path, {"case"}, "act", "when")
    assert fast is not None
    assert told(_read(COLUMNS, fast.__getitem__, None).log) == told(carefully(path).log)
