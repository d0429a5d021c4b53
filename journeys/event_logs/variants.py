"""Whole ways through any log of events: which journeys went through the same activities in the same order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.arrow_columns import numbers, texts
from totalplace.journeys.event_logs.order import Ordered
from totalplace.journeys.sorting import group_starts
from totalplace.tables import EventLog

ARROW, TOGETHER = " > ", " + "
# Tokens of a way that one word holds when ways are put in order.
PREFIX_BITS = 60
PIECE_TOKENS = 2_000_000


@dataclass(frozen=True)
class _Ways:
    """Distinct ways: `start` and `length` of one journey that went each, and how many `count` did."""

    start: np.ndarray
    length: np.ndarray
    count: np.ndarray


def variant_table(log: EventLog, events: Ordered, top: int = 0) -> tuple[pa.Table, int]:
    """Return variant, count (journeys): most frequent first, then by activities; and how many variants there are.

    Args:
        log: the names.
        events: in order.
        top: how many to list; 0 = all.

    Returns:
        Activities of a way are joined by ` > `, those of one block by ` + `.
    """
    names = len(log.activities)
    token = np.where(events.fresh, events.activity, events.activity + np.int32(names))
    ways = _distinct(token, np.flatnonzero(events.first), 2 * names)
    ranked = _ranked(token, ways, 2 * names)[: top or None]
    spelt = _spelt(log, token, ways.start[ranked], ways.length[ranked])
    return pa.Table.from_arrays([spelt, numbers(ways.count[ranked])], names=["variant", "count"]), len(ways.count)


def _distinct(token: np.ndarray, start: np.ndarray, tokens: int) -> _Ways:
    """Group equal journeys by a hash; then compare each with the one that stands for its group, token by token."""
    if not len(start):
        return _Ways(start, start, start)
    length = np.diff(np.append(start, len(token)))
    journey = np.repeat(np.arange(len(start)), length)
    place = np.arange(len(token)) - start[journey]
    for seed in range(64):
        key = _hashes(token, place, start, tokens, int(length.max()), seed)
        _, chosen, group, count = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
        stands = start[chosen][group]
        same = (length == length[chosen][group]).all()
        if same and (token == token[stands[journey] + place]).all():
            return _Ways(start[chosen], length[chosen], count)
    raise AssertionError("64 hashes in a row brought different ways together")


def _hashes(
    token: np.ndarray, place: np.ndarray, start: np.ndarray, tokens: int, longest: int, seed: int
) -> np.ndarray:
    draw = np.random.default_rng(seed)
    by_token, by_place = (draw.integers(0, 1 << 64, n, np.uint64) | np.uint64(1) for n in (tokens, longest))
    mixed = by_token[token]
    mixed *= by_place[place]
    return np.add.reduceat(mixed, start)


def _ranked(token: np.ndarray, ways: _Ways, tokens: int) -> np.ndarray:
    """Return the order of ways: most frequent first, then by their tokens, a shorter way before its continuations."""
    bits = max(tokens.bit_length(), 1)
    held = PREFIX_BITS // bits
    prefix = np.zeros(len(ways.start), np.int64)
    for at in range(held):
        there = at < ways.length
        prefix <<= bits
        prefix[there] += token[ways.start[there] + at] + 1
    order = np.lexsort((prefix, -ways.count))
    tied = group_starts(ways.count[order], prefix[order])
    many = np.diff(np.append(tied, len(order))) > 1
    for begin, end in zip(tied[many], np.append(tied, len(order))[1:][many], strict=True):
        # Ways that begin alike for so long are few: put them in order one by one.
        part = order[begin:end].tolist()
        part.sort(key=lambda way: token[ways.start[way] : ways.start[way] + ways.length[way]].tolist())
        order[begin:end] = part
    return order


def _spelt(log: EventLog, token: np.ndarray, start: np.ndarray, length: np.ndarray) -> pa.ChunkedArray:
    """Return each way as text, in pieces: one Arrow array of texts holds two gigabytes."""
    names = texts(f"{mark}{name}" for mark in (ARROW, TOGETHER) for name in log.activities)
    cuts = np.searchsorted(np.cumsum(length), np.arange(PIECE_TOKENS, int(length.sum()), PIECE_TOKENS))
    bounds = np.unique(np.concatenate([[0], cuts, [len(start)]]))
    pieces = [_spelt_piece(names, token, start[a:b], length[a:b]) for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
    return pa.chunked_array(pieces, pa.string())


def _spelt_piece(names: pa.Array, token: np.ndarray, start: np.ndarray, length: np.ndarray) -> pa.Array:
    from pyarrow import compute

    ends = np.cumsum(length)
    at = np.arange(ends[-1]) + np.repeat(start - (ends - length), length)
    offsets = numbers(np.concatenate([[0], ends]).astype(np.int32))
    joined = compute.binary_join(pa.ListArray.from_arrays(offsets, names.take(numbers(token[at]))), texts([""])[0])
    return compute.utf8_slice_codeunits(joined, len(ARROW))
