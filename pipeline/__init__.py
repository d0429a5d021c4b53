"""The corridor: runs the rooms in order, checkpoints between them; holds no rule of its own."""

from totalplace.pipeline.demo import make_demo
from totalplace.pipeline.desk import check_files, init_project, make_key, retire, show_key, show_rules
from totalplace.pipeline.doctor import examine
from totalplace.pipeline.project import Made, plan_project, run_project
from totalplace.pipeline.standalone import LinkWish, follow_events, link, link_files, plan_files
from totalplace.pipeline.told import tell_findings

__all__ = [
    "LinkWish",
    "Made",
    "check_files",
    "examine",
    "follow_events",
    "init_project",
    "link",
    "link_files",
    "make_demo",
    "make_key",
    "plan_files",
    "plan_project",
    "retire",
    "run_project",
    "show_key",
    "show_rules",
    "tell_findings",
]
