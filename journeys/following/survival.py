"""Time to an event where some are seen only for a while: the Kaplan-Meier curve."""

from __future__ import annotations

import numpy as np

_NORMAL_95 = 1.959964  # standard deviations on either side that hold 95% of a normal distribution
_HALF = 0.025  # what lies beyond either end of a 95% interval


def kaplan_meier(
    days: np.ndarray, happened: np.ndarray, counts: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the days on which the curve falls and its height from each of them on.

    Args:
        days: int, day of the event, or the last day on which nothing had happened yet.
        happened: bool of the same length: the event happened; otherwise seen no further (censored).
        counts: int of the same length: how many cases an entry stands for; None = one each.

    Returns:
        int64 days, rising, and float64 shares still waiting, falling from 1; both empty where nothing happened.
        An event and a censoring on one day: the event came first.

    Source: E. L. Kaplan and P. Meier, Nonparametric estimation from incomplete observations, JASA 53 (1958).
    """
    days, happened = np.asarray(days, np.int64), np.asarray(happened, np.bool_)
    falls, events, at_risk = _at_risk(days, happened, counts)
    return falls, np.cumprod(1 - events / np.maximum(at_risk, 1))


def _at_risk(
    days: np.ndarray, happened: np.ndarray, counts: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each day with an event, the events on it, and the cases that were still watched then."""
    number = np.ones(len(days), np.int64) if counts is None else np.asarray(counts, np.int64)
    falls, place = np.unique(days[happened], return_inverse=True)
    events = np.zeros(len(falls), np.int64)
    np.add.at(events, place, number[happened])
    order = np.argsort(days, kind="stable")
    gone = np.concatenate([[0], np.cumsum(number[order])])
    return falls, events, gone[-1] - gone[np.searchsorted(days[order], falls, side="left")]


def seen_while_watched(after: np.ndarray, watched: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return days and `happened` of a curve, of cases that are each watched for a number of days.

    What is known to have come later than that is not taken in: of cases like it that had nothing, nobody would know,
    so the curve would be one of successes alone. A case that is not watched even on day 0 says nothing at all.

    Args:
        after: int, days until it happened; beyond all days asked for where it never did.
        watched: int, days for which either answer would be known; under 0 = not even on the day itself.
    """
    after, watched = np.asarray(after, np.int64), np.asarray(watched, np.int64)
    happened = after <= watched
    says = watched >= 0
    return np.where(happened, after, watched)[says], happened[says]


def quantile(days: np.ndarray, happened: np.ndarray, counts: np.ndarray | None, share: float) -> int | None:
    """Return the first day by which the event had happened to a share of the cases; None = the curve ends above it."""
    falls, height = kaplan_meier(days, happened, counts)
    reached = np.flatnonzero(height <= 1 - share + 1e-12)
    return int(falls[reached[0]]) if len(reached) else None


def still_waiting(days: np.ndarray, happened: np.ndarray, until: int) -> float | None:
    """Return S(until), the share to whom nothing had happened by then; None where nobody was watched."""
    if not len(days):
        return None
    falls, height = kaplan_meier(days, happened)
    reached = int(np.searchsorted(falls, until, side="right"))
    return float(height[reached - 1]) if reached else 1.0


def waiting_interval(days: np.ndarray, happened: np.ndarray, until: int) -> tuple[float, float] | None:
    """Return the 95% interval of S(until), within 0 and 1; None where nobody was watched.

    It is symmetric on log(-log S), where it fits few cases best; where nothing or everything had happened, the exact
    interval of a share of so many cases stands in for it.

    Sources: M. Greenwood (see `reached`); J. D. Kalbfleisch and R. L. Prentice, The Statistical Analysis of Failure
    Time Data (1980), 1.3; C. J. Clopper and E. S. Pearson, Biometrika 26 (1934).
    """
    found = reached(days, happened, until)
    if found is None:
        return None
    waiting, variance = 1 - found[0], found[1]
    watched = len(days)
    if waiting <= 0.0:
        return 0.0, 1 - _HALF ** (1 / watched)
    if waiting >= 1.0:
        still = int((np.asarray(days) >= until).sum())
        return (_HALF ** (1 / still) if still else 0.0), 1.0
    reach = _NORMAL_95 * np.sqrt(variance) / (waiting * abs(np.log(waiting)))
    return float(waiting ** np.exp(reach)), float(waiting ** np.exp(-reach))


def reached(days: np.ndarray, happened: np.ndarray, until: int) -> tuple[float, float] | None:
    """Return the share to whom it had happened by a day, and its variance; None where nobody was watched.

    Source: M. Greenwood, The natural duration of cancer, Reports on Public Health and Medical Subjects 33 (1926).
    """
    if not len(days):
        return None
    falls, events, at_risk = _at_risk(np.asarray(days, np.int64), np.asarray(happened, np.bool_), None)
    mine = falls <= until
    waiting = float(np.prod(1 - events[mine] / at_risk[mine]))
    left = at_risk[mine] - events[mine]
    terms = np.divide(events[mine], at_risk[mine] * left, out=np.zeros(len(left)), where=left > 0)
    return 1 - waiting, waiting**2 * float(terms.sum())
