"""Characters that nobody sees: they turn a name round or hide a part of it on a page, and two names look alike.

Letters of every script stay, also those that run from right to left, and so do the joiners that Persian and many
scripts of India need between two letters, and emoji between two signs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from totalplace.errors import ConfigError

BLANKS = "\t\n\r"
JOINERS = "\u200c\u200d"
# No letter, space or control by their category, and drawn as nothing.
EMPTY = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
# Format characters that are drawn: signs over or under a number.
DRAWN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
CURE = "Delete it, or type the text anew; letters of every script may stay, and their direction is told by themselves."


def hidden_character(text: str) -> str:
    """Return the first character that nobody sees, as "U+202E (right-to-left override)"; "" if all are seen."""
    if text.isascii() and text.isprintable():
        return ""
    for at, one in enumerate(text):
        if _is_hidden(one) and not (one in JOINERS and _joins(text, at)):
            name = unicodedata.name(one, "a control character").lower()
            return f"U+{ord(one):04X} ({name})"
    return ""


def _is_hidden(one: str) -> bool:
    if one in EMPTY:
        return True
    return unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp") and one not in BLANKS and one not in DRAWN


def _joins(text: str, at: int) -> bool:
    """Tell whether a joiner stands between two characters that it may join: no Latin letter and no end."""
    beside = text[at - 1 : at] + text[at + 1 : at + 2]
    return at > 0 and len(beside) == 2 and all(one > "\u0530" and not _is_hidden(one) for one in beside)


def refuse_hidden(table: Mapping[str, Any], origin: Mapping[str, str], file: str) -> None:
    """Refuse a table of rules that holds such a character in a key or a text.

    Args:
        table: as read from TOML.
        origin: key to the file or option that set it; empty = all are of one file.
        file: that one.

    Raises:
        ConfigError: TP329, with the key and the character, never the text.
    """
    for key, text in _texts(table, ""):
        if found := hidden_character(text):
            where = ", ".join(filter(None, [origin.get(key) or file, f"key '{key}'"]))
            raise ConfigError("TP329", where, f"holds {found}, which nobody sees and which changes how it reads", CURE)


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    """Yield each text of a table with its key; of a key of its own, the key itself."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            path = f"{key}.{name}" if key else str(name)
            yield path, str(name)
            yield from _texts(inner, path)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, key)
