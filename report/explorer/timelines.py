"""Packs the contacts of flagged families for the analyst edition's page One family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

COLUMNS = ("family_id", "person_id", "agency", "type", "start", "class", "purpose", "is_repeat", "pence")
EPOCH = date(1970, 1, 1)
Row = Mapping[str, Any]


def pack_timelines(contacts: pa.Table, most: int) -> dict[str, Any]:
    """Return flagged families and their contacts, day by day.

    Args:
        contacts: one row per contact, with COLUMNS; ids of this project, `is_repeat` = an avoidable assessment.
        most: families kept, those with most interventions first.

    Returns:
        `types`, `purposes` and `classes` as lists of names; `families`, each with its `id`, its `members` (person ids)
        and `rows` of [days since 1970, agency, type, member, class, purpose, repeat, pounds], by day; all but the first
        and the last two as a place in a list, agencies by code; pounds -1 = no unit cost.
    """
    rows = contacts.select(list(COLUMNS)).to_pylist()
    by_family: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_family[_hex(row["family_id"])].append(row)
    names = {
        key: sorted({row[column] or "" for row in rows})
        for key, column in (("agencies", "agency"), ("types", "type"), ("purposes", "purpose"), ("classes", "class"))
    }
    ranked = sorted(by_family, key=lambda family: (-_interventions(by_family[family]), family))[:most]
    return {**names, "families": [_family(family, by_family[family], names) for family in ranked]}


def _interventions(rows: Sequence[Row]) -> int:
    return sum(row["class"] == "intervention" for row in rows)


def _family(family: str, rows: Sequence[Row], names: Mapping[str, list[str]]) -> dict[str, Any]:
    members = sorted({_hex(row["person_id"]) for row in rows})
    packed = [
        [
            (row["start"] - EPOCH).days,
            names["agencies"].index(row["agency"]),
            names["types"].index(row["type"]),
            members.index(_hex(row["person_id"])),
            names["classes"].index(row["class"] or ""),
            names["purposes"].index(row["purpose"] or ""),
            int(bool(row["is_repeat"])),
            -1 if row["pence"] is None else round(row["pence"] / 100),
        ]
        for row in rows
    ]
    return {"id": family, "members": members, "rows": sorted(packed)}


def _hex(value: bytes | str) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
