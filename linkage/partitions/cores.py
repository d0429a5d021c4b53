"""Cores: records that are taken as one person in every draw, and the one probability between each two of them (FAM6).

A draw per record pair would over-merge exactly the people with many records: a probability of 0.1 to each of twenty
records of a core would join in 0.88 of the draws. So links that are as good as certain are contracted first, and
between two cores only their best link counts, with the share of their record pairs that are links.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse
from scipy.sparse import csgraph

from totalplace.config.linkage import ClusterRules
from totalplace.linkage.clusters import kernels
from totalplace.linkage.clusters.cluster import cluster_records, node_codes
from totalplace.linkage.partitions.calibration import BIT, MOST_BITS, Calibration
from totalplace.tables import ROW_ID

Array = np.ndarray[Any, Any]
CONFLICT = "conflict_"


@dataclass(frozen=True)
class Constraints:
    """What linkage knew for certain when it made persons.

    Args:
        ids: row_id of each record, sorted.
        same: int32[records], group of records that are one person for certain; -1 = none.
        conflicts: int32[records] arrays of identifiers, -1 = none: two values never meet in one person.
        apart: two int32 arrays of records that a reviewer declared to be two persons.
    """

    ids: pa.Array
    same: Array
    conflicts: tuple[Array, ...]
    apart: tuple[Array, Array] | None = None


@dataclass(frozen=True)
class Links:
    """Links between records.

    Args:
        left, right: int32[links], records.
        weight: int64[links], in 2^-24 bit.
        against: float64[links], bits of comparisons that speak against.
    """

    left: Array
    right: Array
    weight: Array
    against: Array


@dataclass(frozen=True)
class Cores:
    """Cores, numbered by their first record, and the pairs of cores that may be one person.

    Args:
        of_record: int32[records], core of each record.
        first: int64[cores], smallest record: records are sorted by row_id, so it names the core.
        person: int32[cores], person as linkage made them, as the smallest core of it.
        codes: int32[identifiers, cores], -1 = none.
        left, right: int32[pairs], cores, left < right; most probable pair first.
        probability: float64[pairs], falling.
        weight: int64[pairs], greatest match weight of a link, in 2^-24 bit.
        beyond: record pairs expected to be of one person between cores that no draw may join.
        doubt: record pairs expected to be of two persons inside cores.
        apart: two int32 arrays of cores that may not meet.
    """

    of_record: Array
    first: Array
    person: Array
    codes: Array
    left: Array
    right: Array
    probability: Array
    weight: Array
    beyond: float
    doubt: float
    apart: tuple[Array, Array]

    @property
    def count(self) -> int:
        """Return the number of cores."""
        return len(self.first)


def constraints_table(ids: pa.Array, same: Array, conflicts: Sequence[Array]) -> pa.Table:
    """Return constraints as a table of row_id, same and a column per identifier, to be kept beside LINKS."""
    codes = {f"{CONFLICT}{k}": pa.array(code.astype(np.int32)) for k, code in enumerate(conflicts)}
    return pa.table({ROW_ID: ids, "same": pa.array(same.astype(np.int32)), **codes})


def read_constraints(table: pa.Table) -> Constraints:
    """Return constraints from their table."""
    codes = tuple(table[name].to_numpy() for name in table.column_names if name.startswith(CONFLICT))
    return Constraints(table[ROW_ID].combine_chunks(), table["same"].to_numpy(), codes)


def find_cores(
    known: Constraints,
    links: Links,
    person: Array,
    calibration: Calibration,
    high: float,
    low: float,
    rules: ClusterRules,
) -> Cores:
    """Contract links of at least `high` under the usual constraints, and rate the links between cores.

    Args:
        known: the constraints.
        links: down to the floor.
        person: int32[records], smallest record of the person that linkage made: no core is in two of them.
        calibration: from links to probability.
        high, low: probabilities from which a link is taken as made, and under which as not made.
        rules: `[linkage.cluster]`.
    """
    bits = calibration.bits(links.weight, links.against)
    least = round(float(np.log2(high) - np.log2(1 - high)) * BIT)
    strong = cluster_records(
        len(person), links.left, links.right, np.rint(bits * BIT).astype(np.int64), known.same, known.conflicts, least,
        rules, apart=known.apart,
    )  # fmt: skip
    _, first, of_record = np.unique(
        strong.label.astype(np.int64) * len(person) + person, return_index=True, return_inverse=True
    )
    order = np.argsort(first, kind="stable")
    rank = np.empty(order.size, np.int32)
    rank[order] = np.arange(order.size)
    of_record, first = np.asarray(rank[of_record]), first[order]
    size = np.bincount(of_record)
    codes = [node_codes(of_record, first.size, np.asarray(code)) for code in known.conflicts]
    a, b, best, weight, linked = _between(of_record[links.left], of_record[links.right], bits, links.weight, first.size)
    record_pairs = size[a] * size[b]
    chance = calibration.probability(best, linked / record_pairs, np.minimum(size[a], size[b]))
    allowed = ~_refused(codes, a, b)
    far = allowed & (chance < low)
    kept = np.flatnonzero(allowed & ~far)
    kept = kept[np.lexsort((b[kept], a[kept], -chance[kept]))]
    return Cores(
        of_record,
        first,
        of_record[person[first]],
        np.stack(codes).astype(np.int32) if codes else np.empty((0, first.size), np.int32),
        a[kept].astype(np.int32),
        b[kept].astype(np.int32),
        chance[kept],
        weight[kept],
        float((chance * record_pairs)[far].sum()),
        _doubt(calibration.probability(np.minimum(strong.weakest / BIT, MOST_BITS)), size[of_record]),
        _apart_cores(known.apart, of_record),
    )


def _between(a: Array, b: Array, bits: Array, weight: Array, cores: int) -> tuple[Array, Array, Array, Array, Array]:
    """Return each pair of two cores once: the log odds of its best link, the greatest weight, the number of links."""
    between = a != b
    low, high = np.minimum(a, b)[between].astype(np.int64), np.maximum(a, b)[between].astype(np.int64)
    key, place, count = np.unique(low * cores + high, return_inverse=True, return_counts=True)
    best, most = np.full(key.size, -np.inf), np.full(key.size, np.iinfo(np.int64).min)
    np.maximum.at(best, place, bits[between])
    np.maximum.at(most, place, weight[between])
    return key // cores, key % cores, best, most, count


def _doubt(held: Array, size: Array) -> float:
    """Return the record pairs that a core's records make with it if the link that holds each were false.

    Args:
        held: float64[records], probability of the weakest link between a record and the larger part of its core.
        size: int64[records], of its core.
    """
    wrong = (1 - held) * (size - 1)
    return float(wrong.sum() - wrong[size == 2].sum() / 2)  # one link holds both records of a pair


def _refused(codes: list[Array], a: Array, b: Array) -> Array:
    """Return bool[pairs]: two different identifiers, so that no draw joins them."""
    refused = np.zeros(a.size, bool)
    for code in codes:
        refused |= (code[a] >= 0) & (code[b] >= 0) & (code[a] != code[b])
    return refused


def _apart_cores(apart: tuple[Array, Array] | None, of_record: Array) -> tuple[Array, Array]:
    if apart is None:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    return of_record[apart[0]], of_record[apart[1]]


def uncertain_components(cores: Cores) -> Array:
    """Return int32[cores]: number of the component in which something may change, -1 = certain.

    Cores are in one component if a pair may join them or if linkage made one person of them.
    """
    everyone = np.arange(cores.count)
    left = np.concatenate([cores.left, everyone])
    right = np.concatenate([cores.right, cores.person])
    graph = sparse.coo_matrix((np.ones(left.size, np.int8), (left, right)), shape=(cores.count, cores.count))
    count, label = csgraph.connected_components(graph, directed=False)
    several = np.bincount(label, minlength=count) > 1
    smallest = kernels.lowest_labels(label.astype(np.int32))
    firsts = np.unique(smallest[several[label]])
    return np.where(several[label], np.searchsorted(firsts, smallest), -1).astype(np.int32)
