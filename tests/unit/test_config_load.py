"""The rules: shipped defaults, the project's file, options; each value knows where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from totalplace.config import load_project, load_rules
from totalplace.config.load import SECTIONS, find_project, shipped
from totalplace.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    (folder / "totalplace.toml").write_text(text)
    return folder


def test_the_project_file_wins_over_the_defaults_and_an_option_over_both(tmp_path: Path) -> None:
    write(tmp_path, "[privacy]\nmin_cell = 12\nround_to = 3\n")
    project = load_project(tmp_path, {"option": {"privacy": {"min_cell": 20}}})
    assert (project.rules.privacy.min_cell, project.rules.privacy.round_to) == (20, 3)
    assert project.origin["privacy.min_cell"] == "option"
    assert project.origin["privacy.round_to"] == "totalplace.toml"
    assert project.origin["privacy.mode"] == "shipped config/privacy.toml"


def test_an_unknown_key_is_refused_with_a_near_name(tmp_path: Path) -> None:
    write(tmp_path, "[privacy]\nmin_cel = 12\n")
    with pytest.raises(ConfigError, match=r"TP304: totalplace.toml, key 'privacy.min_cel': unknown.\n.*'min_cell'"):
        load_project(tmp_path)


def test_a_value_that_does_not_fit_is_refused_without_repeating_it(tmp_path: Path) -> None:
    write(tmp_path, '[privacy]\nmin_cell = "Quillfeather"\n')
    with pytest.raises(ConfigError, match="key 'privacy.min_cell'") as caught:
        load_project(tmp_path)
    assert "Quillfeather" not in str(caught.value)


@pytest.mark.parametrize("day", ["2024-02-30", "31/12/2024"])
def test_a_reference_date_that_is_no_day_is_refused_in_the_agencys_file(tmp_path: Path, day: str) -> None:
    write(tmp_path, "")
    (tmp_path / "agencies").mkdir()
    text = f'[agency]\ncode = "gp"\nname = "x"\nreference_date = "{day}"\n[[extract]]\nfile = "x.csv"\n'
    (tmp_path / "agencies" / "gp.toml").write_text(text)
    with pytest.raises(ConfigError, match="gp.toml, key 'agency.reference_date': not a day"):
        load_project(tmp_path)


def test_a_broken_file_names_its_line(tmp_path: Path) -> None:
    write(tmp_path, '[privacy]\nmode = "tokens\n')
    with pytest.raises(ConfigError, match="totalplace.toml, line 2"):
        load_project(tmp_path)


def test_the_project_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    write(tmp_path, "")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert find_project(tmp_path / "a" / "b") == tmp_path / "totalplace.toml"


def test_agencies_are_read_in_order_of_their_code(tmp_path: Path) -> None:
    write(tmp_path, "")
    (tmp_path / "agencies").mkdir()
    for code in ("police", "housing"):
        text = f'[agency]\ncode = "{code}"\nname = "x"\n[[extract]]\nfile = "x.csv"\n'
        (tmp_path / "agencies" / f"{code}.toml").write_text(text)
    assert [a.agency.code for a in load_project(tmp_path).agencies] == ["housing", "police"]


AGENCY = '[agency]\ncode = "x"\nname = "x"\n[[extract]]\nfile = "x.csv"\n'


def write_agencies(folder: Path, **texts: str) -> Path:
    write(folder, "")
    (folder / "agencies").mkdir()
    for name, text in texts.items():
        (folder / "agencies" / f"{name}.toml").write_text(text)
    return folder


def test_two_files_of_one_agency_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TP308: agencies/b.toml"):
        load_project(write_agencies(tmp_path, a=AGENCY, b=AGENCY))


def test_a_cost_that_is_stated_nowhere_is_refused_with_a_near_name(tmp_path: Path) -> None:
    folder = write_agencies(tmp_path, a=AGENCY + '[types]\nvisit = { cost_key = "SS6.O.2" }\n')
    with pytest.raises(ConfigError, match=r"TP326: agencies/a.toml, key 'types.visit.cost_key'.*\n.*Did you mean 'SS6"):
        load_project(folder)


def test_a_cost_that_the_place_states_itself_is_known(tmp_path: Path) -> None:
    folder = write_agencies(tmp_path, a=AGENCY + '[types]\nvisit = { cost_key = "own" }\n')
    cost = '[findings.costs.own]\nwhat = "x"\nunit = "each"\nbasis = "step"\ngbp = 5\nmin_gbp = 1\nmax_gbp = 9\n'
    write(folder, cost + 'price_year = "2020/21"\nscope = "fiscal"\nsource = "x"\n')
    assert load_project(folder).agencies[0].types["visit"].cost_key == "own"


@pytest.mark.parametrize("line", ['delimiter = "::"', 'delimiter = ""', 'delimiter = "\\n"', "date_format = []"])
def test_a_delimiter_or_date_format_that_nothing_can_have_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError, match="TP306: agencies/a.toml, key 'extract.0"):
        load_project(write_agencies(tmp_path, a=AGENCY + line + "\n"))


def test_a_value_where_a_table_belongs_is_the_users_file_not_ours(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="TP306: totalplace.toml, key 'findings'"):
        load_project(write(tmp_path, "findings = 3\n"))


def test_an_unknown_key_of_an_agency_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "")
    (tmp_path / "agencies").mkdir()
    text = '[agency]\ncode = "x"\nname = "x"\n[[extract]]\nfile = "x.csv"\ndate_fromat = "%Y"\n'
    (tmp_path / "agencies" / "x.toml").write_text(text)
    with pytest.raises(ConfigError, match="agencies/x.toml, key 'extract.0.date_fromat': unknown"):
        load_project(tmp_path)


def test_equal_rules_have_one_hash_whatever_the_layout(tmp_path: Path) -> None:
    for name, text in (
        ("a", "[privacy]\nmin_cell=12\n[project]\nseed=1\n"),
        ("b", "# x\n[project]\nseed = 1\n[privacy]\nmin_cell = 12\n"),
    ):
        (tmp_path / name).mkdir()
        write(tmp_path / name, text)
    assert load_project(tmp_path / "a").config_hash == load_project(tmp_path / "b").config_hash


def test_every_shipped_key_is_typed_and_every_typed_key_is_shipped() -> None:
    rules, _ = load_rules()
    for name in SECTIONS:
        assert set(shipped(name)) == set(type(getattr(rules, name)).model_fields), name
