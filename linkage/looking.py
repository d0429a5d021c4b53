"""Looking at one comparison of a batch of pairs, the cheapest way first: codes, numbers, letters, then characters.

What a model asks, and how it stands in arrays, is in `levels`.
"""

from __future__ import annotations

import numpy as np

from totalplace.compiled import kernel
from totalplace.linkage.levels import (
    CHARACTERS,
    CROSSED,
    EXACT,
    JARO_WINKLER,
    LETTERS,
    LOOSEST_UNIT,
    NUMBERS,
    P_COLUMN,
    P_END,
    P_EXACT,
    P_FIRST,
    P_GIVEN,
    P_RADIX,
    P_WAY,
    RULED_OUT,
    SETTLED,
    SIMILARITIES,
    T_AND,
    T_LEFT,
    T_LEVEL,
    T_LOOSEST,
    T_NOT,
    T_OPERATION,
    T_POOL_LEFT,
    T_POOL_RIGHT,
    T_RIGHT,
    TESTS,
    TIE,
    UNTOLD,
    level_of,
    ruled_out_by_letters,
    text_similarity,
    within_reach,
)


@kernel
def _null_or_equal(c, left, right, count, table, evidence, level):  # type: ignore[no-untyped-def]
    """Write 0 where the comparison's column is null on either side, its top level where equality makes it.

    All else is 1 if there is no further test, or UNTOLD.
    """
    plan = evidence[0]
    codes = table[plan[c, P_COLUMN]]
    rest = UNTOLD if plan[c, P_FIRST] < plan[c, P_END] else 1
    top = plan[c, P_RADIX] - 1 if plan[c, P_EXACT] else rest
    for k in range(count):
        x, y = codes[left[k]], codes[right[k]]
        level[k] = 0 if x < 0 or y < 0 else (top if x == y else rest)


@kernel
def _codes_say(t, left, right, table, tests, found):  # type: ignore[no-untyped-def]
    """Write a test's level where the equality of codes that it asks for holds, EXACT or CROSSED."""
    mine, other, here = table[tests[t, T_LEFT]], table[tests[t, T_RIGHT]], tests[t, T_LEVEL]
    for k in range(len(found)):
        x = mine[left[k]]
        found[k] = here if (x >= 0) & (x == other[right[k]]) else found[k]
    if tests[t, T_OPERATION] == CROSSED:
        for k in range(len(found)):
            x = other[left[k]]
            found[k] = here if (x >= 0) & (x == mine[right[k]]) else found[k]


@kernel
def _asks_codes_alone(t, first, tests):  # type: ignore[no-untyped-def]
    """Tell whether a test is one equality of codes, tied to no other test."""
    tied = tests[t, T_AND] or tests[t, T_NOT] or (t > first and tests[t - 1, T_AND])
    return not tied and (tests[t, T_OPERATION] == EXACT or tests[t, T_OPERATION] == CROSSED)


@kernel
def _look_at_codes(first, end, left, right, count, table, evidence, level):  # type: ignore[no-untyped-def]
    """Tell the untold levels that codes decide: those with no test above them that asks for more.

    The last word has the first test.
    """
    tests = evidence[1]
    unsure = 0  # the highest level that takes more than codes to tell
    for t in range(first, end):
        if not _asks_codes_alone(t, first, tests):
            unsure = max(unsure, tests[t, T_LEVEL])
    found = np.ones(count, np.int32)
    for t in range(end - 1, first - 1, -1):
        if tests[t, T_LEVEL] >= unsure and _asks_codes_alone(t, first, tests):
            _codes_say(t, left, right, table, tests, found)
    for k in range(count):
        level[k] = found[k] if level[k] == UNTOLD and found[k] >= unsure else level[k]


@kernel
def _look_at_numbers(first, end, left, right, count, table, evidence, level):  # type: ignore[no-untyped-def]
    """Tell the untold levels where every test asks for one equality of codes, or how far numbers are apart.

    All numbers hang on the same two columns, and with equality among the tests on the comparison's own: where it is
    null, nothing else is asked.
    """
    _, tests, limits, _, _, numbers, _ = evidence
    base = first
    while tests[base, T_OPERATION] == EXACT:
        base += 1
    mine, other = table[tests[base, T_LEFT]], table[tests[base, T_RIGHT]]
    x, y = np.empty(count, np.int32), np.empty(count, np.int32)
    a, b, found = np.empty(count, np.int64), np.empty(count, np.int64), np.ones(count, np.int32)
    for k in range(count):
        code, its = mine[left[k]], other[right[k]]
        told = (code < 0) | (its < 0)
        x[k], y[k] = 0 if told else code, 0 if told else its
        level[k] = 1 if told and level[k] == UNTOLD else level[k]
    pool_mine, pool_other = -1, -1
    for t in range(end - 1, first - 1, -1):
        if tests[t, T_OPERATION] == EXACT:
            _codes_say(t, left, right, table, tests, found)
            continue
        if tests[t, T_POOL_LEFT] != pool_mine or tests[t, T_POOL_RIGHT] != pool_other:
            pool_mine, pool_other = tests[t, T_POOL_LEFT], tests[t, T_POOL_RIGHT]
            for k in range(count):
                a[k], b[k] = numbers[x[k] + pool_mine], numbers[y[k] + pool_other]
        within_reach(tests[t, T_OPERATION], a, b, limits[t], tests[t, T_LEVEL], found)
    for k in range(count):
        level[k] = found[k] if level[k] == UNTOLD else level[k]


@kernel
def _letters_say(t, left, right, table, evidence, level):  # type: ignore[no-untyped-def]
    """Write RULED_OUT where the level is UNTOLD and letters alone rule out the similarity that a test asks for."""
    _, tests, _, _, text, _, _ = evidence
    mine, other = table[tests[t, T_LEFT]], table[tests[t, T_RIGHT]]
    pool_mine, pool_other = tests[t, T_POOL_LEFT], tests[t, T_POOL_RIGHT]
    operation, floor = tests[t, T_OPERATION], tests[t, T_LOOSEST] * LOOSEST_UNIT
    for k in range(len(level)):
        if level[k] == UNTOLD:
            x, y = mine[left[k]] + pool_mine, other[right[k]] + pool_other
            if ruled_out_by_letters(operation, floor, x, y, text):
                level[k] = RULED_OUT


@kernel
def _look_at_similarities(first, end, left, right, count, table, evidence, level):  # type: ignore[no-untyped-def]
    """Tell the untold levels where letters rule out every similarity: codes have said what is left."""
    tests = evidence[1]
    found, one = np.ones(count, np.int32), np.empty(count, np.int32)
    still = np.zeros(count, np.bool_)
    asked = 0  # a bit for each operation that has been looked at
    for t in range(end - 1, first - 1, -1):
        operation = tests[t, T_OPERATION]
        if operation in (EXACT, CROSSED):
            _codes_say(t, left, right, table, tests, found)
        elif not asked >> operation & 1:
            asked |= 1 << operation
            for k in range(count):
                one[k] = SETTLED if still[k] else level[k]
            _letters_say(t, left, right, table, evidence, one)
            for k in range(count):
                still[k] |= one[k] == UNTOLD
    for k in range(count):
        level[k] = found[k] if level[k] == UNTOLD and not still[k] else level[k]


@kernel
def look_at_letters(c, left, right, count, table, evidence, level):  # type: ignore[no-untyped-def]
    """Write the level where a comparison is UNTOLD and letters alone rule out the similarities that it asks for."""
    plan = evidence[0]
    first, end, way = plan[c, P_FIRST], plan[c, P_END], plan[c, P_WAY]
    if way == LETTERS:
        _letters_say(first, left, right, table, evidence, level[:count])
        for k in range(count):
            level[k] = 1 if level[k] == RULED_OUT else level[k]
    elif way == SIMILARITIES:
        _look_at_similarities(first, end, left, right, count, table, evidence, level)
    else:
        for k in range(count):
            if level[k] == UNTOLD:
                level[k] = level_of(way == CHARACTERS, first, end, left[k], right[k], table, evidence)


@kernel
def settle(c, left, right, count, table, evidence, level):  # type: ignore[no-untyped-def]
    """Write the levels that a first look left UNTOLD."""
    plan, tests, limits, chars, text, _, _ = evidence
    first, end, by_letters = plan[c, P_FIRST], plan[c, P_END], plan[c, P_WAY] == LETTERS
    if not by_letters:  # handed on as it is: for a False that is written out Numba compiles `level_of` once more
        for k in range(count):
            if level[k] == UNTOLD:
                level[k] = level_of(by_letters, first, end, left[k], right[k], table, evidence)
        return
    mine, other = table[tests[first, T_LEFT]], table[tests[first, T_RIGHT]]
    pool_mine, pool_other = tests[first, T_POOL_LEFT], tests[first, T_POOL_RIGHT]
    operation, floor = tests[first, T_OPERATION], tests[first, T_LOOSEST] * LOOSEST_UNIT
    for k in range(count):
        if level[k] != UNTOLD:
            continue
        level[k] = 1
        x, y = mine[left[k]] + pool_mine, other[right[k]] + pool_other
        value = text_similarity(operation, x, y, floor, chars, text)
        for t in range(first, end):
            if value >= limits[t] - TIE if operation == JARO_WINKLER else value <= limits[t]:
                level[k] = tests[t, T_LEVEL]
                break


@kernel
def first_look(c, left, right, count, table, evidence, level):  # type: ignore[no-untyped-def]
    """Write the levels of a comparison for a batch, UNTOLD where it takes letters or characters to tell.

    Args:
        c: number of the comparison.
        left, right: int32, positions in the table; the first `count` are the batch.
        level: int32, written: 0 = null, 1 = everything else, then upwards to the first level.
    """
    plan = evidence[0]
    if plan[c, P_GIVEN]:
        level[:count] = plan[c, P_RADIX] - 1
        return
    _null_or_equal(c, left, right, count, table, evidence, level)
    first, end, way = plan[c, P_FIRST], plan[c, P_END], plan[c, P_WAY]
    if first == end:
        return
    if way == NUMBERS:
        _look_at_numbers(first, end, left, right, count, table, evidence, level)
    elif way != LETTERS:
        _look_at_codes(first, end, left, right, count, table, evidence, level)
    if way == TESTS:
        settle(c, left, right, count, table, evidence, level)
