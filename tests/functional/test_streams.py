"""The global options about streams: each does something, before and after the command's name."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from totalplace.pulse import Pulse

from .conftest import call

LOG = "case_id,activity,timestamp\n1,ask,2020-01-01\n1,help,2020-01-02\n"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    (tmp_path / "log.csv").write_text(LOG)
    return tmp_path


def test_json_may_stand_before_or_after_the_command(tmp_path: Path) -> None:
    before = call("--json", "config", "show", cwd=tmp_path).stdout
    assert before == call("config", "show", "--json", cwd=tmp_path).stdout and before.startswith("{")


def test_quiet_prints_nothing_but_errors(events: Path) -> None:
    assert call("journeys", "--events", "log.csv", "-q", cwd=events).stderr == ""
    assert "TP124" in call("-q", "journeys", "--events", "log.csv", cwd=events, expect=2).stderr


def test_verbose_says_first_of_all_what_begins(events: Path) -> None:
    first = call("journeys", "--events", "log.csv", "-v", cwd=events).stderr.splitlines()[0]
    assert first.split()[1:] == ["s", "begin", "journeys", "reading", "the", "log"]


def test_the_log_file_keeps_what_quiet_hides(events: Path) -> None:
    call("journeys", "--events", "log.csv", "-q", "--log-file", "kept.txt", cwd=events)
    call("--log-file", "kept.txt", "journeys", "--events", "log.csv", "--force", cwd=events)
    lines = (events / "kept.txt").read_text().splitlines()
    assert len([line for line in lines if line.startswith("journeys ")]) == 2


def test_a_log_file_that_cannot_be_written_is_refused_after_the_command_too(events: Path) -> None:
    done = call("journeys", "--events", "log.csv", "--log-file", "none/kept.txt", cwd=events, expect=2)
    assert "TP108" in done.stderr and not (events / "journeys").exists()


def test_an_engine_that_is_not_there_is_refused_with_a_cure(events: Path) -> None:
    done = call("link", "log.csv", "--engine", "spark", cwd=events, expect=6)
    assert "TP605" in done.stderr and "Leave --engine out" in done.stderr


def at_work(stage: str, place: str) -> tuple[Pulse, list[tuple[str, str]]]:
    """Begin a stage, and wait for its first sign of life."""
    told: list[tuple[str, str]] = []
    pulse = Pulse(lambda stage, text: told.append((stage, text)), 0.01)
    pulse.begin(stage, place)
    while not told:
        time.sleep(0.01)
    return pulse, told


def test_a_stage_at_work_gives_signs_of_life_until_its_end() -> None:
    pulse, told = at_work("link", "stage 7 of 15")
    pulse.end()
    number = len(told)
    assert told[0][0] == "link" and told[0][1].startswith("at work for ") and told[0][1].endswith("stage 7 of 15")
    time.sleep(0.05)
    assert len(told) == number


def test_a_sign_of_life_of_an_agency_fits_its_column() -> None:
    pulse, told = at_work("protect:mental_health", "stage 5 of 17")
    pulse.end()
    assert told[0][0] == "protect" and told[0][1].startswith("mental_health: at work for ")
