"""Whether Splink's models mean the same here, and ours there: splink_equality.py --splink PYTHON --sets FOLDER

PYTHON is the interpreter of an environment that holds Splink; FOLDER holds the open linkage sets as Parquet. For each
model of `splink_models.py` Splink trains it and scores the set; `totalplace link` takes the saved model; and the model,
read and written again by `write_splink`, goes back to Splink. Prints a row per model: pairs kept by both and by one
only, the greatest difference of weights, and how many pairs have another gamma. Ends with an error where they differ.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
from people import make_people

from totalplace.linkage import read_splink, write_splink

HERE = Path(__file__).parent
FLOOR = 0.01
ON_THE_FLOOR = 1e-6  # a pair this near the floor may fall to either side
MOST_APART = 1e-4
SETS = {
    "febrl_dedupe": ("febrl3__all",),
    "febrl_link": ("febrl4__a", "febrl4__b"),
    "fake_1000": ("splink_fake1000__all",),
    "historical": ("historical50k_open60__all",),
    "people": ("pretend_a",),
    "people_sources": ("pretend_a", "pretend_b"),
}
PRETEND = 20_000
Pairs = dict[tuple[str, str], dict[str, float]]


def pairs_of(path: Path, unique_id: str) -> Pairs:
    """Return the pairs of a result by the ids of both ends, left and right: weight, probability and gammas."""
    table = pq.read_table(path).to_pylist()
    return {
        (str(row[f"{unique_id}_l"]), str(row[f"{unique_id}_r"])): {
            key: value for key, value in row.items() if key.startswith(("match_", "gamma_"))
        }
        for row in table
    }


def differences(ours: Pairs, theirs: Pairs) -> tuple[int, int, int, float, int]:
    """Return pairs in both, only in one, only in the other, greatest difference of weights, pairs of other gammas."""
    both = ours.keys() & theirs.keys()
    only = [
        sum(abs(one[pair]["match_probability"] - FLOOR) > ON_THE_FLOOR for pair in one.keys() - other.keys())
        for one, other in ((ours, theirs), (theirs, ours))
    ]
    apart = max((abs(ours[p]["match_weight"] - theirs[p]["match_weight"]) for p in both), default=0.0)
    gammas = sum(any(ours[p][k] != v for k, v in theirs[p].items() if k.startswith("gamma_")) for p in both)
    return len(both), only[0], only[1], apart, gammas


def compare(name: str, files: Sequence[Path], splink: str, room: Path) -> bool:
    """Print a row each for Splink's model here and ours there; tell whether all is the same."""
    job = [splink, str(HERE / "splink_models.py"), name, *map(str, files)]
    subprocess.run([*job, "--out", room / "splink"], check=True, capture_output=True)
    model = room / "splink/model.json"
    command = [Path(sys.executable).with_name("totalplace"), "link", *files, "--model", model, "--floor", str(FLOOR)]
    subprocess.run([*command, "--out", room / "ours", "--force"], check=True, capture_output=True)
    read = read_splink(model.read_text(encoding="utf-8"))
    back = room / "back.json"
    back.write_text(write_splink(read.model, link_type=read.link_type, unique_id=read.unique_id), encoding="utf-8")
    subprocess.run([*job, "--out", room / "back", "--model", back], check=True, capture_output=True)
    theirs = pairs_of(room / "splink/pairs.parquet", read.unique_id)
    ours = pairs_of(room / "ours/pairs.parquet", "unique_id")
    alike = True
    for way, found in (
        ("Splink's, here", ours),
        ("written back, in Splink", pairs_of(room / "back/pairs.parquet", read.unique_id)),
    ):
        both, mine, others, apart, gammas = differences(found, theirs)
        print(f"| {name} | {way} | {both:,} | {mine} | {others} | {apart:.1e} | {gammas} |", flush=True)
        alike &= not mine and not others and apart < MOST_APART and not gammas and both > 0
    return alike


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--splink", required=True, help="interpreter of an environment that holds Splink")
    parser.add_argument("--sets", required=True, type=Path, help="folder of the open sets")
    wish = parser.parse_args()
    print("| model | way | pairs of both | only first | only Splink | weights apart | other gammas |")
    print("|---|---|---|---|---|---|---|")
    alike = True
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        pretend = make_people(PRETEND).rename_columns({"unique_id": "record_id"})
        for place, name in enumerate(("pretend_a", "pretend_b")):
            pq.write_table(pretend.slice(place * PRETEND // 2, PRETEND // 2), room / f"{name}.parquet")
        for name, sets in SETS.items():
            files = [next(f for f in (room / f"{s}.parquet", wish.sets / f"{s}.parquet") if f.is_file()) for s in sets]
            alike &= compare(name, files, wish.splink, room / name)
    if not alike:
        raise SystemExit("Not the same.")


if __name__ == "__main__":
    main()
