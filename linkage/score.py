"""From a trained model to kept pairs: weights as fixed point, the scoring pass, posteriors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from totalplace.linkage import levels, pairs
from totalplace.linkage.block import Blocks
from totalplace.linkage.compare import Program, block_table, source_column
from totalplace.linkage.encoded import Records
from totalplace.linkage.model import Model
from totalplace.tables import Engine

BIT = 2**24
TF_UNIT = pairs.TF_UNIT


@dataclass(frozen=True)
class Weights:
    """Weights in units of 2^-24 bit, laid out as the kernel asks (see `pairs.score_pairs`)."""

    ceiling: int
    best: np.ndarray
    bounds: np.ndarray
    tf_shares: np.ndarray
    tf: np.ndarray
    tf_at: np.ndarray
    plan: np.ndarray

    @property
    def worth(self) -> tuple[np.int64, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return what the kernel asks for, in its order."""
        return np.int64(self.ceiling), self.best, self.bounds, self.tf_shares, self.tf, self.tf_at


@dataclass(frozen=True)
class Links:
    """Kept pairs: record numbers (left < right), weight in 2^-24 bit, pattern; and per rule the pairs compared."""

    left: np.ndarray
    right: np.ndarray
    weight: np.ndarray
    pattern: np.ndarray
    seen: tuple[int, ...]


def to_fixed(bits: float) -> int:
    """Return a weight in bits as units of 2^-24 bit."""
    return int(round(bits * BIT))


def probability(weight: np.ndarray) -> np.ndarray:
    """Return the match probability of weights in units of 2^-24 bit, prior inside."""
    return 1.0 / (1.0 + np.exp2(-np.clip(weight / BIT, -1000, 1000)))


def prior_bits(prior: float) -> float:
    """Return log2 odds of a probability."""
    return float(np.log2(prior) - np.log2(1 - prior))


def level_weights(comparison_levels: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return log2(m / u) by kernel level: 0 for null, then from everything else up to the first level."""
    return np.array([0.0, *(np.log2(m / u) for m, u in reversed(comparison_levels))])


def term_tables(program: Program, model: Model) -> list[np.ndarray]:
    """Return per term an array of weights in bits, one axis per comparison of the term, indexed by kernel level."""
    joints = {tuple(sorted(j.comparisons)): j for j in model.joints}
    out = []
    for term in program.terms:
        members = [program.comparisons[c] for c in term]
        table = np.zeros(())
        for member in members:
            one = level_weights([(level.m or 1.0, level.u or 1.0) for level in member.levels])
            table = table[..., None] + one
        joint = joints.get(tuple(sorted(m.name for m in members)))
        if joint and len(members) > 1:
            order = [joint.comparisons.index(m.name) for m in members]
            for cell in joint.cells:
                at = tuple(
                    0 if cell.levels[o] < 0 else len(m.levels) - cell.levels[o]
                    for o, m in zip(order, members, strict=True)
                )
                table[at] = np.log2(cell.m / cell.u)
        out.append(table)
    return out


def build_weights(program: Program, model: Model, records: Records, term_frequency: bool) -> Weights:
    """Lay out per term the weight of every combination of levels, and the best that an open comparison may become.

    Term frequency (Splink's): where values agree, log2(u / share of the value) is added, so that a rare value weighs
    more and a common one less. The tables hold its greatest value; the kernel takes away what a value lacks.
    """
    tf, tf_at, greatest, shares = _frequencies(program, model, records, term_frequency)
    plan = program.plan.copy()
    tables: list[np.ndarray] = []
    best = np.zeros(len(plan), np.int64)
    start = 0
    for term, bits in zip(program.terms, term_tables(program, model), strict=True):
        table = np.rint(bits * BIT).astype(np.int64)
        for axis, c in enumerate(term):
            extra = shares[c] * greatest[c] // TF_UNIT
            table = table + extra.reshape([-1 if k == axis else 1 for k in range(table.ndim)])
        for axis, c in enumerate(term):
            table = _with_open(table, axis, bool(plan[c, levels.P_EXACT]))
        strides = np.array(table.strides) // table.itemsize
        for axis, c in enumerate(term):
            plan[c, [levels.P_WEIGHTS, levels.P_TF, levels.P_LAST, levels.P_STRIDE]] = (
                start,
                int(tf_at[c] >= 0),
                term[-1],
                strides[axis],
            )
        best[term[-1]] = table.max()
        tables.append(table.ravel())
        start += table.size
    widest = max((len(x) for x in shares), default=0)
    by_level = np.array([np.pad(x, (0, widest - len(x))) for x in shares], np.int32).reshape(len(shares), widest)
    every = np.concatenate(tables) if tables else np.zeros(0, np.int64)
    ceiling = to_fixed(prior_bits(model.prior or 0.5)) + int(best.sum())
    return Weights(ceiling, best, every, by_level, tf, np.maximum(tf_at, 0), plan)


def _with_open(table: np.ndarray, axis: int, below_first: bool) -> np.ndarray:
    """Append along an axis the best that a comparison not null, and if told not at its first level, may become."""
    which = [slice(None)] * table.ndim
    which[axis] = slice(1, -1) if below_first and table.shape[axis] > 2 else slice(1, None)
    best = table[tuple(which)].max(axis=axis, keepdims=True)
    return np.ascontiguousarray(np.concatenate([table, best], axis=axis))


def _frequencies(
    program: Program, model: Model, records: Records, term_frequency: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return per code how far its adjustment stays below the greatest; where each comparison's codes start, or -1."""
    tf, at, greatest, shares, start = [np.zeros(1, np.int64)], [], [], [], 1
    for comparison in program.comparisons:
        share = np.array([0, *(round(level.tf_share * TF_UNIT) for level in reversed(comparison.levels))], np.int64)
        column = records.columns[comparison.column]
        if not term_frequency or not share.any() or not column.pool.size:
            at.append(-1)
            greatest.append(0)
            shares.append(np.zeros_like(share))
            continue
        bits = tf_bits(column.codes, column.pool.size, comparison.levels[0].u or 1.0)
        top = int(bits.max())
        tf.append(top - bits)
        at.append(start)
        greatest.append(top)
        shares.append(share)
        start += column.pool.size
    return np.concatenate(tf), np.array(at, np.int64), np.array(greatest, np.int64), shares


def tf_bits(codes: np.ndarray, size: int, u: float) -> np.ndarray:
    """Return per code log2(u / share of the value among filled records) in units of 2^-24 bit."""
    used = codes[codes >= 0]
    count = np.bincount(used, minlength=size).astype(np.float64)
    share = np.maximum(count, 1.0) / max(1, len(used))
    return np.rint(np.log2(u / share) * BIT).astype(np.int64)


def given_by(rule: Sequence[str], program: Program, plan: np.ndarray) -> np.ndarray:
    """Return the plan with those comparisons marked that agree on their first level wherever the rule makes a pair."""
    marked = plan.copy()
    for c, comparison in enumerate(program.comparisons):
        marked[c, levels.P_GIVEN] = int(comparison.column in rule and bool(plan[c, levels.P_EXACT]))
    return marked


def score_pairs(
    program: Program,
    weights: Weights,
    records: Records,
    blocks: Sequence[Blocks],
    allowed: np.ndarray,
    floor: int,
    engine: Engine,
) -> Links:
    """Score every pair that the rules make, each once, and keep those of at least `floor` (2^-24 bit).

    Returns:
        Links in order of (left, right).
    """
    kept, seen = [], []
    width, worth = len(program.columns), weights.worth
    for number, block in enumerate(blocks):
        evidence = (given_by(block.rule, program, weights.plan), *program.evidence[1:])
        table = block_table(program, records, block, [b.rank for b in blocks[:number]])
        earlier = np.arange(width, width + number)
        ready = (table, earlier, source_column(table, allowed), allowed, evidence, worth, floor)

        def one(piece: tuple[int, int], block: Blocks = block, ready: tuple = ready) -> tuple:
            return pairs.score_pairs(*piece, block.rows, block.stop, *ready)

        found = engine.map_slices(one, block.slices)
        seen.append(sum(f[4] for f in found))
        kept += found
    left, right, weight, states = (
        np.concatenate([k[n] for k in kept]) if kept else np.zeros(0, np.int64) for n in range(4)
    )
    order = np.argsort(left.astype(np.int64) * records.rows + right)  # no pair is there twice
    patterns = program.patterns(states[order])
    return Links(left[order].astype(np.int32), right[order].astype(np.int32), weight[order], patterns, tuple(seen))
