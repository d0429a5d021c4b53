"""Columns that only repeat others: a full name beside its parts would count the same agreement several times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from totalplace.config.linkage import ProfileRules
from totalplace.linkage.fold import fold
from totalplace.linkage.profile import Profile

SAMPLE = 1_000  # rows; records stand in an order that says nothing, so the first are as good as any
LEAST = 20  # rows in which the column must be filled before anything is said
WHOLE = ("text", "full_name")  # what a column may be that is put together from others
Words = list[list[str]]


def without_repeats(table: pa.Table, profiles: Sequence[Profile], rules: ProfileRules) -> list[Profile]:
    """Return the profiles with those columns as no evidence that are put together from others, which stay.

    A column is if its first and its last word nearly always stand in columns of fewer words. The widest go first.
    """
    if not any(p.meaning in WHOLE for p in profiles):
        return list(profiles)
    first = table.slice(0, SAMPLE)
    words = {p.column: _words(first[p.column]) for p in profiles if p.meaning and _is_text(first[p.column].type)}
    width = {column: _width(found) for column, found in words.items()}
    repeated: set[str] = set()
    for p in sorted(profiles, key=lambda p: (-width.get(p.column, 0.0), p.column)):
        if p.meaning not in WHOLE or p.column not in words:
            continue
        parts = [words[c] for c in words if c not in repeated and width[c] < width[p.column]]
        if _is_told_by(words[p.column], parts, rules.repeated_share):
            repeated.add(p.column)
    return [replace(p, meaning="") if p.column in repeated else p for p in profiles]


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _words(column: pa.ChunkedArray) -> Words:
    return [(value or "").split() for value in fold(column.combine_chunks()).to_pylist()]


def _width(words: Words) -> float:
    filled = [len(row) for row in words if row]
    return sum(filled) / len(filled) if filled else 0.0


def _is_told_by(whole: Words, parts: Sequence[Words], share: float) -> bool:
    """Tell whether first and last word stand in other columns in that share of the rows that are filled."""
    rows = [k for k, row in enumerate(whole) if row]
    told = sum({whole[k][0], whole[k][-1]} <= {word for part in parts for word in part[k]} for k in rows)
    return len(rows) >= LEAST and told >= share * len(rows)
