"""Reading the tables of households into arrays: persons, their records, and the stays that may be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.linkage import HouseholdRules
from totalplace.linkage.households.kernels import OPEN
from totalplace.linkage.households.stays import (
    UNKNOWN,
    Stays,
    day_numbers,
    first_days,
    merged_stays,
    positions,
    sorted_codes,
    told_intervals,
)

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Residents:
    """Persons and dwellings, numbered by sorted id, and the stays at dwellings that are homes.

    Args:
        ids: person ids, sorted.
        dwellings: dwelling tokens, sorted.
        records: client records.
        of_record: int32[records], person of each record; -1 = not in PERSONS.
        of_row: int32[rows of PERSONS].
        stays: after the guards that look at one row only.
        removed: key of the rules to the number of address rows that it removed.
        undated: address rows that no date or year places in time.
        strangers: address rows whose record is not in PERSONS.
        protected: persons who may be in no household.
        horizon: the last day, since 1970-01-01, that any agency tells of.
    """

    ids: pa.Array
    dwellings: pa.Array
    records: pa.Table
    of_record: Array
    of_row: Array
    stays: Stays
    removed: dict[str, int]
    undated: int
    strangers: int
    protected: Array
    horizon: int

    @property
    def count(self) -> int:
        """Return the number of persons."""
        return len(self.ids)


def read_residents(records: pa.Table, residences: pa.Table, persons: pa.Table, rules: HouseholdRules) -> Residents:
    """Return persons and their stays.

    Args:
        records: client records: row_id, agency, and what there is of surname, family, child and year.
        residences: RESIDENCES.
        persons: PERSONS.
        rules: `[linkage.household]`.
    """
    of_row, ids = sorted_codes(persons["person_id"])
    of_record = _through(records["row_id"], persons["row_id"], of_row)
    person = _through(residences["row_id"], persons["row_id"], of_row)
    dwelling, dwellings = sorted_codes(residences["t_dwelling"])
    year = _record_years(records)
    record = positions(residences["row_id"], records["row_id"])
    valid_from, valid_to = (
        day_numbers(residences["valid_from"], int(UNKNOWN)),
        day_numbers(residences["valid_to"], int(OPEN)),
    )
    start, end, told = told_intervals(valid_from, valid_to, np.where(record >= 0, np.append(year, 0)[record], 0))
    kind = residences["property_class"].to_numpy(zero_copy_only=False)
    protected = _protected(records, of_record, person, np.isin(kind, rules.protected_classes))
    blocked = _blocked(dwelling, dwellings, kind, person, protected, rules)
    known, placed = person >= 0, start != UNKNOWN
    removed = {}
    usable = known.copy()
    for key, marked in blocked.items():
        removed[key] = int(np.count_nonzero(marked & usable))
        usable &= ~marked
    undated = int(np.count_nonzero(usable & ~placed))
    usable &= placed
    stays = merged_stays(person[usable], dwelling[usable], start[usable], end[usable], told[usable])
    strangers = int(np.count_nonzero(~known))
    horizon = _horizon(valid_from, year, records)
    return Residents(ids, dwellings, records, of_record, of_row, stays, removed, undated, strangers, protected, horizon)


def _through(row_ids: pa.ChunkedArray, known: pa.ChunkedArray, codes: Array) -> Array:
    at = positions(row_ids, known)
    return np.where(at >= 0, np.append(codes, -1)[at], -1).astype(np.int32)


def _record_years(records: pa.Table) -> Array:
    """Return int32[records]: the year in which each was last confirmed; 0 = unknown."""
    if "record_year" in records.column_names:
        years = records["record_year"].cast(pa.int32())
    elif "record_date" in records.column_names:
        years = pc.year(records["record_date"]).cast(pa.int32())
    else:
        return np.zeros(records.num_rows, np.int32)
    return np.asarray(pc.fill_null(years, 0).to_numpy(), dtype=np.int32)


def _protected(records: pa.Table, of_record: Array, person: Array, in_refuge: Array) -> Array:
    """Return the persons with a protected record or an address in a protected class."""
    flagged = person[in_refuge & (person >= 0)]
    if "protected" in records.column_names:
        marked = pc.fill_null(records["protected"], False).to_numpy(zero_copy_only=False)
        flagged = np.concatenate([flagged, of_record[marked & (of_record >= 0)]])
    return np.unique(flagged)


def _blocked(
    dwelling: Array, dwellings: pa.Array, kind: Array, person: Array, protected: Array, rules: HouseholdRules
) -> dict[str, Array]:
    """Return bool[rows] per guard. A dwelling is what any agency says it is: one of them saw that it is a hostel."""
    defaults = pa.array([bytes.fromhex(token) for token in rules.default_dwellings], dwellings.type)
    listed = pc.is_in(dwellings, value_set=defaults).to_numpy(zero_copy_only=False)
    return {
        "protected_classes": np.isin(person, protected),
        "blocked_classes": np.isin(dwelling, dwelling[np.isin(kind, rules.blocked_classes)]),
        "building_class": np.isin(dwelling, dwelling[kind == rules.building_class]),
        "default_dwellings": listed[dwelling],
    }


def _horizon(valid_from: Array, year: Array, records: pa.Table) -> int:
    """Return the last day on which an agency saw anybody: an address begun or a record confirmed; `UNKNOWN` if none.

    Last days of addresses are left out: systems write 2099-12-31 for "still there".
    """
    days = [valid_from.max(initial=UNKNOWN)]
    if "record_date" in records.column_names:
        days.append(day_numbers(records["record_date"], int(UNKNOWN)).max(initial=UNKNOWN))
    elif year.max(initial=0) > 0:
        days.append(first_days(year).max())
    return int(max(days))
