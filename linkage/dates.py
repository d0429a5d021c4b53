"""Dates as one int64: the day number in the high half, eight decimal digits (year, month, day) in the low half.

A digit that could not be read is 15 and unequal to every digit; a part that is not known is 00. Dates that are no
day of the calendar keep their digits and have no day number.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

import numpy as np

from totalplace.compiled import kernel
from totalplace.linkage.packed import edits_apart

NO_DAY = -(2**31)
UNREAD = 15
DIGITS = 8
LOW = 0xFFFFFFFF
_PARTS = re.compile(r"^\s*([^\s/.\-]{1,4})[\s/.\-]+([^\s/.\-]{1,9})[\s/.\-]+([^\s/.\-]{1,4})(?:[T ].*)?\s*$")
_MONTHS = {
    name: number + 1
    for number, name in enumerate(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"])
}


@kernel
def day_of(date):  # type: ignore[no-untyped-def]
    """Return the day number, or NO_DAY."""
    return date >> 32


@kernel
def digits_apart(a, b):  # type: ignore[no-untyped-def]
    """Count digits to change so that the two dates are equal; exchanging two neighbours is one change."""
    return edits_apart(a & LOW, b & LOW)


@kernel
def swapped(a, b):  # type: ignore[no-untyped-def]
    """Tell whether the years agree and the day of each is the month of the other."""
    return (
        (a & LOW) >> 16 == (b & LOW) >> 16
        and (a & 0xFF) == ((b >> 8) & 0xFF)
        and ((a >> 8) & 0xFF) == (b & 0xFF)
        and (a & 0xFFFF) != (b & 0xFFFF)
    )


def pack(year: str, month: str, day: str) -> int | None:
    """Return a date from its digits; None where fewer than six of the eight can be read.

    Args:
        year: four characters.
        month: two characters, "00" if not known.
        day: two characters, "00" if not known.
    """
    text = year + month + day
    digits = [int(c) if "0" <= c <= "9" else UNREAD for c in text]
    if digits.count(UNREAD) > 2:
        return None
    bits = 0
    for digit in digits:
        bits = bits << 4 | digit
    return (_day_number(text) << 32) | bits


def _day_number(text: str) -> int:
    try:
        return (datetime.date(int(text[:4]), int(text[4:6]), int(text[6:])) - datetime.date(1970, 1, 1)).days
    except ValueError:
        return NO_DAY


def from_days(days: np.ndarray) -> np.ndarray:
    """Return packed dates of day numbers (int, days since 1970-01-01)."""
    iso = days.astype("datetime64[D]")
    year = iso.astype("datetime64[Y]").astype(np.int64) + 1970
    month = iso.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (iso - iso.astype("datetime64[M]")).astype(np.int64) + 1
    number = year * 10000 + month * 100 + day
    bits = sum((number // 10**k % 10) << (4 * k) for k in range(DIGITS))
    return (days.astype(np.int64) << 32) | bits


def split(text: str, day_first: bool) -> tuple[str, str, str] | None:
    """Return (year, month, day) of a written date, or None; characters that are no digits stay.

    Args:
        text: such as 2009-12-31, 31/12/2009, 20091231, 31 Dec 2009.
        day_first: how to read 03/04/2009.
    """
    text = text.strip()
    if len(text) == DIGITS and text.isdigit():
        return _split_solid(text, day_first)
    found = _PARTS.match(text)
    if not found:
        return None
    a, b, c = found.groups()
    if len(a) == 4:
        year, month, day = a, b, c
    elif len(c) == 4:
        year, (month, day) = c, ((b, a) if day_first else (a, b))
    else:
        return None
    month, day = (str(_MONTHS.get(part[:3].upper(), part)).zfill(2) for part in (month, day))
    return (year, month, day) if len(month) == 2 and len(day) == 2 else None


def _split_solid(text: str, day_first: bool) -> tuple[str, str, str]:
    """Read eight digits with the year in front, unless only the year at the end makes a likely date."""
    ends_in_year = (
        "1800" <= text[4:] <= "2199" and max(text[:2], text[2:4]) <= "31" and min(text[:2], text[2:4]) <= "12"
    )
    if "1000" <= text[:4] <= "2199" and not (ends_in_year and (text[4:6] > "12" or text[6:] > "31")):
        return text[:4], text[4:6], text[6:]
    first, second, year = text[:2], text[2:4], text[4:]
    return (year, second, first) if day_first else (year, first, second)


def likely_day_first(texts: Iterable[str], default: bool) -> bool:
    """Tell how a column writes its dates: whichever of the two first numbers passes 12 more often is the day."""
    first = second = 0
    for text in texts:
        parts = split(text, day_first=True)
        if parts and parts[1].isdigit() and parts[2].isdigit():
            first += int(parts[2]) > 12 >= int(parts[1])
            second += int(parts[1]) > 12 >= int(parts[2])
    return default if first == second else first > second


def parse(texts: list[str], day_first: bool) -> list[int | None]:
    """Return packed dates of written ones: None where a text is none; a day that cannot exist keeps its digits."""
    return [_parse_one(text, day_first) for text in texts]


def _parse_one(text: str, day_first: bool) -> int | None:
    parts = split(text, day_first)
    return pack(*parts) if parts and len(parts[0]) == 4 else None


def _digits(packed: np.ndarray, low: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which dates have these digits, and the number that they make."""
    shifts = np.arange(low, low + count)
    nibbles = (packed[:, None] >> (4 * shifts)) & 15
    return np.asarray((nibbles <= 9).all(1)), (nibbles * 10 ** np.arange(count)).sum(1)


def _year(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    good, value = _digits(packed, 4, 4)
    return good & np.asarray(value > 0), value


def _month_day(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    good, value = _digits(packed, 0, 4)
    return good & (value % 100 > 0), value


def _year_month(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    good, value = _digits(packed, 2, 6)
    return good & (value % 100 > 0), value


def _month(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    good, value = _digits(packed, 2, 2)
    return good & np.asarray(value > 0), value


def _day(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    good, value = _digits(packed, 0, 2)
    return good & np.asarray(value > 0), value


def _decade(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return _digits(packed, 5, 3)


PARTS = {
    "year": _year,
    "month_day": _month_day,
    "year_month": _year_month,
    "month": _month,
    "day": _day,
    "decade": _decade,
}
