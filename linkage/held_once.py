"""Sources that are declared, or were found, to hold each person once: what that forbids, and what it cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from totalplace.errors import near
from totalplace.linkage.score import Links
from totalplace.tables import Note

Array = np.ndarray[Any, Any]


def declared_sources(names: Sequence[str], declared: Sequence[str]) -> tuple[tuple[int, ...], tuple[Note, ...]]:
    """Return the numbers of the declared sources among those there are, and a warning for each that is not there."""
    found = tuple(k for k, name in enumerate(names) if name in declared)
    notes = (
        Note(
            "one_to_one_unknown",
            f"linkage.duplicate_free names '{name}', but no source is called so. {near(name, names)}".strip(),
        )
        for name in declared
        if name not in names
    )
    return found, tuple(notes)


def clients_apart(source: Array, same: Array, sources: Sequence[int]) -> list[Array]:
    """Return per source int32[records]: a number for each of its clients, -1 elsewhere; two never meet in one person.

    Args:
        source: int32[records].
        same: int32[records], group of records that are one client for certain; -1 = alone.
        sources: those that hold each person once.
    """
    alone = np.arange(len(source)) + int(same.max(initial=-1)) + 1
    client = np.where(same >= 0, same, alone).astype(np.int32)
    return [np.where(source == one, client, np.int32(-1)) for one in sources]


def links_cut(
    links: Links, label: Array, source: Array, names: Sequence[str], sources: Sequence[int], threshold: int
) -> list[dict[str, Any]]:
    """Return per pair of sources, one of them held once, how many links over the threshold joined and how many did not.

    Args:
        links: kept pairs.
        label: int32[records], the person of each.
        source: int32[records].
        names: of the sources.
        sources: those that hold each person once.
        threshold: in 2^-24 bit.
    """
    once = np.isin(np.arange(len(names)), sources)
    left, right = source[links.left], source[links.right]
    rows = np.flatnonzero((links.weight >= threshold) & (once[left] | once[right]))
    a, b = np.minimum(left[rows], right[rows]), np.maximum(left[rows], right[rows])
    pair = a.astype(np.int64) * len(names) + b
    cut = label[links.left[rows]] != label[links.right[rows]]
    every, refused = (np.bincount(x, minlength=len(names) ** 2) for x in (pair, pair[cut]))
    return [
        {"sources": [names[k // len(names)], names[k % len(names)]], "links": int(every[k]), "cut": int(refused[k])}
        for k in np.flatnonzero(every).tolist()
    ]


def cut_note(rows: Sequence[dict[str, Any]], names: Sequence[str], found: bool) -> Note:
    """Say which sources were held one-to-one, what that cut, and how to overrule it."""
    links, cut = (sum(row[key] for row in rows) for key in ("links", "cut"))
    said, cure = (
        ("seem to", "Set linkage.one_to_one.find = false")
        if found
        else ("are declared to", "Declare fewer as duplicate_free")
    )
    text = (
        f"{', '.join(names)} {said} hold each person once: linked one-to-one, and no two clients of one of them made "
        f"one person. Of {links} links to them over the threshold {cut} were not used. {cure} if that is wrong."
    )
    return Note("one_to_one", text, {"sources": len(names), "links": links, "cut": cut})
