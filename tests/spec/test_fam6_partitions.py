"""FAM6 on a handful of records: cores, one probability between two, draws by hash, bridges, and what is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.journeys.uncertainty.carried import interval, partition_totals
from totalplace.linkage.partitions.agreement import pair_counts, quality_of_persons
from totalplace.linkage.partitions.alternatives import find_groups, make_alternatives
from totalplace.linkage.partitions.bounded import bound_groups
from totalplace.linkage.partitions.bridges import weakest_bridges
from totalplace.linkage.partitions.calibration import BIT, Calibration
from totalplace.linkage.partitions.cores import Constraints, Cores, Links, find_cores, uncertain_components
from totalplace.linkage.partitions.decisions import Component, draw_components, pair_keys, rounds_of

RULES = load_rules()[0]
PLAIN = Calibration(1.0, 0.0, 0.0, 0.0, 0.0)  # weights at their word
HIGH, LOW, DRAWS = 0.95, 0.05, 200
CERTAIN = 30.0  # bits


def bits(probability: float) -> float:
    return float(np.log2(probability / (1 - probability)))


def cores_of(links: list[tuple[int, int, float]], records: int, person: list[int] | None = None, **more: Any) -> Cores:
    """Contract links (record, record, bits); linkage left everybody alone unless `person` says otherwise."""
    left, right = (np.array([link[k] for link in links], np.int32) for k in (0, 1))
    weight = np.array([round(link[2] * BIT) for link in links], np.int64)
    ids = pa.array([bytes([k]) * 16 for k in range(records)], pa.binary(16))
    known = Constraints(ids, np.full(records, -1, np.int32), more.get("conflicts", ()), more.get("apart"))
    who = np.array(person or range(records), np.int32)
    line = more.get("line", PLAIN)
    given = Links(left, right, weight, np.array(more.get("against", [0.0] * len(links))))
    return find_cores(known, given, who, line, HIGH, LOW, RULES.linkage.cluster)


def drawn(cores: Cores, spread: float = 0.0, seed: int = 1) -> list[Component]:
    ids = pa.array([bytes([k]) * 16 for k in range(len(cores.of_record))], pa.binary(16))
    rounds = rounds_of(DRAWS, [0.3, 0.5, 0.7], spread, seed)
    return draw_components(cores, uncertain_components(cores), pair_keys(cores, ids), rounds)


def share_joined(component: Component) -> float:
    """Return in which share of the draws all cores of a component are one person."""
    one = (component.labels == 0).all(axis=1)
    return float(one[component.way[:DRAWS]].mean())


def test_links_that_are_as_good_as_certain_are_contracted() -> None:
    cores = cores_of([(0, 1, CERTAIN), (1, 2, bits(0.5))], 3, person=[0, 0, 2])
    assert cores.of_record.tolist() == [0, 0, 1]
    assert cores.probability.tolist() == [0.5]


def test_a_link_under_the_low_probability_is_no_link_but_counts_as_beyond_reach() -> None:
    cores = cores_of([(0, 1, bits(0.04))], 2)
    assert cores.left.size == 0
    assert cores.beyond == pytest.approx(0.04, abs=1e-6)


def test_twenty_records_of_a_core_do_not_make_a_weak_link_strong() -> None:
    inside = [(k, k + 1, CERTAIN) for k in range(19)]
    cores = cores_of(inside + [(k, 20, bits(0.1)) for k in range(20)], 21, person=[0] * 20 + [20])
    (component,) = drawn(cores)
    assert cores.probability == pytest.approx([0.1])
    assert 0.05 < share_joined(component) < 0.16  # 0.88 if each pair were drawn for itself


def test_record_pairs_without_a_link_speak_against_one_person() -> None:
    line = Calibration(1.0, 0.0, 0.0, 2.0, 0.0)
    inside = [(0, 1, CERTAIN)]
    some = cores_of([*inside, (0, 2, 0.0)], 3, person=[0, 0, 2], line=line)
    every = cores_of([*inside, (0, 2, 0.0), (1, 2, 0.0)], 3, person=[0, 0, 2], line=line)
    assert every.probability.tolist() == [0.5]
    assert some.probability.tolist() == [0.2]  # half of the pairs: two bits less


def test_disagreement_that_was_outvoted_counts_once_more() -> None:
    line = Calibration(1.0, 0.0, 0.5, 0.0, 0.0)
    cores = cores_of([(0, 1, 1.0), (2, 3, 1.0)], 4, line=line, against=[0.0, 2.0])
    assert cores.probability == pytest.approx([2 / 3, 0.5])


def test_several_records_on_both_sides_speak_against_one_person() -> None:
    line = Calibration(1.0, 0.0, 0.0, 0.0, 2.0)
    inside, across = [(0, 1, CERTAIN), (2, 3, CERTAIN)], [(0, 2, 0.0), (3, 4, 0.0)]
    cores = cores_of(inside + across, 5, person=[0, 0, 2, 2, 4], line=line)
    assert dict(zip(zip(cores.left.tolist(), cores.right.tolist(), strict=True), cores.probability, strict=True)) == {
        (0, 1): 0.2, (1, 2): 0.5,
    }  # fmt: skip


def test_two_identifiers_never_meet_in_any_draw() -> None:
    number = np.array([7, 8, -1], np.int32)
    cores = cores_of([(0, 2, bits(0.9)), (1, 2, bits(0.9)), (0, 1, bits(0.9))], 3, conflicts=(number,))
    (component,) = drawn(cores)
    assert cores.left.size == 2
    assert (component.labels[:, 0] != component.labels[:, 1]).all()


def test_records_that_a_reviewer_declared_apart_never_meet_in_any_draw() -> None:
    apart = (np.array([0], np.int32), np.array([2], np.int32))
    cores = cores_of([(0, 1, bits(0.9)), (1, 2, bits(0.9))], 3, apart=apart)
    (component,) = drawn(cores)
    assert (component.labels[:, 0] != component.labels[:, 2]).all()


def test_a_pair_is_joined_in_as_many_draws_as_its_probability_says() -> None:
    shares = [share_joined(drawn(cores_of([(0, 1, bits(0.3))], 2), seed=seed)[0]) for seed in range(40)]
    assert np.mean(shares) == pytest.approx(0.3, abs=0.02)


def test_the_same_pair_is_decided_alike_whatever_else_is_there() -> None:
    alone = drawn(cores_of([(0, 1, 0.0)], 2))[0]
    among = drawn(cores_of([(2, 3, 1.0), (0, 1, 0.0)], 4))[0]
    assert alone.way.tolist() == among.way.tolist()


def test_the_calibration_s_own_error_moves_all_pairs_of_a_draw_together() -> None:
    cores = cores_of([(2 * k, 2 * k + 1, 0.0) for k in range(40)], 80)
    together = [np.sum([c.way[:DRAWS] != 0 for c in drawn(cores, spread)], axis=0).std() for spread in (0.0, 1.0)]
    assert together[1] > 1.5 * together[0]


def test_thresholds_cut_where_they_say() -> None:
    (component,) = drawn(cores_of([(0, 1, bits(0.6))], 2))
    assert component.way[DRAWS:].tolist() == [1, 1, 0]  # from 0.3, from 0.5, from 0.7


def test_the_weakest_bridge_is_the_least_probable_link_that_alone_holds_a_person() -> None:
    links = [(0, 1, bits(0.9)), (1, 2, bits(0.6)), (2, 3, bits(0.7)), (1, 3, bits(0.8))]
    cores = cores_of(links, 4, person=[0, 0, 0, 0])
    component = uncertain_components(cores)
    (bridge,) = weakest_bridges(cores, component, drawn(cores), 0)
    assert cores.probability[bridge.pair] == pytest.approx(0.9)  # the three others hold each other
    assert bridge.label.tolist() == [0, 1, 1, 1]


def test_a_person_whom_two_ways_hold_together_has_no_bridge() -> None:
    cores = cores_of([(0, 1, 1.0), (1, 2, 1.0), (0, 2, 1.0)], 3, person=[0, 0, 0])
    assert weakest_bridges(cores, uncertain_components(cores), drawn(cores), 0) == []


def test_precision_and_recall_compare_linkage_with_the_draws() -> None:
    cores = cores_of([(0, 1, bits(0.5)), (2, 3, CERTAIN)], 4, person=[0, 0, 2, 2])
    components = drawn(cores)
    pairs, shared = pair_counts(cores, components)
    assert (pairs[0], shared[0], set(pairs[1:]), set(shared[1:])) == (2, 2, {1, 2}, {1, 2})
    found = quality_of_persons(cores, components, DRAWS, 0.0, 0.0, 0.9)
    assert found["precision"]["low"] == pytest.approx(0.5, abs=1e-4)
    assert found["recall_within_reach"]["low"] == pytest.approx(1.0, abs=1e-4)


def test_few_false_pairs_expected_inside_cores_may_be_none() -> None:
    chain = [(k, k + 1, CERTAIN if k % 2 == 0 else bits(0.5)) for k in range(19)]
    cores = replace(cores_of(chain, 20, person=[k - k % 2 for k in range(20)]), doubt=1.0)
    found = quality_of_persons(cores, drawn(cores), DRAWS, 0.0, 0.0, 0.9)["precision"]
    assert found["high"] == 1.0
    assert found["low"] < 0.9 <= found["estimate"] < 1.0


def test_links_that_linkage_never_saw_lower_recall_and_never_precision() -> None:
    cores = cores_of([(0, 1, CERTAIN), (1, 2, bits(0.5))], 3, person=[0, 0, 2])
    seen, half = (quality_of_persons(cores, drawn(cores), DRAWS, unseen, 0.5, 0.9) for unseen in (0.0, 1.0))
    assert half["precision"] == seen["precision"]
    assert half["recall"]["estimate"] < seen["recall"]["estimate"]
    assert half["reach"]["low"] < half["reach"]["estimate"] < half["reach"]["high"]


PARTITIONS = pa.table(
    {
        "partition_id": ["draw 0", "draw 1", "linked", "linked", "threshold 0.5"],
        "group": [0, 1, 0, 1, 0],
        "alternative": [1, 3, 0, 2, 1],
    }
)


def test_a_partition_counts_only_what_its_changed_groups_change() -> None:
    rules = RULES.findings.uncertainty.model_copy(update={"draws": 3, "thresholds": [0.3, 0.5, 0.7]})
    by_alternative = np.array([[4.0], [6.0], [10.0], [7.0]])
    totals = partition_totals(np.array([100.0]), by_alternative, PARTITIONS, rules)
    assert dict(zip(totals.names, totals.values[:, 0].tolist(), strict=True)) == {
        "draw 0": 102.0, "draw 1": 97.0, "draw 2": 100.0,
        "threshold 0.3": 100.0, "threshold 0.5": 102.0, "threshold 0.7": 100.0,
    }  # fmt: skip


def test_an_interval_runs_from_the_5th_to_the_95th_percentile_of_the_draws() -> None:
    assert interval(np.arange(1.0, 101.0), 0.9) == (50.0, 5.0, 95.0)


def test_where_every_link_is_certain_no_draw_changes_anything() -> None:
    cores = cores_of([(0, 1, CERTAIN)], 3, person=[0, 0, 2])
    component, ids = uncertain_components(cores), np.arange(3, dtype=np.int32)
    groups = find_groups(component[cores.of_record], ids, [], 0)
    found = make_alternatives(cores, drawn(cores), groups, ids, [], DRAWS)
    assert (found.group.size, found.taken.shape) == (0, (DRAWS, 0))
    assert quality_of_persons(cores, [], DRAWS, 0.0, 0.5, 0.9)["precision"] == {"estimate": 1, "low": 1, "high": 1}


def test_the_records_of_all_groups_are_held_once() -> None:
    """Pieces of one array: with a whole array behind each piece, a large place took its square in memory."""
    of_record = np.repeat(np.arange(50, dtype=np.int32), 2)  # 50 groups of two records
    groups = find_groups(of_record, np.arange(100, dtype=np.int32), [], 50)
    assert [piece.tolist() for piece in groups.records[:2]] == [[0, 1], [2, 3]]
    assert len({id(piece.base) for piece in groups.records}) == 1


def test_weak_pairs_make_no_group_of_more_records_than_the_bound() -> None:
    """Four pairs of a chain of five would join five records; of at most three, the strongest two pairs stay."""
    chain = [(k, k + 1, bits(p)) for k, p in enumerate((0.5, 0.4, 0.3, 0.2))]
    found = bound_groups(cores_of(chain, 5), np.arange(5), [], 3)
    assert found.cores.probability == pytest.approx([0.5, 0.4, 0.2])
    assert (found.left_out, found.joins) == (1, pytest.approx(0.3))
    assert found.cores.beyond == pytest.approx(0.3)


def test_the_bound_counts_everybody_whom_a_household_ties_together() -> None:
    household = np.zeros(3, np.int64), np.array([1, 2, 3])  # records 1, 2 and 3 are three people of one household
    pair = cores_of([(0, 1, bits(0.5))], 4)
    assert bound_groups(pair, np.arange(4), [household], 3).left_out == 1
    assert bound_groups(pair, np.arange(4), [household], 4).left_out == 0


def test_the_bound_takes_no_person_apart() -> None:
    person = [0, 0, 0, 0]
    chain = cores_of([(k, k + 1, bits(0.5)) for k in range(3)], 4, person=person)
    assert bound_groups(chain, np.array(person), [], 2).left_out == 0
