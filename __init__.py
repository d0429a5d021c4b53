"""totalplace: how a place's people really meet its public services, without anyone seeing a name."""

from __future__ import annotations

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Open the notebook door (`totalplace.link` and its sisters) only when it is knocked at: it loads pandas."""
    if name in ("link", "check"):
        from totalplace import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module 'totalplace' has no attribute {name!r}")
