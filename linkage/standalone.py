"""Any tables as records: one table with row_id and agency, and the way back to the tables' own ids."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.errors import InputError, listed, near
from totalplace.tables import AGENCY, ROW_ID, Engine, Handle

# Outside a project a single controller links its own tables in clear: ids hide nothing, so their key is public.
PUBLIC_KEY = b"totalplace standalone ids, public"


@dataclass(frozen=True)
class StandaloneRecords:
    """Records for `link_records`, and what leads back.

    Args:
        records: row_id, agency and every column of the tables; null where a table lacks a column.
        ids: row_id, unique_id (text), source_dataset, in order of the tables.
    """

    records: Handle
    ids: pa.Table


def records_from_tables(frames: Mapping[str, pa.Table], id_column: str, engine: Engine) -> StandaloneRecords:
    """Put tables under one another as records.

    Args:
        frames: name of the source to its table.
        id_column: column with the table's own id, unique within a table.
        engine: holds the result.

    Raises:
        InputError: a table lacks the id column, or an id is missing or there twice.
    """
    parts = [_one(name, frames[name], id_column) for name in sorted(frames)]
    kinds = _common_types(parts)
    tables = [pa.table({n: _as(p, n, kinds[n]) for n in kinds}) for p in parts]
    whole = pa.concat_tables(tables)
    ids = whole.select([ROW_ID, "unique_id", AGENCY]).rename_columns([ROW_ID, "unique_id", "source_dataset"])
    return StandaloneRecords(engine.hold(whole.drop_columns(["unique_id"])), ids)


def _one(name: str, table: pa.Table, id_column: str) -> pa.Table:
    if id_column not in table.column_names:
        raise InputError(
            "TP463",
            f"{name}, column '{id_column}'",
            "is not there",
            f"{near(id_column, table.column_names)} Columns: {listed(table.column_names)}.".strip(),
        )
    ids = table[id_column].cast(pa.string())
    if ids.null_count or len(ids.unique()) < len(ids):
        raise InputError(
            "TP464",
            f"{name}, column '{id_column}'",
            "has an id missing or there twice",
            "Name another column with --id.",
        )
    rows = [hmac.digest(PUBLIC_KEY, f"{len(name)} {name} {value}".encode(), "sha256")[:16] for value in ids.to_pylist()]
    rest = table.drop_columns([c for c in (id_column, ROW_ID, AGENCY) if c in table.column_names])
    return (
        rest.append_column(ROW_ID, pa.array(rows, pa.binary(16)))
        .append_column("unique_id", ids)
        .append_column(AGENCY, pa.array(np.full(len(ids), name)).cast(pa.string()))
    )


def _common_types(parts: list[pa.Table]) -> dict[str, pa.DataType]:
    """Return every column of the tables and one type for each: text where they differ."""
    kinds: dict[str, pa.DataType] = {}
    for part in parts:
        for field in part.schema:
            kind = (
                pa.string()
                if pa.types.is_large_string(field.type)
                or pa.types.is_dictionary(field.type)
                or pa.types.is_null(field.type)
                else field.type
            )
            kinds[field.name] = kind if kinds.get(field.name, kind) == kind else pa.string()
    return kinds


def _as(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    if name not in table.column_names:
        return pa.chunked_array([pa.nulls(table.num_rows, kind)])
    return table[name].cast(kind)
