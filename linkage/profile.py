"""What each column of an unknown table is: by its name first, then by its values. Nothing is asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.arrow_columns import memory_of
from totalplace.config.linkage import ProfileRules
from totalplace.linkage import dates, fold
from totalplace.tables import AGENCY, EVENT_GROUP, ROW_ID

SAMPLE = 2000
MOST = 0.8
HALF = 0.5  # of addresses in one line, many lack their number or code
# Columns of CLIENTS and TOKENS that are about the record, or mean something within one agency only.
NOT_EVIDENCE = (
    ROW_ID, AGENCY, EVENT_GROUP, "t_family", "family", "is_child", "record_year", "record_date", "protected",
    "property_class", "valid_from", "valid_to",
)  # fmt: skip
_UK_POSTCODE = r"(?i)^\s*[A-Z]{1,2}[0-9][0-9A-Z]?\s*[0-9][A-Z]{2}\s*$"
_SEXES = {"M", "F", "MALE", "FEMALE", "MAN", "WOMAN", "1", "2"}


@dataclass(frozen=True)
class Profile:
    """One column.

    Args:
        column: its name.
        meaning: `first_name`, `birth_date`, ...; `text`, `number`, `date` where only its values tell; "" = no evidence.
        filled_share: share of rows that are filled.
        entropy_bits: of its values, among filled rows.
    """

    column: str
    meaning: str
    filled_share: float
    entropy_bits: float


def profile_table(table: pa.Table, rules: ProfileRules) -> list[Profile]:
    """Return a profile per column, in order of the table."""
    return [
        _profile(name, table[name].combine_chunks(), rules) for name in table.column_names if name not in NOT_EVIDENCE
    ]


def _profile(name: str, values: pa.Array, rules: ProfileRules) -> Profile:
    filled = 1 - values.null_count / max(1, len(values))
    if pa.types.is_nested(values.type):
        return Profile(name, "", filled, 0.0)
    entropy = _entropy(values)
    meaning = column_meaning(name, rules)
    if len(values) > 1 and (filled < rules.min_filled_share or entropy < rules.min_entropy_bits):
        meaning = ""
    elif meaning is None:
        meaning = _meaning_of_values(values)
    elif meaning in ("street_name", "locality") and _are_lines_of_address(values):
        meaning = "address"
    elif meaning == "birth_date" and not _mostly_dates(values):
        meaning = "birth_day_of_month" if _are_days_of_month(values) else "text"
    return Profile(name, meaning, filled, entropy)


def column_meaning(name: str, rules: ProfileRules) -> str | None:
    """Return what a column's name says: a meaning, "" for somebody else's or an event's, None if it says nothing."""
    if name.startswith(("t_", "b_", "f_", "pc_")):
        return {"t": "token", "b": "block_token", "f": "filter", "p": ""}[name[0]]
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    plain = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    while True:
        for meaning, patterns in rules.names.items():
            if any(re.fullmatch(pattern, plain) for pattern in patterns if pattern):
                return meaning
        padded = f"_{plain}_"
        if any(f"_{word}_" in padded for word in rules.others):
            return ""
        front = next((word for word in rules.prefixes if plain.startswith(f"{word}_")), None)
        if front is None:
            return None
        plain = plain[len(front) + 1 :]


def _entropy(values: pa.Array) -> float:
    counts = memory_of(pc.value_counts(values.drop_null()).field("counts")).astype(np.float64)
    share = counts / max(1.0, counts.sum())
    return float(-(share * np.log2(share)).sum())


def _meaning_of_values(values: pa.Array) -> str:
    if pa.types.is_temporal(values.type):
        return "date"
    if pa.types.is_boolean(values.type) or pa.types.is_nested(values.type) or pa.types.is_binary(values.type):
        return ""
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type) or pa.types.is_decimal(values.type):
        return "number"
    text = pc.unique(values.cast(pa.string())).drop_null()[:SAMPLE]
    if not len(text):
        return "text"
    if {v.strip().upper() for v in text.to_pylist()} <= _SEXES:
        return "sex"
    for meaning, pattern in (
        ("email", r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
        ("postcode", _UK_POSTCODE),
        ("number", r"^\s*[£$€+-]?[0-9][0-9,]*(\.[0-9]+)?\s*$"),
    ):
        if pc.mean(pc.match_substring_regex(text, pattern)).as_py() >= MOST:
            return "date" if meaning == "number" and _mostly_dates(values) else meaning
    if _mostly_dates(values):
        return "date"
    return "address" if _are_lines_of_address(values) else "text"


def _mostly_dates(values: pa.Array) -> bool:
    if pa.types.is_temporal(values.type):
        return True
    text = pc.unique(values.cast(pa.string())).drop_null()[:SAMPLE].to_pylist()
    read = dates.parse(text, day_first=True)
    good = sum(d is not None and 1000 <= year_of(d) <= 2199 for d in read)
    return good >= MOST * len(text)


def _are_lines_of_address(values: pa.Array) -> bool:
    """Tell whether most values are whole addresses: several words, of which one is a number and the last a code."""
    text = fold.fold(pc.unique(values.cast(pa.string())).drop_null()[:SAMPLE]).drop_null()
    coded = pc.match_substring_regex(text, rf"\S+ \S+ .*\b{fold.POSTAL_CODE}")
    numbered = pc.match_substring_regex(text, r"[0-9].* \S*[A-Z]{3}")
    return len(text) > 0 and pc.mean(pc.and_(coded, numbered)).as_py() >= HALF


def _are_days_of_month(values: pa.Array) -> bool:
    text = pc.unique(values.cast(pa.string())).drop_null()[:SAMPLE]
    plain = pc.match_substring_regex(text, r"^\s*(0?[1-9]|[12][0-9]|3[01])(\.0+)?\s*$")
    return len(text) > 0 and pc.mean(plain).as_py() >= MOST


def year_of(packed: int) -> int:
    """Return the year of a packed date, see `dates`."""
    return sum(((packed >> (16 + 4 * k)) & 15) * 10**k for k in range(4))


def of_meaning(profiles: Sequence[Profile], meaning: str) -> tuple[str, ...]:
    """Return the columns of one meaning, the fullest first."""
    found = sorted((p for p in profiles if p.meaning == meaning), key=lambda p: (-p.filled_share, p.column))
    return tuple(p.column for p in found)
