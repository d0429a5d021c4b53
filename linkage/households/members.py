"""What households and families need to know of each person: surnames, who is a child, and declared ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.linkage import FamilyRules
from totalplace.linkage.households.stays import UNKNOWN, distinct, positions, row_starts, sorted_codes

Array = np.ndarray[Any, Any]
RELATION, AGENCY_FAMILY, DWELLING = 0, 1, 2
BASES = ("relation", "agency_family", "dwelling")  # what a membership rests on, strongest first
SURNAMES = ("t_surname", "surname", "former_surname")


@dataclass(frozen=True)
class Ties:
    """Pairs of two different persons; a pair may stand more than once.

    Args:
        left, right: int32[ties], persons.
        kind: int8[ties], `RELATION`, `AGENCY_FAMILY` or `DWELLING`.
    """

    left: Array
    right: Array
    kind: Array

    def both_ways(self) -> Ties:
        """Return each tie from either end."""
        left, right = np.concatenate([self.left, self.right]), np.concatenate([self.right, self.left])
        return Ties(left, right, np.concatenate([self.kind, self.kind]))

    def where(self, chosen: Array) -> Ties:
        """Return some of the ties."""
        return Ties(self.left[chosen], self.right[chosen], self.kind[chosen])


def joined_ties(*parts: Ties) -> Ties:
    """Return the ties of several sources as one."""
    columns = zip(*((part.left, part.right, part.kind) for part in parts), strict=True)
    left, right, kind = (np.concatenate(column) for column in columns)
    return Ties(left, right, kind)


def surnames_of(records: pa.Table, person: Array) -> tuple[Array, Array]:
    """Return person and surname code of every surname that a person bears, each once, by person.

    Args:
        records: client records with `t_surname`, or with `surname` and `former_surname` in clear, or with none of them.
        person: int32[records], person of each record; -1 = none.
    """
    names = [name for name in SURNAMES if name in records.column_names]
    if "t_surname" in names:
        names = ["t_surname"]
    if not names:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    every = pa.chunked_array([chunk for name in names for chunk in records[name].chunks], records[names[0]].type)
    code, _ = sorted_codes(every)
    owner = np.tile(person, len(names))
    told = (code >= 0) & (owner >= 0)
    width = int(code.max(initial=0)) + 1
    keys = distinct(owner[told].astype(np.int64) * width + code[told])
    return (keys // width).astype(np.int32), (keys % width).astype(np.int32)


def children(records: pa.Table, person: Array, persons: int, horizon: int, adult_age_years: int) -> Array:
    """Return int8[persons]: 1 = child, 0 = adult, -1 = unknown; where records disagree the most decide, on a tie adult.

    Args:
        records: client records with `is_child`, or in clear with `birth_date`.
        person: int32[records], person of each record; -1 = none.
        persons: number of persons.
        horizon: the last day that any agency tells of, at which clear records' age is taken.
        adult_age_years: age at which childhood ends.
    """
    if "is_child" in records.column_names:
        says = pc.fill_null(records["is_child"].cast(pa.int8()), -1).to_numpy()
    elif "birth_date" in records.column_names and horizon != UNKNOWN:
        born = pc.fill_null(records["birth_date"].cast(pa.int32()), np.iinfo(np.int32).min).to_numpy()
        says = np.where(born == np.iinfo(np.int32).min, -1, born > _years_before(horizon, adult_age_years))
    else:
        return np.full(persons, -1, np.int8)
    yes = np.bincount(person[(says == 1) & (person >= 0)], minlength=persons)
    no = np.bincount(person[(says == 0) & (person >= 0)], minlength=persons)
    return np.where(yes + no == 0, -1, yes > no).astype(np.int8)


def _years_before(day: int, years: int) -> int:
    date = np.datetime64(day, "D")
    month = date.astype("datetime64[M]")
    return int(((month - np.timedelta64(12 * years, "M")).astype("datetime64[D]") + (date - month)).astype(np.int64))


def agency_family_ties(records: pa.Table, person: Array, rules: FamilyRules) -> tuple[Ties, int]:
    """Return ties between persons whom one agency puts in one family, and the number of groups too large to be one."""
    name = "t_family" if "t_family" in records.column_names else "family"
    if name not in records.column_names:
        return no_ties(), 0
    family, _ = sorted_codes(records[name])
    agency, _ = sorted_codes(records["agency"])
    told = (family >= 0) & (person >= 0)
    group = agency[told].astype(np.int64) * (int(family.max(initial=0)) + 1) + family[told]
    _, group = np.unique(group, return_inverse=True)
    width = int(person.max(initial=0)) + 1
    keys = distinct(group.astype(np.int64) * width + person[told])
    group, member = keys // width, (keys % width).astype(np.int32)
    sizes = np.bincount(group)
    small = sizes[group] <= rules.max_group if sizes.size else np.zeros(0, bool)
    left, right = pairs_within(group[small])
    member = member[small]
    kind = np.full(left.size, AGENCY_FAMILY, np.int8)
    return Ties(member[left], member[right], kind), int(np.count_nonzero(sizes > rules.max_group))


def pairs_within(group: Array) -> tuple[Array, Array]:
    """Return every pair of rows of one group, as row numbers; rows are sorted by group."""
    rows = np.arange(group.size)
    first = row_starts(group, 0)[group] if group.size else rows
    earlier = rows - first
    right = np.repeat(rows, earlier)
    left = np.arange(right.size) - np.repeat(np.cumsum(earlier) - earlier, earlier) + first[right]
    return left, right


def relation_ties(relations: pa.Table, persons: pa.Table, person: Array) -> tuple[Ties, Array]:
    """Return declared ties between two persons, and the persons who are declared to be somebody's child.

    Args:
        relations: RELATIONS.
        persons: PERSONS.
        person: int32[rows of persons].
    """
    a = positions(relations["row_id_a"], persons["row_id"])
    b = positions(relations["row_id_b"], persons["row_id"])
    known = (a >= 0) & (b >= 0)
    left, right = person[a[known]], person[b[known]]
    relation = relations["relation"].to_numpy(zero_copy_only=False)[known]
    declared = np.concatenate([left[relation == "child"], right[relation == "parent"]])
    two = left != right
    return Ties(left[two], right[two], np.full(np.count_nonzero(two), RELATION, np.int8)), np.unique(declared)


def no_ties() -> Ties:
    """Return no tie."""
    return Ties(np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.int8))
