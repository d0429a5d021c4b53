"""Short values of one length as one number each, so that the characters that differ are counted without a walk.

A date written 2009-12-31, an account number or a telephone number has few different characters and always the same
length: each character takes four bits. Two values of one length are one edit apart exactly where one character
differs, or, if exchanging neighbours is an edit, where two neighbours change places.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.compiled import kernel, ones_in

LONGEST = 16  # characters in 64 bits
KINDS = 16  # different characters in four bits
MOST_EDITS = 1  # from two edits on, a removed and an added character are another way
ONES = 0x1111111111111111


def packed(text: pa.Array) -> np.ndarray | None:
    """Return int64 words of values, the first character highest; None where they are too long, mixed or of lengths.

    Args:
        text: pa.string without nulls.
    """
    if not len(text):
        return None
    _, offsets, data = text.buffers()
    at = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    length = int(at[1] - at[0])
    if not 0 < length <= LONGEST or int(at[-1] - at[0]) != length * len(text) or (np.diff(at) != length).any():
        return None
    characters = np.frombuffer(data, np.uint8)[at[0] : at[-1]].reshape(len(text), length)
    kinds = np.flatnonzero(np.bincount(characters.ravel(), minlength=256))
    if len(kinds) > KINDS or kinds[-1] > 127:
        return None
    number = np.zeros(256, np.uint64)
    number[kinds] = np.arange(len(kinds))
    words = np.zeros(len(text), np.uint64)
    for place in range(length):
        words = words << np.uint64(4) | number[characters[:, place]]
    return words.view(np.int64)


@kernel
def marks_of(differ):  # type: ignore[no-untyped-def]
    """Return one bit per character that differs, the lowest of its four."""
    return (differ | differ >> np.uint64(1) | differ >> np.uint64(2) | differ >> np.uint64(3)) & np.uint64(ONES)


@kernel
def characters_apart(a, b):  # type: ignore[no-untyped-def]
    """Count the characters of two words that differ."""
    return ones_in(marks_of(np.uint64(a ^ b)))


@kernel
def edits_apart(a, b):  # type: ignore[no-untyped-def]
    """Count the characters of two words that differ; two neighbours that changed places count as one."""
    differ = np.uint64(a ^ b)
    marks = marks_of(differ)
    apart = ones_in(marks)
    if apart == 2 and marks & (marks << np.uint64(4)):
        low = np.uint64(0)
        while not (marks >> low) & np.uint64(1):
            low += np.uint64(4)
        x, y = (np.uint64(a) >> low) & np.uint64(255), (np.uint64(b) >> low) & np.uint64(255)
        if x == (y >> np.uint64(4) | (y & np.uint64(15)) << np.uint64(4)):
            return 1
    return apart
