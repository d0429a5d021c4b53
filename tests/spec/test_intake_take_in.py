"""What an agency's extracts become: client records, contacts, people, ties; and every row accounted for."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from totalplace.config import AgencyRules, load_rules
from totalplace.engine.local import LocalEngine
from totalplace.errors import ConfigError, InputError
from totalplace.intake import Intake, take_in

RULES = load_rules({"test": {"privacy": {"synthetic": True}, "intake": {"max_refused_share": 0.5}}})[0]
ROW_KEY = bytes(range(100, 132))
CLIENT = {"key": "Ref", "first_name": "First", "surname": "Last", "birth_date": "DOB"}
CONTACT = {"key": "Event", "client": "Ref", "type": "Type", "start": "Day"}
Rows = list[dict[str, Any]]


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(1) as made:
        yield made


def rules_of(*extracts: dict[str, Any], **more: Any) -> AgencyRules:
    head = {"code": "housing", "name": "Housing", **more.pop("agency", {})}
    return AgencyRules.model_validate({"agency": head, "extract": list(extracts), **more})


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text("\n".join(line.strip() for line in text.strip().splitlines()) + "\n", encoding="utf-8")


def rows_of(handle: Any, engine: LocalEngine) -> Rows:
    return engine.fetch(handle).to_pylist()


def taken(folder: Path, engine: LocalEngine, text: str, **keys: Any) -> Intake:
    """Take in one file in which each row is a contact that carries its client."""
    write(folder, "x.csv", text)
    extract = {
        "file": "x.csv",
        "date_format": "%d/%m/%Y",
        "client": CLIENT,
        "contact": CONTACT,
        **keys.pop("extract", {}),
    }
    return take_in(rules_of(extract, **keys), folder, RULES, ROW_KEY, engine)


def by_hand(*parts: bytes) -> bytes:
    message = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    return hmac.new(ROW_KEY, message, "sha256").digest()[:16]


BASIC = """
    Ref,First,Last,DOB,Event,Type,Day
    1,Ann,Lee,03/02/1984,e1,Visit,04/05/2023
    1,Ann,Lee,03/02/1984,e2,Call,05/05/2023
    2,Bob,Ray,09/09/1990,e3,Visit,06/05/2023
""".rstrip()


def test_rows_of_one_client_with_one_content_are_one_record(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC)
    assert (made.clients.rows, made.contacts.rows, made.people.rows) == (2, 3, 2)


def test_ids_are_keyed_from_source_key_and_ordinal(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC)
    ann = next(row for row in rows_of(made.clients, engine) if row["first_name"] == "ANN")
    assert ann["row_id"] == by_hand(b"1", b"0") and ann["event_group"] == by_hand(b"event_group", b"1")
    assert by_hand(b"contact", b"e1", b"0") in [row["contact_id"] for row in rows_of(made.contacts, engine)]


def test_another_content_under_one_key_is_another_record_of_the_same_group(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC + "\n 1,Ann,Marsh,03/02/1984,e4,Visit,07/05/2023")
    anns = [row for row in rows_of(made.clients, engine) if row["first_name"] == "ANN"]
    assert {row["row_id"] for row in anns} == {by_hand(b"1", b"0"), by_hand(b"1", b"1")}
    assert len({row["event_group"] for row in anns}) == 1
    last = next(row for row in rows_of(made.contacts, engine) if row["start"] == dt.date(2023, 5, 7))
    assert last["row_id"] == next(row["row_id"] for row in anns if row["surname"] == "MARSH")


def test_spelling_alone_makes_no_second_record(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC + "\n 1, ann ,LEE,1984-02-03,e4,Visit,07/05/2023")
    assert made.clients.rows == 2


def test_without_a_client_key_the_content_is_the_key_and_no_group_is_known(tmp_path: Path, engine: LocalEngine) -> None:
    client = {name: column for name, column in CLIENT.items() if name != "key"}
    made = taken(tmp_path, engine, BASIC, extract={"client": client})
    assert made.clients.rows == 2
    assert {row["event_group"] for row in rows_of(made.clients, engine)} == {None}


def test_an_exact_repeat_of_a_contact_is_a_resend_dropped_and_counted(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC + "\n 2,Bob,Ray,09/09/1990,e3,Visit,06/05/2023")
    count = made.files[0]
    assert made.contacts.rows == 3
    assert (count.rows_in, count.rows_kept, count.rows_refused, count.resends_dropped) == (4, 4, 0, 1)


def test_contacts_of_one_key_with_other_content_are_kept_apart(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC + "\n 2,Bob,Ray,09/09/1990,e3,Call,08/05/2023")
    assert len({row["contact_id"] for row in rows_of(made.contacts, engine)}) == made.contacts.rows == 4


def test_a_contact_without_start_or_type_is_refused_with_row_and_column(tmp_path: Path, engine: LocalEngine) -> None:
    text = BASIC + "\n 3,Cy,Dee,01/03/1990,e5,Visit,31/02/2023\n 3,Cy,Dee,01/03/1990,e6,,01/02/2023"
    made = taken(tmp_path, engine, text)
    assert [(row["row"], row["column"]) for row in rows_of(made.refused, engine)] == [(5, "Day"), (6, "Type")]
    assert made.files[0].rows_in == made.files[0].rows_kept + made.files[0].rows_refused == 5


def test_a_row_whose_contact_is_refused_still_says_who_the_client_is(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC + "\n 3,Cy,Dee,01/03/1990,e5,Visit,31/02/2023")
    assert made.refused.rows == 1
    assert [row["surname"] for row in rows_of(made.clients, engine) if row["first_name"] == "CY"] == ["DEE"]


def test_a_bad_birth_date_is_nulled_and_counted_not_refused(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC.replace("09/09/1990", "39/09/1990"))
    assert made.files[0].rows_refused == 0
    note = next(note for note in made.notes if "client.birth_date" in note.text)
    assert note.counts == {"rows": 1, "of": 3} and "39" not in note.text


def test_a_file_mostly_refused_is_stopped_with_the_main_reason(tmp_path: Path, engine: LocalEngine) -> None:
    with pytest.raises(InputError) as refusal:
        taken(tmp_path, engine, BASIC.replace("/2023", "/23"))
    assert refusal.value.code == "TP410" and "no readable start date" in str(refusal.value)
    assert "/23" not in str(refusal.value)


def test_a_missing_column_lists_the_columns_there_are(tmp_path: Path, engine: LocalEngine) -> None:
    with pytest.raises(InputError, match=r"'Surname'(.|\n)*Ref, First, Last, DOB"):
        taken(tmp_path, engine, BASIC, extract={"client": {**CLIENT, "surname": "Surname"}})


def test_a_file_without_a_header_shows_nothing_of_its_first_row(tmp_path: Path, engine: LocalEngine) -> None:
    with pytest.raises(InputError) as refusal:
        taken(tmp_path, engine, "17,Ann,Lee,03/02/1984,e1,Visit,04/05/2023\n18,Bo,Ray,03/02/1985,e2,Visit,04/05/2023")
    assert refusal.value.code == "TP405"
    assert not any(word in str(refusal.value) for word in ("Ann", "Lee", "1984"))


def test_a_column_bound_that_stands_twice_is_refused(tmp_path: Path, engine: LocalEngine) -> None:
    with pytest.raises(InputError, match="'Last' more than once"):
        taken(tmp_path, engine, BASIC.replace("First,Last", "Last,Last"), extract={"client": {"surname": "Last"}})


def test_an_unknown_name_in_the_agency_file_names_the_nearest(tmp_path: Path, engine: LocalEngine) -> None:
    with pytest.raises(ConfigError, match=r"client.sirname(.|\n)*Did you mean 'surname'"):
        taken(tmp_path, engine, BASIC, extract={"client": {"sirname": "Last"}})


def test_contacts_in_their_own_file_go_to_the_first_record_of_the_client_they_name(
    tmp_path: Path, engine: LocalEngine
) -> None:
    write(tmp_path, "c.csv", "Ref,First,Last,DOB\n1,Ann,Lee,03/02/1984\n1,Ann,Marsh,03/02/1984")
    write(tmp_path, "e.csv", "Event,Ref,Type,Day\ne1,1,Visit,04/05/2023\ne2,9,Visit,05/05/2023")
    both = [{"file": "c.csv", "client": CLIENT}, {"file": "e.csv", "contact": CONTACT}]
    made = take_in(rules_of(*({**one, "date_format": "%d/%m/%Y"} for one in both)), tmp_path, RULES, ROW_KEY, engine)
    found = {row["start"].day: row["row_id"] for row in rows_of(made.contacts, engine)}
    assert found == {4: by_hand(b"1", b"0"), 5: None}
    assert any(note.code == "contacts_without_client" for note in made.notes)


def test_a_client_row_that_names_nobody_is_refused(tmp_path: Path, engine: LocalEngine) -> None:
    write(tmp_path, "c.csv", "Ref,First,Last,DOB,PC\n,unknown,n/k,,ZZ1 1AA\n1,,,,ZZ1 1AA")
    extract = {"file": "c.csv", "client": {**CLIENT, "postcode": "PC"}}
    made = take_in(rules_of(extract), tmp_path, RULES, ROW_KEY, engine)
    assert made.clients.rows == 1
    assert rows_of(made.refused, engine)[0]["reason"] == "nothing that identifies the client"


def test_relations_join_known_clients_only(tmp_path: Path, engine: LocalEngine) -> None:
    write(tmp_path, "c.csv", "Ref,First,Last,DOB\n1,Ann,Lee,1984-02-03\n2,Bo,Lee,2010-02-03")
    write(tmp_path, "r.csv", "A,B,Tie\n1,2,MOT\n1,9,MOT\n1,2,MOT")
    tie = {"client_a": "A", "client_b": "B", "relation": "Tie"}
    extracts = [
        {"file": "c.csv", "client": CLIENT},
        {"file": "r.csv", "relation": tie, "values": {"relation": {"MOT": "parent"}}},
    ]
    made = take_in(rules_of(*extracts), tmp_path, RULES, ROW_KEY, engine)
    expected = {"row_id_a": by_hand(b"1", b"0"), "row_id_b": by_hand(b"2", b"0"), "relation": "parent"}
    assert rows_of(made.relations, engine) == [expected]


def test_types_give_class_and_purpose_and_unmapped_ones_are_noted(tmp_path: Path, engine: LocalEngine) -> None:
    types = {"VISIT": {"class": "intervention", "assessment": True, "purpose": "financial", "cost_key": "k"}}
    made = taken(tmp_path, engine, BASIC, types=types)
    found = {(row["type"], row["class"], row["purpose"]) for row in rows_of(made.contacts, engine)}
    assert found == {("VISIT", "intervention", "financial"), ("Call", None, None)}
    assert [note.counts["contacts"] for note in made.notes if note.code == "unmapped_types"] == [1]


def test_an_unmapped_type_is_named_only_where_several_clients_share_it(tmp_path: Path, engine: LocalEngine) -> None:
    many = [f"{n},Ann,Lee,03/02/1984,e{n},Call,04/05/2023" for n in range(10, 15)]
    lone = "9,Bob,Ray,09/09/1990,e9,Quillfeather,06/05/2023"
    made = taken(tmp_path, engine, "\n".join([BASIC, *many, lone]))
    said = next(note.text for note in made.notes if note.code == "unmapped_types")
    assert "[types]: Call, 2 that are rare" in said and "Quillfeather" not in said


def test_an_extract_that_binds_nothing_is_refused(tmp_path: Path, engine: LocalEngine) -> None:
    write(tmp_path, "x.csv", BASIC)
    with pytest.raises(ConfigError, match="TP327: extract 'x.csv': binds no column"):
        take_in(rules_of({"file": "x.csv"}), tmp_path, RULES, ROW_KEY, engine)


def test_a_binding_that_is_a_number_is_refused(tmp_path: Path, engine: LocalEngine) -> None:
    with pytest.raises(ConfigError, match=r"TP323: extract 'x.csv', key 'client.surname'"):
        taken(tmp_path, engine, BASIC, extract={"client": {**CLIENT, "surname": 3}})


def test_an_18th_birthday_inside_the_window_becomes_a_milestone_by_month(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC.replace("09/09/1990", "05/05/2005"))
    stones = [row for row in rows_of(made.contacts, engine) if row["class"] == "milestone"]
    assert [(row["type"], row["start"], row["row_id"]) for row in stones] == [
        ("turned_18", dt.date(2023, 5, 1), by_hand(b"2", b"0"))
    ]


def test_two_agencies_give_one_joint_act_one_id(tmp_path: Path, engine: LocalEngine) -> None:
    write(tmp_path, "x.csv", BASIC.replace("Event,Type", "Event,Type,Joint").replace(",Visit", ",Visit,J1"))
    text = (tmp_path / "x.csv").read_text().replace(",Call,", ",Call,,")
    ids = set()
    for key in (ROW_KEY, bytes(range(50, 82))):
        extract = {"file": "x.csv", "date_format": "%d/%m/%Y", "contact": {**CONTACT, "joint": "Joint"}}
        (tmp_path / "x.csv").write_text(text)
        made = take_in(rules_of(extract), tmp_path, RULES, key, engine)
        ids |= {row["joint_id"] for row in rows_of(made.contacts, engine)}
    assert len(ids) == 2 and None in ids


def test_people_carry_a_band_of_age_and_never_a_birth_date(tmp_path: Path, engine: LocalEngine) -> None:
    made = taken(tmp_path, engine, BASIC.replace("09/09/1990", "17/08/2021"), agency={"reference_date": "2024-06-30"})
    bands = {row["age_band"] for row in rows_of(made.people, engine)}
    assert bands == {"40-44", "2021-Q3"}


def test_the_district_stands_for_an_area_that_is_not_given_unless_the_address_is_protected(
    tmp_path: Path, engine: LocalEngine
) -> None:
    write(tmp_path, "c.csv", "Ref,PC,Safe\n1,ZZ1 1AA,no\n2,ZZ2 1AA,yes\n3,ZZ3 1AA,refuge 7")
    extract = {"file": "c.csv", "client": {"key": "Ref", "postcode": "PC", "protected": "Safe"}}
    made = take_in(rules_of(extract), tmp_path, RULES, ROW_KEY, engine)
    assert sorted(str(row["area"]) for row in rows_of(made.people, engine)) == ["None", "None", "ZZ1"]
    assert any("taken as yes" in note.text for note in made.notes)


def test_default_birth_dates_found_by_counting_are_nulled_but_still_give_an_age(
    tmp_path: Path, engine: LocalEngine
) -> None:
    days = [dt.date(1985, 1, 1)] * 12 + [dt.date(1960, 1, 2) + dt.timedelta(days=97 * i) for i in range(150)]
    lines = [f"{i},P{'ABCDEFGHIJ'[i % 10]},Q,{day:%d/%m/%Y},e{i},Visit,04/05/2023" for i, day in enumerate(days)]
    made = taken(tmp_path, engine, "Ref,First,Last,DOB,Event,Type,Day\n" + "\n".join(lines))
    assert sum(row["birth_date"] is None for row in rows_of(made.clients, engine)) == 12
    assert sum(row["age_band"] is None for row in rows_of(made.people, engine)) == 0
    assert any(note.code == "default_birth_dates" for note in made.notes)


def test_no_message_note_or_refusal_holds_a_value(tmp_path: Path, engine: LocalEngine) -> None:
    marked = (
        "Ref,First,Last,DOB,Event,Type,Day\n"
        + "7777,Zyxwv,Quuxley,99/99/9999,e1,Visit,88/88/8888\n"
        + BASIC.split("\n", 2)[2]
    )
    made = taken(tmp_path, engine, marked)
    told = " ".join(note.text for note in made.notes) + str(rows_of(made.refused, engine))
    assert not any(part in told for part in ("Zyxwv", "Quux", "7777", "8888", "9999"))


def test_what_is_left_out_of_a_cut_name_is_counted_without_a_number_that_it_is_of(
    tmp_path: Path, engine: LocalEngine
) -> None:
    text = """
    Ref,Name,DOB,Event,Type,Day
    1,"Lee, Unknown",03/02/1984,e1,Visit,04/05/2023
    2,"Ray, Bob",09/09/1990,e3,Visit,06/05/2023
    """
    client = {"key": "Ref", "full_name": "Name", "birth_date": "DOB"}
    made = taken(tmp_path, engine, text, extract={"client": client})
    (note,) = (note for note in made.notes if note.code == "values_not_used")
    assert "client.first_name: 1 values not used" in note.text and " of 0 " not in note.text
