"""FINDINGS about persons that rest on any number of contacts, made column by column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.journeys.sequence import digest
from totalplace.tables import DAY, FINDINGS, ID, Engine, Handle

_ORDERED = "SELECT DISTINCT case_no, {name} FROM members ORDER BY case_no, {name}"
_WEAKEST = "SELECT case_no, MIN(min_link_probability) AS weakest FROM members GROUP BY case_no ORDER BY case_no"


def listed_findings(
    kind: str, unit: str, subject: pa.ChunkedArray, rule_id: pa.Array, day: pa.ChunkedArray, until: pa.ChunkedArray,
    members: Handle, engine: Engine,
) -> pa.Table:  # fmt: skip
    """Return FINDINGS of value 1, one per case, without config_hash.

    Args:
        kind: of finding.
        unit: what the value counts.
        subject: person_id of each case.
        rule_id: section of the reference that defines it, and which rule of the place.
        day: first day of each case.
        until: day after its last; null = the day after the first.
        members: case_no (place in the columns above), contact_id, agency, min_link_probability; at least one per case.
        engine: where it runs.
    """
    n = len(subject)
    contacts, agencies = (_lists(engine.fetch(engine.sql(_ORDERED.format(name=name), members=members)), n)
                          for name in ("contact_id", "agency"))  # fmt: skip
    weakest = engine.fetch(engine.sql(_WEAKEST, members=members))["weakest"]
    keys = zip(rule_id.to_pylist(), subject.to_pylist(), contacts.to_pylist(), strict=True)
    ids = [digest(f"{kind}\0{rule}\0".encode(), who, *found) for rule, who, found in keys]
    following = pc.add(day.cast(pa.int32()), pa.scalar(1, pa.int32())).cast(DAY)
    made = {
        "finding_id": pa.array(ids, ID),
        "kind": pa.array([kind] * n, pa.string()),
        "rule_id": rule_id,
        "subject_type": pa.array(["person"] * n, pa.string()),
        "subject_id": subject,
        "contact_ids": contacts,
        "agencies": agencies,
        "from_date": day,
        "to_date": pc.coalesce(until, following),
        "value": pa.array(np.ones(n)),
        "unit": pa.array([unit] * n, pa.string()),
        "min_link_probability": weakest,
        "config_hash": pa.array([""] * n, pa.string()),
    }
    columns = [made[f.name].cast(f.type) if f.name in made else pa.nulls(n, f.type) for f in FINDINGS.schema]
    return pa.Table.from_arrays(columns, schema=FINDINGS.schema)


def _lists(rows: pa.Table, cases: int) -> pa.ListArray:
    """Return the values of each case as a list, from rows sorted by case."""
    bounds = np.searchsorted(rows["case_no"].to_numpy(), np.arange(cases + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(bounds), rows.column(1).combine_chunks())
