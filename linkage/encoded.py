"""The form of encoded records: int32 codes into pools of distinct values, -1 = null."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from totalplace.linkage.packed import packed

NULL = -1
LARGEST_KEY = 2**62


@dataclass(frozen=True)
class Pool:
    """Distinct values behind codes, in order.

    Args:
        size: how many.
        text: pa.string[size] of written values, else None.
        numbers: int64[size]: packed dates, numbers, or filters' popcounts; else None.
        filters: uint64[size, words] of filters, else None.
        to_the_bit: similarities of these values meet their limits to the last bit, as a database compares them;
            otherwise one within 1e-12 of its limit meets it.
    """

    size: int
    text: pa.Array | None = None
    numbers: np.ndarray | None = None
    filters: np.ndarray | None = None
    to_the_bit: bool = False

    @cached_property
    def words(self) -> np.ndarray | None:
        """Return the texts as one number each (see `packed`), where they are short and of one length."""
        return None if self.text is None else packed(self.text)


@dataclass(frozen=True)
class Column:
    """Codes int32[records] into a pool; -1 = null. Columns that share a pool share their codes."""

    codes: np.ndarray
    pool: Pool


@dataclass(frozen=True)
class Records:
    """Encoded records, known by their numbers only.

    Args:
        agency: int32[records], agency codes in order of their names.
        agencies: the names.
        same: int32[records], records that are one person for certain; -1 = none.
        columns: by name.
    """

    agency: np.ndarray
    agencies: tuple[str, ...]
    same: np.ndarray
    columns: Mapping[str, Column]

    @property
    def rows(self) -> int:
        """Return the number of records."""
        return len(self.agency)


@dataclass(frozen=True)
class Spelling:
    """Rules of reading: written values that stand for nothing, 03/04/2009 where nothing tells, titles before names."""

    placeholders: Sequence[str]
    day_first: bool
    titles: Sequence[str] = ()


def joint_codes(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return one code per record for several columns together, numbered in their order; null where any is null."""
    key = joint_key(parts)
    distinct, codes = np.unique(key, return_inverse=True)
    return (codes - int(len(distinct) > 0 and distinct[0] < 0)).astype(np.int32)


def joint_key(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return int64[records] that is equal exactly where all parts are, -1 where any is null."""
    key = parts[0].astype(np.int64)
    size = int(key.max(initial=0)) + 1
    for part in parts[1:]:
        width = int(part.max(initial=0)) + 1
        if size > LARGEST_KEY // width:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64) - int((key < 0).any())
            size = int(key.max(initial=0)) + 1
        key = np.where((key < 0) | (part < 0), NULL, key * width + part)
        size *= width
    return key
