"""Ids name records and say nothing of people: other ids give the same clusters of the same contents."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.config.linkage import LinkageRules
from totalplace.config.load import load_project
from totalplace.engine import LocalEngine
from totalplace.linkage.match import match_records
from totalplace.linkage.standalone import records_from_tables
from totalplace.pipeline.alone.splink_names import persons_table

ENGINE = LocalEngine(1)
FIRST = st.sampled_from(["ANN", "ANNA", "ANNE", "JOHN", "JON", None])
LAST = st.sampled_from(["SMITH", "SMYTH", "SMITHE", "BROWN", None])
BORN = st.sampled_from(["1980-01-02", "1980-02-01", "1981-01-02", None])
ROWS = st.lists(st.tuples(FIRST, LAST, BORN), min_size=12, max_size=30)
Row = tuple[str | None, ...]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> LinkageRules:
    return load_project(tmp_path_factory.mktemp("nowhere")).rules.linkage


def columns(rows: list[Row]) -> dict[str, pa.Array]:
    names = ("first_name", "surname", "birth_date")
    return {name: pa.array(values, pa.string()) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def contents(rows: list[Row], ids: list[int], rules: LinkageRules) -> list[list[str]]:
    """Return what the records of each cluster say."""
    table = pa.table({"id": [str(i) for i in ids], **columns(rows)})
    records = records_from_tables({"one": table}, "id")
    found = persons_table(match_records(records.table, rules, ENGINE, link_type="dedupe_only").clusters, records)
    said: dict[str, list[str]] = {}
    for row, cluster in zip(rows, found["cluster_id"].to_pylist(), strict=True):
        said.setdefault(cluster, []).append(str(row))
    return sorted(sorted(some) for some in said.values())


@settings(max_examples=20, deadline=None)
@given(rows=ROWS, random=st.randoms(use_true_random=False))
def test_other_ids_give_the_same_clusters(rules: LinkageRules, rows: list[Row], random) -> None:
    rows = [("ANN", "SMITH", "1980-01-02"), ("JOHN", "BROWN", "1981-01-02"), *rows]
    ids = random.sample(range(10**6), len(rows))
    assert contents(rows, list(range(len(rows))), rules) == contents(rows, ids, rules)


@settings(max_examples=50, deadline=None)
@given(rows=ROWS, random=st.randoms(use_true_random=False))
def test_records_stand_in_order_of_what_they_say(rows: list[Row], random) -> None:
    own = columns(rows)
    renamed = {f"column {k}": own[name] for k, name in enumerate(random.sample(list(own), 3))}
    ids = [str(i) for i in random.sample(range(10**6), len(rows))]
    one = records_from_tables({"x": pa.table({"id": [str(i) for i in range(len(rows))], **own})}, "id")
    two = records_from_tables({"y": pa.table({"id": ids, **renamed})}, "id")
    assert [rows[k] for k in one.order.tolist()] == [rows[k] for k in two.order.tolist()]
