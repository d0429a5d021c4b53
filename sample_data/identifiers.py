"""Identifiers that can belong to nobody, with right check digits.

NHS numbers begin 999 (issued to no patient), National Insurance numbers QQ (a prefix that is never allocated),
telephone numbers 01632 (an area code assigned to no place), e-mail addresses end in example.org (RFC 2606).
"""

from __future__ import annotations

import numpy as np

NHS_WEIGHTS = np.arange(10, 1, -1)


def nhs_check_digit(nine: np.ndarray) -> np.ndarray:
    """Return the modulus-11 check digit of nine-digit numbers; 10 where no valid NHS number has these nine.

    Source: NHS Data Dictionary, NHS NUMBER.
    """
    digits = (nine[:, None] // 10 ** np.arange(8, -1, -1)[None, :]) % 10
    return (11 - (digits * NHS_WEIGHTS).sum(axis=1) % 11) % 11


def scattered(rng: np.random.Generator, count: int, size: int, step: int) -> np.ndarray:
    """Return `count` distinct numbers below `size` in scattered order; `step` shares no factor with `size`."""
    return (int(rng.integers(size)) + np.arange(min(count, size), dtype=np.int64) * step) % size


def _padded(numbers: np.ndarray, people: int) -> np.ndarray:
    return np.concatenate([numbers[:people], np.zeros(max(0, people - len(numbers)), dtype=np.int64)])


def nhs_numbers(rng: np.random.Generator, people: int) -> np.ndarray:
    """Return an NHS number per person as int64; 0 for those beyond the 909,091 that the range 999 holds."""
    nine = 999_000_000 + scattered(rng, people * 5 // 4 + 50, 1_000_000, 617_363)
    check = nhs_check_digit(nine)
    return _padded((nine * 10 + check)[check < 10], people)


def insurance_numbers(rng: np.random.Generator, people: int) -> np.ndarray:
    """Return a National Insurance number per person as int64 below 4,000,000: six digits, a letter A to D; 0 = none."""
    return _padded(scattered(rng, people, 3_999_996, 2_611_753) + 4, people)


def insurance_text(number: int, blanks: bool) -> str | None:
    """Return a National Insurance number as written."""
    if number == 0:
        return None
    digits, letter = f"{number // 4:06d}", "ABCD"[number % 4]
    parts = ["QQ", digits[:2], digits[2:4], digits[4:], letter]
    return (" " if blanks else "").join(parts)


def phone_numbers(rng: np.random.Generator, people: int) -> np.ndarray:
    """Return the six digits after 01632 per person."""
    return rng.integers(100_000, 1_000_000, size=people)
