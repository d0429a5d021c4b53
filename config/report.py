"""Rules of report: each key has its default and its reason in report.toml."""

from __future__ import annotations

from pydantic import Field

from totalplace.config.section import Section


class ReportRules(Section):
    """Keys of `[report]`; reasons stand in report.toml."""

    allow_analyst_edition: bool
    max_families: int = Field(ge=1)
    max_steps: int = Field(ge=1)
    max_interventions_shown: int = Field(ge=1)
    max_map_services: int = Field(ge=1)
    max_map_handoffs: int = Field(ge=1)
    max_graph_services: int = Field(ge=1)
    max_graph_handoffs: int = Field(ge=1)
    max_audit_passes: int = Field(ge=1)
