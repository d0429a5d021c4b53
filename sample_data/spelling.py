"""What happens to a text on its way into a record: typing slips, short forms, wrong encodings. None stays None."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import numpy as np

LETTERS = "abcdefghijklmnoprstuwy"
PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss"})


def at_random(
    rng: np.random.Generator, texts: np.ndarray, share: float, change: Callable[[str], str | None]
) -> np.ndarray:
    """Return the texts, a share of them changed by a function of the text."""
    out = texts.copy()
    for row in np.flatnonzero(rng.random(len(texts)) < share):
        if out[row]:
            out[row] = change(out[row])
    return out


def typos(rng: np.random.Generator, texts: np.ndarray, share: float, letters: str = LETTERS) -> np.ndarray:
    """Return the texts, a share of them with one letter lost, doubled, wrong or swapped with the next."""
    return at_random(rng, texts, share, lambda text: typo(rng, text, letters))


def typo(rng: np.random.Generator, text: str, letters: str = LETTERS) -> str:
    """Return one text with one slip; never shorter than two letters, the first letter is rarely hit."""
    place = int(rng.integers(len(text)) if rng.random() < 0.1 or len(text) < 2 else rng.integers(1, len(text)))
    letter = letters[int(rng.integers(len(letters)))]
    kind = int(rng.integers(4))
    if kind == 0 and len(text) > 2:
        return text[:place] + text[place + 1 :]
    if kind == 1:
        return text[:place] + letter + text[place:]
    if kind == 2 and place + 1 < len(text):
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + letter + text[place + 1 :]


def initial(text: str) -> str:
    """Return the first letter."""
    return text[0]


def short_form(text: str) -> str:
    """Return the first letters, as in Chris, Sam, Will, Moham."""
    return text if len(text) < 6 else text[: 4 if len(text) < 8 else 5]


def mojibake(text: str) -> str:
    """Return the text as it looks when its UTF-8 bytes are read as Windows-1252; itself where that has no such byte."""
    try:
        return text.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return text


def encodable(text: str, encoding: str) -> str:
    """Return the text with letters that an encoding lacks written plainly: Łukasz becomes Lukasz in Windows-1252."""
    if text.isascii():
        return text
    kept = [letter if _fits(letter, encoding) else _plain(letter) for letter in text]
    return "".join(kept)


def _plain(letter: str) -> str:
    parts = unicodedata.normalize("NFKD", letter.translate(PLAIN))
    return parts.encode("ascii", "ignore").decode("ascii")


def _fits(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def left_out(texts: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """Return the texts, None where `empty` says so."""
    out = texts.astype(object)
    out[empty] = None
    return out


def blanked(rng: np.random.Generator, texts: np.ndarray, share: float) -> np.ndarray:
    """Return the texts, a share of them None."""
    out = texts.copy()
    out[rng.random(len(texts)) < share] = None
    return out
