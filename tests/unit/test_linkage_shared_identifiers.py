"""Identifiers that several people share name a dwelling."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totalplace.config.linkage import LinkageRules
from totalplace.config.load import load_rules
from totalplace.linkage.auto import auto_model, choose_comparisons
from totalplace.linkage.model import Field

PEOPLE = {
    "first_name": ["Ann", "Ann", "Bob", "Cyd", "Cid", "Dan"] * 5,
    "birth_date": ["1950-01-01", "1950-01-01", "1981-05-06", "2001-02-03", "2001-02-03", "1977-07-07"] * 5,
}


@pytest.fixture(scope="module")
def rules() -> LinkageRules:
    return load_rules()[0].linkage


def kinds(rules: LinkageRules, **columns: list[str]) -> set[str]:
    return {f.name for f in auto_model(pa.table(columns), rules).fields}


def test_number_shared_by_people_of_one_house_is_no_identifier_of_persons(rules: LinkageRules) -> None:
    house = [str(100 + k // 6) for k in range(30)]
    assert "dwelling" in kinds(rules, **PEOPLE, uprn=house)


def test_number_of_one_person_stays_an_identifier(rules: LinkageRules) -> None:
    own = [f"{k // 6}{'aabccd'[k % 6]}" for k in range(30)]
    assert "uprn" in kinds(rules, **PEOPLE, uprn=own)


def test_sharing_shows_in_the_year_of_birth_where_no_name_is_told(rules: LinkageRules) -> None:
    house = [str(100 + k // 6) for k in range(30)]
    born = [date[:4] for date in PEOPLE["birth_date"]]
    assert "dwelling" in kinds(rules, surname=PEOPLE["first_name"], birth_year=born, uprn=house)


def test_number_that_nothing_can_check_stays_an_identifier(rules: LinkageRules) -> None:
    assert "uprn" in kinds(rules, surname=["a", "b", "c", "d"], uprn=["1", "1", "2", "2"])


def test_dwelling_belongs_to_the_comparison_of_addresses() -> None:
    names = ("street_number", "street_name", "dwelling")
    fields = [Field(n, "identifier" if n == "dwelling" else "text", (n,)) for n in names]
    (address,) = choose_comparisons(fields)
    assert "dwelling" in {test.left for level in address.levels for some in level.any_of for test in some}


def test_dwelling_is_compared_by_itself_where_no_address_is_told() -> None:
    fields = [Field("dwelling", "identifier", ("uprn",))]
    assert [level.label for level in choose_comparisons(fields)[0].levels] == ["equal", "everything else"]
