"""G1: how long people wait after a referral or a promise, and how long nothing happens otherwise."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from totalplace.config.findings import GapRules
from totalplace.config.load import shipped
from totalplace.journeys.spells.working_days import clock

from ..conftest import Tell

# The data runs to day 100; another person's contact says so.
LATE = "other 100 a"

# contacts | waits, open ones, median | quiet gaps, open ones
GAPS = """
p 0 a referral_to=b, p 7 b                              | 1 0 7    | 2 2
p 0 a, p 7 b                                            | 0 0 None | 3 2
p 0 a referral_to=b end=3, p 7 b                        | 1 0 4    | 2 2
p 0 a referral_to=b end=9, p 7 b                        | 1 0 0    | 2 2
p 0 a referral_to=b                                     | 1 1 None | 1 1
p 0 a referral_to=b outcome=did_not_attend, p 7 b       | 0 0 None | 3 2
p 0 a/grant, p 30 a                                     | 1 0 30   | 2 2
p 0 a referral_to=b, p 0 c, p 8 b                       | 1 0 8    | 2 2
"""


def _split(line: str) -> tuple[str, str, str]:
    contacts, waiting, quiet = line.split("|")
    return "\n".join(part.strip() for part in contacts.split(",")), waiting.strip(), quiet.strip()


def _gaps(tell: Tell, lines: str, gap: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    rules = {"gap": {"promising_types": ["a/grant"], **(gap or {})}}
    found: dict[str, Any] = tell(f"{lines}\n{LATE}", rules, **more).summary()["gaps"]
    return found


@pytest.mark.parametrize("line", GAPS.strip().splitlines())
def test_only_what_follows_a_referral_or_a_promise_is_waiting(line: str, tell: Tell) -> None:
    lines, waiting, quiet = _split(line)
    found = _gaps(tell, lines)
    wait = found["waiting"]
    assert f"{wait['gaps']} {wait['censored']} {wait['median']}" == waiting
    assert f"{found['quiet']['gaps']} {found['quiet']['censored']}" == quiet


def test_the_median_takes_an_open_wait_as_at_least_so_long(tell: Tell) -> None:
    lines = "p 0 a referral_to=b\np 10 b\nq 0 a referral_to=b\nq 20 b\nr 85 a referral_to=b"
    assert _gaps(tell, lines)["waiting"] == {"gaps": 3, "censored": 1, "median": 20, "ninth_decile": 20}


def test_a_wait_outlasts_the_end_of_a_journey_and_a_quiet_gap_does_not(tell: Tell) -> None:
    rules = {"journey": {"gap_days": 50}}
    waited = tell("p 0 a referral_to=b\np 80 b", rules).summary()["gaps"]
    assert (waited["waiting"]["median"], waited["quiet"]["censored"]) == (80, 1)
    quiet = tell("p 0 a\np 80 b", rules).summary()["gaps"]["quiet"]
    assert (quiet["gaps"], quiet["censored"], quiet["median"]) == (2, 2, None)


def test_a_wait_is_watched_until_the_person_left(tell: Tell) -> None:
    told = tell(f"p 0 a referral_to=b\n{LATE}", exits={"p": 30})
    assert [(row["days"], row["ended"]) for row in told.rows("waits")] == [(30, False)]


def test_the_share_between_agencies_weighs_days_as_steps_are_weighed(tell: Tell) -> None:
    lines = "p 0 a referral_to=b\np 30 b\nq 0 a referral_to=b\nq 10 a\nr 0 a referral_to=b\nr 40 a\nr 40 b"
    # 30 days from a to b, 10 within a, and 40 of which half are from a to b.
    assert _gaps(tell, lines)["between_agencies_share"] == pytest.approx(50 / 80)


def test_waits_are_told_by_length_and_days_by_the_agencies_at_their_ends(tell: Tell) -> None:
    told = tell(f"p 0 a referral_to=b\np 7 b\nq 0 a referral_to=b\n{LATE}")
    assert told.cells("waits") == {("", ""): 2, ("7-27", "ended"): 1, ("90+", "open"): 1}
    assert told.cells("waiting_days") == {("", ""): 107, ("a", "b"): 7, ("a", "nobody yet"): 100}


# from | to | nation | working days
CLOSED = """
2008-12-24 2008-12-29 england_and_wales | 1
2008-12-24 2009-01-05 england_and_wales | 5
2008-12-24 2009-01-05 scotland          | 4
2008-07-11 2008-07-15 northern_ireland  | 1
2008-07-11 2008-07-15 england_and_wales | 2
2010-07-11 2010-07-15 northern_ireland  | 2
2022-09-16 2022-09-20 scotland          | 1
"""


@pytest.mark.parametrize("line", CLOSED.strip().splitlines())
def test_working_days_leave_out_weekends_and_the_nation_s_bank_holidays(line: str) -> None:
    days, number = line.split("|")
    first, last, nation = days.split()
    rules = GapRules.model_validate({**shipped("findings")["gap"], "working_days": True, "nation": nation})
    ticks = clock(date.fromisoformat(first), date.fromisoformat(last), rules)["tick"].to_pylist()
    assert ticks[-1] - ticks[0] == int(number)


def test_working_days_change_the_length_of_a_wait(tell: Tell) -> None:
    # 2008-01-01 is a holiday and a Tuesday; day 8 is the Wednesday after.
    found = _gaps(tell, "p 0 a referral_to=b\np 8 b", {"working_days": True, "extra_holidays": ["2008-01-03"]})
    assert (found["days"], found["waiting"]["median"]) == ("working days", 4)
