"""A finding explained: what it rests on, what was left out and why, and changes under which it is not made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import Journeys, build_journeys, explain_finding, find_all
from totalplace.journeys.explained.reasons import Why
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Engine, Shape

DAY_0 = date(2008, 1, 1)
LATE = "z 900 a\nz 900 b"  # another person's contacts: the agencies' data runs on


def rules(**changes: dict[str, Any]) -> FindingsRules:
    table = shipped("findings")
    for section, keys in changes.items():
        table[section] = {**table[section], **keys}
    return FindingsRules.model_validate(table)


def _id(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()[:16]


def _contact(line: str) -> dict[str, Any]:
    """Read `person day agency [key=value ...]`; a completed day may follow the start as 0-10."""
    person, span, agency, *pairs = line.split()
    start, _, completed = span.partition("-")
    row: dict[str, Any] = dict.fromkeys(CONTACTS.names)
    row |= {"contact_id": _id(line), "row_id": _id(f"row {person}"), "agency": agency, "type": "visit", "source_row": 1}
    row |= {"class": "intervention", "scope": "person", "start": DAY_0 + timedelta(int(start)), "precedence": 0}
    row |= dict.fromkeys(("assessment", "statutory", "barred", "planned_return"), False)
    row |= {"completed": DAY_0 + timedelta(int(completed))} if completed else {}
    return row | {key: {"yes": True}.get(text, text) for key, text in (pair.split("=") for pair in pairs)}


def _table(shape: Shape, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


def build(lines: str, engine: Engine, **changes: Any) -> Journeys:
    known = lines.strip().splitlines()
    people = sorted({line.split()[0] for line in known})
    families = [{"family_id": _id("family"), "person_id": _id(p), "is_main": True, "basis": "relation"} for p in people]
    sure = {"linked_exactly": True, "min_link_probability": 0.97}
    tables = (
        _table(CONTACTS, [_contact(line) for line in known]),
        _table(PEOPLE, [{"row_id": _id(f"row {p}"), "area": "north"} for p in people]),
        _table(PERSONS, [{"row_id": _id(f"row {p}"), "person_id": _id(p), **sure} for p in people]),
        HOUSEHOLDS.empty(),
        _table(FAMILIES, families),
    )
    return build_journeys(*(engine.hold(table) for table in tables), rules(**changes), engine)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


def findings(lines: str, kind: str, engine: Engine, **changes: Any) -> tuple[list[dict[str, Any]], Journeys]:
    made = build(lines, engine, **changes)
    rows = engine.fetch(find_all(made, rules(**changes), "x" * 12, engine).findings).to_pylist()
    return [row for row in rows if row["kind"] == kind], made


def explained(lines: str, kind: str, engine: Engine, **changes: Any) -> Why:
    rows, made = findings(lines, kind, engine, **changes)
    assert len(rows) == 1
    return explain_finding(rows[0], made.contacts, rules(**changes), engine)


def assessment(day: str, agency: str, more: str = "") -> str:
    return f"p {day} {agency} assessment=yes purpose=financial {more}".strip()


SERIES = "\n".join([assessment("0-10", "a"), assessment("50", "b"), assessment("300", "a"), LATE])


def test_a_repeat_names_its_anchor_and_the_validity_at_which_it_was_none(engine: LocalEngine) -> None:
    why = explained(SERIES, "duplicated_assessment", engine)
    assert sorted(why.roles.values()) == ["again", "first"] and "starts 40 days after" in why.rule
    assert "A validity of 39 days or less" in why.vanishes[0]


def test_a_repeat_vanishes_at_the_validity_named_and_stands_one_day_over_it(engine: LocalEngine) -> None:
    at = [len(findings(SERIES, "duplicated_assessment", engine, duplicates={"validity_days": v})[0]) for v in (39, 40)]
    assert at == [0, 1]


def test_the_validities_at_which_a_repeat_vanishes_need_not_be_one_stretch(engine: LocalEngine) -> None:
    lines = "\n".join([assessment("0", "a"), assessment("30", "b"), assessment("50", "c"), LATE])
    made, whole = findings(lines, "duplicated_assessment", engine)
    last = max(made, key=lambda row: row["to_date"])
    (told, *_) = explain_finding(last, whole.contacts, rules(), engine).vanishes
    assert "A validity of 19 days or less or 30 to 49 days" in told
    for validity, repeats in ((19, 0), (20, 1), (29, 1), (30, 0), (49, 0), (50, 1)):
        rows, _ = findings(lines, "duplicated_assessment", engine, duplicates={"validity_days": validity})
        assert sum(row["to_date"] == last["to_date"] for row in rows) == repeats


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("outcome=cancelled", "cancelled, incomplete or missed"),
        ("kind=appeal", "an appeal"),
        ("kind=change", "a change of circumstances"),
        ("barred=yes", "a legal bar"),
    ],
)
def test_an_assessment_left_out_says_why(more: str, reason: str, engine: LocalEngine) -> None:
    why = explained(f"{SERIES}\n{assessment('60', 'c', more)}", "duplicated_assessment", engine)
    assert [reason in said for _, said in why.left_out].count(True) == 1


def test_a_repeat_of_two_says_that_the_anchor_alone_does_not_decide(engine: LocalEngine) -> None:
    lines = "\n".join([assessment("0", "a"), assessment("30", "b"), assessment("50", "c"), LATE])
    rows, made = findings(lines, "duplicated_assessment", engine)
    last = max(rows, key=lambda row: row["to_date"])
    why = explain_finding(last, made.contacts, rules(), engine)
    assert why.remarks == ("Without the earlier one this one would repeat a further one.",)


def test_a_concurrent_assessment_says_how_long_the_earlier_one_was_open(engine: LocalEngine) -> None:
    lines = "\n".join([assessment("0-10", "a"), assessment("4", "b"), LATE])
    assert "open for another 6 days" in explained(lines, "concurrent_assessment", engine).rule


FAMILY = {"families": {"min_interventions": [3], "min_agencies": 2}}


def test_a_family_names_what_was_no_intervention_and_the_window_that_holds_too_few(engine: LocalEngine) -> None:
    lines = "p 0 a\nq 40 b\np 100 a\np 50 b class=enquiry\nq 60 a outcome=did_not_attend\nz 900 c"
    why = explained(lines, "high_demand_family", engine, **FAMILY)
    assert sorted(said for _, said in why.left_out) == ["did not take place", "enquiry, no intervention"]
    months = int(re.findall(r"A window of (\d+) months or less", " ".join(why.vanishes))[0])
    shorter = {"families": {**FAMILY["families"], "window_months": months}}
    assert findings(lines, "high_demand_family", engine, **shorter)[0] == []
    longer = {"families": {**FAMILY["families"], "window_months": months + 1}}
    assert len(findings(lines, "high_demand_family", engine, **longer)[0]) == 1


def test_a_bounce_vanishes_under_its_own_span(engine: LocalEngine) -> None:
    lines = f"p 0 a purpose=financial\np 10 b purpose=financial\np 25 a purpose=financial\np 10 c theme=crime\n{LATE}"
    why = explained(lines, "bounce", engine)
    assert "findings.bounce.max_span_days under 25." in why.vanishes
    assert [said for _, said in why.left_out] == ["another matter"]
    assert findings(lines, "bounce", engine, bounce={"max_span_days": 24})[0] == []


def test_a_drop_out_names_the_contact_that_came_too_late_and_those_that_do_not_count(engine: LocalEngine) -> None:
    lines = f"p 0 a referral_to=b\np 20 b outcome=did_not_attend\np 75 b\n{LATE}"
    why = explained(lines, "drop_out", engine)
    assert "follow_up_days of 75 or more" in why.vanishes[0]
    assert [said for _, said in why.left_out] == ["did not take place"]
    assert findings(lines, "drop_out", engine, dropout={"follow_up_days": 75})[0] == []


def test_a_drop_out_is_unknown_once_a_surer_link_is_asked_for(engine: LocalEngine) -> None:
    lines = f"p 0 a referral_to=b\n{LATE}"
    assert "min_link_probability over 0.9700" in " ".join(explained(lines, "drop_out", engine).vanishes)
    assert findings(lines, "drop_out", engine, dropout={"min_link_probability": 0.98})[0] == []


def test_a_repeat_contact_vanishes_under_its_own_gap(engine: LocalEngine) -> None:
    lines = f"p 0 a purpose=financial\np 20 a purpose=financial\np 20 a purpose=housing_need\n{LATE}"
    why = explained(lines, "repeat_demand", engine)
    assert "findings.repeat.window_days under 20." in why.vanishes
    assert [said for _, said in why.left_out] == ["another purpose"]
    assert findings(lines, "repeat_demand", engine, repeat={"window_days": 19})[0] == []


def test_a_kind_without_words_of_its_own_names_where_its_rule_stands(engine: LocalEngine) -> None:
    finding = {"kind": "something_new", "rule_id": "Z9"}
    assert "Rule Z9, as docs/reference/findings.md" in explain_finding(finding, None, rules(), engine).rule
