"""What leaves the agency: tokens, filters, residences; and what never does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.engine.local import LocalEngine
from totalplace.errors import PrivacyError
from totalplace.intake import DEMO_KEY, Protected, TokenSchema, clear_records, load_schema, protect
from totalplace.intake.schema import parse_schema
from totalplace.tables import CLIENTS, RELATIONS

SCHEMA = load_schema(load_rules()[0], None)
ANN = {
    "first_name": "ANN", "middle_names": "MAY", "surname": "LEE", "birth_date": dt.date(1984, 2, 3), "sex": "F",
    "house_number": "12", "street": "HIGH STREET", "town": "ANYTOWN", "postcode": "ZZ1 1AA", "uprn": "100012345",
    "phone": "02079460018", "email": "ann@example.org", "family": "F1", "record_date": dt.date(2023, 5, 4),
    "id_nhs": "9990000018",
}  # fmt: skip


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(1) as made:
        yield made


def clients(*people: dict[str, Any]) -> pa.Table:
    fields = [(c.name, c.dtype) for c in CLIENTS.columns] + [("id_nhs", pa.string())]
    rows = [
        {"row_id": bytes([i]) * 16, "agency": "housing", "protected": False, **person}
        for i, person in enumerate(people)
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def protected(
    engine: LocalEngine, *people: dict[str, Any], mode: str = "tokens", schema: TokenSchema = SCHEMA
) -> Protected:
    held = engine.hold(clients(*people))
    return protect(held, engine.hold(RELATIONS.empty()), schema, DEMO_KEY, mode, engine)


def records(engine: LocalEngine, *people: dict[str, Any], **keys: Any) -> list[dict[str, Any]]:
    return engine.fetch(protected(engine, *people, **keys).tokens).to_pylist()


def test_the_shipped_schema_makes_every_promised_column(engine: LocalEngine) -> None:
    made = engine.fetch(protected(engine, ANN, mode="filters").tokens).column_names
    tokens = """
        first_name first_name_initial first_name_metaphone first_name_nickname middle_names middle_names_initial
        surname surname_metaphone surname_soundex former_surname full_name_sorted birth_date birth_date_year
        birth_date_month_day birth_date_year_month birth_date_year_day birth_date_swapped sex postcode postcode_sector
        postcode_district uprn dwelling house_number_postcode street phone email id_nhs family
    """
    fields = ("first_name", "surname", "street", "birth_date", "postcode")
    filters = [f"{kind}_{name}" for name in fields for kind in ("f", "pc")]
    assert {*(f"t_{name}" for name in tokens.split()), *filters} <= set(made)


def test_mode_tokens_makes_no_filter(engine: LocalEngine) -> None:
    names = engine.fetch(protected(engine, ANN).tokens).column_names
    assert not [name for name in names if name.startswith(("f_", "pc_"))]


@pytest.mark.parametrize("mode", ["clear", "open"])
def test_another_mode_is_refused(engine: LocalEngine, mode: str) -> None:
    with pytest.raises(PrivacyError, match="TP510"):
        protected(engine, ANN, mode=mode)


def test_equal_people_of_two_agencies_have_equal_codes_and_families_of_their_own(engine: LocalEngine) -> None:
    here, there = records(engine, ANN, {**ANN, "agency": "police"})
    same = [name for name in here if name.startswith("t_") and name != "t_family"]
    assert all(here[name] == there[name] for name in same)
    assert here["t_family"] != there["t_family"]


def test_a_former_surname_meets_a_surname(engine: LocalEngine) -> None:
    before, after = records(engine, ANN, {**ANN, "surname": "MARSH", "former_surname": "LEE"})
    assert after["t_former_surname"] == before["t_surname"] != after["t_surname"]


def test_a_date_with_day_and_month_swapped_meets_the_true_one(engine: LocalEngine) -> None:
    true, wrong = records(engine, ANN, {**ANN, "birth_date": dt.date(1984, 3, 2)})
    assert wrong["t_birth_date_swapped"] == true["t_birth_date"]
    assert wrong["t_birth_date_year"] == true["t_birth_date_year"]


def test_swapped_names_meet_in_the_sorted_name(engine: LocalEngine) -> None:
    right, swapped = records(engine, ANN, {**ANN, "first_name": "LEE", "surname": "ANN"})
    assert right["t_full_name_sorted"] == swapped["t_full_name_sorted"]


def test_nicknames_meet(engine: LocalEngine) -> None:
    bob, robert = records(engine, {**ANN, "first_name": "BOB"}, {**ANN, "first_name": "ROBERT"})
    assert bob["t_first_name_nickname"] == robert["t_first_name_nickname"]
    assert bob["t_first_name"] != robert["t_first_name"]


def test_a_protected_person_has_no_code_of_an_address_in_any_file(engine: LocalEngine) -> None:
    made = protected(engine, {**ANN, "protected": True}, mode="filters")
    row = engine.fetch(made.tokens).to_pylist()[0]
    shown = [name for name, code in row.items() if code is not None]
    assert not [n for n in shown if any(w in n for w in ("postcode", "street", "dwelling", "uprn", "house"))]
    assert made.residences.rows == 0
    assert row["t_surname"] is not None


def test_blocks_over_an_address_leave_protected_people_out(engine: LocalEngine) -> None:
    schema = parse_schema(
        {
            "encoding": "field",
            "features": [{"identifier": "surname"}],
            "blocks": {"pc": [["postcode", ""], ["surname", "soundex"]]},
        },
        "test",
    )
    open_, hidden = records(engine, ANN, {**ANN, "protected": True}, schema=schema)
    assert open_["b_pc"] is not None and hidden["b_pc"] is None


def test_no_output_holds_a_value_or_a_part_of_one(engine: LocalEngine) -> None:
    made = protected(engine, ANN, mode="filters")
    written = repr([engine.fetch(t).to_pylist() for t in (made.tokens, made.residences)]) + repr(made.notes)
    values = ("ANN", "LEE", "1984", "HIGH", "ZZ1", "100012345", "0207946", "example", "999000", "F1'")
    assert not [value for value in values if value in written.replace("DEMO", "")]


def test_null_in_null_out(engine: LocalEngine) -> None:
    row = records(engine, {}, mode="filters")[0]
    assert {name for name, code in row.items() if code is not None} == {"row_id", "agency", "protected"}


def test_another_key_or_schema_has_no_code_in_common_and_another_check(engine: LocalEngine) -> None:
    other = parse_schema({"encoding": "field", "features": [{"identifier": "surname", "derive": ["soundex"]}]}, "x")
    held, ties = engine.hold(clients(ANN)), engine.hold(RELATIONS.empty())
    made = [
        protect(held, ties, s, k, "tokens", engine)
        for s, k in ((SCHEMA, DEMO_KEY), (SCHEMA, bytes(range(32))), (other, DEMO_KEY))
    ]
    assert len({one.key_check for one in made}) == 3
    assert len({engine.fetch(one.tokens)["t_surname"][0].as_py() for one in made}) == 3


def test_child_or_adult_is_told_at_the_reference_date(engine: LocalEngine) -> None:
    held, ties = engine.hold(clients({**ANN, "birth_date": dt.date(2005, 6, 1)})), engine.hold(RELATIONS.empty())
    told = [
        engine.fetch(protect(held, ties, SCHEMA, DEMO_KEY, "tokens", engine, reference_date=day).tokens)["is_child"][
            0
        ].as_py()
        for day in (dt.date(2023, 5, 31), dt.date(2023, 6, 1))
    ]
    assert told == [True, False]


def test_a_house_without_its_flat_is_a_building_where_others_give_flats(engine: LocalEngine) -> None:
    plain = {**ANN, "uprn": None}
    people = [{**plain, "flat": "1"}, plain, {**plain, "house_number": "14"}, {**plain, "property_class": "hostel"}]
    made = engine.fetch(protected(engine, *people).residences).to_pylist()
    assert [row["property_class"] for row in made] == ["residential", "building", "residential", "hostel"]


def test_a_residence_begins_when_the_record_was_confirmed_if_nothing_else_is_known(engine: LocalEngine) -> None:
    made = engine.fetch(protected(engine, ANN, {**ANN, "valid_from": dt.date(2020, 1, 5)}).residences).to_pylist()
    assert [row["valid_from"] for row in made] == [dt.date(2023, 5, 4), dt.date(2020, 1, 5)]


def test_sex_alone_is_encoded_with_a_warning(engine: LocalEngine) -> None:
    assert any(note.code == "small_domain" for note in protected(engine, ANN).notes)


def test_salting_needs_the_birth_year_and_leaves_the_token_unsalted(engine: LocalEngine) -> None:
    layer = {"privacy": {"mode": "filters", "salt_names_by_birth_year": True}}
    salted = load_schema(load_rules({"test": layer})[0], None)
    one, other, unknown = records(
        engine,
        ANN,
        {**ANN, "birth_date": dt.date(1985, 2, 3)},
        {**ANN, "birth_date": None},
        mode="filters",
        schema=salted,
    )
    assert one["t_surname"] == other["t_surname"] and one["f_surname"] != other["f_surname"]
    assert unknown["f_surname"] is None and unknown["f_street"] == one["f_street"]


def test_a_schema_of_clkhash_gives_one_filter_a_record(engine: LocalEngine) -> None:
    hashing = {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerToken": 10}}
    features = [{"identifier": name, "hashing": hashing} for name in ("first_name", "surname")]
    schema = parse_schema({"version": 3, "clkConfig": {"l": 1024}, "features": features}, "clkhash.json")
    both, one, none = records(engine, ANN, {"surname": "LEE"}, {}, mode="filters", schema=schema)
    bits = [int.from_bytes(row["f_record"], "little") for row in (both, one)]
    assert bits[0] & bits[1] == bits[1] != bits[0] and both["pc_record"] == bits[0].bit_count()
    assert none["f_record"] is None and "t_surname" not in both


def test_clear_records_keep_names_and_hide_protected_addresses(engine: LocalEngine) -> None:
    made = clear_records(engine.hold(clients(ANN, {**ANN, "protected": True})), engine)
    open_, hidden = engine.fetch(made.tokens).to_pylist()
    assert (open_["surname"], open_["postcode"], open_["is_child"]) == ("LEE", "ZZ1 1AA", False)
    assert hidden["surname"] == "LEE" and hidden["postcode"] is None and hidden["uprn"] is None
    assert made.residences.rows == 1
