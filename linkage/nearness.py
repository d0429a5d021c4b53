"""What near pairs take from a pair's weight: a pair has to be likelier a match than two people who share much.

The kernel sets matching pairs against random ones, comparison by comparison, and keeps what reaches the floor. What it
keeps, few pairs, is set here against the classes of near pairs as well. That only ever takes away, so none is missed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from totalplace.linkage.compare import Program
from totalplace.linkage.model import Model, Near
from totalplace.linkage.weights import LEAST

MOST_BITS = 900.0  # more bits for a class than a float's exponent holds


@dataclass(frozen=True)
class _Frequent:
    """A level whose values' frequencies count.

    Args:
        comparison: its place in the program.
        level: as the kernel numbers it.
        codes: int32[records], values.
        agree: per class, bits of the level's probability at each value over that of the class: agreement that a class
            has by chance follows the value's frequency, what it shares does not.
    """

    comparison: int
    level: int
    codes: np.ndarray
    agree: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Nearness:
    """The classes of near pairs of a model, ready for pairs of some records.

    Args:
        shares: float64[classes].
        against: per class and comparison float64[levels]: log2 of the class's probability over m, 0 for null.
        frequent: levels whose values' frequencies count.
        prior: of the model, bits.
    """

    shares: np.ndarray
    against: list[list[np.ndarray]]
    frequent: tuple[_Frequent, ...]
    prior: float

    def bits(
        self, program: Program, left: np.ndarray, right: np.ndarray, patterns: np.ndarray, weight: np.ndarray
    ) -> np.ndarray:
        """Return float64[pairs], what near pairs take from each pair's weight, 0 or less.

        Args:
            program: of the model.
            left, right: records.
            patterns: of the pairs.
            weight: float64[pairs], bits, as the kernel weighs them.
        """
        distinct, back = np.unique(patterns, return_inverse=True)
        levels = program.levels(distinct)
        total = np.full(len(weight), 1.0 - self.shares.sum())
        for k, share in enumerate(self.shares.tolist()):
            told = sum(one[levels[:, c]] for c, one in enumerate(self.against[k]))
            bits = np.log2(share) + told[back] + weight - self.prior
            for one in self.frequent:
                at = np.flatnonzero(levels[:, one.comparison][back] == one.level)
                code = np.maximum(one.codes[left[at]], one.codes[right[at]])
                bits[at] += np.append(one.agree[k], 0.0)[code]
            total += np.exp2(np.clip(bits, -MOST_BITS, MOST_BITS))
        return np.minimum(-np.log2(total), 0.0)


def nearness_of(
    program: Program, model: Model, values: Sequence[tuple[int, int, np.ndarray, np.ndarray]], prior: float
) -> Nearness | None:
    """Return what a model's classes of near pairs need; None where it has none.

    Args:
        program: of the model.
        model: trained.
        values: comparison, level, codes and bits per code of each level whose values' frequencies count.
        prior: bits.
    """
    if not model.near:
        return None
    against = [[_against(one, program, c) for c in range(len(program.comparisons))] for one in model.near]
    frequent = tuple(
        _Frequent(c, level, codes, tuple(_agree(one, program, c, level, bits) for one in model.near))
        for c, level, codes, bits in values
    )
    return Nearness(np.array([one.share for one in model.near]), against, frequent, prior)


def _against(near: Near, program: Program, c: int) -> np.ndarray:
    comparison = program.comparisons[c]
    bits = [
        np.log2(max(h, LEAST) / max(level.m or 0.0, LEAST))
        for h, level in zip(near.levels[comparison.name], comparison.levels, strict=True)
    ]
    return np.array([0.0, *reversed(bits)])


def _agree(near: Near, program: Program, c: int, level: int, bits: np.ndarray) -> np.ndarray:
    comparison = program.comparisons[c]
    place = len(comparison.levels) - level
    h, u = near.levels[comparison.name][place], comparison.levels[place].u or 0.0
    by_chance = min(h, u)
    return np.log2((h - by_chance + by_chance * np.exp2(-bits)) / max(h, LEAST))
