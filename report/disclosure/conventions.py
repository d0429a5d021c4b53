"""The three rules for small numbers: what is withheld, how the rest is rounded, and what a reader can infer from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from totalplace.config.privacy import PrivacyRules
from totalplace.errors import PrivacyError

Whole = NDArray[np.int64]

# Fixed by the bodies that publish these two rules, so no key changes them.
NHS_LEAST_SHOWN, NHS_ROUND_TO = 8, 5
TRE_LEAST_SHOWN, TRE_ROUND_TO = 10, 1
# Middle numbers of days are told in steps of this many at least: an exact one is the days of somebody.
LEAST_STEP_OF_DAYS = 5
# "No upper bound": above any count, and small enough that sums of millions of them stay exact.
UNBOUNDED = 2**40


@dataclass(frozen=True)
class Convention:
    """How small numbers are treated.

    Args:
        name: as `privacy.convention`.
        min_cell: least people (families) behind a shown number that is not zero.
        round_to: shown numbers are multiples of this; 1 = exact.
        zeros_shown: a true zero is shown.
        enforced: withhold further cells until the audit passes; else the audit is only reported.
    """

    name: str
    min_cell: int
    round_to: int
    zeros_shown: bool
    enforced: bool

    @property
    def least_withheld(self) -> int:
        """Return the least number that a withheld mark can stand for."""
        return 1 if self.zeros_shown else 0

    def is_small(self, people: Whole) -> NDArray[np.bool_]:
        """Return which counts of people are withheld for being small."""
        return np.asarray((people < self.min_cell) & (people >= self.least_withheld))

    def rounded(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values as they are shown: the nearest multiple, halves upward, or as they are."""
        if self.round_to == 1:
            return values
        return np.floor((values + self.round_to / 2) / self.round_to) * self.round_to

    def at_least(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return days as they are shown where a reader is told "at most": the next multiple, not somebody's day."""
        step = max(self.round_to, LEAST_STEP_OF_DAYS)
        return np.ceil(values / step) * step

    def known_from(self, people: int) -> tuple[int, int]:
        """Return the least and greatest number of people that the number shown for `people` can stand for."""
        shown = int(self.rounded(np.array([people], float))[0])
        if not shown:
            return 0, 0
        low = shown - self.round_to // 2
        return max(low, self.min_cell), low + self.round_to - 1


def convention_of(rules: PrivacyRules) -> Convention:
    """Return the rule that a project chose.

    Raises:
        PrivacyError: `min_cell` is under the floor.
    """
    if rules.convention == "nhs_1_to_7":
        return Convention("nhs_1_to_7", NHS_LEAST_SHOWN, NHS_ROUND_TO, zeros_shown=True, enforced=False)
    if rules.convention == "tre_10":
        return Convention("tre_10", TRE_LEAST_SHOWN, TRE_ROUND_TO, zeros_shown=False, enforced=True)
    if rules.min_cell < rules.floor_min_cell:
        what = f"{rules.min_cell} is under the floor of {rules.floor_min_cell}, which no option undercuts"
        cure = f"Use {rules.floor_min_cell} or more; the default is 10."
        raise PrivacyError("TP501", "key 'privacy.min_cell'", what, cure)
    return Convention("threshold_10", rules.min_cell, rules.round_to, zeros_shown=True, enforced=True)


def spoken(number: float, rules: PrivacyRules, behind: int | None = None) -> str:
    """Return a number as a terminal may say it: rounded, or `fewer than 10`, which is all that few may stand behind.

    Args:
        number: of people or families, or of what is told of them.
        rules: the section `privacy`.
        behind: how many people or families it is of; None = it counts themselves.
    """
    convention = convention_of(rules)
    value = np.array([number], dtype=np.float64)
    small = convention.is_small(np.array([number if behind is None else behind], np.int64))
    if bool(small[0]):
        return f"fewer than {convention.min_cell}" if number < convention.min_cell else "withheld"
    return f"{convention.rounded(value)[0]:,.0f}"
