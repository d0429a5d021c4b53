"""Characters that nobody sees turn no name round; names in every script are taken as they are."""

from __future__ import annotations

import shutil
from importlib import resources
from pathlib import Path

import pytest

from totalplace.config.hidden import hidden_character
from totalplace.config.load import load_agency, load_project, load_rules
from totalplace.config.scenario import load_scenario
from totalplace.errors import ConfigError
from totalplace.intake.cells import clean
from totalplace.intake.spend import read_spend

TURNING = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]
UNSEEN = [0x0, 0x1B, 0x85, 0xAD, 0x200B, 0x2028, 0x2060, 0x3164, 0xFEFF, 0xE0041]
NAMES = [
    "\u05de\u05e9\u05e8\u05d3 \u05d4\u05e9\u05d9\u05db\u05d5\u05df",  # Hebrew
    "\u0648\u0632\u0627\u0631\u0629 \u0627\u0644\u0625\u0633\u0643\u0627\u0646 \u0661\u0662",  # Arabic, with numbers
    "\u062e\u062f\u0645\u0627\u062a \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with its joiner
    "\u0915\u094d\u200d\u0937",  # Hindi
    "Gwasanaethau T\u0177",
    "House \U0001f469\u200d\U0001f467",
    "Two\nlines",
]


@pytest.mark.parametrize("code", [*TURNING, *UNSEEN])
def test_a_character_that_nobody_sees_is_found_and_named(code: int) -> None:
    assert hidden_character(f"Hous{chr(code)}ing").startswith(f"U+{code:04X} (")


@pytest.mark.parametrize("name", NAMES)
def test_names_in_every_script_are_taken(name: str) -> None:
    assert hidden_character(name) == ""


@pytest.mark.parametrize("name", ["Hous\u200ding", "\u200d\u05de", "\u05de\u200c", "\u05de\u200c\u202e\u05de"])
def test_a_joiner_that_joins_nothing_is_hidden(name: str) -> None:
    assert hidden_character(name)


def _agency(folder: Path, name: str, word: str = "visit") -> Path:
    text = f'[agency]\ncode = "housing"\nname = "{name}"\n[[extract]]\nfile = "a.csv"\n[types]\n"{word}" = {{}}\n'
    (folder / "housing.toml").write_text(text, encoding="utf-8")
    return folder / "housing.toml"


def test_an_agencys_name_that_turns_round_is_refused_by_key_and_character(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load_agency(_agency(tmp_path, "Hous\u202egni"))
    said = str(refused.value)
    assert "TP329: agencies/housing.toml, key 'agency.name': holds U+202E (right-to-left override)" in said
    assert "Hous" not in said


def test_a_service_that_turns_round_is_refused_and_printed_safely(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"key 'types.vi\\u2066sit': holds U\+2066"):
        load_agency(_agency(tmp_path, "Housing", "vi\u2066sit"))
    assert load_agency(_agency(tmp_path, NAMES[0], NAMES[1])).agency.name == NAMES[0]


def test_a_projects_titles_and_places_are_looked_at_and_options_named(tmp_path: Path) -> None:
    (tmp_path / "totalplace.toml").write_text('[project]\nname = "A\u200fB"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"TP329: totalplace.toml, key 'project.name'"):
        load_project(tmp_path)
    option = {"option --population": {"counting": {"places": {"a": {"name": "x\u2067"}}}}}
    (tmp_path / "totalplace.toml").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"TP329: option --population, key 'counting.places.a.name'"):
        load_project(tmp_path, option)


def test_a_scenarios_title_purpose_and_file_are_looked_at(tmp_path: Path) -> None:
    made = resources.files("totalplace.sample_data") / "scenario_ask_once.toml"
    odd = tmp_path / "ask\u202eonce.toml"
    shutil.copy(str(made), odd)
    with pytest.raises(ConfigError, match=r"TP329: scenarios/, key 'name of the file'"):
        load_scenario(odd)
    text = '[[operation]]\ndo = "reuse_assessment"\npurposes = ["fin\u2028ancial"]\n'
    (tmp_path / "a.toml").write_text(f'name = "A"\n{text}', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"a.toml, operation 1, key 'purposes'|key 'operation.purposes'"):
        load_scenario(tmp_path / "a.toml")


@pytest.mark.parametrize("code", [c for c in (*TURNING, *UNSEEN) if c < 0x10000])
def test_a_cell_of_an_extract_loses_such_characters(code: int) -> None:
    assert clean(f"{chr(code)}North{chr(code)}") == "North"


def test_a_spend_table_loses_such_characters(tmp_path: Path) -> None:
    (tmp_path / "council.csv").write_text("line,name,amount_gbp\n1,Hous\u202eing\u202c,3m\n", encoding="utf-8")
    read = read_spend([tmp_path / "council.csv"], load_rules()[0].intake, {})
    assert read.lines["name"].to_pylist() == ["Hous ing"]
