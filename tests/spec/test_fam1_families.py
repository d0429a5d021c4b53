"""FAM1, families: declared ties wherever people live, and living together where a surname or a child supports it.

Names in capitals are adults, in small letters children; a person is `name/surname`.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.linkage.households.form import Households, form_households
from totalplace.tables import ID, PERSONS, RELATIONS, RESIDENCES

LINKAGE = load_rules()[0].linkage
ENGINE = LocalEngine(1)
SECRET = b"linkage unit's secret, for tests"


def key(*parts: object) -> bytes:
    return hashlib.sha256(repr(parts).encode()).digest()[:16]


def families(
    people: str, stays: str = "", relations: str = "", groups: dict[str, str] | None = None, **keys: Any
) -> Households:
    names = [word.split("/") for word in people.split()]
    rows = pa.array([key("row", name) for name, _ in names], ID)
    records = {
        "row_id": rows,
        "agency": pa.array(["nhs"] * len(names), pa.string()),
        "t_surname": pa.array([key("surname", surname) for _, surname in names], ID),
        "t_family": pa.array([key("family", groups[n]) if groups and n in groups else None for n, _ in names], ID),
        "is_child": pa.array([name.islower() for name, _ in names], pa.bool_()),
    }
    persons = {
        "row_id": rows,
        "person_id": pa.array([key("person", name) for name, _ in names], ID),
        "linked_exactly": pa.array([True] * len(names), pa.bool_()),
        "min_link_probability": pa.array([1.0] * len(names), pa.float64()),
    }
    lines = [line.split() for line in stays.strip().splitlines()]
    residences = {
        "row_id": pa.array([key("row", line[0]) for line in lines], ID),
        "t_dwelling": pa.array([key("dwelling", line[1]) for line in lines], ID),
        "valid_from": pa.array([date.fromisoformat(line[2]) for line in lines], pa.date32()),
        "valid_to": pa.array([date.fromisoformat(line[3]) if line[3] != "?" else None for line in lines], pa.date32()),
        "property_class": pa.array(["residential"] * len(lines), pa.string()),
    }
    ties = [line.split() for line in relations.strip().splitlines()]
    told = {
        "row_id_a": pa.array([key("row", tie[0]) for tie in ties], ID),
        "row_id_b": pa.array([key("row", tie[2]) for tie in ties], ID),
        "relation": pa.array([tie[1] for tie in ties], pa.string()),
    }
    rules = LINKAGE.model_copy(update={"family": LINKAGE.family.model_copy(update=keys)})
    shapes = [(told, RELATIONS), (persons, PERSONS)]
    held = [pa.table(records), pa.table(residences, RESIDENCES.schema), *(pa.table(c, s.schema) for c, s in shapes)]
    return form_households(*(ENGINE.hold(table) for table in held), rules, SECRET, ENGINE)


def drawn(found: Households, people: str, columns: Sequence[str] = ()) -> list[str]:
    """Return each family as its members, with the columns asked for."""
    name_of = {key("person", word.split("/")[0]): word.split("/")[0] for word in people.split()}
    groups: dict[bytes, list[str]] = {}
    for row in ENGINE.fetch(found.families).to_pylist():
        text = " ".join([name_of[row["person_id"]], *(str(row[column]) for column in columns)])
        groups.setdefault(row["family_id"], []).append(text)
    return sorted(", ".join(sorted(members)) for members in groups.values())


def test_a_declared_tie_makes_a_family_wherever_they_live() -> None:
    found = families("ANN/x BOB/y", "ANN d1 2008-01-01 ?\nBOB d2 2008-01-01 ?", "ANN partner BOB")
    assert drawn(found, "ANN/x BOB/y", ["basis"]) == ["ANN relation, BOB relation"]


def test_one_agency_family_number_makes_a_family() -> None:
    people = "ANN/x bea/y cid/z DOT/w"
    found = families(people, groups={"ANN": "1", "bea": "1", "cid": "1", "DOT": "2"})
    assert drawn(found, people, ["basis"]) == ["ANN agency_family, bea agency_family, cid agency_family"]


def test_a_family_number_of_thirteen_people_is_a_caseload() -> None:
    names = [f"P{number}" for number in range(13)]
    people = " ".join(f"{name}/{name}" for name in names)
    assert len(drawn(families(people, groups=dict.fromkeys(names[:12], "1")), people)) == 1
    found = families(people, groups=dict.fromkeys(names, "1"))
    assert drawn(found, people) == []
    assert found.guards["max_group"] == 1


def test_living_together_makes_a_family_where_the_surname_is_shared() -> None:
    people = "ANN/x BOB/x CID/y"
    found = families(people, "ANN d1 2008-01-01 ?\nBOB d1 2008-02-01 ?\nCID d1 2008-01-01 ?")
    assert drawn(found, people, ["basis", "from_date", "to_date"]) == [
        "ANN dwelling 2008-02-01 None, BOB dwelling 2008-02-01 None"
    ]


def test_a_child_belongs_to_the_adults_it_lives_with() -> None:
    people = "ANN/x BOB/y cid/z"
    found = families(people, "ANN d1 2008-01-01 ?\nBOB d1 2008-01-01 ?\ncid d1 2008-01-01 ?")
    assert drawn(found, people) == ["ANN, BOB, cid"]


def test_a_child_among_three_adults_belongs_to_those_of_its_surname() -> None:
    people = "ANN/x BOB/y CID/z dan/x"
    found = families(people, "\n".join(f"{name.split('/')[0]} d1 2008-01-01 ?" for name in people.split()))
    assert drawn(found, people) == ["ANN, dan"]


def test_a_family_that_moves_keeps_its_id_and_changes_household() -> None:
    people = "ANN/x bea/x"
    before = "ANN d1 2008-01-01 2009-01-01\nbea d1 2008-01-01 2009-01-01"
    after = "ANN d2 2009-01-01 ?\nbea d2 2009-01-01 ?"
    found, stayed = families(people, f"{before}\n{after}"), families(people, before)
    ids = ENGINE.fetch(found.families)["family_id"].unique()
    assert ids.to_pylist() == ENGINE.fetch(stayed.families)["family_id"].unique().to_pylist()
    assert len(ENGINE.fetch(found.households)["household_id"].unique()) == 2


SEPARATED = """
    ANN d1 2008-01-01 ?
    BOB d2 2008-01-01 ?
    cid d1 2008-01-01 2009-01-01
    cid d2 2009-01-01 2009-06-01
"""
PARENTS = "cid child ANN\nBOB parent cid"


def test_a_child_of_separated_parents_has_the_family_of_most_days() -> None:
    found = families("ANN/x BOB/y cid/x", SEPARATED, PARENTS)
    assert drawn(found, "ANN/x BOB/y cid/x", ["is_main"]) == ["ANN True, cid True"]


def test_a_child_of_separated_parents_can_count_in_both_families() -> None:
    found = families("ANN/x BOB/y cid/x", SEPARATED, PARENTS, shared_children="both")
    assert drawn(found, "ANN/x BOB/y cid/x", ["is_main"]) == ["ANN True, cid True", "BOB True, cid False"]


def test_parents_who_are_declared_partners_are_one_family_with_their_child() -> None:
    found = families("ANN/x BOB/y cid/x", SEPARATED, f"{PARENTS}\nANN partner BOB")
    assert drawn(found, "ANN/x BOB/y cid/x") == ["ANN, BOB, cid"]


def test_two_adults_of_one_surname_who_live_apart_again_are_no_family() -> None:
    stays = "ANN d1 2008-01-01 2009-01-01\nBOB d1 2008-01-01 2009-01-01\nANN d2 2009-01-01 ?\nBOB d3 2009-01-01 ?"
    assert drawn(families("ANN/x BOB/x", stays), "ANN/x BOB/x") == []


def test_a_child_follows_its_sibling_where_no_adult_is_known() -> None:
    people = "ANN/x bea/y cid/z"
    found = families(people, relations="ANN parent bea\ncid sibling bea")
    assert drawn(found, people) == ["ANN, bea, cid"]


def test_children_of_whom_no_adult_is_known_are_a_family() -> None:
    assert drawn(families("bea/y cid/z", relations="cid sibling bea"), "bea/y cid/z") == ["bea, cid"]


def test_who_has_left_a_family_by_moving_out_is_no_longer_in_it() -> None:
    people = "ANN/x BOB/x cid/x"
    stays = """
        ANN d1 2008-01-01 ?
        BOB d1 2008-01-01 ?
        cid d1 2008-01-01 2009-01-01
        cid d2 2009-01-01 ?
    """
    found = families(people, stays)
    assert "cid 2008-01-01 2009-01-01" in drawn(found, people, ["from_date", "to_date"])[0]


def test_somebody_with_two_records_is_no_family_of_two() -> None:
    assert drawn(families("ANN/x", relations="ANN partner ANN"), "ANN/x") == []
