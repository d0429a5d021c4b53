"""FAM3: who stays among the highest from one period to the next. FAM4: what of a fall is more than a fall by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from totalplace.config.findings import FindingsRules, RegressionRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import build_journeys
from totalplace.journeys.calendar import as_days
from totalplace.journeys.families.early_warning import NO_GAIN, TOO_SHORT, warn_early
from totalplace.journeys.families.periods import period_edges
from totalplace.journeys.families.persistence import follow_demand, persistence, top_membership
from totalplace.journeys.families.programmes import guard_claims
from totalplace.journeys.families.regression import Claim, guard
from totalplace.journeys.measured import Measured
from totalplace.journeys.measures import measure
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Engine, Shape

FIRST = date(2010, 1, 1)
SHIPPED = shipped("findings")
RULES = FindingsRules.model_validate(
    SHIPPED | {"families": SHIPPED["families"] | {"min_interventions": [3], "min_agencies": 1, "top_shares": [0.5]}}
)
GUARD = RegressionRules.model_validate(SHIPPED["regression"])


def days(*texts: str) -> list[int]:
    return [int(day) for day in as_days(pa.array([date.fromisoformat(text) for text in texts]), 0)]


def test_periods_are_whole_and_end_with_the_data() -> None:
    edges = period_edges(*days("2010-01-01", "2012-12-31"), 12, 0)
    assert edges.tolist() == days("2010-01-01", "2011-01-01", "2012-01-01", "2013-01-01")
    assert period_edges(*days("2010-01-02", "2012-12-31"), 12, 0).tolist() == edges[1:].tolist()
    assert len(period_edges(*days("2010-01-02", "2012-12-31"), 12, 7)) == 4
    assert len(period_edges(*days("2012-12-01", "2012-12-31"), 12, 0)) == 1


@pytest.mark.parametrize(
    ("values", "share", "belongs"),
    [
        ([4, 3, 2, 1], 0.5, [1, 1, 0, 0]),
        ([4, 2, 2, 1], 0.5, [1, 0.5, 0.5, 0]),
        ([5, 1, 0, 0], 0.5, [1, 0, 0, 0]),
        ([9, 8, 7], 0.5, [1, 0.5, 0]),
        ([0, 0], 0.5, [0, 0]),
    ],
)
def test_units_of_one_value_belong_to_the_top_alike(values: list[int], share: float, belongs: list[float]) -> None:
    assert top_membership(np.array(values), share).tolist() == belongs


def test_persistence_is_the_share_of_this_top_that_was_in_the_last_one() -> None:
    before, now = np.array([9, 8, 1, 1]), np.array([9, 1, 8, 1])
    assert persistence(before, now, 0.5) == 0.5
    assert persistence(now, now, 0.25) == 1
    assert persistence(before, np.zeros(4, int), 0.5) is None


def claim(before: list[int], after: list[int], history: list[tuple[int, int]], **more: Any) -> Claim:
    earlier = np.array(history, np.int64).reshape(-1, 2)
    rules = GUARD.model_copy(update=more)
    return guard(np.array(before), np.array(after), earlier[:, 0], earlier[:, 1], rules)


def test_a_fall_of_seven_where_six_come_by_themselves_is_a_claim_of_one() -> None:
    found = claim([14] * 20, [7] * 20, [(14, 8)] * 40)
    assert (found.before, found.expected, found.observed, found.claim) == (14, 8, 7, -1)
    assert (found.low, found.high) == (-1, -1)


def test_expected_is_the_mean_of_families_of_the_same_band_and_never_of_others() -> None:
    found = claim([14, 60], [10, 40], [(14, 8), (15, 10)] * 20 + [(60, 50)] * 20 + [(3, 0)] * 90)
    assert (found.expected, found.comparators) == ((9 + 50) / 2, 60)


def test_a_family_whose_like_is_not_known_is_left_out_and_counted() -> None:
    found = claim([14, 400], [7, 10], [(14, 8)] * 30)
    assert (found.families, found.without_comparators, found.claim) == (1, 1, -1)


def test_fewer_than_thirty_comparators_carry_no_claim() -> None:
    found = claim([14] * 20, [7] * 20, [(14, 8)] * 29)
    assert (found.refused, found.claim, found.comparators) == ("too few comparators", None, 29)
    assert claim([], [], [(14, 8)] * 40).refused == "no family to judge"


def test_the_interval_holds_the_claim_and_narrows_with_more_families() -> None:
    few, many = (claim([14, 14] * n, [4, 10] * n, [(14, 2), (14, 14)] * 100) for n in (5, 500))
    assert few.low is not None and few.high is not None and many.low is not None and many.high is not None
    assert few.low < -1 < few.high and few.high - few.low > many.high - many.low


def _id(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()[:16]


def _contacts(counts: dict[str, list[int]], visits: dict[str, int]) -> list[dict[str, Any]]:
    """Return contacts of families, `counts` of them in each year from 2010, and visits of a programme by day."""
    plan = [
        (family, f"a/{year}/{n}", FIRST.replace(year=2010 + year) + timedelta(n), "a", "visit")
        for family, years in counts.items()
        for year, many in enumerate(years)
        for n in range(many)
    ]
    plan += [(family, "scheme", FIRST + timedelta(day), "b", "scheme") for family, day in visits.items()]
    # Somebody else's contacts say from when to when there are data.
    plan += [("z", f"z{day}", day, "a", "visit") for day in (FIRST, date(2012, 12, 31))]
    rows = []
    for family, key, start, agency, kind in plan:
        row: dict[str, Any] = dict.fromkeys(CONTACTS.names)
        row |= dict.fromkeys(("assessment", "statutory", "barred", "planned_return"), False)
        row |= {"contact_id": _id(f"{family} {key}"), "row_id": _id(f"row {family}"), "agency": agency, "type": kind}
        row |= {"class": "intervention", "scope": "person", "start": start, "precedence": 0, "source_row": 2}
        rows.append(row)
    return rows


def _table(shape: Shape, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


def place(counts: dict[str, list[int]], engine: Engine, visits: dict[str, int] | None = None) -> Measured:
    people = sorted({*counts, "z"})
    exact = {"linked_exactly": True, "min_link_probability": 1.0}
    late = {"late": date(2011, 6, 1)}
    tables = (
        _table(CONTACTS, _contacts(counts, visits or {})),
        _table(PEOPLE, [{"row_id": _id(f"row {p}"), "area": "north"} for p in people]),
        _table(PERSONS, [{"row_id": _id(f"row {p}"), "person_id": _id(p), **exact} for p in people]),
        HOUSEHOLDS.empty(),
        _table(
            FAMILIES,
            [{"family_id": _id(f"family {p}"), "person_id": _id(p), "is_main": True, "from_date": late.get(p),
              "basis": "relation"} for p in people],
        ),
    )  # fmt: skip
    return measure(build_journeys(*(engine.hold(table) for table in tables), RULES, engine), RULES, engine, ())


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def test_families_stay_fall_under_or_are_new_over_a_threshold(engine: Engine) -> None:
    counts = {"p": [0, 5, 6], "q": [0, 4, 1], "r": [0, 1, 4], "s": [0, 1, 1], "late": [0, 9, 9]}
    steps = follow_demand(place(counts, engine), RULES, engine).summary["persistence"]["steps"]
    assert steps[-1]["high_demand"] == {"3": {"stayed": 1, "fell": 1, "new": 1}}
    assert (steps[-1]["before"], steps[-1]["now"]) == (["2011-01-01", "2012-01-01"], ["2012-01-01", "2013-01-01"])
    assert (steps[-1]["families"], steps[-1]["not_known_throughout"]) == (5, 1)
    assert steps[-1]["top"] == {"0.5": pytest.approx((1 + 1 / 6) / 2.5, abs=1e-6)}


def test_without_a_programme_families_over_the_threshold_are_told_to_fall_by_themselves(engine: Engine) -> None:
    counts = {f"h{n}": [14, 8, 8] for n in range(40)} | {f"p{n}": [0, 14, 7] for n in range(5)}
    found = guard_claims(place(counts, engine), RULES, engine).summary["regression"]
    # The forty are over the threshold themselves, and like nobody in earlier history.
    assert (found["programme"], found["families"], found["without_comparators"]) == (False, 5, 40)
    assert (found["before"], found["expected"], found["observed"], found["claim"]) == (14, 8, 7, -1)


def test_a_programme_is_judged_from_each_familys_first_contact_with_it(engine: Engine) -> None:
    rules = RULES.model_copy(update={"regression": GUARD.model_copy(update={"programme_types": ["b/scheme"]})})
    counts = {f"h{n}": [14, 8, 0] for n in range(40)} | {f"p{n}": [0, 14, 6] for n in range(5)}
    day_of_start = (date(2012, 1, 1) - FIRST).days
    of = place(counts, engine, {f"p{n}": day_of_start for n in range(5)})
    found = guard_claims(of, rules, engine).summary["regression"]
    # The scheme's own contact counts among those after.
    assert (found["programme"], found["families"], found["comparators"]) == (True, 5, 40)
    assert (found["before"], found["expected"], found["observed"], found["claim"]) == (14, 8, 7, -1)


def test_history_that_ends_after_the_programme_began_is_no_history(engine: Engine) -> None:
    rules = RULES.model_copy(update={"regression": GUARD.model_copy(update={"programme_types": ["b/scheme"]})})
    counts = {f"h{n}": [14, 8, 0] for n in range(40)} | {"p": [7, 7, 6]}
    found = guard_claims(place(counts, engine, {"p": 365 + 300}), rules, engine).summary["regression"]
    assert found["refused"] and found["comparators"] == 0


def test_a_warning_that_knows_no_more_than_last_years_count_is_withheld(engine: Engine) -> None:
    counts = {f"h{n}": [5, 5, 5] for n in range(60)} | {f"p{n}": [1, 1, 1] for n in range(40)}
    found = warn_early(place(counts, engine), RULES, engine)
    told = found.summary["early_warning"]
    assert (told["precision"], told["gain"], told["withheld"]) == (1, 0, NO_GAIN)
    assert "early_warning" not in found.tables


def test_without_three_whole_periods_no_warning_is_judged(engine: Engine) -> None:
    long = RULES.model_copy(update={"persistence": RULES.persistence.model_copy(update={"period_months": 18})})
    assert warn_early(place({"p": [5, 5, 5]}, engine), long, engine).summary["early_warning"]["withheld"] == TOO_SHORT
