"""Do clusters stay the same when nothing that is said of people changes? Counts records whose cluster differs.

    python benchmarks/invariance.py FOLDER [--sets febrl3 ...]

FOLDER as for accuracy.py. Each set is linked as it is, and again with its rows shuffled, its sources renamed, its ids
drawn anew, and one thread: all must give the same clusters of the same records.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from accuracy import load

from totalplace import linkage
from totalplace.config import load_project
from totalplace.engine import LocalEngine
from totalplace.pipeline.alone.splink_names import persons_table

SEED = 2009
ROW = "record_id"
Tables = dict[str, pd.DataFrame]
Clusters = dict[tuple[str, int], tuple[str, int]]  # (source, row) -> the first such record of its cluster


def link(tables: Tables, workers: int) -> pd.DataFrame:
    """Return persons of the tables under the automatic model, row by row of the tables."""
    rules = load_project(Path("/")).rules
    records = linkage.records_from_tables(
        {name: pa.Table.from_pandas(t, preserve_index=False) for name, t in tables.items()}, ROW
    )
    link_type = "dedupe_only" if len(tables) == 1 else "link_and_dedupe"
    with LocalEngine(workers) as engine:
        made = linkage.match_records(records.table, rules.linkage, engine, link_type=link_type, find_single=True)
    return persons_table(made.clusters, records).to_pandas()


def clusters(found: pd.DataFrame, back: dict[tuple[str, str], tuple[str, int]]) -> Clusters:
    """Return the cluster of every record under its first name."""
    record = [back[pair] for pair in zip(found["source_dataset"], found["unique_id"], strict=True)]
    first: dict[str, tuple[str, int]] = {}
    for one, cluster in sorted(zip(record, found["cluster_id"], strict=True)):
        first.setdefault(cluster, one)
    return {one: first[cluster] for one, cluster in zip(record, found["cluster_id"], strict=True)}


def names_of(tables: Tables, named: dict[str, str]) -> dict[tuple[str, str], tuple[str, int]]:
    """Return, for each (source, id) of the tables, the source and row that it has for good."""
    return {
        (source, str(own)): (named.get(source, source), int(row))
        for source, table in tables.items()
        for own, row in zip(table[ROW], table.index, strict=True)
    }


def shuffled(tables: Tables, random: np.random.Generator) -> Tables:
    """Return the tables with their rows in another order."""
    return {name: t.sample(frac=1, random_state=int(random.integers(2**31))) for name, t in tables.items()}


def new_ids(tables: Tables, random: np.random.Generator) -> Tables:
    """Return the tables with ids that say nothing of the old ones."""
    return {name: t.assign(**{ROW: [f"{k:032x}" for k in _numbers(len(t), random)]}) for name, t in tables.items()}


def _numbers(count: int, random: np.random.Generator) -> list[int]:
    return (random.permutation(count).astype(np.int64) * 7919 + int(random.integers(2**31))).tolist()


def main() -> None:
    """Link every set in every guise and print the differences."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", nargs="*")
    args = parser.parse_args()
    sets = args.sets or sorted({f.name.split("__")[0] for f in args.folder.glob("*__truth.parquet")})
    changes: dict[str, Callable[[Tables], tuple[Tables, dict[str, str], int]]] = {
        "again": lambda t: (t, {}, 2),
        "shuffled rows": lambda t: (shuffled(t, np.random.default_rng(SEED)), {}, 2),
        "renamed sources": lambda t: (
            {f"s{k}": t[n] for k, n in _backwards(t)},
            {f"s{k}": n for k, n in _backwards(t)},
            2,
        ),
        "new ids": lambda t: (new_ids(t, np.random.default_rng(SEED)), {}, 2),
        "one thread": lambda t: (t, {}, 1),
    }
    print(f"| set | records | {' | '.join(changes)} |\n|---|---|{'---|' * len(changes)}")
    for name in sets:
        tables = {source: t.reset_index(drop=True) for source, t in load(args.folder, name)[0].items()}
        first = clusters(link(tables, 2), names_of(tables, {}))
        differ = []
        for change in changes.values():
            other, named, workers = change(tables)
            again = clusters(link(other, workers), names_of(other, named))
            differ.append(sum(again[one] != cluster for one, cluster in first.items()))
        print(f"| {name} | {len(first)} | {' | '.join(map(str, differ))} |", flush=True)


def _backwards(tables: Tables) -> list[tuple[int, str]]:
    return list(enumerate(sorted(tables, reverse=True)))


if __name__ == "__main__":
    main()
