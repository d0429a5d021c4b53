"""Candidate pairs, levels and weights of the kernel against a plain judge that compares every pair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import jellyfish
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.engine import LocalEngine
from totalplace.linkage import block, compare, encode, score
from totalplace.linkage.auto import ELSE, equal, like
from totalplace.linkage.encoded import Records, Spelling
from totalplace.linkage.levels import CHARACTERS, CODES, LETTERS, P_WAY, SIMILARITIES
from totalplace.linkage.model import Atom, Cell, Comparison, Field, Joint, Level, Model, with_levels

NAME = st.one_of(
    st.none(), st.sampled_from(["ANN", "ANNE", "ANNA", "JOHN", "JON", "O BRIEN", "ŽOFIE", "李明", "ANNABELLE"])
)
CODE = st.one_of(st.none(), st.sampled_from(["AB1 2CD", "AB1 2CE", "AB1 3CD", "ZZ9 9ZZ"]))
ROW = st.tuples(NAME, NAME, CODE, st.sampled_from(["council", "police"]))
TABLES = st.lists(ROW, min_size=2, max_size=24)
ENGINE = LocalEngine(1)
RULES = (("surname",), ("first_name", "postcode.district"), ("first_name.initial",))


def table(rows: list[tuple[str | None, str | None, str | None, str]]) -> pa.Table:
    first, last, code, agency = zip(*rows, strict=True)
    ids = pa.array([k.to_bytes(16, "big") for k in range(len(rows))], pa.binary(16))
    columns = {
        "first_name": pa.array(first, pa.string()),
        "surname": pa.array(last, pa.string()),
        "postcode": pa.array(code, pa.string()),
    }
    return pa.table({"row_id": ids, "agency": pa.array(agency), **columns})


def model() -> Model:
    fields = (
        Field("first_name", "name", ("first_name",)),
        Field("surname", "name", ("surname",)),
        Field("postcode", "postcode", ("postcode",)),
    )
    near = Level("near", (like("jaro_winkler", "surname", 0.8), like("starts_with", "surname", 0)))
    crossed = Level("crossed", ((Atom("crossed", "first_name", "surname"),),))
    first = Comparison(
        "first_name",
        "first_name",
        (
            Level("equal", (equal("first_name"),), tf_share=1.0),
            crossed,
            Level("edit", (like("levenshtein", "first_name", 1),)),
            ELSE,
        ),
    )
    last = Comparison("surname", "surname", (Level("equal", (equal("surname"),), tf_share=0.5), near, ELSE))
    code = Comparison(
        "postcode",
        "postcode",
        (
            Level("equal", (equal("postcode"),)),
            Level("sector", (equal("postcode.sector"),)),
            Level("area and name", ((*equal("postcode.area"), *equal("first_name")),)),
            ELSE,
        ),
    )
    learned = (
        with_levels(first, [0.7, 0.05, 0.15, 0.1], [0.1, 0.02, 0.08, 0.8]),
        with_levels(last, [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]),
        with_levels(code, [0.6, 0.2, 0.1, 0.1], [0.2, 0.1, 0.1, 0.6]),
    )
    joint = Joint(("postcode", "surname"), (Cell((0, 0), 0.48, 0.2), Cell((1, 0), 0.1, 0.3), Cell((-1, 0), 0.8, 0.15)))
    return Model(fields, learned, RULES, (joint,), 0.05)


# One comparison for each way of looking: codes with one exchanged; one similarity; several with codes over and under
# them; tests tied together and negated; a similarity of another column than the comparison's own.
WAYS = (
    (equal("first_name"), ((Atom("crossed", "first_name", "surname"),))),
    (equal("surname"), like("jaro_winkler", "surname", 0.92), like("jaro_winkler", "surname", 0.7)),
    (
        (Atom("crossed", "first_name", "surname"),),
        like("damerau", "first_name", 1),
        equal("first_name.initial"),
        like("starts_with", "first_name", 0),
        like("jaro_winkler", "first_name", 0.6),
        equal("surname"),
    ),
    (equal("postcode"), (*like("levenshtein", "postcode", 2), *equal("postcode.area")), equal("surname.initial")),
    (
        like("jaro_winkler", "surname", 0.9),
        (Atom("exact", "postcode", "postcode", negated=True),),
        like("levenshtein", "first_name", 2),
    ),
)


def of_ways() -> tuple[Comparison, ...]:
    """Return a comparison of each way, each test a level of its own."""
    made = []
    for place, tests in enumerate(WAYS):
        column = ("first_name", "surname", "first_name", "postcode", "surname")[place]
        some = Comparison(f"way_{place}", column, (*(Level(f"{k}", (t,)) for k, t in enumerate(tests)), ELSE))
        count = len(tests) + 1
        rising = [(k + 1) / sum(range(count + 1)) for k in range(count)]
        made.append(with_levels(some, rising[::-1], rising))
    return tuple(made)


@pytest.fixture(autouse=True, scope="module")
def _close_engine() -> Iterator[None]:
    yield
    ENGINE.close()


def prepared(
    rows: list[tuple[str | None, str | None, str | None, str]], used: Model | None = None
) -> tuple[Model, Records]:
    used = used or model()
    records = encode.encode(table(rows), used.fields, Spelling((), True), ENGINE)
    return used, encode.add_columns(records, used.columns)


def plain_level(records: Records, comparison: Comparison, i: int, j: int) -> int:
    def value(column: str, row: int) -> str | None:
        found = records.columns[column]
        code = int(found.codes[row])
        return None if code < 0 else found.pool.text[code].as_py()  # type: ignore[index]

    def holds(test: Atom) -> bool:
        a, b = value(test.left, i), value(test.right, j)
        if test.operation == "crossed":
            c, d = value(test.right, i), value(test.left, j)
            return (a is not None and a == b) or (c is not None and c == d)
        if a is None or b is None:
            return False
        return (
            test.negated
            != {
                "damerau": lambda: jellyfish.damerau_levenshtein_distance(a, b) <= test.limit,
                "exact": lambda: a == b,
                "levenshtein": lambda: jellyfish.levenshtein_distance(a, b) <= test.limit,
                "jaro_winkler": lambda: jellyfish.jaro_winkler_similarity(a, b) >= test.limit - 1e-12,
                "starts_with": lambda: a.startswith(b) or b.startswith(a),
            }[test.operation]()
        )

    if value(comparison.column, i) is None or value(comparison.column, j) is None:
        return 0
    for place, level in enumerate(comparison.levels[:-1]):
        if any(all(holds(t) for t in some) for some in level.any_of):
            return len(comparison.levels) - place
    return 1


def plain_pairs(records: Records) -> dict[tuple[int, int], int]:
    """Return each pair that a rule makes and the first rule that makes it."""
    found = {}
    for i, j in combinations(range(records.rows), 2):
        for number, rule in enumerate(RULES):
            codes = [(records.columns[c].codes[i], records.columns[c].codes[j]) for c in rule]
            if all(a == b and a >= 0 for a, b in codes):
                found[i, j] = number
                break
    return found


def kernel_links(
    used: Model, records: Records, floor: float, link_type: str = "link_and_dedupe"
) -> tuple[compare.Program, score.Links]:
    program = compare.build_program(used, records)
    blocks = [block.make_blocks(block.group(records, rule), records.rows, 1000) for rule in RULES]
    allowed = block.allowed_agencies(records.agencies, link_type, ())
    weights = score.build_weights(program, used, records, True)
    return program, score.score_pairs(program, weights, records, blocks, allowed, score.to_fixed(floor), ENGINE)


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_every_pair_is_compared_once_and_counted_under_its_first_rule(rows: list) -> None:  # type: ignore[type-arg]
    used, records = prepared(rows)
    _, links = kernel_links(used, records, -1000)
    judge = plain_pairs(records)
    assert list(zip(links.left.tolist(), links.right.tolist(), strict=True)) == sorted(judge)
    assert links.seen == tuple(list(judge.values()).count(k) for k in range(len(RULES)))


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_levels_are_the_plain_judges(rows: list) -> None:  # type: ignore[type-arg]
    used, records = prepared(rows)
    program, links = kernel_links(used, records, -1000)
    for i, j, levels in zip(links.left, links.right, program.levels(links.pattern), strict=True):
        assert levels.tolist() == [plain_level(records, c, i, j) for c in program.comparisons]


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_weight_is_the_sum_of_its_parts_to_the_last_bit(rows: list) -> None:  # type: ignore[type-arg]
    used, records = prepared(rows)
    program, links = kernel_links(used, records, -1000)
    tables = [np.rint(t * score.BIT).astype(np.int64) for t in score.term_tables(program, used)]
    for i, j, levels, weight in zip(links.left, links.right, program.levels(links.pattern), links.weight, strict=True):
        total = score.to_fixed(score.prior_bits(0.05))
        total += sum(int(t[tuple(levels[c] for c in term)]) for t, term in zip(tables, program.terms, strict=True))
        for c, comparison in enumerate(program.comparisons):
            column = records.columns[comparison.column]
            if levels[c] == len(comparison.levels) and comparison.levels[0].tf_share:
                bits = score.tf_bits(column.codes, column.pool.size, comparison.levels[0].u or 1)
                total += comparison.levels[0].tf_share * score.BIT * min(bits[column.codes[i]], bits[column.codes[j]])
        assert weight == pytest.approx(total, abs=len(program.comparisons))


@settings(max_examples=60, deadline=None)
@given(TABLES, st.floats(-12, 12))
def test_pruning_keeps_exactly_the_pairs_over_the_floor(rows: list, floor: float) -> None:  # type: ignore[type-arg]
    used, records = prepared(rows)
    _, every = kernel_links(used, records, -1000)
    _, some = kernel_links(used, records, floor)
    kept = every.weight >= score.to_fixed(floor)
    for name in ("left", "right", "weight", "pattern"):
        assert getattr(some, name).tolist() == getattr(every, name)[kept].tolist()


@settings(max_examples=40, deadline=None)
@given(TABLES, st.sampled_from(["link_only", "dedupe_only"]))
def test_link_type_says_which_agencies_meet(rows: list, link_type: str) -> None:  # type: ignore[type-arg]
    used, records = prepared(rows)
    _, links = kernel_links(used, records, -1000, link_type)
    same = records.agency[links.left] == records.agency[links.right]
    judge = [
        (i, j)
        for i, j in plain_pairs(records)
        if (records.agency[i] == records.agency[j]) == (link_type == "dedupe_only")
    ]
    assert not same.any() if link_type == "link_only" else same.all()
    assert len(links.left) == len(judge)


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_counted_patterns_are_those_of_the_scored_pairs(rows: list) -> None:  # type: ignore[type-arg]
    used, records = prepared(rows)
    program = compare.build_program(used, records)
    blocks = block.make_blocks(block.group(records, RULES[0]), records.rows, 1000)
    allowed = block.allowed_agencies(records.agencies, "link_and_dedupe", ())
    counted = compare.count_patterns(program, records, blocks, allowed, 1, 1, ENGINE)
    pairs = [
        p
        for p in combinations(range(records.rows), 2)
        if records.columns["surname"].codes[p[0]] == records.columns["surname"].codes[p[1]] >= 0
    ]
    judge: dict[tuple[int, ...], int] = {}
    for i, j in pairs:
        key = tuple(plain_level(records, c, i, j) for c in program.comparisons)
        judge[key] = judge.get(key, 0) + 1
    assert {tuple(levels.tolist()): int(n) for levels, n in zip(counted.levels, counted.counts, strict=True)} == judge


@settings(max_examples=60, deadline=None)
@given(TABLES, st.floats(-12, 12))
def test_every_way_of_looking_tells_the_plain_judges_level(rows: list, floor: float) -> None:  # type: ignore[type-arg]
    used, records = prepared(rows, replace(model(), comparisons=of_ways(), joints=()))
    program, links = kernel_links(used, records, -1000)
    told = program.levels(links.pattern)
    for i, j, levels in zip(links.left, links.right, told, strict=True):
        assert levels.tolist() == [plain_level(records, c, i, j) for c in program.comparisons]
    _, some = kernel_links(used, records, floor)
    kept = links.weight >= score.to_fixed(floor)
    assert program.levels(some.pattern).tolist() == told[kept].tolist()
    assert some.weight.tolist() == links.weight[kept].tolist()


def test_the_comparisons_above_are_looked_at_in_every_way_that_texts_have() -> None:
    used, records = prepared(
        [("ANN", "JON", "AB1 2CD", "x"), ("ANNABELLE", "JOHN", None, "x")],
        replace(model(), comparisons=of_ways(), joints=()),
    )
    program = compare.build_program(used, records)
    ways = {c.name: int(row[P_WAY]) for c, row in zip(program.comparisons, program.plan, strict=True)}
    assert [ways[f"way_{k}"] for k in range(5)] == [CODES, LETTERS, SIMILARITIES, CHARACTERS, CHARACTERS]
