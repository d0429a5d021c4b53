"""From a batch of pairs to the levels of one comparison: the tests that a model is made of, as data for the kernel.

A model reaches the kernel as `evidence`, so nothing is recompiled for another model. It is a tuple of arrays:

* `plan` int32[comparisons, PLAN_WIDTH]: which tests make a comparison, how to look at it, its radix, where its
  weights stand;
* `tests` int32[tests, TEST_WIDTH] and `limits` float64[tests]: what to try, from the top level down;
* distinct values behind the codes: `chars` uint16, `text` int64[values, 4] (start, length, set of
  letters, head), `numbers`
  int64, `filters` uint64.

Records stand in `table` int32[columns, records in block order]: codes, -1 = null. A batch is two arrays of positions.
One comparison is worked out for the whole batch before the next one is looked at, so the cost of reading the model is
paid once a batch and not once a pair (vectorised interpretation: Boncz, Zukowski and Nes, CIDR 2005).
"""

from __future__ import annotations

import numpy as np

from totalplace.compiled import kernel, ones_in
from totalplace.linkage.dates import NO_DAY, day_of, digits_apart, swapped
from totalplace.linkage.packed import characters_apart, edits_apart
from totalplace.linkage.strings import (
    SAFE,
    common_start,
    damerau,
    jaro_winkler,
    jaro_winkler_bound,
    letters_only_in,
    levenshtein,
    starts_with,
)

EXACT, JARO_WINKLER, LEVENSHTEIN, DAMERAU, STARTS_WITH = 0, 1, 2, 3, 4
DATE_SWAPPED, DATE_DIGITS, DATE_DAYS, CHANGED, EDITED, NUMBER, NUMBER_SHARE = 5, 6, 7, 8, 9, 10, 11
DICE, CROSSED, FILLED = 12, 13, 14
# plan: column that decides null, first test, end of tests, radix, starts a term, where its term's bounds stand, has TF,
# first level is the column's equality, last comparison of its term, stride in its term's bounds, way of looking, lowest
# bit of its state in the code of a pair, the blocks' rule makes it the first level
P_COLUMN, P_FIRST, P_END, P_RADIX, P_STARTS, P_WEIGHTS, P_TF = range(7)
P_EXACT, P_LAST, P_STRIDE, P_WAY, P_SHIFT, P_GIVEN = range(7, 13)
PLAN_WIDTH = 13
# tests: operation, left column, right column, level if true, all of this and the next, pool offsets of the columns,
# words of a filter, loosest limit of a comparison's tests of the same similarity (in millionths), negated: true where
# the values are there and the test does not hold
T_OPERATION, T_LEFT, T_RIGHT, T_LEVEL, T_AND, T_POOL_LEFT, T_POOL_RIGHT, T_WORDS, T_LOOSEST, T_NOT = range(10)
TEST_WIDTH = 10
# Ways of looking: codes alone; codes and the numbers behind the comparison's column; any tests without characters; one
# similarity of its column's characters, which their letters may rule out; codes and several such similarities; any
# tests, those of codes first. From LETTERS on a comparison may stay open.
CODES, NUMBERS, TESTS, LETTERS, SIMILARITIES, CHARACTERS = range(6)
LOOSEST_UNIT = 1e-6
TIE = 1e-12  # a similarity on its limit is over it, whatever the last bit
# Where a level would stand: not told yet; told in an earlier round; no similarity can be what is asked.
UNTOLD, SETTLED, RULED_OUT = -1, -2, -3


def limit_to_the_bit(limit: float) -> float:
    """Return the limit from which the kernel, taking TIE away, gets exactly this one."""
    near = limit + TIE
    while near - TIE < limit:
        near = np.nextafter(near, np.inf)
    while near - TIE > limit:
        near = np.nextafter(near, -np.inf)
    return float(near)


@kernel
def text_similarity(operation, x, y, floor, chars, text):  # type: ignore[no-untyped-def]
    """Return the value that a test of strings compares with its limit; x and y are positions among the texts.

    Greater is more alike for Jaro-Winkler; smaller is nearer for the others. `floor` is the loosest limit that anybody
    asks of this value: past it the value need only be past it.
    """
    a, la, b, lb = text[x, 0], text[x, 1], text[y, 0], text[y, 1]
    if operation == JARO_WINKLER:
        return jaro_winkler(chars, a, la, b, lb, floor)
    if operation == LEVENSHTEIN:
        return float(levenshtein(chars, a, la, b, lb, int(floor + 0.5)))
    if operation == DAMERAU:
        return float(damerau(chars, a, la, b, lb, int(floor + 0.5)))
    return 0.0 if starts_with(chars, a, la, b, lb) else 1.0


@kernel
def dice(x, y, words, numbers, filters):  # type: ignore[no-untyped-def]
    """Return twice the common bits over all bits of two filters; their popcounts stand among the numbers."""
    common = 0
    for k in range(words):
        common += ones_in(filters[x * words + k] & filters[y * words + k])
    total = numbers[x] + numbers[y]
    return 2.0 * common / total if total else 0.0


@kernel
def number_distance(operation, a, b):  # type: ignore[no-untyped-def]
    """Return how far two packed dates, packed values or numbers are apart, as the operation measures it."""
    if operation == DATE_DIGITS:
        return float(digits_apart(a, b))
    if operation == CHANGED:
        return float(characters_apart(a, b))
    if operation == EDITED:
        return float(edits_apart(a, b))
    if operation == DATE_SWAPPED:
        return 0.0 if swapped(a, b) else 1.0
    if operation == DATE_DAYS:
        if day_of(a) == NO_DAY or day_of(b) == NO_DAY:
            return np.inf
        return float(abs(day_of(a) - day_of(b)))
    apart = float(abs(a - b))
    if operation == NUMBER_SHARE:
        most = float(max(abs(a), abs(b)))
        return apart / most if most else 0.0
    return apart


@kernel
def within_days(a, b, limit, here, found):  # type: ignore[no-untyped-def]
    """Write the level `here` where two packed dates are at most `limit` days apart."""
    for k in range(len(found)):
        day_a, day_b = day_of(a[k]), day_of(b[k])
        known = (day_a != NO_DAY) & (day_b != NO_DAY)
        found[k] = here if known & (abs(day_a - day_b) <= limit) else found[k]


@kernel
def within_reach(operation, a, b, limit, here, found):  # type: ignore[no-untyped-def]
    """Write the level `here` where two numbers are at most `limit` apart; a loop for each of the usual measures."""
    if operation == DATE_DAYS:
        within_days(a, b, limit, here, found)
    elif operation == NUMBER:
        for k in range(len(found)):
            found[k] = here if abs(a[k] - b[k]) <= limit else found[k]
    elif operation == CHANGED:
        for k in range(len(found)):
            found[k] = here if characters_apart(a[k], b[k]) <= limit else found[k]
    else:
        for k in range(len(found)):
            found[k] = here if number_distance(operation, a[k], b[k]) <= limit else found[k]


@kernel
def ruled_out_by_letters(operation, floor, x, y, text):  # type: ignore[no-untyped-def]
    """Tell whether lengths, letters and first characters alone keep a similarity from its loosest limit."""
    la, lb, letters_a, letters_b = text[x, 1], text[y, 1], text[x, 2], text[y, 2]
    if operation == STARTS_WITH:
        return min(la, lb) == 0 or common_start(text[x, 3], text[y, 3], la, lb) < min(4, la, lb)
    if operation == JARO_WINKLER:
        return floor > SAFE + jaro_winkler_bound(la, lb, letters_a, letters_b, text[x, 3], text[y, 3])
    if operation in (LEVENSHTEIN, DAMERAU):
        edits = max(letters_only_in(letters_a, letters_b), letters_only_in(letters_b, letters_a), abs(la - lb))
        return edits > floor
    return False


@kernel
def level_of(cheap, first, end, i, j, table, evidence):  # type: ignore[no-untyped-def]
    """Return the level of one comparison of one pair: the first test that holds from the top down, 1 if none does.

    Tests marked T_AND hold only together with the next. Tests of one operation on the same columns that are tried one
    after the other share one similarity, and a similarity is not worked out where letters alone rule it out.

    Args:
        cheap: give up with UNTOLD where only a walk through the characters could tell.
    """
    _, tests, limits, chars, text, numbers, filters = evidence
    known = -1
    value = 0.0
    t = first
    while t < end:
        operation, left, right = tests[t, T_OPERATION], tests[t, T_LEFT], tests[t, T_RIGHT]
        x, y = table[left, i], table[right, j]
        if operation == EXACT:
            true = x >= 0 and x == y
        elif operation == CROSSED:
            p, q = table[right, i], table[left, j]
            true = (x >= 0 and x == y) or (p >= 0 and p == q)
        elif operation == FILLED:
            true = x >= 0 and y >= 0
        elif x < 0 or y < 0:
            true = False
        elif DATE_SWAPPED <= operation <= NUMBER_SHARE:
            a, b = numbers[x + tests[t, T_POOL_LEFT]], numbers[y + tests[t, T_POOL_RIGHT]]
            true = number_distance(operation, a, b) <= limits[t]
        else:
            px, py = x + tests[t, T_POOL_LEFT], y + tests[t, T_POOL_RIGHT]
            new = known < 0 or tests[known, T_OPERATION] != operation
            if new or tests[known, T_LEFT] != left or tests[known, T_RIGHT] != right:
                known = t
                floor = tests[t, T_LOOSEST] * LOOSEST_UNIT
                if operation == DICE:
                    value = dice(px, py, tests[t, T_WORDS], numbers, filters)
                elif ruled_out_by_letters(operation, floor, px, py, text):
                    value = -1.0 if operation == JARO_WINKLER else np.inf
                elif cheap:
                    return UNTOLD
                else:
                    value = text_similarity(operation, px, py, floor, chars, text)
            if operation in (JARO_WINKLER, DICE):
                true = value >= limits[t] - TIE
            else:
                true = value <= limits[t]
        if tests[t, T_NOT]:
            true = not true and ((x >= 0 and y >= 0) or operation == FILLED)
        if true and not tests[t, T_AND]:
            return tests[t, T_LEVEL]
        if not true:
            while tests[t, T_AND]:
                t += 1
        t += 1
    return 1
