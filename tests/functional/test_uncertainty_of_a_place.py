"""Linkage uncertainty of a whole pretend place, beside a judge that makes the place again from the start (FAM6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from totalplace import linkage
from totalplace.config import load_project
from totalplace.engine import LocalEngine
from totalplace.journeys import build_journeys
from totalplace.journeys.measures import measure
from totalplace.journeys.uncertainty.figures import of_place
from totalplace.journeys.uncertainty.headlines import headlines_of
from totalplace.report import check_released

from .conftest import call


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


@pytest.fixture(scope="module")
def told(demo: Path) -> dict[str, Any]:
    return json.loads((demo / "analysis/summary.json").read_text())["uncertainty"]


def persons_of(demo: Path, partition: str) -> pa.Table:
    """Return PERSONS with the persons of one partition written out, record by record."""
    persons, rows = (pq.read_table(demo / f"linkage/{name}.parquet") for name in ("persons", "alternatives"))
    taken = pq.read_table(demo / "linkage/partitions.parquet", filters=[("partition_id", "=", partition)])
    assert taken.num_rows, f"{partition} changes nothing, so it judges nothing"
    rows = rows.filter(pc.is_in(rows["alternative"], value_set=taken["alternative"].combine_chunks()))
    changed = dict(zip(rows["row_id"].to_pylist(), rows["person_id"].to_pylist(), strict=True))
    ids = zip(persons["row_id"].to_pylist(), persons["person_id"].to_pylist(), strict=True)
    at = persons.column_names.index("person_id")
    return persons.set_column(at, "person_id", pa.array([changed.get(row, own) for row, own in ids], pa.binary(16)))


def counted_afresh(demo: Path, persons: pa.Table, engine: LocalEngine) -> dict[str, float]:
    """Return every headline, made from the agencies' tables and given persons."""
    rules = load_project(demo / "place").rules
    paths = {n: sorted((demo / "agency").glob(f"*/*/{n}.parquet")) for n in ("records", "residences", "relations")}
    paths |= {n: sorted((demo / "agency").glob(f"*/*/{n}.parquet")) for n in ("contacts", "people")}
    tables = {
        name: engine.hold(pa.concat_tables([pq.read_table(p) for p in found], promote_options="permissive"))
        for name, found in paths.items()
    }
    who = engine.hold(persons)
    tokens = (tables["records"], tables["residences"], tables["relations"])
    homes = linkage.form_households(*tokens, who, rules.linkage, b"any" * 11, engine)
    made = build_journeys(
        tables["contacts"], tables["people"], who, homes.households, homes.families, rules.findings, engine
    )
    measured = measure(made, rules.findings, engine)
    found = headlines_of(rules.findings, measured.further)
    sums = {h.name: sum(engine.fetch(h.facts(measured, engine))["value"].to_pylist()) for h in found}
    return sums | {one.figure.name: one.value for one in of_place(measured, engine)}


def one_that_changes_most(demo: Path, kind: str) -> str:
    """Return the partition of a kind that differs from the place as linked in most groups."""
    names = pc.value_counts(pq.read_table(demo / "linkage/partitions.parquet")["partition_id"]).to_pylist()
    changed = [(row["counts"], row["values"]) for row in names if row["values"].startswith(kind)]
    assert changed, f"no {kind} changes anything, so none can be judged"
    return max(changed)[1]


@pytest.mark.parametrize("kind", ["linked", "draw ", "threshold "])
def test_a_partition_counts_as_if_the_whole_place_were_made_again(demo: Path, engine: LocalEngine, kind: str) -> None:
    partition = one_that_changes_most(demo, kind)
    counted = counted_afresh(demo, persons_of(demo, partition), engine)
    rows = pq.read_table(demo / "analysis/partition_headlines.parquet", filters=[("partition_id", "=", partition)])
    carried = dict(zip(rows["headline"].to_pylist(), rows["value"].to_pylist(), strict=True))
    if partition == "linked":
        summary = json.loads((demo / "analysis/summary.json").read_text())
        carried = {name: part["value"] for name, part in summary["uncertainty"]["headlines"].items()}
    assert counted == pytest.approx(carried, abs=1e-5)


def test_every_headline_has_an_interval_in_order(told: dict[str, Any]) -> None:
    for name, part in told["headlines"].items():
        assert part["low"] <= part["median"] <= part["high"], name
        assert len(part["by_threshold"]) >= 3, name
    assert any(part["low"] < part["high"] for part in told["headlines"].values())


def test_a_headline_is_the_number_of_the_cell_that_shows_it(demo: Path) -> None:
    cells = pq.read_table(demo / "analysis/cells.parquet", filters=[("chip", "=", "all"), ("quarter", "=", "")])
    value = {(c["table"], c["row"]): c["value"] for c in cells.to_pylist() if not c["column"]}
    told = [row for row in pq.read_table(demo / "analysis/uncertainty.parquet").to_pylist() if row["table"]]
    assert len(told) >= 8
    for row in told:
        assert row["value"] == pytest.approx(value.get((row["table"], row["row"]), 0), abs=1e-5), row["headline"]


def test_the_released_tables_and_the_terminal_tell_the_intervals(demo: Path) -> None:
    rows = {row["headline"]: row for row in pq.read_table(demo / "report/headlines.parquet").to_pylist()}
    people = rows["persons"]
    assert people["low"] <= people["high"] and people["low"] % 5 == people["high"] % 5 == 0
    told = call("-C", demo / "place", "flag", "--out", demo, "--resume", cwd=demo.parent).stdout
    again = rows["avoidable"]
    assert f"{again['shown']:,.0f} ({again['low']:,.0f} to {again['high']:,.0f}) of" in told
    assert check_released(demo / "report/headlines.csv") == []


def test_every_finding_has_an_interval_and_some_are_open(demo: Path) -> None:
    rows = pq.read_table(demo / "analysis/findings.parquet").to_pylist()
    assert all(row["value_low"] <= row["value_high"] for row in rows)
    certain = [row for row in rows if row["value_low"] == row["value_high"]]
    assert 0 < len(certain) < len(rows)
    assert all(row["value"] == row["value_low"] for row in certain if row["kind"] == "duplicated_assessment")


def test_missed_links_stand_beside_the_interval_and_not_in_it(told: dict[str, Any]) -> None:
    reach, avoidable = told["reach"], told["headlines"]["avoidable"]
    assert 0 < reach["low"] <= reach["estimate"] <= reach["high"] <= 1
    assert avoidable["with_missed_links"]["estimate"] == pytest.approx(
        avoidable["value"] / reach["estimate"], abs=0.051
    )


def test_a_flagged_family_says_what_is_left_without_its_weakest_link(demo: Path, told: dict[str, Any]) -> None:
    rows = pq.read_table(demo / "analysis/bridged_families.parquet").to_pylist()
    assert all(0 <= row["without"] <= row["peak"] for row in rows)
    assert all((row["partition_id"] is None) == (row["probability"] is None) for row in rows)
    flagged = {k: sum(row["peak"] >= int(k) for row in rows) for k in told["high_demand"]}
    assert flagged == {k: part["flagged"] for k, part in told["high_demand"].items()}
