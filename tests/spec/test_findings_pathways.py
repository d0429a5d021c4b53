"""P1: the place's own rules of what ought to happen, and every case in which one was broken."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from totalplace.config.findings import PathwayRule
from totalplace.journeys.explained.finding import explain_finding

from ..conftest import DAY_0, Tell, key

# The agencies' data runs from day -500 to day 500; another person's contacts say so.
AROUND = "other -500 clinic\nother -500 care\nother 500 clinic\nother 500 care"
VISITED = {"rule": "after", "of": ["clinic/discharge"], "other": ["care/*"], "within_days": 14}
ADVISED = {"rule": "never_before", "of": ["clinic/discharge"], "other": ["care/*"], "within_days": 14}
ONCE = {"rule": "at_most", "of": ["*/check"], "most": 1, "within_days": 30}
BY_CARE = {"rule": "by_agency", "of": ["*/check"], "by": ["care"]}


def _kept(tell: Tell, rule: dict[str, Any], lines: str, **more: Any) -> dict[str, Any]:
    told = "\n".join(part.strip() for part in lines.split(","))
    found: dict[str, Any] = tell(told, {"pathways": {"rule": rule}}, **more).summary()["pathways"]["rule"]
    return found


def _answer(found: dict[str, Any]) -> str:
    return " ".join(f"{name}:{found[name]}" for name in ("conforms", "violates", "unknown") if found[name])


# contacts of one person | answer
AFTER = """
p 0 clinic/discharge, p 14 care                                       | conforms:1
p 0 clinic/discharge, p 15 care                                       | violates:1
p 0 clinic/discharge, p 0 care                                        | conforms:1
p 0 clinic/discharge start_second=60, p 0 care start_second=30        | violates:1
p 0 clinic/discharge, p 5 care outcome=cancelled                      | violates:1
p 0 clinic/discharge, p 40 clinic/discharge, p 41 care                | conforms:1 violates:1
p 490 clinic/discharge                                                | unknown:1
p 490 clinic/discharge, p 491 care                                    | conforms:1
"""


@pytest.mark.parametrize("line", AFTER.strip().splitlines())
def test_after_asks_for_another_contact_within_the_days(line: str, tell: Tell) -> None:
    lines, answer = line.split("|")
    assert _answer(_kept(tell, VISITED, f"{lines}\n{AROUND}")) == answer.strip()


NEVER_BEFORE = """
p 0 clinic/discharge, p -14 care      | conforms:1
p 0 clinic/discharge, p -15 care      | violates:1
p 0 clinic/discharge, p 1 care        | violates:1
p 0 clinic/discharge, p 0 care        | conforms:1
p -490 clinic/discharge               | unknown:1
"""


@pytest.mark.parametrize("line", NEVER_BEFORE.strip().splitlines())
def test_never_before_asks_for_another_contact_in_the_days_before(line: str, tell: Tell) -> None:
    lines, answer = line.split("|")
    assert _answer(_kept(tell, ADVISED, f"{lines}\n{AROUND}")) == answer.strip()


AT_MOST = """
p 0 care/check, p 29 clinic/check                                     | violates:1
p 0 care/check, p 30 clinic/check                                     | conforms:1
p 0 care/check joint_id=j, p 0 clinic/check joint_id=j                | conforms:1
p 0 care/check, p 0 clinic/check                                      | violates:1
p 480 care/check                                                      | unknown:1
p 0 care/check, p 5 care/check, p 9 care/check, p 90 care/check       | violates:1
"""


@pytest.mark.parametrize("line", AT_MOST.strip().splitlines())
def test_at_most_looks_at_every_window_of_so_many_days(line: str, tell: Tell) -> None:
    lines, answer = line.split("|")
    assert _answer(_kept(tell, ONCE, f"{lines}\n{AROUND}")) == answer.strip()


@pytest.mark.parametrize(
    ("lines", "answer"),
    [("p 0 care/check", "conforms:1"), ("p 0 clinic/check", "violates:1"), ("p 0 clinic/visit", "")],
)
def test_by_agency_asks_who_did_it(lines: str, answer: str, tell: Tell) -> None:
    assert _answer(_kept(tell, BY_CARE, lines)) == answer


def test_the_rate_leaves_out_what_nobody_can_know(tell: Tell) -> None:
    lines = f"p 0 clinic/discharge, p 3 care, q 0 clinic/discharge, r 490 clinic/discharge, s 0 care\n{AROUND}"
    found = _kept(tell, VISITED, lines)
    assert (found["rate"], found["people"], found["not_applicable"]) == (0.5, 3, 2)


def test_a_person_who_left_cannot_break_a_rule_afterwards(tell: Tell) -> None:
    assert _answer(_kept(tell, VISITED, f"p 0 clinic/discharge\n{AROUND}", exits={"p": 13})) == "unknown:1"


def test_an_agency_that_sends_nothing_breaks_no_rule(tell: Tell) -> None:
    assert _answer(_kept(tell, VISITED, "p 0 clinic/discharge, other 500 clinic")) == "unknown:1"


def test_a_broken_rule_is_a_finding_that_names_the_rule_and_its_records(tell: Tell) -> None:
    lines = "p 0 care/check\np 5 clinic/check\np 90 care/check\n" + AROUND
    told = tell(lines, {"pathways": {"one_check_a_month": ONCE}})
    (row,) = (r for r in told.engine.fetch(told.found().findings).to_pylist() if r["kind"] == "pathway_violation")
    assert (row["rule_id"], row["subject_id"], row["agencies"]) == (
        "P1:one_check_a_month",
        key("p"),
        ["care", "clinic"],
    )
    assert row["contact_ids"] == sorted([key("p 0 care/check"), key("p 5 clinic/check")])
    assert (row["from_date"] - DAY_0).days == 0
    assert (row["to_date"] - DAY_0).days == 30


def test_a_case_that_breaks_two_rules_is_two_findings(tell: Tell) -> None:
    told = tell(f"p 0 clinic/discharge\n{AROUND}", {"pathways": {"visited": VISITED, "advised": ADVISED}})
    rows = [r for r in told.engine.fetch(told.found().findings).to_pylist() if r["kind"] == "pathway_violation"]
    assert sorted(row["rule_id"] for row in rows) == ["P1:advised", "P1:visited"]
    assert len({row["finding_id"] for row in rows}) == 2


def test_a_page_may_show_cases_by_rule_and_answer(tell: Tell) -> None:
    told = tell(f"p 0 clinic/discharge\np 3 care\nq 0 clinic/discharge\n{AROUND}", {"pathways": {"visited": VISITED}})
    assert told.cells("pathways") == {("visited", "conforms"): 1, ("visited", "violates"): 1}


@pytest.mark.parametrize(
    "rule",
    [
        {**VISITED, "within_days": 0},
        {**BY_CARE, "most": 3},
        {**ONCE, "rule": "after"},
        {**VISITED, "of": ["discharge"]},
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PathwayRule.model_validate(rule)


def test_a_broken_rule_can_be_explained(tell: Tell) -> None:
    lines = f"p 0 clinic/discharge\np 20 care\np 3 care outcome=cancelled\n{AROUND}"
    told = tell(lines, {"pathways": {"seen": VISITED}})
    found = told.found()
    (row,) = (r for r in told.engine.fetch(found.findings).to_pylist() if r["kind"] == "pathway_violation")
    why = explain_finding(row, found.measured.journeys.contacts, told.rules, told.engine)
    assert why.rule == "P1, rule seen of the place: clinic/discharge is followed by care/* on the day or within " \
        "14 days. It was not."  # fmt: skip
    assert [reason for _, reason in why.left_out] == ["did not take place", "20 days after"]
