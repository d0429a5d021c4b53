"""Journeys as XES and OCEL 2.0: each contact once, in order, tied to its objects; and only with leave."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from lxml import etree

from totalplace.config import load_rules
from totalplace.errors import ShapeError
from totalplace.intake.event_log import EventColumns, read_events
from totalplace.report import AnalystTable, analyst_table, permit, write_ocel, write_xes

ALLOWED = load_rules()[0].report.model_copy(update={"allow_analyst_edition": True})
DAY = dt.date(2024, 1, 31)


def contact(number: int, person: bytes, kind: str, day: int, **other: Any) -> dict[str, Any]:
    known = {"contact_id": bytes([number]) * 2, "person_id": person, "journey_id": person * 2, "agency": "housing"}
    told = {"household_id": None, "family_id": b"f", "start_second": None, "purpose": None, "theme": None}
    told |= {"class": "intervention", "channel": None, "outcome": None}
    return known | told | {"type": kind, "start": DAY + dt.timedelta(days=day)} | other


ROWS = [
    contact(1, b"a", 'Visit "A" & <b>', 0, start_second=34_200, purpose="financial"),
    contact(2, b"a", "Letter", 1, family_id=None),
    contact(3, b"b", "Letter", 0, household_id=b"h"),
]


@pytest.fixture
def events() -> AnalystTable:
    return analyst_table(permit(ALLOWED), pa.Table.from_pylist(ROWS), "events")


def test_xes_has_a_trace_per_journey_and_its_contacts_in_order(events: AnalystTable, tmp_path: Path) -> None:
    write_xes(events, tmp_path / "journeys.xes")
    traces = etree.parse(tmp_path / "journeys.xes").getroot().findall("{*}trace")
    assert [trace[0].get("value") for trace in traces] == ["6161", "6262"]
    first, second = ({a.get("key"): a.get("value") for a in event} for event in traces[0].findall("{*}event"))
    assert first["concept:name"] == 'housing/Visit "A" & <b>' and first["time:timestamp"] == "2024-01-31T09:30:00+00:00"
    assert (first["day_only"], first["purpose"], first["id"]) == ("false", "financial", "0101")
    assert second["day_only"] == "true" and second["time:timestamp"] == "2024-02-01T00:00:00+00:00"


def test_our_own_reader_takes_the_xes_back(events: AnalystTable, tmp_path: Path) -> None:
    write_xes(events, tmp_path / "journeys.xes")
    read = read_events(tmp_path / "journeys.xes", EventColumns("case:concept:name", "concept:name", "time:timestamp"))
    assert [read.log.activities[at] for at in read.log.activity] == [f"housing/{row['type']}" for row in ROWS]


def test_ocel_ties_each_contact_to_what_it_is_about(events: AnalystTable, tmp_path: Path) -> None:
    write_ocel(events, tmp_path / "journeys.ocel.json")
    log = json.loads((tmp_path / "journeys.ocel.json").read_text())
    tied = {event["id"]: [r["objectId"] for r in event["relationships"]] for event in log["events"]}
    assert tied["0202"] == ["person:61", "journey:6161", "agency:housing"]
    assert tied["0303"] == ["person:62", "journey:6262", "household:68", "family:66", "agency:housing"]
    assert {name for names in tied.values() for name in names} == {thing["id"] for thing in log["objects"]}
    assert {event["type"] for event in log["events"]} == {kind["name"] for kind in log["eventTypes"]}


def test_only_a_table_for_analysts_is_exported(tmp_path: Path) -> None:
    for write in (write_xes, write_ocel):
        with pytest.raises(ShapeError, match="no record-level table"):
            write(pa.Table.from_pylist(ROWS), tmp_path / "log")  # type: ignore[arg-type]
