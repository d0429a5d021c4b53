"""Splitting who from what: client records and contacts get keyed ids, and nothing but `row_id` joins them.

Equal source content gives equal ids whatever the order of rows: records that share a source key are told apart by an
ordinal counted in order of their content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.intake.distinct import coded
from totalplace.intake.keyed import CODE_BYTES, codes, keyed, pack
from totalplace.tables import CLIENTS, DAY, ID, TEXT

UNIT, LABEL = "\x1f", "\x1e"
PUBLIC_JOINT_KEY = b"totalplace/1|joint acts of a place, no secret"
CLIENT_TYPES = {c.name: c.dtype for c in CLIENTS.columns if c.name not in ("row_id", "agency", "event_group")}
PEOPLE_ONLY = {"area": TEXT, "exit_date": DAY, "exit_reason": TEXT}


@dataclass(frozen=True)
class Numbered:
    """Source rows gathered into records.

    Args:
        record_of: for each source row the number of its record.
        first_row: for each record its first source row.
        ordinals: for each record its number among those of one key, in order of content.
        keys: for each record the bytes that stand for its key.
    """

    record_of: np.ndarray
    first_row: np.ndarray
    ordinals: np.ndarray
    keys: list[bytes]


def content_of(table: pa.Table, columns: Sequence[str]) -> pa.Array:
    """Return each row's filled cells with their names as one text; the order of columns does not matter."""
    pieces = []
    for name in sorted(columns):
        text = table[name].combine_chunks().cast(TEXT)
        labelled = pc.binary_join_element_wise(name, text, "", LABEL)
        filled = pc.and_(text.is_valid(), pc.not_equal(pc.fill_null(text, ""), ""))
        pieces.append(pc.if_else(filled, labelled, ""))
    return pc.binary_join_element_wise(*pieces, UNIT) if pieces else pa.array([""] * table.num_rows)


def number_rows(keys: pa.Array, content: pa.Array) -> Numbered:
    """Gather rows of one key and one content; a row without a key has its content as key."""
    key, text = coded(keys), coded(content)
    pair = (key.codes.astype(np.int64) + 1) * len(text.values) + text.codes
    unique, first, record_of = np.unique(pair, return_index=True, return_inverse=True)
    key_of, text_of = unique // max(len(text.values), 1) - 1, unique % max(len(text.values), 1)
    names = [
        key.values[k].encode() if k >= 0 else hashlib.sha256(text.values[t].encode()).digest()
        for k, t in zip(key_of.tolist(), text_of.tolist(), strict=True)
    ]
    return Numbered(record_of, first, _ordinals(key_of, text_of, text.values), names)


def _ordinals(key_of: np.ndarray, text_of: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """Return 0, 1, 2 ... within each key in order of text; `key_of` is sorted, -1 = no key = alone."""
    ordinals = np.zeros(len(key_of), dtype=np.int64)
    bounds = np.concatenate([[True], key_of[1:] != key_of[:-1], [True]]) if len(key_of) else np.zeros(0, dtype=bool)
    edges = np.flatnonzero(bounds)
    shared = np.flatnonzero((np.diff(edges) > 1) & (key_of[edges[:-1]] >= 0)) if len(edges) else edges
    for group in shared.tolist():
        members = range(edges[group], edges[group + 1])
        by_text = sorted(members, key=lambda at: texts[int(text_of[at])])
        ordinals[by_text] = np.arange(len(by_text))
    return ordinals


def ids_of(numbered: Numbered, row_key: bytes, *purpose: bytes) -> pa.Array:
    """Return the keyed id of each record: HMAC(row key; purpose ..., key, ordinal), 16 bytes."""
    ordinals = numbered.ordinals.tolist()
    packed = (pack(*purpose, key, str(n).encode()) for key, n in zip(numbered.keys, ordinals, strict=True))
    return pa.array(codes(row_key, packed), ID)


def keyed_column(column: pa.Array, key: bytes, purpose: bytes) -> pa.Array:
    """Return HMAC(key; purpose, value) of each value, 16 bytes; null stays null."""
    values = coded(column)
    made = pa.array(codes(key, (pack(purpose, value.encode()) for value in values.values)), ID)
    return made.take(pa.array(values.codes, pa.int32(), mask=values.codes < 0))


def clients_table(rows: pa.Table, row_key: bytes, agency: str) -> tuple[pa.Table, np.ndarray, dict[str, bytes]]:
    """Return CLIENTS (with area, exit_date, exit_reason), the record of each source row, and key to ordinal-0 row_id.

    Args:
        rows: one row per usable source client row: `key`, the columns of CLIENT_TYPES and PEOPLE_ONLY, any id_*.
        row_key: the agency's row key.
        agency: its code.
    """
    own = [name for name in rows.column_names if name not in ("key", "record_date")]
    numbered = number_rows(rows["key"].combine_chunks(), content_of(rows, own))
    row_ids = ids_of(numbered, row_key)
    records = rows.take(pa.array(numbered.first_row)).combine_chunks()
    records = _with_days(records, rows["record_date"], numbered)
    groups = keyed_column(records["key"].combine_chunks(), row_key, b"event_group")
    triples = zip(records["key"].to_pylist(), row_ids.to_pylist(), numbered.ordinals.tolist(), strict=True)
    first = {key: row_id for key, row_id, ordinal in triples if key is not None and ordinal == 0}
    head = {"row_id": row_ids, "agency": pa.array([agency] * len(row_ids), TEXT), "event_group": groups}
    flags = {"protected": pc.fill_null(records["protected"], False)}
    table = pa.table({**head, **{name: records[name] for name in records.column_names if name != "key"}, **flags})
    return table, numbered.record_of, first


def _with_days(records: pa.Table, record_date: pa.ChunkedArray, numbered: Numbered) -> pa.Table:
    """Set record_date to the last day on which the same content was confirmed, valid_from at least to the first."""
    days = pa.table({"record": numbered.record_of, "day": record_date.combine_chunks()})
    spans = days.group_by("record").aggregate([("day", "min"), ("day", "max")]).sort_by("record")
    valid_from = pc.coalesce(records["valid_from"], spans["day_min"])
    at = records.column_names.index
    records = records.set_column(at("record_date"), "record_date", spans["day_max"])
    return records.set_column(at("valid_from"), "valid_from", valid_from)


def look_up(keys: pa.Array, first: dict[str, bytes]) -> pa.Array:
    """Return the row_id of the ordinal-0 record of each client key; null where there is no such client."""
    values = coded(keys)
    found = pa.array([first.get(value) for value in values.values], ID)
    return found.take(pa.array(values.codes, pa.int32(), mask=values.codes < 0))


def relations_table(rows: pa.Table, first: dict[str, bytes]) -> pa.Table:
    """Return RELATIONS: declared ties whose both ends are known clients, each once."""
    ends = {
        name: look_up(rows[old].combine_chunks(), first)
        for name, old in (("row_id_a", "client_a"), ("row_id_b", "client_b"))
    }
    table = pa.table({**ends, "relation": rows["relation"]}).drop_null()
    table = table.filter(pc.not_equal(table["row_id_a"], table["row_id_b"]))
    return table.group_by(["row_id_a", "row_id_b", "relation"]).aggregate([]) if table.num_rows else table


def derived_ids(row_ids: pa.Array, row_key: bytes, word: bytes) -> pa.Array:
    """Return contact ids of contacts that intake makes from client records: `contact`, word and row_id, ordinal 0."""
    mac = keyed(row_key)
    made = [mac(pack(b"contact", word + row_id, b"0"))[:CODE_BYTES] for row_id in row_ids.to_pylist()]
    return pa.array(made, ID)
