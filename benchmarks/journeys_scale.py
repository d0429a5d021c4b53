"""Journeys, handoffs, duplicates, families and concentration of a large place: journeys_scale.py [--contacts N ...]

Twenty-five contacts for each family of two and a half people on average, skewed, with eight agencies of six types each
over three years; linked persons, households and families are given, as the linkage stage leaves them. Each size is a
process of its own with two workers; making the tables is not counted. Prints seconds of each stage, and the exponent by
which processor time grows between the smallest and the largest size. The bar: 10 million contacts of 400,000 families
in under 60 seconds on two cores, and an exponent of at most 1.1. It names these five; `--whole` also times all that
`find_all` makes of a place, which is these again with every further measure, cell and note.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SECONDS_BAR, EXPONENT_BAR, FULL_SIZE = 60, 1.1, 10_000_000
CONTACTS_A_FAMILY, WORKERS, SEED = 25, 2, 20091
AGENCIES, TYPES, DAYS, FIRST_DAY = 8, 6, 1095, 14_245
TABLES = ("contacts", "people", "persons", "households", "families")
PURPOSES = ["financial", "housing_need", "care_need", "risk_safeguarding"]


def ids(numbers: Any, kind: int) -> Any:
    """Return 16-byte ids in no order of their numbers, as keyed ids are."""
    import numpy as np
    import pyarrow as pa

    words = np.empty((len(numbers), 2), np.uint64)
    words[:, 0] = np.asarray(numbers, np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(kind)
    words[:, 1] = np.asarray(numbers, np.uint64)
    return pa.Array.from_buffers(pa.binary(16), len(words), [None, pa.py_buffer(words.tobytes())])


def made(shape: Any, rows: int, **columns: Any) -> Any:
    """Return a table of a shape; columns that are not given are null, and flags false."""
    import pyarrow as pa

    def empty(kind: Any) -> Any:
        return pa.repeat(False, rows) if kind == pa.bool_() else pa.nulls(rows, kind)

    arrays = [columns.get(c.name) if c.name in columns else empty(c.dtype) for c in shape.columns]
    return shape.check(pa.table(arrays, names=list(shape.names)), "benchmark")


def place(contacts: int) -> dict[str, Any]:
    """Return the tables of a place: contacts, people, persons, households, families."""
    import numpy as np
    import pyarrow as pa

    from totalplace import tables

    draw = np.random.default_rng(SEED)
    families = contacts // CONTACTS_A_FAMILY
    members = draw.integers(1, 5, families)
    family = np.repeat(np.arange(families), members)
    persons = len(family)
    weight = draw.lognormal(0, 1.2, families)[family]
    person = np.sort(np.searchsorted(np.cumsum(weight) / weight.sum(), draw.random(contacts)).clip(0, persons - 1))
    # Two records of each person, at two agencies: contacts hang on either.
    record = person * 2 + draw.integers(0, 2, contacts)
    agency = (person + draw.geometric(0.45, contacts)) % AGENCIES
    kind = draw.integers(0, TYPES, contacts)
    assessed = kind == 0
    start = pa.array((FIRST_DAY + draw.integers(0, DAYS, contacts)).astype(np.int32)).cast(pa.date32())
    texts = lambda names, places: pa.array(names).take(pa.array(places))  # noqa: E731
    agencies = [f"agency_{number}" for number in range(AGENCIES)]
    purpose = texts(PURPOSES, draw.integers(0, len(PURPOSES), contacts))
    told = made(
        tables.CONTACTS, contacts, contact_id=ids(draw.permutation(contacts), 1), row_id=ids(record, 2),
        agency=texts(agencies, agency), type=texts([f"type {number}" for number in range(TYPES)], kind),
        assessment=pa.array(assessed), purpose=pa.compute.if_else(pa.array(assessed), purpose, None),
        scope=pa.repeat("person", contacts), start=start,
        completed=pa.compute.if_else(pa.array(assessed), start, None),
        outcome=texts(["completed", "did_not_attend"], (draw.random(contacts) < 0.05).astype(np.int64)),
        precedence=pa.array(np.zeros(contacts, np.int16)), source_row=pa.array(np.arange(contacts) + 2),
        **{"class": texts(["intervention", "intervention", "enquiry", "administrative"], np.minimum(kind, 3))},
    )  # fmt: skip
    records, each, all_persons = np.arange(2 * persons), np.arange(persons), np.arange(2 * persons) // 2
    area = texts([f"Ward {number:02d}" for number in range(40)], family % 40)
    ages = texts(["05-09", "25-29", "45-49", "65-69"], each % 4)
    return {
        "contacts": told,
        "people": made(
            tables.PEOPLE, 2 * persons, row_id=ids(records, 2), age_band=ages.take(pa.array(all_persons)),
            sex=texts(["F", "M"], all_persons % 2), area=area.take(pa.array(all_persons)),
        ),
        "persons": made(
            tables.PERSONS, 2 * persons, row_id=ids(records, 2), person_id=ids(all_persons, 3),
            linked_exactly=pa.repeat(True, 2 * persons), min_link_probability=pa.repeat(0.99, 2 * persons),
        ),
        "households": made(
            tables.HOUSEHOLDS, persons, household_id=ids(family, 4), dwelling_id=ids(family, 5), person_id=ids(each, 3),
        ),
        "families": made(
            tables.FAMILIES, persons, family_id=ids(family, 6), person_id=ids(each, 3),
            is_main=pa.repeat(True, persons), basis=pa.repeat("dwelling", persons),
        ),
    }  # fmt: skip


def write(contacts: int, folder: Path) -> None:
    """Write the tables of a place as Parquet, as the earlier stages leave them."""
    import pyarrow.parquet as pq

    for name, table in place(contacts).items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def measure(contacts: int, folder: Path, whole: bool) -> dict[str, Any]:
    """Return seconds, processor seconds and peak memory of one size, in this process."""
    import resource

    from totalplace.config import load_rules
    from totalplace.engine import LocalEngine
    from totalplace.journeys import build_journeys, find_all

    rules = load_rules()[0].findings
    _warm(rules)
    clocks = [_clocks()]
    with LocalEngine(WORKERS) as engine:
        handles = [engine.load(str(folder / f"{name}.parquet")) for name in TABLES]
        journeys = build_journeys(*handles, rules, engine)
        clocks.append(_clocks())
        found = _flagged(journeys, rules, engine)
        clocks.append(_clocks())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 2**30
        if whole:
            find_all(journeys, rules, "0" * 12, engine)
            clocks.append(_clocks())
    wall, cpu = ([after - before for before, after in zip(part[:-1], part[1:], strict=True)]
                 for part in zip(*clocks, strict=True))  # fmt: skip
    return {"contacts": contacts, "wall": wall, "cpu": cpu, "peak_gb": peak, "findings": found}


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _flagged(journeys: Any, rules: Any, engine: Any) -> int:
    """Make the findings of duplicates, families and bounces, and the concentration of demand; return how many."""
    from totalplace.journeys.duplicates.assessments import count_duplicates
    from totalplace.journeys.families.concentration import gini, top_share
    from totalplace.journeys.families.high_demand import find_peaks
    from totalplace.journeys.rows import bounce_findings, duplicate_findings, family_findings, findings_table

    duplicates = count_duplicates(journeys.contacts, rules, engine)
    families = find_peaks(journeys.contacts, rules, engine)
    rows = [
        *duplicate_findings(duplicates, rules, engine),
        *family_findings(families, rules, engine),
        *bounce_findings(journeys, engine),
    ]
    peak = engine.fetch(families.table, ["peak"])["peak"].to_numpy()
    assert gini(peak) is not None and top_share(peak, 0.05) is not None
    return int(findings_table(rows, [], "0" * 12, engine).rows)


def _warm(rules: Any) -> None:
    """Let the compiler do its work once, which a first run on a machine does for all that follow."""
    from totalplace.engine import LocalEngine
    from totalplace.journeys import build_journeys, find_all

    with LocalEngine(WORKERS) as engine:
        handles = [engine.hold(table) for table in place(2_500).values()]
        find_all(build_journeys(*handles, rules, engine), rules, "0" * 12, engine)


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--contacts", type=int, nargs="+", default=[1_000_000, FULL_SIZE])
    options.add_argument("--whole", action="store_true", help="also time all that find_all makes")
    options.add_argument("--write", type=Path, help="only write the tables of the first size to a folder")
    options.add_argument("--measure", type=Path, help="only measure the first size, and print it as JSON")
    wish = options.parse_args()
    if wish.write:
        write(wish.contacts[0], wish.write)
        return
    if wish.measure:
        print(json.dumps(measure(wish.contacts[0], wish.measure, wish.whole)))
        return
    print(
        "| contacts | families | findings | journeys, handoffs s | other three s | all s | CPU s | peak GB | find_all |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    told = [_told(size, wish.whole) for size in sorted(wish.contacts)]
    first, last = told[0], told[-1]
    if first is not last:
        grown = math.log(_five(last, "cpu") / _five(first, "cpu")) / math.log(last["contacts"] / first["contacts"])
        print(f"\ngrowth exponent {grown:.2f} (bar {EXPONENT_BAR}: {'met' if grown <= EXPONENT_BAR else 'not met'})")
    if last["contacts"] >= FULL_SIZE:
        met = "met" if _five(last, "wall") < SECONDS_BAR else "not met"
        print(f"{_five(last, 'wall'):.0f} s for {last['contacts']:,} contacts (bar {SECONDS_BAR}: {met})")


def _five(spent: dict[str, Any], clock: str) -> float:
    return float(sum(spent[clock][:2]))


def _told(size: int, whole: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        call = [sys.executable, __file__, "--contacts", str(size)]
        subprocess.run([*call, "--write", folder], check=True)
        call += ["--measure", folder, *(["--whole"] if whole else [])]
        done = subprocess.run(call, check=True, capture_output=True, text=True)
    spent: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    seconds = [*spent["wall"][:2], _five(spent, "wall"), _five(spent, "cpu"), spent["peak_gb"], *spent["cpu"][2:]]
    cells = [f"{size:,}", f"{size // CONTACTS_A_FAMILY:,}", f"{spent['findings']:,}", *(f"{x:.1f}" for x in seconds)]
    print(f"| {' | '.join(cells)} |", flush=True)
    return spent


if __name__ == "__main__":
    main()
