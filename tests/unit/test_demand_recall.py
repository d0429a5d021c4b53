"""Recall by band of demand on a handful of labelled records."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totalplace.pipeline.demand_recall import BandRecall, recall_by_demand


def ids(numbers: list[int]) -> pa.Array:
    return pa.array([bytes([n]) * 16 for n in numbers], pa.binary(16))


# Person 1 has records 1 to 3, of which linkage split off one; person 2 has records 4 and 5, found; record 6 is alone.
PERSONS = pa.table({"row_id": ids([1, 2, 3, 4, 5, 6]), "person_id": ids([1, 1, 3, 4, 4, 6])})
LABELS = pa.table({"row_id": ids([1, 2, 3, 4, 5, 6]), "label": [1, 1, 1, 2, 2, 3]})
CONTACTS = pa.table({"row_id": ids([1, 1, 2, 3, 4])})


def bands(labels: pa.Table = LABELS) -> list[BandRecall]:
    return recall_by_demand(PERSONS, CONTACTS, labels, [0, 3], 0.9)


def test_people_fall_into_the_band_of_their_true_contacts() -> None:
    few, many = bands()
    assert (few.least, few.people, few.pairs, few.found, few.recall) == (0, 1, 1, 1, 1.0)
    assert (many.least, many.people, many.pairs, many.found) == (3, 1, 3, 1)
    assert many.recall == pytest.approx(1 / 3)


def test_a_record_without_a_label_counts_for_nothing() -> None:
    few, many = bands(LABELS.slice(0, 3))
    assert (few.pairs, few.recall) == (0, None)
    assert many.pairs == 3


def test_the_interval_is_wider_where_one_person_has_most_of_the_pairs() -> None:
    def width(split: list[int]) -> float:
        """Take persons of these sizes as found, of which each two that follow each other are truly one."""
        names = [n for n, size in enumerate(split) for _ in range(size)]
        rows = ids(list(range(len(names))))
        persons = pa.table({"row_id": rows, "person_id": ids(names)})
        labels = pa.table({"row_id": rows, "label": [n // 2 for n in names]})
        (band,) = recall_by_demand(persons, CONTACTS.slice(0, 0), labels, [0], 0.9)
        assert band.low is not None and band.high is not None
        return band.high - band.low

    assert width([2, 2, 2, 2, 8, 8]) > width([4, 4, 4, 4, 4, 4])
