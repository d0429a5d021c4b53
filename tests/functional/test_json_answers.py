"""What `--json` prints is what the shipped schema says, for every command there is."""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from totalplace.cli import totalplace
from totalplace.report.disclosure.release import KEYS, SAFE_CELLS

from .conftest import PEOPLE, SEED
from .test_splink_commands import MODEL

SCHEMA = json.loads((resources.files("totalplace.config") / "answers.json").read_text(encoding="utf-8"))
JUDGE = Draft202012Validator(SCHEMA)
TABLE = "record_id,first_name,surname,birth_date\n" + "".join(
    f"{n},name{n % 40},family{n % 37},19{50 + n % 40}-0{1 + n % 9}-1{n % 9}\n" for n in range(120)
)
EVENTS = "case_id,activity,timestamp\n1,ask,2020-01-01\n1,help,2020-01-02\n2,ask,2020-01-03\n"


def answer(*words: object, code: int = 0) -> dict[str, Any]:
    """Return what a command prints with `--json` at its end, once the schema has been held against it."""
    done = CliRunner().invoke(totalplace, [*map(str, words), "--json"])
    assert done.exit_code == code, done.output
    body: dict[str, Any] = json.loads(done.stdout)
    assert [error.message for error in JUDGE.iter_errors(body)] == []
    return body


def commands(group: click.Group, above: str = "") -> list[str]:
    found = []
    for name, command in group.commands.items():
        found += commands(command, f"{name} ") if isinstance(command, click.Group) else [above + name]
    return sorted(found)


@pytest.fixture(scope="module")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small table that was linked in clear."""
    folder = tmp_path_factory.mktemp("json")
    (folder / "people.csv").write_text(TABLE)
    body = answer("link", folder / "people.csv", "--id", "record_id", "--out", folder / "out")
    assert body["command"] == "link" and body["result"]["records"] == 120
    return folder


def test_the_schema_names_the_commands_that_there_are() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["command"]["enum"] == commands(totalplace)
    described = [rule["if"]["properties"]["command"]["const"] for rule in SCHEMA["allOf"]]
    assert sorted(described) == commands(totalplace)


def test_the_schema_refuses_an_answer_that_lacks_its_lines() -> None:
    body = {"schema": "totalplace/1", "command": "doctor", "run_id": "", "config_hash": "", "warnings": []}
    assert not JUDGE.is_valid({**body, "result": {"checks": []}})
    assert JUDGE.is_valid({**body, "result": {"checks": [], "lines": []}})


@pytest.mark.parametrize("command", ["flag", "count", "compare", "check", "attack"])
def test_the_schema_refuses_a_name_that_it_does_not_know(command: str) -> None:
    rule = next(rule for rule in SCHEMA["allOf"] if rule["if"]["properties"]["command"]["const"] == command)
    assert rule["then"]["properties"]["result"]["additionalProperties"] is False


def test_a_model_goes_to_splink_in_json(tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text(MODEL, encoding="utf-8")
    answered = answer("to-splink", tmp_path / "model.toml", "--id", "key", "--out", tmp_path / "splink.json")
    assert answered["command"] == "to-splink"


@pytest.mark.parametrize("words", [["doctor"], ["config", "show"], ["completion", "fish"]])
def test_commands_without_a_project_answer_in_json(words: list[str], tmp_path: Path) -> None:
    assert answer("-C", tmp_path, *words)["command"] == " ".join(words[:2] if words[0] == "config" else words[:1])


def test_keys_answer_in_json(tmp_path: Path) -> None:
    made = answer("keys", "new", "--out", tmp_path / "a.key")["result"]["id"]
    assert answer("keys", "show", tmp_path / "a.key")["result"]["id"] == made
    assert answer("keys", "retire", tmp_path / "a.key", "--by", "the unit")["command"] == "keys retire"


def test_init_and_check_answer_in_json(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(TABLE)
    assert answer("init", tmp_path / "place", "--from", tmp_path / "people.csv")["result"]["files"]
    assert answer("-C", tmp_path / "place", "check", tmp_path / "people.csv")["command"] == "check"


def test_a_model_is_drawn_and_two_records_explained_in_json(linked: Path) -> None:
    model = linked / "out" / "model.toml"
    assert answer("chart", model, "--out", linked / "model.svg")["result"]["file"]
    words = ("explain", "1", "41", linked / "people.csv", "--model", model, "--id", "record_id")
    assert answer(*words)["command"] == "explain"


def test_an_event_log_is_answered_in_json(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(EVENTS)
    result = answer("journeys", "--events", tmp_path / "log.csv", "--out", tmp_path / "out")["result"]
    assert result["events"] == 3 and result["block"] == "event"


def test_a_demo_answers_in_json_and_names_its_run(demo: Path) -> None:
    body = answer("demo", "--people", PEOPLE, "--seed", SEED, "--out", demo, "--no-open")
    assert len(body["run_id"]) == 12 and body["config_hash"]


@pytest.mark.parametrize("name", ["run", "protect", "link", "journeys", "flag", "scenario", "explore", "graph"])
def test_commands_that_run_stages_name_the_run_and_its_rules(demo: Path, name: str) -> None:
    body = answer("-C", demo / "place", name, "--out", demo)
    assert body["command"] == name and len(body["run_id"]) == 12 and body["config_hash"]


def test_what_is_asked_of_a_finished_run_is_answered_in_json(demo: Path, tmp_path: Path) -> None:
    place = ("-C", demo / "place")
    counted = answer(*place, "count", "--out", tmp_path / "count")
    assert len(counted["run_id"]) == 12 and counted["config_hash"] == counted["result"]["config_hash"]
    again = answer(*place, "count", "--tier", "local", "--out", tmp_path / "local")
    assert again["run_id"] != counted["run_id"]
    assert len(answer(*place, "journeys", "--top", "1", "--out", demo)["result"]["ways"]) == 1
    compared = answer("compare", demo, demo)
    assert compared["run_id"] == "..".join([answer(*place, "flag", "--out", demo)["run_id"]] * 2)
    assert answer(*place, "review", "duplicates", "--run", demo, "--csv", tmp_path / "draw.csv")["run_id"]


def test_the_figures_of_a_share_edition_are_rounded_or_withheld(demo: Path) -> None:
    contacts = answer("-C", demo / "place", "flag", "--out", demo)["result"]["figures"]["contacts"]
    assert all(shown is None or shown % 5 == 0 for shown in contacts.values())
    assert any(shown is not None for shown in contacts.values())


def test_a_release_is_held_against_an_earlier_one(demo: Path, tmp_path: Path) -> None:
    report = demo / "report"
    for new in (report, report / "explorer.html", report / "cells.csv"):
        [told] = answer("check", new, "--against", report)["result"]["files"]
        assert told["follows"] == [] and told["changed"] == 0 and told["held"] > 50
    shutil.copytree(report, tmp_path / "lower")
    cells = pq.read_table(report / "cells.parquet").to_pylist()
    small = next(c for c in cells if c["table"] == "people" and c["withheld"])
    small |= {"shown": 5.0, "people_shown": 5, "withheld": False}
    pq.write_table(pa.Table.from_pylist(cells, schema=SAFE_CELLS), tmp_path / "lower" / "cells.parquet")
    (tmp_path / "lower" / "leaves.json").write_text('{"min_cell": 5, "round_to": 5}')
    [told] = answer("check", tmp_path / "lower", "--against", report, code=5)["result"]["files"]
    assert {"withheld_in": "old", **{key: small[key] for key in KEYS}} in told["follows"]
