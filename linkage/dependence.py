"""Dependence: which comparisons agree together among non-matching pairs, and what their joint term says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from totalplace.config.linkage import TrainingRules
from totalplace.linkage.compare import Program
from totalplace.linkage.model import Cell
from totalplace.linkage.weights import Fit, Levels, Session, left_out, match_posterior


def dependence(
    program: Program, sessions: Sequence[Session], found: Fit, u: Levels, most_chance: float
) -> dict[tuple[int, int], np.ndarray]:
    """Return how often each level is seen among non-matching pairs of a one-column session, against u.

    Whether a pair matches is judged by every other comparison, so that dependence cannot prove itself; and only pairs
    that these speak against count, since matches among the undecided would look like dependence.

    Returns:
        (comparison that the session holds equal, other comparison) -> float[levels], position 0 (null) is 1.
    """
    out: dict[tuple[int, int], np.ndarray] = {}
    for s, session in enumerate(sessions):
        held = [k for k, c in enumerate(program.comparisons) if session.rule == (c.column,)]
        if not held:
            continue
        direct = replace(session, left_out=left_out(program, session.rule, ()))
        for c in range(len(program.comparisons)):
            if direct.left_out[c]:
                continue
            posterior = match_posterior(direct, found.m, found.own_u[s], found.matched[s], skip=c)
            apart = np.where(posterior <= most_chance * found.matched[s], session.patterns.counts, 0)
            seen = np.bincount(session.patterns.by_comparison[c], apart, len(u[c]))[1:]
            expected = seen.sum() * u[c][1:]
            out[held[0], c] = np.r_[1.0, (seen + 1.0) / (expected + 1.0)]
    return out


@dataclass(frozen=True)
class Tie:
    """Two comparisons of which one agrees more often than chance would have it where the other does, among non-matches.

    Args:
        a, b: comparisons; where a is equal, b agrees more often.
        excess: pairs in excess.
        strong: b agrees several times as often as by chance; otherwise it follows from a, as a sex from a first name.
    """

    a: int
    b: int
    excess: float
    strong: bool


def ties_between(
    program: Program,
    lifts: Mapping[tuple[int, int], np.ndarray],
    sessions: Sequence[Session],
    found: Fit,
    u: Levels,
    matches: float,
    rules: TrainingRules,
) -> list[Tie]:
    """Return the ties that count, the most important first.

    A tie counts where the pairs in excess are many beside the matching ones: dependence that cannot make a false
    link is left alone. Where one follows from the other, as the sex does from the first name, a smaller lift will do,
    since a sex cannot agree more than twice as often as by chance. Those that follow come last: they concern so many
    pairs that they would otherwise leave no room for the ties that make a household of one coincidence.
    """
    size = {s.rule: s.pairs * (1 - found.matched[k]) for k, s in enumerate(sessions)}
    ties = []
    for (a, b), lift in sorted(lifts.items()):
        excess = size[(program.comparisons[a].column,)] * u[b][-1] * (lift[-1] - 1)
        strong = bool(lift[-1] >= rules.min_lift)
        follows = lift[-1] >= rules.follow_lift and lift[-1] * u[b][-1] >= rules.follow_share
        if (strong or follows) and excess >= rules.min_excess_share * matches:
            ties.append(Tie(a, b, excess, strong))
    return sorted(ties, key=lambda tie: (not tie.strong, -tie.excess, tie.a, tie.b))


def dependent_groups(program: Program, ties: Sequence[Tie], rules: TrainingRules) -> list[tuple[int, ...]]:
    """Return groups of comparisons that ties hold together, each small enough for the table of its joint term."""
    group: dict[int, tuple[int, ...]] = {c: (c,) for c in range(len(program.comparisons))}
    for tie in ties:
        merged = tuple(sorted({*group[tie.a], *group[tie.b]}))
        if len(merged) <= rules.max_joint and np.prod(program.radices[list(merged)]) <= rules.max_joint_cells:
            for c in merged:
                group[c] = merged
    return sorted({g for g in group.values() if len(g) > 1})


def joint_cells(
    program: Program, group: Sequence[int], lifts: Mapping[tuple[int, int], np.ndarray], m: Levels, u: Levels
) -> tuple[Cell, ...]:
    """Return the cells of a joint term: m as a product, u as a product times the lifts of its pairs.

    A lift is known where one of the two is at its first level; elsewhere the pair is taken as independent. Of the
    lifts between the comparisons of a cell those of the strongest tree count, since of an address's parts each follows
    from one other: all their lifts together would take one coincidence for several. Only cells that differ from the
    plain product are listed.

    Source: Chow and Liu (1968), for the tree.
    """
    radices = [len(u[c]) for c in group]
    known = {
        (i, k): _pair_lifts(lifts, group[i], group[k], radices[i], radices[k])
        for i in range(len(group))
        for k in range(i + 1, len(group))
    }
    cells = []
    for at in np.ndindex(*radices):
        factor = _tree_lift([(float(known[i, k][at[i], at[k]]), i, k) for i, k in known], len(group))
        if factor == 1.0:
            continue
        match = float(np.prod([m[c][l] for c, l in zip(group, at, strict=True)]))
        apart = float(np.prod([u[c][l] for c, l in zip(group, at, strict=True)])) * factor
        cells.append(
            Cell(tuple(-1 if l == 0 else r - 1 - l for l, r in zip(at, radices, strict=True)), match, min(apart, 1.0))
        )
    return tuple(cells)


def _tree_lift(pairs: list[tuple[float, int, int]], size: int) -> float:
    """Return the product of the lifts on the tree that takes the strongest, for or against, first."""
    part, factor = list(range(size)), 1.0
    for lift, i, k in sorted(pairs, key=lambda pair: -abs(np.log(pair[0]))):
        if lift != 1.0 and part[i] != part[k]:
            factor *= lift
            part = [part[i] if one == part[k] else one for one in part]
    return factor


def _pair_lifts(lifts: Mapping[tuple[int, int], np.ndarray], a: int, b: int, ra: int, rb: int) -> np.ndarray:
    """Return float64[ra, rb], the lift of every two levels; 1 = none is known."""
    logs, known = np.zeros((ra, rb)), np.zeros((ra, rb))
    if (a, b) in lifts:
        logs[-1, 1:] += np.log(lifts[a, b][1:])
        known[-1, 1:] += 1
    if (b, a) in lifts:
        logs[1:, -1] += np.log(lifts[b, a][1:])
        known[1:, -1] += 1
    return np.exp(logs / np.maximum(known, 1))
