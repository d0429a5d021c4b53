"""Scenarios as files: unknown names are refused with the nearest one, presets are filled in, and text comes back."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from totalplace.config.scenario import (
    MergeAgencies,
    Scenario,
    load_scenarios,
    read_scenario,
    refuse_unknown,
    write_scenario,
)
from totalplace.errors import ConfigError

PRESET = 'name = "One"\npreset = "pct_la_integration"\n[roles]\nhealth = ["nhs"]\ncouncil = ["care", "housing"]'
KNOWN = (["housing", "nhs", "care"], ["housing/visit", "nhs/clinic"], ["financial"])


def read(text: str) -> Scenario:
    return read_scenario("tried", tomllib.loads(text), "tried.toml")


def one(operation: str) -> Scenario:
    return read(f'name = "x"\n[[operation]]\n{operation}')


@pytest.mark.parametrize(
    ("operation", "code", "says"),
    [
        ('do = "merge_agency"', "TP351", "Did you mean 'merge_agencies'?"),
        ('purposes = ["financial"]', "TP351", "is missing"),
        ('do = "reuse_assessment"\nvalidity_day = 90', "TP304", "Did you mean 'validity_days'?"),
        ('do = "lead_worker"', "TP305", "from_contact"),
        ('do = "lead_worker"\nfrom_contact = 0', "TP306", "from_contact"),
        ('do = "co_locate"\nservices = ["a", "a"]', "TP306", "names one service twice"),
    ],
)
def test_a_wrong_operation_is_refused_with_its_number_and_key(operation: str, code: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        one(operation)
    assert refused.value.code == code
    assert "tried.toml, operation 1" in str(refused.value) and says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PRESET.replace("pct_la", "pct_lan"), "Did you mean 'pct_la_integration'?"),
        (PRESET.replace("health", "hospital"), "health and council".replace(" and ", ", ")),
        ('name = "x"\n[roles]\nhealth = ["nhs"]', "means nothing without a preset"),
    ],
)
def test_a_preset_that_does_not_fit_is_refused(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match="TP354") as refused:
        read(text)
    assert says in str(refused.value)


def test_a_preset_names_the_places_own_agencies() -> None:
    (merger,) = read(PRESET).operations
    assert isinstance(merger, MergeAgencies)
    assert merger.agencies == ["nhs", "care", "housing"]


@pytest.mark.parametrize(
    ("operation", "says"),
    [
        ('do = "remove_service"\nservice = "housing/visits"', "Did you mean 'housing/visit'?"),
        ('do = "reuse_assessment"\npurposes = ["finance"]', "Did you mean 'financial'?"),
        ('do = "merge_agencies"\nagencies = ["nhs", "care"]\ninto = "housing"', "not among those merged"),
    ],
)
def test_what_the_place_does_not_have_is_refused_with_the_nearest_name(operation: str, says: str) -> None:
    with pytest.raises(ConfigError, match="TP352") as refused:
        refuse_unknown(one(operation), *KNOWN)
    assert says in str(refused.value)


def test_after_a_merger_the_new_agency_and_its_services_are_known() -> None:
    merger = 'do = "merge_agencies"\nagencies = ["nhs", "care"]\ninto = "both"'
    later = '\n[[operation]]\ndo = "remove_service"\nservice = "both/clinic"'
    refuse_unknown(one(merger + later), *KNOWN)
    with pytest.raises(ConfigError, match="TP352"):
        refuse_unknown(one(merger + later.replace("both/clinic", "nhs")), *KNOWN)


def test_a_written_scenario_reads_as_the_same_one() -> None:
    text = (
        'do = "single_front_door"\npurposes = ["financial"]\nat = "nhs"\nuptake_share = [0.1, 0.2, 0.3]\n'
        '[[operation]]\ndo = "lead_worker"\nfrom_contact = 3'
    )
    for made in (read(PRESET), one(text), read('name = "no \\"change\\""')):
        assert read(write_scenario(made)).operations == made.operations
        assert read(write_scenario(made)).name == made.name


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [tmp_path / name / "door.toml" for name in ("a", "b")]
    for path in paths:
        path.parent.mkdir()
        path.write_text('name = "x"')
    with pytest.raises(ConfigError, match="TP353"):
        load_scenarios(paths)
