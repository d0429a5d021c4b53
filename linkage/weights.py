"""Training without labels: u from value frequencies, m and the prior by expectation maximisation on pattern counts.

Sessions are the training rules. Within a session the comparisons that rest on its rule, and those that depend on them,
are left out; m is shared by all sessions, the share of matches and u are each session's own. So a household, whose
members share surname and address, cannot pass for a class of matches.

Source: Fellegi and Sunter (1969); Winkler (1988) for the EM; Splink's documentation for the sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from totalplace.config.linkage import TrainingRules
from totalplace.linkage.compare import Patterns, Program
from totalplace.linkage.encoded import Records
from totalplace.linkage.levels import P_EXACT
from totalplace.linkage.model import Comparison, Joint, Model, fields_of, with_levels
from totalplace.tables import Note

LEAST = 1e-300  # a level that no matching pair shows
Levels = list[np.ndarray]  # per comparison, by kernel level; position 0 (null) is 1


@dataclass(frozen=True)
class Session:
    """Patterns of the pairs that one training rule makes.

    Args:
        rule: its columns.
        patterns: what was counted.
        pairs: pairs that the rule makes (more than were counted, if sampled).
        left_out: bool[comparisons], those that the rule decides.
    """

    rule: tuple[str, ...]
    patterns: Patterns
    pairs: int
    left_out: np.ndarray


@dataclass(frozen=True)
class Fit:
    """What EM found.

    Args:
        m: by comparison and kernel level.
        own_u: per session, u of its non-matching pairs, by comparison and kernel level.
        matched: per session, the share of matching pairs.
        filled: per comparison, share of matching pairs in which it is not null.
        steps: iterations done.
        converged: whether the last step moved no parameter by more than the tolerance.
    """

    m: Levels
    own_u: list[Levels]
    matched: np.ndarray
    filled: np.ndarray
    steps: int
    converged: bool


def rests_on(comparison: Comparison, rule: Sequence[str]) -> bool:
    """Tell whether a comparison looks at a field that the rule's columns are made from.

    The other field of a `crossed` test (a first name found as a surname) does not count: it decides too few pairs.
    """
    tests = [
        test for level in comparison.levels for some in level.any_of for test in some if test.operation != "crossed"
    ]
    mine = {f for column in (comparison.column, *(t.left for t in tests)) for f in fields_of(column)}
    return bool(mine & {f for column in rule for f in fields_of(column)})


def left_out(program: Program, rule: Sequence[str], dependent: Sequence[frozenset[str]]) -> np.ndarray:
    """Return bool[comparisons]: those that rest on the rule, and those that depend on one that does."""
    direct = {c.name for c in program.comparisons if rests_on(c, rule)}
    out = direct | {name for group in dependent if group & direct for name in group}
    return np.array([c.name in out for c in program.comparisons], bool)


def exact_share(codes: np.ndarray, size: int) -> float:
    """Return the share of pairs, among pairs of filled records, whose values are equal: closed form, no sampling."""
    count = np.bincount(codes[codes >= 0], minlength=max(1, size)).astype(np.float64)
    n = count.sum()
    return float((count * (count - 1)).sum() / (n * (n - 1))) if n > 1 else 0.0


def observed_shares(program: Program, records: Records, random: Patterns) -> Levels:
    """Return the share of each level among random pairs in which the comparison is not null.

    The first level, if it is plain equality, is exact; the others come from the sample, in proportion.
    """
    shares = []
    for c, comparison in enumerate(program.comparisons):
        counts = np.bincount(random.levels[:, c], random.counts, len(comparison.levels) + 1).astype(np.float64)
        counts[0] = 0
        share = (counts + 0.1) / (counts[1:].sum() + 0.1 * len(comparison.levels))
        if program.plan[c, P_EXACT]:
            column = records.columns[comparison.column]
            top = exact_share(column.codes, column.pool.size)
            share[1:-1] *= (1 - top) / max(share[1:-1].sum(), 1e-300)
            share[-1] = top
        share[0] = 1.0
        shares.append(share)
    return shares


def without_matches(shares: Levels, m: Levels, prior: float, pairs: float) -> Levels:
    """Return u: the shares of random pairs less what matching pairs put into them."""
    out = []
    for share, match in zip(shares, m, strict=True):
        u = np.maximum((share - prior * match) / (1 - prior), np.maximum(share * 0.02, 0.1 / max(pairs, 1.0)))
        u[1:] /= u[1:].sum()
        u[0] = 1.0
        out.append(u)
    return out


def first_guess(program: Program) -> Levels:
    """Return the m from which EM starts: most matching pairs agree."""
    out = []
    for radix in program.radices:
        top = np.r_[1.0, np.linspace(1.0, 3.0, radix - 1)]
        top[-1] = 4.0 * top[1:-1].sum()
        top[1:] /= top[1:].sum()
        out.append(top)
    return out


def fit(
    sessions: Sequence[Session], m: Levels, u: Levels, rules: TrainingRules, own: Sequence[Levels] | None = None
) -> Fit:
    """Run EM over all sessions together, until nothing moves.

    Non-matching pairs of a session are not random pairs: people of one surname share more than that. So each session
    has a u of its own, drawn towards that of random pairs by a few pairs in a hundred. m is shared; a session counts
    for it by its matches and by how pure they are.

    Args:
        sessions: at least one.
        m: where to start; it also counts as `smoothing_pairs` pairs, so that few pairs cannot prove much.
        u: of random pairs.
        rules: iterations and tolerance.
        own: each session's own u to start from; None = as if its pairs were random ones.
    """
    own = [[x.copy() for x in each] for each in own or [u] * len(sessions)]
    shares = np.full(len(sessions), rules.first_match_share)
    guess, m = m, [x.copy() for x in m]
    filled = np.ones(len(m))
    moved, step = 1.0, 0
    while step < rules.max_iterations and moved > rules.tolerance:
        step += 1
        totals = [np.zeros(len(x)) for x in m]
        moved = 0.0
        for s, session in enumerate(sessions):
            weight = match_posterior(session, m, own[s], shares[s]) * session.patterns.counts
            new = float(np.clip(weight.sum() / max(1, session.patterns.counts.sum()), 1e-9, 1 - 1e-9))
            moved = max(moved, abs(new - shares[s]))
            shares[s] = new
            for c in np.flatnonzero(~session.left_out).tolist():
                totals[c] += new * np.bincount(session.patterns.by_comparison[c], weight, len(m[c]))
            own[s] = own_shares(session, weight, u, rules.session_pull)
        for c, total in enumerate(totals):
            if total[1:].sum() <= 0:
                continue
            filled[c] = total[1:].sum() / total.sum()
            new_m = (total[1:] + rules.smoothing_pairs * guess[c][1:]) / (total[1:].sum() + rules.smoothing_pairs)
            moved = max(moved, float(np.abs(new_m - m[c][1:]).max()))
            m[c][1:] = new_m
    return Fit(m, own, shares, filled, step, moved <= rules.tolerance)


def own_shares(session: Session, matching: np.ndarray, u: Levels, pull: float) -> Levels:
    """Return a session's own u: the levels of its pairs that do not match, drawn towards those of random pairs.

    Args:
        session: the session.
        matching: float64[patterns], how many pairs of each pattern match.
        u: of random pairs.
        pull: they count as so many pairs for each pair of the session.
    """
    apart = session.patterns.counts - matching
    drawn = pull * session.patterns.counts.sum() + 1.0
    own = [x.copy() for x in u]
    for c in np.flatnonzero(~session.left_out).tolist():
        seen = np.bincount(session.patterns.by_comparison[c], apart, len(u[c]))[1:]
        own[c][1:] = (seen + drawn * u[c][1:]) / (seen.sum() + drawn)
    return own


def match_posterior(session: Session, m: Levels, u: Levels, share: float, skip: int = -1) -> np.ndarray:
    """Return per pattern the probability of a match within the session, `skip` being a comparison not to look at."""
    odds = np.full(len(session.patterns.counts), np.log(share) - np.log1p(-share))
    for c in np.flatnonzero(~session.left_out):
        if c != skip:
            odds += np.log(m[c] / u[c]).take(session.patterns.by_comparison[c])
    return 1.0 / (1.0 + np.exp(-np.clip(odds, -700, 700)))


def matches_by_session(program: Program, sessions: Sequence[Session], found: Fit) -> np.ndarray:
    """Return per session how many matching pairs there are in all, if it finds the share of them that m says.

    A session's rule finds a matching pair if its columns are filled and agree; nan where no comparison's first level
    is the equality of one of its columns.
    """
    chance = {c.column: found.m[k][-1] * found.filled[k] for k, c in enumerate(program.comparisons)}
    out = []
    for s, session in enumerate(sessions):
        known = [chance.get(column, np.nan) for column in session.rule]
        out.append(
            found.matched[s] * session.pairs / np.prod(known) if session.rule else found.matched[s] * session.pairs
        )
    return np.array(out)


def matches_seen(sessions: Sequence[Session], found: Fit) -> np.ndarray:
    """Return how many matching pairs each session saw."""
    return found.matched * np.array([session.pairs for session in sessions], np.float64)


def estimate_matches(by_session: np.ndarray, found: Fit, sessions: Sequence[Session]) -> float:
    """Return one number of matching pairs: the middle of the sessions', each weighed by the matches that it saw."""
    good, seen = _telling(by_session), matches_seen(sessions, found)
    if not good.any():
        return float(max(seen, default=1.0))
    order = np.argsort(by_session[good], kind="stable")
    running = np.cumsum(seen[good][order])
    return float(by_session[good][order][np.searchsorted(running, running[-1] / 2)])


def disagreement(by_session: np.ndarray, seen: np.ndarray) -> float:
    """Return how far sessions are apart on the number of matching pairs: standard deviation, in doublings.

    Args:
        by_session: from `matches_by_session`.
        seen: how much each session counts.
    """
    good = _telling(by_session)
    if not good.any():
        return 0.0
    doublings, weight = np.log2(by_session[good]), seen[good]
    return float(np.sqrt(np.average((doublings - np.average(doublings, weights=weight)) ** 2, weights=weight)))


def _telling(by_session: np.ndarray) -> np.ndarray:
    """Return bool[sessions]: those that tell a number of matches."""
    return np.asarray(np.isfinite(by_session) & (by_session > 0))


def write_back(program: Program, model: Model, m: Levels, u: Levels, joints: Sequence[Joint], prior: float) -> Model:
    """Return the model with what was learned."""
    learned = {
        c.name: with_levels(c, _first_to_last(m[k]), _first_to_last(u[k])) for k, c in enumerate(program.comparisons)
    }
    return replace(
        model, comparisons=tuple(learned[c.name] for c in model.comparisons), joints=tuple(joints), prior=prior
    )


def _first_to_last(values: np.ndarray) -> list[float]:
    return [float(x) for x in values[:0:-1]]


def training_notes(program: Program, found: Fit, u: Levels, matched: Sequence[float]) -> list[Note]:
    """Say what training could not settle: nothing here stops the run, and nothing passes in silence."""
    notes = []
    if not found.converged:
        text = f"EM was still moving after {found.steps} steps; raise linkage.training.max_iterations."
        notes.append(Note("training_not_converged", text, {"steps": found.steps}))
    for k, comparison in enumerate(program.comparisons):
        top_m, top_u = found.m[k][-1], u[k][-1]
        if top_m < top_u:
            text = f"{comparison.name}: full agreement is likelier among non-matching pairs; check its column."
            notes.append(Note("m_below_u", text, {"comparison": comparison.name}))
        never = int((found.m[k][1:] < 1e-6).sum())
        if never:
            text = f"{comparison.name}: {never} level(s) never seen among matching pairs; merge them with a neighbour."
            notes.append(Note("levels_never_seen", text, {"comparison": comparison.name, "levels": never}))
    if max(matched, default=0.0) < 1e-4:
        notes.append(
            Note(
                "few_matches",
                "No training rule found a share of matching pairs over 1 in 10,000; name stricter training rules.",
                {},
            )
        )
    return notes
