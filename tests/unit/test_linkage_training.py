"""u in closed form, EM and the detection of dependence, on data made from known probabilities."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from totalplace.config.load import load_rules
from totalplace.engine import LocalEngine
from totalplace.linkage import block, encode, weights
from totalplace.linkage.auto import ELSE, equal
from totalplace.linkage.encoded import Records, Spelling
from totalplace.linkage.model import Comparison, Field, Level, Model
from totalplace.linkage.train import train

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(1) as found:
        yield found


def model(names: tuple[str, ...] = NAMES) -> Model:
    comparisons = tuple(Comparison(n, n, (Level("equal", (equal(n),)), ELSE)) for n in names)
    return Model(tuple(Field(n, "text", (n,)) for n in names), comparisons, ((),))


def records(columns: dict[str, np.ndarray], engine: LocalEngine) -> Records:
    rows = len(next(iter(columns.values())))
    ids = pa.array([k.to_bytes(16, "big") for k in range(rows)], pa.binary(16))
    texts = {n: pa.array([f"v{x}" if x >= 0 else None for x in v.tolist()]) for n, v in columns.items()}
    table = pa.table({"row_id": ids, "agency": pa.array(["x"] * rows), **texts})
    return encode.encode(table, model(tuple(columns)).fields, Spelling((), True), engine)


def pairs_of_records(
    people: int, m: float, values: int, household: int = 0, names: tuple[str, ...] = NAMES
) -> dict[str, np.ndarray]:
    """Two records of each person, fields equal with chance m; a and b are shared by `household` people if given."""
    random = np.random.default_rng(5)
    truth = {n: random.integers(0, values, people) for n in names}
    if household:
        truth["a"], truth["b"] = (np.repeat(random.integers(0, values, people), household)[:people] for _ in "ab")
    out = {}
    for name, value in truth.items():
        changed = np.where(random.random(people) < m, value, random.integers(0, values, people))
        out[name] = np.concatenate([value, changed])
    return out


def test_u_of_equality_is_counted_and_not_sampled() -> None:
    codes = np.array([0, 0, 0, 1, 1, -1], np.int32)
    assert weights.exact_share(codes, 2) == pytest.approx((3 * 2 + 2 * 1) / (5 * 4))


def test_training_finds_m_u_and_prior_without_labels(engine: LocalEngine) -> None:
    data = records(pairs_of_records(2000, 0.8, 300), engine)
    found = train(
        model(), data, block.allowed_agencies(("x",), "dedupe_only", ()), load_rules()[0].linkage.training, 1, engine
    )
    for comparison in found.model.comparisons:
        assert comparison.levels[0].m == pytest.approx(0.8, abs=0.05)
        assert comparison.levels[0].u == pytest.approx(1 / 300, rel=0.1)
    assert found.matches == pytest.approx(2000, rel=0.1)
    assert not found.model.joints


def test_what_households_share_becomes_a_class_of_near_pairs(engine: LocalEngine) -> None:
    names = (*NAMES, "e", "f")
    data = records(pairs_of_records(3000, 0.9, 1500, household=3, names=names), engine)
    allowed = block.allowed_agencies(("x",), "dedupe_only", ())
    found = train(model(names), data, allowed, load_rules()[0].linkage.training, 1, engine).model
    (home,) = found.near
    # A thousand homes of three people with two records each: twelve pairs of records of different people in each.
    assert home.share * data.rows * (data.rows - 1) / 2 == pytest.approx(12_000, rel=0.3)
    assert min(home.levels[n][0] for n in "ab") > 0.75
    assert max(home.levels[n][0] for n in "cdef") < 0.02
    assert not found.joints, "the class says why they agree together; a joint term would say so twice"


def test_what_households_share_is_a_joint_term_where_hardly_anything_else_tells_people_apart(
    engine: LocalEngine,
) -> None:
    data = records(pairs_of_records(3000, 0.9, 1500, household=3), engine)
    found = train(
        model(), data, block.allowed_agencies(("x",), "dedupe_only", ()), load_rules()[0].linkage.training, 1, engine
    )
    assert [set(j.comparisons) for j in found.model.joints] == [{"a", "b"}]
    both = next(cell for cell in found.model.joints[0].cells if cell.levels == (0, 0))
    u = {c.name: c.levels[0].u or 0 for c in found.model.comparisons}
    assert both.u > 50 * u["a"] * u["b"]


def test_members_of_a_household_do_not_pass_for_matches_however_rare_an_address_is(engine: LocalEngine) -> None:
    random = np.random.default_rng(3)
    people, home = 3000, np.arange(3000) // 3
    truth = {
        "first_name": random.integers(0, 300, people),
        "birth_date": random.integers(0, 25_000, people),
        "house": home,
        "phone": home,
        "surname": random.integers(0, 2000, 1000)[home],
    }
    again = {n: np.where(random.random(people) < 0.9, v, random.permutation(v)) for n, v in truth.items()}
    data = records({n: np.concatenate([v, again[n]]) for n, v in truth.items()}, engine)
    allowed = block.allowed_agencies(("x",), "dedupe_only", ())
    found = train(model(tuple(truth)), data, allowed, load_rules()[0].linkage.training, 1, engine)
    assert found.matches == pytest.approx(3000, rel=0.1)
    assert [c.levels[0].m for c in found.model.comparisons] == pytest.approx([0.9] * 5, abs=0.03)


def test_training_is_the_same_every_time(engine: LocalEngine) -> None:
    data = records(pairs_of_records(500, 0.8, 100), engine)
    allowed = block.allowed_agencies(("x",), "dedupe_only", ())
    one, two = (train(model(), data, allowed, load_rules()[0].linkage.training, 1, engine) for _ in range(2))
    assert one == two


def test_records_without_a_match_are_said_to_have_few(engine: LocalEngine) -> None:
    random = np.random.default_rng(3)
    data = records({n: random.integers(0, 40, 400) for n in NAMES}, engine)
    allowed = block.allowed_agencies(("x",), "dedupe_only", ())
    found = train(model(), data, allowed, load_rules()[0].linkage.training, 1, engine)
    assert found.matches < 200
