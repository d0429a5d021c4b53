"""Gaps on generated places, against a look through each person's days."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..conftest import Tell, few

CONTACTS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 90), st.sampled_from("abc"), st.booleans(), st.integers(0, 9)),
    min_size=1,
    max_size=10,
    unique_by=lambda contact: contact[:3],
)
FEW = few(8)
CUT = 40

Contact = tuple[int, int, str, bool, int]


def _judged(contacts: list[Contact]) -> dict[bool, list[tuple[int, bool, Fraction]]]:
    """Return (days, ended, days between agencies) of each gap, waiting and quiet, person by person, day by day."""
    last = max(day for _, day, *_ in contacts)
    gaps: dict[bool, list[tuple[int, bool, Fraction]]] = {True: [], False: []}
    for person in {contact[0] for contact in contacts}:
        mine = [contact for contact in contacts if contact[0] == person]
        days = sorted({day for _, day, *_ in mine})
        latest = -1
        for day, following in zip(days, [*days[1:], None], strict=True):
            block = [contact for contact in mine if contact[1] == day]
            until = max(day + length for *_, length in block)
            waiting = any(refers for *_, refers, _ in block)
            latest = max(latest, until)
            same = following is not None and following - latest <= CUT
            if not same and following is not None:
                latest = -1
            ended = following is not None and (waiting or same)
            end = following if ended and following is not None else min(last, last if waiting else until + CUT)
            length = max(end - until, 0)
            pairs = [one[2] != other[2] for one in block for other in mine if other[1] == following]
            crossing = length * Fraction(sum(pairs), len(pairs)) if ended else Fraction(0)
            gaps[waiting].append((length, ended, crossing))
    return gaps


@FEW
@given(CONTACTS)
def test_gaps_equal_a_look_through_each_person_s_days(tell: Tell, contacts: list[Contact]) -> None:
    lines = [f"p{p} {d} {a} end={d + n}{' referral_to=z' if refers else ''}" for p, d, a, refers, n in contacts]
    told = tell("\n".join(lines), {"journey": {"gap_days": CUT}})
    judged, found = _judged(contacts), told.summary()["gaps"]
    assert sorted((row["days"], row["ended"]) for row in told.rows("waits")) == sorted(gap[:2] for gap in judged[True])
    for name, waiting in (("waiting", True), ("quiet", False)):
        assert found[name]["gaps"] == len(judged[waiting])
        assert found[name]["censored"] == sum(not ended for _, ended, _ in judged[waiting])
    ended = sum(days for days, over, _ in judged[True] if over)
    crossing = sum((part for *_, part in judged[True]), Fraction(0))
    assert found["between_agencies_share"] == (pytest.approx(float(crossing / ended), abs=1e-6) if ended else None)
