"""What leaves the building: small numbers withheld first, then one page, tables and graphs of what may be shown."""

from totalplace.report.conventions import spoken
from totalplace.report.disclosure import AnalystTable, Release, SafeTable, analyst_table, permit, release
from totalplace.report.event_exports import write_ocel, write_xes
from totalplace.report.explorer import write_explorer
from totalplace.report.files import write_parquet, write_tables
from totalplace.report.graph_view import write_graph
from totalplace.report.release_check import check_released
from totalplace.report.service_graph import safe_graph
from totalplace.report.story import Estimate, Story

__all__ = [
    "AnalystTable",
    "Estimate",
    "Release",
    "SafeTable",
    "Story",
    "analyst_table",
    "check_released",
    "permit",
    "release",
    "spoken",
    "safe_graph",
    "write_explorer",
    "write_graph",
    "write_ocel",
    "write_parquet",
    "write_tables",
    "write_xes",
]
