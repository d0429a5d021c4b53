"""What `check` and `init` say of a file: counts and guesses, never a value."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pyarrow as pa
import pytest

from totalplace.config import AgencyRules, load_rules
from totalplace.engine.local import LocalEngine
from totalplace.errors import InputError
from totalplace.intake import agency_code, guess_agency, profile_extract, take_in
from totalplace.intake.distinct import coded
from totalplace.intake.guess import recognise

RULES = load_rules()[0]
PRETEND = load_rules({"test": {"privacy": {"synthetic": True}}})[0]
LINES = [
    "TenantRef;Forename;Surname;DateOfBirth;Gender;Post Code;NHS Number;EventID;EventType;EventDate",
    "1;José;Lee;03/02/1984;F;N1 9GU;943 476 5919;e1;Visit;04/01/2023",
    "1;José;Lee;03/02/1984;F;N1 9GU;943 476 5919;e1;Visit;04/01/2023",
    "2;Bob;Ray;01/01/1900;M;N1;943 476 5918;e2;Visit;25/04/2023",
    "3;Cy;Dee;32/01/1990;M;;;e3;Visit;26/04/2023",
]


def extract(folder: Path, lines: list[str], name: str = "housing_2023.csv") -> Path:
    (folder / name).write_bytes("\r\n".join(lines).encode("cp1252"))
    return folder / name


def test_a_profile_counts_what_is_wrong(tmp_path: Path) -> None:
    made = profile_extract(extract(tmp_path, LINES), None, RULES)
    columns = {column.means: column for column in made.columns}
    assert (made.encoding, made.delimiter, made.rows_in, made.repeated_rows) == ("cp1252", ";", 4, 1)
    assert columns["client.id_nhs"].invalid == 1 and columns["client.postcode"].invalid == 1
    assert columns["client.postcode"].missing_share == 0.25
    born, start = columns["client.birth_date"].days, columns["contact.start"].days
    assert born is not None and (born.unreadable, born.default_days) == (1, 1)
    assert start is not None and start.missing_months == ("2023-02", "2023-03")


def test_a_profile_holds_no_value_and_goes_into_json(tmp_path: Path) -> None:
    told = json.dumps(profile_extract(extract(tmp_path, LINES), None, RULES).as_dict())
    assert not any(value in told for value in ("Jos", "Lee", "1984", "943", "9GU", "Visit"))


def test_a_day_of_many_entries_is_a_batch_day(tmp_path: Path) -> None:
    days = [f"{i};Visit;{1 + i % 28:02d}/03/2023" for i in range(56)] + [f"9{i};Visit;31/03/2023" for i in range(60)]
    made = profile_extract(extract(tmp_path, ["EventID;EventType;EventDate", *days]), None, RULES)
    start = next(column.days for column in made.columns if column.means == "contact.start")
    assert start is not None and (start.batch_days, start.batch_rows) == (1, 60)


def test_a_file_without_a_header_is_not_profiled(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        profile_extract(extract(tmp_path, LINES[1:]), None, RULES)
    assert refusal.value.code == "TP405" and "Lee" not in str(refusal.value)


def test_a_file_of_no_extract_of_the_agency_is_refused(tmp_path: Path) -> None:
    agency = AgencyRules.model_validate({"agency": {"code": "a", "name": "A"}, "extract": [{"file": "other_*.csv"}]})
    with pytest.raises(InputError, match="TP412"):
        profile_extract(extract(tmp_path, LINES), agency, RULES)


def test_a_guessed_agency_file_can_be_used_as_it_is(tmp_path: Path) -> None:
    text = guess_agency("housing", [extract(tmp_path, LINES)]).text
    agency = AgencyRules.model_validate(tomllib.loads(text))
    assert agency.agency.code == "housing"
    assert agency.extract[0].client == {
        "key": "TenantRef", "first_name": "Forename", "surname": "Surname", "birth_date": "DateOfBirth",
        "sex": "Gender", "postcode": "Post Code", "id_nhs": "NHS Number",
    }  # fmt: skip
    assert agency.extract[0].contact == {"key": "EventID", "type": "EventType", "start": "EventDate"}
    with LocalEngine(1) as engine:
        made = take_in(agency, tmp_path, PRETEND, bytes(range(100, 132)), engine)
    assert (made.clients.rows, made.contacts.rows) == (3, 3)


def test_every_guess_is_marked(tmp_path: Path) -> None:
    lines = guess_agency("housing", [extract(tmp_path, LINES)]).text.splitlines()
    bindings = [line for line in lines if " = " in line and not line.startswith(("#", "file", "["))]
    assert bindings and all("# guessed: check" in line for line in bindings)
    assert not any(value in "\n".join(lines) for value in ("José", "Lee", "1984", "943 476"))


@pytest.mark.parametrize("day", ["2023-04-25", "25/04/2023", "04/25/2023", "25-Apr-2023", "20230425", "25.04.2023"])
def test_the_form_of_dates_is_guessed(tmp_path: Path, day: str) -> None:
    text = guess_agency("housing", [extract(tmp_path, ["EventID;EventType;EventDate", f"1;Visit;{day}"])]).text
    rules = AgencyRules.model_validate(tomllib.loads(text))
    from totalplace.intake.dates import date_reader

    moment = date_reader(rules.extract[0].date_format, 30)(day)
    assert moment is not None and moment[0].isoformat() == "2023-04-25"


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("TenancyRef", "client.key"),
        ("FORENAME1", "client.first_name"),
        ("Forename2", "client.middle_names"),
        ("SURNAME", "client.surname"),
        ("DateOfBirth", "client.birth_date"),
    ],
)
def test_a_header_is_recognised_however_it_is_written(header: str, ours: str) -> None:
    column = coded(pa.chunked_array([["x", "y", "z"]]))
    assert recognise(header, column, RULES.intake) == ours


@pytest.mark.parametrize(
    ("file", "code"),
    [("housing_clients_2024.csv", "housing"), ("Police-Events.xlsx", "police"), ("visits.csv", "visits")],
)
def test_an_agency_is_named_by_what_tells_its_files_apart(file: str, code: str) -> None:
    assert agency_code(Path(file)) == code
