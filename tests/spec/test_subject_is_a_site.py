"""D1 where the subject is a site: inspections of one place by several agencies, whoever was met there."""

from __future__ import annotations

from typing import Any

from ..conftest import Tell, Told

RULES = {"duplicates": {"property_purposes": ["food_safety"]}}


def inspections(*told: str) -> str:
    return "\n".join(f"{one} assessment=yes purpose=food_safety" for one in told)


def findings(told: Told) -> list[dict[str, Any]]:
    return told.engine.fetch(told.found().findings).to_pylist()


def test_two_agencies_that_inspect_one_site_within_the_validity_duplicate(tell: Tell) -> None:
    (row,) = findings(tell(inspections("x 0 council site=mill", "x 30 fire site=mill"), RULES))
    assert (row["kind"], row["subject_type"]) == ("duplicated_assessment", "property")
    assert row["agencies"] == ["council", "fire"]


def test_inspections_of_two_sites_do_not_duplicate(tell: Tell) -> None:
    assert findings(tell(inspections("x 0 council site=mill", "x 30 fire site=kiln"), RULES)) == []


def test_it_is_the_site_that_counts_and_not_who_was_met_there(tell: Tell) -> None:
    (row,) = findings(tell(inspections("x 0 council site=mill", "y 30 fire site=mill"), RULES))
    assert (row["value"], row["unit"]) == (1, "assessment")


def test_inspections_that_name_no_client_are_in_the_cells_with_the_site_behind_them(tell: Tell) -> None:
    days = ((1, "council"), (40, "fire"))
    mills = inspections(*(f"nobody {day} {who} site=mill{k}" for k in range(12) for day, who in days))
    told = tell(f"{mills}\nann 1 council assessment=yes purpose=means", RULES)
    assert told.cells("assessments")["", ""] == 25 and told.cells("duplicates")["", ""] == 12
    rows = told.engine.fetch(told.found().cells).to_pylist()
    of_purpose = [row for row in rows if row["table"] == "duplicates_purpose" and row["row"] == "food_safety"]
    assert {(row["value"], row["people"]) for row in of_purpose if row["chip"] == "all"} == {(12.0, 12)}
