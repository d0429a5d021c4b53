"""What near pairs take from a pair's weight: a pair has to be likelier a match than two people who share much.

The kernel sets matching pairs against random ones, comparison by comparison, and keeps what reaches the floor. What it
keeps, few pairs, is set here against the classes of near pairs as well. That only ever takes away, so none is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from totalplace.linkage.compare import Program
from totalplace.linkage.model import Comparison, Model, Near
from totalplace.linkage.weights import LEAST

MOST_BITS = 900.0  # a class that is likelier by more is as certain: a float holds no more than 1,023


@dataclass(frozen=True)
class Frequent:
    """A level whose values' frequencies count.

    Args:
        comparison: its place in the program.
        level: as the kernel numbers it.
        codes: int32[records], values; -1 = null.
        bits: float64[values], what a value's frequency adds to the weight.
    """

    comparison: int
    level: int
    codes: np.ndarray
    bits: np.ndarray


@dataclass(frozen=True)
class NearWeights:
    """The classes of near pairs of a model, ready for pairs of some records.

    Args:
        shares: float64[classes], of all pairs.
        lifts: per class and comparison float64[levels]: log2 of the class's probability over u, 0 for null.
        frequent: levels whose values' frequencies count.
        agree: per class and frequent level float64[values], bits to add to the lift for the frequency of the value.
    """

    shares: np.ndarray
    lifts: list[list[np.ndarray]]
    frequent: tuple[Frequent, ...]
    agree: list[list[np.ndarray]]

    def bits(self, program: Program, left: np.ndarray, right: np.ndarray, patterns: np.ndarray) -> np.ndarray:
        """Return float64[pairs], what near pairs take from each pair's weight, 0 or less.

        Args:
            program: of the model.
            left, right: records.
            patterns: of the pairs.
        """
        distinct, back = np.unique(patterns, return_inverse=True)
        levels = program.levels(distinct)
        total = np.full(len(left), 1.0 - self.shares.sum())
        for share, lifts, agree in zip(self.shares.tolist(), self.lifts, self.agree, strict=True):
            bits = np.log2(share) + sum(one[levels[:, c]] for c, one in enumerate(lifts))[back]
            for one, more in zip(self.frequent, agree, strict=True):
                at = np.flatnonzero(levels[:, one.comparison][back] == one.level)
                bits[at] += np.append(more, 0.0)[_commoner(one, left[at], right[at])]
            total += np.exp2(np.minimum(bits, MOST_BITS))
        return np.minimum(-np.log2(total), 0.0)


def _commoner(of: Frequent, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the value that counts: the more frequent of two, and of two of which one is missing the other."""
    bits = np.append(of.bits, np.inf)
    a, b = of.codes[left], of.codes[right]
    return np.where(bits[a] <= bits[b], a, b)


def near_weights(program: Program, model: Model, frequent: Sequence[Frequent]) -> NearWeights | None:
    """Return what a model's classes of near pairs need; None where it has none.

    Args:
        program: of the model.
        model: trained.
        frequent: levels whose values' frequencies count.
    """
    if not model.near:
        return None
    return NearWeights(
        np.array([one.share for one in model.near]),
        [[_lifts(one, comparison) for comparison in program.comparisons] for one in model.near],
        tuple(frequent),
        [[_agree(one, program.comparisons[f.comparison], f) for f in frequent] for one in model.near],
    )


def _lifts(near: Near, comparison: Comparison) -> np.ndarray:
    """Return log2 of the chance of each level in a class over u, as the kernel numbers levels; 0 where none weighs."""
    chances = zip(near.levels[comparison.name], comparison.levels, strict=True)
    bits = [
        0.0 if level.null or level.u is None else np.log2(max(h, LEAST) / max(level.u, LEAST)) for h, level in chances
    ]
    return np.array([0.0, *reversed(bits)])


def _agree(near: Near, comparison: Comparison, of: Frequent) -> np.ndarray:
    """Return per value the bits that its frequency adds to a level's lift.

    What a class agrees in by chance follows the value's frequency, as random pairs do: it adds nothing. What it shares
    does not: two of one household share a rare surname as easily as a common one.
    """
    place = len(comparison.levels) - of.level
    h, u = max(near.levels[comparison.name][place], LEAST), comparison.levels[place].u
    by_chance = h if u is None else min(h, u)
    return np.log2((h - by_chance) / h * np.exp2(of.bits) + by_chance / h)
