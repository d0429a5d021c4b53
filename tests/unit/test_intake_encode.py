"""The known-answer vectors of the privacy specification, and what a code may and may not tell."""

from __future__ import annotations

import hashlib
import hmac

import numpy as np
import pyarrow as pa
import pytest

from totalplace.intake.derive import DATE_PARTS, parts_of, sector, slk_581, swapped
from totalplace.intake.distinct import Coded, coded
from totalplace.intake.encode import derive_key, filters, gram_places, grams_of, key_check, salted_filters, tokens
from totalplace.intake.keyed import codes, keyed, pack
from totalplace.intake.schema import Grams

KEY, SALT = bytes(range(32)), hashlib.sha256(b"{}").digest()
BIGRAMS = Grams(2, False, 1, 10)


def code_of(purpose: str, field: str, derive: str, message: bytes) -> str:
    return codes(derive_key(KEY, SALT, purpose, field, derive), [message])[0].hex()


def filter_of(value: str, key: bytes, grams: Grams = BIGRAMS, bits: int = 512) -> np.ndarray:
    made, _ = filters(Coded(np.zeros(1, np.int32), [value]), key, grams, bits)
    return np.unpackbits(np.frombuffer(made[0].as_py(), np.uint8), bitorder="little")


def test_the_empty_schema_has_the_published_hash() -> None:
    assert SALT.hex().startswith("44136fa3") and SALT.hex().endswith("caaff8a")


def test_the_token_of_smith_is_as_published() -> None:
    assert code_of("token", "surname", "whole", b"SMITH") == "12bb9470e8461daf61ad027275114369"


def test_the_bits_of_the_gram_sm_are_as_published() -> None:
    mac = keyed(derive_key(KEY, SALT, "filter", "surname", BIGRAMS.kind))
    assert gram_places(mac, "SM", 512, 10).tolist() == [248, 460, 73, 454, 252, 441, 314, 307, 482, 335]


def test_the_filters_of_smith_and_smyth_overlap_as_published() -> None:
    key = derive_key(KEY, SALT, "filter", "surname", "bigram")
    smith, smyth = filter_of("SMITH", key), filter_of("SMYTH", key)
    assert (smith.sum(), smyth.sum(), (smith & smyth).sum()) == (54, 56, 38)


def test_the_block_of_soundex_and_year_is_as_published() -> None:
    made = code_of("block", "surname+birth_date", "sn.soundex+year", pack(b"S530", b"1984"))
    assert made == "86e9cbd791e8ef5c75571cfb2681f55d"


def test_the_key_check_is_as_published() -> None:
    assert key_check(KEY, SALT) == "e3793f5ab6a48ddec9d94f8ff6269d61"


@pytest.mark.parametrize("size", [1, 32, 63, 64, 65, 200])
def test_the_fast_hmac_equals_the_plain_one(size: int) -> None:
    key, message = bytes(range(200))[:size], b"x" * size
    assert keyed(key)(message) == hmac.new(key, message, "sha256").digest()


def test_parts_do_not_run_into_each_other() -> None:
    assert pack(b"ab", b"c") != pack(b"a", b"bc") and pack(b"ab") == b"\0\2ab"


@pytest.mark.parametrize(
    "change", [("filter", "surname", "whole"), ("token", "first_name", "whole"), ("token", "surname", "soundex")]
)
def test_no_two_columns_share_a_key(change: tuple[str, str, str]) -> None:
    assert derive_key(KEY, SALT, *change) != derive_key(KEY, SALT, "token", "surname", "whole")


def test_another_schema_gives_other_codes() -> None:
    other = hashlib.sha256(b'{"version":3}').digest()
    assert derive_key(KEY, other, "token", "surname", "whole") != derive_key(KEY, SALT, "token", "surname", "whole")


def test_null_stays_null_and_is_no_code_of_an_empty_text() -> None:
    column = coded(pa.array(["SMITH", None]))
    made, bits = filters(column, KEY, BIGRAMS, 512)
    assert tokens(column, KEY)[1].as_py() is None and made[1].as_py() is None and bits[1].as_py() is None


def test_the_bit_count_of_a_filter_is_the_bits_set() -> None:
    column = coded(pa.array(["SMITH", "JONES", "SMITH"]))
    made, bits = filters(column, KEY, BIGRAMS, 512)
    assert [int.from_bytes(f.as_py(), "little").bit_count() for f in made] == bits.to_pylist()
    assert len(made[0].as_py()) == 64


def test_grams_are_distinct_padded_and_may_carry_their_position() -> None:
    assert grams_of("ANNA", BIGRAMS) == ["AN", "A_", "NA", "NN", "_A"]
    assert grams_of("1211", Grams(1, True, 0, 10)) == ["0 1", "1 2", "2 1", "3 1"]


def test_a_salted_filter_changes_with_the_year() -> None:
    pairs = Coded(np.arange(3, dtype=np.int32), [("SMITH", "1984"), ("SMITH", "1985"), ("SMITH", "1984")])
    made, _ = salted_filters(pairs, lambda year: derive_key(KEY, SALT, "filter", "surname", year), BIGRAMS, 512)
    assert made[0] == made[2] and made[0] != made[1]


def test_a_swapped_date_is_another_real_date_or_null() -> None:
    assert [swapped(day) for day in ("19840203", "19840213", "19840202")] == ["19840302", None, None]


def test_parts_of_a_date_and_a_postcode() -> None:
    assert {name: rule("19840213") for name, rule in DATE_PARTS.items() if name != "swapped"} == {
        "year": "1984", "month": "02", "day": "13", "month_day": "0213", "year_month": "198402", "year_day": "198413",
    }  # fmt: skip
    assert sector("N1 9GU") == "N1 9" and parts_of("postcode", {})["area"]("N1 9GU") == "N"


def test_nicknames_share_their_class_and_other_names_are_their_own() -> None:
    nickname = parts_of("first_name", {"BOB": "ROBERT"})["nickname"]
    assert (nickname("BOB"), nickname("ROBERT"), nickname("ZOE")) == ("ROBERT", "ROBERT", "ZOE")


def test_slk_581_is_the_australian_key() -> None:
    assert slk_581("JANE", "CITIZEN", "19630527", "F") == "ITZAN270519632"
    assert slk_581("JO", "LI", "19630527", None) == "I22O2270519639"
