"""The judge: sets the attackers to work and counts what they found."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.attack.attackers import ATTACKERS, align_lone_ranks
from totalplace.attack.evidence import NOTHING, Case, Codes, ValueList, draw_case
from totalplace.attack.field import Field
from totalplace.attack.hardened import HARDENED, plain
from totalplace.intake.derive import parts_of
from totalplace.intake.distinct import coded
from totalplace.intake.fields import field_columns
from totalplace.intake.keyed import codes as keyed_codes
from totalplace.intake.keyed import hkdf
from totalplace.intake.protect import nicknames

QUANTILE = 1.959964  # of the normal distribution, for 95%
WITH_LIKENESS = ("A2", "A3 naive", "A3")  # attackers that a token, which tells no likeness, gives nothing to
UNKEYED = ("md5", "sha1", "sha256", "sha512")


@dataclass(frozen=True)
class Measured:
    """What one attacker found with one list.

    Args:
        field: whose values.
        encoding: tokens, filters, or how a filter was hardened.
        attacker: A1 to A4, or A3 naive.
        overlap: share of the encoded values that its list holds.
        typing_errors: whether entries of the list are misspelt.
        values: encoded values that could be found.
        found: share of these that were found, one to one.
        low, high: its 95% interval (Wilson).
        people: share of the records that bear them.
        precision: share of the attacker's claims that are right; None = it claims nothing.
    """

    field: str
    encoding: str
    attacker: str
    overlap: float
    typing_errors: bool
    values: int
    found: float
    low: float
    high: float
    people: float
    precision: float | None


def attack_field(
    field: Field,
    attackers: Collection[str],
    overlaps: Iterable[float],
    error_share: float,
    token_key: bytes,
    seed: int,
) -> Iterator[Measured]:
    """Let attackers loose on a field's tokens and filters, with each list, clean and misspelt.

    Args:
        field: encodings and truth.
        attackers: A1 to A4.
        overlaps: shares of the encoded values that lists hold.
        error_share: of a misspelt list's entries.
        token_key: the key of the field's tokens, for the insider (A4) alone.
        seed: of the draws.
    """
    for overlap in overlaps:
        for errors in (0.0, error_share) if error_share else (0.0,):
            case = draw_case(
                field.values,
                field.records,
                field.cut,
                overlap,
                errors,
                np.random.default_rng([seed, int(100 * overlap)]),
            )
            for kind in ("tokens", "filters"):
                held = field.codes(kind, case.encoded)
                if held is None:
                    continue
                for name in _names(attackers, kind):
                    guess = ATTACKERS[name](held, case.listed, np.random.default_rng(seed))
                    yield judged(field.name, kind, name, overlap, bool(errors), held, case, guess)
                if "A4" in attackers and kind == "tokens":
                    guess = insider(held, case.listed, token_key)
                    yield judged(field.name, kind, "A4", overlap, bool(errors), held, case, guess)


def _names(attackers: Collection[str], kind: str) -> list[str]:
    return [
        name for name in ATTACKERS if name.split()[0] in attackers and (kind == "filters" or name not in WITH_LIKENESS)
    ]


def attack_hardened(field: Field, attackers: Collection[str], key: bytes, seed: int) -> Iterator[Measured]:
    """Measure hardenings that are not offered, against a clean list of all values."""
    case = draw_case(field.values, field.records, field.cut, 1.0, 0.0, np.random.default_rng(seed))
    for label, harden in HARDENED.items():
        held = Codes(harden(field, key)[case.encoded], field.records[case.encoded], True)
        for name in _names(attackers, "filters"):
            guess = ATTACKERS[name](held, case.listed, np.random.default_rng(seed))
            yield judged(field.name, label, name, 1.0, False, held, case, guess)


def attack_salted(
    name: str, by_year: Mapping[str, Field], attackers: Collection[str], key: bytes, seed: int
) -> Iterator[Measured]:
    """Measure names that are keyed by year of birth too, by attackers who know each code's year and list that year.

    Args:
        name: the field.
        by_year: year to the values of the records of that year.
        attackers: A1 to A3.
        key: keys of the years are made of it.
        seed: of the draws.
    """
    for attacker in _names(attackers, "filters"):
        parts = []
        for year, field in by_year.items():
            case = draw_case(field.values, field.records, field.cut, 1.0, 0.0, np.random.default_rng(seed))
            held = Codes(plain(field, hkdf(key, b"", year.encode()))[case.encoded], field.records[case.encoded], True)
            parts.append((held, case, ATTACKERS[attacker](held, case.listed, np.random.default_rng(seed))))
        yield _judged_together(name, "salted by birth year, year known", attacker, parts)


def insider(held: Codes, listed: ValueList, key: bytes) -> np.ndarray:
    """A4: encode the list under the key itself, and look each code up."""
    known = {code: at for at, code in enumerate(keyed_codes(key, (value.encode() for value in listed.values)))}
    return np.array([known.get(code.tobytes(), NOTHING) for code in held.packed], dtype=np.int64)


def judged(
    field: str, encoding: str, attacker: str, overlap: float, errors: bool, held: Codes, case: Case, guess: np.ndarray
) -> Measured:
    """Return what an attacker's guesses are worth."""
    claimed = guess != NOTHING
    right = claimed & (guess == case.truth)
    return _told((field, encoding, attacker, overlap, errors), right, claimed, held.records)


def _judged_together(
    field: str, encoding: str, attacker: str, parts: Sequence[tuple[Codes, Case, np.ndarray]]
) -> Measured:
    claimed = np.concatenate([guess != NOTHING for _, _, guess in parts])
    right = claimed & np.concatenate([guess == case.truth for _, case, guess in parts])
    records = np.concatenate([held.records for held, _, _ in parts])
    return _told((field, encoding, attacker, 1.0, False), right, claimed, records)


def _told(
    about: tuple[str, str, str, float, bool], right: np.ndarray, claimed: np.ndarray, records: np.ndarray
) -> Measured:
    hits, size = int(right.sum()), len(right)
    people = float(records[right].sum() / max(records.sum(), 1))
    precision = hits / int(claimed.sum()) if claimed.any() else None
    return Measured(*about, size, hits / max(size, 1), *interval(hits, size), people, precision)


def interval(hits: int, size: int) -> tuple[float, float]:
    """Return the 95% interval of a share (Wilson 1927)."""
    if not size:
        return 0.0, 1.0
    share, z2 = hits / size, QUANTILE**2
    middle = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = QUANTILE * math.sqrt(share * (1 - share) / size + z2 / (4 * size**2)) / (1 + z2 / size)
    return max(0.0, middle - half), min(1.0, middle + half)


def dictionary_of(clients: pa.Table) -> set[str]:
    """Return a dictionary that holds every field of every client, whole and in each of its parts."""
    found: set[str] = set()
    for name, column in field_columns(clients).items():
        rules = parts_of(name, nicknames())
        found.update(value for value in column.values)
        found.update(part for value in column.values for rule in rules.values() if (part := rule(value)))
    return found


def dictionary_hits(records: pa.Table, values: Iterable[str], guesses: Sequence[pa.Table]) -> dict[str, int]:
    """A0: count the codes that fall without the project's key.

    Args:
        records: TOKENS of the project.
        values: every value and part of one that the attacker's dictionary holds.
        guesses: the dictionary's people encoded under keys that everybody knows.

    Returns:
        Column to the number of its distinct codes that were guessed; columns without a hit are left out.
    """
    plain = {
        digest[:16]
        for value in values
        for text in (value, value.lower(), value.title())
        for digest in (hashlib.new(name, text.encode()).digest() for name in UNKEYED)
    }
    hits = {}
    for name in (name for name in records.column_names if name.startswith(("t_", "b_", "f_"))):
        held = set(records[name].drop_null().unique().to_pylist())
        known = {code for table in guesses if name in table.column_names for code in table[name].unique().to_pylist()}
        if found := len(held & (known | plain)):
            hits[name] = found
    return hits


def analysis_columns(tables: Mapping[str, pa.Table], names: Mapping[str, pa.Table], field: str) -> dict[str, int]:
    """A1 on what the analysis unit receives: count the names that a column gives away one to one.

    Only ranks that nothing ties are claimed: the rest would be drawing lots.

    Args:
        tables: name of the table to the table, with `row_id`.
        names: field to a table of `row_id` and `value`, the truth.
        field: which of them.

    Returns:
        `table.column` to the number of names found; columns without a hit are left out.
    """
    hits = {}
    for label, table in tables.items():
        joined = table.join(names[field], "row_id", join_type="inner").combine_chunks()
        for column in (column for column in joined.column_names if column != "value"):
            if pa.types.is_nested(joined.schema.field(column).type):
                continue
            if found := _given_away(joined[column], joined["value"], names[field]["value"]):
                hits[f"{label}.{column}"] = found
    return hits


def _given_away(column: pa.ChunkedArray, value: pa.ChunkedArray, all_values: pa.ChunkedArray) -> int:
    seen, meant = coded(column), coded(value)
    counts = all_values.drop_null().value_counts()
    rank = dict(zip(counts.field("values").to_pylist(), counts.field("counts").to_numpy(), strict=True))
    listed = ValueList(meant.values, np.array([rank.get(v, 0) for v in meant.values], np.int64), [])
    held = Codes(np.zeros((len(seen.values), 1), np.uint8), _counts(seen.codes, len(seen.values)), False)
    guess = align_lone_ranks(held, listed, np.random.default_rng(0))
    hits = 0
    for code in np.flatnonzero(guess != NOTHING):
        hits += bool(np.array_equal(seen.codes == code, meant.codes == guess[code]))
    return hits


def _counts(codes: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(codes[codes >= 0], minlength=size)
