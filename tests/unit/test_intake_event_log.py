"""Any log of events, read as whole numbers."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from totalplace.errors import InputError
from totalplace.intake.event_codes import read_cases
from totalplace.intake.event_log import EventColumns, ReadEvents, read_events
from totalplace.intake.event_times import NO_TIME, read_times

COLUMNS = EventColumns("case", "act", "when")
NEW_YEAR = int(dt.datetime(2024, 1, 1, tzinfo=dt.UTC).timestamp())


def csv_log(folder: Path, *lines: str, columns: EventColumns = COLUMNS) -> ReadEvents:
    path = folder / "log.csv"
    path.write_text("\n".join(["case,act,when,place", *lines]) + "\n")
    return read_events(path, columns)


def test_parquet_and_csv_give_the_same_log(tmp_path: Path) -> None:
    rows = {"case": [7, 7, 8], "act": ["b", "a", "b"], "when": [dt.datetime(2024, 1, d) for d in (1, 2, 3)]}
    pq.write_table(pa.table(rows), tmp_path / "log.parquet", row_group_size=2)
    read = read_events(tmp_path / "log.parquet", COLUMNS).log
    text = csv_log(tmp_path, "7,b,2024-01-01,", "7,a,2024-01-02T00:00:00Z,", "8,b,2024-01-03 00:00,").log
    for log in (read, text):
        assert (
            log.activities == ("a", "b")
            and log.activity.tolist() == [1, 0, 1]
            and len(set(log.case[:2])) == 1
            and log.case[2] != log.case[0]
        )
        assert ((log.time // log.ticks_per_second - NEW_YEAR) // 86_400).tolist() == [0, 1, 2]


def test_events_without_case_activity_or_time_are_set_aside_with_their_row(tmp_path: Path) -> None:
    read = csv_log(tmp_path, "1,a,2024-01-01,", " ,a,2024-01-01,", "1,,2024-01-01,", "1,a,soon,", "1,a,,")
    assert read.rows_in == 5 and len(read.log.case) == 1
    assert [tuple(row.values()) for row in read.set_aside.to_pylist()] == [
        (3, "case", "no case"),
        (4, "act", "no activity"),
        (5, "when", "no time that can be read"),
        (6, "when", "no time that can be read"),
    ]


def test_nulls_of_parquet_are_set_aside_too(tmp_path: Path) -> None:
    rows = {"case": ["x", None, "x"], "act": ["a", "a", None], "when": pa.array([1, 2, None], pa.timestamp("ms"))}
    pq.write_table(pa.table(rows), tmp_path / "log.parquet")
    read = read_events(tmp_path / "log.parquet", COLUMNS)
    assert read.log.time.tolist() == [1] and read.set_aside["reason"].to_pylist() == ["no case", "no activity"]


@pytest.mark.parametrize("cases", [["C01", "C02", "C01"], ["C1", "C22", "C1"], [-5, 2**40, -5], [0.5, 1.5, 0.5]])
def test_a_case_may_be_of_any_type(tmp_path: Path, cases: list[object]) -> None:
    when = pa.array([1, 2, 3], pa.timestamp("ms"))
    pq.write_table(pa.table({"case": cases, "act": ["a"] * 3, "when": when}), tmp_path / "log.parquet")
    first, second, third = read_events(tmp_path / "log.parquet", COLUMNS).log.case
    assert first == third != second


def test_a_missing_column_is_named_with_the_nearest_and_its_option(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"column 'cas'.*option --case.*(?s:.)*Did you mean 'case'"):
        csv_log(tmp_path, "1,a,2024-01-01,", columns=EventColumns("cas", "act", "when"))


def test_numbers_in_an_order_column_of_text_are_ordered_as_numbers(tmp_path: Path) -> None:
    columns = EventColumns("case", "act", "when", "place")
    order = csv_log(tmp_path, "1,a,2024-01-01,10", "1,b,2024-01-01,9", "1,c,2024-01-01,", columns=columns).log.order
    assert order is not None and np.argsort(order).tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    "column, seconds",
    [
        (pa.array([dt.date(2024, 1, 1), None]), NEW_YEAR),
        (pa.array(["2024-01-01T01:00:00+01:00", ""]), NEW_YEAR),
        (pa.array(["2024-01-01T00:00:00.250", "x"]), NEW_YEAR + 0.25),
        (pa.array(["20240101T000000", None]), NEW_YEAR),
        (pa.array([12, None]), 12),
        (pa.array([12.5, float("nan")]), 12.5),
        (pa.array(["12.5", None]), 12.5),
    ],
)
def test_times_of_any_type_are_read(column: pa.Array, seconds: float) -> None:
    time, ticks = read_times(pa.chunked_array([column]))
    assert time[0] / ticks == seconds and time[1] == NO_TIME


def test_a_declared_form_of_time_is_used(tmp_path: Path) -> None:
    columns = EventColumns("case", "act", "when", time_format="%d/%m/%Y %H:%M")
    read = csv_log(tmp_path, "1,a,01/01/2024 00:30,", columns=columns)
    assert read.log.time[0] / read.log.ticks_per_second == NEW_YEAR + 1800


def test_times_lose_nothing_and_are_kept_in_the_coarsest_ticks() -> None:
    fine = pa.chunked_array([pa.array([10**9, 2 * 10**9], pa.timestamp("ns")), pa.array([10**6], pa.timestamp("ns"))])
    time, ticks = read_times(fine)
    assert ticks == 1000 and time.tolist() == [1000, 2000, 1]


@pytest.mark.parametrize("name", ["log.xes", "log.xes.gz"])
def test_xes_is_read_with_the_traces_own_attributes(tmp_path: Path, name: str) -> None:
    when = '<date key="time:timestamp" value="2024-01-01T00:00:00Z"/>'
    event = f'<event><string key="concept:name" value="{{}}"/>{when}</event>'
    body = '<log xmlns="http://www.xes-standard.org/"><trace><string key="concept:name" value="c1"/>{}</trace></log>'
    text = body.format(event.format("a") + event.format("b")).encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    read = read_events(tmp_path / name, EventColumns("case:concept:name", "concept:name", "time:timestamp"))
    assert read.log.activities == ("a", "b") and read.log.time.tolist() == [NEW_YEAR, NEW_YEAR]


def test_an_xes_that_is_no_xml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log.xes").write_text("<log><trace>")
    with pytest.raises(InputError, match="TP406"):
        read_events(tmp_path / "log.xes", EventColumns("case:concept:name", "concept:name", "time:timestamp"))


@pytest.mark.parametrize("events", [1_023, 1_024, 3_000])
@pytest.mark.parametrize("at", [0, -1])
def test_a_case_unlike_all_others_has_a_number_of_its_own_wherever_it_stands(events: int, at: int) -> None:
    cases = [f"C{number % 700 + 100}" for number in range(events)]
    cases[at] = "D999"
    numbers, none = read_cases(pa.chunked_array([cases]))
    assert len(set(numbers.tolist())) == len(set(cases)) == len({*zip(cases, numbers.tolist(), strict=True)})
    assert not none.any()


def test_one_finer_time_among_many_keeps_all_in_its_ticks() -> None:
    seconds = np.arange(40_000) * 1_000_000
    seconds[3] = NO_TIME
    finer = seconds.copy()
    finer[-1] += 1_000
    for values, ticks in ((seconds, 1), (finer, 1_000)):
        found, per_second = read_times(pa.chunked_array([pa.array(values, pa.timestamp("us"), mask=values == NO_TIME)]))
        known = values != NO_TIME
        assert per_second == ticks
        assert (found[known] * (1_000_000 // ticks) == values[known]).all()
        assert found[3] == NO_TIME
