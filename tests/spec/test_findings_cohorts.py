"""K1: cohorts by an index event, what came after its day 0, and journeys that begin there."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped

from ..conftest import DAY_0, Tell, key

# The data of every agency runs to day 500; another person's contacts say so.
LATE = "other 500 prison\nother 500 police\nother 500 care\nother 500 clinic"
RELEASED = {"cohort": {"events": {"released": {"of": ["prison/release"], "reentry": ["police/arrest"]}}}}
CARE_ONLY = {
    "cohort": {"events": {"released": {"of": ["prison/release"], "contacts": ["care/*"], "reentry": ["police/arrest"]}}}
}


def _cohort(tell: Tell, lines: str, rules: dict[str, Any] = RELEASED, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = tell(lines, rules, **more).summary()["cohorts"]["released"]
    return found


def _lines(told: str) -> str:
    return "\n".join(part.strip() for part in told.split(","))


# contacts of one person | first contact by day 0, 7, 28, 90
FIRST = """
p 0 prison/release, p 0 care                                    | yes yes yes yes
p 0 prison/release, p 7 care                                    | no yes yes yes
p 0 prison/release, p 8 care                                    | no no yes yes
p 0 prison/release, p 91 care                                   | no no no no
p 0 prison/release, p 5 care outcome=did_not_attend             | no no no no
p 0 prison/release, p 5 prison/release                          | no no no no
p 5 prison/release, p 0 care                                    | no no no no
p 0 prison/release start_second=60, p 0 care start_second=30    | no no no no
p 0 prison/release start_second=60, p 0 care start_second=90    | yes yes yes yes
"""


@pytest.mark.parametrize("line", FIRST.strip().splitlines())
def test_a_first_contact_is_counted_from_the_day_of_the_event(line: str, tell: Tell) -> None:
    contacts, answers = line.split("|")
    days = _cohort(tell, f"{_lines(contacts)}\n{LATE}")["contact"]
    assert " ".join(next(k for k in ("yes", "no", "unknown") if part[k]) for part in days.values()) == answers.strip()


# contacts | exit | answer by day 90
UNKNOWN = """
p 0 prison/release, other 89 care                |    | unknown
p 0 prison/release, other 90 care                |    | no
p 0 prison/release, other 500 clinic             |    | unknown
p 0 prison/release, other 500 care               | 89 | unknown
p 0 prison/release, p 20 care, other 89 clinic   |    | yes
"""


@pytest.mark.parametrize("line", UNKNOWN.strip().splitlines())
def test_short_follow_up_is_unknown_and_never_a_success(line: str, tell: Tell) -> None:
    contacts, left, answer = (part.strip() for part in line.split("|"))
    part = _cohort(tell, _lines(contacts), CARE_ONLY, exits={"p": int(left)} if left else {})["contact"]["90"]
    assert [name for name in ("yes", "no", "unknown") if part[name]] == [answer]


def test_the_share_takes_the_unknown_as_watched_until_then(tell: Tell) -> None:
    served = "\n".join(f"p{d} 0 prison/release\np{d} {d} care" for d in (5, 20, 40))
    lines = f"{served}\nleft 0 prison/release\nseen 0 prison/release\n{LATE}"
    part = _cohort(tell, lines, exits={"left": 10})["contact"]["90"]
    # As in R1: 1 - 0.8 x 2/3 x 1/2.
    assert (part["yes"], part["no"], part["unknown"], round(part["share"], 4)) == (3, 1, 1, 0.7333)


# arrests of one person released on day 0 | back by day 28, 30, 90, 365
BACK = """
28  | 1 1 1 1
29  | 0 1 1 1
31  | 0 0 1 1
400 | 0 0 0 0
0   | 0 0 0 0
"""


@pytest.mark.parametrize("line", BACK.strip().splitlines())
def test_being_back_is_counted_by_days_after_the_event(line: str, tell: Tell) -> None:
    day, answers = line.split("|")
    days = _cohort(tell, f"p 0 prison/release\np {int(day)} police/arrest\n{LATE}")["reentry"]
    assert [part["yes"] for part in days.values()] == [int(one) for one in answers.split()]


@pytest.mark.parametrize(("second", "events"), [(28, 1), (29, 2)])
def test_a_second_event_within_the_washout_belongs_to_the_first(second: int, events: int, tell: Tell) -> None:
    lines = f"p 0 prison/release\np {second} prison/release\n{LATE}"
    assert _cohort(tell, lines)["events"] == events


def test_an_18th_birthday_that_two_agencies_know_is_one_event(tell: Tell) -> None:
    lines = "p 0 a/turned_18 class=milestone\np 31 b/turned_18 class=milestone\np 40 a\nq 900 b"
    found = tell(lines).summary()["cohorts"]["turned_18"]
    assert (found["events"], found["contact"]["90"]["yes"]) == (1, 1)


def test_contacts_before_and_after_are_counted_for_whole_windows_only(tell: Tell) -> None:
    lines = f"other -300 care\np -10 care\np 0 prison/release\np 3 care\np 364 care\np 365 care\nq 300 care\n{LATE}"
    assert _cohort(tell, f"{lines}\nq 301 prison/release")["window"] == {"events": 1, "before": 1, "after": 2}


def test_two_cohorts_are_compared_by_a_difference_with_its_interval(tell: Tell) -> None:
    events = {"released": {"of": ["prison/release"]}, "discharged": {"of": ["clinic/discharge"]}}
    rules = {"cohort": {"events": events, "contact_days": [7], "compare": [["released", "discharged"]]}}
    out = "\n".join(f"p{k} 0 prison/release" for k in range(10)) + "\n"
    out += "\n".join(f"p{k} 3 care" for k in range(6)) + "\n"
    out += "\n".join(f"q{k} 0 clinic/discharge" for k in range(10)) + "\nq0 2 care\nq1 2 care\n"
    (found,) = tell(out + LATE, rules).summary()["cohorts_compared"]
    # Without censoring Greenwood's variance is p(1 - p)/n: 0.4 +- 1.96 x sqrt(0.024 + 0.016).
    assert found["difference"] == 0.4
    assert (found["low"], found["high"]) == (pytest.approx(0.008, abs=1e-4), pytest.approx(0.792, abs=1e-4))


def test_a_page_may_show_people_by_the_day_of_their_first_contact(tell: Tell) -> None:
    told = tell(f"p 0 prison/release\np 3 care\nq 0 prison/release\n{LATE}", RELEASED)
    assert told.cells("cohorts") == {("released", "1-7"): 1, ("released", "not by 90"): 1}
    assert told.cells("cohort_returns") == {("released", "not by 365"): 2}


def test_a_journey_is_cut_at_an_index_event(tell: Tell) -> None:
    rules = RELEASED | {"journey": {"cut_at": ["released"]}}
    lines = "p 0 care\np 10 clinic\np 10 prison/release\np 20 care"
    told = tell(lines, rules)
    rows = told.engine.fetch(told.measured().journeys.journeys).to_pylist()
    starts = {row["journey_id"]: row["contact_id"] for row in rows if row["position"] == 0}
    assert len(starts) == 2
    assert key("p 0 care") in starts.values()
    assert sum(row["block"] == 0 for row in rows) == 3  # the first day, and both contacts of the day of the release


def test_a_milestone_cuts_although_it_is_in_no_journey(tell: Tell) -> None:
    lines = "p 0 a\np 5 a/turned_18 class=milestone\np 9 b"
    told = tell(lines, {"journey": {"cut_at": ["turned_18"]}})
    assert told.measured().journeys.counts["journeys"] == 2
    assert told.measured().journeys.counts["block_pairs"] == 0


def test_a_cohort_that_is_nowhere_defined_is_refused() -> None:
    rules = shipped("findings")
    rules["journey"]["cut_at"] = ["nowhere"]
    with pytest.raises(ValidationError, match="not under cohort.events"):
        FindingsRules.model_validate(rules)


def test_every_event_is_listed_with_the_contact_that_it_rests_on(tell: Tell) -> None:
    (row,) = tell(f"p 3 prison/release\n{LATE}", RELEASED).rows("cohorts")
    assert (row["contact_id"], row["day"]) == (key("p 3 prison/release"), DAY_0.replace(day=4))
