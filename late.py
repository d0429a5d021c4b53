"""A room fetches a module only when somebody asks for a name in it: a command loads what it uses, nothing else."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class Room(ModuleType):
    """A package whose public names are fetched when first asked for."""

    _doors: Mapping[str, str]

    def __getattr__(self, name: str) -> Any:
        """Fetch a public name from the module that holds it, and keep it."""
        if name not in self._doors:
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        found = getattr(import_module(f"{self.__name__}.{self._doors[name]}"), name)
        self.__dict__[name] = found
        return found

    def __setattr__(self, name: str, value: Any) -> None:
        """Let no module hide a public name that is spelt like it: `intake.protect` is the function."""
        if not (isinstance(value, ModuleType) and name in self._doors):
            super().__setattr__(name, value)


def open_late(room: str, doors: Mapping[str, str]) -> None:
    """Turn a package into a room whose names are fetched when first asked for.

    Args:
        room: the package, such as `totalplace.journeys`.
        doors: each public name, and the module of the room that holds it.
    """
    module = sys.modules[room]
    module.__dict__["_doors"] = doors
    module.__class__ = Room
