"""Texts may be held as codes within the engine; whoever fetches or saves them sees plain texts."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from totalplace.engine import LocalEngine

ROWS = pa.table({"k": [2, 1, 3], "word": ["b", None, "a"]})


def test_a_kernel_meets_codes_of_a_file_and_everybody_else_texts(tmp_path: Path) -> None:
    path, again = str(tmp_path / "rows.parquet"), str(tmp_path / "again.parquet")
    with LocalEngine(1) as engine:
        engine.save(engine.hold(ROWS), path)
        seen: list[pa.DataType] = []

        def kernel(piece: pa.Table) -> pa.Table:
            seen.append(piece.schema.field("word").type)
            return piece

        made = engine.map_partitions(kernel, engine.load(path), "k", ())
        assert pa.types.is_dictionary(seen[0])
        assert engine.fetch(made).to_pydict() == {"k": [1, 2, 3], "word": [None, "b", "a"]}
        told = engine.fetch(engine.sql("SELECT word FROM rows WHERE COALESCE(word, '') <> 'a' ORDER BY k", rows=made))
        assert told["word"].to_pylist() == [None, "b"] and told.schema.field("word").type == pa.string()
        engine.save(made, again)
        engine.save(engine.hold(ROWS.sort_by("k")), path)
    assert Path(again).read_bytes() == Path(path).read_bytes()
