"""How far the persons that linkage made agree with each draw: precision and recall of record pairs, without labels."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np

from totalplace.compiled import kernel
from totalplace.linkage.partitions.cores import Cores
from totalplace.linkage.partitions.decisions import Component

Array = np.ndarray[Any, Any]


@kernel
def pairs_of_ways(labels: Array, size: Array) -> Array:
    """Return int64[ways, 2]: record pairs of one person under each way, and those that way 0 has too.

    Args:
        labels: int32[ways, cores], as in `Component`.
        size: int64[cores], records of each core.
    """
    ways, cores = labels.shape
    found = np.zeros((ways, 2), np.int64)
    for w in range(ways):
        for i in range(cores):
            for j in range(i):
                if labels[w, i] == labels[w, j]:
                    found[w, 0] += size[i] * size[j]
                    if labels[0, i] == labels[0, j]:
                        found[w, 1] += size[i] * size[j]
    return found


def pair_counts(cores: Cores, components: list[Component]) -> tuple[Array, Array]:
    """Return record pairs of one person in every round, and those that linkage has too.

    Args:
        cores: the cores.
        components: from `draw_components`.

    Returns:
        Two int64[1 + rounds]; the first entry is linkage's own persons.
    """
    size = np.bincount(cores.of_record, minlength=cores.count).astype(np.int64)
    inside = int((size * (size - 1) // 2).sum())
    rounds = len(components[0].way) if components else 0
    total = np.full((1 + rounds, 2), inside, np.int64)
    for one in components:
        found = pairs_of_ways(one.labels, size[one.cores])
        total[0] += found[0]
        total[1:] += found[one.way]
    return total[:, 0], total[:, 1]


def quality_of_persons(
    cores: Cores, components: list[Component], draws: int, unseen: float, spread_bits: float, share: float
) -> dict[str, dict[str, float]]:
    """Return precision and recall of the persons' record pairs as the draws see them, with their intervals.

    Args:
        cores: the cores.
        components: from `draw_components`; draws come first among their rounds.
        draws: how many.
        unseen: record pairs of one person that are expected where linkage kept no link or never looked.
        spread_bits: of the calibration.
        share: of the draws within an interval.

    Returns:
        `precision`; `recall_within_reach`: of the pairs that some draw may join; `reach`: share of all true pairs that
        are; `recall`: their product. Each has `estimate`, `low` and `high`.
    """
    pairs, shared = pair_counts(cores, components)
    # So few pairs are expected to be false inside cores that by chance there may be none: each draw has its own number.
    # Seeded by their number, as nothing else is random here.
    doubt = np.random.default_rng(draws).poisson(cores.doubt, draws)[: len(pairs) - 1]
    linked, right = float(pairs[0]), np.maximum(shared[1 : 1 + draws] - doubt, 0.0)
    there = np.maximum(pairs[1 : 1 + draws] - doubt, 1e-9)
    inside = float(np.median(there)) if there.size else max(linked - cores.doubt, 1e-9)
    tail = (1 - share) / 2
    swing = NormalDist().inv_cdf(1 - tail)
    missed = cores.beyond + unseen
    bounds = [missed * 2.0 ** (sign * swing * spread_bits) + sign * swing * missed**0.5 for sign in (-1, 0, 1)]
    high, middle, low = (inside / (inside + max(0.0, bound)) for bound in bounds)
    reach = {"estimate": middle, "low": low, "high": high}
    found = {
        "precision": _quantiles(right / linked if linked else np.ones(right.size), tail),
        "recall_within_reach": _quantiles(right / there, tail),
        "reach": reach,
    }
    found["recall"] = {name: found["recall_within_reach"][name] * reach[name] for name in reach}
    return {name: {k: round(min(1.0, v), 5) for k, v in one.items()} for name, one in found.items()}


def _quantiles(values: Array, tail: float) -> dict[str, float]:
    """Return the median and the two tails of what draws say; without draws nothing is in doubt."""
    if not values.size:
        return {"estimate": 1.0, "low": 1.0, "high": 1.0}
    low, middle, high = (float(np.quantile(values, q)) for q in (tail, 0.5, 1 - tail))
    return {"estimate": middle, "low": low, "high": high}
