"""Rules of findings: each key has its default and its reason in findings.toml."""

from __future__ import annotations

from totalplace.config.section import Section


class FindingsRules(Section):
    """Keys of `[findings]`; reasons stand in findings.toml."""
