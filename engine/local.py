"""This machine: DuckDB for joins and sorts (out of core), Parquet between stages, threads for compiled kernels."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from totalplace.engine.row_order import RowOrder, piece_bounds, row_order
from totalplace.errors import EngineError
from totalplace.tables import Handle, Kernel, Other, Result, Slice

if TYPE_CHECKING:
    import duckdb

ROW_GROUP = 131_072


@dataclass(frozen=True)
class LocalHandle:
    """An Arrow table in memory, or a Parquet file that is read when asked for."""

    table: pa.Table | None = None
    path: str = ""

    @property
    def columns(self) -> list[str]:
        """Return the column names."""
        return list(self.table.column_names if self.table is not None else pq.read_schema(self.path).names)

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return int(self.table.num_rows if self.table is not None else pq.read_metadata(self.path).num_rows)


class LocalEngine:
    """The engine of one machine.

    Args:
        workers: threads; 0 = one per core.
        memory_gb: limit for DuckDB, past which it spills to disk; 0 = DuckDB's own choice.
        scratch: folder for spilled data; "" = the system's.
    """

    def __init__(self, workers: int = 0, memory_gb: float = 0, scratch: str = "") -> None:
        pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own pool keeps what is let go of: a fifth of a linkage
        self.workers = workers or os.cpu_count() or 1
        self._memory_gb = memory_gb
        self._scratch = tempfile.TemporaryDirectory(prefix="totalplace-", dir=scratch or None)
        self._opening = Lock()
        self._opened: duckdb.DuckDBPyConnection | None = None

    def close(self) -> None:
        """Remove what was spilled."""
        if self._opened is not None:
            self._opened.close()
        self._scratch.cleanup()

    def __enter__(self) -> LocalEngine:
        """Return the engine."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was spilled."""
        self.close()

    def sql(self, text: str, **tables: Handle) -> Handle:
        """See `tables.Engine.sql`."""
        import duckdb

        with self._database.cursor() as connection:
            try:
                for name, handle in tables.items():
                    _register(connection, name, handle)
                return LocalHandle(_plain(connection.sql(text).to_arrow_table()))
            except duckdb.Error as error:
                # DuckDB's texts quote cell values: name the kind of failure only.
                kind = type(error).__name__
            except MemoryError:
                kind = "MemoryError"
        raise EngineError(
            "TP601", "engine local", f"a query failed ({kind})", "Free memory or disk and run again with --resume."
        )

    def map_partitions(self, kernel: Kernel, table: Handle, by: str, order: Sequence[str]) -> Handle:
        """See `tables.Engine.map_partitions`."""
        keys = (by, *order)
        rows = _one_chunk(self._coded(table))
        if rows.num_rows == 0:
            return LocalHandle(kernel(rows))
        placed = row_order(rows, keys)
        if placed is None:
            rows = self._sorted(table, keys)
            placed = RowOrder(_run_numbers(rows[by]), None)
        bounds = piece_bounds(placed.first_key, 4 * self.workers)
        places = placed.rows

        def piece(span: tuple[int, int]) -> pa.Table:
            begin, end = span
            return kernel(rows.slice(begin, end - begin) if places is None else rows.take(pa.array(places[begin:end])))

        return LocalHandle(pa.concat_tables(self.map_slices(piece, list(zip(bounds[:-1], bounds[1:], strict=True)))))

    def _sorted(self, table: Handle, keys: Sequence[str]) -> pa.Table:
        quoted = ", ".join(f'"{name}"' for name in keys)
        return self.fetch(self.sql(f"SELECT * FROM rows ORDER BY {quoted}", rows=table)).combine_chunks()

    def map_slices(self, kernel: Callable[[Slice], Result], slices: Iterable[Slice]) -> list[Result]:
        """See `tables.Engine.map_slices`."""
        pieces = list(slices)
        if self.workers == 1 or len(pieces) < 2:
            return [kernel(piece) for piece in pieces]
        with ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(kernel, pieces))

    def at_once(self, one: Callable[[], Result], other: Callable[[], Other]) -> tuple[Result, Other]:
        """See `tables.Engine.at_once`."""
        if self.workers == 1:
            return one(), other()
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(other)
            return one(), second.result()

    def _coded(self, handle: Handle) -> pa.Table:
        """Return a table as it is held, or from disk with each distinct text once: codes move faster than texts."""
        assert isinstance(handle, LocalHandle)
        if handle.table is not None:
            return handle.table
        schema = pq.read_schema(handle.path)
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        return pq.read_table(handle.path, read_dictionary=texts)

    def hold(self, table: pa.Table) -> Handle:
        """See `tables.Engine.hold`."""
        return LocalHandle(table)

    def fetch(self, handle: Handle, columns: Sequence[str] | None = None) -> pa.Table:
        """See `tables.Engine.fetch`."""
        assert isinstance(handle, LocalHandle)
        if handle.table is None:
            return _plain(pq.read_table(handle.path, columns=list(columns) if columns is not None else None))
        return _plain(handle.table if columns is None else handle.table.select(list(columns)))

    def load(self, path: str) -> Handle:
        """See `tables.Engine.load`."""
        return LocalHandle(path=str(path))

    def save(self, handle: Handle, path: str, about: Mapping[str, str] | None = None) -> None:
        """See `tables.Engine.save`."""
        table = self.fetch(handle).replace_schema_metadata(dict(about) if about else None)
        try:
            pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP, write_statistics=False)
        except OSError as error:
            where = Path(path).name
            raise EngineError(
                "TP602", where, f"cannot be written ({error.strerror})", "Check disk space and rights."
            ) from None

    @property
    def _database(self) -> duckdb.DuckDBPyConnection:
        """One database for the engine's life, opened by its first query: opening costs more than most queries."""
        with self._opening:  # `map_slices` may ask from several threads at once
            if self._opened is None:
                self._opened = self._open()
        return self._opened

    def _open(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        settings: dict[str, str | bool | int | float | list[str]] = {
            "threads": self.workers,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": self._scratch.name,
            "preserve_insertion_order": True,
        }
        if self._memory_gb:
            settings["memory_limit"] = f"{self._memory_gb}GB"
        return duckdb.connect(config=settings)


def _register(connection: duckdb.DuckDBPyConnection, name: str, handle: Handle) -> None:
    assert isinstance(handle, LocalHandle)
    if handle.table is None:
        quoted = handle.path.replace("'", "''")
        connection.execute(f"CREATE TEMP VIEW \"{name}\" AS SELECT * FROM read_parquet('{quoted}')")
    else:
        connection.register(name, handle.table)


def _one_chunk(table: pa.Table) -> pa.Table:
    return table.unify_dictionaries().combine_chunks()


def _plain(table: pa.Table) -> pa.Table:
    """Undo the codes, views and wide offsets that readers prefer, so that every table has the types of tables.py."""
    wanted = {
        pa.large_string(): pa.string(),
        pa.string_view(): pa.string(),
        pa.large_binary(): pa.binary(),
        pa.binary_view(): pa.binary(),
    }
    kinds = [f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in table.schema]
    fields = [f.with_type(wanted.get(kind, kind)) for f, kind in zip(table.schema, kinds, strict=True)]
    return table.cast(pa.schema(fields)) if fields != list(table.schema) else table


def _run_numbers(column: pa.ChunkedArray) -> np.ndarray:
    """Return a number that rises by one wherever a sorted column changes."""
    values = column.combine_chunks()
    other = pc.fill_null(pc.not_equal(values[1:], values[:-1]), True).to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(other)])
