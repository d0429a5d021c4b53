"""One spelling of names: upper-case ASCII letters and single blanks; titles dropped; placeholders null."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from totalplace.config.intake import NameRules

# What NFKD leaves alone although it has a plain spelling, and the many apostrophes and dashes.
PLAIN = str.maketrans(
    {
        "ß": "SS", "ẞ": "SS", "ø": "O", "Ø": "O", "ł": "L", "Ł": "L", "đ": "D", "Đ": "D", "ð": "D", "Ð": "D", "æ": "AE",
        "Æ": "AE", "œ": "OE", "Œ": "OE", "þ": "TH", "Þ": "TH", "ı": "I", "ħ": "H", "Ħ": "H", "ŧ": "T", "Ŧ": "T",
        "ŋ": "N", "Ŋ": "N", "ĸ": "K", "ə": "A", "Ə": "A", "’": "'", "‘": "'", "ʼ": "'", "ʻ": "'", "`": "'", "´": "'",
        "′": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
    }
)  # fmt: skip
NOT_LETTERS = re.compile("[^A-Z]+")
ONE_LETTER = re.compile(r"(.)\1{2,}")
TextRule = Callable[[str], str | None]


def fold(text: str) -> str:
    """Return a text in upper-case ASCII; letters that have no plain spelling fall away."""
    if text.isascii():
        return text.upper()
    plain = unicodedata.normalize("NFKD", text.translate(PLAIN))
    return plain.encode("ascii", "ignore").decode("ascii").upper()


def words_of(text: str) -> str:
    """Return folded words: apostrophes and full stops join, every other mark parts."""
    return " ".join(NOT_LETTERS.sub(" ", fold(text).replace("'", "").replace(".", ". ")).split())


def name_placeholder(rules: NameRules) -> TextRule:
    """Return a rule that turns placeholders ("unknown", "baby of ...", "XXX") into null."""
    whole, beginnings = frozenset(rules.placeholders), tuple(rules.placeholder_beginnings)

    def drop(text: str) -> str | None:
        words = words_of(text.replace("/", "" if len(text) < 5 else " "))
        if words in whole or words.startswith(beginnings) or ONE_LETTER.fullmatch(words):
            return None
        return None if re.fullmatch(r"[\W\d_]+", text) else text

    return drop


def name_spelling(rules: NameRules) -> TextRule:
    """Return a rule that brings a name to one spelling; null if no Latin letter is left."""
    titles, suffixes, prefixes = frozenset(rules.titles), frozenset(rules.suffixes), frozenset(rules.joined_prefixes)

    def spell(text: str) -> str | None:
        words = words_of(text).split()
        while len(words) > 1 and words[0] in titles:
            words.pop(0)
        while len(words) > 1 and words[-1] in suffixes:
            words.pop()
        joined = _join_prefixes(words, prefixes)
        return " ".join(joined) or None

    return spell


def _join_prefixes(words: list[str], prefixes: frozenset[str]) -> list[str]:
    joined: list[str] = []
    for word in words:
        # "O BRIEN" joins; a lone initial before a short word ("O J") stays.
        if joined and joined[-1] in prefixes and len(word) > 2:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def first_word(name: str) -> str | None:
    """Return the first word of a name."""
    return name.split(" ", 1)[0]


def later_words(name: str) -> str | None:
    """Return all but the first word of a name."""
    return name.partition(" ")[2] or None


def split_full_name(rules: NameRules) -> Callable[[str], tuple[str, str]]:
    """Return a rule that cuts "SURNAME, First Middle" or "First Middle Surname" into given names and surname."""
    particles, suffixes = frozenset(rules.particles), frozenset(rules.suffixes)

    def split(text: str) -> tuple[str, str]:
        surname, comma, given = text.partition(",")
        if comma and words_of(given) and words_of(given) not in suffixes:
            return given.strip(), surname.strip()
        words = [word for word in surname.split() if fold(word).strip(".") not in suffixes]
        cut = max(len(words) - 1, 1)
        while cut > 1 and fold(words[cut - 1]) in particles:
            cut -= 1
        return " ".join(words[:cut]), " ".join(words[cut:])

    return split
