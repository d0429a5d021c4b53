"""A1: which agencies, services and themes meet the same people more often than by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from totalplace.journeys.affinity.chance import expected, poisson_interval
from totalplace.journeys.affinity.pairs import find_affinity

from ..conftest import Tell


def _pairs(tell: Tell, lines: list[str], kind: str = "service", **more: Any) -> list[dict[str, Any]]:
    told = tell("\n".join(lines), **more)
    rows = told.engine.fetch(find_affinity(told.measured(), told.rules, told.engine).tables["affinity"]).to_pylist()
    return [row for row in rows if row["kind"] == kind]


def _of_one_month(n: int, first: int, second: int, both: int) -> tuple[list[str], dict[str, str]]:
    """Return contacts of n people, of whom so many were met by one service, by the other, by both."""
    lines = [f"p{k:04} 0 a" for k in range(first)]
    lines += [f"p{k:04} 1 b" for k in range(first - both, first - both + second)]
    return lines, {f"p{k:04}": "north" for k in range(n)}


# people, met by i, by j, by both | expected, lift, low, high
VECTORS = """
100 20 30 12     | 6.0  2.00 1.03 3.49
1000 200 300 60  | 60.0 1.00 0.76 1.29
"""


@pytest.mark.parametrize("line", VECTORS.strip().splitlines())
def test_the_lift_is_what_was_observed_over_what_chance_would_give(line: str, tell: Tell) -> None:
    numbers, answer = (part.split() for part in line.split("|"))
    lines, areas = _of_one_month(*(int(number) for number in numbers))
    (row,) = _pairs(tell, lines, areas=areas)
    assert [f"{row['expected']:.1f}", *(f"{row[name]:.2f}" for name in ("lift", "low", "high"))] == answer


def test_everybody_known_in_the_area_is_the_base_and_whoever_left_is_not(tell: Tell) -> None:
    lines, areas = _of_one_month(100, 20, 30, 12)
    lines += ["other 40 a"]
    gone = {f"p{k:04}": 20 for k in range(60, 100)}
    assert _pairs(tell, lines, areas=areas, exits=gone)[0]["expected"] == pytest.approx(20 * 30 / 101, abs=1e-6)
    gone = {f"p{k:04}": -5 for k in range(60, 100)}
    assert _pairs(tell, lines, areas=areas, exits=gone)[0]["expected"] == pytest.approx(20 * 30 / 61, abs=1e-6)


def test_two_sites_that_meet_the_same_people_are_a_pair_and_one_name_of_two_agencies_is_two_sites(tell: Tell) -> None:
    lines = [f"p{k} {day} {service}" for k in range(12) for day, service in ((0, "a site=North"), (3, "b site=North"))]
    (row,) = _pairs(tell, lines, "site")
    assert (row["first"], row["second"], row["observed"]) == ("a/North", "b/North", 12)


def test_sites_stay_with_the_analyst(tell: Tell) -> None:
    lines = [f"p{k} {day} {service}" for k in range(12) for day, service in ((0, "a site=North"), (3, "b site=South"))]
    told = tell("\n".join(lines))
    found = find_affinity(told.measured(), told.rules, told.engine)
    assert found.summary["affinity"]["site"]["pairs"] == 1
    assert not any("North" in note.text for note in found.notes)
    assert {row["table"].partition("_")[0] for row in found.cells.to_pylist()} == {"agency", "service"}


def test_people_who_met_both_in_different_months_met_them_apart(tell: Tell) -> None:
    lines = [f"p{k} {day} {agency}" for k in range(12) for day, agency in ((0, "a"), (31, "b"))]
    assert _pairs(tell, lines) == []
    (row,) = _pairs(tell, lines, rules={"affinity": {"window_months": 2}})
    assert row["observed"] == 12


def test_a_pair_that_met_few_people_is_left_out(tell: Tell) -> None:
    lines = [f"p{k} 0 {agency}" for k in range(9) for agency in "ab"]
    assert _pairs(tell, lines) == []
    assert len(_pairs(tell, [*lines, "p9 0 a", "p9 0 b"])) == 1


def test_the_same_formula_serves_pairs_of_themes(tell: Tell) -> None:
    lines = [f"p{k} 0 a theme=drugs" for k in range(12)] + [f"p{k} 1 b theme=crime" for k in range(12)]
    (row,) = _pairs(tell, lines, "theme", areas={f"p{k}": "north" for k in range(48)})
    assert (row["first"], row["second"], row["observed"], row["expected"]) == ("crime", "drugs", 12, 3.0)


def test_what_chance_would_give_stands_beside_what_was_observed(tell: Tell) -> None:
    lines, areas = _of_one_month(100, 20, 30, 12)
    told = tell("\n".join(lines), areas=areas)
    assert told.cells("service_pairs") == {("a/visit", "b/visit"): 12}
    assert told.cells("service_pairs_expected") == {("a/visit", "b/visit"): 6}


PEOPLE = np.array([2000, 5000, 1000])
MET = np.array([[0.02, 0.03], [0.05, 0.02], [0.10, 0.20]])  # by month: with i, with j
MONTHS, RUNS = 12, 400


def _simulated(seed: int) -> np.ndarray:
    """Return int64[months, areas, 4]: people met by neither, by i alone, by j alone, by both, independently."""
    i, j = MET.T
    shares = np.stack([(1 - i) * (1 - j), i * (1 - j), (1 - i) * j, i * j], axis=1)
    return np.random.default_rng(seed).multinomial(PEOPLE, shares, size=(MONTHS, len(PEOPLE)))


def _chance(counts: np.ndarray, sizes: np.ndarray) -> float:
    """Return what chance would give, from people met by i and by j per month and area."""
    met = {"i": counts[..., 1] + counts[..., 3], "j": counts[..., 2] + counts[..., 3]}
    rows = [
        {"area": str(a), "window_no": m, "met_no": "ij".index(name), "n": int(n[m, a])}
        for name, n in met.items()
        for m in range(n.shape[0])
        for a in range(n.shape[1])
    ]
    known = {str(a): (np.arange(sizes.shape[0]), sizes[:, a]) for a in range(sizes.shape[1])}
    pair = [pa.chunked_array([[number]]) for number in range(2)]
    return float(expected(pa.Table.from_pylist(rows), known, *pair)[0])


@pytest.fixture(scope="module")
def simulated() -> list[np.ndarray]:
    return [_simulated(seed) for seed in range(RUNS)]


def test_independence_within_strata_gives_lift_one(simulated: list[np.ndarray]) -> None:
    sizes = np.tile(PEOPLE, (MONTHS, 1))
    lifts = [counts[..., 3].sum() / _chance(counts, sizes) for counts in simulated]
    assert np.mean(lifts) == pytest.approx(1.00, abs=0.01)


def test_counting_only_people_seen_would_hide_every_affinity(simulated: list[np.ndarray]) -> None:
    lifts = [counts[..., 3].sum() / _chance(counts, counts[..., 1:].sum(axis=2)) for counts in simulated]
    assert np.mean(lifts) == pytest.approx(0.16, abs=0.01)


def test_one_stratum_for_all_areas_would_invent_one(simulated: list[np.ndarray]) -> None:
    whole = np.full((MONTHS, 1), PEOPLE.sum())
    lifts = [counts[..., 3].sum() / _chance(counts.sum(axis=1, keepdims=True), whole) for counts in simulated]
    assert np.mean(lifts) == pytest.approx(1.49, abs=0.01)


def test_the_interval_of_a_count_is_the_exact_one() -> None:
    low, high = poisson_interval(np.array([0, 12]))
    assert np.round(low, 3).tolist() == [0, 6.201]
    assert np.round(high, 3).tolist() == [3.689, 20.962]


def test_the_ratio_and_its_interval_are_shown_in_hundredths_of_two_digits(tell: Tell) -> None:
    lines, areas = _of_one_month(100, 20, 30, 12)
    told = tell("\n".join(lines), areas=areas)
    shown = [told.cells(f"agency_pairs{part}")["a", "b"] for part in ("", "_expected", "_lift", "_low", "_high")]
    assert shown == [12, 6, 200, 100, 350]


def test_agencies_are_paired_as_services_are(tell: Tell) -> None:
    lines = [line for k in range(12) for line in (f"p{k} 0 a", f"p{k} 0 b")]
    assert [row["second"] for row in _pairs(tell, lines, "agency")] == ["b"]
