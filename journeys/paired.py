"""FINDINGS that rest on one or two contacts, made column by column: there may be millions."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.journeys.sequence import digest
from totalplace.tables import FINDINGS, Engine, Handle

# What the caller names; the larger contact is null where a finding rests on one.
_COLUMNS = "subject_id, c1, c2, a1, a2, from_date, to_date, value, min_link_probability"


def paired_findings(kind: str, rule_id: str, unit: str, text: str, engine: Engine, **tables: Handle) -> pa.Table:
    """Return FINDINGS about persons, without config_hash.

    Args:
        kind: of finding.
        rule_id: section of the reference that defines it.
        unit: what the value counts.
        text: SQL that gives subject_id, c1 < c2 (contacts), a1 < a2 (agencies; second of each may be null), from_date,
            to_date, value and min_link_probability.
        engine: where it runs.
        tables: what the SQL reads.
    """
    rows = engine.fetch(engine.sql(f"SELECT {_COLUMNS} FROM ({text}) ORDER BY subject_id, c1, c2", **tables))
    head = f"{kind}\0{rule_id}\0".encode()
    keys = zip(*(rows[name].to_pylist() for name in ("subject_id", "c1", "c2")), strict=True)
    ids = [digest(head, subject, first, second or b"") for subject, first, second in keys]
    n = rows.num_rows
    made = {
        "finding_id": ids,
        "kind": [kind] * n,
        "rule_id": [rule_id] * n,
        "subject_type": ["person"] * n,
        "contact_ids": _lists(rows, "c1", "c2"),
        "agencies": _lists(rows, "a1", "a2"),
        "unit": [unit] * n,
        "config_hash": [""] * n,
    }
    same = ("subject_id", "from_date", "to_date", "value", "min_link_probability")
    columns = [
        rows[f.name].cast(f.type) if f.name in same else _column(made.get(f.name), f.type, n) for f in FINDINGS.schema
    ]
    return pa.Table.from_arrays(columns, schema=FINDINGS.schema)


def _column(values: object, type_: pa.DataType, rows: int) -> pa.Array:
    if values is None:
        return pa.nulls(rows, type_)
    return values.cast(type_) if isinstance(values, pa.Array) else pa.array(values, type_)


def _lists(rows: pa.Table, first: str, second: str) -> pa.Array:
    """Return a list of the one or two values of each row."""
    one, two = (rows[name].combine_chunks() for name in (first, second))
    both = np.asarray(two.is_valid().to_numpy(zero_copy_only=False)).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(1 + both)])
    places = np.zeros(int(offsets[-1]), np.int64)
    places[offsets[:-1]] = np.arange(len(one))
    places[(offsets[1:] - 1)[both > 0]] = len(one) + np.flatnonzero(both)
    flat = pa.concat_arrays([one, two]).take(pa.array(places))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), flat)
