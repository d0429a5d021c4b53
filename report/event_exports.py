"""A place's journeys as event logs of the field's two standards, XES and OCEL 2.0: record-level, for analysts only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pyarrow as pa

from totalplace.errors import ShapeError
from totalplace.report.disclosure.release import AnalystTable
from totalplace.report.files import place

EVENT_ATTRIBUTES = ("class", "purpose", "theme", "channel", "outcome")
# What an event is about, each an object type of OCEL, and how it is named there.
OBJECTS = {
    "person": "client",
    "journey": "part of",
    "household": "household of the client",
    "family": "family of the client",
    "agency": "recorded by",
}
XES_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<classifier name="Activity" keys="concept:name"/>
"""
Row = Mapping[str, Any]


def write_xes(events: AnalystTable, path: Path, force: bool = False) -> None:
    """Write one trace per journey, one event per contact, in order; a contact known by its day is at 00:00 UTC.

    Args:
        events: see `pipeline.export_events`, sorted by journey and place in it.
        path: the file.
        force: replace it.

    Source: IEEE 1849-2023 (XES), extensions concept, time and organizational.
    """
    journeys = groupby(_rows(events), key=lambda row: (row["person_id"], row["journey_id"]))
    traces = (_trace(*names, rows) for names, rows in journeys)
    place(path, "".join([XES_HEAD, *traces, "</log>\n"]).encode(), force)


def _trace(person: bytes, journey: bytes, rows: Iterable[Row]) -> str:
    own = _string("concept:name", journey.hex()) + _string("person", person.hex())
    return f"<trace>{own}\n{''.join(_event(row) for row in rows)}</trace>\n"


def _event(row: Row) -> str:
    told = {"concept:name": _activity(row), "org:group": row["agency"], "id": row["contact_id"].hex()}
    told |= {name: row[name] for name in EVENT_ATTRIBUTES if row[name] is not None}
    day_only = "true" if row["start_second"] is None else "false"
    when = f'<date key="time:timestamp" value="{_moment(row)}"/><boolean key="day_only" value="{day_only}"/>'
    return f"<event>{''.join(_string(key, value) for key, value in told.items())}{when}</event>\n"


def _string(key: str, value: str) -> str:
    return f'<string key="{key}" value={quoteattr(value)}/>'


def write_ocel(events: AnalystTable, path: Path, force: bool = False) -> None:
    """Write contacts as events of OCEL 2.0 in JSON, each tied to its person, journey, household, family and agency.

    Args:
        events: as for `write_xes`.
        path: the file.
        force: replace it.

    Source: OCEL 2.0 specification (Berti et al., 2023), section JSON format.
    """
    rows = list(_rows(events))
    attributes = [{"name": name, "type": "string"} for name in EVENT_ATTRIBUTES]
    attributes.append({"name": "day_only", "type": "boolean"})
    body = {
        "eventTypes": [{"name": n, "attributes": attributes} for n in sorted({_activity(row) for row in rows})],
        "objectTypes": [{"name": name, "attributes": []} for name in OBJECTS],
        "events": [_ocel_event(row) for row in sorted(rows, key=lambda row: (_moment(row), row["contact_id"]))],
        "objects": [
            {"id": name, "type": name.partition(":")[0], "attributes": [], "relationships": []}
            for name in sorted({name for row in rows for name, _ in _objects(row)})
        ],
    }
    place(path, (json.dumps(body, ensure_ascii=False, separators=(",", ":")) + "\n").encode(), force)


def _ocel_event(row: Row) -> dict[str, Any]:
    told = {name: row[name] for name in EVENT_ATTRIBUTES if row[name] is not None}
    told["day_only"] = row["start_second"] is None
    return {
        "id": row["contact_id"].hex(),
        "type": _activity(row),
        "time": _moment(row),
        "attributes": [{"name": name, "value": value} for name, value in told.items()],
        "relationships": [{"objectId": name, "qualifier": OBJECTS[kind]} for name, kind in _objects(row)],
    }


def _objects(row: Row) -> Iterator[tuple[str, str]]:
    """Yield the id and type of each object of an event; an id says its type, as ids of all types share one list."""
    for kind in OBJECTS:
        value = row["agency" if kind == "agency" else f"{kind}_id"]
        if value is not None:
            yield f"{kind}:{value if isinstance(value, str) else value.hex()}", kind


def _activity(row: Row) -> str:
    return f"{row['agency']}/{row['type']}"


def _moment(row: Row) -> str:
    day = datetime.combine(row["start"], time(), UTC)
    return (day + timedelta(seconds=row["start_second"] or 0)).isoformat()


def _rows(events: AnalystTable) -> Iterator[Row]:
    if not isinstance(events, AnalystTable):
        raise ShapeError("report.event_exports", f"a {type(events).__name__} is no record-level table for analysts")
    table: pa.Table = events.table
    for batch in table.to_batches():
        yield from batch.to_pylist()
