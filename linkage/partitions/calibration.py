"""What the links between two cores are worth as a probability that the cores are one person.

A match weight adds up what comparisons say as if each spoke for itself. Between two cores the pair looked at is the
strongest of many, and what is left after the easy links are made is where comparisons repeat each other: agreement of
surname, address and postcode outvotes another first name. So the log odds are a straight line in the weight, flatter
than the model's own, less three things that speak against: disagreement that the weight outvoted; record pairs between
the two cores of which linkage kept no link at all; and several records on both sides, each of which had its chance to
be linked for certain. And it starts lower in a larger place: who agree by chance, or as kin do, grow with the square of
its people, and the model does not see all of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from totalplace.config.linkage import CalibrationRules

Array = np.ndarray[Any, Any]
BIT = 1 << 24
SMALL_PLACE = 1000  # records of a place up to which `offset_bits` stands as it is
MOST_BITS = 500.0


@dataclass(frozen=True)
class Calibration:
    """Log odds in bits: share * weight + offset - outvoted * against, less two things about the cores.

    These are absent * log2(record pairs / links) and several * log2(records of the smaller core).
    """

    share: float
    offset: float
    outvoted: float
    absent: float
    several: float

    def bits(self, weight: Array, against: Array) -> Array:
        """Return float64: the log odds of each link, as if every record pair between its cores were a link.

        Args:
            weight: match weight, in 2^-24 bit.
            against: bits of comparisons that speak against, as in LINKS.
        """
        found = self.share * (np.asarray(weight) / BIT) + self.offset - self.outvoted * np.asarray(against)
        return np.asarray(np.clip(found, -MOST_BITS, MOST_BITS))

    def probability(self, bits: Array, linked: Array | float = 1.0, smaller: Array | float = 1.0) -> Array:
        """Return the probability of one person.

        Args:
            bits: of the best link.
            linked: share of the record pairs between the two that are links, above 0.
            smaller: records of the smaller core.
        """
        found = np.asarray(bits) + self.absent * np.log2(linked) - self.several * np.log2(smaller)
        return np.asarray(1.0 / (1.0 + np.exp2(-found)))


def calibration_of(rules: CalibrationRules, records: int) -> Calibration:
    """Return the calibration of `[linkage.calibration]` for a place of so many records."""
    offset = rules.offset_bits - rules.size_bits * size_in_doublings(records)
    return Calibration(rules.weight_share, float(offset), rules.outvoted_share, rules.absent_bits, rules.several_bits)


def size_in_doublings(records: int) -> float:
    """Return how often a place of SMALL_PLACE records doubles to so many."""
    return float(np.log2(max(records, SMALL_PLACE) / SMALL_PLACE))
