"""Fit `[linkage.calibration]` on pretend places: calibration_fit.py [--places 1500x30 10000x4 30000x2] [--out DIR]

What is fitted is the probability that two cores are one person, from the best link between them, what speaks against
it, how many of their record pairs are links, how many records the smaller has, and how large the place is. Each place
has a line of its own around the common one (a normal intercept, integrated out by Gauss-Hermite quadrature); its
standard deviation is `spread_bits`. Which records are cores follows from the keys, so fitting and contracting take
turns until the keys stay.

Prints the keys, the deviance with the keys in use and with the fitted ones, and how good the fitted ones are bin by
bin. These places (seeds from 100) are not those that judge coverage (uncertainty_coverage.py, seeds from 500).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parent))
import uncertainty_coverage  # noqa: E402

from totalplace.linkage.partitions.calibration import BIT, Calibration, calibration_of, size_in_doublings  # noqa: E402
from totalplace.linkage.partitions.cores import Constraints, Cores, Links, find_cores, read_constraints  # noqa: E402

FIRST_SEED = 100
ROUNDS = 8
SETTLED = 0.01  # largest change of a key
NODES = 15
LEAST = 1e-6  # no key but the offset may be under it
KEYS = ("weight_share", "offset_bits", "outvoted_share", "absent_bits", "several_bits", "size_bits", "spread_bits")
BINS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.995)


@dataclass(frozen=True)
class Linked:
    """A place's links, with the true person of each record."""

    known: Constraints
    links: Links
    person: np.ndarray
    true: np.ndarray
    place: uncertainty_coverage.Place

    @property
    def people(self) -> int:
        """Return of how many people the place was made."""
        return int(self.place.folder.name.split("-")[0])


@dataclass(frozen=True)
class Pairs:
    """Pairs of cores of one place: what calibration looks at, in its order, and whether they are one person."""

    seen: np.ndarray
    same: np.ndarray


def read_linked(place: uncertainty_coverage.Place) -> Linked:
    """Return what a run of a place left behind."""
    folder = place.folder / "linkage"
    known = read_constraints(pq.read_table(folder / "constraints.parquet"))
    at = {one: k for k, one in enumerate(place.persons["row_id"].to_pylist())}
    table = pq.read_table(folder / "links.parquet")
    left, right = (np.array([at[one] for one in table[n].to_pylist()], np.int32) for n in ("row_id_l", "row_id_r"))
    links = Links(left, right, table["weight"].to_numpy(), table["against"].to_numpy())
    _, first, code = np.unique(place.persons["person_id"].to_pylist(), return_index=True, return_inverse=True)
    return Linked(known, links, first[code].astype(np.int32), place.true, place)


def pairs_of(linked: Linked, keys: np.ndarray) -> Pairs:
    """Return what calibration looks at between every two cores that a draw may join."""
    rules = linked.place.project.rules
    least = [-np.inf if name == "offset_bits" else LEAST for name in KEYS]
    keys = np.maximum(keys, least)
    used = rules.linkage.calibration.model_copy(update=dict(zip(KEYS, keys.tolist(), strict=True)))
    calibration = calibration_of(used, len(linked.person))
    limits = rules.findings.uncertainty
    cores = find_cores(
        linked.known, linked.links, linked.person, calibration, limits.high_probability, limits.low_probability,
        rules.linkage.cluster,
    )  # fmt: skip
    truth = uncertainty_coverage.core_truth(linked.place, cores)
    return Pairs(_seen(linked.links, cores, calibration), truth[cores.left] == truth[cores.right])


def _seen(links: Links, cores: Cores, calibration: Calibration) -> np.ndarray:
    """Return float64[pairs, 5]: weight and bits against of the best link, halvings of links, doublings of records.

    Last the doublings of the place's.
    """
    a, b = cores.of_record[links.left].astype(np.int64), cores.of_record[links.right].astype(np.int64)
    key = np.minimum(a, b) * cores.count + np.maximum(a, b)
    bits = calibration.bits(links.weight, links.against)
    order = np.lexsort((bits, key))
    last = np.flatnonzero(np.r_[key[order][1:] != key[order][:-1], True])
    best, linked = order[last], np.diff(np.r_[-1, last])
    at = np.searchsorted(key[best], cores.left.astype(np.int64) * cores.count + cores.right)
    size = np.bincount(cores.of_record)
    both = size[cores.left] * size[cores.right]
    return np.stack(
        [
            links.weight[best[at]] / BIT,
            links.against[best[at]],
            np.log2(both / linked[at]),
            np.log2(np.minimum(size[cores.left], size[cores.right])),
            np.full(len(at), size_in_doublings(len(cores.of_record))),
        ],
        axis=1,
    )


def bits_of(keys: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Return the log odds in bits, as `Calibration` works them out."""
    share, offset, *off = keys[:-1]
    return np.asarray(offset + seen @ np.array([share, *(-x for x in off)]))


def deviance(keys: np.ndarray, places: list[Pairs]) -> float:
    """Return -2 log likelihood, each place's own intercept integrated out."""
    node, worth = np.polynomial.hermite_e.hermegauss(NODES)
    total = 0.0
    for one in places:
        bits = bits_of(keys, one.seen)[:, None] + keys[-1] * node
        odds = np.where(one.same[:, None], bits, -bits) * np.log(2)
        logs = -np.logaddexp(0, -odds).sum(axis=0)
        total += float(np.logaddexp.reduce(logs + np.log(worth / worth.sum())))
    return -2 * total


def fit(start: np.ndarray, places: list[Pairs]) -> np.ndarray:
    """Return the keys of the greatest likelihood."""
    found = minimize(
        deviance,
        start,
        (places,),
        "Nelder-Mead",
        options={"maxiter": 6000, "maxfev": 6000, "xatol": 1e-3, "fatol": 1e-2},
    )
    return np.asarray(np.r_[found.x[:-1], abs(found.x[-1])])


def report(out: Path, places: list[tuple[int, int]]) -> None:
    """Print what the keys come to."""
    linked = []
    for people, count in places:
        for seed in range(FIRST_SEED, FIRST_SEED + count):
            folder = out / f"{people}-{seed}"
            folder.mkdir(parents=True, exist_ok=True)
            linked.append(read_linked(uncertainty_coverage.run_place(folder, seed, people, last="link")))
    used = linked[0].place.project.rules.linkage.calibration
    keys = np.array([getattr(used, name) for name in KEYS])
    print("in use  ", told(keys))
    for number in range(ROUNDS):
        pairs = [pairs_of(one, keys) for one in linked]
        before, found = deviance(keys, pairs), fit(keys, pairs)
        count = sum(len(one.same) for one in pairs)
        print(f"round {number + 1}: {count} pairs of cores, deviance {before:.1f} -> {deviance(found, pairs):.1f}")
        moved, keys = float(np.abs(found - keys).max()), found
        if moved < SETTLED:
            break
    print("fitted  ", told(keys))
    for people, _ in places:
        print(f"places of {people}:")
        _print_bins(keys, [pairs_of(one, keys) for one in linked if one.people == people])


def told(keys: np.ndarray) -> str:
    """Return the keys as lines of a configuration are written."""
    return ", ".join(f"{name} = {key:.2f}" for name, key in zip(KEYS, keys, strict=True))


def _print_bins(keys: np.ndarray, places: list[Pairs]) -> None:
    said = np.concatenate([1 / (1 + np.exp2(-bits_of(keys, one.seen))) for one in places])
    same = np.concatenate([one.same for one in places])
    for low, high in zip(BINS[:-1], BINS[1:], strict=True):
        mine = (said >= low) & (said < high)
        if mine.any():
            print(f"pairs of cores said {said[mine].mean():.3f}: {same[mine].mean():.3f} true of {mine.sum()}")


def main() -> None:
    """Run the places and print the keys."""
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--places", nargs="+", default=["1500x30", "10000x4", "30000x2"], help="people x how many")
    reader.add_argument("--out", type=Path, default=None)
    asked = reader.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        places = [(int(people), int(count)) for people, count in (one.split("x") for one in asked.places)]
        report(asked.out or Path(scratch), places)


if __name__ == "__main__":
    main()
