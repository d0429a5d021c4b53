"""The words of a column that takes only ours: which of theirs means which, as far as a word says so.

A first agency file (`guess`) lists them, because a code that nobody translated stays as it is: "DNA" would count as an
appointment that was kept.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from totalplace.config.intake import IntakeRules
from totalplace.intake.distinct import Coded

# Our words of each such column, as the manual lists them (docs/how-to/own-extracts.md).
OURS = {
    "client.sex": ("M", "F"),
    "contact.outcome": (
        "completed", "did_not_attend", "cancelled", "incomplete", "closed", "no_further_action",
    ),
    "contact.channel": ("office", "home", "phone", "online", "letter"),
    "contact.kind": ("first", "review", "change", "appeal"),
}  # fmt: skip
MANY_WORDS, RARE_ROWS = 20, 3
# A column of codes is short words that nearly all its rows share; any other is text, and none of it is copied.
LONGEST_WORD, SHARED_SHARE = 30, 0.8


def word_sections(
    found: Mapping[str, Sequence[str]], columns: Mapping[str, Coded], rules: IntakeRules, mark: str
) -> list[str]:
    """Return an `[extract.values.<our name>]` section for each column with words that are not understood as they are.

    Args:
        found: our names with their source columns.
        columns: the source columns.
        rules: the patterns of words, and the words for a sex that every system shares.
        mark: what is written behind each guess.

    Returns:
        Lines; a word that says nothing is a comment with our words beside it. Only words that several rows share.
    """
    lines: list[str] = []
    for ours, sources in found.items():
        known = {our.lower() for our in OURS.get(ours, ())}
        if ours == "client.sex":
            known |= {word.lower() for words in rules.sexes.values() for word in words}
        words = _shared(columns[sources[0]]) if ours in OURS else []
        foreign = [word for word in words if word.lower() not in known]
        if foreign:
            lines += ["", f"[extract.values.{ours.partition('.')[2]}]  # their word = ours; any other stays as it is"]
            lines += [_line(ours, word, rules.headers.words, mark) for word in foreign]
    return lines


def _shared(column: Coded) -> list[str]:
    """Return a column's words in order; none if they are too many, too long or too rare for a list of codes."""
    counts = Counter(column.codes[column.present].tolist())
    shared = {column.values[code]: rows for code, rows in counts.items() if rows >= RARE_ROWS}
    is_text = sum(shared.values()) < SHARED_SHARE * sum(counts.values()) or any(len(w) > LONGEST_WORD for w in shared)
    return [] if is_text or len(shared) > MANY_WORDS else sorted(shared)


def _line(ours: str, word: str, patterns: Sequence[tuple[str, str, str]], mark: str) -> str:
    """Return one word with what it is likely to mean, or as a comment with our words to choose from."""
    quoted = json.dumps(word, ensure_ascii=False)
    plain = re.sub(r"[^a-z0-9]+", " ", word.lower()).strip()
    for field, meaning, pattern in patterns:
        if field == ours and re.fullmatch(pattern, plain):
            return f'{quoted} = "{meaning}"  {mark}'
    return f'# {quoted} = ""  {mark}: {", ".join(OURS[ours])}'
