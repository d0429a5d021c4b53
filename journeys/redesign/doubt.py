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
from totalplace.tables import numbers_of

Array = np.ndarray[Any, Any]
Pair = tuple[Standing, Standing]


@dataclass(frozen=True)
class Doubt:
    """Draws of a place, and whose copies its numbered ids are.

    Args:
        weights: sparse (draws, alternatives); see `weights_of`.
        alternative: int64, one per entry of `Everybody.ids` of the copies; -1 = of none: a site is everybody's.
        share: of the draws, between the ends.
    """

    weights: Any
    alternative: Array
    share: float

    def ends(self, linked: Pair, copied: Pair) -> tuple[Array, Array]:
        """Return low and high of the change of each measure, float64; the change as linked always lies between.

        Args:
            linked: before and after on the place.
            copied: the same on the copies.
        """
        change = np.round(linked[1].totals - linked[0].totals, 6)
        before, after = (self._by_alternative(one) for one in copied)
        draws = np.round(change + self.weights @ (after - before), 6)
        ends = np.array([interval(column, self.share)[1:] for column in draws.T])
        return np.minimum(ends[:, 0], change), np.maximum(ends[:, 1], change)

    def _by_alternative(self, of: Standing) -> Array:
        """Return float64[alternatives, measures]."""
        measures, width = len(of.totals), self.weights.shape[1]
        measure, who = np.divmod(of.key, max(of.everybody, 1))
        alternative = self.alternative[who]
        mine = alternative >= 0
        place = alternative[mine] * measures + measure[mine]
        return np.bincount(place, of.value[mine], width * measures).reshape(width, measures)


def doubt_of(partitions: pa.Table, ids: pa.Array, rules: UncertaintyRules) -> Doubt:
    """Return the draws of a place.

    Args:
        partitions: PARTITIONS.
        ids: `Everybody.ids` of the copies.
        rules: `[findings.uncertainty]`.
    """
    weights = weights_of(partitions, [f"draw {k}" for k in range(rules.draws)])
    alternative, _ = numbers_of(ids)
    known = (alternative >= 0) & (alternative < weights.shape[1])
    return Doubt(weights, np.where(known, alternative, -1), rules.interval_share)
