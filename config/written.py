"""Numbers as somebody wrote them: what they say, and how far they were rounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

SCALES = {"": 1, "k": 10**3, "m": 10**6, "bn": 10**9}
WRITTEN = re.compile(
    r"(?P<minus>-|\()?£?(?P<whole>\d{1,3}(,\d{3})+|\d+)(\.(?P<part>\d+))?\s?(?P<scale>k|m|bn)?(?P<close>\))?"
)


@dataclass(frozen=True)
class Written:
    """A number, exactly, and the step to which it was rounded: the place of the last digit that says something."""

    value: Fraction
    step: Fraction


def read_written(text: str, counted: bool = False) -> Written | None:
    """Read 7100000000, £7.1bn, 14,200, 204.50 or (1,200), which is less than nothing; None if it is none of these.

    Args:
        text: the number as written. A whole one is taken as rounded to its last digit that is not 0, a decimal one to
            its last digit.
        counted: things were counted: 250 or 500,000 of them are taken as exactly that many.
    """
    found = WRITTEN.fullmatch(text.strip().lower())
    if found is None or (found["minus"] == "(") != bool(found["close"]):
        return None
    whole, part, scale = found["whole"].replace(",", ""), found["part"] or "", SCALES[found["scale"] or ""]
    value = Fraction(int(whole + part), 10 ** len(part)) * scale
    rounded = not counted and not part and int(whole)
    zeros = len(whole) - len(whole.rstrip("0")) if rounded else -len(part)
    return Written(-value if found["minus"] else value, Fraction(10) ** zeros * scale)
