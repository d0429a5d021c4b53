"""What an attacker holds: encodings of a field as they leave an agency, and a list of values with frequencies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

NOTHING = -1
Cut = Callable[[str], frozenset[str]]  # a value into the grams that its encoding holds
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Codes:
    """Distinct encodings of one field.

    Args:
        packed: uint8, codes by bytes; of a filter, bit i is in byte i // 8.
        records: how many records bear each code.
        is_filter: whether likeness of codes tells likeness of values.
    """

    packed: np.ndarray
    records: np.ndarray
    is_filter: bool

    @property
    def bits(self) -> np.ndarray:
        """Return the bits as bool, codes by bits."""
        return np.unpackbits(self.packed, axis=1, bitorder="little").astype(bool)


@dataclass(frozen=True)
class ValueList:
    """A list of values that an attacker brings along.

    Args:
        values: as they stand in the list.
        records: how many people of the list bear each.
        grams: the grams of each value, as the encoding cuts them.
    """

    values: Sequence[str]
    records: np.ndarray
    grams: Sequence[frozenset[str]]

    @property
    def incidence(self) -> np.ndarray:
        """Return which value holds which gram: bool, values by grams (sorted)."""
        known = {gram: at for at, gram in enumerate(self.gram_names)}
        made = np.zeros((len(self.values), len(known)), dtype=bool)
        for row, grams in enumerate(self.grams):
            made[row, [known[gram] for gram in grams]] = True
        return made

    @property
    def gram_names(self) -> list[str]:
        """Return all grams of the list, sorted."""
        return sorted(set().union(*self.grams)) if self.grams else []


@dataclass(frozen=True)
class Case:
    """One attack to come: what is encoded, the list, and, for the judge alone, the truth.

    Args:
        encoded: positions, among the field's values, of those whose encodings the attacker holds.
        listed: the attacker's list.
        truth: for each encoded value its place in the list, `NOTHING` = not in it.
    """

    encoded: np.ndarray
    listed: ValueList
    truth: np.ndarray


def draw_case(
    values: Sequence[str],
    records: np.ndarray,
    cut: Cut,
    overlap: float,
    error_share: float,
    chance: np.random.Generator,
) -> Case:
    """Draw whose encodings are held and which values are listed: as many of either, `overlap` of them in both.

    Args:
        values: the field's distinct values.
        records: how many records bear each.
        cut: how the encoding cuts a value.
        overlap: share of the encoded values that the list holds.
        error_share: share of the list's values with one letter wrong; such an entry still names its person.
        chance: draws.
    """
    size = int(len(values) / (2 - overlap))
    shared = round(size * overlap)
    drawn = chance.permutation(len(values))[: 2 * size - shared]
    encoded, listed = drawn[:size], np.concatenate([drawn[:shared], drawn[size:]])
    listed = chance.permutation(listed)
    place = {int(value): at for at, value in enumerate(listed)}
    texts = [values[at] for at in listed]
    for at in np.flatnonzero(chance.random(len(texts)) < error_share):
        texts[at] = misspelt(texts[at], chance)
    truth = np.array([place.get(int(value), NOTHING) for value in encoded], dtype=np.int64)
    return Case(encoded, ValueList(texts, records[listed], [cut(text) for text in texts]), truth)


def misspelt(text: str, chance: np.random.Generator) -> str:
    """Return a text with one letter changed, left out, put in or exchanged with the next."""
    at, kind, letter = int(chance.integers(len(text))), int(chance.integers(4)), LETTERS[int(chance.integers(26))]
    head, tail = text[:at], text[at + 1 :]
    made = (head + letter + tail, head + tail, head + letter + text[at:], head + tail[:1] + text[at] + tail[1:])[kind]
    return made or letter
