"""CONTACTS of one agency: what happened, when and where, under keyed ids; and milestones made from birth dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.agency import AgencyRules, TypeRules
from totalplace.intake.distinct import Coded, changed, coded, spread
from totalplace.intake.split import PUBLIC_JOINT_KEY, derived_ids, ids_of, keyed_column, number_rows
from totalplace.tables import CONTACTS, DAY, FLAG, TEXT, Note

GIVEN_TYPES = {
    "key": TEXT, "client": TEXT, "type": TEXT, "start": DAY, "start_second": pa.int32(), "end": DAY, "completed": DAY,
    "due": DAY, "channel": TEXT, "site": TEXT, "area": TEXT, "worker": TEXT, "joint": TEXT, "referral_to": TEXT,
    "outcome": TEXT, "statutory": FLAG, "kind": TEXT, "planned_return": FLAG, "cost_key": TEXT,
}  # fmt: skip
COPIED = (
    "start",
    "start_second",
    "end",
    "completed",
    "due",
    "channel",
    "site",
    "area",
    "referral_to",
    "outcome",
)


def contacts_table(rows: pa.Table, agency: AgencyRules, row_key: bytes, joint_key: bytes) -> pa.Table:
    """Return CONTACTS, one row per source contact.

    Args:
        rows: the columns of GIVEN_TYPES, and `row_id`, `content` (the whole source row), `extract` and `source_row`;
            re-sends dropped.
        agency: its types.
        row_key: keys contacts and workers.
        joint_key: keys joint acts; the same for all agencies of a place, b"" = a public constant.
    """
    numbered = number_rows(rows["key"].combine_chunks(), _apart(rows))
    rows = rows.take(pa.array(numbered.first_row)).combine_chunks()
    columns = {
        "contact_id": ids_of(numbered, row_key, b"contact"),
        "row_id": rows["row_id"],
        "agency": pa.array([agency.agency.code] * rows.num_rows, TEXT),
        **_by_type(rows, agency.types),
        **{name: rows[name] for name in COPIED},
        "planned_return": pc.fill_null(rows["planned_return"], False),
        "end": _not_before(rows["end"], rows["start"]),
        "worker_key": keyed_column(rows["worker"].combine_chunks(), row_key, b"worker"),
        "joint_id": keyed_column(rows["joint"].combine_chunks(), joint_key or PUBLIC_JOINT_KEY, b"joint"),
        "source_row": rows["source_row"],
    }
    return pa.table({name: columns[name] for name in CONTACTS.names})


def _apart(rows: pa.Table) -> pa.Array:
    """Return content that tells apart two contacts drawn from one source row by two extracts."""
    return pc.binary_join_element_wise(
        rows["content"].combine_chunks(), rows["extract"].cast(TEXT).combine_chunks(), "\x1d"
    )


def _not_before(end: pa.ChunkedArray, start: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.less(pc.fill_null(end, dt.date.max), start), None, end)


def _by_type(rows: pa.Table, types: Mapping[str, TypeRules]) -> dict[str, pa.Array]:
    """Return the columns that the place's vocabulary gives, overridden by what the row itself says."""
    kinds = coded(rows["type"])
    folded = {name.strip().casefold(): name for name in types}
    names = [name if name in types else folded.get(name.casefold(), name) for name in kinds.values]
    rules = [types.get(name) or TypeRules() for name in names]

    def each(values: Sequence[object], dtype: pa.DataType) -> pa.Array:
        return spread(Coded(kinds.codes, values), dtype)

    return {
        "type": each(names, TEXT),
        "class": each([rule.contact_class for rule in rules], TEXT),
        "assessment": each([rule.assessment for rule in rules], FLAG),
        "purpose": each([rule.purpose or None for rule in rules], TEXT),
        "scope": each([rule.scope for rule in rules], TEXT),
        "theme": each([rule.theme or None for rule in rules], TEXT),
        "statutory": pc.coalesce(rows["statutory"], each([rule.statutory for rule in rules], FLAG)),
        "kind": pc.coalesce(rows["kind"], each([rule.kind or None for rule in rules], TEXT)),
        "barred": each([rule.barred for rule in rules], FLAG),
        "cost_key": pc.coalesce(rows["cost_key"], each([rule.cost_key or None for rule in rules], TEXT)),
        "precedence": each([rule.precedence for rule in rules], pa.int16()),
    }


def unmapped_note(contacts: pa.Table, agency: str, most: int, least: int) -> Note | None:
    """Return a note on types that the place's vocabulary does not name, with their share.

    Args:
        contacts: of one agency.
        agency: its code.
        most: types named.
        least: client records that share a type before it is named.
    """
    unmapped = contacts.filter(contacts["class"].is_null())["type"]
    if not len(unmapped):
        return None
    types = contacts.filter(contacts["class"].is_null()).group_by("type")
    counts = types.aggregate([([], "count_all"), ("row_id", "count_distinct")]).to_pylist()
    ranked = sorted(counts, key=lambda pair: (-pair["count_all"], pair["type"]))
    # Where a column of names was bound by mistake, the words are people: only what several share is printed.
    shared = [row["type"] for row in ranked if row["row_id_count_distinct"] >= least]
    names = [word for word in shared if sum(c.isdigit() for c in word) < 5][:most]
    rest = len(counts) - len(names)
    kept_back = f"{rest} that are rare or look like numbers (column type of contacts.parquet)" if rest else ""
    share = len(unmapped) / contacts.num_rows
    text = (
        f"{agency}: {len(unmapped)} of {contacts.num_rows} contacts ({share:.1%}) are of {len(counts)} types "
        f"without a class; they count as no intervention. Add them to [types]: "
        f"{', '.join([*names, *filter(None, [kept_back])])}."
    )
    return Note("unmapped_types", text, {"contacts": len(unmapped), "types": len(counts), "of": contacts.num_rows})


def milestones_table(
    clients: pa.Table, contacts: pa.Table, milestones: Mapping[str, int], row_key: bytes, agency: str
) -> pa.Table:
    """Return milestone contacts: one per client record and milestone whose birthday falls in the contact window."""
    bounds = pc.min_max(contacts["start"]).as_py()
    pieces = [CONTACTS.empty()]
    for word, years in sorted(milestones.items()):
        if bounds["min"] is None:
            continue
        day = changed(coded(clients["birth_date"]), partial(_birthday, years=years))
        day = changed(day, lambda reached: reached if bounds["min"] <= reached <= bounds["max"] else None)
        rows = np.flatnonzero(day.present)
        months = spread(changed(Coded(day.codes[rows], day.values), lambda reached: reached.replace(day=1)), DAY)
        pieces.append(
            _milestone_rows(clients["row_id"].combine_chunks().take(pa.array(rows)), months, word, row_key, agency)
        )
    return pa.concat_tables(pieces)


def _birthday(born: dt.date, years: int) -> dt.date | None:
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        # 29 February comes of age on 1 March (Family Law Reform Act 1969 s.9 speaks of the anniversary).
        return dt.date(born.year + years, 3, 1)


def _milestone_rows(row_ids: pa.Array, months: pa.Array, word: str, row_key: bytes, agency: str) -> pa.Table:
    rows = len(row_ids)
    fixed = {"agency": agency, "type": word, "class": "milestone", "scope": "person"}
    flags = dict.fromkeys(("assessment", "statutory", "barred", "planned_return"), False)
    columns: dict[str, pa.Array] = {
        "contact_id": derived_ids(row_ids, row_key, word.encode() + b"|"),
        "row_id": row_ids,
        "start": months,
        "precedence": pa.array([0] * rows, pa.int16()),
        "source_row": pa.array([0] * rows, pa.int64()),
        **{name: pa.array([value] * rows) for name, value in {**fixed, **flags}.items()},
    }
    filled = [columns.get(c.name, pa.nulls(rows, c.dtype)).cast(c.dtype) for c in CONTACTS.columns]
    return pa.Table.from_arrays(filled, schema=CONTACTS.schema)
