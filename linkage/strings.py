"""Compiled string comparators over pools of characters numbered by rank, so any alphabet fits and none is cut short.

A value is `chars[start : start + length]` (uint16 ranks) and a 64-bit set of its letters. The plain judges are
jellyfish's functions of the same names; tests/generative holds the two together.
"""

from __future__ import annotations

import math

import numpy as np

from totalplace.compiled import kernel, ones_in

SAFE = 1e-9
WORD = 64
SPLIT = 2.0**27 + 1  # halves the digits of a float64


@kernel
def letters_only_in(a, b):  # type: ignore[no-untyped-def]
    """Count the letters of set `a` that set `b` lacks: as many characters at least cannot match."""
    return ones_in(np.uint64(a & ~b))


@kernel
def common_start(head_a, head_b, la, lb):  # type: ignore[no-untyped-def]
    """Count equal characters at the start, four at most: a head holds the first four characters, 16 bits each."""
    differ = np.uint64(head_a ^ head_b)
    below = (differ & (~differ + np.uint64(1))) - np.uint64(1)  # ones under the lowest bit that differs
    return min(ones_in(below) >> 4, min(la, lb))


@kernel
def jaro_winkler_bound(la, lb, letters_a, letters_b, head_a, head_b):  # type: ignore[no-untyped-def]
    """Return a similarity that Jaro-Winkler cannot exceed, from lengths, letter sets and the first four characters."""
    most = max(0, min(la - letters_only_in(letters_a, letters_b), lb - letters_only_in(letters_b, letters_a)))
    jaro = (most / max(la, 1) + most / max(lb, 1) + 1.0) / 3.0
    return 0.0 if most == 0 else jaro + common_start(head_a, head_b, la, lb) * 0.1 * (1.0 - jaro)


@kernel
def _least_common(chars, a, la, b, lb, floor):  # type: ignore[no-untyped-def]
    """Return how many characters two values must have in common for a Jaro-Winkler similarity of `floor`.

    The transpositions are taken to be none, and the start to count whatever the Jaro similarity.
    """
    start = 0
    while start < min(4, la, lb) and chars[a + start] == chars[b + start]:
        start += 1
    jaro = (floor - SAFE - start * 0.1) / (1.0 - start * 0.1)
    return math.ceil((3.0 * jaro - 1.0) * (la * lb) / (la + lb) - SAFE)


@kernel
def _matched_short(chars, a, la, b, lb, window, least):  # type: ignore[no-untyped-def]
    """Return matched characters and half-transpositions of two values of at most 64 characters; see `jaro_winkler`."""
    used = np.uint64(0)
    found = np.uint64(0)
    one = np.uint64(1)
    common = 0
    for i in range(la):
        if common + la - i < least:
            return 0, 0
        for j in range(max(0, i - window), min(lb, i + window + 1)):
            bit = one << np.uint64(j)
            if not used & bit and chars[a + i] == chars[b + j]:
                used |= bit
                found |= one << np.uint64(i)
                common += 1
                break
    crossed = 0
    j = 0
    if common:
        for i in range(la):
            if (found >> np.uint64(i)) & one:
                while not (used >> np.uint64(j)) & one:
                    j += 1
                if chars[a + i] != chars[b + j]:
                    crossed += 1
                j += 1
    return common, crossed


@kernel
def _matched_long(chars, a, la, b, lb, window, least):  # type: ignore[no-untyped-def]
    """Return the same for values of any length."""
    used = np.zeros(lb, np.uint8)
    found = np.zeros(la, np.uint8)
    common = 0
    for i in range(la):
        if common + la - i < least:
            return 0, 0
        for j in range(max(0, i - window), min(lb, i + window + 1)):
            if not used[j] and chars[a + i] == chars[b + j]:
                used[j] = 1
                found[i] = 1
                common += 1
                break
    crossed = 0
    j = 0
    if common:
        for i in range(la):
            if found[i]:
                while not used[j]:
                    j += 1
                if chars[a + i] != chars[b + j]:
                    crossed += 1
                j += 1
    return common, crossed


@kernel
def multiplied_and_added(a, b, c):  # type: ignore[no-untyped-def]
    """Return a * b + c rounded once, as DuckDB's build does, so that a value on a threshold falls to the same side.

    Source: Dekker (1971), error-free product and sum.
    """
    product = a * b
    high_a, high_b = SPLIT * a - (SPLIT * a - a), SPLIT * b - (SPLIT * b - b)
    low_a, low_b = a - high_a, b - high_b
    lost = ((high_a * high_b - product) + high_a * low_b + low_a * high_b) + low_a * low_b
    total = product + c
    part = total - product
    return total + ((product - (total - part)) + (c - part) + lost)


@kernel
def jaro_winkler(chars, a, la, b, lb, floor):  # type: ignore[no-untyped-def]
    """Return the Jaro-Winkler similarity, 0 to 1; the start counts only above a Jaro of 0.7 (Winkler 1990).

    `floor` is the loosest limit that anybody asks of it: 0 is returned as soon as the similarity must be less.
    """
    if la == 0 or lb == 0:
        return 0.0
    window = max(0, max(la, lb) // 2 - 1)
    least = _least_common(chars, a, la, b, lb, floor)
    if la <= WORD and lb <= WORD:
        common, crossed = _matched_short(chars, a, la, b, lb, window, least)
    else:
        common, crossed = _matched_long(chars, a, la, b, lb, window, least)
    if common == 0:
        return 0.0
    jaro = (common / la + common / lb + (common - crossed // 2) / common) / 3.0
    if jaro > 0.7:
        start = 0
        while start < min(4, la, lb) and chars[a + start] == chars[b + start]:
            start += 1
        jaro = multiplied_and_added(start * 0.1, 1.0 - jaro, jaro)
    return jaro


@kernel
def _strangers(chars, a, la, b, lb, most):  # type: ignore[no-untyped-def]
    """Count characters of the first value that the second has nowhere near, up to `most + 1`: each takes an edit.

    A character that `most` edits leave as it is stands at most so many places from where it stood.
    """
    found = 0
    for i in range(la):
        j, end = max(0, i - most), min(lb, i + most + 1)
        while j < end and chars[a + i] != chars[b + j]:
            j += 1
        found += j >= end
        if found > most:
            break
    return found


@kernel
def levenshtein(chars, a, la, b, lb, most):  # type: ignore[no-untyped-def]
    """Return the edit distance, or `most + 1` as soon as it must be more than `most`."""
    if abs(la - lb) > most or _strangers(chars, a, la, b, lb, most) > most:
        return most + 1
    row = np.arange(lb + 1)
    for i in range(la):
        first, end = max(0, i - most), min(lb, i + most + 1)  # further from the diagonal there are more edits than that
        corner = row[first]
        row[first] = i + 1 - first
        best = row[first]
        for j in range(first, end):
            above = row[j + 1]
            step = corner if chars[a + i] == chars[b + j] else corner + 1
            row[j + 1] = min(step, above + 1, row[j] + 1)
            corner = above
            best = min(best, row[j + 1])
        if best > most:
            return most + 1
    return min(row[lb], most + 1)


@kernel
def damerau(chars, a, la, b, lb, most):  # type: ignore[no-untyped-def]
    """Return the edit distance in which exchanging neighbours is one edit (unrestricted), or `most + 1`.

    A way that passes over a row by an exchange pays at least one edit for each row that it passes.
    """
    if abs(la - lb) > most or _strangers(chars, a, la, b, lb, most) > most:
        return most + 1
    far = la + lb
    table = np.full((la + 2, lb + 2), far)
    for j in range(lb + 1):  # loops: to give a slice an array takes Numba two seconds more to compile
        table[1, j + 1] = j
    for i in range(la + 1):
        table[i + 1, 1] = i
    last_row = np.zeros(lb + 1, np.int64)  # per column: the last earlier row with the same character
    above, over = 0, most  # the fewest edits in the row above, and of the ways that pass over it
    for i in range(1, la + 1):
        last_column, best = 0, i
        first, last = max(1, i - most), min(lb, i + most)  # further from the diagonal there are more edits than that
        for j in range(first, last + 1):
            same = chars[a + i - 1] == chars[b + j - 1]
            swap = table[last_row[j], last_column] + (i - last_row[j] - 1) + 1 + (j - last_column - 1)
            step = table[i, j] + (0 if same else 1)
            table[i + 1, j + 1] = min(step, table[i + 1, j] + 1, table[i, j + 1] + 1, swap)
            best = min(best, table[i + 1, j + 1])
            if same:
                last_column = j
        for j in range(first, last + 1):
            if chars[a + i - 1] == chars[b + j - 1]:
                last_row[j] = i
        above, over = best, 1 + min(above, over)
        if min(above, over) > most:
            return most + 1
    return min(table[la + 1, lb + 1], most + 1)


@kernel
def starts_with(chars, a, la, b, lb):  # type: ignore[no-untyped-def]
    """Tell whether the shorter value is the start of the longer one; an empty value starts nothing."""
    shorter = min(la, lb)
    if shorter == 0:
        return False
    k = 0
    while k < shorter and chars[a + k] == chars[b + k]:
        k += 1
    return k == shorter
