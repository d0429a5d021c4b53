"""Pretend identifiers: right in form, and nobody's."""

import numpy as np

from totalplace.sample_data.homes import build_homes
from totalplace.sample_data.identifiers import (
    insurance_numbers,
    insurance_text,
    nhs_check_digit,
    nhs_numbers,
    phone_numbers,
)
from totalplace.sample_data.settings import load_settings


def plain_check(number: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(number[:9], range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == int(number[9])


def test_nhs_numbers_begin_999_and_their_check_digit_is_right() -> None:
    numbers = [str(n) for n in nhs_numbers(np.random.default_rng(1), 3000)]
    assert all(len(n) == 10 and n.startswith("999") and plain_check(n) for n in numbers)


def test_nhs_numbers_are_each_given_once() -> None:
    numbers = nhs_numbers(np.random.default_rng(1), 200_000)
    assert len(np.unique(numbers)) == 200_000


def test_check_digit_of_a_published_example_is_right() -> None:
    assert nhs_check_digit(np.array([943476591])).tolist() == [9]  # 943 476 5919, NHS Data Dictionary


def test_people_beyond_the_reserved_range_have_no_nhs_number() -> None:
    numbers = nhs_numbers(np.random.default_rng(1), 950_000)
    assert (numbers == 0).sum() == 950_000 - len(np.unique(numbers[numbers > 0])) > 0


def test_insurance_numbers_bear_the_prefix_that_is_never_given() -> None:
    texts = [insurance_text(int(n), False) for n in insurance_numbers(np.random.default_rng(1), 500)]
    assert all(t and t.startswith("QQ") and t[2:8].isdigit() and t[8] in "ABCD" and len(t) == 9 for t in texts)


def test_insurance_number_is_written_in_pairs() -> None:
    assert insurance_text(4 * 123456 + 2, True) == "QQ 12 34 56 C"


def test_telephone_numbers_have_six_digits_after_the_area_code() -> None:
    numbers = phone_numbers(np.random.default_rng(1), 1000)
    assert numbers.min() >= 100_000 and numbers.max() <= 999_999


def test_postcodes_lie_in_the_unassigned_area_and_are_distinct() -> None:
    homes = build_homes(np.random.default_rng(1), load_settings().place, 20_000, 9000, {"refuge": 1})
    assert all(text.startswith("ZZ") for text in homes.postcode_texts)
    assert len(set(homes.postcode_texts)) == len(homes.postcode_texts)


def test_property_numbers_are_distinct_and_beyond_the_gazetteer() -> None:
    homes = build_homes(np.random.default_rng(1), load_settings().place, 2000, 900, {"care_home": 2})
    assert len(np.unique(homes.uprn)) == len(homes.uprn)
    assert homes.uprn.min() >= 999_000_000_000
