"""The whole room on a handful of contacts, told as text tables: D1 step by step, FAM2, cells and their sums."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import (
    DuplicateCounts,
    FamilyPeaks,
    Findings,
    Journeys,
    build_journeys,
    find_all,
    service_graph,
)
from totalplace.journeys.duplicates.assessments import count_duplicates
from totalplace.journeys.families.high_demand import find_peaks
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Engine

DAY_0 = date(2008, 1, 1)


def _id(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()[:16]


def _contact(number: int, line: str, **more: Any) -> dict[str, Any]:
    """Read `person day agency [key=value ...]`; days count from 2008-01-01."""
    person, day, agency, *pairs = line.split()
    given = dict(pair.split("=") for pair in pairs)
    row: dict[str, Any] = dict.fromkeys(CONTACTS.names)
    row |= {"contact_id": _id(f"contact {number}"), "row_id": _id(f"row {person}"), "agency": agency}
    row |= {"type": "visit", "class": "intervention", "assessment": False, "scope": "person", "source_row": number}
    row |= {"start": DAY_0 + timedelta(int(day)), "statutory": False, "barred": False, "planned_return": False}
    row |= {"precedence": 0, **more}
    for key, text in given.items():
        if key in ("joint_id", "worker_key"):
            row[key] = _id(text)
        elif key in ("end", "completed", "due"):
            row[key] = DAY_0 + timedelta(int(text))
        else:
            row[key] = {"yes": True, "none": None}.get(text, text)
    return row


def _table(shape: Any, rows: list[dict[str, Any]]) -> pa.Table:
    filled = [{**dict.fromkeys(shape.names), **row} for row in rows]
    return pa.Table.from_pylist(filled, schema=shape.schema)


def _home(household: str, person: str, dwelling: str, start: date = date(2000, 1, 1)) -> dict[str, Any]:
    ids = {"household_id": _id(household), "dwelling_id": _id(f"at {dwelling}"), "person_id": _id(person)}
    return {**ids, "from_date": start}


def _rules(**findings: Any) -> FindingsRules:
    shipped_rules = shipped("findings")
    for table, keys in findings.items():
        shipped_rules[table] = {**shipped_rules[table], **keys} if isinstance(keys, dict) else keys
    return FindingsRules.model_validate(shipped_rules)


SAVINGS = _rules(duplicates={"savings": True})


def _build(lines: str, rules: FindingsRules, engine: Engine, *, families: str = "", **more: Any) -> Journeys:
    """Build journeys from lines of contacts; `families` is `family: person person; ...`, households the same."""
    rows = [_contact(k, line, **more) for k, line in enumerate(lines.strip().splitlines())]
    people = sorted({line.split()[0] for line in lines.strip().splitlines()})
    members = [(f.split(":")[0].strip(), p) for f in families.split(";") if f.strip() for p in f.split(":")[1].split()]
    linked = {"linked_exactly": True, "min_link_probability": 0.97}
    main = {"is_main": True, "basis": "relation"}
    tables = (
        _table(CONTACTS, rows),
        _table(PEOPLE, [{"row_id": _id(f"row {p}"), "area": "north"} for p in people]),
        _table(PERSONS, [{"row_id": _id(f"row {p}"), "person_id": _id(p), **linked} for p in people]),
        _table(HOUSEHOLDS, [_home(f, p, f) for f, p in members]),
        _table(FAMILIES, [{"family_id": _id(f), "person_id": _id(p), **main} for f, p in members]),
    )
    return build_journeys(*(engine.hold(table) for table in tables), rules, engine)


def _find(lines: str, rules: FindingsRules, engine: Engine, **more: Any) -> Findings:
    return find_all(_build(lines, rules, engine, **more), rules, "abc", engine)


def _duplicates(lines: str, rules: FindingsRules, engine: Engine, **more: Any) -> DuplicateCounts:
    return count_duplicates(_build(lines, rules, engine, **more).contacts, rules, engine)


def _peaks(lines: str, rules: FindingsRules, engine: Engine, **more: Any) -> FamilyPeaks:
    return find_peaks(_build(lines, rules, engine, **more).contacts, rules, engine)


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1) as local:
        yield local


FINANCIAL: dict[str, Any] = {"assessment": True, "purpose": "financial"}
V90 = {"duplicates": {"validity_days": 90}}


def test_who_did_it_first_and_who_did_it_again(engine: LocalEngine) -> None:
    found = _duplicates("p 0 housing\np 30 nhs\np 60 dwp", _rules(**V90), engine, **FINANCIAL)
    assert found.matrix == {("housing", "dwp"): 1.0, ("housing", "nhs"): 1.0}
    assert (found.avoidable, found.within_agency) == (2, 0)


def test_a_joint_anchor_is_shared_by_its_agencies(engine: LocalEngine) -> None:
    lines = "p 0 housing joint_id=j\np 0 nhs joint_id=j\np 30 dwp"
    found = _duplicates(lines, _rules(**V90), engine, **FINANCIAL)
    assert found.matrix == {("housing", "dwp"): 0.5, ("nhs", "dwp"): 0.5}
    assert (found.assessments, found.removed["joint"]) == (2, 1)


def test_a_joint_anchor_repeated_by_one_of_its_own_is_on_the_diagonal(engine: LocalEngine) -> None:
    lines = "p 0 housing joint_id=j\np 0 nhs joint_id=j\np 30 nhs"
    found = _duplicates(lines, _rules(**V90), engine, **FINANCIAL)
    assert found.matrix == {("nhs", "nhs"): 1.0}


# second assessment, 30 days after the first | why it does not count
EXCLUDED = """
p 30 nhs outcome=cancelled                        | incomplete
p 30 nhs outcome=did_not_attend                   | incomplete
p 30 nhs statutory=yes kind=review due=30         | statutory_review
p 30 nhs statutory=yes kind=review                | statutory_review_undated
p 30 nhs kind=change                              | change_of_circumstances
p 30 nhs kind=appeal                              | appeal
p 30 nhs barred=yes                               | barred
p 0 housing                                       | resend
"""


@pytest.mark.parametrize("line", EXCLUDED.strip().splitlines())
def test_an_excluded_assessment_is_counted_by_its_reason(line: str, engine: LocalEngine) -> None:
    second, reason = (part.strip() for part in line.split("|"))
    found = _duplicates(f"p 0 housing\n{second}", _rules(**V90), engine, **FINANCIAL)
    assert (found.avoidable, found.assessments) == (0, 1)
    assert {name: n for name, n in found.removed.items() if n} == {reason: 1}


def test_a_statutory_review_before_its_due_date_is_avoidable(engine: LocalEngine) -> None:
    found = _duplicates("p 0 a\np 30 b statutory=yes kind=review due=31", _rules(**V90), engine, **FINANCIAL)
    assert found.avoidable == 1


def test_two_workers_on_one_day_are_no_resend(engine: LocalEngine) -> None:
    found = _duplicates("p 0 a worker_key=x\np 0 a worker_key=y", _rules(**V90), engine, **FINANCIAL)
    assert (found.avoidable, found.removed["resend"]) == (1, 0)


def test_an_equivalent_group_takes_the_smallest_validity_of_its_purposes(engine: LocalEngine) -> None:
    duplicates = {"equivalent": {"means": ["financial", "benefit_eligibility"]}, "validity": {"financial": 20}}
    lines = "p 0 a purpose=benefit_eligibility\np 20 b purpose=financial\np 21 c purpose=benefit_eligibility"
    found = _duplicates(lines, _rules(duplicates=duplicates), engine, assessment=True)
    assert found.matrix == {("a", "b"): 1.0}


def test_purposes_without_a_group_do_not_repeat_each_other(engine: LocalEngine) -> None:
    found = _duplicates("p 0 a purpose=financial\np 5 b purpose=care_need", _rules(**V90), engine, assessment=True)
    assert (found.assessments, found.avoidable) == (2, 0)


def test_a_household_purpose_counts_across_members(engine: LocalEngine) -> None:
    rules = _rules(duplicates={"household_purposes": ["financial"]})
    found = _find("p 0 a\nq 5 b", rules, engine, families="f: p q", **FINANCIAL)
    row = engine.fetch(found.findings).to_pylist()[0]
    assert (row["kind"], row["subject_type"], row["subject_id"]) == ("duplicated_assessment", "household", _id("f"))


def test_a_finding_names_its_two_records_and_its_weakest_link(engine: LocalEngine) -> None:
    found = _find("p 0 housing cost_key=SS6.0.2\np 30 nhs cost_key=SS6.0.2", SAVINGS, engine, **FINANCIAL)
    row = engine.fetch(found.findings).to_pylist()[0]
    assert row["contact_ids"] == sorted([_id("contact 0"), _id("contact 1")])
    assert (row["agencies"], row["min_link_probability"]) == (["housing", "nhs"], 0.97)
    assert (row["cost_low_gbp"], row["cost_central_gbp"], row["cost_high_gbp"]) == (102.0, 142.8, 183.6)


def test_an_episodes_price_is_never_used_for_a_step(engine: LocalEngine) -> None:
    found = _duplicates("p 0 a cost_key=SS6.0\np 30 b cost_key=SS6.0", _rules(), engine, **FINANCIAL)
    assert (found.money, found.uncosted) == (None, 1)
    assert found.prices.not_steps == ("SS6.0",)


def test_money_moves_with_the_places_deflators(engine: LocalEngine) -> None:
    deflators = {"2010/11": 0.8, "2020/21": 1.0}
    rules = _rules(price_year="2020/21", deflators=deflators, duplicates={"savings": True})
    found = _duplicates("p 0 a cost_key=SS6.0.2\np 30 b cost_key=SS6.0.2", rules, engine, **FINANCIAL)
    assert found.money is not None
    assert found.money.gross == 255.0


def test_nothing_is_flagged_while_no_type_has_a_meaning(engine: LocalEngine) -> None:
    lines = "p 0 a type=financial_assessment\np 9 b type=financial_assessment"
    meaning = {"class": None, "assessment": False}
    found = _find(lines, _rules(), engine, **meaning)
    assert found.findings.rows == 0
    assert "no_vocabulary" in [note.code for note in found.notes]


def test_the_default_vocabulary_gives_meanings_only_when_accepted(engine: LocalEngine) -> None:
    meaning = {"class": None, "assessment": False, "type": "Financial assessment"}
    found = _duplicates("p 0 a\np 9 b", _rules(accept_default_vocabulary=True), engine, **meaning)
    assert found.matrix == {("a", "b"): 1.0}


def test_unmapped_types_are_listed_and_never_interventions(engine: LocalEngine) -> None:
    journeys = _build("p 0 a\np 9 b class=none type=odd", _rules(), engine)
    found = find_all(journeys, _rules(), "abc", engine)
    assert journeys.counts["interventions"] == 1
    assert [note.counts for note in found.notes if note.code == "unmapped_types"] == [{"b/odd": 1}]


def test_a_missed_appointment_is_a_contact_and_no_intervention(engine: LocalEngine) -> None:
    journeys = _build("p 0 a\np 9 a outcome=did_not_attend", _rules(), engine)
    assert (journeys.counts["contacts"], journeys.counts["interventions"]) == (2, 1)


def test_a_milestone_is_in_no_block_and_no_handoff(engine: LocalEngine) -> None:
    journeys = _build("p 0 a\np 5 b class=milestone\np 9 c", _rules(), engine)
    assert (journeys.journeys.rows, journeys.counts["block_pairs"]) == (2, 1)


def test_a_home_visit_to_three_children_is_one_family_intervention(engine: LocalEngine) -> None:
    lines = "\n".join(f"{child} 3 nhs channel=home worker_key=w" for child in "pqr")
    found = _peaks(lines, _rules(), engine, families="f: p q r")
    row = engine.fetch(found.table).to_pylist()[0]
    assert (row["peak"], row["person_interventions"], row["members"]) == (1, 3, 3)


def test_a_joint_visit_counts_once_and_stands_with_each_agency(engine: LocalEngine) -> None:
    found = _peaks("p 3 nhs joint_id=j\np 3 police joint_id=j", _rules(), engine, families="f: p")
    row = engine.fetch(found.table).to_pylist()[0]
    split = [(part["agency"], part["interventions"]) for part in row["agency_split"]]
    assert (row["peak"], split) == (1, [("nhs", 1), ("police", 1)])


def test_seven_hundred_interventions_are_high_at_every_threshold(engine: LocalEngine) -> None:
    lines = "\n".join(f"{'pqr'[k % 3]} {k * 546 // 699} agency{k % 9}" for k in range(700))
    found = _find(lines, _rules(), engine, families="f: p q r")
    assert found.measured.families.high_demand == {50: 1, 100: 1, 250: 1, 700: 1}
    row = next(r for r in engine.fetch(found.findings).to_pylist() if r["kind"] == "high_demand_family")
    assert (row["value"], len(row["contact_ids"]), row["from_date"]) == (700.0, 700, DAY_0)
    assert (found.summary["top_family"]["peak"], found.summary["top_family"]["agencies"]) == (700, 9)


def test_high_demand_needs_several_agencies(engine: LocalEngine) -> None:
    lines = "\n".join(f"p {k} agency{k % 2}" for k in range(60))
    found = _peaks(lines, _rules(), engine, families="f: p")
    assert found.high_demand[50] == 0


def test_membership_is_taken_on_the_day_of_the_contact(engine: LocalEngine) -> None:
    rows = [_contact(0, "p 0 a"), _contact(1, "p 400 a")]
    moved = [{**_home("old", "p", "d"), "to_date": date(2009, 1, 1)}, _home("new", "p", "e", date(2009, 1, 1))]
    person = {"row_id": _id("row p"), "person_id": _id("p"), "linked_exactly": True, "min_link_probability": 1.0}
    tables = (
        _table(CONTACTS, rows),
        PEOPLE.empty(),
        _table(PERSONS, [person]),
        _table(HOUSEHOLDS, moved),
        FAMILIES.empty(),
    )
    journeys = build_journeys(*(engine.hold(t) for t in tables), _rules(), engine)
    attached = {row["contact_id"]: row["household_id"] for row in engine.fetch(journeys.contacts).to_pylist()}
    assert attached == {_id("contact 0"): _id("old"), _id("contact 1"): _id("new")}


def test_a_bounce_is_one_finding_with_its_returns(engine: LocalEngine) -> None:
    lines = "p 0 a referral_to=b\np 10 b referral_to=a\np 20 a referral_to=b\np 30 b referral_to=a\np 40 a"
    found = _find(lines, _rules(), engine, theme="housing")
    rows = engine.fetch(found.findings).to_pylist()
    assert [(row["kind"], row["value"], len(row["contact_ids"])) for row in rows] == [("bounce", 2.0, 5)]


def test_the_graph_carries_every_step_once(engine: LocalEngine) -> None:
    journeys = _build("p 0 a\np 0 b\np 5 c\nq 1 a\nq 2 c", _rules(), engine)
    graph = service_graph(journeys, engine)
    assert graph.nodes["a/visit"] == {"agency": "a", "type": "visit", "contacts": 2, "people": 2}
    assert graph.edges["a/visit", "c/visit"]["handoffs"] == 1.5
    assert sum(edge["weight"] for *_, edge in graph.edges(data=True)) == journeys.counts["block_pairs"] == 2


def _cells(found: Findings, engine: Engine, table: str, chip: str = "all", quarter: str = "") -> dict[Any, float]:
    rows = engine.fetch(found.cells).to_pylist()
    return {
        (row["chip_value"], row["row"], row["column"]): row["value"]
        for row in rows
        if (row["table"], row["chip"], row["quarter"]) == (table, chip, quarter)
    }


LIFE = "p 0 a theme=crime\np 5 b\nq 100 a theme=crime\nq 101 c\np 102 c\np 150 a purpose=financial assessment=yes"


@pytest.fixture(scope="module")
def life(engine: LocalEngine) -> Findings:
    return _find(LIFE, _rules(), engine, families="f: p q")


def test_parts_sum_to_their_total_over_areas(life: Findings, engine: LocalEngine) -> None:
    whole, areas = (_cells(life, engine, "contacts", chip) for chip in ("all", "area"))
    assert whole == {("", "", ""): 6, ("", "a", ""): 3, ("", "b", ""): 1, ("", "c", ""): 2}
    assert {("", *key[1:]): value for key, value in areas.items()} == whole


def test_a_quarter_holds_its_own_contacts_only(life: Findings, engine: LocalEngine) -> None:
    assert _cells(life, engine, "contacts", quarter="2008-Q1") == {("", "", ""): 2, ("", "a", ""): 1, ("", "b", ""): 1}


def test_people_are_counted_once_however_many_contacts(life: Findings, engine: LocalEngine) -> None:
    assert _cells(life, engine, "people") == {("", "", ""): 2}
    total = next(
        row
        for row in engine.fetch(life.cells).to_pylist()
        if (row["table"], row["chip"], row["quarter"], row["row"]) == ("contacts", "all", "", "")
    )
    assert (total["people"], total["agencies"], total["largest_share"]) == (2, 3, pytest.approx(4 / 6))


def test_contacts_without_a_theme_are_listed_as_unaligned(life: Findings, engine: LocalEngine) -> None:
    themes = _cells(life, engine, "themes")
    assert themes == {("", "", ""): 6, ("", "crime", ""): 2, ("", "unaligned", ""): 4}


def test_cells_of_families_are_of_families(life: Findings, engine: LocalEngine) -> None:
    assert _cells(life, engine, "family_bands") == {("", "", ""): 1, ("", "0-9", "3"): 1}
    assert _cells(life, engine, "lorenz")[("", "100", "")] == 6


def test_variants_tell_the_agencies_in_order(engine: LocalEngine) -> None:
    found = _find("p 0 a\np 1 a\np 2 b\np 2 c\nq 0 a\nq 9 b", _rules(), engine)
    assert _cells(found, engine, "variants") == {("", "", ""): 2, ("", "a > b", ""): 1, ("", "a > b+c", ""): 1}


def test_an_empty_place_finds_nothing_and_does_not_fail(engine: LocalEngine) -> None:
    tables = (CONTACTS, PEOPLE, PERSONS, HOUSEHOLDS, FAMILIES)
    journeys = build_journeys(*(engine.hold(shape.empty()) for shape in tables), _rules(), engine)
    found = find_all(journeys, _rules(), "abc", engine)
    assert (found.findings.rows, found.summary["avoidable"], found.summary["top_family"]) == (0, 0, None)


def test_the_order_of_rows_changes_nothing(engine: LocalEngine) -> None:
    lines = LIFE.splitlines()
    contacts = _table(CONTACTS, [_contact(k, line) for k, line in enumerate(lines)])
    linked = {"linked_exactly": True, "min_link_probability": 1.0}
    persons = _table(PERSONS, [{"row_id": _id(f"row {p}"), "person_id": _id(p), **linked} for p in "pq"])
    found = []
    for order in ([0, 1, 2, 3, 4, 5], [5, 2, 0, 4, 1, 3]):
        tables = (contacts.take(order), PEOPLE.empty(), persons, HOUSEHOLDS.empty(), FAMILIES.empty())
        journeys = build_journeys(*(engine.hold(t) for t in tables), _rules(), engine)
        found.append((engine.fetch(journeys.steps), engine.fetch(find_all(journeys, _rules(), "abc", engine).cells)))
    assert found[0][0].equals(found[1][0])
    assert found[0][1].equals(found[1][1])


def test_a_contact_that_came_twice_is_dropped_and_counted(engine: LocalEngine) -> None:
    rows = [_contact(0, "p 0 a"), _contact(0, "p 0 a"), _contact(1, "p 5 b")]
    tables = (_table(CONTACTS, rows), PEOPLE.empty(), PERSONS.empty(), HOUSEHOLDS.empty(), FAMILIES.empty())
    journeys = build_journeys(*(engine.hold(t) for t in tables), _rules(), engine)
    assert (journeys.counts["resends_dropped"], journeys.counts["contacts"], journeys.counts["unlinked"]) == (1, 2, 2)
