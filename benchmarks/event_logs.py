"""The directly-follows graph of a large log, beside pm4py in the same run: event_logs.py --pm4py PYTHON

PYTHON is the interpreter of an environment of its own that has pm4py and pyarrow. Each tool is a whole process: it
starts, reads the same Parquet file, counts, writes the edges as CSV, ends. The edges of both must be equal. Costs are
the least of three runs.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from processes import Cost, least

CPU_BAR, PEAK_BAR = 20, 3
RUNS = 3
PM4PY = """
import csv, sys
import pandas, pm4py
log = pandas.read_parquet(sys.argv[1], columns=["case_id", "activity", "timestamp"])
dfg, _, _ = pm4py.discover_dfg(log, activity_key="activity", timestamp_key="timestamp", case_id_key="case_id")
with open(sys.argv[2], "w", newline="") as file:
    csv.writer(file).writerows([("from", "to", "count"), *((*edge, count) for edge, count in dfg.items())])
"""
VERSIONS = "import sys, pm4py, pandas; print(f'pm4py {pm4py.__version__}, pandas {pandas.__version__}')"


def write_log(path: Path, events: int, seed: int = 20091) -> None:
    """Write an event log as an information system exports it: rows by time, cases interleaved, names as text.

    Eight events per case on average, thirty activities of unequal frequency, times to the second over three years; no
    two events of a case at one time, so that both tools see one order.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    draw = np.random.default_rng(seed)
    case = np.sort(draw.integers(0, events // 8, events))
    steps = draw.integers(1, 20 * 86_400, events)
    begins = np.flatnonzero(np.append(True, case[1:] != case[:-1]))
    since = np.cumsum(steps)
    since -= np.repeat(since[begins], np.diff(np.append(begins, events)))
    time = draw.integers(1_230_768_000, 1_325_376_000, events // 8)[case] + since
    activity = np.minimum(draw.geometric(0.12, events) - 1, 29)
    rows = np.argsort(time, kind="stable")
    cases = pa.array([f"C{number:08d}" for number in range(events // 8)])
    names = pa.array([f"Service {number:02d} contact" for number in range(30)])
    table = {
        "case_id": cases.take(pa.array(case[rows])),
        "activity": names.take(pa.array(activity[rows])),
        "timestamp": pa.array(time[rows] * 1_000_000, pa.timestamp("us", "UTC")),
    }
    pq.write_table(pa.table(table), path, compression="zstd")


def edges(path: Path) -> dict[tuple[str, str], int]:
    """Return the count of each edge of a CSV."""
    with path.open(newline="") as file:
        return {(row["from"], row["to"]): int(row["count"]) for row in csv.DictReader(file)}


def compare(peer: str, events: int, folder: Path) -> Iterator[str]:
    """Yield the lines of one size of log.

    Raises:
        SystemExit: the edges differ.
    """
    log, theirs, ours = folder / f"{events}.parquet", folder / "pm4py.csv", folder / "ours"
    # In a process of its own: this one must stay small.
    subprocess.run([sys.executable, __file__, "--write", str(log), "--events", str(events)], check=True)
    follow = [str(Path(sys.executable).with_name("totalplace")), "journeys", "--events", str(log), "--table", "edges"]
    costs = {
        "pm4py": least([peer, "-c", PM4PY, str(log), str(theirs)], RUNS),
        "totalplace": least([*follow, "--out", str(ours), "--force"], RUNS),
    }
    if edges(theirs) != edges(ours / "edges.csv"):
        raise SystemExit(f"{events:,} events: the edges differ")
    yield from _rows(events, costs)


def _rows(events: int, costs: dict[str, Cost]) -> Iterator[str]:
    for name, cost in costs.items():
        yield f"| {events:,} | {name} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.peak / 2**20:,.0f} | |"
    pm4py, ours = costs.values()
    cpu, peak = pm4py.cpu / ours.cpu, pm4py.peak / ours.peak
    met = "met" if cpu >= CPU_BAR and peak >= PEAK_BAR else "not met"
    yield f"| {events:,} | ratio | {cpu:.1f} | {pm4py.wall / ours.wall:.1f} | {peak:.1f} | {met} |"


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--pm4py", help="the interpreter that has pm4py")
    options.add_argument("--events", type=int, nargs="+", default=[1_000_000, 5_000_000])
    options.add_argument("--write", type=Path, help="only write a log of so many events")
    wish = options.parse_args()
    if wish.write:
        write_log(wish.write, wish.events[0])
        return
    if not wish.pm4py:
        options.error("name the interpreter that has pm4py with --pm4py")
    versions = subprocess.run([wish.pm4py, "-c", VERSIONS], check=True, capture_output=True, text=True).stdout
    print(
        f"{versions.splitlines()[-1]}; edges equal at each size; bar: {CPU_BAR} times less CPU, {PEAK_BAR} less memory"
    )
    print("| events | tool | CPU s | elapsed s | peak MB | bar |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for events in wish.events:
            for line in compare(wish.pm4py, events, Path(folder)):
                print(line, flush=True)


if __name__ == "__main__":
    main()
