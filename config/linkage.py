"""Rules of linkage: each key has its default and its reason in linkage.toml."""

from __future__ import annotations

from totalplace.config.section import Section


class LinkageRules(Section):
    """Keys of `[linkage]`; reasons stand in linkage.toml."""
