"""The guard against regression to the mean (FAM4): families picked for being high fall by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from totalplace.config.findings import RegressionRules

SEED = 2009  # of the resamples: equal counts give an equal interval
TOO_FEW = "too few comparators"
NOBODY = "no family to judge"


@dataclass(frozen=True)
class Claim:
    """A before/after claim beside what families of the same count before do by themselves.

    Args:
        families: those judged.
        without_comparators: further ones, of whose band nobody is known from earlier history.
        comparators: families of the same bands in earlier history.
        before, expected, observed: mean counts; None where refused.
        claim: observed - expected: less than 0 is better than by itself.
        low, high: interval of the claim over resamples of both groups.
        refused: why nothing is claimed; "" = something is.
    """

    families: int
    without_comparators: int
    comparators: int
    before: float | None = None
    expected: float | None = None
    observed: float | None = None
    claim: float | None = None
    low: float | None = None
    high: float | None = None
    refused: str = ""

    def told(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def bands_of(counts: np.ndarray, starts: Sequence[int]) -> np.ndarray:
    """Return the number of each count's band: that of the last start it reaches, -1 under the first."""
    return np.searchsorted(np.sort(np.asarray(starts)), np.asarray(counts), side="right") - 1


def guard(
    before: np.ndarray,
    observed: np.ndarray,
    history_before: np.ndarray,
    history_after: np.ndarray,
    rules: RegressionRules,
) -> Claim:
    """Return what is left of a fall after what families of the same count before do by themselves.

    Args:
        before, observed: int, one per judged family: counts in the period before, and in the one after.
        history_before, history_after: the same of families in earlier history, without the programme.
        rules: bands, least comparators, resamples.

    Source: docs/reference/findings.md, FAM4. Bootstrap percentiles: B. Efron and R. Tibshirani (1993), chapter 13.
    """
    mine, theirs = bands_of(before, rules.bands), bands_of(history_before, rules.bands)
    kept = np.isin(mine, theirs) & (mine >= 0)
    used = np.isin(theirs, mine[kept])
    counts = (int(kept.sum()), int((~kept).sum()), int(used.sum()))
    if not len(before):
        return Claim(*counts, refused=NOBODY)
    if counts[2] < rules.min_families or not counts[0]:
        return Claim(*counts, refused=TOO_FEW)
    mine, then, now = mine[kept], np.asarray(before)[kept], np.asarray(observed)[kept]
    theirs, after = theirs[used], np.asarray(history_after)[used]
    total, size = (np.bincount(theirs, weights) for weights in (after, None))
    mean = total / np.maximum(size, 1)
    expected, seen = float(mean[mine].mean()), float(now.mean())
    low, high = _interval(mine, now, theirs, after, rules)
    return Claim(*counts, float(then.mean()), expected, seen, seen - expected, low, high)


def _interval(
    mine: np.ndarray, now: np.ndarray, theirs: np.ndarray, after: np.ndarray, rules: RegressionRules
) -> tuple[float, float]:
    """Return percentiles of the claim over resamples: the judged families, and the comparators within each band."""
    chance = np.random.default_rng(SEED)
    families, n = _groups(mine, now), len(mine)
    draws = chance.multinomial(n, families[:, 2] / n, size=rules.draws)
    claims = draws @ families[:, 1] / n
    for band in np.unique(mine):
        others = _groups(theirs[theirs == band], after[theirs == band])
        size = int(others[:, 2].sum())
        means = chance.multinomial(size, others[:, 2] / size, size=rules.draws) @ others[:, 1] / size
        claims = claims - means * (draws[:, families[:, 0] == band].sum(axis=1) / n)
    tail = (1 - rules.interval_share) / 2
    low, high = np.quantile(claims, (tail, 1 - tail))
    return float(low), float(high)


def _groups(band: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return band, count and how many have both: int64[groups, 3], sorted, so that row order never matters."""
    pairs, n = np.unique(np.stack([band, count], axis=1), axis=0, return_counts=True)
    return np.column_stack([pairs, n])
