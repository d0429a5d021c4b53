"""Affinity on generated places, against a count of every stratum in fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from totalplace.journeys.affinity.pairs import find_affinity

from ..conftest import Tell, few

PEOPLE = 8
CONTACTS = st.lists(
    st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, 90), st.sampled_from("abc")), min_size=1, max_size=20
)
EXITS = st.dictionaries(st.integers(0, PEOPLE - 1), st.integers(0, 90), max_size=3)
FEW = few(12)
MONTHS = [0, 31, 60, 91]  # first days of January to April 2008


def _month(day: int) -> int:
    return max(k for k, first in enumerate(MONTHS) if first <= day)


def _judged(contacts: list[tuple[int, int, str]], exits: dict[int, int]) -> dict[tuple[str, str], tuple[int, float]]:
    found = {}
    for first, second in (("a", "b"), ("a", "c"), ("b", "c")):
        observed, chance = 0, Fraction(0)
        for area in range(2):
            for month, start in enumerate(MONTHS):
                base = {p for p in range(PEOPLE) if p % 2 == area and exits.get(p, 999) >= start}
                met = {
                    s: {p for p, day, a in contacts if a == s and _month(day) == month} & base for s in (first, second)
                }
                observed += len(met[first] & met[second])
                chance += Fraction(len(met[first]) * len(met[second]), len(base) or 1)
        if observed:
            found[f"{first}/visit", f"{second}/visit"] = (observed, float(chance))
    return found


@FEW
@given(CONTACTS, EXITS)
def test_affinity_equals_a_count_of_every_stratum(
    tell: Tell, contacts: list[tuple[int, int, str]], exits: dict[int, int]
) -> None:
    lines = "\n".join(f"p{p} {day} {agency}" for p, day, agency in set(contacts))
    areas = {f"p{p}": "north" if p % 2 else "south" for p in range(PEOPLE)}
    told = tell(lines, {"affinity": {"min_people": 1}}, {f"p{p}": day for p, day in exits.items()}, areas)
    rows = told.engine.fetch(find_affinity(told.measured(), told.rules, told.engine).tables["affinity"]).to_pylist()
    found = {(r["first"], r["second"]): (r["observed"], r["expected"]) for r in rows if r["kind"] == "service"}
    judged = _judged(contacts, exits)
    assert found.keys() == judged.keys()
    for pair, (observed, chance) in judged.items():
        assert found[pair] == (observed, pytest.approx(chance, abs=1e-6))
