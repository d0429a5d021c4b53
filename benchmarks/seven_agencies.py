"""How well a run of examples/seven_agencies found the truth: seven_agencies.py RUN_FOLDER DATA_FOLDER

Prints pairwise and B-cubed precision, recall and F1 of the persons, and of the households in which the census'
respondents stand (group quarters left out). DATA_FOLDER holds `*census.parquet` and `*truth.parquet`, which no stage
of a run reads.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable
from pathlib import Path

import pyarrow.parquet as pq
from pretend_place import agreement

from totalplace.config import load_project
from totalplace.intake.keyed import codes, pack
from totalplace.intake.keys import row_key

PROJECT = Path(__file__).parents[1] / "examples/seven_agencies"


def one(folder: Path, ending: str) -> Path:
    """Return the only file of a folder whose name ends so."""
    (path,) = folder.glob(f"*{ending}")
    return path


def row_ids(truth: list[dict[str, str]]) -> dict[str, bytes]:
    """Return the row_id of each record, by making the keyed ids again with the example's public keys."""
    project = load_project(PROJECT)
    found: dict[str, bytes] = {}
    for agency in project.agencies:
        code = agency.agency.code
        key = row_key(code, PROJECT, project.rules.privacy)
        names = [row["record_id"] for row in truth if row["source"] == code]
        ids = codes(key, (pack(name.encode(), b"0") for name in names))
        found.update(zip(names, ids, strict=True))
    return found


def households(run: Path, data: Path, ids: dict[str, bytes], person: dict[bytes, bytes]) -> dict[str, float]:
    """Return the agreement of the households that were found with those in which the census found its respondents.

    A person of several spells counts in the one that holds the day of the census, or in none, alone.
    """
    truth = {r["record_id"]: r["household_id"] for r in pq.read_table(one(data, "truth.parquet")).to_pylist()}
    census = pq.read_table(one(data, "census.parquet"), columns=["record_id", "housing_type"]).to_pylist()
    spells = pq.read_table(run / "linkage/households.parquet").to_pylist()
    home = {s["person_id"]: s["household_id"] for s in spells if s["to_date"] is None or s["to_date"].year >= 2020}
    own = [r["record_id"] for r in census if r["housing_type"] == "Household"]
    found: dict[bytes, Hashable] = {ids[name]: home.get(person[ids[name]], ids[name]) for name in own}
    return agreement(found, {ids[name]: truth[name] for name in own})


def main(run: Path, data: Path) -> None:
    """Print the comparison."""
    truth = pq.read_table(one(data, "truth.parquet")).to_pylist()
    ids = row_ids(truth)
    rows = pq.read_table(run / "linkage/persons.parquet")
    person = dict(zip(rows["row_id"].to_pylist(), rows["person_id"].to_pylist(), strict=True))
    true: dict[bytes, Hashable] = {ids[row["record_id"]]: row["entity_id"] for row in truth}
    print("persons found", len(set(person.values())), "true", len(set(true.values())))
    print("persons   ", {name: round(value, 4) for name, value in agreement(dict(person), true).items()})
    print("households", {name: round(value, 4) for name, value in households(run, data, ids, person).items()})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
