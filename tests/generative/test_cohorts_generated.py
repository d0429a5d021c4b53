"""Cohorts on generated places, against a look through each person's days."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ..conftest import Tell, few

DAY = st.integers(0, 120)
CONTACTS = st.lists(
    st.tuples(st.integers(0, 2), DAY, st.sampled_from(["prison/release", "police/arrest", "care/visit"])),
    min_size=1,
    max_size=12,
    unique=True,
)
FEW = few(10)
EVENT = {"of": ["prison/release"], "contacts": ["care/*"], "reentry": ["police/arrest"]}
RULES = {"cohort": {"events": {"released": EVENT}, "contact_days": [0, 7, 28], "reentry_days": [28, 30]}}

Contact = tuple[int, int, str]


def _kept(days: list[int]) -> list[int]:
    kept: list[int] = []
    for day in sorted(days):
        if not kept or day - kept[-1] > 28:
            kept.append(day)
    return kept


def _judged(contacts: list[Contact]) -> dict[tuple[str, int], list[int]]:
    """Return [yes, no, unknown] of each question, by trying every contact for every event."""
    last = {what: max((d for _, d, w in contacts if w == what), default=-1) for _, _, what in contacts}
    events = [
        (p, day)
        for p in range(3)
        for day in _kept([d for q, d, what in contacts if q == p and what == "prison/release"])
    ]
    answers = {}
    for kind, what, least in (("contact", "care/visit", 0), ("reentry", "police/arrest", 1)):
        for until in RULES["cohort"][f"{kind}_days"]:  # type: ignore[literal-required]
            answer = [0, 0, 0]
            for p, day in events:
                came = any((q, w) == (p, what) and least <= d - day <= until for q, d, w in contacts)
                answer[0 if came else 1 if last.get(what, -1) - day >= until else 2] += 1
            answers[kind, until] = answer
    return answers


@FEW
@given(CONTACTS)
def test_cohorts_equal_a_look_through_each_person_s_days(tell: Tell, contacts: list[Contact]) -> None:
    found = tell("\n".join(f"p{p} {day} {what}" for p, day, what in contacts), RULES).summary()["cohorts"]["released"]
    for (kind, until), answer in _judged(contacts).items():
        part = found[kind][str(until)]
        assert [part["yes"], part["no"], part["unknown"]] == answer
        assert sum(answer) == found["events"]
