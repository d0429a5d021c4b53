"""Whole linkage jobs without labels beside other tools', in one run: linkage_peers.py --peers PYTHON [FOLDER] [...]

PYTHON is the interpreter of an environment that holds goldenmatch, recordlinkage and dedupe (see `peer_matchers.py`
for what each is given; dedupe alone is given labels). Tables: people of real-shaped names (`people.py`) of each size
of `--people`, and the sets of FOLDER that `--sets` names. totalplace runs `link --model auto` with default settings.
Prints pairwise and B-cubed F1, processor seconds (user and system), wall seconds and peak memory of whole processes.
`--most TOOL=RECORDS` leaves a tool out of larger tables, and `--limit` stops a job after so many seconds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
from accuracy import agreement, load
from linkage_speed import Cost, cost_of
from people import make_people

HERE = Path(__file__).parent
TOOLS = ("goldenmatch", "recordlinkage", "dedupe")


def people(records: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table of people, dates as text, and its truth."""
    table = make_people(records).to_pandas().rename(columns={"unique_id": "record_id", "person": "entity_id"})
    table["dob"] = table["dob"].astype(str).where(table["dob"].notna())
    columns = ["record_id", "first_name", "surname", "dob", "postcode", "sex", "yob"]
    return table[columns], table[["record_id", "entity_id"]]


def cases(folder: Path | None, sets: list[str], sizes: list[int]) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Return the tables and their truths by name."""
    out = {f"people {size:,}": people(size) for size in sizes}
    for name in sets if folder else []:
        tables, truth = load(folder, name)
        out[name] = next(iter(tables.values())), truth[["record_id", "entity_id"]]
    return out


def command(tool: str, peers: str, room: Path, limit: int) -> list[str]:
    """Return how to start a tool."""
    if tool == "totalplace":
        program = str(Path(sys.executable).with_name("totalplace"))
        return [
            program,
            "-q",
            "link",
            str(room / "t.parquet"),
            "--id",
            "record_id",
            "--out",
            str(room / "o"),
            "--force",
        ]
    given = [str(HERE / "peer_matchers.py"), tool, str(room / "t.parquet"), str(room / f"{tool}.parquet")]
    start = ["timeout", str(limit), peers, *given]
    return [*start, str(room / "truth.parquet")] if tool == "dedupe" else start


def clusters(tool: str, room: Path) -> pd.Series:
    """Return the cluster of each record."""
    if tool == "totalplace":
        return pd.read_parquet(room / "o/persons.parquet").set_index("unique_id")["cluster_id"]
    return pd.read_parquet(room / f"{tool}.parquet").set_index("record_id")["cluster"]


def row(name: str, tool: str, cost: Cost, found: pd.Series, truth: pd.DataFrame) -> str:
    """Return one row of the table of results."""
    cluster = truth["record_id"].astype(str).map(found.rename(index=str))
    codes = [pd.factorize(x)[0] for x in (truth["entity_id"], cluster)]
    precision, recall, f1, bcubed = agreement(*codes)
    scores = " | ".join(f"{x:.4f}" for x in (precision, recall, f1, bcubed))
    return f"| {name} | {tool} | {scores} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.memory:,.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--peers", required=True, help="interpreter of an environment that holds the other tools")
    parser.add_argument("--people", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--sets", nargs="*", default=["febrl3", "historical50k_open60"])
    parser.add_argument("--tools", nargs="*", default=["totalplace", *TOOLS])
    parser.add_argument("--most", nargs="*", default=["dedupe=20000"])
    parser.add_argument("--limit", type=int, default=1800)
    wish = parser.parse_args()
    most = {tool: int(records) for tool, records in (one.split("=") for one in wish.most)}
    versions = f"import importlib.metadata as m; print(*({list(TOOLS)}), *map(m.version, {list(TOOLS)}))"
    print(subprocess.run([wish.peers, "-c", versions], check=True, capture_output=True, text=True).stdout)
    print("| table | tool | precision | recall | F1 | B-cubed F1 | processor s | wall s | peak MB |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    for name, (table, truth) in cases(wish.folder, wish.sets, wish.people).items():
        with tempfile.TemporaryDirectory() as place:
            room = Path(place)
            table.to_parquet(room / "t.parquet", index=False)
            truth.to_parquet(room / "truth.parquet", index=False)
            for tool in wish.tools:
                if len(table) > most.get(tool, len(table)):
                    continue
                start = command(tool, wish.peers, room, wish.limit)
                if tool == "totalplace":
                    cost_of(start)  # fills the compile cache
                try:
                    print(row(name, tool, cost_of(start), clusters(tool, room), truth), flush=True)
                except SystemExit as error:
                    print(
                        f"| {name} | {tool} | did not end well: {str(error).splitlines()[-1]} | | | | | | |", flush=True
                    )


if __name__ == "__main__":
    main()
