"""Households from the inside: keyed ids, stays, guards, and networkx as the judge of components."""

import hmac
from itertools import combinations

import networkx as nx
import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.linkage.households.form import household_components
from totalplace.linkage.households.hub_guards import crowded, surname_groups
from totalplace.linkage.households.kernels import OPEN
from totalplace.linkage.households.members import children
from totalplace.linkage.households.stays import UNKNOWN, Stays, merged_stays, positions, sorted_codes, told_intervals
from totalplace.linkage.keyed_ids import keyed_ids
from totalplace.tables import numbered_ids

NO_END = int(OPEN)
days = st.integers(0, 60)
intervals = st.tuples(st.integers(0, 4), st.integers(0, 2), days, st.one_of(st.integers(1, 40), st.none()))


def stays_of(rows):
    columns = [np.array([row[k] for row in rows], np.int32) for k in range(3)]
    ends = np.array([NO_END if row[3] is None else row[2] + row[3] for row in rows], np.int32)
    return Stays(*columns, ends)


def test_an_id_is_the_hmac_of_its_parts_after_their_lengths() -> None:
    message = b"\x00\x09household\x00\x02ab\x00\x0a2008-01-01"
    expected = hmac.digest(b"secret", message, "sha256")[:16]
    assert keyed_ids(b"secret", "household", [b"ab"], [b"2008-01-01"]) == [expected]


def test_an_id_under_a_long_secret_is_its_hmac_too() -> None:
    secret = bytes(range(100))
    assert keyed_ids(secret, "family", [b""]) == [hmac.digest(secret, b"\x00\x06family\x00\x00", "sha256")[:16]]


def test_an_id_tells_where_one_part_ends() -> None:
    assert keyed_ids(b"k", "family", [b"ab"], [b"c"]) != keyed_ids(b"k", "family", [b"a"], [b"bc"])


def test_codes_follow_the_order_of_values_and_not_of_rows() -> None:
    codes, values = sorted_codes(
        pa.chunked_array([pa.array([b"zz", None, b"aa"], pa.binary(2)), [b"zz"]], pa.binary(2))
    )
    assert codes.tolist() == [1, -1, 0, 1]
    assert values.to_pylist() == [b"aa", b"zz"]


def test_codes_of_no_values_are_empty() -> None:
    codes, values = sorted_codes(pa.chunked_array([], pa.binary(16)))
    assert (codes.tolist(), len(values)) == ([], 0)


def test_a_stay_that_ends_before_it_starts_cannot_be_placed() -> None:
    start, _, _ = told_intervals(np.array([50]), np.array([40]), np.array([0]))
    assert start.tolist() == [UNKNOWN]


def test_an_unknown_start_is_the_first_day_of_the_year_if_that_is_before_the_end() -> None:
    start, end, told = told_intervals(np.array([UNKNOWN, UNKNOWN]), np.array([400, 100]), np.array([1971, 1971]))
    assert (start.tolist(), end.tolist(), told.tolist()) == ([365, UNKNOWN], [400, 100], [False, False])


def test_a_year_that_stands_for_a_start_ends_no_other_stay() -> None:
    person, dwelling = np.array([0, 0], np.int32), np.array([0, 1], np.int32)
    start, end = np.array([10, 365], np.int32), np.array([OPEN, 730], np.int32)
    found = merged_stays(person, dwelling, start, end, np.array([True, False]))
    assert found.end.tolist() == [NO_END, 730]


@given(st.lists(intervals, max_size=14), st.integers(1, 3))
@settings(deadline=None)
def test_crowded_equals_counting_every_day(rows, most) -> None:
    stays = stays_of(rows)
    at = (stays.dwelling, stays.start, stays.end)
    horizon = range(130)
    there = [[k for k in range(len(rows)) if stays.start[k] <= d < stays.end[k]] for d in horizon]
    full = [{k for k in on if sum(stays.dwelling[j] == stays.dwelling[k] for j in on) > most} for on in there]
    expected = [any(k in on for on in full) for k in range(len(rows))]
    assert crowded(at, at, most).tolist() == expected


@given(st.lists(intervals, max_size=14), st.integers(1, 30))
@settings(deadline=None)
def test_households_are_the_components_of_networkx(rows, overlap) -> None:
    stays, component = household_components(stays_of(rows), overlap)
    graph = nx.empty_graph(stays.rows)
    for a, b in combinations(range(stays.rows), 2):
        shared = min(stays.end[a], stays.end[b]) - max(stays.start[a], stays.start[b])
        if stays.dwelling[a] == stays.dwelling[b] and shared >= overlap:
            graph.add_edge(a, b)
    expected = sorted(sorted(members) for members in nx.connected_components(graph))
    assert sorted(np.flatnonzero(component == c).tolist() for c in np.unique(component)) == expected


@given(st.lists(intervals, min_size=1, max_size=14))
@settings(deadline=None)
def test_merged_stays_cover_the_days_that_were_told_and_do_not_touch(rows) -> None:
    stays = stays_of([row for row in rows if row[3] is not None] or [(0, 0, 0, 1)])
    found = merged_stays(stays.person, stays.dwelling, stays.start, stays.end, np.ones(stays.rows, bool))

    def days_of(s):
        return sorted(
            {(p, w, d) for p, w, a, b in zip(s.person, s.dwelling, s.start, s.end, strict=True) for d in range(a, b)}
        )

    assert days_of(found) == days_of(stays)
    key = list(zip(found.person, found.dwelling, strict=True))
    assert all(key[k] != key[k + 1] or found.end[k] < found.start[k + 1] for k in range(found.rows - 1))


def test_surnames_are_related_through_a_person_or_a_declared_family() -> None:
    stays = stays_of([(0, 0, 0, None), (1, 0, 0, None), (2, 0, 0, None), (3, 0, 0, None)])
    surnames = (np.array([0, 0, 1, 2, 3], np.int32), np.array([5, 6, 6, 7, 8], np.int32))
    group = surname_groups(stays, surnames, np.array([0, 1, 2, 2]))
    assert group[0] == group[1]
    assert group[2] == group[3]
    assert group[0] != group[2]


def test_who_is_a_child_is_decided_by_most_records() -> None:
    records = pa.table({"is_child": pa.array([True, True, False, None, True, False])})
    assert children(records, np.array([0, 0, 0, 1, 2, 2]), 3, 0, 18).tolist() == [1, -1, 0]


def test_clear_records_tell_a_child_by_birth_date() -> None:
    day = np.datetime64("2010-06-15").astype(int)
    born = pa.array(["1992-06-16", "1992-06-15", None]).cast(pa.date32())
    assert children(pa.table({"birth_date": born}), np.arange(3), 3, int(day), 18).tolist() == [1, 0, -1]


def test_ids_are_found_wherever_their_column_begins() -> None:
    ids = numbered_ids(np.arange(6) // 2, np.arange(6))
    found = positions(pa.chunked_array([ids[1:3], ids[:0], ids[5:]]), pa.chunked_array([ids[2:]]))
    assert found.tolist() == [-1, 0, 3]
