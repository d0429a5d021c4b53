"""Draws: each pair of cores is decided by a hash, then cores are joined under the usual constraints (FAM6).

A decision depends on the seed, the draw and the smallest row_ids of the two cores, and on nothing else: not on the
order of rows, the number of threads, or what other pairs do. So the same two cores are joined in the same draws on
every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.compiled import kernel
from totalplace.linkage.clusters import kernels
from totalplace.linkage.partitions.cores import Cores

Array = np.ndarray[Any, Any]
GOLDEN, MIX_A, MIX_B = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
UNIT = 2.0**-53
GOLDEN_RATIO = (5**0.5 - 1) / 2
DRAW = -1.0  # in place of a threshold: decide by the hash


@dataclass(frozen=True)
class Rounds:
    """Ways to decide every pair: by draw, or by a threshold.

    Args:
        names: partition_id of each.
        salt: uint64[rounds].
        level: float64[rounds], probability from which a pair joins; `DRAW` = the hash decides.
        factor: float64[rounds], by which a draw takes every pair's odds to be larger than the calibration says.
    """

    names: tuple[str, ...]
    salt: Array
    level: Array
    factor: Array


@dataclass(frozen=True)
class Component:
    """The ways in which one component of cores may fall into persons.

    Args:
        cores: int32[n], sorted.
        labels: int32[ways, n], position of the first core of each core's person; way 0 is what linkage made.
        way: int32[rounds], which way each round goes.
    """

    cores: Array
    labels: Array
    way: Array


def rounds_of(draws: int, thresholds: list[float], spread_bits: float, seed: int) -> Rounds:
    """Return all rounds, draws first.

    Args:
        draws: how many.
        thresholds: probabilities.
        spread_bits: standard deviation of what the calibration may be off by, for all pairs of a place alike.
        seed: of the project.
    """
    number = np.arange(draws, dtype=np.uint64)
    with np.errstate(over="ignore"):
        base = mixed(np.full(draws, seed, np.uint64))
        salt = mixed(base ^ number)
    # Steps of the golden ratio fill 0 to 1 evenly after any number of draws, so the tails need no luck.
    at = (float(base[0] >> np.uint64(11)) * UNIT + np.arange(draws) * GOLDEN_RATIO) % 1.0
    off = np.array([NormalDist().inv_cdf(min(max(u, UNIT), 1 - UNIT)) for u in at.tolist()])
    names = (*(f"draw {k}" for k in range(draws)), *(f"threshold {t:g}" for t in thresholds))
    none = np.zeros(len(thresholds), np.uint64)
    factor = np.concatenate([np.exp2(spread_bits * off), np.ones(len(thresholds))])
    return Rounds(names, np.concatenate([salt, none]), np.concatenate([np.full(draws, DRAW), thresholds]), factor)


def mixed(words: Array) -> Array:
    """Return 64-bit words mixed so that any change of one changes half the bits (SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        z = words + GOLDEN
        z = (z ^ (z >> np.uint64(30))) * MIX_A
        z = (z ^ (z >> np.uint64(27))) * MIX_B
        return np.asarray(z ^ (z >> np.uint64(31)))


def pair_keys(cores: Cores, ids: pa.Array) -> Array:
    """Return uint64[pairs], made of the smallest row_ids of the two cores."""
    named = ids.take(pa.array(cores.first)).cast(pa.binary(16))
    if not len(named):
        return np.zeros(0, np.uint64)
    words = np.frombuffer(b"".join(named.to_pylist()), ">u8").reshape(-1, 2).astype(np.uint64)
    own = mixed(mixed(words[:, 0]) ^ words[:, 1])
    return mixed(mixed(own[cores.left]) ^ own[cores.right])


@kernel
def chance_of(key: int, salt: int) -> float:
    """Return the number in [0, 1) that decides a pair in a round."""
    z = (key ^ salt) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * UNIT


@kernel
def decide(
    key: Array,
    probability: Array,
    left: Array,
    right: Array,
    codes: Array,
    apart_start: Array,
    apart_node: Array,
    salt: Array,
    level: Array,
    factor: Array,
    made: Array,
) -> tuple[Array, Array]:
    """Decide the pairs of one component in every round and join its cores; return the ways and each round's way.

    Pairs are strongest first; `codes` [identifiers, cores]; `made` is the first core of each core's person as linkage
    made it, and way 0. Rounds that decide alike are joined once.
    """
    rounds, cores, pairs = salt.size, made.size, key.size
    ways = np.empty((rounds + 1, cores), np.int32)
    ways[0] = made
    seen = np.empty((rounds, pairs), np.bool_)
    seen_way = np.empty(rounds, np.int32)
    way = np.empty(rounds, np.int32)
    count, known = 1, 0
    no_bits, no_sources = np.zeros(cores, np.uint64), np.zeros(0, np.uint64)
    for r in range(rounds):
        joins = seen[known]
        for e in range(pairs):
            if level[r] >= 0:
                joins[e] = probability[e] >= level[r]
            else:
                odds = probability[e] * factor[r]
                joins[e] = chance_of(key[e], salt[r]) * (1 - probability[e] + odds) < odds
        at = -1
        for k in range(known):
            if np.array_equal(seen[k], joins):
                at = seen_way[k]
                break
        if at < 0:
            chosen = np.flatnonzero(joins)
            root, _ = kernels.join_strongest(
                left[chosen], right[chosen], np.zeros(chosen.size, np.int64), 0, codes.copy(), no_bits.copy(),
                no_bits.copy(), no_sources, no_sources, apart_start, apart_node,
            )  # fmt: skip
            label = kernels.lowest_labels(root)
            for k in range(count):
                if np.array_equal(ways[k], label):
                    at = k
                    break
            if at < 0:
                at = count
                ways[count] = label
                count += 1
            seen_way[known] = at
            known += 1
        way[r] = at
    return ways[:count], way


def draw_components(cores: Cores, component: Array, keys: Array, rounds: Rounds) -> list[Component]:
    """Return the ways of every component.

    Args:
        cores: the cores.
        component: from `uncertain_components`.
        keys: from `pair_keys`.
        rounds: draws and thresholds.
    """
    count = int(component.max(initial=-1)) + 1
    node_order, node_start = kernels.group_rows(component, count)
    pair_order, pair_start = kernels.group_rows(component[cores.left], count)
    place = np.zeros(cores.count, np.int32)
    place[node_order] = np.arange(node_order.size) - np.repeat(node_start[:-1], np.diff(node_start))
    start, other = _apart_rows(cores, component)
    found = []
    for c in range(count):
        mine = node_order[node_start[c] : node_start[c + 1]]
        pairs = pair_order[pair_start[c] : pair_start[c + 1]]
        counts = np.diff(start)[mine]
        rows = np.concatenate([other[start[i] : start[i + 1]] for i in mine]) if counts.any() else other[:0]
        labels, way = decide(
            keys[pairs], cores.probability[pairs], place[cores.left[pairs]], place[cores.right[pairs]],
            np.ascontiguousarray(cores.codes[:, mine]), np.concatenate([[0], np.cumsum(counts)]), place[rows],
            rounds.salt, rounds.level, rounds.factor, place[cores.person[mine]],
        )  # fmt: skip
        found.append(Component(mine.astype(np.int32), labels, way))
    return found


def _apart_rows(cores: Cores, component: Array) -> tuple[Array, Array]:
    """Return the cores of its component that may not meet each core, as compressed rows."""
    a, b = cores.apart
    near = (component[a] == component[b]) & (component[a] >= 0) & (a != b)
    a, b = a[near], b[near]
    ends = np.concatenate([a, b]).astype(np.int32)
    order, start = kernels.group_rows(ends, cores.count)
    return start, np.concatenate([b, a])[order].astype(np.int32)
