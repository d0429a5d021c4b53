"""Which pairs are compared: one int64 key per record per rule, and exact counts before any pair exists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from totalplace.arrow_columns import numbers, texts
from totalplace.linkage.encoded import NULL, Records, joint_key
from totalplace.tables import PLAN

SLICES = 32
SLICE_PAIRS = 10_000  # fewer are compared faster than a thread takes them up


@dataclass(frozen=True)
class Blocks:
    """The blocks of one rule.

    Args:
        rule: columns that agree.
        rows: int32[k], records that share a block with another, block after block.
        stop: int32[k], position of the last record of the same block.
        rank: int32[records], number of the record's block; -1 = none: equal ranks mean "this rule makes the pair".
        pairs: pairs in the blocks.
        largest: records in the largest block, before any cap.
        largest_pairs: pairs of the largest block, before any cap.
        left_out: pairs in blocks over the cap.
        slices: (first, end) positions of even pair work.
    """

    rule: tuple[str, ...]
    rows: np.ndarray
    stop: np.ndarray
    rank: np.ndarray
    pairs: int
    largest: int
    largest_pairs: int
    left_out: int
    slices: tuple[tuple[int, int], ...]


def without_records(blocks: Blocks) -> Blocks:
    """Return the blocks' numbers only, for when no pair is made of them any more."""
    none = np.zeros(0, np.int32)
    return replace(blocks, rows=none, stop=none, rank=none)


def rule_key(records: Records, rule: Sequence[str]) -> np.ndarray:
    """Return int64[records]: equal exactly where the rule's columns are equal, -1 where one is null."""
    if not rule:
        return np.zeros(records.rows, np.int64)
    return joint_key([records.columns[name].codes for name in rule])


@dataclass(frozen=True)
class Grouping:
    """The records of one rule in order of its key, and where each block ends.

    Args:
        rule: columns that agree.
        rows: int32[k], records that have a key, block after block.
        edges: int64[blocks + 1], where blocks begin, and k.
    """

    rule: tuple[str, ...]
    rows: np.ndarray
    edges: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Return int64[blocks], records in each block."""
        return np.diff(self.edges)


def group(records: Records, rule: Sequence[str]) -> Grouping:
    """Sort the records by the rule's key.

    The order within a block and of blocks follows the codes, so it depends on values and row ids only.
    """
    rows, key = sorted_by_key(rule_key(records, rule))
    edges = np.flatnonzero(np.r_[True, key[1:] != key[:-1], True]) if len(key) else np.zeros(1, np.int64)
    return Grouping(tuple(rule), rows, edges)


def pairs_of(sizes: np.ndarray) -> int:
    """Return the number of pairs within blocks of these sizes."""
    sizes = sizes.astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def make_blocks(grouping: Grouping, records: int, max_block: int) -> Blocks:
    """Return the blocks of two records or more, those of more than `max_block` records left out.

    Args:
        grouping: the records in order of the rule's key.
        records: how many there are in all.
        max_block: records in the largest block that is kept.
    """
    sizes = grouping.sizes
    keep = (sizes > 1) & (sizes <= max_block)
    left_out = pairs_of(sizes[sizes > max_block])
    number = np.where(keep, np.cumsum(keep) - 1, NULL).astype(np.int32)
    rank = np.full(records, NULL, np.int32)
    rank[grouping.rows] = np.repeat(number, sizes)
    rows = grouping.rows[np.repeat(keep, sizes)]
    kept = sizes[keep]
    stop = np.repeat(np.cumsum(kept) - 1, kept).astype(np.int32)
    largest = int(sizes.max(initial=0))
    return Blocks(
        grouping.rule,
        rows,
        stop,
        rank,
        pairs_of(kept),
        largest,
        pairs_of(np.array([largest])),
        left_out,
        even_slices(stop),
    )


def sorted_by_key(key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the records that have a key, in order of key and then of record, and their keys.

    Key and record number share one int64 where they fit: sorting numbers is many times faster than sorting positions.
    """
    rows = np.flatnonzero(key >= 0)
    if int(key.max(initial=0)) < 2**62 // max(1, len(key)):
        packed = np.sort(key[rows] * len(key) + rows)
        return (packed % len(key)).astype(np.int32), packed // len(key)
    rows = rows[np.argsort(key[rows], kind="stable")]
    return rows.astype(np.int32), key[rows]


def even_slices(stop: np.ndarray) -> tuple[tuple[int, int], ...]:
    """Cut positions into runs of equal numbers of pairs: about SLICES, or fewer of about SLICE_PAIRS."""
    if not len(stop):
        return ()
    work = np.cumsum(stop.astype(np.int64) - np.arange(len(stop)))
    runs = min(SLICES, 1 + int(work[-1]) // SLICE_PAIRS)
    cuts = np.searchsorted(work, np.linspace(0, work[-1], runs + 1)[1:-1], side="right")
    cuts = np.unique(np.r_[0, cuts, len(stop)])
    return tuple((int(a), int(b)) for a, b in zip(cuts[:-1], cuts[1:], strict=True))


def random_blocks(records: Records, pairs: int, seed: int) -> Blocks:
    """Return about `pairs` random pairs in the form of blocks: each record with the next few of a seeded shuffle."""
    rows = np.random.default_rng(seed).permutation(records.rows).astype(np.int32)
    reach = min(records.rows, max(1, -(-pairs // max(1, records.rows))))
    stop = np.minimum(np.arange(records.rows) + reach, records.rows - 1).astype(np.int32)
    total = int((stop.astype(np.int64) - np.arange(records.rows)).sum())
    return Blocks((), rows, stop, np.zeros(0, np.int32), total, 0, 0, 0, even_slices(stop))


def allowed_agencies(agencies: Sequence[str], link_type: str, duplicate_free: Sequence[str]) -> np.ndarray:
    """Return uint8[agencies, agencies]: 1 where records of the two may be compared.

    Args:
        agencies: names in order of their codes.
        link_type: `dedupe_only` within an agency, `link_only` between agencies, `link_and_dedupe` both.
        duplicate_free: agencies whose own records are known to be different people.
    """
    allowed = np.ones((len(agencies), len(agencies)), np.uint8)
    inside = np.eye(len(agencies), dtype=bool)
    if link_type == "link_only":
        allowed[inside] = 0
    if link_type == "dedupe_only":
        allowed[~inside] = 0
    for k, agency in enumerate(agencies):
        if agency in duplicate_free:
            allowed[k, k] = 0
    return allowed


def cap_for_budget(sizes: Sequence[np.ndarray], budget: int, max_block: int) -> int:
    """Return the largest block size, at most `max_block`, at which all rules together make at most `budget` pairs."""
    every = np.sort(np.concatenate([*sizes, np.zeros(0, np.int64)]).astype(np.int64))
    every = every[every <= max_block]
    running = np.cumsum(every * (every - 1) // 2)
    if not len(every) or running[-1] <= budget:
        return max_block
    fits = int(np.searchsorted(running, budget, side="right"))
    limit = int(every[fits])  # blocks of this size no longer all fit
    return max(2, limit - 1)


def cap_of_rule(sizes: np.ndarray, cap: int, dominant_share: float, dominant_pairs: int) -> int:
    """Return the largest block size of one rule: under that of a value which makes nearly all of its many pairs.

    Args:
        sizes: int64, records of each block of two or more.
        cap: of all rules.
        dominant_share: of the rule's pairs, from which on a value says nothing.
        dominant_pairs: that a value must make before it is looked at.
    """
    kept = sizes[sizes <= cap]
    if not len(kept):
        return cap
    largest = int(kept.max())
    pairs = largest * (largest - 1) // 2
    return largest - 1 if pairs >= max(dominant_pairs, dominant_share * pairs_of(kept)) else cap


def plan_table(blocks: Sequence[Blocks], net: Sequence[int]) -> pa.Table:
    """Return PLAN: a row per rule, with the pairs that no earlier rule makes."""
    left_out = numbers(np.array([b.left_out for b in blocks], np.int64))
    share = [b.largest_pairs / max(1, b.pairs + b.left_out) for b in blocks]
    return pa.table(
        {
            "rule": texts(" + ".join(b.rule) or "every pair" for b in blocks),
            "pairs": numbers(np.array(net, np.int64)),
            "largest_block": numbers(np.array([b.largest for b in blocks], np.int64)),
            "largest_share": numbers(np.array(share, np.float64)),
            "capped": numbers(np.array([b.left_out > 0 for b in blocks], np.uint8)).cast(pa.bool_()),
            "pairs_left_out": left_out,
        },
        schema=PLAN.schema,
    )
