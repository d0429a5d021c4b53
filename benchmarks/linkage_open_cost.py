"""What linking the open sets costs beside Splink, in one run: linkage_open_cost.py FOLDER --splink PYTHON [...]

FOLDER as for accuracy.py; PYTHON is the interpreter of an environment that holds Splink. On each set `totalplace link
--model auto` with default settings and Splink with an analyst's model (`peer_splink_open.py`) take turns, each a whole
process. Prints, of K runs after one that is not counted, the least processor and wall seconds and peak memory.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from processes import Cost, cost_of

SETS = (
    "febrl2", "febrl3", "febrl4", "splink_fake1000", "historical50k_open60", "pseudopeople_A2020",
    "splink_transactions",
)  # fmt: skip
PEER = Path(__file__).with_name("peer_splink_open.py")


def commands(folder: Path, name: str, splink: str, out: str) -> dict[str, list[str]]:
    """Return the command of each tool for a set."""
    files = sorted(str(f) for f in folder.glob(f"{name}__*.parquet") if not f.stem.endswith("__truth"))
    ours = [sys.executable, "-m", "totalplace.cli", "link", *files, "--id", "record_id", "--model", "auto"]
    return {"totalplace": [*ours, "--out", out, "--force"], "Splink": [splink, str(PEER), str(folder), name]}


def row(name: str, tool: str, costs: list[Cost]) -> str:
    """Return a row of the table: the least of each figure."""
    cpu, wall, peak = (min(getattr(one, key) for one in costs) for key in ("cpu", "wall", "peak"))
    return f"| {name} | {tool} | {cpu:.2f} | {wall:.2f} | {peak / 2**20:.0f} |"


def main() -> None:
    """Run the sets and print two rows for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--splink", required=True, help="interpreter of an environment that holds Splink")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    print("| set | tool | CPU s | wall s | peak MB |\n|---|---|---|---|---|")
    for name in args.sets:
        with tempfile.TemporaryDirectory() as out:
            asked = commands(args.folder, name, args.splink, out)
            turns = [{tool: cost_of(command) for tool, command in asked.items()} for _ in range(args.runs + 1)]
        for tool in asked:
            print(row(name, tool, [turn[tool] for turn in turns[1:]]), flush=True)


if __name__ == "__main__":
    main()
