"""The names of themes: those of the pilots, as they are printed wherever a theme is shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from totalplace.config.load import shipped


@cache
def theme_names() -> Mapping[str, str]:
    """Return code to name of each theme of config/themes.toml."""
    return {code: str(theme["name"]) for code, theme in shipped("themes")["themes"].items()}
