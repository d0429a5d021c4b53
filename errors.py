"""The ways we refuse.

Every error reads `where: what is wrong.` and then what to do. *Where* is a file, a row number, a column or a
configuration key; it is never a personal value, and no message may quote one.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TotalplaceError(Exception):
    """A refusal that a user can act on.

    Args:
        code: stable name of the refusal, `TP` and three digits; each has a paragraph in docs/reference/errors.md.
        where: file, row number, column or configuration key. Never a value.
        what: what is wrong, one sentence without its full stop.
        cure: what to do, in whole sentences.
    """

    exit_code = 70

    def __init__(self, code: str, where: str, what: str, cure: str) -> None:
        where, what, cure = printable(where), printable(what), printable(cure)
        super().__init__(f"{code}: {where}: {what}.\n  {cure}")
        self.code, self.where, self.what, self.cure = code, where, what, cure


def printable(text: str) -> str:
    r"""Return a text on one line that any terminal can print: what a file's name may hold besides is written `\x0a`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


class ReaderGoneError(Exception):
    """Whoever reads our output went away, as `head` does: no refusal, and nothing is wrong."""


class UsageError(TotalplaceError):
    """The command was called in a way that cannot mean anything."""

    exit_code = 2


class ConfigError(TotalplaceError):
    """A rule file holds something we cannot follow."""

    exit_code = 3


class InputError(TotalplaceError):
    """An extract or another input file cannot be read as what it should be."""

    exit_code = 4


class PrivacyError(TotalplaceError):
    """A privacy gate refused."""

    exit_code = 5


class EngineError(TotalplaceError):
    """Memory, disk or the engine gave out."""

    exit_code = 6


class ShapeError(TotalplaceError):
    """A table does not have the shape that its door asks for: a fault of ours, not the user's."""

    exit_code = 70

    def __init__(self, where: str, what: str) -> None:
        super().__init__("TP701", where, what, "This is a fault in totalplace; please report it with the line above.")


def near(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the nearest known word, or an empty string."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean '{found[0]}'?" if found else ""


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return names as `a, b, c`, cut after `most`."""
    names = list(names)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
