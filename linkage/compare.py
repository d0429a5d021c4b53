"""A model as arrays for the pair kernel, and the passes that count patterns and score pairs.

Levels inside the kernel: 0 = null, 1 = everything else, then upwards to the model's first level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from totalplace.errors import ConfigError
from totalplace.linkage import fold, levels, pairs
from totalplace.linkage.block import Blocks
from totalplace.linkage.encoded import Pool, Records
from totalplace.linkage.model import OPERATIONS, Atom, Comparison, Model
from totalplace.linkage.packed import MOST_EDITS
from totalplace.tables import Engine

OPERATION = {name: getattr(levels, name.upper()) for name in OPERATIONS}
PACKED = {"levenshtein": levels.CHANGED, "damerau": levels.EDITED}
COST = dict.fromkeys(OPERATIONS, 2) | {"exact": 1, "crossed": 1, "filled": 1, "dice": 4}
STRING_COST = 8
CODE_BITS = 62
TABLE_FOR_THREADS = 1_000_000  # cells: fewer are laid out faster than threads take them up
Pools = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
TEXT = ("jaro_winkler", "levenshtein", "damerau", "starts_with")
NUMBERS = ("date_swapped", "date_digits", "date_days", "number", "number_share")
FILTERS = ("dice",)
BY_CODES = {levels.EXACT, levels.CROSSED}
BY_TEXT = {OPERATION[name] for name in TEXT}
BY_NUMBERS = {*(OPERATION[name] for name in NUMBERS), *PACKED.values()}


@dataclass(frozen=True)
class Program:
    """A model as data for the kernel.

    Args:
        comparisons: in the order of the kernel; members of a joint term are neighbours.
        terms: positions of comparisons, one tuple per term.
        columns: names of the table's rows; columns that share their codes share a row, under the first name.
        row_of: which row holds a column.
        plan, tests, limits: see `levels`.
        pools: characters, places of values, numbers, filter words.
    """

    comparisons: tuple[Comparison, ...]
    terms: tuple[tuple[int, ...], ...]
    columns: tuple[str, ...]
    row_of: Mapping[str, int]
    plan: np.ndarray
    tests: np.ndarray
    limits: np.ndarray
    pools: Pools

    def patterns(self, states: np.ndarray) -> np.ndarray:
        """Return the pattern numbers of codes of states."""
        out = np.zeros(len(states), np.int64)
        for shift, radix in self.plan[:, [levels.P_SHIFT, levels.P_RADIX]].tolist():
            out = out * radix + (states >> shift & (1 << radix.bit_length()) - 1)
        return out

    @property
    def evidence(self) -> tuple[np.ndarray, ...]:
        """Return what the kernel asks for, in its order."""
        return self.plan, self.tests, self.limits, *self.pools

    @property
    def radices(self) -> np.ndarray:
        """Return the number of levels of each comparison, null counted."""
        return self.plan[:, levels.P_RADIX].astype(np.int64)

    def levels(self, patterns: np.ndarray) -> np.ndarray:
        """Return int8[patterns, comparisons] of pattern numbers."""
        out = np.empty((len(patterns), len(self.radices)), np.int8)
        rest = patterns.copy()
        for c in range(len(self.radices) - 1, -1, -1):
            out[:, c] = rest % self.radices[c]
            rest //= self.radices[c]
        return out


def cost(comparison: Comparison) -> int:
    """Return the rough cost of a comparison: strings cost most and come last."""
    return sum(STRING_COST if t.operation in TEXT else COST[t.operation] for t in _tests(comparison))


def _tests(comparison: Comparison) -> list[Atom]:
    return [t for level in comparison.levels for some in level.any_of for t in some]


def build_program(model: Model, records: Records) -> Program:
    """Lay a model out for the kernel over the pools of these records."""
    terms = _ordered_terms(model)
    comparisons = tuple(c for term in terms for c in term)
    _check_codes(comparisons)
    columns, row_of = _rows(comparisons, records)
    offsets, pools = _pools(comparisons, records)
    words = pools[3].shape[0] // max(1, len(pools[2])) if len(pools[3]) else 0
    plan: list[list[int]] = []
    tests: list[list[int]] = []
    limits: list[float] = []
    shift = 0
    shares: list[tuple[int, int]] = []
    for term in terms:
        for place, comparison in enumerate(term):
            alone = comparison.levels[0].any_of == ((Atom("exact", comparison.column, comparison.column),),)
            first = len(tests) + int(alone)  # the kernel has looked at plain equality before it asks for a level
            begin = len(tests)
            _lay_out(comparison, row_of, records, offsets, words, tests, limits)
            shares.append((begin, len(tests)))
            exact_top = (Atom("exact", comparison.column, comparison.column),) in comparison.levels[0].any_of
            row = [0] * levels.PLAN_WIDTH
            row[levels.P_COLUMN], row[levels.P_FIRST], row[levels.P_END] = (
                row_of[comparison.column],
                first,
                len(tests),
            )
            row[levels.P_RADIX], row[levels.P_STARTS] = len(comparison.levels) + 1, int(place == 0)
            row[levels.P_EXACT] = int(exact_top)
            row[levels.P_WAY] = _way(tests[first:], row_of[comparison.column])
            row[levels.P_SHIFT] = shift
            shift += state_bits(comparison)
            plan.append(row)
    at = np.cumsum([0, *(len(term) for term in terms)])
    laid = np.array(tests, np.int32).reshape(-1, levels.TEST_WIDTH)
    for first, end in shares:
        _loosest(laid[first:end], np.array(limits[first:end]))
    return Program(
        comparisons,
        tuple(tuple(range(a, b)) for a, b in zip(at[:-1], at[1:], strict=True)),
        columns,
        row_of,
        np.array(plan, np.int32).reshape(-1, levels.PLAN_WIDTH),
        laid,
        np.array(limits, np.float64),
        pools,
    )


def _rows(comparisons: Sequence[Comparison], records: Records) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the names of the table's rows, and the row of every column."""
    columns: list[str] = []
    row_of: dict[str, int] = {}
    row_of_codes: dict[int, int] = {}
    for name in sorted({c for comparison in comparisons for c in comparison.columns}):
        row = row_of_codes.setdefault(id(records.columns[name].codes), len(columns))
        if row == len(columns):
            columns.append(name)
        row_of[name] = row
    return tuple(columns), row_of


def _check_codes(comparisons: Sequence[Comparison]) -> None:
    """Refuse a model whose pairs' states do not fit into one whole number.

    Raises:
        ConfigError: TP318.
    """
    if sum(state_bits(c) for c in comparisons) > CODE_BITS:
        raise ConfigError(
            "TP318",
            "model",
            f"has {len(comparisons)} comparisons with too many levels together",
            f"Leave some out: a comparison of up to 2, 6 or 14 levels takes 2, 3 or 4 of {CODE_BITS} bits.",
        )


def state_bits(comparison: Comparison) -> int:
    """Return the bits of a comparison's state in the code of a pair: its levels, null, and open."""
    return (len(comparison.levels) + 1).bit_length()


def _ordered_terms(model: Model) -> list[list[Comparison]]:
    by_name = {c.name: c for c in model.comparisons}
    joined = {name for joint in model.joints for name in joint.comparisons}
    terms = [[c] for c in model.comparisons if c.name not in joined]
    terms += [
        sorted((by_name[name] for name in joint.comparisons), key=lambda c: (cost(c), c.name)) for joint in model.joints
    ]
    return sorted(terms, key=lambda term: (sum(cost(c) for c in term), term[0].name))


def _lay_out(
    comparison: Comparison,
    row_of: Mapping[str, int],
    records: Records,
    offsets: dict[tuple[int, str], int],
    words: int,
    tests: list[list[int]],
    limits: list[float],
) -> None:
    for place, level in enumerate(comparison.levels):
        for some in level.any_of:
            for number, test in enumerate(some):
                use = _use(test, comparison, records)
                left, right = (offsets.get((id(records.columns[c].pool), use), 0) for c in (test.left, test.right))
                operation = PACKED[test.operation] if use == "words" else OPERATION[test.operation]
                tests.append([
                    operation, row_of[test.left], row_of[test.right], len(comparison.levels) - place,
                    int(number < len(some) - 1), left, right, words, 0, int(test.negated),
                ])  # fmt: skip
                limits.append(_limit(test, use, records))


def _limit(test: Atom, use: str, records: Records) -> float:
    """Return a test's limit as the kernel asks for it."""
    if use == "words":
        return float(math.floor(test.limit))
    if test.operation == "jaro_winkler" and records.columns[test.left].pool.to_the_bit:
        return levels.limit_to_the_bit(test.limit)
    return test.limit * 1000 if test.operation == "number" else test.limit


def _way(tests: Sequence[Sequence[int]], column: int) -> int:
    """Return the cheapest way of looking that answers all of a comparison's tests (see `levels`).

    Args:
        column: place of the column that decides whether there is anything to compare.
    """
    asked = {test[levels.T_OPERATION] for test in tests}
    more = asked - BY_CODES
    pairs = {(test[levels.T_LEFT], test[levels.T_RIGHT]) for test in tests if test[levels.T_OPERATION] in more}
    plain = not any(test[levels.T_AND] or test[levels.T_NOT] for test in tests)
    if plain and not more:
        return levels.CODES
    if plain and more <= BY_TEXT and pairs == {(column, column)}:
        return levels.LETTERS if len(asked) == 1 else levels.SIMILARITIES
    own = pairs == {(column, column)} and levels.CROSSED not in asked
    if plain and more <= BY_NUMBERS and (own or (asked == more and len(pairs) == 1)):
        return levels.NUMBERS
    return levels.CHARACTERS if asked & BY_TEXT else levels.TESTS


def _loosest(tests: np.ndarray, limits: np.ndarray) -> None:
    """Write into each test of one comparison the loosest limit of those that share its similarity, in millionths.

    They need not be neighbours: a similarity is kept while tests on others are skipped.
    """
    same = tests[:, [levels.T_OPERATION, levels.T_LEFT, levels.T_RIGHT]]
    for key in np.unique(same, axis=0):
        at = (same == key).all(axis=1)
        greater_is_alike = key[0] in (levels.JARO_WINKLER, levels.DICE)
        units = (limits[at].min() if greater_is_alike else limits[at].max()) / levels.LOOSEST_UNIT
        whole = math.floor(units) if greater_is_alike else math.ceil(units)
        tests[at, levels.T_LOOSEST] = min(whole, np.iinfo(np.int32).max)


def _use(test: Atom, comparison: Comparison, records: Records) -> str:
    """Return what a test looks at behind the codes; "" = nothing.

    Where one test of a distance has to walk through the characters, all of them share what it finds.
    """
    asked = (test.operation, test.left, test.right)
    limits = [t.limit for t in _tests(comparison) if (t.operation, t.left, t.right) == asked]
    if test.operation in PACKED and max(limits) < MOST_EDITS + 1:
        left, right = records.columns[test.left].pool, records.columns[test.right].pool
        if left is right and left.words is not None:
            return "words"
    if test.operation in TEXT:
        return "text"
    if test.operation in NUMBERS:
        return "numbers"
    return "filters" if test.operation in FILTERS else ""


def _pools(comparisons: Sequence[Comparison], records: Records) -> tuple[dict[tuple[int, str], int], Pools]:
    """Join the pools that tests look into; filters stand first among the numbers so that one position serves both."""
    wanted: dict[str, dict[int, Pool]] = {"text": {}, "numbers": {}, "words": {}, "filters": {}, "": {}}
    for comparison in comparisons:
        for test in _tests(comparison):
            for column in (test.left, test.right):
                pool = records.columns[column].pool
                wanted[_use(test, comparison, records)][id(pool)] = pool
    offsets: dict[tuple[int, str], int] = {}
    chars, places = _text_pools(wanted["text"], offsets)
    numbers, filters, start = [np.zeros(0, np.int64)], [np.zeros((0, 0), np.uint64)], 0
    width = max((p.filters.shape[1] for p in wanted["filters"].values() if p.filters is not None), default=0)
    for use in ("filters", "numbers", "words"):
        for key, pool in wanted[use].items():
            offsets[key, use] = start
            start += pool.size
            behind = pool.words if use == "words" else pool.numbers
            numbers.append(behind if behind is not None else np.zeros(pool.size, np.int64))
            if use == "filters" and pool.filters is not None:
                filters.append(np.pad(pool.filters, ((0, 0), (0, width - pool.filters.shape[1]))))
    every = np.concatenate(numbers)
    words = np.concatenate([f.ravel() for f in filters])
    return offsets, (chars, places, every, np.append(words, np.zeros(len(every) * width - len(words), np.uint64)))


def _text_pools(pools: dict[int, Pool], offsets: dict[tuple[int, str], int]) -> tuple[np.ndarray, np.ndarray]:
    start = 0
    texts = []
    for key, pool in pools.items():
        offsets[key, "text"] = start
        start += pool.size
        texts.append(pool.text)
    if not texts:
        return np.zeros(0, np.uint16), np.zeros((0, 4), np.int64)
    return fold.characters(pa.concat_arrays(texts))


@dataclass(frozen=True)
class Patterns:
    """Agreement patterns of some pairs: levels int8[patterns, comparisons], counts int64, pairs seen."""

    levels: np.ndarray
    counts: np.ndarray
    seen: int

    @cached_property
    def by_comparison(self) -> np.ndarray:
        """Return the levels as int8[comparisons, patterns]: training asks one comparison at a time, many times."""
        return np.ascontiguousarray(self.levels.T)


def block_table(
    program: Program,
    records: Records,
    blocks: Blocks,
    ranks: Sequence[np.ndarray],
    engine: Engine,
    room: np.ndarray | None = None,
) -> np.ndarray:
    """Return int32[columns, positions]: codes of the records in block order, earlier rules' ranks, the agency.

    Args:
        room: int32 memory that is written over, so that each rule's table does not ask for new pages.
    """
    columns = [*(records.columns[name].codes for name in program.columns), *ranks, records.agency]
    size = len(columns) * len(blocks.rows)
    table = (np.empty(size, np.int32) if room is None else room[:size]).reshape(len(columns), len(blocks.rows))

    def lay_out(places: range) -> None:
        for place in places:  # the other modes of `take` copy before they write
            np.take(columns[place], blocks.rows, out=table[place], mode="clip")

    at_once = len(columns) if size < TABLE_FOR_THREADS else 1
    engine.map_slices(lay_out, [range(k, k + at_once) for k in range(0, len(columns), at_once)])
    return table


def source_column(table: np.ndarray, allowed: np.ndarray) -> int:
    """Return the table's column that holds the agency; -1 where every two agencies may be compared."""
    return -1 if allowed.all() else len(table) - 1


def count_patterns(
    program: Program, records: Records, blocks: Blocks, allowed: np.ndarray, step: int, seed: int, engine: Engine
) -> Patterns:
    """Count the agreement patterns of about one in `step` of the pairs of one rule, none left to earlier rules."""
    table = block_table(program, records, blocks, (), engine)
    none = np.zeros(0, np.int64)

    def one(piece: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, int]:
        return pairs.count_patterns(
            *piece, blocks.stop, step, seed, table, none, source_column(table, allowed), allowed, program.evidence
        )

    found = engine.map_slices(one, blocks.slices)
    keys = np.concatenate([k for k, _, _ in found] or [np.zeros(0, np.int64)])
    counts = np.concatenate([c for _, c, _ in found] or [np.zeros(0, np.int64)])
    distinct, back = np.unique(keys, return_inverse=True)
    total = np.zeros(len(distinct), np.int64)
    np.add.at(total, back, counts)
    return Patterns(program.levels(distinct), total, sum(n for _, _, n in found))


def empty_program() -> Program:
    """Return a program without comparisons: with it the kernel only counts pairs."""
    pools = (np.zeros(0, np.uint16), np.zeros((0, 4), np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint64))
    plan, tests = np.zeros((0, levels.PLAN_WIDTH), np.int32), np.zeros((0, levels.TEST_WIDTH), np.int32)
    return Program((), (), (), {}, plan, tests, np.zeros(0, np.float64), pools)


def count_pairs(
    program: Program,
    records: Records,
    blocks: Blocks,
    earlier: Sequence[np.ndarray],
    allowed: np.ndarray,
    engine: Engine,
) -> int:
    """Return how many pairs a rule makes that no earlier rule makes and that the agencies allow."""
    table = block_table(program, records, blocks, earlier, engine)
    at = np.arange(len(program.columns), len(program.columns) + len(earlier))

    def one(piece: tuple[int, int]) -> int:
        seen = pairs.count_patterns(
            *piece, blocks.stop, 1, 0, table, at, source_column(table, allowed), allowed, program.evidence
        )[2]
        return int(seen)

    return sum(engine.map_slices(one, blocks.slices))
