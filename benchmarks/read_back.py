"""Read the event logs of a run with pm4py and compare them with the run's own tables: read_back.py RUN_FOLDER

Run it with an interpreter that has pm4py and pyarrow, after `totalplace export`. Compares, of `analysis/journeys.xes`
and `analysis/journeys.ocel.json`, each contact's journey, place, activity and time, and each contact's objects, with
`analysis/journeys.parquet` and `contacts.parquet`; the command fails if anything differs.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pm4py
import pyarrow.parquet as pq

OBJECT_COLUMNS = ("person_id", "household_id", "family_id")


def run_rows(analysis: Path) -> list[dict[str, Any]]:
    """Return the contacts of journeys in order, with ids in hex and times as moments."""
    contacts = {row["contact_id"]: row for row in pq.read_table(analysis / "contacts.parquet").to_pylist()}
    rows = []
    for step in pq.read_table(analysis / "journeys.parquet").to_pylist():
        told = contacts[step["contact_id"]]
        moment = datetime.combine(told["start"], time(), UTC) + timedelta(seconds=told["start_second"] or 0)
        names = {f"{column[:-3]}:{told[column].hex()}" for column in OBJECT_COLUMNS if told[column] is not None}
        names |= {f"journey:{step['journey_id'].hex()}", f"agency:{told['agency']}"}
        rows.append(
            {
                "contact": step["contact_id"].hex(),
                "journey": step["journey_id"].hex(),
                "position": step["position"],
                "activity": f"{told['agency']}/{told['type']}",
                "time": moment,
                "objects": names,
            }
        )
    return sorted(rows, key=lambda row: (row["journey"], row["position"]))


def check_xes(path: Path, rows: list[dict[str, Any]]) -> str:
    """Return what was compared, or fail."""
    log = pm4py.read_xes(str(path))
    journeys: dict[str, list[tuple[str, str, datetime]]] = defaultdict(list)
    columns = ("case:concept:name", "id", "concept:name", "time:timestamp")
    for case, contact, activity, moment in zip(*(log[name] for name in columns), strict=True):
        journeys[case].append((contact, activity, moment.to_pydatetime()))
    ours: dict[str, list[tuple[str, str, datetime]]] = defaultdict(list)
    for row in rows:
        ours[row["journey"]].append((row["contact"], row["activity"], row["time"]))
    if journeys != ours:
        raise SystemExit(f"{path.name} differs")
    return f"| {path.name} | {len(log):,} events, {len(journeys):,} journeys | contact, activity, time, order: equal |"


def check_ocel(path: Path, rows: list[dict[str, Any]]) -> str:
    """Return what was compared, or fail."""
    log = pm4py.read_ocel2(str(path))
    columns = (log.events[name] for name in ("ocel:eid", "ocel:activity", "ocel:timestamp"))
    events = {eid: (activity, moment.to_pydatetime()) for eid, activity, moment in zip(*columns, strict=True)}
    objects: dict[str, set[str]] = defaultdict(set)
    for eid, oid in zip(log.relations["ocel:eid"], log.relations["ocel:oid"], strict=True):
        objects[eid].add(oid)
    same = events == {row["contact"]: (row["activity"], row["time"]) for row in rows}
    named = set(log.objects["ocel:oid"]) == set().union(*(row["objects"] for row in rows))
    if not (same and named and objects == {row["contact"]: row["objects"] for row in rows}):
        raise SystemExit(f"{path.name} differs")
    what = f"{len(events):,} events, {len(log.objects):,} objects, {len(log.relations):,} relations"
    return f"| {path.name} | {what} | contact, activity, time, objects: equal |"


def main(folder: Path) -> None:
    """Print one row per log."""
    rows = run_rows(folder / "analysis")
    print(f"pm4py {pm4py.__version__}\n\n| file | read | compared |\n|---|---|---|")
    print(check_xes(folder / "analysis/journeys.xes", rows))
    print(check_ocel(folder / "analysis/journeys.ocel.json", rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
