"""What a page says of a scenario: agencies by their names, where the place has given them one."""

from __future__ import annotations

import tomllib

from totalplace.config import load_rules
from totalplace.config.scenario import read_scenario
from totalplace.report.explorer.scenario_words import scenario_story

TEXT = """
name = "S"

[[operation]]
do = "merge_agencies"
agencies = ["gp", "nhs_trust"]
into = "health"

[[operation]]
do = "single_front_door"
purposes = ["financial"]
at = "nhs_trust"
"""


def test_agencies_go_by_their_names() -> None:
    rules = load_rules()[0].findings
    named = scenario_story(
        read_scenario("s", tomllib.loads(TEXT), "s.toml"), rules, {"nhs_trust": "Hospital trust"}
    ).operations
    assert named[0] == "Make gp and Hospital trust one agency, health."
    assert named[1].endswith("Hospital trust asks.")
