"""How firmly records are held to one person: the weakest link between them, and the draws that part them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from totalplace.tables import PERSON_ID, ROW_ID, ROW_ID_L, ROW_ID_R

UNKNOWN = -1  # no label: the record's agency gave it no key of its own


@dataclass(frozen=True)
class WeakestLink:
    """The link without which records of one person would fall apart: its two records and its probability."""

    left: bytes
    right: bytes
    probability: float


def weakest_link(
    rows: Sequence[bytes], person: Iterable[bytes], links: pa.Table, known: pa.Table
) -> WeakestLink | None:
    """Return the weakest link on the strongest way that joins records; None if only certain ties join them.

    Args:
        rows: records that must hang together, two or more.
        person: all records of their person.
        links: LINKS.
        known: `row_id` and `same`: records of one label are one agency's client, which nothing can part.
    """
    members = set(person)
    parts = {one: one for one in members}
    for group in _labelled(members, known).values():
        for one in group[1:]:
            parts[_root(parts, one)] = _root(parts, group[0])
    weakest = None
    for probability, left, right in _inside(members, links):
        if _joined(parts, rows):
            break
        a, b = _root(parts, left), _root(parts, right)
        if a != b:
            parts[a] = b
            weakest = WeakestLink(left, right, probability)
    return weakest


def _labelled(members: set[bytes], known: pa.Table) -> Mapping[int, list[bytes]]:
    groups: dict[int, list[bytes]] = {}
    for one, label in zip(known[ROW_ID].to_pylist(), known["same"].to_pylist(), strict=True):
        if one in members and label != UNKNOWN:
            groups.setdefault(label, []).append(one)
    return groups


def _inside(members: set[bytes], links: pa.Table) -> list[tuple[float, bytes, bytes]]:
    """Return the links among the members, strongest first; equal ones in order of their ids."""
    columns = (links[name].to_pylist() for name in ("probability", ROW_ID_L, ROW_ID_R))
    found = [row for row in zip(*columns, strict=True) if row[1] in members and row[2] in members]
    return sorted(found, key=lambda row: (-row[0], row[1], row[2]))


def _root(parts: dict[bytes, bytes], one: bytes) -> bytes:
    while parts[one] != one:
        parts[one] = one = parts[parts[one]]
    return one


def _joined(parts: dict[bytes, bytes], rows: Sequence[bytes]) -> bool:
    return len({_root(parts, one) for one in rows}) == 1


def draws_apart(rows: Sequence[Sequence[bytes]], partitions: pa.Table, alternatives: pa.Table) -> int:
    """Return in how many draws some records of one person are not one person.

    Args:
        rows: for each person, records of theirs.
        partitions: PARTITIONS; a draw that does not name a group leaves it as linkage made it.
        alternatives: ALTERNATIVES.
    """
    wanted = {one for some in rows for one in some}
    person = {}
    for number, one, who in zip(
        *(alternatives[n].to_pylist() for n in ("alternative", ROW_ID, PERSON_ID)), strict=True
    ):
        if one in wanted:
            person[number, one] = who
    named = {number for number, _ in person}
    drawn: dict[str, list[int]] = {}
    for name, number in zip(partitions["partition_id"].to_pylist(), partitions["alternative"].to_pylist(), strict=True):
        if number in named and name.startswith("draw "):
            drawn.setdefault(name, []).append(number)
    return sum(any(_apart(some, numbers, person) for some in rows) for numbers in drawn.values())


def _apart(rows: Sequence[bytes], numbers: Sequence[int], person: Mapping[tuple[int, bytes], bytes]) -> bool:
    """Tell whether records fall to different persons; all alternatives of one person's records are of one group."""
    who = {person[number, one] for one in rows for number in numbers if (number, one) in person}
    return len(who) > 1
