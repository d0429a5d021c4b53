"""The attackers who hold a list of values and no key, each a function: codes and list in, a guess per code out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from totalplace.attack.evidence import NOTHING, Codes, ValueList
from totalplace.attack.matching import calibrated_matching, naive_matching
from totalplace.attack.mining import mine_patterns

Attacker = Callable[[Codes, ValueList, np.random.Generator], np.ndarray]


def align_ranks(codes: Codes, listed: ValueList, chance: np.random.Generator) -> np.ndarray:
    """A1: guess that the k-th most frequent code is the k-th most frequent value of the list.

    Ties fall as the codes and the values lie, which has nothing to do with each other.
    """
    guess = np.full(len(codes.records), NOTHING, dtype=np.int64)
    by_code = np.argsort(-codes.records, kind="stable")
    by_value = np.argsort(-listed.records, kind="stable")
    size = min(len(by_code), len(by_value))
    guess[by_code[:size]] = by_value[:size]
    return guess


def align_lone_ranks(codes: Codes, listed: ValueList, chance: np.random.Generator) -> np.ndarray:
    """A1 without guesses: claim only where neither the code nor the value shares its frequency with another."""
    guess = align_ranks(codes, listed, chance)
    lone_code, lone_value = (_lone(counts) for counts in (codes.records, listed.records))
    kept = (guess != NOTHING) & lone_code & lone_value[guess]
    return np.where(kept, guess, NOTHING)


def _lone(counts: np.ndarray) -> np.ndarray:
    """Return which numbers occur once."""
    _, inverse, times = np.unique(counts, return_inverse=True, return_counts=True)
    return times[inverse] == 1


ATTACKERS: dict[str, Attacker] = {
    "A1": align_ranks,
    "A2": mine_patterns,
    "A3 naive": naive_matching,
    "A3": calibrated_matching,
}
