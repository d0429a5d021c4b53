"""The door `protect`: CLIENTS stop here, inside the agency; keyed encodings leave it.

A person whose address is protected gets no dwelling, address or postcode encoding, and no residence.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.load import shipped
from totalplace.errors import PrivacyError
from totalplace.intake.derive import parts_of
from totalplace.intake.distinct import Coded, changed, coded, joined, spread
from totalplace.intake.encode import (
    derive_key,
    filters,
    key_check,
    packed_tokens,
    record_filters,
    salted_filters,
    tokens,
)
from totalplace.intake.fields import COMPOSED, field_columns
from totalplace.intake.keyed import pack
from totalplace.intake.people import age_on
from totalplace.intake.residences import residences_table
from totalplace.intake.schema import Feature, TokenSchema
from totalplace.tables import CLIENTS, FLAG, RELATIONS, RESIDENCES, TOKENS, Engine, Handle, Note, Shape

ADULT_YEARS = 18
WHOLE = "whole"
PUBLIC_KEY = hashlib.sha256(b"totalplace/1|clear mode, which hides nothing").digest()
LEFT_OUT_IN_CLEAR = ("family", "valid_from", "valid_to", "property_class", "protected", "record_date")
Keys = Callable[[str, str, str], bytes]  # purpose, field, derive


@dataclass(frozen=True)
class Protected:
    """What leaves the agency for the linkage unit, and how to tell that two agencies' files fit together."""

    tokens: Handle
    residences: Handle
    relations: Handle
    key_check: str
    schema_hash: str
    notes: tuple[Note, ...] = ()


def protect(
    clients: Handle,
    relations: Handle,
    schema: TokenSchema,
    project_key: bytes,
    mode: str,
    engine: Engine,
    *,
    reference_date: dt.date | None = None,
) -> Protected:
    """Encode client records.

    Args:
        clients: CLIENTS of one agency.
        relations: RELATIONS of the same.
        schema: which field is encoded how.
        project_key: 32 bytes; read by nothing else.
        mode: tokens, or filters (tokens and q-gram filters).
        engine: holds the tables.
        reference_date: day on which `is_child` is decided if the schema names none; None = the latest day in the
            records.

    Raises:
        PrivacyError: another mode is asked for.
    """
    if mode not in ("tokens", "filters"):
        cure = "Set privacy.mode to tokens or filters; in mode clear nothing is encoded."
        raise PrivacyError("TP510", "key 'privacy.mode'", "makes no encodings", cure)
    table = CLIENTS.check(engine.fetch(clients), "intake.protect")
    salt = schema.digest

    def keys(purpose: str, field: str, derive: str) -> bytes:
        return derive_key(project_key, salt, purpose, field, derive)

    columns = field_columns(table, {*COMPOSED, *(name for name, _ in _named_fields(schema))})
    day = schema.reference_date or reference_date or _latest_day(table)
    encoded = {**_head(table, day), "t_family": packed_tokens(_family(table), keys("token", "family", WHOLE))}
    for feature in _expanded(schema, columns):
        encoded.update(_feature_columns(feature, columns, keys, mode == "filters" and not schema.record_bits))
    encoded.update(_block_columns(schema, columns, keys))
    if schema.record_bits and mode == "filters":
        encoded["f_record"], encoded["pc_record"] = _record_filter(schema, columns, keys, table.num_rows)
    dwelling = tokens(columns["dwelling"], keys("token", "dwelling", WHOLE))
    notes = _notes(schema, table)
    return Protected(
        _held(TOKENS, pa.table(encoded), engine),
        _held(RESIDENCES, residences_table(table, columns, dwelling), engine),
        _held(RELATIONS, engine.fetch(relations), engine),
        key_check(project_key, salt),
        salt.hex(),
        notes,
    )


def clear_records(
    clients: Handle, engine: Engine, *, relations: Handle | None = None, reference_date: dt.date | None = None
) -> Protected:
    """Return client records for linkage in the clear, by a lawful single controller on its own machine.

    The records are the columns of CLIENTS that linkage compares, with `t_family`, `is_child` and `record_year`;
    dwellings are HMACs under a public key, which hides nothing. Protected addresses are left out here too.
    """
    table = CLIENTS.check(engine.fetch(clients), "intake.clear_records")
    columns = field_columns(table)
    shown = {name: table[name] for name in table.column_names if name not in LEFT_OUT_IN_CLEAR}
    for name in ("house_number", "flat", "street", "town", "postcode", "uprn"):
        shown[name] = pc.if_else(table["protected"], None, shown[name])
    head = _head(table, reference_date or _latest_day(table))
    records = pa.table({**shown, **head, "t_family": packed_tokens(_family(table), PUBLIC_KEY)})
    residences = residences_table(table, columns, tokens(columns["dwelling"], PUBLIC_KEY))
    ties = engine.fetch(relations) if relations is not None else RELATIONS.empty()
    return Protected(
        engine.hold(records.sort_by("row_id").combine_chunks()),
        _held(RESIDENCES, residences, engine),
        _held(RELATIONS, ties, engine),
        "clear",
        "clear",
    )


def _held(shape: Shape, table: pa.Table, engine: Engine) -> Handle:
    checked = shape.check(table, "intake.protect")
    return engine.hold(checked.sort_by([(name, "ascending") for name in shape.order]).combine_chunks())


def _head(table: pa.Table, reference: dt.date | None) -> dict[str, pa.Array]:
    """Return the columns that are no encodings: ids, agency, child or adult, and the year last confirmed."""
    child = changed(
        coded(table["birth_date"]), lambda born: age_on(born, reference) < ADULT_YEARS if reference else None
    )
    return {
        "row_id": table["row_id"],
        "agency": table["agency"],
        "event_group": table["event_group"],
        "is_child": spread(child, FLAG),
        "protected": table["protected"],
        "record_year": pc.year(table["record_date"]).cast(pa.uint16()),
    }


def _latest_day(table: pa.Table) -> dt.date | None:
    """Return the latest day that the records know of: of confirmation, of moving in, else the last birth."""
    days = [pc.max(table[name]).as_py() for name in ("record_date", "valid_from")]
    return max(filter(None, days), default=None) or pc.max(table["birth_date"]).as_py()


def _family(table: pa.Table) -> Coded:
    """Return the agency's own family reference within its agency: another agency's equal number is another family."""
    parts = [coded(table["agency"]), coded(table["family"])]
    return joined(parts, lambda agency, family: pack(agency.encode(), family.encode()) if family else None)


def _named_fields(schema: TokenSchema) -> list[tuple[str, str]]:
    """Return (field, part) of whatever the schema encodes."""
    blocks = [pair for parts in schema.blocks.values() for pair in parts]
    return [*((feature.identifier, "") for feature in schema.features), *blocks]


def _expanded(schema: TokenSchema, columns: Mapping[str, Coded]) -> list[Feature]:
    """Return the schema's features, `id_*` standing for each identifier of the records that it does not name."""
    named = {feature.identifier for feature in schema.features}
    features: list[Feature] = []
    for feature in schema.features:
        if feature.identifier == "id_*":
            more = sorted(name for name in columns if name.startswith("id_") and name not in named)
            features.extend(replace(feature, identifier=name, key_field=name) for name in more)
        elif feature.identifier in columns:
            features.append(feature)
    return features


def _feature_columns(
    feature: Feature, columns: Mapping[str, Coded], keys: Keys, with_filters: bool
) -> dict[str, pa.Array]:
    name, column = feature.identifier, columns[feature.identifier]
    out = {f"t_{name}": tokens(column, keys("token", feature.key_field, WHOLE))} if feature.token else {}
    rules = parts_of(name, nicknames()) if feature.derive else {}
    for part in feature.derive:
        # A swapped date is meant to meet another record's date, so it shares that column's key.
        key = keys("token", feature.key_field, WHOLE if part == "swapped" else part)
        out[f"t_{name}_{part}"] = tokens(changed(column, rules[part]), key)
    if with_filters and feature.grams:
        out[f"f_{name}"], out[f"pc_{name}"] = _filter(feature, column, columns["birth_date"], keys)
    return out


def _filter(feature: Feature, column: Coded, born: Coded, keys: Keys) -> tuple[pa.Array, pa.Array]:
    assert feature.grams is not None
    kind, grams = feature.grams.kind, feature.grams
    if not feature.salted:
        return filters(column, keys("filter", feature.key_field, kind), grams, feature.bits)
    years = changed(born, lambda day: day[:4])
    pairs = joined([column, years], lambda value, year: (value, year) if value and year else None)
    return salted_filters(pairs, lambda year: keys("filter", feature.key_field, f"{kind}|{year}"), grams, feature.bits)


def _record_filter(
    schema: TokenSchema, columns: Mapping[str, Coded], keys: Keys, rows: int
) -> tuple[pa.Array, pa.Array]:
    """Return the one filter of each record that a schema like clkhash asks for: an export, not for levels."""
    parts = [
        (columns[feature.identifier], keys("filter", feature.key_field, f"record_{feature.grams.kind}"), feature.grams)
        for feature in _expanded(schema, columns)
        if feature.grams is not None
    ]
    return record_filters(parts, schema.record_bits, rows)


def _block_columns(schema: TokenSchema, columns: Mapping[str, Coded], keys: Keys) -> dict[str, pa.Array]:
    out = {}
    for rule, parts in schema.blocks.items():
        pieces = [_part(columns, field, part) for field, part in parts]
        packed = joined(pieces, lambda *values: pack(*(v.encode() for v in values)) if all(values) else None)
        out[f"b_{rule}"] = packed_tokens(packed, keys("block", "+".join(field for field, _ in parts), rule))
    return out


def _part(columns: Mapping[str, Coded], field: str, part: str) -> Coded:
    rows = len(next(iter(columns.values())).codes)
    column = columns.get(field, Coded(np.full(rows, -1, np.int32), []))
    return changed(column, parts_of(field, nicknames())[part]) if part else column


def nicknames() -> dict[str, str]:
    """Return the shipped nicknames: each form to the name of its class."""
    return {name: names[0] for names in shipped("nicknames")["classes"] for name in names}


def _notes(schema: TokenSchema, table: pa.Table) -> tuple[Note, ...]:
    notes = []
    named = any(feature.identifier == "sex" and feature.token for feature in schema.features)
    if named and table["sex"].null_count < table.num_rows:
        text = "sex is encoded alone although it has two values: its token hides nothing."
        notes.append(Note("small_domain", text, {"field": "sex"}))
    hidden = pc.sum(table["protected"]).as_py() or 0
    if hidden:
        text = f"{hidden} records with a protected address carry no dwelling, address or postcode encoding."
        notes.append(Note("protected_addresses", text, {"records": hidden}))
    return tuple(notes)
