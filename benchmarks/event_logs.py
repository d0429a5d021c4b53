"""The directly-follows graph of a large log, beside pm4py in the same run: event_logs.py --pm4py PYTHON

PYTHON is the interpreter of an environment of its own that has pm4py and pyarrow. Each tool is a whole process: it
starts, reads the same file (the log as Parquet, and as CSV), counts, writes the edges as CSV, ends. The edges of both
must be equal. Costs are the least of three runs. A second table says where each process spends its processor time.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from os import environ
from pathlib import Path

from processes import Cost, least

CPU_BAR, PEAK_BAR = 20, 3
RUNS = 3
# As the command sets them for itself.
LEAN = {"OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
PM4PY = """
import csv, sys, time
import pandas, pm4py
spent = [time.process_time()]
names = ["case_id", "activity", "timestamp"]
if sys.argv[1].endswith(".csv"):
    log = pandas.read_csv(sys.argv[1], usecols=names)
    log = pm4py.format_dataframe(log, case_id=names[0], activity_key=names[1], timestamp_key=names[2])
else:
    log = pandas.read_parquet(sys.argv[1], columns=names)
spent.append(time.process_time())
dfg, _, _ = pm4py.discover_dfg(log, case_id_key=names[0], activity_key=names[1], timestamp_key=names[2])
spent.append(time.process_time())
with open(sys.argv[2], "w", newline="") as file:
    csv.writer(file).writerows([("from", "to", "count"), *((*edge, count) for edge, count in dfg.items())])
print("STAGES", *spent)
"""
OURS = """
import sys, time
from pathlib import Path
from totalplace.pipeline.alone.events import DEFAULT_COLUMNS
from totalplace.freed_memory import keep_freed_memory
from totalplace.intake.event_log import EventColumns, read_events
from totalplace.journeys.event_logs.directly_follows import directly_follows
keep_freed_memory()
spent = [time.process_time()]
log = read_events(Path(sys.argv[1]), EventColumns(**DEFAULT_COLUMNS)).log
spent.append(time.process_time())
directly_follows(log, tables=("edges",))
print("STAGES", *spent, time.process_time())
"""
VERSIONS = "import sys, pm4py, pandas; print(f'pm4py {pm4py.__version__}, pandas {pandas.__version__}')"


def write_log(path: Path, events: int, seed: int = 20091) -> None:
    """Write an event log as an information system exports it: rows by time, cases interleaved, names as text.

    As Parquet, and beside it as CSV, there with times such as 2009-12-31T09:30:00+00:00.

    Eight events per case on average, thirty activities of unequal frequency, times to the second over three years; no
    two events of a case at one time, so that both tools see one order.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pa_csv
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
    seconds = table["timestamp"].cast(pa.timestamp("s", "UTC"))
    table["timestamp"] = pc.strftime(seconds, "%Y-%m-%dT%H:%M:%S+00:00")
    pa_csv.write_csv(pa.table(table), path.with_suffix(".csv"))


def edges(path: Path) -> dict[tuple[str, str], int]:
    """Return the count of each edge of a CSV."""
    with path.open(newline="") as file:
        return {(row["from"], row["to"]): int(row["count"]) for row in csv.DictReader(file)}


def compare(peer: str, log: Path, events: int) -> Iterator[str]:
    """Yield the lines of one log.

    Raises:
        SystemExit: the edges differ.
    """
    theirs, ours = log.with_name("pm4py.csv"), log.with_name("ours")
    follow = [str(Path(sys.executable).with_name("totalplace")), "journeys", "--events", str(log), "--table", "edges"]
    costs = {
        "pm4py": least([peer, "-c", PM4PY, str(log), str(theirs)], RUNS),
        "totalplace": least([*follow, "--out", str(ours), "--force"], RUNS),
    }
    if edges(theirs) != edges(ours / "edges.csv"):
        raise SystemExit(f"{log.name}: the edges differ")
    yield from _rows(f"| {events:,} | {log.suffix[1:]} ", costs)


def _rows(begin: str, costs: dict[str, Cost]) -> Iterator[str]:
    for name, cost in costs.items():
        yield f"{begin}| {name} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.peak / 2**20:,.0f} | |"
    pm4py, ours = costs.values()
    cpu, peak = pm4py.cpu / ours.cpu, pm4py.peak / ours.peak
    met = [f"{bar} {'met' if there >= least_ else 'not met'}"
           for bar, there, least_ in (("CPU", cpu, CPU_BAR), ("memory", peak, PEAK_BAR))]  # fmt: skip
    yield f"{begin}| ratio | {cpu:.1f} | {pm4py.wall / ours.wall:.1f} | {peak:.1f} | {', '.join(met)} |"


def stages(peer: str, log: Path, events: int) -> Iterator[str]:
    """Yield where each process spends its processor time: the least of each part over the runs."""
    calls = {
        "pm4py": [peer, "-c", PM4PY, str(log), str(log.with_name("pm4py.csv"))],
        "totalplace": [sys.executable, "-c", OURS, str(log)],
    }
    for name, call in calls.items():
        runs = [_stages(call) for _ in range(RUNS)]
        spent = [f"{min(run[part] for run in runs):.2f}" for part in range(len(runs[0]))]
        yield f"| {events:,} | {log.suffix[1:]} | {name} | {' | '.join(spent)} |"


def _stages(call: list[str]) -> list[float]:
    told = subprocess.run(call, check=True, capture_output=True, text=True, env=environ | LEAN).stdout
    until = [float(word) for word in told.rpartition("STAGES")[2].split()]
    return [after - before for before, after in zip([0.0, *until[:-1]], until, strict=True)]


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--pm4py", help="the interpreter that has pm4py")
    options.add_argument("--events", type=int, nargs="+", default=[1_000_000, 5_000_000])
    options.add_argument("--write", type=Path, help="only write a log of so many events, as Parquet and CSV")
    wish = options.parse_args()
    if wish.write:
        write_log(wish.write, wish.events[0])
        return
    if not wish.pm4py:
        options.error("name the interpreter that has pm4py with --pm4py")
    versions = subprocess.run([wish.pm4py, "-c", VERSIONS], check=True, capture_output=True, text=True).stdout
    print(f"{versions.splitlines()[-1]}; edges equal; bar: {CPU_BAR} times less CPU, {PEAK_BAR} times less memory\n")
    print("| events | file | tool | CPU s | elapsed s | peak MB | bar |\n|---|---|---|---|---|---|---|")
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for events in wish.events:
            logs = [Path(folder) / f"{events}{suffix}" for suffix in (".parquet", ".csv")]
            # In a process of its own: this one must stay small.
            subprocess.run([sys.executable, __file__, "--write", str(logs[0]), "--events", str(events)], check=True)
            for log in logs:
                for line in compare(wish.pm4py, log, events):
                    print(line, flush=True)
                parts += stages(wish.pm4py, log, events)
    print("\n| events | file | tool | start CPU s | read CPU s | count CPU s |\n|---|---|---|---|---|---|")
    print("\n".join(parts))


if __name__ == "__main__":
    main()
