"""How few assessments would have done: the three counts of D1 on sorted arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from totalplace.compiled import kernel

CHOSEN, REPEAT, CONCURRENT = 0, 1, 2


@kernel
def mark_concurrent(series, start, completed, state):  # type: ignore[no-untyped-def]
    """Mark what starts before an earlier kept assessment of its series has completed; sorted by (start, completed)."""
    last = -1
    for i in range(len(series)):
        if last < 0 or series[last] != series[i] or start[i] >= completed[last]:
            last = i
        else:
            state[i] = 2


@kernel
def mark_repeats(series, start, completed, validity, state, anchor):  # type: ignore[no-untyped-def]
    """Choose the least number of assessments from left to right; the rest become repeats of their anchor.

    Concurrent ones are passed over; `anchor` of a concurrent one is the kept one before it.
    """
    chosen = -1
    kept = -1
    for i in range(len(series)):
        if chosen >= 0 and series[chosen] != series[i]:
            chosen = -1
        if state[i] == 2:
            anchor[i] = kept
            continue
        kept = i
        if chosen >= 0 and start[i] - completed[chosen] <= validity[i]:
            state[i] = 1
            anchor[i] = chosen
        else:
            state[i] = 0
            anchor[i] = i
            chosen = i


@kernel
def count_chain_and_pairs(series, start, completed, validity, state):  # type: ignore[no-untyped-def]
    """Return (chain, pairs) over all series, concurrent ones left out."""
    n = len(series)
    kept = np.empty(n, np.int64)
    m = 0
    for i in range(n):
        if state[i] != 2:
            kept[m] = i
            m += 1
    chain = 0
    pairs = 0
    j = 0
    for k in range(m):
        i = kept[k]
        j = max(j, k + 1)
        while j < m and series[kept[j]] == series[i] and start[kept[j]] - completed[i] <= validity[i]:
            j += 1
        pairs += j - k - 1
        chain += 1 if j > k + 1 else 0
    return chain, pairs


def _sorted(spans: Sequence[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ordered = sorted(spans)
    start = np.array([s for s, _ in ordered], np.int64)
    return np.zeros(len(ordered), np.int64), start, np.array([c for _, c in ordered], np.int64)


def three_counts(spans: Sequence[tuple[int, int]], validity_days: int) -> dict[str, int]:
    """Return avoidable, chain, pairs, concurrent and eligible of one unit's assessments on one purpose.

    Args:
        spans: (start, completed) of each assessment, in days.
        validity_days: V, from completion of the anchor, inclusive.

    Source: docs/reference/findings.md, D1.
    """
    series, start, completed = _sorted(spans)
    validity, state = np.full(len(series), validity_days, np.int64), np.zeros(len(series), np.int8)
    anchor = np.zeros(len(series), np.int64)
    mark_concurrent(series, start, completed, state)
    mark_repeats(series, start, completed, validity, state, anchor)
    chain, pairs = count_chain_and_pairs(series, start, completed, validity, state)
    concurrent = int((state == CONCURRENT).sum())
    return {
        "avoidable": int((state == REPEAT).sum()),
        "chain": int(chain),
        "pairs": int(pairs),
        "concurrent": concurrent,
        "eligible": len(series) - concurrent,
    }
