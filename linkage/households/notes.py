"""What the user is told about households: who has none, what the guards kept out, and what could not be read."""

from __future__ import annotations

from typing import Any

import numpy as np

from totalplace.config.linkage import LinkageRules
from totalplace.linkage.households.families import Membership
from totalplace.linkage.households.residents import Residents
from totalplace.linkage.households.stays import Stays, distinct, sorted_codes
from totalplace.tables import Note

Array = np.ndarray[Any, Any]

GUARDS = {
    "protected_classes": "address rows of people who are protected",
    "blocked_classes": "address rows at places that are not homes",
    "building_class": "address rows without the flat",
    "default_dwellings": "address rows at listed default addresses",
    "max_addresses": "stays of people at more than {max_addresses} addresses at once",
    "max_occupants": "stays among more than {max_occupants} people at once",
    "max_occupants_per_year": "stays among more than {max_occupants_per_year} people in a year",
    "max_surnames": "stays among more than {max_surnames} unrelated surnames at once",
    "max_group": "agency family numbers with more than {max_group} people",
}


REVIEW = {
    "review_occupants": "households of {review_occupants} people or more at once",
    "review_key_share": "dwellings among those with the most people",
}


def household_notes(
    people: Residents, child: Array, stays: Stays, family: Membership, guards: dict[str, int], rules: LinkageRules
) -> tuple[Note, ...]:
    """Return the notes: the share without a household first, then each guard that removed something.

    Args:
        people: the persons.
        child: bool[persons].
        stays: the stays that made households.
        family: the members of families.
        guards: key of the rules to what it kept out, or flagged.
        rules: `[linkage]`.
    """
    limits = {**rules.household.model_dump(), **rules.family.model_dump()}
    notes = [*_without_household(people, child, stays), *_largest_family(family)]
    for heading, texts in (("Kept out of households and families", GUARDS), ("Used, but to be looked at", REVIEW)):
        for key, text in texts.items():
            if guards.get(key):
                line = f"{heading}: {guards[key]:,} {text.format(**limits)}."
                notes.append(Note(f"household_{key}", line, {key: guards[key]}))
    return (*notes, *_unread(people))


def _without_household(people: Residents, child: Array, stays: Stays) -> list[Note]:
    """Say how many persons have no household, and who they are as far as linkage may know."""
    if people.count == 0:
        return []
    without = np.ones(people.count, bool)
    without[stays.person] = False
    parts = {"children": without[child], "adults": without[~child], **_by_agency(people, without)}
    counts = {"people": people.count, "without": int(np.count_nonzero(without))}
    shares = {name: f"{np.mean(part):.1%} of {part.size:,}" for name, part in parts.items() if part.size}
    text = "; ".join(f"{name} {share}" for name, share in shares.items())
    whole = f"{np.mean(without):.1%} of {people.count:,} people have no household"
    detail = {name: {"people": int(part.size), "without": int(np.count_nonzero(part))} for name, part in parts.items()}
    return [Note("no_household", f"{whole} ({text}).", {**counts, "parts": detail})]


def _by_agency(people: Residents, without: Array) -> dict[str, Array]:
    """Return, per agency, whether each person it knows is without a household."""
    if "agency" not in people.records.column_names:
        return {}
    code, names = sorted_codes(people.records["agency"])
    known = (people.of_record >= 0) & (code >= 0)
    keys = distinct(code[known].astype(np.int64) * people.count + people.of_record[known])
    bounds = np.searchsorted(keys, np.arange(len(names) + 1) * people.count)
    return {
        f"known to {name}": without[keys[first:end] % people.count]
        for name, first, end in zip(names.to_pylist(), bounds[:-1], bounds[1:], strict=True)
    }


def _largest_family(family: Membership) -> list[Note]:
    if family.person.size == 0:
        return []
    _, sizes = np.unique(family.family, return_counts=True)
    counts = {"families": int(sizes.size), "largest": int(sizes.max())}
    return [
        Note("families", f"{sizes.size:,} families of two people or more; the largest has {sizes.max():,}.", counts)
    ]


def _unread(people: Residents) -> list[Note]:
    """Say which address rows could not be used, and what would help."""
    notes = []
    if people.undated:
        text = (
            f"{people.undated:,} address rows have no usable dates and their record no year, so they make no household."
        )
        cure = "Give the agency file valid_from, or the day on which the record was last confirmed."
        notes.append(Note("undated_stays", f"{text} {cure}", {"rows": people.undated}))
    if people.strangers:
        text = f"{people.strangers:,} address rows belong to no linked record and were left out."
        notes.append(Note("unknown_residents", text, {"rows": people.strangers}))
    return notes
