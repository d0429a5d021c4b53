"""The one pair kernel, with two entry points: count agreement patterns, and score and emit.

No table of candidate pairs exists. Pairs are taken from the blocks a batch at a time; a batch goes through the
comparisons one by one (`levels`), and a pair leaves it at the first comparison at which it cannot reach the floor any
more. Weights are fixed point. The running sum is an upper bound at every step and the exact weight at the end.
"""

from __future__ import annotations

import numpy as np

from totalplace.compiled import kernel
from totalplace.linkage.levels import (
    CHARACTERS,
    LETTERS,
    P_LAST,
    P_RADIX,
    P_SHIFT,
    P_STARTS,
    P_STRIDE,
    P_TF,
    P_WAY,
    P_WEIGHTS,
    SETTLED,
    UNTOLD,
)
from totalplace.linkage.looking import first_look, look_at_letters, settle

BATCH = 1024


@kernel
def _that_may_meet(i, right, begin, end, table, earlier, source, allowed):  # type: ignore[no-untyped-def]
    """Close right[begin:end] up over partners that i is not to meet now; return where they end.

    A pair that an earlier rule makes has been compared already; two agencies may be compared if `allowed` says so.
    """
    for e in earlier:
        mine = table[e, i]
        if mine >= 0:
            kept = begin
            for k in range(begin, end):
                right[kept] = right[k]
                kept += table[e, right[k]] != mine
            end = kept
    if source >= 0:
        mine, kept = table[source, i], begin
        for k in range(begin, end):
            right[kept] = right[k]
            kept += allowed[mine, table[source, right[k]]] != 0
        end = kept
    return end


@kernel
def _random_partners(j, last, state, step, right, begin):  # type: ignore[no-untyped-def]
    """Write partners after j, one in about `step`, up to `last`; return where they end, the new j and state."""
    end = begin
    while j < last and end < len(right):
        state ^= state >> np.uint64(12)
        state ^= state << np.uint64(25)
        state ^= state >> np.uint64(27)
        j += 1 + int((state * np.uint64(2685821657736338717) >> np.uint64(33)) % np.uint64(2 * step - 1))
        if j <= last:
            right[end] = j
            end += 1
    return end, j, state


@kernel
def next_batch(i, j, state, b, stop, step, seed, table, earlier, source, allowed, left, right):  # type: ignore[no-untyped-def]
    """Fill a batch with pairs (i, j), i < b, i < j <= stop[i], that may meet, going on after the pair (i, j).

    Args:
        state: of the random steps through the block of i; 0 = not begun.
        step: take one in about `step` pairs, drawn evenly and by `seed`; 1 = every pair.
        source: column of `table` that holds the agency; -1 = every two may meet.
        left, right: int32[BATCH], written.

    Returns:
        Pairs in the batch, and i, j, state to go on from; i = b: the slice is done.
    """
    count = 0
    while i < b and count < len(right):
        last = stop[i]
        if step == 1:
            end = min(len(right), count + last - j)
            for k in range(count, end):
                right[k] = j + 1 + k - count
            j += end - count
        else:
            if state == 0:
                state = np.uint64(i + 1) * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(seed)
            end, j, state = _random_partners(j, last, state, step, right, count)
        end = _that_may_meet(i, right, count, end, table, earlier, source, allowed)
        for k in range(count, end):
            left[k] = i
        count = end
        if j >= last:
            i += 1
            j = i
            state = np.uint64(0)
    return count, i, j, state


@kernel
def _place_of(pattern, keys):  # type: ignore[no-untyped-def]
    """Return where a pattern stands in the open-addressed table, or where it may be put."""
    last = np.uint64(len(keys) - 1)
    at = (np.uint64(pattern) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(20)) & last
    while keys[at] != pattern and keys[at] >= 0:
        at = (at + np.uint64(1)) & last
    return at


@kernel
def count_patterns(a, b, stop, step, seed, table, earlier, source, allowed, evidence):  # type: ignore[no-untyped-def]
    """Count agreement patterns of the pairs (i, j), a <= i < b, i < j <= stop[i].

    Args:
        step: compare one in about `step` pairs, drawn evenly and by `seed`; 1 = every pair.
        earlier: columns of `table` whose equality says that an earlier rule makes the pair.
        source: column of `table` that holds the agency, -1 = every two may meet; `allowed` uint8[agencies, agencies].
        evidence: the model (see `levels`).

    Returns:
        keys int64[k] of patterns (mixed radix, first comparison most significant), counts int64[k], pairs seen.
    """
    plan = evidence[0]
    keys, counts = np.full(1024, -1, np.int64), np.zeros(1024, np.int64)
    left, right, level = np.empty(BATCH, np.int32), np.empty(BATCH, np.int32), np.empty(BATCH, np.int32)
    pattern = np.empty(BATCH, np.int64)
    filled, seen, i, j, state = 0, 0, a, a, np.uint64(0)
    while True:
        count, i, j, state = next_batch(
            i, j, state, b, stop, step, seed, table, earlier, source, allowed, left, right
        )  # fmt: skip
        if count == 0 and i >= b:
            break
        seen += count
        pattern[:count] = 0
        for c in range(len(plan)):
            first_look(c, left, right, count, table, evidence, level)
            if plan[c, P_WAY] >= LETTERS:
                if plan[c, P_WAY] != CHARACTERS:  # which are gone through pair by pair both times
                    look_at_letters(c, left, right, count, table, evidence, level)
                settle(c, left, right, count, table, evidence, level)
            for k in range(count):
                pattern[k] = pattern[k] * plan[c, P_RADIX] + level[k]
        for k in range(count):
            at = _place_of(pattern[k], keys)
            if keys[at] < 0:
                keys[at] = pattern[k]
                filled += 1
            counts[at] += 1
            if 2 * filled > len(keys):
                keys, counts = _rehashed(keys, counts)
    used = keys >= 0
    return keys[used], counts[used], seen


@kernel
def _rehashed(keys, counts):  # type: ignore[no-untyped-def]
    """Return the table of patterns four times as wide."""
    wider, moved = np.full(4 * len(keys), -1, np.int64), np.zeros(4 * len(keys), np.int64)
    for k in range(len(keys)):
        if keys[k] >= 0:
            at = _place_of(keys[k], wider)
            wider[at], moved[at] = keys[k], counts[k]
    return wider, moved


@kernel
def _tf_shortfall(c, level, i, j, table, tf, tf_at, tf_columns):  # type: ignore[no-untyped-def]
    """Return how far the term frequency adjustment of a pair stays below the level's greatest, which the bounds hold.

    Of two values that differ the more frequent one counts, and of two of which one is missing the other, as Splink
    does it; an entry before a level's first code stands for two that are missing.
    """
    codes, start = table[tf_columns[c, level]], tf_at[c, level]
    x, y = codes[i], codes[j]
    if x < 0 or y < 0:
        x = y = max(x, y)
    return max(tf[start + x], tf[start + y])


@kernel
def _weigh(c, left, right, count, level, plan, worth, floor, total, code, cell):  # type: ignore[no-untyped-def]
    """Add what the levels of a comparison say; at the end of a term drop what cannot reach the floor any more.

    Without a branch in the loop: which pairs stay is a coin toss that no processor can foresee.
    """
    _, best, bounds, _, _, _ = worth
    radix, begins, last = plan[c, P_RADIX], plan[c, P_STARTS], plan[c, P_LAST] == c
    start, least, shift = plan[c, P_WEIGHTS], best[c], plan[c, P_SHIFT]
    if not last:
        for k in range(count):
            state = radix if level[k] == UNTOLD else level[k]
            code[k] |= np.int64(state) << shift
            cell[k] = state if begins else cell[k] * (radix + 1) + state
        return count
    kept = 0
    for k in range(count):
        state = radix if level[k] == UNTOLD else level[k]
        at = state if begins else cell[k] * (radix + 1) + state
        weight = total[k] + bounds[start + at] - least
        left[kept], right[kept], total[kept], code[kept] = left[k], right[k], weight, code[k] | np.int64(state) << shift
        kept += weight >= floor
    return kept


@kernel
def _first_round(left, right, count, table, evidence, worth, floor, total, code, level, cell):  # type: ignore[no-untyped-def]
    """Look at every comparison once; return how many pairs may still reach the floor.

    Args:
        total: int64[BATCH], written: upper bounds of the weights.
        code: int64[BATCH], written: states of the comparisons: levels, or the radix where one is open.
        level, cell: int32[BATCH], scratch.
    """
    plan = evidence[0]
    ceiling, _, _, tf_columns, tf, tf_at = worth
    total[:count] = ceiling
    code[:count] = 0
    for c in range(len(plan)):
        first_look(c, left, right, count, table, evidence, level)
        if plan[c, P_TF]:
            for k in range(count):
                if level[k] > 0 and tf_at[c, level[k]]:
                    total[k] -= _tf_shortfall(c, level[k], left[k], right[k], table, tf, tf_at, tf_columns)
        count = _weigh(c, left, right, count, level, plan, worth, floor, total, code, cell)
    return count


@kernel
def _bits(c, plan):  # type: ignore[no-untyped-def]
    """Return the bits that hold the state of a comparison in the code of a pair; see `compare.state_bits`."""
    width = 0
    while 1 << width <= plan[c, P_RADIX]:
        width += 1
    return np.int64((1 << width) - 1) << plan[c, P_SHIFT]


@kernel
def _state(code, c, plan):  # type: ignore[no-untyped-def]
    """Return the state of a comparison in the code of a pair."""
    return (code & _bits(c, plan)) >> plan[c, P_SHIFT]


@kernel
def _bound(code, c, plan, bounds):  # type: ignore[no-untyped-def]
    """Return what the states of the term that ends with comparison c are worth at best."""
    at = plan[c, P_WEIGHTS] + _state(code, c, plan) * plan[c, P_STRIDE]
    while not plan[c, P_STARTS]:
        c -= 1
        at += _state(code, c, plan) * plan[c, P_STRIDE]
    return bounds[at]


@kernel
def _reweigh(c, left, right, count, table, plan, worth, floor, total, code, level):  # type: ignore[no-untyped-def]
    """Put levels told meanwhile in the place of open states; return how many pairs may still reach the floor.

    Args:
        level: int32, levels told in this round; UNTOLD or SETTLED = nothing new.
    """
    _, _, bounds, tf_columns, tf, tf_at = worth
    radix, last, shift = plan[c, P_RADIX], plan[c, P_LAST], plan[c, P_SHIFT]
    alone, start = plan[c, P_STARTS] and last == c, plan[c, P_WEIGHTS]
    kept = 0
    for k in range(count):
        weight, now = total[k], code[k]
        if level[k] >= 0:
            changed = now + (np.int64(level[k] - radix) << shift)
            if alone:
                weight += bounds[start + level[k]] - bounds[start + radix]
            else:
                weight += _bound(changed, last, plan, bounds) - _bound(now, last, plan, bounds)
            if plan[c, P_TF] and level[k] > 0 and tf_at[c, level[k]]:
                weight -= _tf_shortfall(c, level[k], left[k], right[k], table, tf, tf_at, tf_columns)
            now = changed
        left[kept], right[kept], total[kept], code[kept] = left[k], right[k], weight, now
        kept += weight >= floor
    return kept


@kernel
def _later_round(left, right, count, table, evidence, worth, floor, total, code, level, walk):  # type: ignore[no-untyped-def]
    """Look at open comparisons again, the cheapest first; return how many pairs may still reach the floor.

    Args:
        level: int32[BATCH], scratch.
        walk: go through the characters and settle them; otherwise see what letters rule out.
    """
    plan = evidence[0]
    for c in range(len(plan)):
        if count == 0 or plan[c, P_WAY] < LETTERS:
            continue
        bits = _bits(c, plan)
        open_state = np.int64(plan[c, P_RADIX]) << plan[c, P_SHIFT]
        for k in range(count):
            level[k] = UNTOLD if code[k] & bits == open_state else SETTLED
        if walk:
            settle(c, left, right, count, table, evidence, level)
        else:
            look_at_letters(c, left, right, count, table, evidence, level)
        count = _reweigh(c, left, right, count, table, plan, worth, floor, total, code, level)
    return count


@kernel
def _grown(values, room):  # type: ignore[no-untyped-def]
    wider = np.empty(room, values.dtype)
    for k in range(len(values)):
        wider[k] = values[k]
    return wider


@kernel
def score_pairs(a, b, rows, stop, table, earlier, source, allowed, evidence, worth, floor):  # type: ignore[no-untyped-def]
    """Score the pairs (i, j), a <= i < b, i < j <= stop[i], and keep those whose weight is at least `floor`.

    A first round takes what codes and numbers tell, a second what letters rule out. Only while the best that is still
    possible reaches the floor are the characters of the open comparisons walked through, the cheapest first.

    Args:
        rows: int32, record numbers of the positions.
        earlier, source, allowed, evidence: as for `count_patterns`.
        worth: tuple of
            ceiling: int64, the prior's weight and every term's best: where the upper bound of each pair begins;
            best: int64[comparisons], the greatest of a term's bounds, at the term's last comparison;
            bounds: int64, per term a table over its comparisons' states: levels, then "open"; a cell with an open
            comparison holds the best of the cells that it may become;
            tf_columns: int32[comparisons, levels], column of `table` whose values' frequencies adjust a level;
            tf: int64, per adjusted level and code how far the adjustment stays below the level's greatest, >= 0;
            tf_at: int64[comparisons, levels], where the codes of a level start in `tf`; 0 = no adjustment.

    Returns:
        left, right int32[k] (record numbers, left < right), weight int64[k], states int64[k], pairs seen.
    """
    room, kept, seen = 1024, 0, 0
    out_left, out_right = np.empty(room, np.int32), np.empty(room, np.int32)
    weight, states = np.empty(room, np.int64), np.empty(room, np.int64)
    left, right = np.empty(BATCH, np.int32), np.empty(BATCH, np.int32)
    level, cell = np.empty(BATCH, np.int32), np.empty(BATCH, np.int32)
    total, code = np.empty(BATCH, np.int64), np.empty(BATCH, np.int64)
    i, j, state = a, a, np.uint64(0)
    while True:
        count, i, j, state = next_batch(i, j, state, b, stop, 1, 0, table, earlier, source, allowed, left, right)
        if count == 0 and i >= b:
            break
        seen += count
        count = _first_round(left, right, count, table, evidence, worth, floor, total, code, level, cell)
        for walk in (False, True):
            count = _later_round(left, right, count, table, evidence, worth, floor, total, code, level, walk)
        if kept + count > room:
            room = 2 * (kept + count)
            out_left, out_right = _grown(out_left, room), _grown(out_right, room)
            weight, states = _grown(weight, room), _grown(states, room)
        for k in range(count):
            x, y = rows[left[k]], rows[right[k]]
            out_left[kept], out_right[kept], weight[kept], states[kept] = min(x, y), max(x, y), total[k], code[k]
            kept += 1
    return out_left[:kept].copy(), out_right[:kept].copy(), weight[:kept].copy(), states[:kept].copy(), seen
