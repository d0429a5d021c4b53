"""Accuracy of `totalplace link --model auto` on labelled sets and on other shapes of them, with CPU time and memory.

    python benchmarks/accuracy.py FOLDER [--sets febrl3 ...] [--variants as_is ...]

FOLDER holds `<set>__<source>.parquet` (record_id and fields) and `<set>__truth.parquet` (record_id, source,
entity_id). Each case is one process with default settings. Prints pairwise and B-cubed F1.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from variant_shapes import VARIANTS

SEED = 2009


@dataclass(frozen=True)
class Score:
    """One case: F1 and its parts, processor seconds, peak memory in MB."""

    precision: float
    recall: float
    f1: float
    bcubed: float
    cpu_s: float
    peak_mb: float


def pairs(labels: np.ndarray) -> int:
    """Return the number of pairs of records with equal labels."""
    count = np.unique(labels, return_counts=True)[1].astype(np.int64)
    return int((count * (count - 1) // 2).sum())


def agreement(entity: np.ndarray, cluster: np.ndarray) -> tuple[float, float, float, float]:
    """Return pairwise precision, recall and F1, and B-cubed F1."""
    both = np.unique(np.column_stack([entity, cluster]), axis=0, return_inverse=True)[1].ravel()
    hit, made, true = pairs(both), pairs(cluster), pairs(entity)
    size = [np.bincount(x)[x] for x in (both, cluster, entity)]
    precise, found = (size[0] / size[1]).mean(), (size[0] / size[2]).mean()
    f1 = 2 * hit / (made + true) if made + true else 1.0
    return hit / made if made else 1.0, hit / true if true else 1.0, f1, 2 * precise * found / (precise + found)


def load(folder: Path, name: str) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return a set's tables by source, and its truth."""
    files = [f for f in sorted(folder.glob(f"{name}__*.parquet")) if not f.stem.endswith("__truth")]
    truth = pd.read_parquet(folder / f"{name}__truth.parquet")
    return {f.stem.split("__")[1]: pd.read_parquet(f) for f in files}, truth


def run(tables: dict[str, pd.DataFrame], truth: pd.DataFrame, place: Path) -> Score:
    """Link the tables in a process of its own and score what it wrote."""
    for source, table in tables.items():
        table.to_parquet(place / f"{source}.parquet", index=False)
    files = [str(place / f"{source}.parquet") for source in tables]
    command = [
        sys.executable, "-m", "totalplace.cli", "link", *files, "--id", "record_id", "--model", "auto",
        "--out", str(place / "out"),
    ]  # fmt: skip
    # This process is large, and a child's peak is never counted as less: so a small one starts it.
    asked = [sys.executable, str(Path(__file__).with_name("processes.py")), *command]
    done = subprocess.run(asked, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    used = json.loads(done.stdout)
    found = pd.read_parquet(place / "out" / "persons.parquet")
    key = ["record_id", "source"]
    found = found.rename(columns={"unique_id": "record_id", "source_dataset": "source"}).astype({"record_id": str})
    both = truth.astype({"record_id": str})[[*key, "entity_id"]].merge(found[[*key, "cluster_id"]], on=key)
    if len(both) != len(truth):
        sys.exit("accuracy.py: records of the truth are missing in persons.parquet")
    codes = [pd.factorize(both[c])[0] for c in ("entity_id", "cluster_id")]
    return Score(*agreement(*codes), used["cpu"], used["peak"] / 2**20)


def main() -> None:
    """Run the cases and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS), choices=list(VARIANTS))
    args = parser.parse_args()
    sets = args.sets or sorted({f.name.split("__")[0] for f in args.folder.glob("*__truth.parquet")})
    print("| set | variant | precision | recall | F1 | B-cubed | CPU s | peak MB |\n|---|---|---|---|---|---|---|---|")
    for name in sets:
        for variant in args.variants:
            tables, truth = VARIANTS[variant](*load(args.folder, name), np.random.default_rng(SEED))
            with tempfile.TemporaryDirectory() as place:
                s = run(tables, truth, Path(place))
            print(f"| {name} | {variant} | {s.precision:.4f} | {s.recall:.4f} | {s.f1:.4f} | {s.bcubed:.4f} "
                  f"| {s.cpu_s:.1f} | {s.peak_mb:.0f} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
