"""Open episodes on generated places, against a look at every day."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ..conftest import Tell, few, key

CONTACTS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 40), st.sampled_from("abc"), st.sampled_from([0, 0, 0, 3, 12])),
    min_size=1,
    max_size=12,
    unique_by=lambda contact: contact[:3],
)
FEW = few(12)
GAP = 7


def _open(contacts: list[tuple[int, int, str, int]], person: int, agency: str) -> set[int]:
    """Return the days on which an agency's work with a person is open."""
    mine = [(day, length) for p, day, a, length in contacts if (p, a) == (person, agency)]
    found = {d for day, length in mine if length for d in range(day, day + length + 1)}
    plain = sorted(day for day, length in mine if not length)
    found |= set(plain)
    for day, following in zip(plain[:-1], plain[1:], strict=True):
        if following - day <= GAP:
            found |= set(range(day, following))
    return found


@FEW
@given(CONTACTS)
def test_overlaps_equal_a_look_at_every_day(tell: Tell, contacts: list[tuple[int, int, str, int]]) -> None:
    lines = [f"p{p} {d} {a}{f' end={d + n}' if n else ''}" for p, d, a, n in contacts]
    rows = tell("\n".join(lines), {"episode": {"gap_days": GAP}}).rows("open_at_once")
    found = {row["person_id"]: (row["most"], row["days_open"], row["days_several"]) for row in rows}
    for person in {contact[0] for contact in contacts}:
        days = [_open(contacts, person, agency) for agency in "abc"]
        at_once = [sum(day in open_ for open_ in days) for day in range(60)]
        assert found[key(f"p{person}")] == (max(at_once), sum(n > 0 for n in at_once), sum(n > 1 for n in at_once))
