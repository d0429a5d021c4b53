"""E1: episodes of agencies' work with a person, and how many are open at once."""

from __future__ import annotations

import pytest

from ..conftest import DAY_0, Tell

# contacts of one person (gap of 90 days) | episodes, closed days
EPISODES = """
p 0 a, p 20 a, p 40 a, p 10 b, p 30 b, p 50 b     | a[0,40] b[10,50]
p 0 a, p 90 a                                     | a[0,90]
p 0 a, p 91 a                                     | a[0,0] a[91,91]
p 0 a end=30, p 40 a                              | a[0,30] a[40,40]
p 0 a end=30, p 10 a                              | a[0,30]
p 0 a end=30, p 20 a end=60                       | a[0,60]
p 0 a, p 5 a class=milestone                      | a[0,0]
"""


@pytest.mark.parametrize("line", EPISODES.strip().splitlines())
def test_an_episode_is_a_run_of_contacts_or_has_dates_of_its_own(line: str, tell: Tell) -> None:
    contacts, answer = line.split("|")
    rows = tell("\n".join(part.strip() for part in contacts.split(","))).rows("episodes")
    told = [f"{r['agency']}[{(r['first_day'] - DAY_0).days},{(r['last_day'] - DAY_0).days}]" for r in rows]
    assert " ".join(told) == answer.strip()


def test_an_episode_is_open_while_the_agency_s_data_may_go_on_with_it(tell: Tell) -> None:
    rows = tell("p 0 a\np 0 b\nq 90 a\nq 91 b").rows("episodes")
    assert [(r["agency"], r["open_at_end"]) for r in rows[:2]] == [("a", True), ("b", False)]


def test_agencies_at_work_at_once_are_counted_by_day(tell: Tell) -> None:
    # a[0,40], b[10,50], c[50,50]: two at once from day 10 to 40 and on day 50.
    told = tell("p 0 a\np 40 a\np 10 b\np 50 b\np 50 c\nq 0 a")
    (mine, other) = sorted(told.rows("open_at_once"), key=lambda row: -row["days_open"])
    assert (mine["most"], mine["days_open"], mine["days_several"]) == (2, 51, 32)
    assert (other["most"], other["days_open"], other["days_several"]) == (1, 1, 0)


def test_a_page_may_show_who_overlaps_with_whom(tell: Tell) -> None:
    told = tell("p 0 a\np 40 a\np 10 b\np 50 b\nq 0 a\nq 0 b")
    assert told.cells("overlaps") == {("a", "b"): 2}
    assert told.cells("overlap_days") == {("", ""): 32, ("a", "b"): 32}
    assert told.cells("open_at_once") == {("", ""): 2, ("2", ""): 2}
