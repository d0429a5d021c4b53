"""How a text suffers on its way into a record."""

import numpy as np

from totalplace.sample_data.spelling import encodable, left_out, mojibake, short_form, typo, typos


def test_a_typo_changes_one_letter_or_its_place() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        wrong = typo(rng, "Margaret")
        assert abs(len(wrong) - 8) <= 1
        assert len(set("Margaret") - set(wrong)) <= 1


def test_typos_hit_about_the_share_asked_for_and_leave_none_alone() -> None:
    texts = np.array(["Margaret", None] * 5000, dtype=object)
    out = typos(np.random.default_rng(1), texts, 0.1)
    assert 350 < sum(a != b for a, b in zip(texts, out, strict=True)) < 550
    assert all(value is None for value in out[1::2])


def test_mojibake_is_what_a_wrong_decoder_makes() -> None:
    assert mojibake("Zoë") == "ZoÃ«"
    assert mojibake("Ann") == "Ann"


def test_letters_that_an_encoding_lacks_are_written_plainly() -> None:
    assert encodable("Łukasz Siân", "cp1252") == "Lukasz Siân"
    assert encodable("Łukasz Siân", "ascii") == "Lukasz Sian"


def test_short_forms_are_the_first_letters() -> None:
    assert (short_form("Christopher"), short_form("Samuel"), short_form("Ann")) == ("Chris", "Samu", "Ann")


def test_left_out_texts_are_none() -> None:
    assert left_out(np.array(["a", "b"]), np.array([True, False])).tolist() == [None, "b"]
