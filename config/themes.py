"""The names of themes and of purposes of assessments, as they are printed wherever one is shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from totalplace.config.load import shipped


@cache
def theme_names() -> Mapping[str, str]:
    """Return code to name of each theme of config/themes.toml."""
    return {code: str(theme["name"]) for code, theme in shipped("themes")["themes"].items()}


@cache
def purpose_names() -> Mapping[str, str]:
    """Return code to name of each purpose of config/purposes.toml."""
    return {code: str(name) for code, name in shipped("purposes")["purposes"].items()}
