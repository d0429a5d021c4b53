"""The token schema: shipped, checked, hashed; what is refused and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from totalplace.config import load_rules
from totalplace.errors import ConfigError, PrivacyError
from totalplace.intake.schema import canonical, load_schema, parse_schema

RULES = load_rules()[0]


def schema(**changes: Any) -> dict[str, Any]:
    return {"version": 3, "encoding": "field", "features": [{"identifier": "surname"}], **changes}


def feature(**keys: Any) -> dict[str, Any]:
    return schema(features=[{"identifier": "surname", **keys}])


def test_the_shipped_schema_is_followed() -> None:
    shipped = load_schema(RULES, None)
    names = [feature.identifier for feature in shipped.features]
    assert {"first_name", "surname", "birth_date", "postcode", "dwelling", "id_*"} <= set(names)
    assert next(f for f in shipped.features if f.identifier == "former_surname").key_field == "surname"


def test_the_hash_does_not_hang_on_layout_but_on_content() -> None:
    one, other = parse_schema(schema(), "x"), parse_schema(dict(reversed(schema().items())), "x")
    assert one.digest == other.digest != parse_schema(feature(derive=["soundex"]), "x").digest
    assert canonical({"b": 1, "a": [1, 2]}) == '{"a":[1,2],"b":1}'


def test_salting_and_end_of_life_enter_the_hash() -> None:
    layer = {"privacy": {"mode": "filters", "salt_names_by_birth_year": True, "destroy_by": "2027-03-31"}}
    salted = load_schema(load_rules({"test": layer})[0], None)
    assert salted.digest != load_schema(RULES, None).digest
    assert {f.identifier for f in salted.features if f.salted} == {
        "first_name",
        "middle_names",
        "surname",
        "former_surname",
    }


@pytest.mark.parametrize(
    ("table", "error", "code"),
    [
        (schema(colour="x"), ConfigError, "TP331"),
        (feature(deriv=["soundex"]), ConfigError, "TP331"),
        (feature(derive=["year"]), ConfigError, "TP331"),
        (schema(features=[{"identifier": "shoe_size"}]), ConfigError, "TP332"),
        (schema(features=[{"identifier": "surname"}] * 2), ConfigError, "TP331"),
        (feature(output=["filter"], bits=500), ConfigError, "TP331"),
        (feature(output=["filter"], hashing={"strategy": {"bitsPerToken": 17}}), ConfigError, "TP331"),
        (feature(output=["filter"], hashing={"hash": {"type": "doubleHash"}}), PrivacyError, "TP513"),
        (schema(clkConfig={"xor_folds": 1}), PrivacyError, "TP513"),
        (schema(features=[{"identifier": "sex", "output": ["filter"]}]), PrivacyError, "TP514"),
        (schema(features=[{"identifier": "postcode", "salt_by": "birth_year"}]), PrivacyError, "TP512"),
        (schema(salt_by="postcode"), PrivacyError, "TP512"),
        (schema(blocks={"b": [["surname", "soundexx"]]}), ConfigError, "TP331"),
        (schema(reference_date="31/12/2009"), ConfigError, "TP331"),
    ],
)
def test_what_we_do_not_follow_is_refused(table: dict[str, Any], error: type[Exception], code: str) -> None:
    with pytest.raises(error, match=code):
        parse_schema(table, "schema.json")


def test_a_near_key_is_named() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'derive'"):
        parse_schema(feature(deriv=[]), "schema.json")


def test_a_schema_that_is_no_json_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"version": 3,\n "features": [}')
    with pytest.raises(ConfigError, match="s.json, line 2"):
        load_schema(RULES, tmp_path / "s.json")


def test_a_schema_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps(feature(derive=["soundex"])))
    assert [f.identifier for f in load_schema(RULES, tmp_path / "s.json").features] == ["surname"]
