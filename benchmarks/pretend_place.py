"""How well a finished demo found the truth of its pretend place: pretend_place.py DEMO_FOLDER

Prints pairwise and B-cubed precision, recall and F1 of the persons, precision and recall of the avoidable
assessments, and the seeded family beside the truth. Reads the truth files, which no stage of a run reads.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from totalplace.config import load_project
from totalplace.intake.keyed import codes, pack
from totalplace.intake.keys import row_key

# A client of one agency has at most so many records that differ in content.
MOST_RECORDS = 400
VALIDITY_DAYS = 180


def pairs(sizes: Iterable[int]) -> int:
    """Return the number of pairs within groups of these sizes."""
    return sum(n * (n - 1) // 2 for n in sizes)


def agreement(found: dict[bytes, Hashable], true: dict[bytes, Hashable]) -> dict[str, float]:
    """Return pairwise and B-cubed precision, recall and F1 of one grouping against another, over their common keys."""
    keys = [key for key in found if key in true]
    joint = Counter((found[key], true[key]) for key in keys)
    ours, theirs = Counter(found[key] for key in keys), Counter(true[key] for key in keys)
    hit = pairs(joint.values())
    scores = {
        "records": float(len(keys)),
        "precision": hit / max(1, pairs(ours.values())),
        "recall": hit / max(1, pairs(theirs.values())),
    }
    scores["f1"] = 2 * scores["precision"] * scores["recall"] / max(1e-9, scores["precision"] + scores["recall"])
    for name, groups, at in (("b3_precision", ours, 0), ("b3_recall", theirs, 1)):
        scores[name] = sum(n * n / groups[pair[at]] for pair, n in joint.items()) / max(1, len(keys))
    scores["b3_f1"] = (
        2 * scores["b3_precision"] * scores["b3_recall"] / max(1e-9, scores["b3_precision"] + scores["b3_recall"])
    )
    return scores


def true_persons(demo: Path) -> dict[bytes, Hashable]:
    """Return the true person of each row_id, by making the keyed ids again with the demo's public keys."""
    project = load_project(demo / "place")
    clients = pq.read_table(demo / "place/truth/clients.parquet")
    found: dict[bytes, Hashable] = {}
    for agency in project.agencies:
        key = row_key(agency.agency.code, demo / "place", project.rules.privacy)
        rows = clients.filter(pc.equal(clients["agency"], agency.agency.code))
        named = {r["client_key"]: r["person"] for r in rows.to_pylist() if r["client_key"]}
        for number in range(MOST_RECORDS):
            ids = codes(key, (pack(name.encode(), str(number).encode()) for name in named))
            found.update(zip(ids, named.values(), strict=True))
        if not named:
            found.update(_by_row(demo, agency.agency.code))
    return found


def _by_row(demo: Path, agency: str) -> dict[bytes, Hashable]:
    """Return the true person of each row_id of an agency without client keys, by row number."""
    contacts = pq.read_table(
        demo / f"agency/{agency}/for_analysis/contacts.parquet", columns=["row_id", "source_row", "class"]
    )
    truth = pq.read_table(demo / "place/truth/contacts.parquet")
    truth = truth.filter(pc.equal(truth["agency"], agency))
    person = dict(zip(truth["row"].to_pylist(), truth["person"].to_pylist(), strict=True))
    rows = [r for r in contacts.to_pylist() if r["class"] != "milestone" and r["row_id"] is not None]
    return {r["row_id"]: person[r["source_row"]] for r in rows if r["source_row"] in person}


def events_of(demo: Path) -> dict[bytes, int]:
    """Return the true event of each contact_id: through its key, or its row where the agency gives contacts no key."""
    project = load_project(demo / "place")
    truth = pq.read_table(demo / "place/truth/contacts.parquet").to_pylist()
    found: dict[bytes, int] = {}
    for agency in project.agencies:
        code = agency.agency.code
        key = row_key(code, demo / "place", project.rules.privacy)
        rows = [row for row in truth if row["agency"] == code]
        named = {row["contact_key"]: row["event"] for row in rows if row["contact_key"]}
        ids = codes(key, (pack(b"contact", name.encode(), b"0") for name in named))
        found.update(zip(ids, named.values(), strict=True))
        if not named:
            event = {row["row"]: row["event"] for row in rows}
            contacts = pq.read_table(
                demo / f"agency/{code}/for_analysis/contacts.parquet", columns=["contact_id", "source_row", "class"]
            )
            found.update(
                {
                    r["contact_id"]: event[r["source_row"]]
                    for r in contacts.to_pylist()
                    if r["class"] != "milestone" and r["source_row"] in event
                }
            )
    return found


def avoidable(demo: Path) -> dict[str, float]:
    """Return precision and recall of the avoidable assessments; a joint act is found by any of its records."""
    event = events_of(demo)
    acts = pq.read_table(demo / "analysis/assessments.parquet")
    contacts = pq.read_table(demo / "analysis/contacts.parquet", columns=["contact_id", "joint_id"]).to_pylist()
    records: dict[bytes, list[bytes]] = defaultdict(list)
    for row in contacts:
        records[row["joint_id"] or row["contact_id"]].append(row["contact_id"])
    truth = pq.read_table(demo / "place/truth/assessments.parquet").to_pylist()
    joint = {row["event"]: row["joint"] for row in truth}
    act_of = lambda number: ("joint", joint[number]) if joint.get(number) is not None else ("event", number)  # noqa: E731
    true = {act_of(row["event"]) for row in truth if row[f"avoidable_{VALIDITY_DAYS}"]}
    found = set()
    for act in acts.filter(pc.equal(acts["state"], pa.scalar(1, acts["state"].type)))["act"].to_pylist():
        events = [event[record] for record in [act, *records.get(act, [])] if record in event]
        found.add(act_of(events[0]) if events else ("unknown", act))
    hit = len(found & true)
    return {
        "true": len(true),
        "found": len(found),
        "precision": hit / max(1, len(found)),
        "recall": hit / max(1, len(true)),
    }


def seeded_family(demo: Path) -> tuple[str, str]:
    """Return the seeded family's truth and the family found with the highest peak, as lines."""
    seeded = pq.read_table(demo / "place/truth/seeded_family.parquet").to_pylist()
    first = seeded[0]
    split = Counter()
    for row in seeded:
        split[row["agency"]] += row["records_in_window"]
    window = f"{first['window_first_day']} to {first['window_end_day']}, {first['agencies_in_window']} agencies"
    truth = f"{first['interventions_in_window']} interventions {window}; records {dict(sorted(split.items()))}"
    peaks = pq.read_table(demo / "analysis/families.parquet").to_pylist()
    top = max(peaks, key=lambda row: (row["peak"], row["family_id"]))
    ours = {part["agency"]: part["interventions"] for part in top["agency_split"]}
    window = f"{top['from_date']} to {top['to_date']}, {top['agencies']} agencies, {top['members']} members"
    found = f"{top['peak']} interventions {window}; {dict(sorted(ours.items()))}"
    return truth, found


def main(demo: Path) -> None:
    """Print the comparison."""
    persons = pq.read_table(demo / "linkage/persons.parquet")
    found = dict(zip(persons["row_id"].to_pylist(), persons["person_id"].to_pylist(), strict=True))
    print("persons   ", {name: round(value, 4) for name, value in agreement(found, true_persons(demo)).items()})
    print("avoidable ", {name: round(value, 4) for name, value in avoidable(demo).items()})
    truth, top = seeded_family(demo)
    print("seeded    ", "truth:", truth)
    print("          ", "found:", top)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
