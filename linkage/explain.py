"""Why two records are, or are not, taken for one person: level by level, and rule by rule. Never a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.config.linkage import LinkageRules
from totalplace.errors import ConfigError, listed
from totalplace.linkage import block, compare, score
from totalplace.linkage.encoded import Records
from totalplace.linkage.match import Prepared, prepare
from totalplace.linkage.model import Comparison, Level, Model
from totalplace.tables import Engine

LOWEST = -10_000.0  # bits below which no pair falls: a pair is explained whatever it weighs


@dataclass(frozen=True)
class Step:
    """What one comparison says of a pair.

    Args:
        comparison: its name.
        level: the level's label; "missing" where there was nothing to compare.
        m, u: of the level; None where missing.
        frequency: what the frequency of the values adds, bits.
        weight: what the comparison adds, bits, `frequency` inside; for members of a joint term the first bears all.
        total: the match weight so far, bits.
    """

    comparison: str
    level: str
    m: float | None
    u: float | None
    frequency: float
    weight: float
    total: float


@dataclass(frozen=True)
class RuleAnswer:
    """Whether a blocking rule compares the pair, and if not why; `differs` names the columns that disagree."""

    rule: tuple[str, ...]
    answer: str
    differs: tuple[str, ...]


@dataclass(frozen=True)
class Explanation:
    """A pair's weight, taken apart: from the prior to the match weight (bits), and the rules that compare it.

    Args:
        prior: match weight before anything is compared, bits.
        steps: in order of the model.
        near: what near pairs take away at last; None where the model has no classes of them.
        weight: match weight, bits: the last total.
        probability: of a match.
        threshold: from which a pair is a link, bits; None where the model has none.
        allowed: whether the sources of the two may be compared at all.
        rules: an answer per blocking rule.
    """

    prior: float
    steps: tuple[Step, ...]
    near: Step | None
    weight: float
    probability: float
    threshold: float | None
    allowed: bool
    rules: tuple[RuleAnswer, ...]

    @property
    def told(self) -> tuple[Step, ...]:
        """Return all that the weight is made of after the prior, in order."""
        return self.steps if self.near is None else (*self.steps, self.near)

    @property
    def compared(self) -> bool:
        """Tell whether the pair is compared when everything is linked."""
        return self.allowed and any(rule.answer == COMPARED for rule in self.rules)


SHARED_LIFT = 1.5  # a class shares what agrees in it so many times as often as in random pairs
COMPARED, DIFFER, MISSING, TOO_LARGE = "compared", "different values", "a value is missing", "the block is too large"


def explain_pair(
    table: pa.Table, left: int, right: int, model: Model, rules: LinkageRules, engine: Engine, *, link_type: str
) -> Explanation:
    """Explain the weight of two records.

    Args:
        table: as for `match_records`; frequencies are counted over all of it.
        left, right: rows of the table.
        model: trained.
        rules: `[linkage]`.
        engine: where the work runs.
        link_type: as for `match_records`.

    Raises:
        ConfigError: TP346, the model is not trained.
    """
    return explain_pairs(table, [(left, right)], model, rules, engine, link_type=link_type)[0]


def explain_pairs(
    table: pa.Table,
    pairs: Sequence[tuple[int, int]],
    model: Model,
    rules: LinkageRules,
    engine: Engine,
    *,
    link_type: str,
) -> tuple[Explanation, ...]:
    """Explain the weight of several pairs of one table, which is encoded once; arguments as for `explain_pair`."""
    if not model.trained:
        cure = "Link first, and name the model.toml that linking wrote."
        raise ConfigError("TP346", "model", "is not trained: a level has no m or u, or there is no prior", cure)
    ready = prepare(table, rules, engine, link_type=link_type, model=model, seed=0)
    program = compare.build_program(ready.model, ready.records)
    weights = score.build_weights(program, ready.model, ready.records, rules.term_frequency)
    return tuple(_explained(ready, program, weights, rules, engine, min(pair), max(pair)) for pair in pairs)


def _explained(
    ready: Prepared,
    program: compare.Program,
    weights: score.Weights,
    rules: LinkageRules,
    engine: Engine,
    low: int,
    high: int,
) -> Explanation:
    links = score.score_pairs(
        program, weights, ready.records, [_pair_alone(ready.records, low, high)], np.ones_like(ready.allowed),
        score.to_fixed(LOWEST), engine,
    )  # fmt: skip
    seen = program.levels(links.pattern)[0]
    weight = float(links.weight[0]) / score.BIT
    prior = score.prior_bits(ready.model.prior or 0.0)
    steps = _steps(program, ready, seen, (low, high), prior, rules.term_frequency)
    compared = steps[-1].total if steps else prior
    shared = _shared(ready.model, program, seen)
    near = Step("near pairs", shared, None, None, 0.0, weight - compared, weight) if ready.model.near else None
    agencies = ready.records.agency
    return Explanation(
        prior,
        steps,
        near,
        weight,
        float(score.probability(links.weight)[0]),
        ready.model.threshold,
        bool(ready.allowed[agencies[low], agencies[high]]),
        tuple(_answer(ready.records, one, low, high) for one in ready.blocks),
    )


def _pair_alone(records: Records, low: int, high: int) -> block.Blocks:
    rows, stop = np.array([low, high], np.int32), np.array([1, 1], np.int32)
    return block.Blocks((), rows, stop, np.full(records.rows, -1, np.int32), 1, 2, 1, 0, ((0, 2),))


def _steps(
    program: compare.Program,
    ready: Prepared,
    seen: np.ndarray,
    pair: tuple[int, int],
    prior: float,
    term_frequency: bool,
) -> tuple[Step, ...]:
    """Return the steps in order of the model; a joint term's weight stands at its first member."""
    worth: dict[str, float] = {}
    for term, bits in zip(program.terms, score.term_tables(program, ready.model), strict=True):
        worth |= dict.fromkeys((program.comparisons[c].name for c in term), 0.0)
        worth[program.comparisons[term[0]].name] = float(bits[tuple(seen[c] for c in term)])
    at = {comparison.name: int(seen[c]) for c, comparison in enumerate(program.comparisons)}
    steps, total = [], prior
    for comparison in ready.model.comparisons:
        level = _level(comparison, at[comparison.name])
        frequency = _frequency(ready.records, comparison, level, pair) if level and term_frequency else 0.0
        weight = worth[comparison.name] + frequency
        total += weight
        counts = level is not None and not level.null
        m, u = (level.m, level.u) if level is not None and counts else (None, None)
        label = level.label if level is not None else "missing"
        steps.append(Step(comparison.name, label, m, u, frequency, weight, total))
    return tuple(steps)


def _shared(model: Model, program: compare.Program, seen: np.ndarray) -> str:
    """Say what a pair agrees in that people near one another share."""
    names = [
        one.name
        for c, one in enumerate(program.comparisons)
        if seen[c] == len(one.levels)
        and any(kind.levels[one.name][0] >= SHARED_LIFT * (one.levels[0].u or 0.0) for kind in model.near)
    ]
    return f"against two people who share {listed(sorted(names)) if names else 'nothing telling'}"


def _level(comparison: Comparison, seen: int) -> Level | None:
    """Return the level that the kernel's number stands for; None for null."""
    return comparison.levels[len(comparison.levels) - seen] if seen else None


def _frequency(records: Records, comparison: Comparison, level: Level, pair: tuple[int, int]) -> float:
    column = records.columns[level.tf_column or comparison.column]
    codes = [int(code) for code in column.codes[list(pair)] if code >= 0]
    if not level.tf_share or not codes:
        return 0.0
    return float(score.adjustment(comparison, level, column)[codes].min())


def _answer(records: Records, one: block.Blocks, low: int, high: int) -> RuleAnswer:
    codes = {name: (int(records.columns[name].codes[low]), int(records.columns[name].codes[high])) for name in one.rule}
    missing = tuple(name for name, ends in codes.items() if min(ends) < 0)
    differs = tuple(name for name, ends in codes.items() if min(ends) >= 0 and ends[0] != ends[1])
    if missing or differs:
        return RuleAnswer(one.rule, DIFFER if differs else MISSING, differs or missing)
    kept = one.rank[low] >= 0
    return RuleAnswer(one.rule, COMPARED if kept else TOO_LARGE, ())
