"""Our directly-follows counts beside those that others published: open_event_logs.py FOLDER

FOLDER holds logs as `<log>.parquet` (case_id, activity, timestamp, event_order) and, for each, `<log>.dfg.csv.gz`: the
graph that pm4py drew from it, with `(start)` and `(end)` rows for the first and last activities of cases. Counts, first
and last activities, and seconds must be equal on every log; the command fails otherwise.
"""

from __future__ import annotations

import csv
import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

START, END = "(start)", "(end)"
COLUMNS = ("--case", "case_id", "--activity", "activity", "--timestamp", "timestamp", "--order", "event_order")
# Published means are sums of floats, ours are exact until the last division.
SECONDS_OFF = 1e-3
Edges = dict[tuple[str, str], int]


def followed(log: Path, out: Path) -> tuple[Edges, dict[tuple[str, str], list[float]]]:
    """Return the count and the mean, median, least and most seconds of each edge, as the command writes them."""
    command = [str(Path(sys.executable).with_name("totalplace")), "journeys", "--events", str(log), *COLUMNS]
    subprocess.run([*command, "--out", str(out)], check=True, capture_output=True)
    found = {(row["from"], row["to"]): int(row["count"]) for row in _rows(out / "edges.csv")}
    for row in _rows(out / "activities.csv"):
        name = row["activity"]
        ends = {(START, name): int(row["starts"]), (name, END): int(row["ends"])}
        found |= {edge: count for edge, count in ends.items() if count}
    parts = ("mean_seconds", "median_seconds", "min_seconds", "max_seconds")
    return found, {(r["from"], r["to"]): [float(r[part]) for part in parts] for r in _rows(out / "durations.csv")}


def _rows(path: Path) -> list[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def main(folder: Path) -> None:
    """Print one row per log.

    Raises:
        SystemExit: a count differs.
    """
    print("| log | edges, start and end rows | counts equal | seconds equal |\n|---|---|---|---|")
    differing = 0
    for published in sorted(folder.glob("*.dfg.csv.gz")):
        name = published.name.removesuffix(".dfg.csv.gz")
        rows = _rows(published)
        with tempfile.TemporaryDirectory() as out:
            counts, seconds = followed(folder / f"{name}.parquet", Path(out))
        theirs = {(row["from_activity"], row["to_activity"]): int(row["count"]) for row in rows}
        same = sum(counts.get(edge) == count for edge, count in theirs.items())
        timed = [row for row in rows if (row["from_activity"], row["to_activity"]) in seconds]
        near = sum(_near(row, seconds[row["from_activity"], row["to_activity"]]) for row in timed)
        differing += counts != theirs
        print(f"| {name} | {len(counts)} of {len(theirs)} | {same} | {near} of {len(timed)} |")
    if differing:
        raise SystemExit(f"{differing} logs differ")


def _near(row: dict[str, str], ours: list[float]) -> bool:
    theirs = [float(row[part]) for part in ("mean_seconds", "median_seconds", "min_seconds", "max_seconds")]
    return all(abs(a - b) <= max(SECONDS_OFF, abs(a) * 1e-9) for a, b in zip(theirs, ours, strict=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
