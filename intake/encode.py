"""Codes of values: tokens, derived tokens, block tokens and q-gram filters, each under a key of its own.

Source: privacy.md section 6, whose known-answer vectors are tests. Only distinct values are encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from totalplace.intake.distinct import Coded
from totalplace.intake.keyed import Mac, codes, hkdf, keyed
from totalplace.intake.schema import Grams
from totalplace.tables import ID

VALUES_AT_ONCE = 20_000
KEY_CHECK_MESSAGE = b"key check"


def derive_key(project_key: bytes, salt: bytes, purpose: str, field: str, derive: str) -> bytes:
    """Return the key of one column: HKDF-SHA-256(project key; schema hash; "totalplace/1|purpose|field|derive").

    Source: privacy.md section 5. No two columns share a key, so equal values in two columns have unrelated codes.
    """
    return hkdf(project_key, salt, f"totalplace/1|{purpose}|{field}|{derive}".encode())


def key_check(project_key: bytes, salt: bytes) -> str:
    """Return 32 hex digits that are equal only for one key and schema; they say nothing else about the key."""
    return codes(derive_key(project_key, salt, "check", "", ""), [KEY_CHECK_MESSAGE])[0].hex()


def tokens(column: Coded, key: bytes) -> pa.Array:
    """Return 16-byte tokens of a column of text; null stays null."""
    return _placed(codes(key, (value.encode() for value in column.values)), column)


def packed_tokens(column: Coded, key: bytes) -> pa.Array:
    """Return tokens of a column of bytes, such as packed parts."""
    return _placed(codes(key, column.values), column)


def _placed(made: list[bytes], column: Coded) -> pa.Array:
    joined = pa.FixedSizeBinaryArray.from_buffers(ID, len(made), [None, pa.py_buffer(b"".join(made))])
    return joined.take(pa.array(column.codes, pa.int32(), mask=column.codes < 0))


def grams_of(value: str, grams: Grams) -> list[str]:
    """Return the distinct grams of a value, sorted; positional ones are preceded by their position."""
    if grams.n == 0:
        return [value]
    text = "_" * grams.pad + value + "_" * grams.pad
    pieces = [text[i : i + grams.n] for i in range(max(len(text) - grams.n + 1, 1))]
    return sorted({f"{i} {piece}" if grams.positional else piece for i, piece in enumerate(pieces)})


def gram_places(mac: Mac, gram: str, bits: int, per_gram: int) -> np.ndarray:
    """Return the places of a gram's bits: the first `per_gram` little-endian 16-bit slices of its HMAC, mod `bits`."""
    return np.frombuffer(mac(gram.encode()), dtype="<u2")[:per_gram].astype(np.int64) % bits


def filters(column: Coded, key: bytes, grams: Grams, bits: int) -> tuple[pa.Array, pa.Array]:
    """Return the filters of a column (bits / 8 bytes, bit i in byte i // 8) and how many bits are set in each."""
    return spread_filters(packed_filters(column, key, grams, bits), column.codes)


def packed_filters(column: Coded, key: bytes, grams: Grams, bits: int) -> np.ndarray:
    """Return the filters of the distinct values, uint8 of values by bits // 8."""
    mac, places = keyed(key), dict[str, np.ndarray]()
    packed = [
        _packed(column.values[at : at + VALUES_AT_ONCE], mac, places, grams, bits)
        for at in range(0, len(column.values), VALUES_AT_ONCE)
    ]
    return np.concatenate([np.zeros((0, bits // 8), np.uint8), *packed])


def record_filters(parts: Sequence[tuple[Coded, bytes, Grams]], bits: int, rows: int) -> tuple[pa.Array, pa.Array]:
    """Return one filter per record, which holds the grams of all its fields, each under its own key; null if empty."""
    whole = np.zeros((rows, bits // 8), dtype=np.uint8)
    for column, key, grams in parts:
        packed = np.concatenate([packed_filters(column, key, grams, bits), np.zeros((1, bits // 8), np.uint8)])
        whole |= packed[column.codes]
    return spread_filters(whole, np.where(whole.any(axis=1), np.arange(rows), -1).astype(np.int32))


def spread_filters(packed: np.ndarray, row_codes: np.ndarray) -> tuple[pa.Array, pa.Array]:
    """Return filters and bit counts of each row, given those of the distinct values (uint8, values by bytes)."""
    kind = pa.binary(packed.shape[1])
    made = pa.FixedSizeBinaryArray.from_buffers(kind, len(packed), [None, pa.py_buffer(np.ascontiguousarray(packed))])
    counts = pa.array(np.bitwise_count(packed).sum(axis=1).astype(np.uint16))
    at = pa.array(row_codes, pa.int32(), mask=row_codes < 0)
    return made.take(at), counts.take(at)


def _packed(values: Sequence[str], mac: Mac, places: dict[str, np.ndarray], grams: Grams, bits: int) -> np.ndarray:
    """Return the filters of some values, uint8 of values by bits // 8; `places` remembers grams."""
    set_bits = np.zeros((len(values), bits), dtype=bool)
    for row, value in enumerate(values):
        for gram in grams_of(value, grams):
            if gram not in places:
                places[gram] = gram_places(mac, gram, bits, grams.per_gram)
            set_bits[row, places[gram]] = True
    return np.packbits(set_bits, axis=1, bitorder="little")


def salted_filters(column: Coded, keys: Callable[[str], bytes], grams: Grams, bits: int) -> tuple[pa.Array, pa.Array]:
    """Return filters keyed also by year of birth.

    Args:
        column: values are (value, year).
        keys: the key of a year.
        grams: how filters are filled.
        bits: their length.
    """
    packed = np.zeros((len(column.values), bits // 8), dtype=np.uint8)
    by_year: dict[str, list[int]] = {}
    for at, (_, year) in enumerate(column.values):
        by_year.setdefault(year, []).append(at)
    for year, rows in by_year.items():
        packed[rows] = _packed([column.values[i][0] for i in rows], keyed(keys(year)), {}, grams, bits)
    return spread_filters(packed, column.codes)
