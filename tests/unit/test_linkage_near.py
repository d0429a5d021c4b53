"""Near pairs: what they take from a weight is what a mixture of classes says, and it stands wherever a model stands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from totalplace import linkage
from totalplace.config import load_project
from totalplace.engine import LocalEngine
from totalplace.errors import ConfigError
from totalplace.linkage.auto import ELSE, equal
from totalplace.linkage.explain import NEAR
from totalplace.linkage.match import match_records
from totalplace.linkage.model import Atom, Comparison, Field, Level, Model, Near
from totalplace.linkage.model_file import read_model, write_model
from totalplace.pipeline.explaining.pair import explanation_lines, waterfall
from totalplace.pipeline.model_pictures.page import model_page
from totalplace.tables import AGENCY

WORDS = ["anna", "anne", "anna", "bert", None, "anna", "bert", "carl"]
TOWNS = ["york", "york", "hull", "hull", "york", "york", None, "york"]
RECORDS = pa.table({"word": WORDS, "town": TOWNS, AGENCY: ["x"] * len(WORDS)})
HOME = Near(0.05, {"word": (0.3, 0.1, 0.6), "town": (0.95, 0.05)})
STREET = Near(0.1, {"word": (0.1, 0.1, 0.8), "town": (0.7, 0.3)})


def model(*near: Near) -> Model:
    equal, like = ((Atom("exact", "word", "word"),),), ((Atom("levenshtein", "word", "word", 1.0),),)
    word = (Level("equal", equal, 0.8, 0.2, tf_share=1.0), Level("like", like, 0.1, 0.1), Level("else", (), 0.1, 0.7))
    town = (Level("equal", ((Atom("exact", "town", "town"),),), 0.9, 0.5), Level("else", (), 0.1, 0.5))
    fields = (Field("town", "raw_text", ("town",)), Field("word", "raw_text", ("word",)))
    comparisons = (Comparison("word", "word", word), Comparison("town", "town", town))
    return Model(fields, comparisons, (("town",),), prior=0.2, threshold=1.0, near=near)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(1) as found:
        yield found


def explained(engine: LocalEngine, *near: Near) -> dict[tuple[int, int], linkage.Explanation]:
    pairs = list(combinations(range(len(WORDS)), 2))
    rules = load_project(Path("/")).rules.linkage
    made = linkage.explain_pairs(RECORDS, pairs, model(*near), rules, engine, link_type="dedupe_only")
    return dict(zip(pairs, made, strict=True))


def chance(kind: str, word: str | None, level: str, levels: dict[str, float], u: float) -> float:
    """Return the chance of a level among pairs of one kind, where they agree on a value of the word."""
    share = {"anna": 3 / 7, "anne": 1 / 7, "bert": 2 / 7, "carl": 1 / 7}
    if kind != "word" or level != "equal" or word is None:
        return levels[level]
    return levels[level] - min(levels[level], u) + min(levels[level], u) * share[word] / u


def test_the_weight_of_a_pair_is_that_of_a_match_against_all_kinds_of_pairs_together(engine: LocalEngine) -> None:
    judge = model()
    for (left, _), found in explained(engine, HOME, STREET).items():
        match, others = 1.0, {"random": 1.0, "home": 1.0, "street": 1.0}
        for comparison, step in zip(judge.comparisons, found.steps[:-1], strict=True):
            if step.level == "missing":
                continue
            of = {level.label: level for level in comparison.levels}
            match *= of[step.level].m or 0.0
            for kind, near in (("random", None), ("home", HOME), ("street", STREET)):
                labels = [level.label for level in comparison.levels]
                levels = (
                    dict(zip(labels, near.levels[comparison.name], strict=True))
                    if near
                    else {label: of[label].u or 0.0 for label in labels}
                )
                others[kind] *= chance(comparison.name, WORDS[left], step.level, levels, of["equal"].u or 0.0)
        apart = (1 - 0.05 - 0.1) * others["random"] + 0.05 * others["home"] + 0.1 * others["street"]
        assert found.weight == pytest.approx(
            min(math.log2(0.2 * match / (0.8 * apart)), found.steps[-2].total), abs=1e-5
        )


def test_the_last_step_says_what_near_pairs_take_and_what_the_two_share(engine: LocalEngine) -> None:
    bare, full = explained(engine)[0, 1], explained(engine, HOME)[0, 1]
    last = full.steps[-1]
    assert (last.comparison, last.level, last.m) == (NEAR, "two people who share town", None)
    assert full.steps[:-1] == bare.steps and last.total == full.weight
    assert bare.weight + last.weight == pytest.approx(full.weight, abs=1e-6) and last.weight < 0
    shown = "\n".join(explanation_lines(full)) + waterfall(full)
    assert NEAR in shown and "york" not in shown


def test_a_model_file_and_the_models_page_keep_the_classes() -> None:
    made = model(HOME, STREET)
    assert read_model(write_model(made)) == made
    assert "one pair of records in 20 is such a pair, and they share town in 95%, word in 30%" in model_page(made, None)


def test_a_class_that_leaves_out_a_level_is_refused() -> None:
    with pytest.raises(ConfigError, match="TP313"):
        replace(model(), near=(replace(HOME, levels={**HOME.levels, "town": (1.0,)}),))
    with pytest.raises(ConfigError, match="TP313"):
        replace(model(), near=(Near(0.1, {"word": (0.3, 0.1, 0.6)}),))


def people_in_homes(homes: int, twins: float) -> pa.Table:
    """Return two records of each of three people a home, who may share all but first names; some are twins."""
    random = np.random.default_rng(3)
    people = np.arange(3 * homes)
    home = people // 3
    born = random.integers(0, 25_000, people.size)
    second = people[(people % 3 == 1) & np.repeat(random.random(homes) < twins, 3)]
    born[second] = born[second - 1]
    truth = {
        "first_name": random.integers(0, 300, people.size),
        "birth_date": born,
        "house": home,
        "phone": np.where(random.random(homes)[home] < 0.6, home, homes + people),
        "email": np.where(random.random(homes)[home] < 0.4, home, homes + people),
        "surname": random.integers(0, 2000, homes)[home],
    }
    same = {n: 0.99 if n == "first_name" else 0.95 for n in truth}
    again = {n: np.where(random.random(people.size) < same[n], v, random.permutation(v)) for n, v in truth.items()}
    columns = {n: [f"v{x}" for x in np.concatenate([v, again[n]]).tolist()] for n, v in truth.items()}
    return pa.table({**columns, AGENCY: ["x"] * (2 * people.size)})


def test_twins_who_share_all_but_their_names_are_told_apart_by_the_class_of_their_home(engine: LocalEngine) -> None:
    table, people = people_in_homes(800, twins=0.03), 3 * 800
    names = [one for one in table.column_names if one != AGENCY]
    comparisons = tuple(Comparison(n, n, (Level("equal", (equal(n),)), ELSE)) for n in names)
    rules = (("house",), ("surname",), ("birth_date",))
    asked = Model(tuple(Field(n, "text", (n,)) for n in names), comparisons, rules)
    twins = [k for k in range(1, people, 3) if table["birth_date"][k] == table["birth_date"][k - 1]]

    def linked(model: Model) -> tuple[Model, int]:
        rules = load_project(Path("/")).rules.linkage
        made = match_records(table, rules, engine, model=model, link_type="dedupe_only")
        label = made.clusters.label
        assert np.mean(label[:people] == label[people:]) > 0.98
        return made.model, sum(bool(label[k] == label[k - 1]) for k in twins)

    trained, together = linked(asked)
    home = min(trained.near, key=lambda one: one.share)
    assert home.levels["birth_date"][0] == pytest.approx(len(twins) / people, abs=0.01)
    assert (home.levels["phone"][0], home.levels["email"][0]) == pytest.approx((0.6 * 0.95, 0.4 * 0.95), abs=0.05)
    assert together <= len(twins) // 3
    assert linked(replace(trained, near=()))[1] == len(twins)
