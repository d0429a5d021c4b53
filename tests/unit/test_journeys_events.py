"""The standalone measure: what directly follows what."""

from __future__ import annotations

import numpy as np
import pytest

from totalplace.journeys import DirectlyFollows, directly_follows
from totalplace.journeys.event_logs.variants import _distinct
from totalplace.journeys.sorting import sort_together
from totalplace.tables import EventLog

DAY = 86_400
EVENTS = [("x", "a", 1, 0), ("x", "b", 2, 0), ("x", "a", 3, 0), ("y", "b", 1, 1), ("y", "a", 1, 0), ("z", "a", 9, 0)]


def log_of(rows: list[tuple[str, str, int, int]], second: int = 1) -> EventLog:
    """Return a log from (case, activity, time, order)."""
    cases, names = sorted({r[0] for r in rows}), sorted({r[1] for r in rows})
    case, activity = [cases.index(r[0]) for r in rows], [names.index(r[1]) for r in rows]
    time, order = (np.array([r[k] for r in rows], np.int64) for k in (2, 3))
    return EventLog(np.array(case, np.int32), np.array(activity, np.int32), tuple(names), time, second, order)


def rows_of(found: DirectlyFollows, table: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in found.tables[table].to_pylist()]


@pytest.mark.parametrize("rows", [EVENTS, EVENTS[::-1]])
def test_edges_and_variants_do_not_depend_on_the_order_of_rows(rows: list[tuple[str, str, int, int]]) -> None:
    found = directly_follows(log_of(rows))
    assert rows_of(found, "edges") == [("a", "b", 2), ("b", "a", 1)]
    assert rows_of(found, "variants") == [("a", 1), ("a > b", 1), ("a > b > a", 1)]


def test_activities_tell_events_cases_starts_and_ends() -> None:
    assert rows_of(directly_follows(log_of(EVENTS)), "activities") == [("a", 4, 3, 3, 2), ("b", 2, 2, 0, 1)]


def test_durations_are_in_seconds_whatever_the_ticks() -> None:
    rows = [("x", "a", 0, 0), ("x", "b", 2_000, 0), ("y", "a", 0, 0), ("y", "b", 5_000, 0)]
    assert rows_of(directly_follows(log_of(rows, second=1_000)), "durations") == [("a", "b", 2, 3.5, 3.5, 2.0, 5.0)]


def test_sums_of_long_durations_in_nanoseconds_do_not_overflow() -> None:
    long = 8 * 10**18
    rows = [row for case in "pqr" for row in ((case, "a", 0, 0), (case, "b", long, 0))]
    assert rows_of(directly_follows(log_of(rows, second=10**9)), "durations")[0][3] == long / 10**9


def test_a_day_as_block_shares_a_step_among_its_pairs() -> None:
    rows = [("x", "a", 0, 0), ("x", "b", 5, 1), ("x", "c", 5 * DAY, 0)]
    found = directly_follows(log_of(rows), block="day")
    assert rows_of(found, "edges") == [("a", "c", 1, 0.5), ("b", "c", 1, 0.5)]
    assert rows_of(found, "variants") == [("a + b > c", 1)] and found.counts["steps"] == 1
    assert "durations" not in found.tables


def test_a_long_silence_begins_another_journey() -> None:
    rows = [("x", "a", 0, 0), ("x", "b", 400 * DAY, 0)]
    counts = [directly_follows(log_of(rows), gap_days=gap).counts["journeys"] for gap in (0, 365, 400)]
    assert counts == [1, 2, 1]


def test_events_that_nothing_orders_are_counted() -> None:
    rows = [("x", "b", 1, 0), ("x", "a", 1, 0), ("x", "a", 1, 0), ("y", "a", 1, 1), ("y", "b", 1, 0)]
    assert directly_follows(log_of(rows)).counts["undecided"] == 1


def test_a_log_without_events_has_empty_tables() -> None:
    found = directly_follows(log_of([]))
    assert [table.num_rows for table in found.tables.values()] == [0, 0, 0, 0] and found.counts["cases"] == 0


def test_only_as_many_variants_are_listed_as_were_asked_for() -> None:
    found = directly_follows(log_of(EVENTS), top_variants=2)
    assert found.tables["variants"].num_rows == 2 and found.counts["variants"] == 3


def test_ways_that_share_a_hash_are_still_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def same_hash(token: np.ndarray, place: np.ndarray, start: np.ndarray, *rest: int) -> np.ndarray:
        return honest(token, place, start, *rest) if rest[-1] else np.zeros(len(start), np.uint64)

    from totalplace.journeys.event_logs import variants

    honest = variants._hashes
    monkeypatch.setattr(variants, "_hashes", same_hash)
    ways = _distinct(np.array([0, 1, 1, 0, 0, 1]), np.array([0, 2, 4]), 2)
    assert sorted(ways.count.tolist()) == [1, 2]


def test_columns_too_wide_for_one_word_are_sorted_all_the_same() -> None:
    wide = np.array([2**62, -(2**62), 0, 2**62])
    other = np.array([1, 5, 2**61, 0])
    assert [c.tolist() for c in sort_together(wide, other)] == [[-(2**62), 0, 2**62, 2**62], [5, 2**61, 0, 1]]
