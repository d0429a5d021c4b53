"""What `--model auto` makes of columns that nobody described."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totalplace.config.linkage import ProfileRules
from totalplace.config.load import load_rules
from totalplace.linkage.auto import auto_model, choose_comparisons
from totalplace.linkage.fold import last_of_words
from totalplace.linkage.model import Field
from totalplace.linkage.profile import column_meaning, profile_table
from totalplace.linkage.token_model import field_stems


@pytest.fixture(scope="module")
def rules() -> ProfileRules:
    return load_rules()[0].linkage.profile


@pytest.mark.parametrize(
    ("column", "meaning"),
    [
        ("Forename", "first_name"),
        ("LastName", "surname"),
        ("client_DOB", "birth_date"),
        ("mailing_address_zipcode", "postcode"),
        ("street_name", "street_name"),
        ("house_number", "street_number"),
        ("NHS number", "identifier"),
        ("id_anything", "identifier"),
        ("spouse_first_name", ""),
        ("employer_zipcode", ""),
        ("occupation", None),
    ],
)
def test_name_of_a_column_says_what_it_holds(rules: ProfileRules, column: str, meaning: str | None) -> None:
    assert column_meaning(column, rules) == meaning


def test_values_tell_where_the_name_does_not(rules: ProfileRules) -> None:
    table = pa.table(
        {
            "a": ["2001-02-03", "1999-12-31", "1950-06-07"],
            "b": ["x@y.org", "z@y.org", "q@y.org"],
            "c": ["M", "F", "F"],
            "d": ["AB1 2CD", "ZZ9 9ZZ", "AB12 3CD"],
            "e": ["12.5", "13", "£1,000"],
        }
    )
    found = {p.column: p.meaning for p in profile_table(table, rules)}
    assert found == {"a": "date", "b": "email", "c": "sex", "d": "postcode", "e": "number"}


def test_column_that_says_the_same_nearly_always_is_left_out(rules: ProfileRules) -> None:
    table = pa.table({"city": ["Anytown"] * 99 + ["Elsewhere"], "surname": [f"n{k}" for k in range(100)]})
    assert {p.column: p.meaning for p in profile_table(table, rules)} == {"city": "", "surname": "surname"}


def test_dates_and_amounts_of_events_are_no_evidence_about_people() -> None:
    rules = load_rules()[0].linkage
    table = pa.table({"surname": ["a", "b"], "bought": ["2001-01-01", "2002-02-02"], "price": [1.0, 2.0]})
    assert [f.name for f in auto_model(table, rules).fields] == ["surname"]


def test_year_month_and_day_in_three_columns_are_one_birth_date() -> None:
    table = pa.table({"surname": ["a", "b"], "by": [1950, 1960], "bm": [1, 12], "bd": [31, 1]})
    fields = {f.name: f.columns for f in auto_model(table, load_rules()[0].linkage).fields}
    assert fields["birth_date"] == ("by", "bm", "bd")


def test_birth_day_is_a_day_of_the_month_if_its_values_are() -> None:
    table = pa.table({"surname": ["a", "b"], "birth_year": [1950, 1960], "birth_month": [1, 12], "birth_day": [31, 1]})
    fields = {f.name: f.columns for f in auto_model(table, load_rules()[0].linkage).fields}
    assert fields["birth_date"] == ("birth_year", "birth_month", "birth_day")


def test_year_of_birth_alone_is_evidence() -> None:
    table = pa.table({"surname": ["a", "b"], "birth_year": [1950, 1960]})
    assert [f.name for f in auto_model(table, load_rules()[0].linkage).fields] == ["surname", "birth_year"]


def test_first_and_last_word_of_a_full_name_are_two_comparisons() -> None:
    made = choose_comparisons([Field("full_name", "name", ("name",))])
    assert [c.column for c in made] == ["full_name.first_word", "full_name.last_of_words"]


def test_single_word_of_a_name_counts_once() -> None:
    found = last_of_words(pa.array(["ANN LEE", "ANN", None, "ANN MARY LEE"]))
    assert found.to_pylist() == ["LEE", None, None, "LEE"]


def test_house_number_and_street_are_one_comparison() -> None:
    fields = [Field("street_number", "text", ("no",)), Field("street_name", "text", ("street",))]
    assert [c.name for c in choose_comparisons(fields)] == ["address"]


def test_birth_date_that_holds_no_dates_is_compared_as_text() -> None:
    table = pa.table({"surname": ["a", "b", "c"], "birth_date": ["spring", "autumn", "long ago"]})
    model = auto_model(table, load_rules()[0].linkage)
    assert {f.name: f.kind for f in model.fields}["birth_date"] == "text"


def test_tokens_are_grouped_by_their_field() -> None:
    columns = ["t_surname", "t_surname_soundex", "t_birth_date", "t_birth_date_year", "t_id_nhs", "t_id_nino"]
    assert field_stems(columns) == {
        "surname": ["t_surname", "t_surname_soundex"],
        "birth_date": ["t_birth_date", "t_birth_date_year"],
        "id_nhs": ["t_id_nhs"],
        "id_nino": ["t_id_nino"],
    }
