"""All rules of one project, typed: one section per room."""

from __future__ import annotations

from totalplace.config.attack import AttackRules
from totalplace.config.counting import CountingRules
from totalplace.config.findings import FindingsRules
from totalplace.config.intake import IntakeRules
from totalplace.config.linkage import LinkageRules
from totalplace.config.privacy import PrivacyRules
from totalplace.config.report import ReportRules
from totalplace.config.section import Section


class ProjectRules(Section):
    """What the project is."""

    name: str
    seed: int
    data: str


class Rules(Section):
    """The whole of a project's rules, after defaults, `totalplace.toml` and options were laid over each other."""

    project: ProjectRules
    privacy: PrivacyRules
    intake: IntakeRules
    linkage: LinkageRules
    findings: FindingsRules
    counting: CountingRules
    report: ReportRules
    attack: AttackRules
