"""Where the work runs."""

from totalplace.engine.local import LocalEngine

__all__ = ["LocalEngine"]
