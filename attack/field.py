"""One field of the encoded records beside its values in the clear: the attacker sees the one, the judge both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.attack.evidence import Codes, Cut
from totalplace.intake.distinct import Coded, coded
from totalplace.intake.encode import grams_of, record_filters
from totalplace.intake.schema import Grams

BETWEEN = "|"  # stands in no standardised name or date


@dataclass(frozen=True)
class Field:
    """The most frequent values of a field, and how they were encoded.

    Args:
        name: of the field.
        values: distinct values, the most frequent first.
        records: records that bear each.
        covered: share of the records with a value that bear one of these.
        cut: a value into the grams that its encoding holds.
        tokens: uint8, values by 16; None where the field has no token.
        filters: uint8, values by bytes; None where it has no filter.
    """

    name: str
    values: Sequence[str]
    records: np.ndarray
    covered: float
    cut: Cut
    tokens: np.ndarray | None
    filters: np.ndarray | None

    def codes(self, kind: str, kept: np.ndarray) -> Codes | None:
        """Return what an attacker holds of some values: their `tokens` or `filters`."""
        packed = self.tokens if kind == "tokens" else self.filters
        return None if packed is None else Codes(packed[kept], self.records[kept], kind == "filters")


def field_of(
    name: str, clear: pa.ChunkedArray, token: pa.ChunkedArray | None, filter_: pa.ChunkedArray | None, grams: Grams,
    max_values: int,
) -> Field:  # fmt: skip
    """Return a field's most frequent values beside their encodings.

    Args:
        name: of the field.
        clear: its standardised values, one row per record.
        token, filter_: the same records' encodings, as they leave the agency; None = there is none.
        grams: how the encoding cuts a value.
        max_values: most values to return.
    """
    column = coded(clear)
    first, kept, records, covered = _most_frequent(column, max_values)
    values = [column.values[at] for at in kept]
    packed = [None if one is None else _packed(one, first) for one in (token, filter_)]
    return Field(name, values, records, covered, lambda value: frozenset(grams_of(value, grams)), packed[0], packed[1])


def _most_frequent(column: Coded, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return, of the most frequent values: a row that bears each, its number, its records; and the share they cover."""
    found, first, counts = np.unique(column.codes[column.present], return_index=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:most]
    rows = np.flatnonzero(column.present)[first[order]]
    return rows, found[order], counts[order], float(counts[order].sum() / max(counts.sum(), 1))


def _packed(column: pa.ChunkedArray, rows: np.ndarray) -> np.ndarray:
    picked = column.take(pa.array(rows)).to_pylist()
    return np.frombuffer(b"".join(picked), np.uint8).reshape(len(rows), -1)


def record_field(parts: Sequence[tuple[pa.ChunkedArray, bytes, Grams]], bits: int, max_values: int) -> Field:
    """Return whole records as if each were one value, under one filter that holds the grams of all its parts.

    Args:
        parts: column, key and cut of each part.
        bits: of the filter.
        max_values: most distinct records to return.
    """
    texts = pc.binary_join_element_wise(*(pc.fill_null(column, "") for column, _, _ in parts), BETWEEN)
    rows, kept, records, covered = _most_frequent(column := coded(texts), max_values)
    picked = [(coded(one.take(pa.array(rows))), key, grams) for one, key, grams in parts]
    filters, _ = record_filters(picked, bits, len(rows))
    values = [column.values[at] for at in kept]

    def cut(text: str) -> frozenset[str]:
        pieces = zip(text.split(BETWEEN), (grams for _, _, grams in parts), strict=False)
        return frozenset(f"{at} {gram}" for at, (piece, grams) in enumerate(pieces) for gram in grams_of(piece, grams))

    packed = np.frombuffer(b"".join(filters.fill_null(bytes(bits // 8)).to_pylist()), np.uint8).reshape(len(rows), -1)
    return Field("record", values, records, covered, cut, None, packed)
