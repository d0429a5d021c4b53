"""What cannot come to anything is told before a stage runs, or as soon as it can be known."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import call
from .test_privacy_of_messages import MARKED, row, write_project

REMOVE = 'name = "Plan"\n[[operation]]\ndo = "remove_service"\nservice = "{service}"\n'
STAGE = "protect    "


def plan(folder: Path, service: str) -> Path:
    (folder / "plan.toml").write_text(REMOVE.format(service=service))
    return folder / "plan.toml"


@pytest.mark.parametrize(
    ("service", "cure"),
    [
        ("housing/vist", "Did you mean 'housing/visit'?"),
        ("hosing", "Did you mean 'housing'?"),
        ("police", "Known here: housing."),
    ],
)
def test_a_scenario_that_names_what_is_not_there_is_refused_before_any_stage(
    tmp_path: Path, service: str, cure: str
) -> None:
    project = write_project(tmp_path / "p", [row(n, type=MARKED["last"]) for n in range(3)])
    done = call("-C", project, "scenario", plan(tmp_path, service), cwd=tmp_path, expect=3)
    assert "error TP352: plan.toml, operation 1, key 'service'" in done.stderr and cure in done.stderr
    assert STAGE not in done.stderr and not (project / "runs").exists()
    assert MARKED["last"].lower() not in done.stderr.lower()


def test_a_service_that_only_the_extracts_name_may_be_tried(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", [row(n, type="repair") for n in range(3)])
    done = call("-C", project, "scenario", plan(tmp_path, "housing/repair"), cwd=tmp_path)
    assert "1 tried: plan" in done.stderr


def test_a_stage_that_tries_no_scenario_asks_for_none_of_their_names(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", [row(1)])
    (project / "scenarios").mkdir()
    plan(project / "scenarios", "police")
    assert STAGE in call("-C", project, "protect", cwd=tmp_path).stderr


def test_a_folder_is_no_scenario_and_told_what_to_name(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", [row(1)])
    (tmp_path / "plans").mkdir()
    plan(tmp_path / "plans", "housing")
    told = call("-C", project, "scenario", "plans", cwd=tmp_path, expect=3).stderr
    assert "TP301: plans: is a folder, not a scenario's file.\n  Name the scenarios in it: plan.toml." in told
    told = call("-C", project, "scenario", project, cwd=tmp_path, expect=3).stderr
    assert f"For that project: totalplace -C {project} scenario" in told


def test_a_threshold_over_all_people_is_told_as_soon_as_records_are_counted(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", [row(n) for n in range(12)])
    said = call("-C", project, "explore", "--min-cell", "500", cwd=tmp_path).stderr
    assert said.count("option --min-cell: 500 is more people than this place has") == 1
    assert said.index("warning") < said.index("link  ")
    assert "warning" not in call("-C", project, "explore", "--min-cell", "5", cwd=tmp_path).stderr


def test_a_threshold_over_all_persons_is_told_once_they_are_linked(tmp_path: Path) -> None:
    twice = [[*row(n, ref=f"{side}{n}", born=f"{n + 1:02d}/02/1980")] for n in range(8) for side in "AB"]
    project = write_project(tmp_path / "p", twice)
    said = call("-C", project, "explore", cwd=tmp_path).stderr
    assert "privacy.min_cell: 10 is more people than this place has, so no number will be shown" in said
    assert said.index("warning") > said.index("persons")
