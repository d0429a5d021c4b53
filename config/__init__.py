"""The written rules: TOML files with a reason for each default, and one typed reader."""

from totalplace.config.agency import AgencyHead, AgencyRules
from totalplace.config.load import Project, load_project, load_rules
from totalplace.config.rules import Rules

__all__ = ["AgencyHead", "AgencyRules", "Project", "Rules", "load_project", "load_rules"]
