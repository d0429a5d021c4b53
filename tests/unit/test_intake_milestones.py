"""Milestones that a place asks for besides the 18th birthday."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from totalplace.intake.contacts import milestones_table
from totalplace.tables import CONTACTS

# birth date, month of the milestone; the contacts run from 2010-01-01 to 2010-12-31
BORN = [
    (date(2005, 5, 17), date(2010, 5, 1)),
    (date(2005, 12, 31), date(2010, 12, 1)),
    (date(2006, 1, 1), None),
    (date(2004, 12, 31), None),
    (None, None),
]


@pytest.mark.parametrize(("born", "month"), BORN)
def test_a_fifth_birthday_within_the_data_becomes_a_month(born: date | None, month: date | None) -> None:
    clients = pa.table({"row_id": pa.array([b"r" * 16], pa.binary(16)), "birth_date": pa.array([born], pa.date32())})
    starts = pa.array([date(2010, 1, 1), date(2010, 1, 1) + timedelta(364)], pa.date32())
    contacts = pa.table({c.name: starts if c.name == "start" else pa.nulls(2, c.dtype) for c in CONTACTS.columns})
    found = milestones_table(clients, contacts, {"turned_5": 5}, b"k" * 32, "schools").to_pylist()
    assert [(row["type"], row["class"], row["start"]) for row in found] == (
        [("turned_5", "milestone", month)] if month else []
    )
