"""What depends on the linkage, as it may be shown: headlines at other thresholds, and pairs by their match weight."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.report.disclosure.conventions import Convention
from totalplace.tables import REAL, TEXT, WHOLE

THRESHOLD = "threshold "  # how the partitions of a link threshold are named among the draws
SAFE_THRESHOLDS = pa.schema(
    [pa.field(name, TEXT, nullable=False) for name in ("table", "row")]
    + [pa.field("threshold", REAL, nullable=False), pa.field("shown", REAL)]
)
SAFE_WEIGHTS = pa.schema([pa.field("bits", WHOLE, nullable=False), pa.field("pairs", REAL), pa.field("right", REAL)])


def thresholds_of(draws: pa.Table, ranges: pa.Table, convention: Convention) -> pa.Table:
    """Return SAFE_THRESHOLDS: each released headline when only links of at least a probability are taken as made.

    Args:
        draws: headline, partition_id (`threshold 0.9` for a threshold) and value of each partition.
        ranges: SAFE_RANGES; a headline that is withheld there has no row here.
        convention: of the release; a number under the threshold for small numbers is null.
    """
    shown = {row["headline"]: row for row in ranges.to_pylist() if not row["withheld"]}
    rows = []
    for draw in draws.filter(pc.starts_with(draws["partition_id"], THRESHOLD)).to_pylist():
        headline = shown.get(draw["headline"])
        if headline is not None:
            at = float(draw["partition_id"].removeprefix(THRESHOLD))
            number = _rounded(draw["value"], convention)
            rows.append({"table": headline["table"], "row": headline["row"], "threshold": at, "shown": number})
    rows.sort(key=lambda row: (row["table"], row["row"], row["threshold"]))
    return pa.Table.from_pylist(rows, schema=SAFE_THRESHOLDS)


def weights_of(bins: pa.Table, convention: Convention) -> pa.Table:
    """Return SAFE_WEIGHTS: pairs of records by match weight, from the lightest.

    Args:
        bins: bits (lower end of a bin), pairs, and `expected`: the sum of their match probabilities.
        convention: of the release; a bin of too few pairs is null, and `right`, the share expected to be right, too.
    """
    rows = []
    for row in sorted(bins.to_pylist(), key=lambda row: row["bits"]):
        pairs = _rounded(row["pairs"], convention)
        right = None if pairs is None else round(row["expected"] / row["pairs"], 2)
        rows.append({"bits": row["bits"], "pairs": pairs, "right": right})
    return pa.Table.from_pylist(rows, schema=SAFE_WEIGHTS)


def _rounded(value: float, convention: Convention) -> float | None:
    return None if value < convention.min_cell else float(convention.rounded(np.array([value], float))[0])
