"""Which characters the bytes of an extract mean: detection, and repair of text that was encoded twice."""

from __future__ import annotations

import codecs
import re

import charset_normalizer

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A byte of 0xC2 to 0xF4 read as one character, followed by what a UTF-8 continuation byte becomes.
TWICE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)


def encoding_by_mark(sample: bytes) -> str:
    """Return the codec that a byte order mark, or the zero bytes of unmarked UTF-16, give away; else ""."""
    for mark, name in BOMS:
        if sample.startswith(mark):
            return name
    pairs = len(sample) // 2
    if pairs and sample[1 : 2 * pairs : 2].count(0) > 0.6 * pairs and sample[0 : 2 * pairs : 2].count(0) < 0.1 * pairs:
        return "utf-16-le"
    if pairs and sample[0 : 2 * pairs : 2].count(0) > 0.6 * pairs and sample[1 : 2 * pairs : 2].count(0) < 0.1 * pairs:
        return "utf-16-be"
    return ""


def likely_encodings(sample: bytes, candidates: list[str]) -> list[str]:
    """Return single-byte codecs for a text that is not UTF-8, likeliest first, latin-1 (which never fails) last.

    Args:
        sample: bytes around the first that are not ASCII.
        candidates: codecs to choose among; the first wins ties, being the commonest.
    """
    matches = charset_normalizer.from_bytes(sample, cp_isolation=candidates, preemptive_behaviour=False)
    chaos = {name: match.chaos for match in matches for name in (match.encoding, *match.could_be_from_charset)}
    scores = {name: (-_plausible(sample, name), chaos.get(name, 1.0)) for name in candidates}
    return [*sorted(candidates, key=lambda name: (*scores[name], candidates.index(name))), "latin-1"]


def _plausible(sample: bytes, codec: str) -> float:
    """Return the share of the characters beyond ASCII that stand where one can stand in a name or a price."""
    text = f" {sample.decode(codec, errors='replace')} "
    at = [i for i, character in enumerate(text) if not character.isascii()]
    return sum(_fits(*text[i - 1 : i + 2]) for i in at) / len(at) if at else 0.0


def _fits(before: str, character: str, after: str) -> bool:
    if character.isalpha() and character not in "ªº" and ord(character) < 0x180:
        return not (character.isupper() and before.islower())
    if character in "’‘":
        return True
    return (
        character in "£€“”–—…•°½¼¾©®\u00a0"
        and not (before.isalpha() and after.isalpha())
        and not (character in "£€" and after.isalpha())
    )


def mend(text: str) -> str:
    """Return a text that was decoded wrongly once (`JosÃ©`) as it was meant; any other text unchanged."""
    while not text.isascii() and TWICE.search(text):
        try:
            better = b"".join(_byte(character) for character in text).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return text
        if better == text:
            return text
        text = better
    return text


def _byte(character: str) -> bytes:
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        # The five bytes that Windows leaves undefined come through as control characters.
        return character.encode("latin-1")
