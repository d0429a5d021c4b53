"""The result of standalone linkage under the names that Splink's users know; only here are columns renamed so."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.arrow_columns import memory_of, numbers
from totalplace.linkage.clusters.cluster import Clusters
from totalplace.linkage.match import Found
from totalplace.linkage.model import Comparison
from totalplace.linkage.score import BIT, probability
from totalplace.linkage.standalone import BETWEEN, StandaloneRecords


def persons_table(clusters: Clusters, records: StandaloneRecords) -> pa.Table:
    """Return unique_id, source_dataset, cluster_id, weakest_link (probability), row by row of the tables.

    A cluster is named after one of its records: by its id, and with several tables by `source-__-id`.
    """
    record = np.empty(len(records.order), np.int64)
    record[records.order] = np.arange(len(records.order))
    names = _names(records)
    return pa.table({
        "unique_id": records.ids,
        "source_dataset": records.source_of(np.arange(len(record))),
        "cluster_id": names.take(numbers(records.order[clusters.label][record])),
        "weakest_link": numbers(probability(clusters.weakest)[record]),
    })  # fmt: skip


def _names(records: StandaloneRecords) -> pa.Array:
    if len(records.sources) == 1:
        return records.ids
    sources = records.source_of(np.arange(len(records.ids))).cast(pa.string())
    return pc.binary_join_element_wise(sources, records.ids, BETWEEN)


def pairs_table(found: Found, records: StandaloneRecords) -> pa.Table:
    """Return the kept pairs with both ids, match_weight (log2, prior inside), match_probability and gamma_*.

    gamma is -1 where a comparison had nothing to compare, 0 for its last level, and rises with agreement. Pairs and
    their two ends follow the rows of the tables, or the ids where the records do.
    """
    left, right = found.links.left.astype(np.int64), found.links.right.astype(np.int64)
    ends = np.stack([left, right] if records.by_id else [records.order[left], records.order[right]])
    low, high = ends.min(0), ends.max(0)
    order = np.argsort(low * len(records.order) + high)
    low, high = low[order], high[order]
    if records.by_id:
        low, high = records.order[low], records.order[high]
    weight = found.links.weight[order]
    return pa.table({
        "unique_id_l": records.ids.take(numbers(low)),
        "source_dataset_l": records.source_of(low),
        "unique_id_r": records.ids.take(numbers(high)),
        "source_dataset_r": records.source_of(high),
        "match_weight": numbers(weight / BIT),
        "match_probability": numbers(probability(weight)),
        **gamma_columns(found, order),
    })  # fmt: skip


def gamma_columns(found: Found, order: np.ndarray) -> dict[str, pa.Array]:
    """Return int8 columns `gamma_<comparison>` of the links in an order, in order of the model."""
    coded = numbers(found.links.pattern).dictionary_encode()  # few patterns on many pairs
    levels = found.program.levels(memory_of(coded.dictionary))
    back = memory_of(coded.indices)
    at = {c.name: k for k, c in enumerate(found.program.comparisons)}
    return {f"gamma_{c.name}": numbers(_gammas(c)[levels[:, at[c.name]]][back[order]]) for c in found.model.comparisons}


def _gammas(comparison: Comparison) -> np.ndarray:
    """Return the gamma of each level of the kernel: -1 for null and for what counts as missing, then from 0 up."""
    counts = [False, *(not level.null for level in reversed(comparison.levels))]
    return np.where(counts, np.cumsum(counts) - 1, -1).astype(np.int8)
