"""One spelling of written values, a whole column of distinct values at a time; never row by row."""

from __future__ import annotations

from collections.abc import Sequence

import jellyfish
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.arrow_columns import NO_TEXT, memory_of, text_scalar, texts

EMPTY = text_scalar("")
# Letters that Unicode does not take apart into a plain letter and a mark.
_PLAIN = (
    ("ß", "SS"), ("Æ", "AE"), ("Œ", "OE"), ("Ø", "O"), ("Ł", "L"), ("Đ", "D"), ("Ð", "D"), ("Þ", "TH"), ("İ", "I"),
    ("ı", "I"),
)  # fmt: skip


def fold(values: pa.Array) -> pa.Array:
    """Return upper-case text without accents: apostrophes closed up, other punctuation to one blank, null if empty.

    Letters of every script stay. Only Latin letters lose their marks to plain ASCII.
    """
    text = values.cast(pa.string())
    if not pc.all(pc.string_is_ascii(text), min_count=0).as_py():
        text = _plain_latin(text)
    text = pc.utf8_upper(text)
    text = pc.replace_substring_regex(text, r"['`´‘’ʼ]", "")
    text = pc.replace_substring_regex(text, r"[^\p{L}\p{N}]+", " ")
    return _null_if_empty(pc.utf8_trim_whitespace(text))


def _plain_latin(text: pa.Array) -> pa.Array:
    text = pc.utf8_upper(text)
    for letter, plain in _PLAIN:
        text = pc.replace_substring(text, letter, plain)
    return pc.replace_substring_regex(pc.utf8_normalize(text, form="NFKD"), r"\p{Mn}+", "")


def solid(values: pa.Array) -> pa.Array:
    """Return folded text without blanks: postcodes, references, telephone numbers."""
    return _null_if_empty(pc.replace_substring(fold(values), " ", ""))


def lower_trimmed(values: pa.Array) -> pa.Array:
    """Return lower-case text without blanks at its ends: e-mail addresses."""
    return _null_if_empty(pc.utf8_trim_whitespace(pc.utf8_lower(values.cast(pa.string()))))


def digits(values: pa.Array) -> pa.Array:
    """Return the last ten digits: telephone numbers with and without a country's prefix."""
    only = pc.replace_substring_regex(values.cast(pa.string()), r"[^0-9]+", "")
    return _null_if_empty(pc.replace_substring_regex(only, r"^.*?([0-9]{1,10})$", r"\1"))


def without(values: pa.Array, placeholders: Sequence[str]) -> pa.Array:
    """Return the values with those that stand for nothing (`UNKNOWN`, `NFA`) as null."""
    hit = pc.is_in(values, value_set=texts(placeholders))
    return pc.if_else(hit, NO_TEXT, values)


def without_titles(values: pa.Array, titles: Sequence[str]) -> pa.Array:
    """Return folded names without the titles that they begin with; a name that is nothing else stays."""
    if not titles:
        return values
    return pc.replace_substring_regex(values, rf"^(?:(?:{'|'.join(titles)}) )+(\S)", r"\1")


def without_one_digit(values: pa.Array) -> pa.Array:
    """Return identifiers with those that repeat one character (000000000, 99999) as null."""
    first = pc.utf8_slice_codeunits(values, 0, 1)
    rest = pc.replace_substring_regex(values, r"^(0+|1+|2+|3+|4+|5+|6+|7+|8+|9+|X+)$", "")
    return pc.if_else(pc.and_(pc.equal(rest, EMPTY), pc.not_equal(first, EMPTY)), NO_TEXT, values)


def _null_if_empty(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(values, EMPTY), NO_TEXT, values)


def initial(values: pa.Array) -> pa.Array:
    """Return the first letter."""
    return pc.utf8_slice_codeunits(values, 0, 1)


def start_3(values: pa.Array) -> pa.Array:
    """Return the first three characters."""
    return pc.utf8_slice_codeunits(values, 0, 3)


def start_5(values: pa.Array) -> pa.Array:
    """Return the first five characters."""
    return pc.utf8_slice_codeunits(values, 0, 5)


def first_word(values: pa.Array) -> pa.Array:
    """Return the first word."""
    return pc.replace_substring_regex(values, r"^(\S+).*$", r"\1")


def last_word(values: pa.Array) -> pa.Array:
    """Return the last word."""
    return pc.replace_substring_regex(values, r"^.*?(\S+)$", r"\1")


def last_of_words(values: pa.Array) -> pa.Array:
    """Return the last of two words or more: a single word may be either name."""
    several = pc.match_substring(values, " ")
    return pc.if_else(several, last_word(values), NO_TEXT)


def longest_word(values: pa.Array) -> pa.Array:
    """Return the longest word, the first of equals: what a street is called, whatever stands around it."""
    return texts(max(v.split(), key=len) if v else None for v in values.to_pylist())


def sorted_words(values: pa.Array) -> pa.Array:
    """Return the words in order of the alphabet, so that their order does not matter."""
    return texts(" ".join(sorted(v.split())) if v is not None else None for v in values.to_pylist())


def soundex(values: pa.Array) -> pa.Array:
    """Return jellyfish's Soundex of the first word; the value itself where it is not plain ASCII."""
    return texts(_soundex(v) for v in values.to_pylist())


def _soundex(value: str | None) -> str | None:
    if value is None or not value.isascii():
        return value
    return jellyfish.soundex(value.split(" ")[0]) or value


def metaphone(values: pa.Array) -> pa.Array:
    """Return jellyfish's Metaphone; the value itself where it is not plain ASCII."""
    found = [jellyfish.metaphone(v) if v is not None and v.isascii() else v for v in values.to_pylist()]
    return texts(new or old for new, old in zip(found, values.to_pylist(), strict=True))


def outward(values: pa.Array) -> pa.Array:
    """Return the district of a UK postcode; of other codes the first three characters."""
    return _postcode_part(values, 3)


def sector(values: pa.Array) -> pa.Array:
    """Return the sector of a UK postcode; of other codes all but the last character."""
    return _postcode_part(values, 2)


def _postcode_part(values: pa.Array, cut: int) -> pa.Array:
    uk = pc.match_substring_regex(values, r"^[A-Z]{1,2}[0-9][0-9A-Z]?[0-9][A-Z]{2}$")
    inner = pc.utf8_slice_codeunits(values, 0, -cut)
    other = start_3(values) if cut == 3 else pc.utf8_slice_codeunits(values, 0, -1)
    return _null_if_empty(pc.if_else(uk, inner, other))


def area(values: pa.Array) -> pa.Array:
    """Return the letters that a UK postcode begins with; of other codes the first two characters."""
    letters = pc.replace_substring_regex(values, r"^([A-Z]{1,2})[0-9].*$", r"\1")
    return pc.utf8_slice_codeunits(letters, 0, 2)


def before_at(values: pa.Array) -> pa.Array:
    """Return what stands before the @ of an e-mail address."""
    return _null_if_empty(pc.replace_substring_regex(values, r"@.*$", ""))


POSTAL_CODE = r"(?:[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}|[0-9]{4,}(?: [0-9]{4})?)$"  # UK, or digits; of folded text


def house_number(values: pa.Array) -> pa.Array:
    """Return the first word with a digit of an address in one line, its postal code set aside."""
    return _found(_before_code(values), r"(?:^|\s)(?P<found>[0-9A-Z]*[0-9][0-9A-Z]*)(?:\s|$)")


def street(values: pa.Array) -> pa.Array:
    """Return the first two words without a digit of an address in one line, unit words such as FLAT set aside."""
    return _found(_plain_words(values), r"^\s*(?P<found>\S+(?:\s+\S+)?)")


def postal_code(values: pa.Array) -> pa.Array:
    """Return the postal code at the end of an address in one line."""
    return _null_if_empty(pc.replace_substring(_found(values, f"\\b(?P<found>{POSTAL_CODE})"), " ", ""))


def after_street(values: pa.Array) -> pa.Array:
    """Return what an address in one line says between its street and its postal code: locality, town, county."""
    return _found(_plain_words(values), r"^\s*\S+\s+\S+\s+(?P<found>\S.*?)\s*$")


def _plain_words(values: pa.Array) -> pa.Array:
    plain = pc.replace_substring_regex(_before_code(values), r"\b(?:FLAT|UNIT|APT|APARTMENT|SUITE|PO BOX)\b", "")
    return pc.replace_substring_regex(plain, r"\S*[0-9]\S*", "")


def _before_code(values: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(values, f"\\b{POSTAL_CODE}", "")


def _found(values: pa.Array, pattern: str) -> pa.Array:
    return pc.struct_field(pc.extract_regex(values, pattern), "found")


DERIVED = {
    "initial": initial, "start_3": start_3, "start_5": start_5, "first_word": first_word, "last_word": last_word,
    "last_of_words": last_of_words,
    "longest_word": longest_word, "sorted_words": sorted_words, "soundex": soundex, "metaphone": metaphone,
    "house_number": house_number, "street": street, "postal_code": postal_code, "after_street": after_street,
    "district": outward, "sector": sector, "area": area, "before_at": before_at,
}  # fmt: skip


def characters(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Return the characters of all values as ranks, and where each value stands.

    Returns:
        uint16[characters]; int64[values, 4]: start, length, set of letters (a bit per rank modulo 64), head (the
        first four characters, 16 bits each from the lowest).
    """
    joined = "".join(values.to_pylist())
    points = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
    _, ranks = np.unique(points, return_inverse=True)
    ranks = ranks.astype(np.uint16)
    length = memory_of(pc.utf8_length(values)).astype(np.int64)
    place = np.zeros((len(values), 4), np.int64)
    place[:, 0] = np.cumsum(length) - length
    place[:, 1] = length
    bits = np.uint64(1) << (ranks.astype(np.uint64) & np.uint64(63))
    filled = length > 0
    if len(points):
        place[filled, 2] = np.bitwise_or.reduceat(bits, place[filled, 0]).view(np.int64)
    for k in range(4):
        longer = length > k
        place[longer, 3] |= ranks[place[longer, 0] + k].astype(np.int64) << (16 * k)
    return ranks, place
