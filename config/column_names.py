"""Is a first row a header? If not it is somebody's record, and nothing of it may be told: the one place that decides.

A word alone proves nothing: "12 High Street" holds a column's word, Ward and Day are surnames, and a cell says No. So
a cell is a column's name where *all* its words are known in column_names.toml, and a row is a header where most cells
are, some of them names that no value looks like, and none is a value.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache

from totalplace.config.load import shipped
from totalplace.errors import listed, near

NOT_TOLD = "Its first row does not look like column names; nothing of it is shown, as it may be somebody's record."
NO_HEADER = "The first row must hold the column names; nothing of it is shown, as it may be somebody's record."
NAMELESS = "(column "  # what a column without a name is called by its place

_WORDS = shipped("column_names")
CERTAIN, USUAL = frozenset(_WORDS["certain"]), frozenset(_WORDS["usual"])
LONGEST = 60
MANY = 4  # usual words alone, of which any may be somebody's name, are a header from more than so many on
LETTER = re.compile("[a-eg-ln-z]", re.IGNORECASE)  # tells nothing of anybody, and is no name either
NUMBERED = re.compile(r"([a-z]{1,8}_?)(\d{1,5})")
VALUE = re.compile(
    r"\d{4}|@|\d\s*[./:-]\s*\d|^\d+$|^\d(?!st |nd |rd |th )|"  # numbers, dates, e-mail addresses, "12 High Street"
    r"(?i:^(m|f|male|female|yes|true|false|mr|mrs|ms|miss|dr)\.?( |$))|"
    r"(?i:^[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}$|^[a-z]{2} ?(\d\d ?){3}[a-d]$)"  # postcodes and national insurance numbers
)


def are_column_names(names: Sequence[str]) -> bool:
    """Tell whether a first row is convincingly a header."""
    if _are_numbered(names):
        return True
    named = [name for name in names if not name.startswith(NAMELESS) and not LETTER.fullmatch(name)]
    if any(_is_a_value(name) for name in named):
        return False
    known = [name for name in named if is_column_name(name)]
    certain = sum(_is_certain(_words(name)) for name in known)
    if len(known) == len(named):
        return certain > 0 or len(known) > MANY
    return certain > 0 and (2 * len(known) >= len(named) or (certain > 1 and len(known) > 2))


def _are_numbered(names: Sequence[str]) -> bool:
    """Tell whether names are counted on, as a program names columns: "c0", "c1", "c2"; few of them may be left out."""
    found = [NUMBERED.fullmatch(name) for name in names]
    counted: dict[str, list[int]] = {}
    for one in found:
        if one is None:
            return False
        counted.setdefault(one[1], []).append(int(one[2]))
    close = (numbers == sorted(set(numbers)) and numbers[-1] <= len(numbers) + 1 for numbers in counted.values())
    return len(names) > 2 * len(counted) and all(close)


def is_column_name(name: str) -> bool:
    """Tell whether a cell is a column's name from its first word to its last: "Date of Birth", not "12 High Street"."""
    words = _words(name)
    if not words or words in (["no"], ["to"], ["in"], ["of"]) or len(name) > LONGEST or _is_a_value(name):
        return False
    if words[-1].isdigit() and len(words) > 1 and len(words[-1]) < 3:
        words = words[:-1]
    if all(_is_known(word) for word in words) or _shipped().fullmatch("_".join(words)):
        return True
    return _is_certain(words) and not re.search(r"\s", name) and len(words) > 1  # "survey_date", "RelatedPersonID"


def columns_told(some: Sequence[str], names: Sequence[str], known: Collection[str] = ()) -> list[str]:
    """Return how a message may call columns: by name; by place ("column 2"), where that may be somebody's value.

    Args:
        some: the columns.
        names: of all columns: the first row.
        known: names of columns that are looked for: two of them make a header of any row.
    """
    header = are_column_names(names) or len(set(known).intersection(names)) > 1
    place = {name: len(names) - back for back, name in enumerate(reversed(names))}
    return [
        name if header and (name in known or may_be_told(name)) else f"column {place.get(name, '?')}" for name in some
    ]


def column_told(name: str, names: Sequence[str]) -> str:
    """Return how a message may call one column, see `columns_told`: "column 'dob'" or "column 2"."""
    (told,) = columns_told([name], names)
    return f"column '{name}'" if told == name else told


def columns_there(names: Sequence[str], wanted: str = "", most: int = 12, known: Collection[str] = ()) -> str:
    """Return a cure that lists the columns there are and the nearest to the one wanted.

    Of a first row that is no header nothing is told. Of one that is, a cell that may still be somebody's name, as where
    a table has a column for each worker, is told by its place.
    """
    told = columns_told(names, names, known)
    if not set(told).intersection(names):
        return NOT_TOLD
    return f"Columns there are: {listed(told, most)}.{near(wanted, set(told).intersection(names))}"


def may_be_told(name: str) -> bool:
    """Tell whether a cell of a header is surely no value of somebody: a table may have a column for each worker."""
    if is_column_name(name) or name.startswith(NAMELESS) or LETTER.fullmatch(name):
        return True
    return name.isascii() and not re.search(r"\s|^[A-Z]", name) and not _is_a_value(name)


def _is_a_value(name: str) -> bool:
    return len(name) > LONGEST or bool(VALUE.search(name))


def _words(name: str) -> list[str]:
    """Return the words of a name: those of "TenantRef", "TENANT_REF" and "FORENAME1" stand apart."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d+$)", " ", name)
    return [word for word in re.split(r"[\W_]+", parted.lower()) if word]


def _is_known(word: str) -> bool:
    return word in USUAL or _is_certain([word])


def _is_certain(words: Sequence[str]) -> bool:
    return any(word in CERTAIN or _glued().fullmatch(word) for word in words)


@cache
def _glued() -> re.Pattern[str]:
    """Return what fits words written as one, such as "clientid"; the first is so long that no surname fits."""
    first = "|".join(sorted(word for word in CERTAIN | USUAL if len(word) > 3))
    return re.compile(rf"({first})({'|'.join(sorted(CERTAIN))}|no)")


@cache
def _shipped() -> re.Pattern[str]:
    """Return what fits the names that rules know already: those of `linkage.profile.names` and of `intake.headers`."""
    names = shipped("linkage")["profile"]["names"]
    headers = shipped("intake")["headers"]
    known = [pattern for patterns in names.values() for pattern in patterns if pattern]
    known += [pattern.replace(" ", "_") for part in ("client", "contact") for _, pattern in headers[part]]
    return re.compile("|".join(f"(?:{pattern})" for pattern in known))
