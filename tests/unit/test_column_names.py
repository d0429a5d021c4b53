"""Which first rows are headers: of what may be somebody's record, nothing is told."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from totalplace.config.column_names import NOT_TOLD, are_column_names, column_told, columns_there

RECORDS = [
    "Jane Smith|12 High Street",
    "Jane Smith|Rose Cottage|Leeds",
    "David|Bruno",
    "Khalid|Mickey|Enid",
    "Toni|Nino",
    "Jane|Ward",
    "Christian|Ward|Police",
    "Case|Day",
    "Zip|Jane",
    "April|May",
    "Jane|Smith|No|Yes",
    "Jane|Smith|phone|office|referral",
    "Jane Smith|Phone contact|Case closed",
    "Jane|Smith|1 Road|Contact|Home",
    "K1|Jane|Smith|F|visit",
    "K1|K2|K3",
    "id|name|Jane Smith|01/02/1980",
    "id|name|ZZ1 1AA",
    "id|name|QQ 12 34 56 C",
    "id|name|a@b.example",
    "id|name|female",
    "id|name|Mrs Smith",
]
HEADERS = [
    "Date of Birth|First Name|Post Code",
    "ref|first|last|born|type|when",
    "Ref|Surname",
    "NominalRef|FORENAME1|SURNAME|DOB",
    "EventID|NominalRef|EventDate|EventType",
    "case_id|activity|timestamp",
    "case:concept:name|concept:name|time:timestamp|lifecycle:transition",
    "unique_id|cluster|full_name|first_and_surname|dob|birth_place|postcode_fake|gender|occupation",
    "rec_id|given_name|surname|street_number|address_1|suburb|postcode|state|date_of_birth|soc_sec_id",
    "clientid|caseno",
    "NHS No|Client Ref|Tenure|Banding",
    "FIRST_NM|LAST_NM|BIRTH_DT|GNDR_CD",
    "id|x|y",
    "c0|c1|c2|c4",
    "(column 1)|client_ref",
]


def _bound(name: str) -> list[list[str]]:
    agency = tomllib.loads((resources.files("totalplace.sample_data") / name).read_text(encoding="utf-8"))
    named = [
        [b for section in ("client", "contact") for b in extract.get(section, {}).values()]
        for extract in agency["extract"]
    ]
    return [[n for b in some if not isinstance(b, dict) for n in ([b] if isinstance(b, str) else b)] for some in named]


@pytest.mark.parametrize("row", RECORDS)
def test_a_row_that_may_be_somebodys_record_is_no_header_and_is_not_told(row: str) -> None:
    assert not are_column_names(row.split("|"))
    assert columns_there(row.split("|"), row.split("|")[0]) == NOT_TOLD


@pytest.mark.parametrize("row", HEADERS)
def test_a_header_is_one_and_is_told(row: str) -> None:
    assert are_column_names(row.split("|"))
    assert row.split("|")[0] in columns_there(row.split("|"))


AGENCIES = sorted(f.name for f in resources.files("totalplace.sample_data").iterdir() if f.name.startswith("agency_"))


@pytest.mark.parametrize("name", AGENCIES)
def test_the_headers_of_ten_agencies_are_headers(name: str) -> None:
    assert all(are_column_names(names) for names in _bound(name) if names)


def test_a_cell_that_may_be_a_name_is_told_by_its_place_within_a_header() -> None:
    names = ["client_ref", "visit_date", "visit_type", "Jane Smith", "Bruno", "tenure"]
    told = columns_there(names, "tenrue")
    assert told == (
        "Columns there are: client_ref, visit_date, visit_type, column 4, column 5, tenure. Did you mean 'tenure'?"
    )
    assert "Bruno" not in columns_there(names, "Brunno")


@pytest.mark.parametrize("worker", ["\u00c9lo\u00efse", "\u0141ukasz", "\u674e\u660e"])
def test_a_name_in_any_letters_is_told_by_its_place(worker: str) -> None:
    told = columns_there(["client_ref", "date_of_birth", "surname", worker])
    assert worker not in told
    assert "column 4" in told


def test_two_columns_that_are_looked_for_make_a_header_of_any_row() -> None:
    assert columns_there(["Akte", "Wann", "Was"]) == NOT_TOLD
    assert "Akte, Wann, column 3" in columns_there(["Akte", "Wann", "Was"], known=("Akte", "Wann"))


def test_one_column_is_told_by_name_or_place() -> None:
    assert column_told("dob", ["ref", "dob"]) == "column 'dob'"
    assert column_told("Smith", ["Jane", "Smith"]) == "column 2"
