"""The audit without an attack: what encodings tell by how they are spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

ID_BYTES, BANDS = 16, 10


@dataclass(frozen=True)
class Exposure:
    """One column of encodings.

    Args:
        column: its name.
        records: how many bear a code.
        distinct: how many codes there are.
        entropy_bits: of the code of a record drawn by lot.
        least, most: records of the rarest and of the most frequent code.
    """

    column: str
    records: int
    distinct: int
    entropy_bits: float
    least: int
    most: int


def column_exposure(records: pa.Table) -> list[Exposure]:
    """Return one line for each column of codes, in order; columns without any code are left out."""
    names = [name for name in records.column_names if name.startswith(("t_", "b_", "f_"))]
    return [line for name in names if (line := _exposure(name, records[name])) is not None]


def _exposure(name: str, column: pa.ChunkedArray) -> Exposure | None:
    counts = column.drop_null().value_counts().field("counts").to_numpy()
    if not len(counts):
        return None
    share = counts / counts.sum()
    entropy = float(-(share * np.log2(share)).sum())
    return Exposure(name, int(counts.sum()), len(counts), abs(entropy), int(counts.min()), int(counts.max()))


def share_unique(records: pa.Table) -> float:
    """Return the share of records whose tokens, taken together, no other record has."""
    keys = np.zeros(records.num_rows, dtype=np.int64)
    for name in (name for name in records.column_names if name.startswith("t_")):
        encoded = records[name].combine_chunks().dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        keys = np.unique(keys * (len(encoded.dictionary) + 1) + codes + 1, return_inverse=True)[1].astype(np.int64)
    times = np.unique(keys, return_counts=True)[1]
    return float((times == 1).sum() / max(records.num_rows, 1))


def fill_counts(records: pa.Table) -> dict[str, list[int]]:
    """Return of each filter how many records fill it to 0-10%, 10-20% ... 90-100%."""
    made = {}
    for name in (name for name in records.column_names if name.startswith("pc_")):
        bits = 8 * records.schema.field(f"f_{name.removeprefix('pc_')}").type.byte_width
        fill = records[name].drop_null().to_numpy() / bits
        made[f"f_{name.removeprefix('pc_')}"] = np.histogram(fill, bins=BANDS, range=(0, 1))[0].tolist()
    return made
