"""How far training may be off: standard errors of m and of the number of matching pairs.

A pair's level speaks for m only as far as the pair is surely a match, so the information about m is the outer product
of the scores of the observed patterns, not the count of matches: doubtful pairs widen the error. Comparisons are taken
one by one, and u and the other comparisons' m as known.

Source: observed information of a mixture from its scores (Berndt, Hall, Hall and Hausman 1974; McLachlan and Peel,
Finite Mixture Models, 2000, section 2.15).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from totalplace.linkage.compare import Program
from totalplace.linkage.model import Model
from totalplace.linkage.weights import Fit, Levels, Session, match_posterior

LEAST_SESSIONS = 2  # fewer say nothing about how far they differ


def errors_of_m(sessions: Sequence[Session], found: Fit) -> Levels:
    """Return the standard error of each m, by comparison and kernel level; nan where nothing tells.

    Sessions hold many of the same matching pairs, so their information is not added: the one that knows most counts.
    """
    out = [np.full(len(m), np.nan) for m in found.m]
    for s, session in enumerate(sessions):
        posterior = match_posterior(session, found.m, found.own_u[s], found.matched[s])
        for c in np.flatnonzero(~session.left_out).tolist():
            levels = session.patterns.by_comparison[c]
            errors = _errors(levels, posterior, session.patterns.counts, found.m[c])
            if errors is not None and not out[c][1:].sum() <= errors.sum():  # nan, none yet, is not less
                out[c][1:] = errors
    return out


def with_errors(program: Program, model: Model, errors: Levels) -> Model:
    """Return the model with the standard error of each level's m."""
    by_name = {c.name: errors[k][:0:-1] for k, c in enumerate(program.comparisons)}
    comparisons = []
    for comparison in model.comparisons:
        known = (None if np.isnan(e) else float(e) for e in by_name[comparison.name])
        levels = tuple(replace(level, m_error=e) for level, e in zip(comparison.levels, known, strict=True))
        comparisons.append(replace(comparison, levels=levels))
    return replace(model, comparisons=tuple(comparisons))


def _errors(levels: np.ndarray, posterior: np.ndarray, counts: np.ndarray, m: np.ndarray) -> np.ndarray | None:
    """Return the standard errors of the levels from 1 up, None where no match tells. The levels' m sum to 1.

    Args:
        levels: by pattern, 0 = null.
        posterior: by pattern, probability of a match.
        counts: by pattern, pairs.
        m: by kernel level.
    """
    free = len(m) - 2
    told = levels > 0
    if free < 1 or not (counts * posterior)[told].sum() > free:
        return None
    per_level = np.zeros((int(told.sum()), len(m)))
    per_level[np.arange(len(per_level)), levels[told]] = posterior[told] / np.maximum(m[levels[told]], 1e-12)
    scores = per_level[:, 1:-1] - per_level[:, -1:]
    covariance = np.linalg.pinv((scores * counts[told][:, None]).T @ scores)
    return np.sqrt(np.maximum(np.r_[np.diag(covariance), covariance.sum()], 0.0))


def error_of_matches(by_session: np.ndarray, seen: np.ndarray) -> float | None:
    """Return the standard error of the number of matching pairs, from how far the sessions' estimates differ.

    Args:
        by_session: estimates, nan where a session has none.
        seen: matching pairs that each session saw: its weight.
    """
    good = np.isfinite(by_session) & (by_session > 0) & (seen > 0)
    if np.count_nonzero(good) < LEAST_SESSIONS:
        return None
    share = seen[good] / seen[good].sum()
    mean = float((share * by_session[good]).sum())
    spread = float((share * (by_session[good] - mean) ** 2).sum())
    held = float((share**2).sum())  # 1 / the number of sessions, if they weigh the same
    return float(np.sqrt(spread * held / max(1.0 - held, 1e-9)))
