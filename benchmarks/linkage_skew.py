"""What one frequent value costs a linkage: linkage_skew.py [--records N] [--block K]

Links N people (`people.py`) under three rules, of which one is by a value that K of them share and the others hardly
ever. Prints, with and without that rule's block, processor seconds, peak memory and how many pairs were planned and
left out; then the plan (`--dry-run`) of a rule whose one value makes nine of ten pairs, and how long it took to say so.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from linkage_speed import cost_of
from people import make_people

MODEL = """
version = 1
prior = 1e-6
threshold_bits = 5.0
rules = {rules}
[[field]]
name = "first_name"
kind = "name"
columns = ["first_name"]
[[field]]
name = "surname"
kind = "name"
columns = ["surname"]
[[field]]
name = "birth_date"
kind = "date"
columns = ["dob"]
[[field]]
name = "office"
kind = "text"
columns = ["office"]
"""
LEVELS = """
[[comparison]]
name = "{name}"
column = "{name}"
[[comparison.level]]
label = "equal"
m = 0.9
u = 0.001
any_of = [[["exact", "{name}", "{name}", 0.0]]]
[[comparison.level]]
label = "else"
m = 0.1
u = 0.999
"""


def model(rules: list[list[str]]) -> str:
    """Return a model with these rules."""
    compared = "".join(LEVELS.format(name=name) for name in ("first_name", "surname", "birth_date"))
    return MODEL.format(rules=json.dumps(rules)) + compared


def with_offices(records: int, sharing: int) -> pa.Table:
    """Return people with an office: the first `sharing` of a shuffle share one, the others share one in threes."""
    order = np.random.default_rng(1).permutation(records)
    office = np.where(order < sharing, 0, 1 + order // 3).astype(str)
    return make_people(records).append_column("office", pa.array(office))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--block", type=int, default=20_000)
    wish = parser.parse_args()
    start = [str(Path(sys.executable).with_name("totalplace")), "-q", "link"]
    print("| table | processor s | wall s | peak MB | pairs planned | left out |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        room = Path(place)
        (room / "model.toml").write_text(model([["surname", "birth_date"], ["first_name", "birth_date"], ["office"]]))
        for name, sharing in (("no frequent value", 0), (f"one value of {wish.block:,} records", wish.block)):
            pq.write_table(with_offices(wish.records, sharing), room / "t.parquet")
            job = [*start, str(room / "t.parquet"), "--id", "unique_id", "--model", str(room / "model.toml")]
            job += ["--out", str(room / "o"), "--force"]
            cost_of(job)
            cost = cost_of(job)
            told = json.loads((room / "o/quality.json").read_text())
            figures = f"{told['pairs_planned']:,} | {told['pairs_left_out']:,}"
            print(f"| {name} | {cost.cpu:.1f} | {cost.wall:.1f} | {cost.memory:,.0f} | {figures} |", flush=True)
        (room / "model.toml").write_text(model([["office"]]))
        cost = cost_of([*job[:-3], "--dry-run", "--out", str(room / "o2")])
        print(f"\nPlan of a rule of which one value makes nearly every pair: {cost.wall:.1f} s, {cost.memory:,.0f} MB")


if __name__ == "__main__":
    main()
