"""Training as a whole: which sessions, how many rounds, when comparisons count as dependent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from totalplace.config.linkage import TrainingRules
from totalplace.linkage import weights as w
from totalplace.linkage.block import group, make_blocks, random_blocks
from totalplace.linkage.compare import Program, build_program, count_patterns
from totalplace.linkage.dependence import Tie, dependence, dependent_groups, joint_cells, ties_between
from totalplace.linkage.encoded import Records
from totalplace.linkage.levels import P_EXACT
from totalplace.linkage.model import Joint, Model, fields_of
from totalplace.linkage.near import near_classes, told_by
from totalplace.linkage.standard_errors import error_of_matches, errors_of_m, with_errors
from totalplace.tables import Engine, Note

LOOSEST = 0.02  # a column on which more random pairs agree makes no training rule of its own
MOST_BLOCK = 20_000
PAIRS_A_COLUMN = 2
AGREED = 0.1  # doublings that sessions may be apart on the number of matches before EM starts once more: below 7%
MUCH_BETTER = 0.5  # of the first end's disagreement: 0.03 was seen where that end was wrong, 0.88 and more where right


@dataclass(frozen=True)
class Trained:
    """A trained model.

    Args:
        model: with m, u, joint terms, classes of near pairs and prior; its threshold is not chosen yet.
        matches: estimated matching pairs among all pairs that may be compared.
        notes: warnings.
    """

    model: Model
    matches: float
    notes: tuple[Note, ...]


def training_rules(program: Program, records: Records, most: int, most_whole: int) -> list[tuple[str, ...]]:
    """Return the rules of the sessions: each fine column alone, then pairs of columns, the strictest first.

    Pairs are taken so that they leave every comparison free somewhere; they hold mostly matches and steady EM. Few
    records are also compared each with each.
    """
    share = {}
    for k, comparison in enumerate(program.comparisons):
        if program.plan[k, P_EXACT]:
            column = records.columns[comparison.column]
            share[comparison.column] = w.exact_share(column.codes, column.pool.size) or 1.0
    alone = [(c,) for c in sorted(share) if share[c] <= LOOSEST]
    both = sorted(
        (share[a] * share[b], a, b)
        for a in share
        for b in share
        if a < b and set(fields_of(a)).isdisjoint(fields_of(b))
    )
    used: dict[str, int] = {}
    chosen: list[tuple[str, ...]] = []
    for product, a, b in both:
        if product <= LOOSEST / 10 and max(used.get(a, 0), used.get(b, 0)) < PAIRS_A_COLUMN and len(chosen) < most:
            chosen.append((a, b))
            used[a], used[b] = used.get(a, 0) + 1, used.get(b, 0) + 1
    whole = [()] if records.rows * (records.rows - 1) // 2 <= most_whole else []
    return [*alone, *chosen, *whole] or [()]


def train(
    model: Model, records: Records, allowed: np.ndarray, rules: TrainingRules, seed: int, engine: Engine
) -> Trained:
    """Estimate m, u, joint terms, classes of near pairs and the prior of a model from unlabelled records."""
    program = build_program(model, records)
    possible = possible_pairs(records, allowed)
    random = count_patterns(
        program, records, random_blocks(records, rules.random_pairs, seed), allowed, 1, seed, engine
    )
    shares = w.observed_shares(program, records, random)
    sessions = _sessions(
        program,
        records,
        training_rules(program, records, rules.max_pair_sessions, rules.session_pairs),
        allowed,
        rules,
        seed,
        engine,
    )
    groups: list[tuple[int, ...]] = []
    m, u, matches = w.first_guess(program), [np.maximum(s, 1e-9) for s in shares], 0.0
    lifts: dict[tuple[int, int], np.ndarray] = {}
    ties: list[Tie] = []
    for _ in range(rules.rounds):
        names = [frozenset(program.comparisons[c].name for c in group) for group in groups]
        current = [w.Session(s.rule, s.patterns, s.pairs, w.left_out(program, s.rule, names)) for s in sessions]
        current = [s for s in current if not s.left_out.all()] or current
        found = _fit(program, current, u, rules)
        matches = w.estimate_matches(w.matches_by_session(program, current, found), found, current)
        matches = float(np.clip(matches, 1.0, 0.5 * possible))
        m, u = found.m, w.without_matches(shares, found.m, matches / possible, possible)
        lifts = dependence(program, current, found, u, rules.sure_chance)
        ties = ties_between(program, lifts, current, found, u, matches, rules)
        groups = dependent_groups(program, ties, rules)
    near = near_classes(program, sessions, m, u, matches, possible, ties, rules)
    told = {(tie.a, tie.b) for tie in ties if told_by(near, program, u, tie, rules.min_lift)}
    left = {pair: lift for pair, lift in lifts.items() if pair not in told}
    groups = dependent_groups(program, [tie for tie in ties if (tie.a, tie.b) not in told], rules)
    joints = [_joint(program, group, left, m, u) for group in groups]
    notes = w.training_notes(program, found, u, found.matched.tolist())
    learned = w.write_back(program, model, m, u, joints, matches / possible)
    off = error_of_matches(w.matches_by_session(program, current, found), w.matches_seen(current, found))
    learned = with_errors(program, learned, errors_of_m(current, found))
    return Trained(replace(learned, prior_error=off and off / possible, near=near), matches, tuple(notes))


def _fit(program: Program, sessions: Sequence[w.Session], u: w.Levels, rules: TrainingRules) -> w.Fit:
    """Run EM, and where its end contradicts itself once more from another start.

    From a start as if all pairs were random ones, the members of a household may pass for matches, where all that they
    share is rare. That shows: each session tells how many matching pairs there are in all, and one of equal addresses
    then tells far more of them than one of equal first names. So where sessions disagree EM starts again as if none of
    their pairs matched, and that end counts if sessions agree much better in it. (From that start alone, sessions that
    hold little but matches fall in two.)
    """
    guess = w.first_guess(program)
    found = w.fit(sessions, guess, u, rules)
    seen = w.matches_seen(sessions, found)
    if w.disagreement(w.matches_by_session(program, sessions, found), seen) <= AGREED:
        return found
    nobody = [np.zeros(session.patterns.counts.size) for session in sessions]
    own = [w.own_shares(*each, u, rules.session_pull) for each in zip(sessions, nobody, strict=True)]
    again = w.fit(sessions, guess, u, rules, own)
    # A session counts alike for both ends, or one in which nearly all sessions find nothing would agree with itself.
    apart, closer = (w.disagreement(w.matches_by_session(program, sessions, end), seen) for end in (found, again))
    return again if closer < MUCH_BETTER * apart else found


def _joint(
    program: Program, group: Sequence[int], lifts: dict[tuple[int, int], np.ndarray], m: w.Levels, u: w.Levels
) -> Joint:
    return Joint(tuple(program.comparisons[c].name for c in group), joint_cells(program, group, lifts, m, u))


def possible_pairs(records: Records, allowed: np.ndarray) -> float:
    """Return the number of pairs that the agencies' agreement lets be compared."""
    count = np.bincount(records.agency, minlength=len(allowed)).astype(np.float64)
    both = np.outer(count, count) * allowed
    inside = np.diag(allowed) * count
    return max(1.0, float((both.sum() - inside.sum()) / 2))


def _sessions(
    program: Program,
    records: Records,
    training: Sequence[tuple[str, ...]],
    allowed: np.ndarray,
    rules: TrainingRules,
    seed: int,
    engine: Engine,
) -> list[w.Session]:
    out = []
    for rule in training:
        blocks = make_blocks(group(records, rule), records.rows, MOST_BLOCK)
        step = max(1, -(-blocks.pairs // rules.session_pairs))
        patterns = count_patterns(program, records, blocks, allowed, step, seed, engine)
        if patterns.seen:
            seen = patterns.seen * step if step > 1 else patterns.seen
            out.append(w.Session(rule, patterns, seen, w.left_out(program, rule, ())))
    return out
