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
        for comparison, step in zip(judge.comparisons, found.steps, strict=True):
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
            min(math.log2(0.2 * match / (0.8 * apart)), found.steps[-1].total), abs=1e-5
        )


def test_the_last_step_says_what_near_pairs_take_and_what_the_two_share(engine: LocalEngine) -> None:
    bare, full = explained(engine)[0, 1], explained(engine, HOME)[0, 1]
    assert full.near and not bare.near and full.steps == bare.steps
    assert full.near.level == "against two people who share town" and full.near.total == full.weight
    assert bare.weight + full.near.weight == pytest.approx(full.weight, abs=1e-6) and full.near.weight < 0
    shown = "\n".join(explanation_lines(full)) + waterfall(full)
    assert full.near.level in shown and "york" not in shown


def test_a_class_that_is_as_random_pairs_takes_nothing(engine: LocalEngine) -> None:
    random = {one.name: tuple(level.u or 0.0 for level in one.levels) for one in model().comparisons}
    same = explained(engine, Near(0.5, random))
    assert all(found.weight == pytest.approx(same[pair].weight, abs=1e-6) for pair, found in explained(engine).items())


def test_a_model_file_and_the_models_page_keep_the_classes() -> None:
    made = model(HOME, STREET)
    assert read_model(write_model(made)) == made
    assert "one pair of records in 20 is such a pair, and they share town in 95%, word in 30%" in model_page(made, None)


@pytest.mark.parametrize(
    ("near", "named"),
    [
        ((replace(HOME, levels={**HOME.levels, "town": (1.0,)}),), "near 1, comparison 'town'"),
        ((HOME, Near(0.1, {"word": (0.3, 0.1, 0.6)})), "near 2, comparison 'town'"),
        ((replace(HOME, levels={**HOME.levels, "street": (1.0, 0.0)}),), "comparison 'street'"),
        ((replace(HOME, levels={**HOME.levels, "town": (1.2, -0.2)}),), "comparison 'town'"),
        ((replace(HOME, levels={**HOME.levels, "town": (math.nan, 0.5)}),), "comparison 'town'"),
        ((replace(HOME, share=0.0),), "key 'share'"),
        ((replace(HOME, share=math.nan),), "key 'share'"),
        ((replace(HOME, share=0.7), replace(STREET, share=0.4)), "leaves no room"),
    ],
)
def test_classes_that_cannot_be_are_refused_by_name(near: tuple[Near, ...], named: str) -> None:
    with pytest.raises(ConfigError, match="TP319") as refused:
        model(*near)
    assert named in str(refused.value)


def test_a_file_with_one_table_where_several_may_be_says_so() -> None:
    with pytest.raises(ConfigError, match=r"Write \[\[near\]\]"):
        read_model(write_model(model(HOME)).replace("[[near]]", "[near]"))


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


def equality_of_each(table: pa.Table) -> Model:
    names = [one for one in table.column_names if one != AGENCY]
    comparisons = tuple(Comparison(n, n, (Level("equal", (equal(n),)), ELSE)) for n in names)
    rules = (("house",), ("surname",), ("birth_date",))
    return Model(tuple(Field(n, "text", (n,)) for n in names), comparisons, rules)


def test_twins_who_share_all_but_their_names_are_told_apart_by_the_class_of_their_home(engine: LocalEngine) -> None:
    table, people = people_in_homes(800, twins=0.03), 3 * 800
    asked = equality_of_each(table)
    twins = [k for k in range(1, people, 3) if table["birth_date"][k] == table["birth_date"][k - 1]]

    def linked(model: Model) -> tuple[Model, int]:
        rules = load_project(Path("/")).rules.linkage
        made = match_records(table, rules, engine, model=model, link_type="dedupe_only")
        label = made.clusters.label
        assert np.mean(label[:people] == label[people:]) > 0.98
        return made.model, sum(bool(label[k] == label[k - 1]) for k in twins)

    trained, together = linked(asked)
    (home,) = trained.near
    assert home.levels["birth_date"][0] == pytest.approx(len(twins) / people, abs=0.01)
    assert (home.levels["phone"][0], home.levels["email"][0]) == pytest.approx((0.6 * 0.95, 0.4 * 0.95), abs=0.05)
    assert together <= len(twins) // 3
    assert linked(replace(trained, near=()))[1] == len(twins)


def test_a_town_that_follows_from_the_house_does_not_hide_the_home(engine: LocalEngine) -> None:
    table = people_in_homes(800, twins=0.03)
    town = ["north" if int(house[1:]) % 2 else "south" for house in table["house"].to_pylist()]
    table = table.append_column("town", pa.array(town))
    names = [one for one in table.column_names if one != AGENCY]
    comparisons = tuple(Comparison(n, n, (Level("equal", (equal(n),)), ELSE)) for n in names)
    asked = Model(
        tuple(Field(n, "text", (n,)) for n in names), comparisons, (("house",), ("surname",), ("birth_date",))
    )
    rules = load_project(Path("/")).rules.linkage
    made = match_records(table, rules, engine, model=asked, link_type="dedupe_only").model
    assert [one.levels["house"][0] > 0.9 for one in made.near] == [True]
    assert [set(joint.comparisons) for joint in made.joints] == [{"house", "town"}]
