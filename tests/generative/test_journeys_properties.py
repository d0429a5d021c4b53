"""Properties of the measures on generated cases, against plain slow judges."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import networkx as nx
import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.journeys.calendar import add_months
from totalplace.journeys.duplicates.cover import three_counts
from totalplace.journeys.families.concentration import gini, lorenz, top_share
from totalplace.journeys.families.high_demand import peak_window
from totalplace.journeys.moves import HANDOFFS, steps
from totalplace.journeys.sequence import SEQUENCE_INPUT
from totalplace.journeys.tally import TALLY, Job, tally_kernel

SPANS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30)), max_size=8)
VALIDITY = st.integers(0, 200)
RULES = FindingsRules.model_validate(shipped("findings"))


def _kept(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans that are not concurrent, in order."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted((s, s + d) for s, d in spans):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _fewest(kept: list[tuple[int, int]], validity: int) -> int:
    """Return the least number that would have done, by trying every choice."""
    for size in range(len(kept) + 1):
        for chosen in combinations(range(len(kept)), size):
            if all(
                j in chosen or any(i < j and kept[j][0] - kept[i][1] <= validity for i in chosen)
                for j in range(len(kept))
            ):
                return size
    return len(kept)


@given(SPANS, VALIDITY)
def test_left_to_right_is_as_good_as_trying_every_choice(spans: list[tuple[int, int]], validity: int) -> None:
    found = three_counts([(s, s + d) for s, d in spans], validity)
    kept = _kept(spans)
    assert found["eligible"] == len(kept)
    assert found["avoidable"] == len(kept) - _fewest(kept, validity)


@given(SPANS, VALIDITY)
def test_pairs_and_chain_equal_their_definitions(spans: list[tuple[int, int]], validity: int) -> None:
    found, kept = three_counts([(s, s + d) for s, d in spans], validity), _kept(spans)
    near = [(i, j) for i, j in combinations(range(len(kept)), 2) if kept[j][0] - kept[i][1] <= validity]
    assert (found["pairs"], found["chain"]) == (len(near), sum(j == i + 1 for i, j in near))


@given(SPANS, VALIDITY, st.integers(0, 200))
def test_widening_the_validity_never_lowers_avoidable(spans: list[tuple[int, int]], validity: int, more: int) -> None:
    pairs = [(s, s + d) for s, d in spans]
    assert three_counts(pairs, validity)["avoidable"] <= three_counts(pairs, validity + more)["avoidable"]


@given(SPANS, VALIDITY, st.lists(st.booleans(), min_size=8, max_size=8))
def test_splitting_a_person_never_raises_avoidable(
    spans: list[tuple[int, int]], validity: int, side: list[bool]
) -> None:
    kept = _kept(spans)
    parts = [[span for span, on in zip(kept, side, strict=False) if on is which] for which in (True, False)]
    assert sum(three_counts(part, validity)["avoidable"] for part in parts) <= three_counts(kept, validity)["avoidable"]


DAYS = st.lists(st.integers(-1000, 2000), min_size=1, max_size=40)


@given(DAYS, st.integers(1, 30))
def test_the_peak_is_the_best_of_all_windows_and_the_earliest(days: list[int], months: int) -> None:
    best: tuple[int, int] = (0, 0)
    for start in sorted(set(days)):
        end = int(add_months(np.array([start]), months)[0])
        count = sum(start <= day < end for day in days)
        best = max(best, (count, -start))
    assert peak_window(days, months)[:2] == (best[0], -best[1])


@given(DAYS, st.integers(1, 30))
def test_a_wider_window_never_lowers_the_peak(days: list[int], months: int) -> None:
    assert peak_window(days, months)[0] <= peak_window(days, months + 1)[0]


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50).filter(any))
def test_gini_is_twice_the_area_between_even_and_lorenz(values: list[int]) -> None:
    points = lorenz(values)
    area = sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(points, points[1:], strict=False))
    assert gini(values) is not None
    assert abs((gini(values) or 0) - (1 - 2 * area)) < 1e-9


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50).filter(any), st.integers(1, 100))
def test_the_top_holds_at_least_its_share(values: list[int], percent: int) -> None:
    assert (top_share(values, percent / 100) or 0) >= percent / 100 - 1e-9


EVENTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(0, 3)), min_size=1, max_size=25)


def _rows(events: list[tuple[int, int, int]]) -> pa.Table:
    rows = [
        {"person_no": p, "person_id": bytes(16), "contact_id": bytes(15) + bytes([k]), "start": day,
         "start_second": -1, "precedence": 0, "agency_no": a, "until": None, "service_no": a, "referral_no": -1,
         "purpose_no": 0, "theme_no": -1, "closing": False, "planned": False, "era": 0}
        for k, (p, day, a) in enumerate(sorted(events))
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SEQUENCE_INPUT)


@settings(deadline=None)
@given(EVENTS)
def test_edges_equal_a_plain_walk_and_weights_sum_to_the_steps(events: list[tuple[int, int, int]]) -> None:
    judge: nx.DiGraph = nx.DiGraph()
    n_steps = 0
    for person in range(3):
        days = sorted({day for p, day, _ in events if p == person})
        for before, after in zip(days, days[1:], strict=False):
            n_steps += 1
            blocks = [[a for p, day, a in events if (p, day) == (person, at)] for at in (before, after)]
            for a in blocks[0]:
                for b in blocks[1]:
                    weight = judge.edges[a, b]["w"] if judge.has_edge(a, b) else Fraction(0)
                    judge.add_edge(a, b, w=weight + Fraction(1, len(blocks[0]) * len(blocks[1])))
    rows = _rows(events)
    found, agency = steps(rows, RULES, 4), rows["agency_no"].to_pylist()
    weights: dict[tuple[int, int], Fraction] = {}
    for s, t, pairs in zip(found.source, found.target, found.pairs, strict=True):
        edge = (agency[s], agency[t])
        weights[edge] = weights.get(edge, Fraction(0)) + Fraction(1, int(pairs))
    assert weights == {(a, b): w for a, b, w in judge.edges(data="w")}
    assert sum(weights.values()) == n_steps


@settings(deadline=None)
@given(EVENTS)
def test_merging_two_agencies_never_raises_the_handoffs(events: list[tuple[int, int, int]]) -> None:
    def weight(rows: pa.Table) -> Fraction:
        found = steps(rows, RULES, 4)
        moved = [int(p) for p, move in zip(found.pairs, found.move, strict=True) if move in HANDOFFS]
        return sum((Fraction(1, p) for p in moved), Fraction(0))

    merged = [(p, day, min(a, 2)) for p, day, a in events]
    assert weight(_rows(merged)) <= weight(_rows(events))


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=40))
def test_tallied_cells_equal_plain_counting(facts: list[tuple[int, int, int, int]]) -> None:
    facts = sorted(facts)
    names = ("person_no", "chip_no", "quarter_no", "row_no")
    columns = {name: pa.array([f[k] for f in facts], pa.int32()) for k, name in enumerate(names)}
    rows = pa.table({**columns, "value": pa.array([1] * len(facts), pa.int64())})
    job = Job(0, "chip_no", "row_no", "", "value", "", quarters=True, total=True)
    found = tally_kernel((job,))(rows)
    assert found.schema == TALLY
    for cell in found.to_pylist():
        inside = [
            f[0]
            for f in facts
            if f[1] == cell["chip_no"] and cell["quarter_no"] in (-1, f[2]) and cell["row_no"] in (-1, f[3])
        ]
        largest = max(inside.count(person) for person in inside)
        assert (cell["value"], cell["people"], cell["largest"]) == (len(inside), len(set(inside)), largest)
