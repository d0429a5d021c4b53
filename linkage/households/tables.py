"""Arrays back to tables: HOUSEHOLDS, FAMILIES and what should be looked at, under the linkage unit's own ids."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.linkage.households import kernels
from totalplace.linkage.households.families import NEVER_TOLD, Membership
from totalplace.linkage.households.kernels import OPEN
from totalplace.linkage.households.members import BASES
from totalplace.linkage.households.residents import Residents
from totalplace.linkage.households.stays import Stays, distinct, sorted_codes
from totalplace.linkage.keyed_ids import keyed_ids
from totalplace.tables import FAMILIES, HOUSEHOLDS, ID

Array = np.ndarray[Any, Any]


def households_table(stays: Stays, component: Array, people: Residents, secret: bytes) -> pa.Table:
    """Return HOUSEHOLDS: a row per stay.

    A household's id is made from its smallest member and its first day. Where one person is the smallest member of two
    households that begin on one day, the dwelling is a third part of the id.
    """
    ids = _household_ids(stays, component, people, secret)
    code, sorted_ids = sorted_codes(pa.array(ids, ID))
    used, dwelling = np.unique(stays.dwelling, return_inverse=True)
    homes = pa.array(keyed_ids(secret, "dwelling", _bytes(people.dwellings, used)), ID)
    # Persons are numbered by id, so the order of HOUSEHOLDS is that of three columns of numbers.
    order = np.lexsort((stays.start, stays.person, code[component]))
    stays, home, dwelling = stays.where(order), code[component][order], dwelling[order]
    columns = {
        "household_id": sorted_ids.take(pa.array(home)),
        "dwelling_id": homes.take(pa.array(dwelling)),
        "person_id": people.ids.take(pa.array(stays.person)),
        "from_date": _days(stays.start, np.zeros(stays.rows, bool)),
        "to_date": _days(stays.end, stays.end == OPEN),
    }
    return HOUSEHOLDS.check(pa.table(columns), "form_households")


def _household_ids(stays: Stays, component: Array, people: Residents, secret: bytes) -> list[bytes]:
    count = int(component.max(initial=-1)) + 1
    member, first, place = (
        kernels.group_minima(component, values, count, NEVER_TOLD)
        for values in (stays.person, stays.start, stays.dwelling)
    )
    parts = [_bytes(people.ids, member), iso_days(first), _bytes(people.dwellings, place)]
    ids = keyed_ids(secret, "household", parts[0], parts[1])
    _, number, times = np.unique((member << 32) + (first + 2**31), return_inverse=True, return_counts=True)
    for row in np.flatnonzero(times[number] > 1):
        ids[row] = keyed_ids(secret, "household", *([part[row]] for part in parts))[0]
    return ids


def families_table(members: Membership, people: Residents, secret: bytes) -> pa.Table:
    """Return FAMILIES: a family's id is made from its smallest member and the first day that is known of any.

    Members who are in it besides their main family do not count for the id: a shared child may be the smallest of both.
    """
    families, number = np.unique(members.family, return_inverse=True)
    main = members.is_main
    smallest = kernels.group_minima(number[main], members.person[main], families.size, NEVER_TOLD)
    first = kernels.group_minima(number[main], members.start[main], families.size, NEVER_TOLD)
    ids = pa.array(keyed_ids(secret, "family", _bytes(people.ids, smallest), iso_days(first)), ID)
    code, sorted_ids = sorted_codes(ids)
    order = np.lexsort((members.start, members.person, code[number]))
    start, end = members.start[order], members.end[order]
    columns = {
        "family_id": sorted_ids.take(pa.array(code[number][order])),
        "person_id": people.ids.take(pa.array(members.person[order])),
        "is_main": pa.array(members.is_main[order], pa.bool_()),
        "from_date": _days(start, start == NEVER_TOLD),
        "to_date": _days(end, end == OPEN),
        "basis": pa.array(np.array(BASES, object)[members.kind[order]], pa.string()),
    }
    return FAMILIES.check(pa.table(columns), "form_households")


def review_table(stays: Stays, crowded: Stays, busiest: Array, people: Residents, secret: bytes) -> pa.Table:
    """Return dwelling_id, reason (a key of the rules) and people: dwellings that are used, but should be looked at."""
    width = people.count + 1
    people_at = np.bincount(distinct(stays.dwelling.astype(np.int64) * width + stays.person) // width)
    listed = [(busiest, "review_key_share"), (np.unique(crowded.dwelling), "review_occupants")]
    places = np.concatenate([rows for rows, _ in listed]).astype(np.int64)
    table = pa.table(
        {
            "dwelling_id": pa.array(keyed_ids(secret, "dwelling", _bytes(people.dwellings, places)), ID),
            "reason": pa.array([reason for rows, reason in listed for _ in rows], pa.string()),
            "people": pa.array(people_at[places], pa.int64()),
        }
    )
    return table.sort_by([("people", "descending"), ("dwelling_id", "ascending"), ("reason", "ascending")])


def iso_days(days: Array) -> list[bytes]:
    """Return each day as 2009-12-31, or nothing where it is not known."""
    known = days != NEVER_TOLD
    text = np.datetime_as_string(np.where(known, days, 0).astype("datetime64[D]"))
    return [t.encode() if k else b"" for t, k in zip(text.tolist(), known.tolist(), strict=True)]


def _bytes(ids: pa.Array, rows: Array) -> list[bytes]:
    return list(ids.take(pa.array(rows)).to_pylist())


def _days(days: Array, unknown: Array) -> pa.Array:
    """Return Arrow days, null where unknown."""
    values = pa.array(np.where(unknown, 0, days).astype(np.int32))
    return pc.if_else(pa.array(unknown), pa.scalar(None, pa.int32()), values).cast(pa.date32())
