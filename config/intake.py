"""Rules of intake: each key has its default and its reason in intake.toml."""

from __future__ import annotations

from totalplace.config.section import Section


class IntakeRules(Section):
    """Keys of `[intake]`; reasons stand in intake.toml."""
