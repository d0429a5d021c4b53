"""The engine of one machine: three verbs, deterministic, and never a value in an error."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from totalplace.engine import LocalEngine
from totalplace.errors import EngineError


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=2) as made:
        yield made


def test_sql_joins_tables_from_memory_and_from_disk(engine: LocalEngine, tmp_path: Path) -> None:
    path = str(tmp_path / "right.parquet")
    engine.save(engine.hold(pa.table({"k": [1, 2], "b": ["x", "y"]})), path)
    joined = engine.sql(
        "SELECT a, b FROM l JOIN r USING (k) ORDER BY a",
        l=engine.hold(pa.table({"k": [2, 1], "a": [20, 10]})),
        r=engine.load(path),
    )
    assert engine.fetch(joined).to_pydict() == {"a": [10, 20], "b": ["x", "y"]}


def test_queries_from_several_threads_open_one_database(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    honest = LocalEngine._open

    def slowly(engine: LocalEngine) -> object:
        opened.append(1)
        time.sleep(0.05)
        return honest(engine)

    monkeypatch.setattr(LocalEngine, "_open", slowly)
    with LocalEngine(workers=4) as engine:
        found = engine.map_slices(lambda k: engine.fetch(engine.sql(f"SELECT {k} AS k"))["k"][0].as_py(), range(4))
    assert found == [0, 1, 2, 3] and len(opened) == 1


def test_an_error_of_the_query_keeps_the_value_to_itself(engine: LocalEngine) -> None:
    with pytest.raises(EngineError) as caught:
        engine.sql("SELECT CAST(name AS INTEGER) FROM t", t=engine.hold(pa.table({"name": ["Quillfeather"]})))
    assert "Quillfeather" not in str(caught.value)
    assert caught.value.__context__ is None


def test_map_partitions_never_cuts_a_partition(engine: LocalEngine) -> None:
    seen: list[set[int]] = []

    def count(piece: pa.Table) -> pa.Table:
        seen.append(set(piece["k"].to_pylist()))
        return piece.group_by("k").aggregate([("v", "sum")])

    rows = pa.table({"k": [number % 37 for number in range(5000)], "v": list(range(5000))})
    made = engine.fetch(engine.map_partitions(count, engine.hold(rows), "k", ["v"]))
    assert made["k"].to_pylist() == list(range(37))
    assert sum(len(keys) for keys in seen) == 37


def test_map_partitions_sorts_within_a_partition(engine: LocalEngine) -> None:
    rows = pa.table({"k": [1, 0, 1, 0], "v": [4, 9, 2, 3]})
    made = engine.fetch(engine.map_partitions(lambda piece: piece, engine.hold(rows), "k", ["v"]))
    assert made.to_pydict() == {"k": [0, 0, 1, 1], "v": [3, 9, 2, 4]}


def test_map_slices_keeps_the_order_of_the_slices(engine: LocalEngine) -> None:
    assert engine.map_slices(lambda number: number * number, range(50)) == [number * number for number in range(50)]


def test_equal_tables_are_saved_as_equal_bytes(engine: LocalEngine, tmp_path: Path) -> None:
    rows = pa.table({"k": pa.array([b"x" * 16, b"y" * 16], pa.binary(16)), "v": [1.5, None]})
    for name in ("a", "b"):
        engine.save(engine.hold(rows), str(tmp_path / name))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_empty_table_passes_every_verb(engine: LocalEngine) -> None:
    empty = engine.hold(pa.table({"k": pa.array([], pa.int64())}))
    assert engine.sql("SELECT * FROM t", t=empty).rows == 0
    assert engine.map_partitions(lambda piece: piece, empty, "k", []).rows == 0


def test_a_name_used_for_one_query_is_free_for_the_next(engine: LocalEngine, tmp_path: Path) -> None:
    for number in (1, 2):
        path = str(tmp_path / f"{number}.parquet")
        engine.save(engine.hold(pa.table({"a": [number]})), path)
        assert engine.fetch(engine.sql("SELECT * FROM t", t=engine.load(path)))["a"].to_pylist() == [number]
