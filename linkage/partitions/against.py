"""What speaks against each link: comparisons that fell on a level commoner among different people than among one."""

from __future__ import annotations

from typing import Any

import numpy as np

from totalplace.linkage.compare import Program

Array = np.ndarray[Any, Any]
LEAST = 1e-9  # a level that training never saw still weighs something


def bits_against(program: Program, pattern: Array) -> Array:
    """Return per link the bits of its comparisons that speak against one person, added up; 0 = nothing does.

    A weight of three bits may be three bits of agreement, or much agreement outvoting a first name that differs: two
    records of one household look like this, so a weight alone does not say how far it can be trusted.

    Args:
        program: of a trained model.
        pattern: int64[links], as in LINKS.
    """
    distinct, place = np.unique(pattern, return_inverse=True)
    levels = program.levels(distinct)
    total = np.zeros(len(distinct))
    for at, comparison in enumerate(program.comparisons):
        # Level 0 is null; then from "everything else" up to the best.
        ratio = [max(level.m or 0.0, LEAST) / max(level.u or 0.0, LEAST) for level in reversed(comparison.levels)]
        against = np.maximum(0.0, -np.log2(np.array([1.0, *ratio])))
        total += against[levels[:, at]]
    return np.asarray(total[place])
