"""The one pair kernel, with two entry points: count agreement patterns, and score and emit.

A model reaches it as data, so nothing is recompiled for another model:

* `table` int32[records in block order, columns]: codes, -1 = null, a block is a run of rows;
* `plan` int32[comparisons, PLAN_WIDTH]: which tests make a comparison, its radix, where its weights stand;
* `tests` int32[tests, TEST_WIDTH] and `limits` float64[tests]: what to try, from the top level down;
* `pools`: distinct values behind the codes: characters, starts and lengths, letter sets, numbers, filter words.

Weights are fixed point. The running sum is an upper bound at every step and the exact weight at the end: a pair is
dropped at the first step at which it cannot reach the floor.
"""

from __future__ import annotations

import numpy as np

from totalplace.compiled import kernel
from totalplace.linkage.dates import NO_DAY, day_of, digits_apart, swapped
from totalplace.linkage.strings import SAFE, damerau, jaro_winkler, jaro_winkler_bound, levenshtein, starts_with

EXACT, JARO_WINKLER, LEVENSHTEIN, DAMERAU, STARTS_WITH = 0, 1, 2, 3, 4
DATE_SWAPPED, DATE_DIGITS, DATE_DAYS, NUMBER, NUMBER_SHARE, DICE, CROSSED = 5, 6, 7, 8, 9, 10, 11
# plan: column that decides null, first test, end of tests, radix, starts a term, where its term's bounds stand, has TF,
# first level is the column's equality, last comparison of its term, stride in its term's bounds
P_COLUMN, P_FIRST, P_END, P_RADIX, P_STARTS, P_WEIGHTS, P_TF, P_EXACT, P_LAST, P_STRIDE = range(10)
PLAN_WIDTH = 10
# tests: operation, left column, right column, level if true, all of this and the next, pool offsets of the columns,
# words of a filter, loosest limit among neighbouring tests of the same similarity (in millionths)
T_OPERATION, T_LEFT, T_RIGHT, T_LEVEL, T_AND, T_POOL_LEFT, T_POOL_RIGHT, T_WORDS, T_LOOSEST = range(9)
TEST_WIDTH = 9
TF_UNIT = 256
LOOSEST_UNIT = 1e-6
TIE = 1e-12  # a similarity on its limit is over it, whatever the last bit


@kernel
def similarity(operation, x, y, words, floor, chars, text, numbers, filters):  # type: ignore[no-untyped-def]
    """Return the value that a test of strings or filters compares with its limit; x and y are positions in the pool.

    Greater is more alike for Jaro-Winkler and Dice; smaller is nearer for the others. `floor` is the loosest limit
    that anybody asks of this value: past it the value need only be past it.
    """
    if operation == DICE:
        common = 0
        for k in range(words):
            word = filters[x * words + k] & filters[y * words + k]
            while word:
                word &= word - np.uint64(1)
                common += 1
        total = numbers[x] + numbers[y]
        return 2.0 * common / total if total else 0.0
    a, la, b, lb = text[x, 0], text[x, 1], text[y, 0], text[y, 1]
    if operation == JARO_WINKLER:
        return jaro_winkler(chars, a, la, b, lb)
    if operation == LEVENSHTEIN:
        return float(levenshtein(chars, a, la, b, lb, int(floor + 0.5)))
    if operation == DAMERAU:
        return float(damerau(chars, a, la, b, lb, int(floor + 0.5)))
    return 0.0 if starts_with(chars, a, la, b, lb) else 1.0


@kernel
def number_distance(operation, a, b):  # type: ignore[no-untyped-def]
    """Return how far two packed dates or numbers are apart, as the operation measures it."""
    if operation == DATE_DIGITS:
        return float(digits_apart(a, b))
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
def level_of(cheap, first, end, i, j, table, tests, limits, chars, text, numbers, filters):  # type: ignore[no-untyped-def]
    """Return the level of one comparison: the first test that holds from the top down, 1 if none does.

    Tests marked T_AND hold only together with the next. Neighbouring tests of one operation on the same columns
    share one similarity, and Jaro-Winkler is not worked out where letters alone rule it out.

    Args:
        cheap: give up with -1 where only a walk through the characters could tell.
    """
    known = -1
    value = 0.0
    t = first
    while t < end:
        operation, left, right = tests[t, T_OPERATION], tests[t, T_LEFT], tests[t, T_RIGHT]
        x, y = table[i, left], table[j, right]
        if operation == EXACT:
            true = x >= 0 and x == y
        elif operation == CROSSED:
            p, q = table[i, right], table[j, left]
            true = (x >= 0 and x == y) or (p >= 0 and p == q)
        elif x < 0 or y < 0:
            true = False
        elif DATE_SWAPPED <= operation <= NUMBER_SHARE:
            a, b = numbers[x + tests[t, T_POOL_LEFT]], numbers[y + tests[t, T_POOL_RIGHT]]
            true = number_distance(operation, a, b) <= limits[t]
        else:
            new = known < 0 or tests[known, T_OPERATION] != operation
            if new or tests[known, T_LEFT] != left or tests[known, T_RIGHT] != right:
                known = t
                px, py = x + tests[t, T_POOL_LEFT], y + tests[t, T_POOL_RIGHT]
                floor = tests[t, T_LOOSEST] * LOOSEST_UNIT
                if operation == JARO_WINKLER and floor > SAFE + jaro_winkler_bound(
                    chars, text[px, 0], text[px, 1], text[py, 0], text[py, 1], text[px, 2], text[py, 2]
                ):
                    value = 0.0
                elif cheap:
                    return -1
                else:
                    value = similarity(operation, px, py, tests[t, T_WORDS], floor, chars, text, numbers, filters)
            if operation in (JARO_WINKLER, DICE):
                true = value >= limits[t] - TIE
            else:
                true = value <= limits[t]
        if true and not tests[t, T_AND]:
            return tests[t, T_LEVEL]
        if not true:
            while tests[t, T_AND]:
                t += 1
        t += 1
    return 1


@kernel
def may_meet(i, j, table, earlier, source, allowed):  # type: ignore[no-untyped-def]
    """Tell whether the two rows are to be compared now: no earlier rule makes the pair, and their agencies may."""
    for k in range(len(earlier)):
        p = earlier[k]
        if table[i, p] == table[j, p] and table[i, p] >= 0:
            return False
    return bool(allowed[table[i, source], table[j, source]])


@kernel
def count_patterns(  # type: ignore[no-untyped-def]
    table, stop, a, b, step, seed, earlier, source, allowed, plan, tests, limits, chars, text, numbers, filters
):
    """Count agreement patterns of the pairs (i, j), a <= i < b, i < j <= stop[i].

    Args:
        step: compare one in about `step` pairs, drawn evenly and by `seed`; 1 = every pair.
        earlier: columns of `table` whose equality says that an earlier rule makes the pair.

    Returns:
        keys int64[k] of patterns (mixed radix, first comparison most significant), counts int64[k], pairs seen.
    """
    size = 1024
    keys = np.full(size, -1, np.int64)
    counts = np.zeros(size, np.int64)
    filled = 0
    seen = 0
    for i in range(a, b):
        state = np.uint64(i + 1) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(seed)
        j = i
        while True:
            if step > 1:
                state ^= state >> np.uint64(12)
                state ^= state << np.uint64(25)
                state ^= state >> np.uint64(27)
                j += 1 + int((state * np.uint64(2685821657736338717) >> np.uint64(33)) % np.uint64(2 * step - 1))
            else:
                j += 1
            if j > stop[i]:
                break
            if not may_meet(i, j, table, earlier, source, allowed):
                continue
            seen += 1
            pattern = np.int64(0)
            for c in range(len(plan)):
                x, y = table[i, plan[c, P_COLUMN]], table[j, plan[c, P_COLUMN]]
                if x < 0 or y < 0:
                    level = 0
                elif x == y and plan[c, P_EXACT]:
                    level = plan[c, P_RADIX] - 1
                else:
                    level = level_of(
                        False,
                        plan[c, P_FIRST],
                        plan[c, P_END],
                        i,
                        j,
                        table,
                        tests,
                        limits,
                        chars,
                        text,
                        numbers,
                        filters,
                    )
                pattern = pattern * plan[c, P_RADIX] + level
            h = (np.uint64(pattern) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(20)) & np.uint64(size - 1)
            while keys[h] != pattern and keys[h] >= 0:
                h = (h + np.uint64(1)) & np.uint64(size - 1)
            if keys[h] < 0:
                keys[h] = pattern
                filled += 1
            counts[h] += 1
            if 2 * filled > size:
                old_keys, old_counts = keys, counts
                size *= 4
                keys = np.full(size, -1, np.int64)
                counts = np.zeros(size, np.int64)
                for k in range(len(old_keys)):
                    if old_keys[k] >= 0:
                        h = (np.uint64(old_keys[k]) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(20)) & np.uint64(
                            size - 1
                        )
                        while keys[h] >= 0:
                            h = (h + np.uint64(1)) & np.uint64(size - 1)
                        keys[h] = old_keys[k]
                        counts[h] = old_counts[k]
    used = keys >= 0
    return keys[used], counts[used], seen


@kernel
def score_pairs(  # type: ignore[no-untyped-def]
    table, rows, stop, a, b, earlier, source, allowed, plan, tests, limits, chars, text, numbers, filters,
    base, bounds, tf_shares, tf, tf_at, floor,
):  # fmt: skip
    """Score the pairs (i, j), a <= i < b, i < j <= stop[i], and keep those whose weight is at least `floor`.

    A first look takes what codes tell at once: null, equal, or not equal and so below the first level. Only while
    the best that is still possible reaches the floor are the open comparisons resolved, the cheapest first.

    Args:
        base: int64, the prior's weight.
        bounds: int64, per term a table over its comparisons' states: levels, then "open" (not equal); a cell with an
            open comparison holds the best of the cells that it may become.
        tf_shares: int32[comparisons, levels]: share of the term frequency adjustment in 1/256.
        tf: int64, per comparison and code how far its adjustment stays below the greatest one; >= 0.
        tf_at: int64[comparisons], where the codes of a comparison start in `tf`.

    Returns:
        left, right int32[k] (record numbers, left < right), weight int64[k], pattern int64[k], pairs seen.
    """
    room = 1024
    left, right = np.empty(room, np.int32), np.empty(room, np.int32)
    weight, patterns = np.empty(room, np.int64), np.empty(room, np.int64)
    count = len(plan)
    state = np.zeros(count, np.int64)
    cell = np.zeros(count, np.int64)  # of its term, kept at the term's last comparison
    kept = 0
    seen = 0
    for i in range(a, b):
        for j in range(i + 1, stop[i] + 1):
            if not may_meet(i, j, table, earlier, source, allowed):
                continue
            seen += 1
            total = base
            unknown = 0
            at = 0
            for c in range(count):
                column = plan[c, P_COLUMN]
                x, y = table[i, column], table[j, column]
                if x < 0 or y < 0:
                    now = 0
                elif x == y and plan[c, P_EXACT]:
                    now = plan[c, P_RADIX] - 1
                    if plan[c, P_TF]:
                        total -= (tf[tf_at[c] + x] * tf_shares[c, now]) >> 8
                elif plan[c, P_RADIX] == 2 + plan[c, P_EXACT] and plan[c, P_EXACT]:
                    now = 1
                else:
                    now = plan[c, P_RADIX]
                    unknown += 1
                state[c] = now
                at = now if plan[c, P_STARTS] else at * (plan[c, P_RADIX] + 1) + now
                if plan[c, P_LAST] == c:
                    cell[c] = plan[c, P_WEIGHTS] + at
                    total += bounds[cell[c]]
            if total < floor:
                continue
            for sweep in range(2):  # characters only when everything else has had its say
                if not unknown:
                    break
                for c in range(count):
                    if state[c] < plan[c, P_RADIX]:
                        continue
                    level = level_of(
                        sweep == 0, plan[c, P_FIRST], plan[c, P_END], i, j, table, tests, limits,
                        chars, text, numbers, filters,
                    )  # fmt: skip
                    if level < 0:
                        continue
                    last = plan[c, P_LAST]
                    total -= bounds[cell[last]]
                    cell[last] += (level - state[c]) * plan[c, P_STRIDE]
                    total += bounds[cell[last]]
                    state[c] = level
                    unknown -= 1
                    if plan[c, P_TF] and tf_shares[c, level]:
                        column = plan[c, P_COLUMN]
                        greatest = max(tf[tf_at[c] + table[i, column]], tf[tf_at[c] + table[j, column]])
                        total -= (greatest * tf_shares[c, level]) >> 8
                    if total < floor:
                        break
                if total < floor:
                    break
            if total < floor:
                continue
            pattern = np.int64(0)
            for c in range(count):
                pattern = pattern * plan[c, P_RADIX] + state[c]
            if kept == room:
                room *= 2
                left, right = _grown(left, room), _grown(right, room)
                weight, patterns = _grown(weight, room), _grown(patterns, room)
            left[kept], right[kept] = min(rows[i], rows[j]), max(rows[i], rows[j])
            weight[kept], patterns[kept] = total, pattern
            kept += 1
    return left[:kept].copy(), right[:kept].copy(), weight[:kept].copy(), patterns[:kept].copy(), seen


@kernel
def _grown(values, room):  # type: ignore[no-untyped-def]
    wider = np.empty(room, values.dtype)
    wider[: len(values)] = values
    return wider
