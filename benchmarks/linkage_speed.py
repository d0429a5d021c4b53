"""Whole linkage jobs beside Splink's, in one run: linkage_speed.py --splink PYTHON [--records N ...] [--runs K]

PYTHON is the interpreter of an environment that holds Splink. For each size one table is made, Splink trains a model
on it, and both link the table with that model's JSON under the same blocking rules and the same threshold: Parquet in,
pairs and clusters out, a whole process each, loading counted, compile cache warm, taking turns. Prints processor
seconds (user and system), wall seconds and peak memory, the least of K runs each, their ratios, and whether the kept
pairs and their weights are the same. `--ours-only` leaves Splink's timed job out, for sizes at which it would not end.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from people import make_people

HERE = Path(__file__).parent
THRESHOLD = 0.5  # pairs less probable are kept by neither


@dataclass(frozen=True)
class Cost:
    """What one process took: processor seconds, wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    memory: float


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command to its end and return its cost, that of its children counted."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed:\n{said.decode()[-2000:]}")
    return Cost(used.ru_utime + used.ru_stime, time.perf_counter() - start, used.ru_maxrss / 1024)


def least(costs: Sequence[Cost]) -> Cost:
    """Return the least of each figure: what the job takes when nothing disturbs it."""
    return Cost(min(c.cpu for c in costs), min(c.wall for c in costs), min(c.memory for c in costs))


def same_pairs(ours: Path, theirs: Path) -> str:
    """Say whether both kept the same pairs, and how far their weights are apart at most."""
    a = pq.read_table(ours, columns=["unique_id_l", "unique_id_r", "match_weight", "match_probability"]).to_pandas()
    a = a[a["match_probability"] >= THRESHOLD]
    b = pq.read_table(theirs).to_pandas()
    weights = []
    for table in (a, b):
        ends = np.sort(table[["unique_id_l", "unique_id_r"]].astype(str).to_numpy(), axis=1)
        weights.append(dict(zip(map(tuple, ends.tolist()), table["match_weight"].tolist(), strict=True)))
    both = weights[0].keys() & weights[1].keys()
    apart = max((abs(weights[0][pair] - weights[1][pair]) for pair in both), default=0.0)
    only = len(weights[0]) - len(both), len(weights[1]) - len(both)
    return (
        f"{len(both):,} pairs in both, {only[0]} only ours, {only[1]} only Splink's; weights at most {apart:.1e} apart"
    )


def compare(records: int, runs: int, splink: str, ours_only: bool, room: Path) -> None:
    """Print the rows of one size."""
    table, model = room / "people.parquet", room / "model.json"
    pq.write_table(make_people(records), table)
    train = room / "train.parquet"
    pq.write_table(make_people(min(records, 1_000_000)), train)
    subprocess.run([splink, str(HERE / "peer_splink.py"), "train", train, model], check=True, capture_output=True)
    totalplace = str(Path(sys.executable).with_name("totalplace"))
    ours = [totalplace, "-q", "link", str(table), "--id", "unique_id", "--model", str(model)]
    ours += ["--floor", str(THRESHOLD), "--out", str(room / "ours"), "--force"]
    theirs = [splink, str(HERE / "peer_splink.py"), "link", str(table), str(model), str(room), str(THRESHOLD)]
    cost_of(ours)  # fills the compile cache
    costs: dict[str, list[Cost]] = {"totalplace": [], "splink": []}
    for _ in range(runs):
        costs["totalplace"].append(cost_of(ours))
        if not ours_only:
            costs["splink"].append(cost_of(theirs))
    mine = least(costs["totalplace"])
    print(f"| {records:,} | totalplace | {mine.cpu:.1f} | {mine.wall:.1f} | {mine.memory:,.0f} |")
    if ours_only:
        return
    peer = least(costs["splink"])
    print(f"| {records:,} | Splink | {peer.cpu:.1f} | {peer.wall:.1f} | {peer.memory:,.0f} |")
    ratios = (peer.cpu / mine.cpu, peer.wall / mine.wall, peer.memory / mine.memory)
    print(f"| {records:,} | times less | {ratios[0]:.1f} | {ratios[1]:.1f} | {ratios[2]:.1f} |")
    print(f"|  | {same_pairs(room / 'ours/pairs.parquet', room / 'splink_pairs.parquet')} | | | |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splink", required=True, help="interpreter of an environment that holds Splink")
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--ours-only", action="store_true")
    wish = parser.parse_args()
    asked = [
        wish.splink,
        "-c",
        "import splink, duckdb; print('Splink', splink.__version__, 'DuckDB', duckdb.__version__)",
    ]
    print(subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip())
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, least of {wish.runs} runs\n")
    print("| records | job | processor s | wall s | peak MB |\n|---|---|---|---|---|")
    for records in wish.records:
        with tempfile.TemporaryDirectory() as room:
            compare(records, wish.runs, wish.splink, wish.ours_only, Path(room))


if __name__ == "__main__":
    main()
