"""Households and families (FAM1): who lived together when, and who belongs together wherever they live.

A household is a stay of people at one dwelling; a family is a tie. Both are made from tokens, after hub guards have
taken out dwellings that are services, offices or defaults, and both are interval tables: membership is asked at the
time of a contact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.linkage import LinkageRules
from totalplace.linkage.households import hub_guards, kernels
from totalplace.linkage.households.families import Membership, components, dwelling_ties, form_families, together
from totalplace.linkage.households.members import (
    Ties,
    agency_family_ties,
    children,
    joined_ties,
    relation_ties,
    surnames_of,
)
from totalplace.linkage.households.notes import household_notes
from totalplace.linkage.households.residents import Residents, read_residents
from totalplace.linkage.households.stays import Stays
from totalplace.linkage.households.tables import families_table, households_table, review_table
from totalplace.tables import PERSONS, RELATIONS, RESIDENCES, Engine, Handle, Note

Array = np.ndarray[Any, Any]
DOOR = "form_households"


@dataclass(frozen=True)
class Households:
    """Households and families, and what was kept out of them.

    Args:
        households: HOUSEHOLDS.
        families: FAMILIES.
        notes: lines for the user.
        guards: key of `[linkage.household]` or `[linkage.family]` to the number of stays (`max_group`: groups) that
            it kept out; `review_occupants` households and `review_key_share` dwellings are kept, but to be looked at.
        review: dwelling_id, reason, people: what should be looked at. For the linkage unit only.
    """

    households: Handle
    families: Handle
    notes: tuple[Note, ...]
    guards: dict[str, int]
    review: Handle


@dataclass(frozen=True)
class Declared:
    """What the agencies say of persons, apart from where they live."""

    ties: Ties
    child: Array
    surnames: tuple[Array, Array]
    groups_refused: int


def form_households(
    records: Handle,
    residences: Handle,
    relations: Handle,
    persons: Handle,
    rules: LinkageRules,
    secret: bytes,
    engine: Engine,
    *,
    told: bool = True,
) -> Households:
    """Form households and families.

    Args:
        records: TOKENS, or CLIENTS in clear mode: surname, family, child and year are read from the columns there are.
        residences: RESIDENCES.
        relations: RELATIONS.
        persons: PERSONS.
        rules: `[linkage]`, of which `household` and `family` are used.
        secret: the linkage unit's secret, for the ids.
        engine: where the tables are.
        told: whether notes are wanted; they take long where there are as many agencies as copies.

    Returns:
        Households; a person without a usable stay is in none, and a protected person never is.
    """
    who = PERSONS.check(engine.fetch(persons), DOOR)
    lived = RESIDENCES.check(engine.fetch(residences), DOOR)
    people = read_residents(known_columns(records, engine), lived, who, rules.household)
    declared = _read_declared(people, RELATIONS.check(engine.fetch(relations), DOOR), who, rules)
    stays, guards = _guarded(people, declared, rules)
    review = hub_guards.busiest(people.stays, rules.household.review_key_share, rules.household.min_review_occupants)
    stays, component = household_components(stays, rules.household.min_overlap_days)
    crowds = _large_households(stays, component, rules.household.review_occupants)
    family = _families(people, declared, stays, component, rules)
    guards |= {
        "max_group": declared.groups_refused,
        "review_occupants": int(np.unique(component[crowds]).size),
        "review_key_share": int(review.size),
    }
    return Households(
        engine.hold(households_table(stays, component, people, secret)),
        engine.hold(families_table(family, people, secret)),
        household_notes(people, declared.child, stays, family, guards, rules) if told else (),
        guards,
        engine.hold(review_table(people.stays, stays.where(crowds), review, people, secret)),
    )


def household_components(stays: Stays, overlap: int) -> tuple[Stays, Array]:
    """Return the stays by (dwelling, start) and the household of each: stays at one dwelling that share enough days."""
    order = np.lexsort((stays.person, stays.end, stays.start, stays.dwelling))
    stays = stays.where(order)
    return stays, np.asarray(kernels.stay_components(stays.dwelling, stays.start, stays.end, overlap))


def known_columns(records: Handle, engine: Engine) -> pa.Table:
    """Fetch only what households need: encodings of names can be large."""
    wanted = (
        "row_id", "agency", "t_surname", "surname", "former_surname", "t_family", "family",
        "is_child", "birth_date", "record_year", "record_date", "protected",
    )  # fmt: skip
    return engine.fetch(records, [name for name in wanted if name in records.columns])


def _read_declared(people: Residents, relations: pa.Table, who: pa.Table, rules: LinkageRules) -> Declared:
    groups, refused = agency_family_ties(people.records, people.of_record, rules.family)
    tied, declared_children = relation_ties(relations, who, people.of_row)
    says = children(people.records, people.of_record, people.count, people.horizon, rules.family.adult_age_years)
    child = says == 1
    child[declared_children[says[declared_children] < 0]] = True
    return Declared(joined_ties(groups, tied), child, surnames_of(people.records, people.of_record), refused)


def _guarded(people: Residents, declared: Declared, rules: LinkageRules) -> tuple[Stays, dict[str, int]]:
    """Return the stays that no hub guard removes, and the number that each removed; the first guard counts."""
    limits, stays = rules.household, people.stays
    counts = dict(people.removed)
    scattered = hub_guards.too_many_addresses(stays, limits.max_addresses)
    counts["max_addresses"] = int(np.count_nonzero(scattered))
    stays = stays.where(~scattered)
    family = components(people.count, declared.ties.left, declared.ties.right)
    # All three look at the same stays: a hostel emptied by the first must not pass the second.
    marks = {
        "max_occupants": hub_guards.too_many_at_once(stays, limits.max_occupants),
        "max_occupants_per_year": hub_guards.too_many_in_a_year(stays, limits.max_occupants_per_year, people.horizon),
        "max_surnames": hub_guards.too_many_surnames(stays, declared.surnames, family, limits.max_surnames),
    }
    removed = np.zeros(stays.rows, bool)
    for key, marked in marks.items():
        counts[key] = int(np.count_nonzero(marked & ~removed))
        removed |= marked
    return stays.where(~removed), counts


def _large_households(stays: Stays, component: Array, review: int) -> Array:
    """Return bool[stays]: during it, `review` people or more of the household were there at once."""
    at = (component, stays.start, stays.end)
    return hub_guards.crowded(at, at, review - 1)


def _families(people: Residents, declared: Declared, stays: Stays, component: Array, rules: LinkageRules) -> Membership:
    overlap = rules.household.min_overlap_days
    pairs = together(stays, component, overlap)
    housed = dwelling_ties(pairs, stays, declared.child, declared.surnames, rules.family, overlap)
    return form_families(declared.ties, housed, pairs, stays, declared.child, rules.family, people.horizon)
