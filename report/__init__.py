"""What leaves the building: small numbers withheld first, then one page, tables and graphs of what may be shown."""

from totalplace.report.disclosure.conventions import spoken
from totalplace.report.disclosure.release import (
    AnalystTable,
    Release,
    SafeTable,
    analyst_table,
    permit,
    release,
    release_redesign,
)
from totalplace.report.earlier_release import check_against
from totalplace.report.event_exports import write_ocel, write_xes
from totalplace.report.explorer.page import write_explorer
from totalplace.report.explorer.redesign_words import Redesigned, told_scenarios
from totalplace.report.explorer.scenario_words import ScenarioStory, scenario_story
from totalplace.report.explorer.story import Estimate, Story
from totalplace.report.files import write_parquet, write_redesign, write_tables
from totalplace.report.graph_view import write_graph
from totalplace.report.release_check import check_released, is_released_table
from totalplace.report.released_folder import check_folder, folder_of_release
from totalplace.report.service_graph import safe_graph

__all__ = [
    "AnalystTable",
    "Estimate",
    "Redesigned",
    "Release",
    "SafeTable",
    "ScenarioStory",
    "Story",
    "analyst_table",
    "check_against",
    "check_folder",
    "check_released",
    "folder_of_release",
    "is_released_table",
    "permit",
    "release",
    "release_redesign",
    "scenario_story",
    "spoken",
    "safe_graph",
    "told_scenarios",
    "write_explorer",
    "write_graph",
    "write_ocel",
    "write_parquet",
    "write_redesign",
    "write_tables",
    "write_xes",
]
