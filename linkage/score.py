"""From a trained model to kept pairs: weights as fixed point, the scoring pass, posteriors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from totalplace.linkage import levels, pairs
from totalplace.linkage.block import Blocks
from totalplace.linkage.compare import Program, block_table, source_column
from totalplace.linkage.encoded import Column, Records
from totalplace.linkage.model import Comparison, Level, Model
from totalplace.linkage.near_weights import Frequent, NearWeights, near_weights
from totalplace.linkage.weights import LEAST
from totalplace.tables import Engine

BIT = 2**24
NEAR_AT_ONCE = 1_000_000  # pairs set against near pairs together: some 50 bytes each


@dataclass(frozen=True)
class Weights:
    """Weights in units of 2^-24 bit, laid out as the kernel asks (see `pairs.score_pairs`)."""

    ceiling: int
    best: np.ndarray
    bounds: np.ndarray
    tf_columns: np.ndarray
    tf: np.ndarray
    tf_at: np.ndarray
    plan: np.ndarray
    near: NearWeights | None = None

    @property
    def worth(self) -> tuple[np.int64, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return what the kernel asks for, in its order."""
        return np.int64(self.ceiling), self.best, self.bounds, self.tf_columns, self.tf, self.tf_at


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


def _share(given: float | None) -> float:
    """Return m or u as it can be divided by: 0 is the least number, and a level that weighs nothing has 1 of both."""
    return 1.0 if given is None else max(given, LEAST)


def term_tables(program: Program, model: Model) -> list[np.ndarray]:
    """Return per term an array of weights in bits, one axis per comparison of the term, indexed by kernel level."""
    joints = {tuple(sorted(j.comparisons)): j for j in model.joints}
    out = []
    for term in program.terms:
        members = [program.comparisons[c] for c in term]
        table = np.zeros(())
        for member in members:
            one = level_weights([(_share(level.m), _share(level.u)) for level in member.levels])
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
    frequent = _frequent_levels(program, records) if term_frequency else []
    found = _frequencies(program, frequent)
    plan = program.plan.copy()
    tables: list[np.ndarray] = []
    best = np.zeros(len(plan), np.int64)
    start = 0
    for term, bits in zip(program.terms, term_tables(program, model), strict=True):
        table = np.rint(bits * BIT).astype(np.int64)
        for axis, c in enumerate(term):
            table = table + found.greatest[c].reshape([-1 if k == axis else 1 for k in range(table.ndim)])
        for axis, c in enumerate(term):
            table = _with_open(table, axis, bool(plan[c, levels.P_EXACT]))
        strides = np.array(table.strides) // table.itemsize
        for axis, c in enumerate(term):
            plan[c, [levels.P_WEIGHTS, levels.P_TF, levels.P_LAST, levels.P_STRIDE]] = (
                start,
                int(found.at[c].any()),
                term[-1],
                strides[axis],
            )
        best[term[-1]] = table.max()
        tables.append(table.ravel())
        start += table.size
    every = np.concatenate(tables) if tables else np.zeros(0, np.int64)
    ceiling = to_fixed(prior_bits(model.prior or 0.5)) + int(best.sum())
    near = near_weights(program, model, frequent)
    return Weights(ceiling, best, every, found.columns, found.tf, found.at, plan, near)


def _frequent_levels(program: Program, records: Records) -> list[Frequent]:
    found = []
    for c, comparison in enumerate(program.comparisons):
        for place, level in enumerate(comparison.levels):
            column = records.columns[level.tf_column or comparison.column]
            if level.tf_share and column.pool.size:
                bits = adjustment(comparison, level, column)
                found.append(Frequent(c, len(comparison.levels) - place, column.codes, bits))
    return found


def adjustment(comparison: Comparison, level: Level, column: Column) -> np.ndarray:
    """Return float64[values], bits that the frequency of each value adds to the weight of a level."""
    against = level.tf_u or comparison.levels[0].u or 1.0
    return tf_bits(column.codes, column.pool.size, against, level.tf_floor) * level.tf_share


def _with_open(table: np.ndarray, axis: int, below_first: bool) -> np.ndarray:
    """Append along an axis the best that a comparison not null, and if told not at its first level, may become."""
    which = [slice(None)] * table.ndim
    which[axis] = slice(1, -1) if below_first and table.shape[axis] > 2 else slice(1, None)
    best = table[tuple(which)].max(axis=axis, keepdims=True)
    return np.ascontiguousarray(np.concatenate([table, best], axis=axis))


@dataclass(frozen=True)
class _Frequencies:
    """What values' frequencies add: see `pairs.score_pairs`; `greatest` int64[levels] per comparison."""

    columns: np.ndarray
    tf: np.ndarray
    at: np.ndarray
    greatest: list[np.ndarray]


def _frequencies(program: Program, frequent: Sequence[Frequent]) -> _Frequencies:
    """Return per adjusted level and code how far its adjustment stays below the greatest."""
    radices = program.radices
    widest = int(radices.max(initial=1))
    columns, at = (np.zeros((len(radices), widest), kind) for kind in (np.int32, np.int64))
    tf, greatest, start = [np.zeros(1, np.int64)], [np.zeros(radix, np.int64) for radix in radices], 1
    for one in frequent:
        c, here, comparison = one.comparison, one.level, program.comparisons[one.comparison]
        level = comparison.levels[len(comparison.levels) - here]
        fixed = np.rint(one.bits * BIT).astype(np.int64)
        top = max(int(fixed.max()), 0) if level.tf_column else int(fixed.max())
        columns[c, here], at[c, here] = program.row_of[level.tf_column or comparison.column], start + 1
        greatest[c][here] = top
        tf.append(top - np.append(np.int64(0), fixed))
        start += 1 + len(fixed)
    return _Frequencies(columns, np.concatenate(tf), at, greatest)


def tf_bits(codes: np.ndarray, size: int, u: float, floor: float = 0.0) -> np.ndarray:
    """Return per code log2(u / share of the value among filled records) in bits; shares below `floor` count as it."""
    used = codes[codes >= 0]
    count = np.bincount(used, minlength=size).astype(np.float64)
    share = np.maximum(np.maximum(count, 1.0) / max(1, len(used)), floor)
    return np.log2(u / share)


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
    sizes = [(width + number + 1) * len(block.rows) for number, block in enumerate(blocks)]
    room = np.empty(max(sizes, default=0), np.int32)
    for number, block in enumerate(blocks):
        evidence = (given_by(block.rule, program, weights.plan), *program.evidence[1:])
        table = block_table(program, records, block, [b.rank for b in blocks[:number]], engine, room)
        earlier = np.arange(width, width + number)
        ready = (table, earlier, source_column(table, allowed), allowed, evidence, worth, floor)

        def one(piece: tuple[int, int], block: Blocks = block, ready: tuple = ready) -> tuple:
            return pairs.score_pairs(*piece, block.rows, block.stop, *ready)

        found = engine.map_slices(one, block.slices)
        seen.append(sum(f[4] for f in found))
        kept += found
    links = _in_order(program, kept, tuple(seen), records.rows)
    del kept
    return links if weights.near is None else _less_near(links, program, weights.near, floor, engine)


def _in_order(program: Program, kept: list, seen: tuple[int, ...], records: int) -> Links:
    left, right, weight, states = (
        np.concatenate([k[n] for k in kept]) if kept else np.zeros(0, np.int64) for n in range(4)
    )
    order = np.argsort(left.astype(np.int64) * records + right)  # no pair is there twice
    patterns = program.patterns(states[order])
    return Links(left[order].astype(np.int32), right[order].astype(np.int32), weight[order], patterns, seen)


def _less_near(links: Links, program: Program, near: NearWeights, floor: int, engine: Engine) -> Links:
    """Return the links without what near pairs take from their weights, those of at least `floor`."""

    def left_of(start: int) -> np.ndarray:
        part = slice(start, start + NEAR_AT_ONCE)
        taken = near.bits(program, links.left[part], links.right[part], links.pattern[part])
        return links.weight[part] + np.rint(taken * BIT).astype(np.int64)

    pieces = engine.map_slices(left_of, range(0, len(links.left), NEAR_AT_ONCE))
    weight = np.concatenate([np.zeros(0, np.int64), *pieces])
    kept = weight >= floor
    return replace(
        links, left=links.left[kept], right=links.right[kept], weight=weight[kept], pattern=links.pattern[kept]
    )
