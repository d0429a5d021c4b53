"""Dates: declared forms read without locale, impossible and default days null, false peaks on 1 January found."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping

from totalplace.errors import ConfigError

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
PARTS = {
    "d": r"(?P<d>\d{1,2})", "m": r"(?P<m>\d{1,2})", "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d{2})",
    "b": r"(?P<b>[A-Za-z]{3,9})\.?", "B": r"(?P<b>[A-Za-z]{3,9})\.?", "H": r"(?P<H>\d{1,2})", "I": r"(?P<H>\d{1,2})",
    "M": r"(?P<M>\d{2})", "S": r"(?P<S>\d{2})", "p": r"(?P<p>[AaPp])\.?[Mm]\.?", "f": r"\d{1,9}",
    "z": r"(?:Z|[+-]\d{2}:?\d{2})", "%": "%",
}  # fmt: skip
# A time after a form that has none: "2009-12-31 00:00:00.000", "2009-12-31T09:30Z".
TAIL = (
    r"(?:[T ]+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d{1,9})?)?"
    r"(?: ?(?P<p>[AaPp])[Mm])?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
ISO = "%Y-%m-%d"
CLOCK = re.compile(r"(?P<H>\d{1,2})[:.h]?(?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,]\d+)?)?(?: ?(?P<p>[AaPp])\.?[Mm]\.?)?")
Moment = tuple[dt.date, int | None]


def date_reader(forms: str | Iterable[str], pivot_year: int) -> Callable[[str], Moment | None]:
    """Return a reader of dates in any of the declared forms, and always in 2009-12-31.

    Args:
        forms: strptime forms, tried in order.
        pivot_year: two-digit years below it are 20xx.

    Returns:
        a function from text to (day, seconds after midnight or None), or None for what is no date in these forms.

    Raises:
        ConfigError: a form holds a part that we do not read.
    """
    wanted = [forms] if isinstance(forms, str) else list(forms)
    patterns = [_pattern(form) for form in dict.fromkeys([*wanted, ISO])]

    def read(text: str) -> Moment | None:
        for pattern in patterns:
            found = pattern.fullmatch(text)
            moment = _moment(found.groupdict(), pivot_year) if found else None
            if moment:
                return moment
        return None

    return read


def _pattern(form: str) -> re.Pattern[str]:
    pieces = re.split(r"%(.)", form)
    try:
        body = "".join(PARTS[piece] if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))
        return re.compile(body + ("" if "?P<H>" in body else TAIL))
    except (KeyError, re.error):
        known = ", ".join(f"%{letter}" for letter in PARTS)
        raise ConfigError(
            "TP321", "key 'date_format'", "holds a part that is not read", f"Use each once of {known}."
        ) from None


def _moment(parts: Mapping[str, str | None], pivot_year: int) -> Moment | None:
    month = _month(parts)
    year = int(parts["Y"] or 0) if parts.get("Y") else _full_year(parts.get("y"), pivot_year)
    try:
        day = dt.date(year, month, int(parts.get("d") or 1))
    except ValueError:
        return None
    seconds = _seconds(parts)
    # Midnight to the second is what a day without a time looks like after an export.
    return (day, seconds or None) if seconds is None or seconds >= 0 else None


def _month(parts: Mapping[str, str | None]) -> int:
    if "b" not in parts and "m" not in parts:
        return 1  # a form that tells the year alone means the year: its first day stands for it
    word = (parts.get("b") or "").lower()[:3]
    return MONTHS.index(word) + 1 if word in MONTHS else int(parts.get("m") or 0)


def _full_year(two: str | None, pivot_year: int) -> int:
    return 0 if not two else int(two) + (2000 if int(two) < pivot_year else 1900)


def _seconds(parts: Mapping[str, str | None]) -> int | None:
    """Return seconds after midnight, None without a time, -1 for an impossible one."""
    if not parts.get("H"):
        return None
    hour, minute, second = int(parts["H"] or 0), int(parts.get("M") or 0), int(parts.get("S") or 0)
    half = (parts.get("p") or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second < 60 else -1


def read_clock(text: str) -> int | None:
    """Return seconds after midnight of "9:30", "0930", "09:30:00" or "9.30 pm", also behind a date; else None."""
    found = CLOCK.fullmatch(re.split(r"[T ](?=\d{1,2}:)", text)[-1])
    seconds = _seconds(found.groupdict()) if found else None
    return seconds if seconds and seconds > 0 else None


def default_days(births: Mapping[dt.date, int], min_records: int, max_chance: float) -> dict[dt.date, int]:
    """Return the first days of January that hold improbably many births: default dates, with their counts.

    Args:
        births: day to number of client records.
        min_records: a peak is at least so high.
        max_chance: Poisson chance under which a count is no accident, given the rest of that year.
    """
    years: dict[int, int] = {}
    for day, count in births.items():
        if (day.month, day.day) != (1, 1):
            years[day.year] = years.get(day.year, 0) + count
    typical = sorted(years.values())[len(years) // 2] if years else 0
    peaks = {}
    for day, count in sorted(births.items()):
        if (day.month, day.day) == (1, 1) and count >= min_records:
            expected = max(years.get(day.year, 0), typical) / 364
            if _poisson_tail(count, expected) < max_chance:
                peaks[day] = count
    return peaks


def _poisson_tail(count: int, expected: float) -> float:
    """Return the chance of `count` or more; the first term bounds a tail that falls at least by half a step."""
    if count <= 2 * expected + 1:
        return 1.0
    log = count * math.log(expected) - expected - math.lgamma(count + 1) if expected > 0 else -math.inf
    return 2 * math.exp(log)
