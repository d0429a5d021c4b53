"""Identifiers that name a dwelling and not a person: a property number (UPRN), a household's or tenancy's reference.

Found from the values: under a person's own number stand one name and one birth date, misspelled at worst; under a
dwelling's stand several people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.arrow_columns import memory_of
from totalplace.linkage import dates, fold
from totalplace.linkage.profile import Profile, of_meaning, year_of

MOST_ASKED = 20_000  # pairs of records under one value: a share within half a point
PERSONS_APART = (
    0.2  # of pairs under one person's number, poor data set 3 to 8 in a hundred this far apart; of a dwelling's, most
)


def tell_dwellings(table: pa.Table, profiles: Sequence[Profile]) -> list[Profile]:
    """Return the profiles with identifiers that several people share under the meaning `dwelling`."""
    return [
        replace(p, meaning="dwelling") if p.meaning == "identifier" and _is_shared(table, p.column, profiles) else p
        for p in profiles
    ]


def _is_shared(table: pa.Table, column: str, profiles: Sequence[Profile]) -> bool:
    left, right = pairs_under_one_value(table[column].combine_chunks())
    signs = [read(table[name]) for read, name in _signs(profiles)]
    if not signs:
        return False
    both = np.logical_and.reduce([(s[left] >= 0) & (s[right] >= 0) for s in signs])
    apart = np.logical_and.reduce([s[left] != s[right] for s in signs]) & both
    return bool(both.any() and apart.sum() > PERSONS_APART * both.sum())


def pairs_under_one_value(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of neighbours under one value, evenly taken: int64[pairs] twice."""
    codes = memory_of(values.dictionary_encode().indices, -1)
    order = np.argsort(codes, kind="stable")
    same = np.flatnonzero((codes[order[1:]] == codes[order[:-1]]) & (codes[order[1:]] >= 0))
    same = same[:: max(1, -(-same.size // MOST_ASKED))]
    return order[same], order[same + 1]


def _signs(profiles: Sequence[Profile]) -> list[tuple[Callable[[pa.ChunkedArray], np.ndarray], str]]:
    """Return how to read what hardly ever differs between two records of one person, and from which column."""
    found: list[tuple[Callable[[pa.ChunkedArray], np.ndarray], str]] = [
        (_initials, name) for name in of_meaning(profiles, "first_name")[:1]
    ]
    births = [(_birth_years, name) for name in of_meaning(profiles, "birth_date")[:1]]
    return found + (births or [(_years, name) for name in of_meaning(profiles, "birth_year")[:1]])


def _initials(values: pa.ChunkedArray) -> np.ndarray:
    return _codes(fold.initial(fold.fold(_texts(values))))


def _years(values: pa.ChunkedArray) -> np.ndarray:
    return _codes(fold.solid(_texts(values)))


def _birth_years(values: pa.ChunkedArray) -> np.ndarray:
    coded = _texts(values).dictionary_encode()
    read = [-1 if d is None else year_of(d) for d in dates.parse(coded.dictionary.to_pylist(), day_first=True)]
    return np.array([*read, -1], np.int64)[memory_of(coded.indices, -1)]


def _texts(values: pa.ChunkedArray) -> pa.Array:
    return pc.cast(values.combine_chunks(), pa.string())


def _codes(values: pa.Array) -> np.ndarray:
    return memory_of(values.dictionary_encode().indices, -1)
