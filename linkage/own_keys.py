"""Persons by the agencies' own keys alone: what is left where no column tells records apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.linkage.encode import sort_records
from totalplace.linkage.model import Model
from totalplace.tables import EVENT_GROUP, LINKS, PLAN, ROW_ID, Engine, Handle, Note

NO_EVIDENCE = "TP462"


def has_own_keys(records: Handle, engine: Engine) -> bool:
    """Return whether any record names the agency's own client."""
    return (
        EVENT_GROUP in records.columns and engine.fetch(records, [EVENT_GROUP])[EVENT_GROUP].null_count < records.rows
    )


def labels_by_own_keys(records: Handle, engine: Engine) -> tuple[pa.Array, np.ndarray]:
    """Return row_id in order, and for each record the first record of its group; a record without a key is alone."""
    table = sort_records(engine.fetch(records))
    codes = table[EVENT_GROUP].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    alone = np.isnan(codes.astype(float))
    keys = np.where(alone, -1 - np.arange(len(codes)), np.nan_to_num(codes)).astype(np.int64)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return table[ROW_ID].combine_chunks(), first[inverse].astype(np.int32)


def nothing_compared(
    engine: Engine, records: int, persons: int
) -> tuple[Handle, Handle, Model, dict[str, Any], tuple[Note, ...]]:
    """Return the rest of a linkage without pairs: empty links and plan, an empty model, figures and notes."""
    text = "No column tells records apart, so no pair was compared: an agency's own client keys alone make persons."
    figures = {"records": records, "clusters": persons, "pairs_compared": 0, "links_above_threshold": 0}
    note = Note("no_evidence", text, {"records": records})
    return engine.hold(LINKS.empty()), engine.hold(PLAN.empty()), Model((), (), ()), figures, (note,)
