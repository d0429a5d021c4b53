"""Pathway rules on generated places, against a look through each person's days."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ..conftest import Tell, few

CONTACTS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 60), st.sampled_from(["clinic/out", "care/visit", "care/check"])),
    min_size=1,
    max_size=12,
    unique=True,
)
FEW = few(8)
SEEN = {"of": ["clinic/out"], "other": ["care/visit"], "within_days": 14}
RULES = {
    "after": {"rule": "after", **SEEN},
    "before": {"rule": "never_before", **SEEN},
    "often": {"rule": "at_most", "of": ["*/check"], "most": 1, "within_days": 20},
}

Contact = tuple[int, int, str]


def _one(kept: bool, watched: bool) -> str:
    return "conforms" if kept else "violates" if watched else "unknown"


def _judged(contacts: list[Contact]) -> dict[str, Counter[str]]:
    """Return how many cases of each rule were kept, broken or unknown."""
    days = {
        (p, what): sorted(d for q, d, w in contacts if (q, w) == (p, what)) for p in range(3) for _, _, what in contacts
    }
    care = [d for _, d, what in contacts if what.startswith("care")]
    first, last = min(care, default=999), max(care, default=-999)
    found = {name: Counter[str]() for name in RULES}
    for p, day, what in contacts:
        if what == "clinic/out":
            visits = days.get((p, "care/visit"), [])
            found["after"][_one(any(0 <= d - day <= 14 for d in visits), last - day >= 14)] += 1
            found["before"][_one(any(0 <= day - d <= 14 for d in visits), day - first >= 14)] += 1
    end = max(d for _, d, _ in contacts)
    for (_, what), checks in days.items():
        if what == "care/check" and checks:
            broken = any(later - day < 20 for day, later in zip(checks[:-1], checks[1:], strict=True))
            found["often"]["violates" if broken else _one(checks[-1] + 19 <= end, False)] += 1
    return found


@FEW
@given(CONTACTS)
def test_pathways_equal_a_look_through_each_person_s_days(tell: Tell, contacts: list[Contact]) -> None:
    lines = "\n".join(f"p{p} {day} {what}" for p, day, what in contacts)
    told = tell(lines, {"pathways": RULES}).measured()
    found = {name: part for one in told.further for name, part in one.summary.get("pathways", {}).items()}
    for name, counts in _judged(contacts).items():
        assert {k: found[name][k] for k in ("conforms", "violates", "unknown") if found[name][k]} == dict(counts), name
    broken = sum(part["violates"] for part in found.values())
    assert sum(len(one.findings) for one in told.further if "pathways" in one.summary) == broken
