"""Rules of report: each key has its default and its reason in report.toml."""

from __future__ import annotations

from totalplace.config.section import Section


class ReportRules(Section):
    """Keys of `[report]`; reasons stand in report.toml."""
