"""Whether printed figures agree: total, number of units, amount per unit (X4)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from totalplace.config.written import Written


@dataclass(frozen=True)
class Span:
    """All values that a figure can stand for."""

    low: Fraction
    high: Fraction

    def meets(self, other: Span) -> bool:
        """Return whether some value lies in both; ends count."""
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Check:
    """A total, a number and an amount per unit, and whether they can all be right.

    Args:
        what: what they are of.
        total, number, per_unit: as they were written.
        fits: the intervals of their rounding meet.
        fitting: what the amount per unit could be, given the other two; None for none of anything.
    """

    what: str
    total: Written
    number: Written
    per_unit: Written
    fits: bool
    fitting: Span | None

    @property
    def would_fit(self) -> Fraction | None:
        """Return total / number: the amount per unit that would fit."""
        return self.total.value / self.number.value if self.number.value else None


def span_of(written: Written) -> Span:
    """Return the numbers that round to what was written: half a step to both sides, ends included."""
    return Span(written.value - written.step / 2, written.value + written.step / 2)


def product(a: Span, b: Span) -> Span:
    """Return all products of a number of one span and a number of the other."""
    ends = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Span(min(ends), max(ends))


def check_triple(what: str, total: Written, number: Written, per_unit: Written) -> Check:
    """Check that total = number x amount per unit, as far as their rounding tells.

    Source: docs/reference/findings.md, X4.
    """
    fits = span_of(total).meets(product(span_of(number), span_of(per_unit)))
    return Check(what, total, number, per_unit, fits, _fitting(span_of(total), span_of(number)))


def check_sum(parts: Fraction, whole: Written) -> bool:
    """Return whether a stated whole can be the sum of its parts."""
    return span_of(whole).meets(Span(parts, parts))


def _fitting(total: Span, number: Span) -> Span | None:
    if number.low <= 0 <= number.high:
        return None
    return product(total, Span(1 / number.high, 1 / number.low))
