"""Addresses in one spelling: postcode, house number, flat, street; and a whole address cut into its parts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from totalplace.config.intake import PlaceRules
from totalplace.intake.names import fold

POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?|GIR)(\d[ABD-HJLNP-UW-Z]{2})")
IN_TEXT = re.compile(r"\b([A-Z]{1,2}\d[A-Z\d]?|GIR) ?([0-9O][A-Z]{2})\s*$")
COMPASS = frozenset(["N", "S", "E", "W", "NORTH", "SOUTH", "EAST", "WEST"])
LEADING_NUMBER = re.compile(r"(?:NO\.? ?)?(\d+ ?[A-Z]?(?: ?[-/] ?\d+ ?[A-Z]?)?)\b[ ,]+(?=[A-Z0-9])")
TextRule = Callable[[str], str | None]


@dataclass(frozen=True)
class Address:
    """The parts of an address; None where it has none."""

    flat: str | None = None
    house_number: str | None = None
    street: str | None = None
    town: str | None = None
    postcode: str | None = None


def plain_words(text: str) -> str:
    """Return folded letters and digits with single blanks; apostrophes join, other marks part."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return " ".join(re.sub(r"[^A-Z0-9]+", " ", fold(text).replace("'", "")).split())


def place_placeholder(rules: PlaceRules) -> TextRule:
    """Return a rule that turns "no fixed abode" and the like into null."""
    whole = frozenset(rules.placeholders)

    def drop(text: str) -> str | None:
        words = plain_words(text)
        return None if not words or words in whole or re.fullmatch(r"([A-Z])\1{2,}", words) else text

    return drop


def postcode(rules: PlaceRules, synthetic: bool) -> TextRule:
    """Return a rule for postcodes: one blank before the last three characters; null if there can be no such code."""
    areas = frozenset(rules.postcode_areas) | (frozenset(rules.pretend_areas) if synthetic else frozenset())
    fillers = frozenset(rules.placeholder_districts)

    def read(text: str) -> str | None:
        bare = re.sub(r"[^A-Z0-9]", "", fold(text))
        if rules.postcode_form == "any":
            return plain_words(text) or None
        # The last part begins with a digit: O and I there are typing errors.
        bare = bare[:-3] + bare[-3:-2].translate(str.maketrans("OI", "01")) + bare[-2:]
        found = POSTCODE.fullmatch(bare)
        area = re.match("[A-Z]+", bare)
        if not found or not area or area[0] not in areas or found[1] in fillers:
            return None
        return f"{found[1]} {found[2]}"

    return read


def house_number(text: str) -> str | None:
    """Return "12A" for "12 a", "No. 12A" or "12a,"; a house's name in plain words."""
    words = re.sub(r"^(NO|NUMBER|HOUSE) (?=\d)", "", plain_words(re.sub(r"\.0+$", "", text)))
    return re.sub(r"(?<=\d) (?=[A-Z]$)", "", words).lstrip("0") or None


def flat(rules: PlaceRules) -> TextRule:
    """Return a rule for flats: "3B" for "Flat 3 b", "APT 3B" or "3B"."""
    word = re.compile(rf"^({'|'.join(rules.flat_words)})\b ?(NO |NUMBER )?")

    def read(text: str) -> str | None:
        return house_number(word.sub("", plain_words(re.sub(r"\.0+$", "", text))))

    return read


def street(rules: PlaceRules) -> TextRule:
    """Return a rule for streets: plain words, the kind of street in full ("ST" to "STREET"), "SAINT" as "ST"."""
    full = {short: forms[0] for forms in rules.street_words for short in forms[1:]}

    def read(text: str) -> str | None:
        words = ["ST" if word == "SAINT" else word for word in plain_words(text).split()]
        at = len(words) - (2 if len(words) > 2 and words[-1] in COMPASS else 1)
        if at > 0:
            words[at] = full.get(words[at], words[at])
        return " ".join(words) or None

    return read


def number_in_street(text: str) -> str | None:
    """Return the house number that stands before a street ("12a High Street")."""
    found = LEADING_NUMBER.match(fold(text))
    return house_number(found[1]) if found else None


def street_without_number(text: str) -> str | None:
    """Return a street without the house number before it."""
    return LEADING_NUMBER.sub("", fold(text), count=1) or None


def address_reader(rules: PlaceRules, synthetic: bool) -> Callable[[str], Address]:
    """Return a rule that cuts a whole address ("Flat 3, 12 High St, Anytown, ZZ1 1AA") into standardised parts."""
    read_code, read_flat, read_street = postcode(rules, synthetic), flat(rules), street(rules)
    flat_start = re.compile(rf"(?:{'|'.join(rules.flat_words)})\.? ?(?:NO\.? ?)?([A-Z]?\d+ ?[A-Z]?|[A-Z])\b[ ,]*")

    def read(text: str) -> Address:
        line = " ".join(fold(re.sub(r"[\r\n;]+", ", ", text)).split())
        code = IN_TEXT.search(line)
        line = line[: code.start()].rstrip(" ,") if code else line
        flat_part = flat_start.match(line)
        line = line[flat_part.end() :] if flat_part else line
        number, road, town = _road(line)
        return Address(
            read_flat(flat_part[1]) if flat_part else None,
            house_number(number) if number else None,
            read_street(road) if road else None,
            plain_words(town) or None,
            read_code(code[0]) if code else None,
        )

    return read


def _road(line: str) -> tuple[str, str, str]:
    """Return number or name of the house, street and town of what is left of an address."""
    parts = [part.strip() for part in line.split(",") if part.strip()]
    if not parts:
        return "", "", ""
    number = LEADING_NUMBER.match(parts[0])
    if number:
        return number[1], parts[0][number.end() :], parts[1] if len(parts) > 1 else ""
    if re.fullmatch(r"\d+ ?[A-Z]?", parts[0]) and len(parts) > 1:
        return parts[0], parts[1], parts[2] if len(parts) > 2 else ""
    second = LEADING_NUMBER.match(parts[1]) if len(parts) > 1 else None
    if second:
        return second[1], parts[1][second.end() :], parts[2] if len(parts) > 2 else ""
    if len(parts) > 2:
        return parts[0], parts[1], parts[2]
    return "", parts[0], parts[1] if len(parts) > 1 else ""
