"""The corridor: runs the rooms in order, checkpoints between them; holds no rule of its own."""

from typing import TYPE_CHECKING

from totalplace.late import open_late

if TYPE_CHECKING:
    from totalplace.pipeline.alone.events import follow_events
    from totalplace.pipeline.alone.link import LinkWish, link, link_files, model_for_splink, plan_files
    from totalplace.pipeline.attacking.measure import measure_privacy
    from totalplace.pipeline.comparing.runs import compare_quarters, compare_runs
    from totalplace.pipeline.demo import make_demo, write_extracts
    from totalplace.pipeline.desk import (
        check_files,
        check_release,
        init_project,
        make_key,
        retire,
        show_key,
        show_rules,
    )
    from totalplace.pipeline.doctor import examine
    from totalplace.pipeline.explaining.finding import explain_one_finding
    from totalplace.pipeline.explaining.pair import explain_files
    from totalplace.pipeline.explaining.records import explain_two_records
    from totalplace.pipeline.exporting import export_events
    from totalplace.pipeline.finished import open_run
    from totalplace.pipeline.model_pictures.chart import chart_model
    from totalplace.pipeline.project import Made, plan_project, run_project
    from totalplace.pipeline.reviewing.findings import draw_findings
    from totalplace.pipeline.reviewing.pairs import draw_pairs, read_answers
    from totalplace.pipeline.spending.count import count_files
    from totalplace.pipeline.told import tell_findings
    from totalplace.pipeline.trying import tell_redesigns
    from totalplace.pipeline.ways import tell_ways

__all__ = [
    "LinkWish",
    "Made",
    "chart_model",
    "check_files",
    "check_release",
    "compare_quarters",
    "compare_runs",
    "count_files",
    "draw_findings",
    "draw_pairs",
    "examine",
    "export_events",
    "explain_files",
    "explain_one_finding",
    "explain_two_records",
    "follow_events",
    "init_project",
    "link",
    "link_files",
    "make_demo",
    "make_key",
    "measure_privacy",
    "model_for_splink",
    "open_run",
    "plan_files",
    "plan_project",
    "read_answers",
    "retire",
    "run_project",
    "show_key",
    "show_rules",
    "tell_findings",
    "tell_redesigns",
    "tell_ways",
    "write_extracts",
]

open_late(
    __name__,
    {
        "LinkWish": "alone.link",
        "Made": "project",
        "chart_model": "model_pictures.chart",
        "check_files": "desk",
        "check_release": "desk",
        "compare_quarters": "comparing.runs",
        "compare_runs": "comparing.runs",
        "count_files": "spending.count",
        "draw_findings": "reviewing.findings",
        "draw_pairs": "reviewing.pairs",
        "examine": "doctor",
        "export_events": "exporting",
        "explain_files": "explaining.pair",
        "explain_one_finding": "explaining.finding",
        "explain_two_records": "explaining.records",
        "follow_events": "alone.events",
        "init_project": "desk",
        "link": "alone.link",
        "link_files": "alone.link",
        "make_demo": "demo",
        "write_extracts": "demo",
        "make_key": "desk",
        "measure_privacy": "attacking.measure",
        "model_for_splink": "alone.link",
        "open_run": "finished",
        "plan_files": "alone.link",
        "plan_project": "project",
        "read_answers": "reviewing.pairs",
        "retire": "desk",
        "run_project": "project",
        "show_key": "desk",
        "show_rules": "desk",
        "tell_findings": "told",
        "tell_redesigns": "trying",
        "tell_ways": "ways",
    },
)
