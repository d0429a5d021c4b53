"""Sources that hold each person once are found from the links, and links inside them tell what the others are worth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from totalplace.config.linkage import LinkageRules
from totalplace.config.load import load_rules
from totalplace.engine import LocalEngine
from totalplace.linkage import match_records, read_model, records_from_tables, write_model
from totalplace.linkage.one_to_one import find_single, fit_line, settle
from totalplace.linkage.score import BIT, Links

RULES: LinkageRules = load_rules()[0].linkage
COUNT = 400  # persons, each once in either source
SOURCE = np.repeat(np.arange(2, dtype=np.int32), COUNT)


def links(left: np.ndarray, right: np.ndarray, bits: np.ndarray) -> Links:
    weight = np.rint(np.asarray(bits, float) * BIT).astype(np.int64)
    return Links(left.astype(np.int32), right.astype(np.int32), weight, np.zeros(len(left), np.int64), ())


def true_links(inside: int, bits: float) -> Links:
    """Return a link of 8 bits for each person between the sources, and some links inside the first."""
    person, few = np.arange(COUNT), np.arange(inside)
    weight = np.concatenate([np.full(COUNT, 8.0), np.full(inside, bits)])
    return links(np.concatenate([person, few]), np.concatenate([person + COUNT, few + 1]), weight)


def test_sources_without_links_inside_hold_each_person_once() -> None:
    assert find_single(true_links(0, 0), SOURCE, 2, 0, RULES.one_to_one) == (0, 1)


def test_few_weak_links_inside_are_taken_for_chance() -> None:
    assert find_single(true_links(4, 1.0), SOURCE, 2, 0, RULES.one_to_one) == (0, 1)


@pytest.mark.parametrize(("inside", "bits"), [(4, 9.0), (40, 1.0)])
def test_strong_or_many_links_inside_are_duplicates(inside: int, bits: float) -> None:
    assert find_single(true_links(inside, bits), SOURCE, 2, 0, RULES.one_to_one) == (1,)


def test_nothing_is_said_of_a_source_with_few_links() -> None:
    strict = RULES.one_to_one.model_copy(update={"min_linked": COUNT + 1})
    assert find_single(true_links(0, 0), SOURCE, 2, 0, strict) == ()


def test_worth_of_weights_is_read_off_links_inside() -> None:
    random = np.random.default_rng(1)
    weight = random.uniform(-6, 6, 40_000)
    odds = np.exp2(0.6 * weight + 2.0)
    between = random.random(40_000) < (1 + odds) / (2 + odds)
    scale, shift = fit_line(weight[between], weight[~between], 1.0, 0.0, RULES.one_to_one)
    assert abs(scale - 0.6) < 0.05 and abs(shift - 2.0) < 0.2


def test_links_inside_go_and_only_the_best_of_the_others_count() -> None:
    given = links(np.array([0, 0, 0, 1]), np.array([1, 2, 3, 3]), np.array([5.0, 4.0, 1.0, 3.0]))
    source, allowed = np.array([0, 0, 1, 1], np.int32), np.ones((2, 2), np.uint8)
    found = settle(given, source, allowed, (0, 1), RULES.one_to_one)
    assert list(zip(found.links.left.tolist(), found.links.right.tolist(), strict=True)) == [(0, 2), (0, 3), (1, 3)]
    assert found.best.tolist() == [True, False, True]


def test_sources_compared_only_with_each_other_keep_their_weights() -> None:
    allowed = 1 - np.eye(2, dtype=np.uint8)
    found = settle(true_links(0, 0), SOURCE, allowed, (0, 1), RULES.one_to_one)
    assert (found.scale, found.shift_bits) == (1.0, 0.0)


def two_registers() -> dict[str, pa.Table]:
    """Return two registers of 300 people, who share 20 first names; the second misspells a third of the surnames."""
    random = np.random.default_rng(5)
    first = [f"{a}{b}" for a in ("ANN", "BEN", "CARL", "DORA", "EVE") for b in ("A", "ETTE", "IS", "OLD")]
    made = [
        (
            "".join(random.choice(list("BDFGKLMNPRSTAEIOU"), 7)),
            str(random.choice(first)),
            f"19{k % 90 + 10}-03-{k % 28 + 1:02}",
        )
        for k in range(300)
    ]
    spoiled = [(last[:-1] + "X" if k % 3 else last, name, born) for k, (last, name, born) in enumerate(made)]
    columns = ("surname", "first_name", "dob")
    return {
        register: pa.table(
            {
                "id": [f"{register}{k}" for k in range(300)],
                **dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True)),
            }
        )
        for register, rows in (("births", made), ("voters", spoiled))
    }


def test_two_registers_are_linked_one_to_one_and_their_model_does_so_again() -> None:
    records = records_from_tables(two_registers(), "id")
    with LocalEngine(1) as engine:
        made = match_records(records.table, RULES, engine, find_single=True)
        again = match_records(records.table, RULES, engine, model=read_model(write_model(made.model)))
    assert made.model.duplicate_free == ("births", "voters")
    assert any("linked one-to-one" in note.text for note in made.notes)
    assert np.bincount(made.clusters.label).max() == 2
    assert made.clusters.label.tolist() == again.clusters.label.tolist()


def test_finding_can_be_switched_off() -> None:
    records = records_from_tables(two_registers(), "id")
    off = replace_find(RULES, False)
    with LocalEngine(1) as engine:
        assert match_records(records.table, off, engine, find_single=True).model.duplicate_free == ()


def replace_find(rules: LinkageRules, find: bool) -> LinkageRules:
    return rules.model_copy(update={"one_to_one": rules.one_to_one.model_copy(update={"find": find})})
