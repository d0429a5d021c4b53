"""The themes that a line of spend serves, and how much of it each takes."""

from __future__ import annotations

import re
from fractions import Fraction

FULL = 10_000  # weights are whole ten-thousandths, so that money split by them adds up again
SHARE = re.compile(r"(?P<theme>[a-z][a-z0-9_]*)(\s+(?P<weight>\d+(\.\d+)?)(?P<percent>%)?)?")


def read_shares(text: str) -> dict[str, int] | None:
    """Read `housing 0.6; crime 40%`, or `housing` for the whole line.

    Returns:
        Theme to its weight in ten-thousandths, which sum to at most 10,000; None if the text is no such list.
    """
    shares: dict[str, int] = {}
    parts = [part.strip() for part in text.lower().split(";") if part.strip()]
    for part in parts:
        found = SHARE.fullmatch(part)
        if found is None or found["theme"] in shares or (found["weight"] is None and len(parts) > 1):
            return None
        weight = Fraction(found["weight"] or 1) * FULL / (100 if found["percent"] else 1)
        if weight.denominator != 1 or not weight:
            return None
        shares[found["theme"]] = int(weight)
    return shares if shares and sum(shares.values()) <= FULL else None
