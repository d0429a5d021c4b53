"""Parts of a value that get tokens of their own, so that levels of agreement exist without any filter."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jellyfish

TextRule = Callable[[str], str | None]


def initial(name: str) -> str | None:
    """Return the first letter."""
    return name[:1] or None


def metaphone(name: str) -> str | None:
    """Return how a name sounds, in the manner of Metaphone (Philips 1990)."""
    return jellyfish.metaphone(name) or None


def soundex(name: str) -> str | None:
    """Return the first letter and three digits of Soundex."""
    return jellyfish.soundex(name.replace(" ", "")) or None


def swapped(day: str) -> str | None:
    """Return a date (YYYYMMDD) with day and month exchanged; null where that is no other date."""
    other = day[:4] + day[6:] + day[4:6]
    return other if "01" <= day[6:] <= "12" and other != day else None


def district(postcode: str) -> str | None:
    """Return the district, "N1" of "N1 9GU"; of a code without a blank the whole."""
    return postcode.split(" ")[0]


def sector(postcode: str) -> str | None:
    """Return the sector, "N1 9" of "N1 9GU"."""
    outward, _, inward = postcode.partition(" ")
    return f"{outward} {inward[:1]}" if inward else None


def area(postcode: str) -> str | None:
    """Return the leading letters, "N" of "N1 9GU"."""
    return "".join(c for c in postcode[:2] if c.isalpha()) or None


NAME_PARTS: Mapping[str, TextRule] = {"initial": initial, "metaphone": metaphone, "soundex": soundex}
DATE_PARTS: Mapping[str, TextRule] = {
    "year": lambda day: day[:4],
    "month": lambda day: day[4:6],
    "day": lambda day: day[6:],
    "month_day": lambda day: day[4:],
    "year_month": lambda day: day[:6],
    "year_day": lambda day: day[:4] + day[6:],
    "swapped": swapped,
}
POSTCODE_PARTS: Mapping[str, TextRule] = {"sector": sector, "district": district, "area": area}
# Fields by the parts they have; any other field is encoded whole only.
NAMES = ("first_name", "middle_names", "surname", "former_surname")


def parts_of(field: str, nicknames: Mapping[str, str]) -> Mapping[str, TextRule]:
    """Return the parts that a field can be encoded by, as rules from the standardised value to the part or null.

    Args:
        field: a field of the schema; dates are given as YYYYMMDD.
        nicknames: name to the name of its class.
    """
    if field in NAMES:
        return {**NAME_PARTS, "nickname": lambda name: nicknames.get(name.split(" ")[0], name.split(" ")[0])}
    if field == "birth_date":
        return DATE_PARTS
    return POSTCODE_PARTS if field == "postcode" else {}


def slk_581(first: str | None, surname: str | None, born: str | None, sex: str | None) -> str | None:
    """Return the Australian statistical linkage key: letters 2, 3, 5 of surname, 2, 3 of first name, DDMMYYYY, sex.

    Source: AIHW, SLK-581: 2 stands for a letter that is not there, 99 for a missing name, 9 for an unknown sex.
    """
    if not born or not (first or surname):
        return None
    last = _letters(surname, (1, 2, 4)) + _letters(first, (1, 2))
    return f"{last}{born[6:]}{born[4:6]}{born[:4]}{ {'M': '1', 'F': '2'}.get(sex or '', '9') }".replace(" ", "")


def _letters(name: str | None, places: tuple[int, ...]) -> str:
    if not name:
        return "9" * len(places)
    plain = name.replace(" ", "")
    return "".join(plain[place] if place < len(plain) else "2" for place in places)
