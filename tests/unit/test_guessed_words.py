"""`init` translates the codes of a column as far as they say what they mean, and reads dates typed in several ways."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from totalplace.config import AgencyRules
from totalplace.intake import guess_agency


def guessed(folder: Path, header: str, values: list[str]) -> str:
    """Return the agency file guessed from contacts of which one column holds these values, three rows each."""
    rows = [f"{number};Visit;03/04/2023;{value}" for number, value in enumerate(values * 3)]
    (folder / "housing.csv").write_text("\n".join([f"EventID;EventType;EventDate;{header}", *rows]))
    return guess_agency("housing", [folder / "housing.csv"]).text


def test_a_missed_appointment_is_translated_and_marked(tmp_path: Path) -> None:
    text = guessed(tmp_path, "Result", ["DNA", "DONE", "NFA.", "Didn't turn up"])
    values = AgencyRules.model_validate(tomllib.loads(text)).extract[0].values["outcome"]
    assert values["DNA"] == values["Didn't turn up"] == "did_not_attend" and values["DONE"] == "completed"
    assert values["NFA."] == "no_further_action"
    assert '"DNA" = "did_not_attend"  # guessed: check' in text


def test_a_code_that_says_nothing_is_listed_with_our_words(tmp_path: Path) -> None:
    assert '# "7" = ""  # guessed: check: M, F' in guessed(tmp_path, "Gender", ["7", "F"])


@pytest.mark.parametrize("values", [["Female", "M"], [f"word {n}" for n in range(30)]])
def test_no_section_is_written_for_known_words_or_for_free_text(tmp_path: Path, values: list[str]) -> None:
    assert "[extract.values" not in guessed(tmp_path, "Gender", values)


def test_dates_typed_in_several_ways_take_several_forms(tmp_path: Path) -> None:
    days = [f"{day:02d}/03/2023" for day in range(1, 29)] + [f"{day:02d} Apr 2023" for day in range(1, 29)]
    text = guessed(tmp_path, "DOB", [*days, *(f"{day:02d}/05/23" for day in range(10, 20))])
    assert tomllib.loads(text)["extract"][0]["date_format"] == ["%d/%m/%Y", "%d %b %Y", "%d/%m/%y"]


def test_a_few_slips_do_not_swap_day_and_month(tmp_path: Path) -> None:
    days = [f"{day:02d}/03/2023" for day in range(1, 29)]
    text = guessed(tmp_path, "DOB", [*days, *(f"03/{day:02d}/2023" for day in range(13, 20))])
    assert tomllib.loads(text)["extract"][0]["date_format"] == "%d/%m/%Y"
