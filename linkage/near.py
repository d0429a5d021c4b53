"""Near pairs: two people who share much, as members of a household or neighbours do, learned without labels.

Comparisons that agree together among non-matching pairs show that these are of several kinds. Within one kind they are
independent again: two members of a household share address and surname, and are of any first name. So what is not a
match is a mixture of classes, random pairs and one or two kinds of near ones, and a pair has to be likelier a match
than all of them together. Nothing is told of households; the classes follow from the training sessions.

Source: Larsen and Rubin (2001), mixtures of more than two classes for record linkage; latent class analysis for the EM.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from totalplace.config.linkage import TrainingRules
from totalplace.linkage import weights as w
from totalplace.linkage.compare import Program
from totalplace.linkage.dependence import Tie
from totalplace.linkage.model import Near

# Where EM starts: how often what is dependent agrees in the first class, and in the one that is added to it.
FIRST_SHARED, THEN_SHARED = 0.6, 0.8
FIRST_STEPS, STEPS, SETTLED = 50, 100, 1e-4
LEAST = 1e-12
MOST_SHARE = 0.4  # of all pairs, in one class: two leave room for random pairs


@dataclass(frozen=True)
class _Seen:
    """Patterns of all sessions, one after another.

    Args:
        levels: per comparison int64[patterns]; the radix where the session's rule decides the comparison.
        fixed: comparisons whose levels are those of random pairs in every class.
        counts: float64[patterns].
        session: int64[patterns].
        of_session: float64[sessions], pairs counted.
    """

    levels: list[np.ndarray]
    fixed: frozenset[int]
    counts: np.ndarray
    session: np.ndarray
    of_session: np.ndarray


@dataclass(frozen=True)
class _Fitted:
    """Classes between matching and random pairs.

    Args:
        levels: per class what m is to matching pairs.
        filled: per class float64[comparisons], share of its pairs in which a comparison is not null.
        shares: float64[sessions, 2 + classes]: of matching pairs, of each class, of random pairs.
    """

    levels: list[w.Levels]
    filled: list[np.ndarray]
    shares: np.ndarray


def near_classes(
    program: Program,
    sessions: Sequence[w.Session],
    m: w.Levels,
    u: w.Levels,
    matches: float,
    possible: float,
    ties: Sequence[Tie],
    rules: TrainingRules,
) -> tuple[Near, ...]:
    """Return the classes of near pairs that dependent comparisons show; none if they are no class apart.

    A class must differ from random pairs by enough evidence a pair, or it says nothing; and each that is fitted with it
    from matching pairs, since what differs less may be matches with errors.

    Args:
        program: of the model.
        sessions: of training, each without what its own rule decides.
        m, u: of matching and of random pairs.
        matches, possible: matching pairs, and pairs that may be compared.
        ties: between comparisons that agree together among pairs that do not match. What only follows from another, as
            the sex does from the first name, has a joint term and no part in the classes: it is as in random pairs.
        rules: `[linkage.training]`.
    """
    dependent = sorted({c for tie in ties if tie.strong for c in (tie.a, tie.b)})
    fixed = frozenset(tie.b for tie in ties if not tie.strong).difference(dependent)
    if not dependent:
        return ()
    seen = _seen(program, sessions, fixed)
    shares = _first_shares(program, sessions, m, matches)
    found = _fit(seen, m, u, [_start(u, dependent, FIRST_SHARED)], shares, rules, FIRST_STEPS)
    both = _fit(seen, m, u, [_start(u, dependent, THEN_SHARED), *found.levels], _split(found.shares), rules, STEPS)
    for fitted in (both, found):
        if all(_bits_apart(h, m) >= rules.min_near_bits for h in fitted.levels):
            far = [k for k, h in enumerate(fitted.levels) if _bits_apart(h, u) >= rules.min_near_bits]
            made = [_named(program, sessions, fitted, k, possible) for k in far]
            if kept := tuple(one for one in made if one.share):
                return kept
    return ()


def told_by(near: Sequence[Near], program: Program, u: w.Levels, tie: Tie, min_lift: float) -> bool:
    """Tell whether a class says why two comparisons agree together: both agree in it far oftener than in random pairs.

    Args:
        near: classes.
        program: of the model.
        u: of random pairs.
        tie: the two.
        min_lift: how many times as often.
    """
    ends = [(program.comparisons[c].name, min_lift * u[c][-1]) for c in (tie.a, tie.b)]
    return any(all(one.levels[name][0] >= least for name, least in ends) for one in near)


def _seen(program: Program, sessions: Sequence[w.Session], fixed: frozenset[int]) -> _Seen:
    size = [len(session.patterns.counts) for session in sessions]
    levels = []
    for c, radix in enumerate(program.radices.tolist()):
        parts = [
            np.full(n, radix) if session.left_out[c] else session.patterns.by_comparison[c].astype(np.int64)
            for session, n in zip(sessions, size, strict=True)
        ]
        levels.append(np.concatenate(parts))
    counts = np.concatenate([session.patterns.counts for session in sessions]).astype(np.float64)
    session = np.repeat(np.arange(len(sessions)), size)
    return _Seen(levels, fixed, counts, session, np.bincount(session, counts, len(sessions)))


def _first_shares(program: Program, sessions: Sequence[w.Session], m: w.Levels, matches: float) -> np.ndarray:
    """Return float64[sessions, 3]: matching pairs as training estimates them, and a guess of what the others are."""
    chance = {c.column: m[k][-1] for k, c in enumerate(program.comparisons)}
    agree = np.array([np.prod([chance.get(column, 0.5) for column in s.rule]) for s in sessions])
    share = np.clip(matches * agree / np.array([float(s.pairs) for s in sessions]), 1e-4, 0.95)
    return np.stack([share, 0.3 * (1 - share), 0.7 * (1 - share)], axis=1)


def _split(shares: np.ndarray) -> np.ndarray:
    """Return the shares with a tenth of the first class for a new one before it."""
    return np.column_stack([shares[:, 0], 0.1 * shares[:, 1], 0.9 * shares[:, 1], shares[:, 2:]])


def _start(u: w.Levels, dependent: Sequence[int], shared: float) -> w.Levels:
    """Return levels as of random pairs, but that what is dependent agrees in a share of them besides."""
    out = [one.copy() for one in u]
    for c in dependent:
        out[c][1:] *= 1 - shared
        out[c][-1] += shared
    return out


def _fit(
    seen: _Seen, m: w.Levels, u: w.Levels, start: list[w.Levels], shares: np.ndarray, rules: TrainingRules, steps: int
) -> _Fitted:
    """Run EM with matching and random pairs as they are: only the classes between them, and all shares, move.

    A session counts for a class by how pure it is of it, as it does for m (see `weights.fit`): one of matches with a
    few pairs of a household in it would tell of errors.
    """
    classes, filled = [list(h) for h in start], [np.ones(len(u)) for _ in start]
    ends = _logs(seen, m), _logs(seen, u)
    for _ in range(steps):
        logs = np.stack([ends[0], *(_logs(seen, h) for h in classes), ends[1]])
        logs += np.log(np.maximum(shares, LEAST)).T[:, seen.session]
        logs -= logs.max(axis=0)
        chance = np.exp(logs)
        pairs = chance * (seen.counts / chance.sum(axis=0))
        new = np.stack([np.bincount(seen.session, one, len(shares)) / seen.of_session for one in pairs], axis=1)
        for k in range(len(classes)):
            classes[k], filled[k] = _levels(seen, pairs[k + 1] * new[:, k + 1][seen.session], u, rules.smoothing_pairs)
        moved, shares = float(np.abs(new - shares).max()), new
        if moved < SETTLED:
            break
    return _Fitted(classes, filled, shares)


def _logs(seen: _Seen, of: w.Levels) -> np.ndarray:
    """Return per pattern the log of its probability among pairs of one kind; null and decided levels say nothing."""
    out = np.zeros(len(seen.counts))
    for levels, chance in zip(seen.levels, of, strict=True):
        out += np.append(np.log(np.maximum(chance, LEAST)), 0.0).take(levels)
    return out


def _levels(seen: _Seen, pairs: np.ndarray, u: w.Levels, smoothing: float) -> tuple[w.Levels, np.ndarray]:
    """Return the levels of one class, and how often each comparison is not null, from its pairs of each pattern."""
    out, filled = [], np.ones(len(u))
    for c, levels in enumerate(seen.levels):
        told = np.bincount(levels, pairs, len(u[c]) + 1)[: len(u[c])]
        one = u[c].copy()
        if c not in seen.fixed:
            one[1:] = (told[1:] + smoothing * u[c][1:]) / (told[1:].sum() + smoothing)
        out.append(one)
        filled[c] = told[1:].sum() / told.sum() if told.sum() else 1.0
    return out, filled


def _bits_apart(h: w.Levels, other: w.Levels) -> float:
    """Return how much evidence a pair of a class with nothing missing is, on average, against the other kind, bits."""
    told = [x[1:] * np.log2(np.maximum(x[1:], LEAST) / np.maximum(y[1:], LEAST)) for x, y in zip(h, other, strict=True)]
    return float(sum(one.sum() for one in told))


def _named(program: Program, sessions: Sequence[w.Session], fitted: _Fitted, at: int, possible: float) -> Near:
    h, shares = fitted.levels[at], fitted.shares[:, at + 1]
    count = _pairs_in_all(program, sessions, h, fitted.filled[at], shares)
    levels = {c.name: tuple(float(x) for x in h[k][:0:-1]) for k, c in enumerate(program.comparisons)}
    return Near(float(min(count, MOST_SHARE * possible)) / possible, levels)


def _pairs_in_all(
    program: Program, sessions: Sequence[w.Session], h: w.Levels, filled: np.ndarray, shares: np.ndarray
) -> float:
    """Return how many pairs of a class there are, from those that sessions saw and the chance that a rule makes one.

    Sessions are taken together: one whose rule hardly ever makes a pair of the class would tell any number alone.
    """
    chance = {c.column: float(h[k][-1] * filled[k]) for k, c in enumerate(program.comparisons)}
    told = [k for k, session in enumerate(sessions) if all(column in chance for column in session.rule)]
    made = sum(float(np.prod([chance[column] for column in sessions[k].rule])) for k in told)
    seen = sum(float(shares[k]) * sessions[k].pairs for k in told)
    return seen / made if made else 0.0
