"""FAM1, households: people at one dwelling over overlapping time, and the guards that keep services out.

Each test draws its people as lines of text: who, dwelling, from, to, and where it matters the property class.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.linkage.households.form import Households, form_households
from totalplace.tables import ID, PERSONS, RELATIONS, RESIDENCES

LINKAGE = load_rules()[0].linkage
ENGINE = LocalEngine(1)
SECRET = b"linkage unit's secret, for tests"


def key(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()[:16]


def day(text: str) -> date | None:
    return None if text == "?" else date.fromisoformat(text)


def households(
    stays: str, surnames: dict[str, str] | None = None, years: dict[str, int] | None = None, **keys: Any
) -> Households:
    lines = [line.split() for line in stays.strip().splitlines()]
    people = sorted({line[0] for line in lines} | set(surnames or {}))
    who, rows = [line[0] for line in lines], [key("row", name) for name in people]
    residences = {
        "row_id": pa.array([key("row", name) for name in who], ID),
        "t_dwelling": pa.array([key("dwelling", line[1]) for line in lines], ID),
        "valid_from": pa.array([day(line[2]) for line in lines], pa.date32()),
        "valid_to": pa.array([day(line[3]) for line in lines], pa.date32()),
        "property_class": pa.array([(line + ["residential"])[4] for line in lines], pa.string()),
    }
    records = {
        "row_id": pa.array(rows, ID),
        "agency": pa.array(["housing"] * len(rows), pa.string()),
        "t_surname": pa.array([key("surname", (surnames or {}).get(name, "one")) for name in people], ID),
        "is_child": pa.array([name.islower() for name in people], pa.bool_()),
        "record_year": pa.array([(years or {}).get(name) for name in people], pa.uint16()),
    }
    persons = {
        "row_id": records["row_id"],
        "person_id": pa.array([key("person", name.rstrip("'")) for name in people], ID),
        "linked_exactly": pa.array([True] * len(rows), pa.bool_()),
        "min_link_probability": pa.array([1.0] * len(rows), pa.float64()),
    }
    rules = LINKAGE.model_copy(update={"household": LINKAGE.household.model_copy(update=keys)})
    held = [
        pa.table(records),
        pa.table(residences, RESIDENCES.schema),
        RELATIONS.empty(),
        pa.table(persons, PERSONS.schema),
    ]
    return form_households(*(ENGINE.hold(table) for table in held), rules, SECRET, ENGINE)


def drawn(found: Households, names: Sequence[str]) -> list[str]:
    """Return each household as its members with their days, in order."""
    name_of = {key("person", name): name for name in names}
    homes: dict[bytes, list[str]] = {}
    for row in ENGINE.fetch(found.households).to_pylist():
        text = f"{name_of[row['person_id']]} {row['from_date']}..{row['to_date'] or ''}"
        homes.setdefault(row["household_id"], []).append(text)
    return sorted(", ".join(sorted(members)) for members in homes.values())


def test_people_who_share_a_dwelling_for_thirty_days_are_a_household() -> None:
    found = households("""
        ANN d1 2008-01-01 2008-06-01
        BOB d1 2008-05-02 2008-09-01
    """)
    assert drawn(found, ["ANN", "BOB"]) == ["ANN 2008-01-01..2008-06-01, BOB 2008-05-02..2008-09-01"]


def test_twenty_nine_days_together_are_not_enough() -> None:
    found = households("""
        ANN d1 2008-01-01 2008-06-01
        BOB d1 2008-05-03 2008-09-01
    """)
    assert drawn(found, ["ANN", "BOB"]) == ["ANN 2008-01-01..2008-06-01", "BOB 2008-05-03..2008-09-01"]


def test_a_household_goes_on_while_members_change() -> None:
    found = households("""
        ANN d1 2008-01-01 2009-01-01
        BOB d1 2008-06-01 2010-01-01
        CID d1 2009-06-01 ?
    """)
    assert len(drawn(found, ["ANN", "BOB", "CID"])) == 1


def test_an_unknown_end_closes_at_the_next_address() -> None:
    found = households("""
        ANN d1 2008-01-01 ?
        ANN d2 2009-03-01 ?
    """)
    assert drawn(found, ["ANN"]) == ["ANN 2008-01-01..2009-03-01", "ANN 2009-03-01.."]


def test_what_several_agencies_tell_of_one_stay_is_one_stay() -> None:
    found = households("""
        ANN  d1 2008-01-01 2008-06-01
        ANN' d1 2008-06-01 2009-01-01
        ANN' d1 2008-03-01 2008-04-01
    """)
    assert drawn(found, ["ANN"]) == ["ANN 2008-01-01..2009-01-01"]


def test_a_stay_without_dates_lasts_the_year_of_its_record() -> None:
    found = households("ANN d1 ? ?", years={"ANN": 2008})
    assert drawn(found, ["ANN"]) == ["ANN 2008-01-01..2009-01-01"]


def test_a_stay_that_nothing_places_in_time_makes_no_household_and_is_told() -> None:
    found = households("ANN d1 ? ?")
    assert drawn(found, ["ANN"]) == []
    assert {"undated_stays", "no_household"} <= {note.code for note in found.notes}


def test_two_people_with_one_smallest_member_and_day_are_still_two_households() -> None:
    found = households("""
        ANN d1 2008-01-01 ?
        ANN d2 2008-01-01 ?
    """)
    assert len(drawn(found, ["ANN"])) == 2


@pytest.mark.parametrize("kind", LINKAGE.household.blocked_classes)
def test_communal_and_other_places_that_are_not_homes_make_no_household(kind: str) -> None:
    found = households(f"""
        ANN d1 2008-01-01 ? {kind}
        BOB d1 2008-01-01 ?
    """)
    assert drawn(found, ["ANN", "BOB"]) == []


def test_an_address_without_its_flat_is_never_linked() -> None:
    found = households("""
        ANN d1 2008-01-01 ? building
        BOB d1 2008-01-01 ? building
    """)
    assert drawn(found, ["ANN", "BOB"]) == []
    assert found.guards["building_class"] == 2


def test_a_listed_default_address_is_never_linked() -> None:
    found = households("ANN d1 2008-01-01 ?", default_dwellings=(key("dwelling", "d1").hex(),))
    assert drawn(found, ["ANN"]) == []
    assert found.guards["default_dwellings"] == 1


def test_who_was_in_a_refuge_is_in_no_household_anywhere() -> None:
    found = households("""
        ANN d1 2008-01-01 ?
        ANN d2 2009-01-01 2009-02-01 refuge
        BOB d1 2008-01-01 ?
    """)
    assert drawn(found, ["ANN", "BOB"]) == ["BOB 2008-01-01.."]
    assert found.guards["protected_classes"] == 2


def test_ten_people_at_once_are_a_household_and_eleven_are_not() -> None:
    names = [f"P{number}" for number in range(11)]
    lines = [f"{name} d1 2008-01-01 ?" for name in names]
    assert len(drawn(households("\n".join(lines[:10])), names)) == 1
    found = households("\n".join(lines))
    assert drawn(found, names) == []
    assert found.guards["max_occupants"] == 11


def test_people_who_leave_as_others_come_are_not_at_once() -> None:
    names = [f"P{number}" for number in range(12)]
    lines = [f"{name} d1 2008-0{1 + 4 * (k // 6)}-01 2008-0{5 + 4 * (k // 6)}-01" for k, name in enumerate(names)]
    assert households("\n".join(lines)).guards["max_occupants"] == 0


def test_a_dwelling_with_thirteen_people_in_a_year_is_a_service() -> None:
    names = [f"P{number}" for number in range(13)]
    lines = [f"{name} d1 2008-{k % 12 + 1:02}-01 2008-{k % 12 + 1:02}-28" for k, name in enumerate(names)]
    assert len(drawn(households("\n".join(lines[:12])), names)) == 12
    found = households("\n".join(lines))
    assert drawn(found, names) == []
    assert found.guards["max_occupants_per_year"] == 13


def test_five_unrelated_surnames_at_once_are_a_shared_house() -> None:
    names = ["ANN", "BOB", "CID", "DOT", "EVE"]
    lines = [f"{name} d1 2008-01-01 ?" for name in names]
    surnames = {name: name for name in names}
    assert len(drawn(households("\n".join(lines[:4]), surnames), names)) == 1
    found = households("\n".join(lines), surnames)
    assert drawn(found, names) == []
    assert found.guards["max_surnames"] == 5


def test_who_is_at_four_addresses_at_once_is_at_none_of_them() -> None:
    lines = [f"ANN d{number} 2008-01-01 2009-01-01" for number in range(4)]
    assert len(drawn(households("\n".join(lines[:3])), ["ANN"])) == 3
    found = households("\n".join([*lines, "ANN d9 2010-01-01 ?", "BOB d1 2008-01-01 ?"]))
    assert drawn(found, ["ANN", "BOB"]) == ["ANN 2010-01-01..", "BOB 2008-01-01.."]
    assert found.guards["max_addresses"] == 4


def test_seven_people_at_once_are_a_household_to_be_looked_at() -> None:
    names = [f"P{number}" for number in range(7)]
    found = households("\n".join(f"{name} d1 2008-01-01 ?" for name in names))
    assert len(drawn(found, names)) == 1
    assert found.guards["review_occupants"] == 1
    assert "review_occupants" in ENGINE.fetch(found.review)["reason"].to_pylist()


def test_the_share_without_a_household_is_told_by_children_adults_and_agency() -> None:
    found = households("ANN d1 2008-01-01 ?", {"ANN": "a", "bea": "a", "CID": "a"})
    note = next(note for note in found.notes if note.code == "no_household")
    assert note.text.startswith("66.7% of 3 people have no household (children 100.0% of 1; adults 50.0% of 2")
    assert "known to housing 66.7% of 3" in note.text


def test_the_dwelling_is_keyed_again() -> None:
    found = households("ANN d1 2008-01-01 ?")
    assert ENGINE.fetch(found.households)["dwelling_id"].to_pylist() != [key("dwelling", "d1")]


def test_clear_records_are_read_by_their_own_columns_and_a_protected_person_has_no_household() -> None:
    names = ["ANN", "BOB", "CID"]
    rows = pa.array([key("row", name) for name in names], ID)
    records = pa.table(
        {
            "row_id": rows,
            "agency": ["nhs"] * 3,
            "surname": ["X", None, "X"],
            "former_surname": [None, "X", None],
            "family": [None, None, None],
            "birth_date": pa.array([date(1970, 1, 1)] * 3),
            "protected": [False, False, True],
            "record_date": pa.array([date(2009, 1, 1)] * 3),
        }
    )
    kinds = {"t_dwelling": [key("dwelling", "d1")] * 3, "valid_from": [date(2008, 1, 1)] * 3, "valid_to": [None] * 3}
    residences = {"row_id": rows, **kinds, "property_class": ["residential"] * 3}
    persons = {
        "row_id": rows,
        "person_id": [key("person", name) for name in names],
        "linked_exactly": [True] * 3,
        "min_link_probability": [1.0] * 3,
    }
    shaped = [pa.table(residences, RESIDENCES.schema), RELATIONS.empty(), pa.table(persons, PERSONS.schema)]
    found = form_households(*(ENGINE.hold(table) for table in (records, *shaped)), LINKAGE, SECRET, ENGINE)
    assert drawn(found, names) == ["ANN 2008-01-01.., BOB 2008-01-01.."]
    assert ENGINE.fetch(found.families).num_rows == 2
