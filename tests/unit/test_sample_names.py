"""Names of the pretend place: many, skewed as a census, and of their time."""

import numpy as np
import pytest

from totalplace.sample_data.names import Names, draw_given, draw_surname, load_names
from totalplace.sample_data.settings import load_settings


@pytest.fixture(scope="module")
def names() -> Names:
    return load_names(load_settings())


def given_of(names: Names, origin: str, male: bool, year: int, count: int = 4000) -> list[str]:
    code = np.full(count, names.origins.index(origin))
    drawn = draw_given(names, np.random.default_rng(3), code, np.full(count, male), np.full(count, year))
    return list(names.given[drawn])


def surnames_of(names: Names, origin: str, male: bool, count: int = 20_000) -> list[str]:
    code = np.full(count, names.origins.index(origin))
    return list(names.surnames[draw_surname(names, np.random.default_rng(3), code, np.full(count, male))])


def test_there_are_enough_names(names: Names) -> None:
    assert len(names.given) >= 1200
    assert len(names.surnames) >= 2500


def test_given_names_follow_the_birth_decade(names: Names) -> None:
    old, young = given_of(names, "english", False, 1945), given_of(names, "english", False, 2015)
    assert old.count("Margaret") > 10 * max(1, young.count("Margaret"))
    assert young.count("Amelia") > 10 * max(1, old.count("Amelia"))


def test_given_names_follow_the_origin(names: Names) -> None:
    assert given_of(names, "polish", True, 1985).count("Piotr") > 50
    assert given_of(names, "sikh", True, 1985).count("Piotr") == 0


def test_the_commonest_surname_is_borne_by_about_one_in_a_hundred(names: Names) -> None:
    surnames = surnames_of(names, "english", True)
    assert 0.007 < surnames.count("Smith") / len(surnames) < 0.02


def test_many_surnames_are_rare(names: Names) -> None:
    surnames = surnames_of(names, "english", True)
    _, counts = np.unique(np.array(surnames), return_counts=True)
    assert (counts <= 2).sum() > 1000


def test_women_bear_the_feminine_form(names: Names) -> None:
    women = surnames_of(names, "polish", False, 2000)
    assert "Kowalska" in women
    assert "Kowalski" not in women


def test_women_of_some_origins_bear_surnames_of_their_own(names: Names) -> None:
    assert surnames_of(names, "sikh", False, 1000).count("Kaur") > 200
    assert surnames_of(names, "sikh", True, 1000).count("Kaur") == 0
