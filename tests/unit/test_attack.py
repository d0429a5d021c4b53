"""The attackers of `totalplace attack`: strong enough to be believed, blind without what they need, fairly judged."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from totalplace import attack
from totalplace.attack.evidence import NOTHING, Codes, draw_case
from totalplace.attack.measure import interval, judged
from totalplace.intake.distinct import Coded
from totalplace.intake.encode import packed_filters, packed_tokens
from totalplace.intake.schema import Grams
from totalplace.sample_data.settings import read_text

GRAMS, KEY = Grams(2, positional=False, pad=1, per_gram=10), bytes(range(64, 96))


def surnames(number: int) -> list[str]:
    """Return surnames of the pretend place, in capitals."""
    common = read_text("surnames.csv").splitlines()[1].split(",")[2].upper().split()
    return list(dict.fromkeys(common))[:number]


def field(values: list[str], records: list[int]) -> attack.Field:
    """Return a field whose values are borne by so many records, encoded as an agency does."""
    column = Coded(np.arange(len(values), dtype=np.int32), values)
    packed = packed_filters(column, KEY, GRAMS, 512)
    filters = pa.array([row.tobytes() for row in packed], pa.binary(64))
    tokens = packed_tokens(Coded(column.codes, [value.encode() for value in values]), KEY)
    rows = np.repeat(np.arange(len(values)), records)
    clear = pa.chunked_array([pa.array(values).take(pa.array(rows))])
    chunked = [pa.chunked_array([one.take(pa.array(rows))]) for one in (tokens, filters)]
    return attack.field_of("surname", clear, *chunked, GRAMS, 10_000)


@pytest.fixture(scope="module")
def names() -> attack.Field:
    values = surnames(150)
    return field(values, [1 + 300 // (at + 1) for at in range(len(values))])


def found(names: attack.Field, attackers: set[str], **lists: float) -> dict[tuple[str, str, float, bool], float]:
    told = attack.attack_field(names, attackers, [lists.get("overlap", 1.0)], lists.get("errors", 0.0), KEY, seed=3)
    return {(one.encoding, one.attacker, one.overlap, one.typing_errors): one.found for one in told}


def test_the_calibrated_attacker_breaks_plain_filters_whose_values_it_lists(names: attack.Field) -> None:
    assert found(names, {"A3"})["filters", "A3", 1.0, False] >= 0.9  # else the attacker is broken


def test_it_finds_no_more_than_its_list_holds(names: attack.Field) -> None:
    assert 0.2 < found(names, {"A3"}, overlap=0.5)["filters", "A3", 0.5, False] <= 0.5


def test_it_gets_nothing_from_tokens_which_tell_no_likeness(names: attack.Field) -> None:
    assert {encoding for encoding, *_ in found(names, {"A2", "A3"})} == {"filters"}


def test_the_insider_with_the_key_finds_all_that_is_listed_and_nothing_with_another_key(names: attack.Field) -> None:
    assert found(names, {"A4"}) == {("tokens", "A4", 1.0, False): 1.0}
    assert found(names, {"A4"}, overlap=0.5)["tokens", "A4", 0.5, False] == 0.5
    other = list(attack.attack_field(names, {"A4"}, [1.0], 0.0, b"another key", seed=3))
    assert [(one.found, one.precision) for one in other] == [(0.0, None)]


def test_frequency_alone_finds_values_that_no_other_ties() -> None:
    told = found(field(surnames(6), [13, 11, 7, 5, 3, 2]), {"A1"})
    assert set(told.values()) == {1.0}


def test_misspelt_lists_still_name_their_people(names: attack.Field) -> None:
    told = found(names, {"A3", "A4"}, errors=0.2)
    assert told["tokens", "A4", 1.0, True] < 1.0 == told["tokens", "A4", 1.0, False]
    assert told["filters", "A3", 1.0, True] > 0.7


def test_pattern_mining_finds_some_values_and_guesses_only_where_one_fits(names: attack.Field) -> None:
    told = list(attack.attack_field(names, {"A2"}, [1.0], 0.0, KEY, seed=3))
    assert told[0].found > 0.05 and told[0].precision is not None and told[0].precision > 0.3


def test_every_hardening_is_measured_and_flips_hurt_the_attacker_more_than_folds(names: attack.Field) -> None:
    told = {one.encoding: one.found for one in attack.attack_hardened(names, {"A3"}, KEY, 3) if one.attacker == "A3"}
    assert len(told) == 4 and told["XOR fold 1024 to 512"] > 0.9
    assert told["bit flips 10%, keyed by value"] < told["filter 512"]


def test_a_case_holds_the_overlap_that_was_asked_for() -> None:
    values = [f"NAME{at}" for at in range(90)]
    case = draw_case(values, np.arange(1, 91), lambda text: frozenset(text), 0.8, 0.0, np.random.default_rng(1))
    assert len(case.truth) == len(case.listed.values) == 75 and (case.truth != NOTHING).sum() == 60
    for at, place in zip(case.encoded, case.truth, strict=True):
        assert place == NOTHING or case.listed.values[place] == values[at]


def test_shares_of_values_and_people_and_precision_are_those_of_the_guesses() -> None:
    case = draw_case(
        list("abcd"), np.array([4, 3, 2, 1]), lambda text: frozenset(text), 1.0, 0.0, np.random.default_rng(1)
    )
    held = Codes(np.zeros((4, 1), np.uint8), np.array([4, 3, 2, 1]), False)
    guess = np.where(np.arange(4) < 2, case.truth, NOTHING)
    guess[2] = (case.truth[2] + 1) % 4
    told = judged("x", "tokens", "A1", 1.0, False, held, case, guess)
    assert (told.values, told.found, told.people, told.precision) == (4, 0.5, 0.7, 2 / 3)


def test_the_interval_is_wilsons() -> None:
    assert interval(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)  # Wilson 1927
    assert interval(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_a_dictionary_finds_unkeyed_and_known_keyed_codes_and_no_other() -> None:
    keyed, plain = pa.array([b"k" * 16, b"l" * 16]), hashlib.sha256(b"SMITH").digest()[:16]
    safe = pa.table({"t_surname": keyed})
    assert attack.dictionary_hits(safe, {"SMITH"}, [pa.table({"t_surname": [b"x" * 16]})]) == {}
    assert attack.dictionary_hits(safe, {"SMITH"}, [pa.table({"t_surname": [b"l" * 16]})]) == {"t_surname": 1}
    assert attack.dictionary_hits(pa.table({"t_surname": [plain]}), {"SMITH"}, []) == {"t_surname": 1}


def test_a_code_of_names_in_the_analysis_files_is_found() -> None:
    ids = [bytes([at]) * 16 for at in range(12)]
    values = ["A"] * 6 + ["B"] * 4 + ["C", "D"]
    names = {"surname": pa.table({"row_id": ids, "value": values})}
    sound = pa.table({"row_id": ids, "sex": ["F", "M"] * 6})
    assert attack.analysis_columns({"people": sound}, names, "surname") == {}
    leaking = sound.append_column("site", pa.array([f"code of {value}" for value in values]))
    assert attack.analysis_columns({"people": leaking}, names, "surname") == {"people.site": 2}


def test_the_audit_counts_how_codes_are_spread() -> None:
    records = pa.table({"t_sex": [b"f", b"f", b"m", None], "t_name": [b"a", b"b", b"b", b"b"]})
    told = {one.column: (one.distinct, one.least, one.most) for one in attack.column_exposure(records)}
    assert told == {"t_sex": (2, 1, 2), "t_name": (2, 1, 3)}
    assert attack.column_exposure(records)[1].entropy_bits == pytest.approx(0.8113, abs=1e-4)
    assert attack.share_unique(records) == 1.0
    filters = pa.table({"f_name": pa.array([b"\x01", b"\xff"], pa.binary(1)), "pc_name": pa.array([1, 8], pa.uint16())})
    assert attack.fill_counts(filters) == {"f_name": [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]}
