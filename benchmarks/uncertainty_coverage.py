"""How often the intervals of FAM6 hold the truth: uncertainty_coverage.py [--places 24] [--people 1500] [--out DIR]

Makes pretend places, runs each to its findings, and makes the same headlines once more from the true persons: the same
records, households, contacts and rules, only with every record at its true person. A 90% interval is right if it holds
that number. Pooled over places and headlines, 85 to 95% should.

Printed beside it, since it says where misses come from: the same for the truth *within reach*, where cores that linkage
contracted stay whole and pairs that no draw may join stay apart; how good the probabilities are, bin by bin; and recall
by band of demand. Headlines that are 0 in truth and in every draw count for nothing and are left out. *In play* are
those whose interval has a width or misses: an interval without width that holds is right, but cheaply so.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent))
import pretend_place  # noqa: E402

from totalplace import linkage  # noqa: E402
from totalplace.config import Project, load_project  # noqa: E402
from totalplace.engine import LocalEngine  # noqa: E402
from totalplace.journeys import build_journeys  # noqa: E402
from totalplace.journeys.measures import measure  # noqa: E402
from totalplace.journeys.uncertainty.figures import of_place  # noqa: E402
from totalplace.journeys.uncertainty.headlines import headlines_of  # noqa: E402
from totalplace.linkage.partitions.calibration import calibration_of  # noqa: E402
from totalplace.linkage.partitions.cores import Cores, Links, find_cores, read_constraints  # noqa: E402
from totalplace.pipeline.demand_recall import BandRecall, recall_by_demand  # noqa: E402
from totalplace.pipeline.project import run_project  # noqa: E402
from totalplace.sample_data import make_place  # noqa: E402

FIRST_SEED = 500
BANDS = (0, 10, 50)  # contacts
MOST_RECORDS = 60  # source records of one client in so small a place
BINS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 1.01)


@dataclass(frozen=True)
class Place:
    """A finished run and its truth: `true` is the person of each record, by position in PERSONS."""

    folder: Path
    project: Project
    engine: LocalEngine
    persons: pa.Table
    true: np.ndarray


def run_place(folder: Path, seed: int, people: int, last: str = "flag") -> Place:
    """Make a place, run it to its findings, or to an earlier stage, and open it."""
    place = folder / "place"
    if not place.exists():
        make_place(people, seed, place)
    run_project(place, {}, lambda *_: None, out=folder, last=last, force=True, beside=("place",), workers=1)
    pretend_place.MOST_RECORDS = MOST_RECORDS
    truth = pretend_place.true_persons(folder)
    persons = pq.read_table(folder / "linkage/persons.parquet")
    ids = persons["row_id"].to_pylist()
    alone = {one: -1 - k for k, one in enumerate(ids)}  # a record that names nobody is nobody else
    named = [truth.get(one) for one in ids]
    true = np.array([alone[one] if who is None else who for one, who in zip(ids, named, strict=True)])
    return Place(folder, load_project(place), LocalEngine(1), persons, true)


def headlines(place: Place, label: np.ndarray) -> dict[str, float]:
    """Return every headline of the place for given persons, made from the start: the plain judge of the draws.

    Args:
        place: the place.
        label: of each record, any number that its person's records share.
    """
    engine, rules = place.engine, place.project.rules
    _, first, code = np.unique(label, return_index=True, return_inverse=True)
    ids = place.persons["row_id"].combine_chunks()
    named = ids.take(pa.array(first[code]))  # a person is named by a record: ids only need to be distinct
    at = place.persons.column_names.index("person_id")
    persons = engine.hold(place.persons.set_column(at, "person_id", named))
    tables = {name: _gather(place, name) for name in ("records", "residences", "relations", "contacts", "people")}
    homes = linkage.form_households(
        tables["records"], tables["residences"], tables["relations"], persons, rules.linkage, b"judge" * 7, engine
    )
    made = build_journeys(
        tables["contacts"], tables["people"], persons, homes.households, homes.families, rules.findings, engine
    )
    measured = measure(made, rules.findings, engine)
    found = headlines_of(rules.findings, measured.further)
    sums = {h.name: float(sum(engine.fetch(h.facts(measured, engine))["value"].to_pylist())) for h in found}
    return sums | {one.figure.name: one.value for one in of_place(measured, engine)}


def _gather(place: Place, name: str) -> Any:
    paths = sorted((place.folder / "agency").glob(f"*/*/{name}.parquet"))
    return place.engine.hold(pa.concat_tables([pq.read_table(p) for p in paths], promote_options="permissive"))


def cores_of(place: Place) -> Cores:
    """Return the cores that the run's draws started from."""
    rules, folder = place.project.rules, place.folder / "linkage"
    at = {one: k for k, one in enumerate(place.persons["row_id"].to_pylist())}
    table = pq.read_table(folder / "links.parquet")
    left, right = (np.array([at[one] for one in table[n].to_pylist()], np.int32) for n in ("row_id_l", "row_id_r"))
    links = Links(left, right, table["weight"].to_numpy(), table["against"].to_numpy())
    _, first, code = np.unique(place.persons["person_id"].to_pylist(), return_index=True, return_inverse=True)
    limits = rules.findings.uncertainty
    return find_cores(
        read_constraints(pq.read_table(folder / "constraints.parquet")), links, first[code].astype(np.int32),
        calibration_of(rules.linkage.calibration, len(at)), limits.high_probability, limits.low_probability,
        rules.linkage.cluster,
    )  # fmt: skip


def core_truth(place: Place, cores: Cores) -> np.ndarray:
    """Return the true person of most of each core's records."""
    (core, who), count = np.unique(np.stack([cores.of_record, place.true]), axis=1, return_counts=True)
    order = np.lexsort((-who, count, core))
    return np.asarray(who[order][np.flatnonzero(np.r_[np.diff(core[order]) > 0, True])])


def within_reach(place: Place, cores: Cores, truth: np.ndarray) -> np.ndarray:
    """Return a label per record: cores of one true person that pairs connect, and cores stay whole."""
    label = np.arange(cores.count)
    for a, b in zip(cores.left, cores.right, strict=True):
        if truth[a] == truth[b]:
            label[label == label[b]] = label[a]
    return label[cores.of_record]


def recall_of(place: Place) -> list[BandRecall]:
    """Return recall by band of demand: are frequent attenders missed more?"""
    contacts = pq.read_table(place.folder / "analysis/contacts.parquet", columns=["row_id"])
    known = pa.array(place.true >= 0)
    labels = pa.table({"row_id": place.persons["row_id"], "label": place.true}).filter(known)
    return recall_by_demand(place.persons, contacts, labels, BANDS, 0.9)


def main() -> None:
    """Run the places and print coverage."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--places", type=int, default=24)
    reader.add_argument("--people", type=int, default=1500)
    reader.add_argument("--out", type=Path, default=None)
    told = reader.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        report(told.out or Path(scratch), told.places, told.people)


def report(out: Path, places: int, people: int) -> None:
    """Print coverage pooled, by headline, and why misses happen."""
    hits: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    pairs: list[tuple[float, bool]] = []
    bands = {least: [0, 0] for least in BANDS}
    quality: dict[str, list[bool]] = defaultdict(list)
    dirty = missed = 0
    for number in range(places):
        folder = out / f"{people}-{FIRST_SEED + number}"
        folder.mkdir(parents=True, exist_ok=True)
        place = run_place(folder, FIRST_SEED + number, people)
        cores = cores_of(place)
        truth = core_truth(place, cores)
        reach = within_reach(place, cores, truth)
        told = json.loads((folder / "analysis/summary.json").read_text())["uncertainty"]["headlines"]
        told.pop(f"avoidable_{place.project.rules.findings.duplicates.validity_days}_days")  # `avoidable` once more
        for name, row in compared(told, headlines(place, place.true), headlines(place, reach)):
            hits[name].append(row)
        pairs += zip(cores.probability, truth[cores.left] == truth[cores.right], strict=True)
        dirty += sum(len(np.unique(place.true[cores.of_record == c])) > 1 for c in range(cores.count))
        missed += len(np.unique(reach)) - len(np.unique(truth))
        for band in recall_of(place):
            bands[band.least][0] += band.pairs
            bands[band.least][1] += band.found
        for name, held in quality_held(place):
            quality[name].append(held)
        place.engine.close()
    _print_coverage(hits)
    _print_pairs(pairs, dirty, missed, places)
    for name, held in quality.items():
        print(f"interval of {name} holds the truth in {np.mean(held):.2f} of {len(held)} places")
    for least, (all_pairs, linked) in bands.items():
        print(
            f"recall among people with {least} contacts or more: {linked / max(1, all_pairs):.4f} of {all_pairs} pairs"
        )


def compared(
    told: dict[str, Any], true: dict[str, float], near: dict[str, float]
) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Yield per headline: truth held, truth in reach held, in play, width, and how far both lie from the median."""
    for name, part in told.items():
        if name not in true or name not in near:
            continue  # a share of nobody in truth
        if true[name] or part["high"]:
            held = [part["low"] - 1e-6 <= x <= part["high"] + 1e-6 for x in (true[name], near[name])]
            open_to_doubt = part["low"] < part["high"] or not held[0]
            bias = [x[name] - part["median"] for x in (true, near)]
            yield name, (*held, open_to_doubt, part["high"] - part["low"], *bias)


def quality_held(place: Place) -> Iterator[tuple[str, bool]]:
    """Yield whether the estimated precision and recall, by draws and by the model alone, hold the true ones."""
    found = np.unique(place.persons["person_id"].to_pylist(), return_inverse=True)[1]
    known = place.true >= 0
    joint = np.unique(np.stack([found, place.true])[:, known], axis=1, return_counts=True)[1]
    both, ours, theirs = (
        int((n * (n - 1) // 2).sum())
        for n in (joint, *(np.unique(x[known], return_counts=True)[1] for x in (found, place.true)))
    )
    drawn = json.loads((place.folder / "linkage/uncertainty.json").read_text())["quality"]
    model = json.loads((place.folder / "linkage/quality.json").read_text())
    for name, true in (("precision", both / max(1, ours)), ("recall", both / max(1, theirs))):
        for source, said in (("by draws", drawn[name]), ("by the model", model[f"estimated_{name}"])):
            yield f"{name} {source}", said["low"] - 1e-9 <= true <= said["high"] + 1e-9


def _print_coverage(hits: dict[str, list[tuple[float, ...]]]) -> None:
    print(f"{'headline':22}{'results':>8}{'truth':>8}{'in reach':>9}{'width':>8}{'bias':>8}{'in reach':>9}")
    rows = [row for some in hits.values() for row in some]
    for name, some in [*hits.items(), ("pooled", rows), ("pooled, in play", [row for row in rows if row[2]])]:
        held, near, _, width, bias, off = np.array(some, float).mean(axis=0)
        print(f"{name:22}{len(some):8}{held:8.3f}{near:9.3f}{width:8.1f}{bias:8.2f}{off:9.2f}")


def _print_pairs(pairs: list[tuple[float, bool]], dirty: int, missed: int, places: int) -> None:
    said, same = np.array([p for p, _ in pairs]), np.array([s for _, s in pairs])
    for low, high in zip(BINS[:-1], BINS[1:], strict=True):
        mine = (said >= low) & (said < high)
        if mine.any():
            print(f"pairs of cores said {said[mine].mean():.2f}: {same[mine].mean():.2f} true of {mine.sum()}")
    print(f"a place: {dirty / places:.1f} cores of two persons, {missed / places:.1f} joins out of reach")


if __name__ == "__main__":
    main()
