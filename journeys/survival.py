"""Time to an event where some are seen only for a while: the Kaplan-Meier curve."""

from __future__ import annotations

import numpy as np


def kaplan_meier(days: np.ndarray, happened: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the days on which the curve falls and its height from each of them on.

    Args:
        days: int, day of the event, or the last day on which nothing had happened yet.
        happened: bool of the same length: the event happened; otherwise seen no further (censored).

    Returns:
        int64 days, rising, and float64 shares still waiting, falling from 1; both empty where nothing happened.
        An event and a censoring on one day: the event came first.

    Source: E. L. Kaplan and P. Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958).
    """
    days, happened = np.asarray(days, np.int64), np.asarray(happened, np.bool_)
    falls, events = np.unique(days[happened], return_counts=True)
    at_risk = len(days) - np.searchsorted(np.sort(days), falls, side="left")
    return falls, np.cumprod(1 - events / np.maximum(at_risk, 1))


def still_waiting(days: np.ndarray, happened: np.ndarray, until: int) -> float | None:
    """Return S(until), the share to whom nothing had happened by then; None where nobody was watched."""
    if not len(days):
        return None
    falls, height = kaplan_meier(days, happened)
    reached = int(np.searchsorted(falls, until, side="right"))
    return float(height[reached - 1]) if reached else 1.0
