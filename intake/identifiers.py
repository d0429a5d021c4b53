"""Numbers that name a person or a place: NHS number, NINO, SSN, UPRN, phone, e-mail; null if they cannot be real."""

from __future__ import annotations

import re
from collections.abc import Callable

from totalplace.config.intake import IdentifierRules

NHS_WEIGHTS = range(10, 1, -1)
NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)([A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6})[A-D]?")
MAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
TextRule = Callable[[str], str | None]


def digits_of(text: str) -> str:
    """Return the digits of a number; the ".0" that a spreadsheet adds is none of them."""
    return text if text.isdigit() and text.isascii() else re.sub(r"\D", "", re.sub(r"\.0+$", "", text))


def identifier_placeholder(rules: IdentifierRules) -> TextRule:
    """Return a rule that turns numbers typed to get past a form into null."""
    fillers = frozenset(rules.placeholders)

    def drop(text: str) -> str | None:
        bare = text.upper() if text.isalnum() else re.sub(r"[^A-Z0-9]", "", text.upper())
        return None if not bare or bare in fillers or (len(set(bare)) == 1 and len(bare) > 2) else text

    return drop


def nhs_number(rules: IdentifierRules, synthetic: bool) -> TextRule:
    """Return a rule for NHS numbers: ten digits with a right check digit (mod 11)."""

    def read(text: str) -> str | None:
        number = digits_of(text)
        if len(number) != 10 or re.search("[A-Za-z]", text) or not nhs_check(number):
            return None
        return number if synthetic or not number.startswith(rules.pretend_nhs_beginning) else None

    return read


def nhs_check(number: str) -> bool:
    """Tell whether the tenth digit of an NHS number is right (NHS Data Dictionary, modulus 11)."""
    total = 0
    for digit, weight in zip(number, NHS_WEIGHTS, strict=False):
        total += int(digit) * weight
    check = 11 - total % 11
    return check != 10 and check % 11 == int(number[9])


def nino(rules: IdentifierRules, synthetic: bool) -> TextRule:
    """Return a rule for National Insurance numbers: prefix and six digits, without the last letter, often missing."""

    def read(text: str) -> str | None:
        bare = re.sub(r"[^A-Z0-9]", "", text.upper())
        if synthetic and re.fullmatch(rules.pretend_nino_prefix + r"\d{6}[A-D]?", bare):
            return bare[:8]
        found = NINO.fullmatch(bare)
        return found[1] if found else None

    return read


def ssn(text: str) -> str | None:
    """Return a US social security number's nine digits if it can have been issued."""
    number = digits_of(text).zfill(9) if re.fullmatch(r"\d{7,9}(\.0)?", text.strip()) else digits_of(text)
    fine = len(number) == 9 and number[:3] not in ("000", "666") and number[0] != "9"
    return number if fine and number[3:5] != "00" and number[5:] != "0000" else None


def other_identifier(text: str) -> str | None:
    """Return any further identifier as upper-case letters and digits."""
    return re.sub(r"[^A-Z0-9]", "", re.sub(r"\.0+$", "", text.upper())) or None


def uprn(rules: IdentifierRules) -> TextRule:
    """Return a rule for UPRNs: up to twelve digits without leading zeros."""

    def read(text: str) -> str | None:
        number = digits_of(text).lstrip("0")
        plain = re.fullmatch(r"[\d ]+(\.0+)?", text.strip())
        return number if plain and 0 < len(number) <= rules.max_uprn_digits else None

    return read


def phone(rules: IdentifierRules) -> TextRule:
    """Return a rule for phone numbers: digits as dialled within the country."""

    def read(text: str) -> str | None:
        plus, number = text.strip().startswith("+"), digits_of(re.sub(r"\(0\)", "", text))
        if plus or number.startswith("00"):
            number = number.removeprefix("00")
            number = "0" + number.removeprefix(rules.country_code) if number.startswith(rules.country_code) else number
        return number if rules.min_phone_digits <= len(number) <= rules.max_phone_digits else None

    return read


def email(rules: IdentifierRules) -> TextRule:
    """Return a rule for e-mail addresses: lower case; null for the names that mean "none"."""
    fillers = frozenset(rules.placeholder_mail_names)

    def read(text: str) -> str | None:
        address = text.strip().lower().removeprefix("mailto:")
        name, _, domain = address.partition("@")
        empty = name in fillers or domain.partition(".")[0] in fillers
        return address if MAIL.fullmatch(address) and not empty else None

    return read
