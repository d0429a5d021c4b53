"""How amounts of money are said when spending is counted."""

from __future__ import annotations

import pytest

from totalplace.pipeline.spending.words import money


@pytest.mark.parametrize(
    ("gbp", "says"),
    [
        (None, "missing"),
        (0.0, "£0"),
        (0.5, "£0.50"),
        (408.0, "£408"),
        (14_213.0, "£14,200"),
        (-7_100_000_000.0, "-£7.1bn"),
        (1.2e12, "£1,200bn"),
    ],
)
def test_an_amount_has_three_digits_and_no_exponent(gbp: float | None, says: str) -> None:
    assert money(gbp) == says
