"""One spelling: names, dates, addresses and numbers, rule by rule."""

from __future__ import annotations

import datetime as dt

import pytest

from totalplace.config import load_rules
from totalplace.errors import ConfigError
from totalplace.intake import dates, identifiers, names, places

RULES = load_rules()[0].intake
spell = names.name_spelling(RULES.names)
real_name = names.name_placeholder(RULES.names)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Øyvind Łukasz", "OYVIND LUKASZ"), ("Groß", "GROSS"), ("Ægir", "AEGIR"), ("Þór", "THOR"), ("Đặng", "DANG"),
        ("O’Brien", "OBRIEN"), ("O Brien", "OBRIEN"), ("Mc Donald", "MCDONALD"), ("Smith-Jones", "SMITH JONES"),
        ("  Dr.  Anne   Marie ", "ANNE MARIE"), ("Smith Jr", "SMITH"), ("O J", "O J"), ("Sir", "SIR"), ("Иван", None),
    ],
)  # fmt: skip
def test_a_name_has_one_spelling(written: str, meant: str | None) -> None:
    assert spell(written) == meant


@pytest.mark.parametrize(
    "filler", ["Unknown", "n/k", "N/A", "xxx", "baby of Smith", "TEST", "-", "000", "not known", "Unborn baby"]
)
def test_a_placeholder_is_no_name(filler: str) -> None:
    assert real_name(filler) is None


@pytest.mark.parametrize("name", ["Babs", "Testa", "Naomi", "Xanthe", "Bo", "Na"])
def test_a_short_or_similar_name_is_no_placeholder(name: str) -> None:
    assert (real_name(name) is None) == (name == "Na")


@pytest.mark.parametrize(
    ("full", "given", "surname"),
    [
        ("SMITH, Anna Maria", "Anna Maria", "SMITH"), ("Anna Maria Smith", "Anna Maria", "Smith"),
        ("Vincent van der Berg", "Vincent", "van der Berg"), ("Cher", "Cher", ""), ("John Smith, Jr", "John", "Smith"),
    ],
)  # fmt: skip
def test_a_full_name_is_cut_in_both_orders(full: str, given: str, surname: str) -> None:
    assert names.split_full_name(RULES.names)(full) == (given, surname)


@pytest.mark.parametrize(
    ("text", "form", "day", "second"),
    [
        ("03/02/1984", "%d/%m/%Y", dt.date(1984, 2, 3), None), ("3/2/1984", "%d/%m/%Y", dt.date(1984, 2, 3), None),
        ("1984-02-03 00:00:00.000", "%d/%m/%Y", dt.date(1984, 2, 3), None),
        ("03-FEB-84", "%d-%b-%y", dt.date(1984, 2, 3), None),
        ("3 February 2004", "%d %B %Y", dt.date(2004, 2, 3), None),
        ("20240203", "%Y%m%d", dt.date(2024, 2, 3), None), ("03/02/2024 09:30", "%d/%m/%Y", dt.date(2024, 2, 3), 34200),
        ("2024-02-03T09:30:15Z", "%d/%m/%Y", dt.date(2024, 2, 3), 34215),
        ("02/03/2024 1:05 PM", "%m/%d/%Y %I:%M %p", dt.date(2024, 2, 3), 47100),
    ],
)  # fmt: skip
def test_a_date_is_read_by_its_form(text: str, form: str, day: dt.date, second: int | None) -> None:
    assert dates.date_reader(form, 30)(text) == (day, second)


@pytest.mark.parametrize("text", ["32/01/2005", "29/02/2023", "1984", "03/02/1984 25:00", "", "03/02/84", "13/13/2013"])
def test_an_impossible_date_is_none(text: str) -> None:
    assert dates.date_reader("%d/%m/%Y", 30)(text) is None


def test_a_date_form_that_is_not_read_is_refused() -> None:
    with pytest.raises(ConfigError, match="TP321"):
        dates.date_reader("%d/%q/%Y", 30)


def test_a_column_of_several_forms_is_read_by_the_first_that_fits() -> None:
    read = dates.date_reader(["%m/%d/%Y", "%Y%m%d"], 30)
    assert [read(text)[0] for text in ("10/26/1979", "20100301")] == [dt.date(1979, 10, 26), dt.date(2010, 3, 1)]


def test_first_of_january_peaks_are_found_and_chance_is_not() -> None:
    births = {dt.date(1980, 1, 1) + dt.timedelta(days=i): 1 for i in range(0, 3650, 2)}
    births[dt.date(1980, 1, 1)] = 3
    births[dt.date(1985, 1, 1)] = 60
    assert dates.default_days(births, 5, 1e-6) == {dt.date(1985, 1, 1): 60}


@pytest.mark.parametrize(
    ("written", "seconds"), [("9:30", 34200), ("0930", 34200), ("9.30 pm", 77400), ("25:00", None)]
)
def test_a_clock_time_is_read(written: str, seconds: int | None) -> None:
    assert dates.read_clock(written) == seconds


@pytest.mark.parametrize(
    ("written", "synthetic", "meant"),
    [
        ("943 476 5919", False, "9434765919"), ("943-476-5918", False, None), ("9434765919.0", False, "9434765919"),
        ("999 000 0018", True, "9990000018"), ("999 000 0018", False, None), ("NHS9434765919", False, None),
    ],
)  # fmt: skip
def test_an_nhs_number_needs_its_check_digit_and_pretend_ones_a_pretend_place(
    written: str, synthetic: bool, meant: str | None
) -> None:
    assert identifiers.nhs_number(RULES.identifiers, synthetic)(written) == meant


@pytest.mark.parametrize(
    ("written", "synthetic", "meant"),
    [("ab 12 34 56 c", False, "AB123456"), ("AB123456", False, "AB123456"), ("QQ123456C", False, None),
     ("QQ123456C", True, "QQ123456"), ("GB123456A", True, None), ("AB12345", False, None)],
)  # fmt: skip
def test_a_nino_loses_its_last_letter(written: str, synthetic: bool, meant: str | None) -> None:
    assert identifiers.nino(RULES.identifiers, synthetic)(written) == meant


@pytest.mark.parametrize("filler", ["0000000000", "1234567890", "9999999999", "123-45-6789", "TN000000", "--"])
def test_numbers_typed_to_get_past_a_form_are_null(filler: str) -> None:
    assert identifiers.identifier_placeholder(RULES.identifiers)(filler) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("+44 (0)20 7946 0018", "02079460018"),
        ("0044 20 7946 0018", "02079460018"),
        ("020-7946-0018", "02079460018"),
        ("7946", None),
    ],
)
def test_a_phone_number_is_dialled_within_the_country(written: str, meant: str | None) -> None:
    assert identifiers.phone(RULES.identifiers)(written) == meant


@pytest.mark.parametrize(
    ("written", "synthetic", "meant"),
    [("sw1a1aa", False, "SW1A 1AA"), ("N1 9GU", False, "N1 9GU"), ("N19GU.", False, "N1 9GU"), ("M1 lAA", False, None),
     ("M1 IAA", False, "M1 1AA"), ("ZZ1 1AA", True, "ZZ1 1AA"), ("ZZ1 1AA", False, None), ("ZZ99 3VZ", True, None),
     ("XX1 1AA", False, None), ("N1", False, None)],
)  # fmt: skip
def test_a_postcode_has_one_spelling_or_none(written: str, synthetic: bool, meant: str | None) -> None:
    assert places.postcode(RULES.places, synthetic)(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("High St", "HIGH STREET"), ("St John's Rd.", "ST JOHNS ROAD"), ("Saint Johns Road", "ST JOHNS ROAD"),
     ("Mill Ln North", "MILL LANE NORTH"), ("The Avenue", "THE AVENUE"), ("St", "ST")],
)  # fmt: skip
def test_a_street_is_written_in_full(written: str, meant: str) -> None:
    assert places.street(RULES.places)(written) == meant


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Flat 3, 12a High St, Anytown, ZZ1 1AA", ("3", "12A", "HIGH STREET", "ANYTOWN", "ZZ1 1AA")),
        ("12 High Street\nAnytown", (None, "12", "HIGH STREET", "ANYTOWN", None)),
        ("Rose Cottage, Mill Lane, Anytown, ZZ11AA", (None, "ROSE COTTAGE", "MILL LANE", "ANYTOWN", "ZZ1 1AA")),
        ("Apt 4B 7, Low Rd", ("4B", "7", "LOW ROAD", None, None)),
        ("Rose House, 5 Mill Lane, Anytown", (None, "5", "MILL LANE", "ANYTOWN", None)),
    ],
)
def test_a_whole_address_is_cut_into_parts(line: str, parts: tuple[str | None, ...]) -> None:
    address = places.address_reader(RULES.places, True)(line)
    assert (address.flat, address.house_number, address.street, address.town, address.postcode) == parts


def test_a_form_of_the_year_alone_stands_for_its_first_day() -> None:
    read = dates.date_reader(["%m/%d/%Y", "%Y"], 30)
    assert read("2020") == (dt.date(2020, 1, 1), None)
    assert read("13/31/2020") is None
