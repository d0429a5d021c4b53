"""What uncertain links leave open about a redesign: its change in every draw, from copies of changed groups (FAM6, W1).

A scenario is tried on the copies of every alternative as it is on the place; who follows it there is decided by the ids
that persons, households and families have in that alternative, so a draw says what trying it on that draw would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import UncertaintyRules
from totalplace.journeys.redesign.measures import Standing
from totalplace.journeys.uncertainty.carried import interval
from totalplace.journeys.uncertainty.figures import weights_of

Array = np.ndarray[Any, Any]
Pair = tuple[Standing, Standing]


@dataclass(frozen=True)
class Doubt:
    """Draws of a place.

    Args:
        weights: sparse (draws, alternatives); see `weights_of`.
        share: of the draws, between the ends.
    """

    weights: Any
    share: float

    def added(self, copied: Pair, alternative: Array) -> Array:
        """Return float64 (draws, measures): what copies of some alternatives add to the change of each measure.

        Args:
            copied: before and after on these copies.
            alternative: int64, of each of `Everybody.ids` of these copies.
        """
        before, after = (self._by_alternative(one, alternative) for one in copied)
        return np.asarray(self.weights @ (after - before))

    def ends(self, linked: Pair, added: Array) -> tuple[Array, Array]:
        """Return low and high of the change of each measure, float64; the change as linked always lies between.

        Args:
            linked: before and after on the place.
            added: from `added`, summed over the copies of all alternatives.
        """
        change = np.round(linked[1].totals - linked[0].totals, 6)
        draws = np.round(change + added, 6)
        ends = np.array([interval(column, self.share)[1:] for column in draws.T])
        return np.minimum(ends[:, 0], change), np.maximum(ends[:, 1], change)

    def _by_alternative(self, of: Standing, alternative: Array) -> Array:
        """Return float64[alternatives, measures]; a site is everybody's, so it is of none."""
        measures, width = len(of.totals), self.weights.shape[1]
        measure, who = np.divmod(of.key, max(of.everybody, 1))
        theirs = alternative[who]
        mine = (theirs >= 0) & (theirs < width)
        place = theirs[mine] * measures + measure[mine]
        return np.bincount(place, of.value[mine], width * measures).reshape(width, measures)


def doubt_of(partitions: pa.Table, rules: UncertaintyRules) -> Doubt:
    """Return the draws of a place.

    Args:
        partitions: PARTITIONS.
        rules: `[findings.uncertainty]`.
    """
    return Doubt(weights_of(partitions, [f"draw {k}" for k in range(rules.draws)]), rules.interval_share)
