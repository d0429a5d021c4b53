"""What linking comes to at every threshold, without labels: precision, recall, F1, and records that never get there."""

from __future__ import annotations

from typing import Any

import numpy as np

from totalplace.linkage.block import Blocks, even_slices
from totalplace.linkage.compare import Program
from totalplace.linkage.encoded import NULL, Records
from totalplace.linkage.score import BIT, Weights, probability, score_pairs, to_fixed
from totalplace.tables import Engine

NORMAL_95 = 1.96
STEP_BITS = 0.5
MEASURES = ("precision", "recall", "f1")
MOST_RECORDS = 100_000  # asked what they weigh with themselves: a share of so many is known to three places
LOWEST = -10_000.0  # bits below which no pair falls


def estimated_at(weight: np.ndarray, thresholds: np.ndarray, matches: float, spread_bits: float) -> np.ndarray:
    """Return float[3, 3, thresholds]: precision, recall and F1, each with the ends of its 95% interval.

    The centre takes the model's posteriors at their word. The interval does not: it moves all weights up and down
    together, as far as a place's own calibration was seen to lie from the common one, and adds the chance of each pair.

    Args:
        weight: int64, kept pairs, in 2^-24 bit.
        thresholds: int64, rising, in 2^-24 bit.
        matches: record pairs of one person that are expected, kept or not.
        spread_bits: standard deviation of what all weights may be off by.
    """
    at = np.searchsorted(thresholds, weight, side="right")
    kept = float(probability(weight).sum())
    made = _from_each(at, np.ones(len(weight)), len(thresholds))
    centres, noises = [], []
    for off in (0.0, -NORMAL_95 * spread_bits, NORMAL_95 * spread_bits):
        chance = probability(weight + round(off * BIT))
        right = _from_each(at, chance, len(thresholds))
        true = float(chance.sum()) + max(0.0, matches - kept) * 2.0**off
        doubt = NORMAL_95 * np.sqrt(_from_each(at, chance * (1 - chance), len(thresholds)))
        out_of = np.maximum(1e-9, [made, np.full(len(made), true), (made + true) / 2])
        centres.append(right / out_of)
        noises.append(doubt / out_of)
    low, high = (np.array(centres) - noises).min(axis=0), (np.array(centres) + noises).max(axis=0)
    return np.clip(np.stack([centres[0], low, high], axis=1), 0.0, 1.0)


def _from_each(at: np.ndarray, worth: np.ndarray, thresholds: int) -> np.ndarray:
    """Return per threshold the sum over pairs at or above it; `at` counts the thresholds that a pair reaches."""
    per_step = np.bincount(at, weights=worth, minlength=thresholds + 1)
    return per_step[::-1].cumsum()[::-1][1:]


def weights_with_themselves(program: Program, weights: Weights, records: Records, engine: Engine) -> np.ndarray:
    """Return int64: what records weigh when compared with themselves (2^-24 bit), for at most MOST_RECORDS of them.

    No pair of a record weighs much more, so a record that stays under the threshold here can hardly be linked.
    """
    step = max(1, -(-records.rows // MOST_RECORDS))
    rows = np.repeat(np.arange(0, records.rows, step, dtype=np.int32), 2)
    stop = np.arange(len(rows), dtype=np.int32) | 1
    rank = np.full(records.rows, NULL, np.int32)
    each = Blocks((), rows, stop, rank, len(rows) // 2, 2, 1, 0, even_slices(stop))
    every = np.ones((len(records.agencies),) * 2, np.uint8)
    return score_pairs(program, weights, records, [each], every, to_fixed(LOWEST), engine).weight


def by_threshold(
    weight: np.ndarray, alone: np.ndarray, floor: int, matches: float, spread_bits: float
) -> list[dict[str, Any]]:
    """Return a row for every half bit from the floor to the heaviest link, ready for JSON.

    Args:
        weight, matches, spread_bits: as for `estimated_at`.
        alone: int64, what records weigh with themselves.
        floor: weight under which no pair was kept, in 2^-24 bit.
    """
    step = round(STEP_BITS * BIT)
    thresholds = np.arange(-(-floor // step) * step, int(weight.max(initial=floor)) + step, step, dtype=np.int64)
    shares = estimated_at(weight, thresholds, matches, spread_bits).round(5).tolist()
    links = len(weight) - np.searchsorted(np.sort(weight), thresholds)
    below = np.searchsorted(np.sort(alone), thresholds) / max(1, len(alone))
    return [
        {
            "threshold_bits": float(bits / BIT),
            "links": int(links[k]),
            **{name: [ends[k] for ends in share] for name, share in zip(MEASURES, shares, strict=True)},
            "unlinkable": round(float(below[k]), 5),
        }
        for k, bits in enumerate(thresholds)
    ]
