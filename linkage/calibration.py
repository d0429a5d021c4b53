"""What the links between two cores are worth as a probability that the cores are one person.

A match weight adds up what comparisons say as if each spoke for itself. Between two cores the pair looked at is the
strongest of many, and what is left after the easy links are made is where comparisons repeat each other. So the log
odds are a straight line in that weight, flatter than the model's own, less what speaks against: record pairs between
the two cores of which linkage kept no link at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from totalplace.config.linkage import CalibrationRules

Array = np.ndarray[Any, Any]
BIT = 1 << 24
MOST_BITS = 500.0


@dataclass(frozen=True)
class Calibration:
    """Log odds in bits = share * weight + offset - absent * log2(record pairs / record pairs linked)."""

    share: float
    offset: float
    absent: float

    def probability(self, weight: Array, linked: Array | float = 1.0) -> Array:
        """Return the probability of one person.

        Args:
            weight: of the strongest link, in 2^-24 bit.
            linked: share of the record pairs between the two that are links, above 0.
        """
        bits = self.share * (np.asarray(weight) / BIT) + self.offset + self.absent * np.log2(linked)
        return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(bits, -MOST_BITS, MOST_BITS))))

    def weight(self, probability: float) -> int:
        """Return the least weight, in 2^-24 bit, that is worth at least a probability where every pair is linked."""
        bits = float(np.log2(probability) - np.log2(1 - probability))
        return int(np.ceil((bits - self.offset) / self.share * BIT))


def calibration_of(rules: CalibrationRules) -> Calibration:
    """Return the calibration of `[linkage.calibration]`."""
    return Calibration(rules.weight_share, rules.offset_bits, rules.absent_bits)
