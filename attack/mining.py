"""A2, pattern mining: sets of bits that occur together as often as a frequent gram does are that gram's bits.

Source: Christen, Vidanage, Ranbaduge, Schnell, "Pattern-mining based cryptanalysis of Bloom filters for
privacy-preserving record linkage", PAKDD 2018 (10.1007/978-3-319-93040-4_42); written from its description: the most
frequent gram of the list takes the most frequent set of bits, then both sides are parted by it and each part is mined.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from totalplace.attack.evidence import NOTHING, Codes, ValueList

LEAST_BITS = 6  # of a pattern: fewer set bits meet by chance
LEAST_LEAD = 0.02  # by which the most frequent gram leads the next, as a share of its own weight
TOLERANCE = 0.02  # of a pattern's frequency beside its gram's
LEAST_SHARE = 0.005  # of all records that a part must hold to be mined


@dataclass
class _Mine:
    """Both sides of the attack, and which bits were given to which gram."""

    bits: np.ndarray
    weight: np.ndarray
    holds: np.ndarray
    people: np.ndarray
    patterns: dict[int, np.ndarray] = field(default_factory=dict)


def mine_patterns(codes: Codes, listed: ValueList, _: np.random.Generator) -> np.ndarray:
    """Guess a code's value where one alone in the list agrees with every gram that was found in it, or found absent."""
    mine = _Mine(
        codes.bits, codes.records / codes.records.sum(), listed.incidence, listed.records / listed.records.sum()
    )
    _part(
        mine, np.ones(len(codes.records), bool), np.ones(len(listed.records), bool), np.zeros(mine.holds.shape[1], bool)
    )
    guess = np.full(len(codes.records), NOTHING, dtype=np.int64)
    if not mine.patterns:
        return guess
    grams = sorted(mine.patterns)
    found = np.stack([mine.bits[:, mine.patterns[gram]].all(axis=1) for gram in grams], axis=1)
    known = mine.holds[:, grams]
    for at, row in enumerate(found):
        fits = np.flatnonzero((known == row).all(axis=1))
        if len(fits) == 1:
            guess[at] = fits[0]
    return guess


def _part(mine: _Mine, rows: np.ndarray, values: np.ndarray, done: np.ndarray) -> None:
    """Find the bits of the most frequent gram of a part, then mine what holds it and what does not."""
    if mine.weight[rows].sum() < LEAST_SHARE or rows.sum() < 2:
        return
    often = mine.people[values] @ mine.holds[values]
    often[done] = 0
    gram, next_one = np.argsort(-often)[:2] if len(often) > 1 else (0, 0)
    if often[gram] < LEAST_SHARE or often[gram] - often[next_one] < LEAST_LEAD * often[gram]:
        return
    share = often[gram] / mine.people[values].sum()
    pattern = mine.patterns.get(int(gram))
    if pattern is None:
        pattern = _frequent_set(mine.bits[rows], mine.weight[rows] / mine.weight[rows].sum(), share)
        if len(pattern) < LEAST_BITS:
            return
        mine.patterns[int(gram)] = pattern
    done = done.copy()
    done[gram] = True
    has, holds = mine.bits[:, pattern].all(axis=1), mine.holds[:, gram]
    _part(mine, rows & has, values & holds, done)
    _part(mine, rows & ~has, values & ~holds, done)


def _frequent_set(bits: np.ndarray, weight: np.ndarray, share: float) -> np.ndarray:
    """Return the largest set of bits that are set together in about `share` of the records; empty if there is none."""
    alone = weight @ bits
    usable = np.flatnonzero((alone >= share * (1 - TOLERANCE)) & (alone < 1 - 1e-9))
    if len(usable) < LEAST_BITS:
        return usable[:0]
    columns = bits[:, usable].astype(np.float64)
    together = columns.T @ (columns * weight[:, None])
    np.fill_diagonal(together, 0)
    best: list[int] = []
    for seed in np.argsort(-together.max(axis=1))[: LEAST_BITS * 4]:
        grown = _grow(columns > 0, weight, int(seed), share * (1 - TOLERANCE))
        best = grown if len(grown) > len(best) else best
    return usable[best]


def _grow(columns: np.ndarray, weight: np.ndarray, seed: int, least: float) -> list[int]:
    """Add bit after bit, each time the one that keeps most records, while enough are kept."""
    chosen, kept = [seed], columns[:, seed]
    while True:
        support = (weight * kept) @ columns
        support[chosen] = 0
        following = int(np.argmax(support))
        if support[following] < least:
            return chosen
        chosen.append(following)
        kept = kept & columns[:, following]
