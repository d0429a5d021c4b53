"""Sources that hold each person once: found from the links, and what that tells about the links between them.

Where a source has no duplicates, links inside it are all false. They are decoys: false links between two such sources
are as frequent, weight for weight, as those inside, in proportion to the pairs there are. So the share of true links at
each weight can be read off without labels, and weights set right by it.

Source: the target-decoy competition of Elias and Gygi (2007), which searches of mass spectra are judged by: only links
that are the best for both of their records count, on both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from totalplace.config.linkage import OneToOneRules
from totalplace.linkage.score import BIT, Links

Array = np.ndarray[Any, Any]
MOST_BITS = 60.0


@dataclass(frozen=True)
class Settled:
    """Links after it is known which sources hold each person once.

    Args:
        links: without those inside such sources; weights between such sources are scale * weight + shift_bits.
        best: bool[links], False where one of the two sources has a better partner for one of the two records.
        scale, shift_bits: see above; 1 and what the links left out add to the prior, where nothing could be told.
    """

    links: Links
    best: Array
    scale: float
    shift_bits: float


def find_single(links: Links, source: Array, sources: int, threshold: int, rules: OneToOneRules) -> tuple[int, ...]:
    """Return the sources whose own records seem to be different people, at most `max_sources`: those most linked.

    True links inside a source would be as strong as those between sources, so of them half would stand over the middle
    link to another source. False ones lie just over the threshold.

    Args:
        links: kept pairs.
        source: int32[records].
        sources: how many.
        threshold: in 2^-24 bit.
        rules: `[linkage.one_to_one]`.
    """
    left, right = source[links.left], source[links.right]
    over = links.weight >= threshold
    inside = (left == right) & over
    found = []
    for one in range(sources):
        across = over & ((left == one) != (right == one))
        if not across.any():
            continue
        ends = np.concatenate([links.left[across & (left == one)], links.right[across & (right == one)]])
        linked = len(np.unique(ends))
        own = links.weight[inside & (left == one)]
        strong = 2 * int((own >= np.median(links.weight[across])).sum())
        few = len(own) <= rules.max_inside_share * linked and strong <= rules.max_duplicate_share * linked
        if linked >= rules.min_linked and few:
            found.append((-linked, one))
    return tuple(sorted(one for _, one in sorted(found)[: rules.max_sources]))


def settle(links: Links, source: Array, allowed: Array, single: Sequence[int], rules: OneToOneRules) -> Settled:
    """Leave out the links inside sources that hold each person once, and set right the weights between them.

    Args:
        links: kept pairs.
        source: int32[records].
        allowed: uint8[sources, sources], which were compared.
        single: the sources, two or more for anything to be said of weights.
        rules: `[linkage.one_to_one]`.
    """
    if not single:
        return Settled(links, np.ones(len(links.left), bool), 1.0, 0.0)
    size = np.bincount(source, minlength=len(allowed)).astype(np.float64)
    once = np.zeros(len(allowed), bool)
    once[list(single)] = True
    decoys = bool(allowed[single, single].all())
    added = _fewer_pairs(size, allowed, once)
    scale, shift = _set_right(links, source, size, single, added, rules) if decoys and len(single) > 1 else (1.0, added)
    left, right = source[links.left], source[links.right]
    between = once[left] & once[right]
    bits = links.weight / BIT
    weight = np.where(between, scale * bits + shift, bits + added)
    kept = ~(between & (left == right))
    made = Links(
        links.left[kept],
        links.right[kept],
        np.rint(weight[kept] * BIT).astype(np.int64),
        links.pattern[kept],
        links.seen,
    )
    return Settled(made, _best_of_all(made, source, single), scale, shift)


def only(links: Links, chosen: Array) -> Links:
    """Return some of the links."""
    if chosen.all():
        return links
    return replace(
        links,
        left=links.left[chosen],
        right=links.right[chosen],
        weight=links.weight[chosen],
        pattern=links.pattern[chosen],
    )


def _fewer_pairs(size: Array, allowed: Array, once: Array) -> float:
    """Return the bits by which the prior rises when pairs inside those sources are known not to match."""
    own = np.diag(allowed)
    every = (size[:, None] * size * allowed).sum() - (size * own).sum()
    inside = (size * (size - 1) * own * once).sum()
    return float(np.log2(every / (every - inside))) if every > inside else 0.0


def _set_right(
    links: Links, source: Array, size: Array, single: Sequence[int], added: float, rules: OneToOneRules
) -> tuple[float, float]:
    """Return scale and shift of the log odds of links between two sources, from links inside them."""
    between, inside, pairs, own = [], [], 0.0, 0.0
    for a, b in combinations(single, 2):
        rows = _best_rows(links, source, a, b, inside=True)
        across = source[links.left[rows]] != source[links.right[rows]]
        between.append(links.weight[rows[across]] / BIT)
        inside.append(links.weight[rows[~across]] / BIT)
        pairs += size[a] * size[b]
        own += (size[a] * (size[a] - 1) + size[b] * (size[b] - 1)) / 2
    return fit_line(
        np.concatenate(between), np.concatenate(inside), rules.decoy_factor * pairs / max(1.0, own), added, rules
    )


def fit_line(between: Array, inside: Array, ratio: float, shift: float, rules: OneToOneRules) -> tuple[float, float]:
    """Return scale and shift of log2 odds = scale * weight + shift that make the two kinds of links likeliest.

    Among links of one weight, those between sources are to those inside as ratio * (1 + odds) is to 1.

    Args:
        between, inside: float[links], weights in bits.
        ratio: false links between sources to links inside, by the pairs there are.
        shift: expected; the scale is expected to be 1.
        rules: how far from that they are expected to lie.
    """
    weight = np.concatenate([between, inside])
    steps, at = np.unique(np.rint(weight * 8), return_inverse=True)  # an eighth of a bit: nothing hangs on less
    one, other = (np.bincount(x, minlength=len(steps)) for x in (at[: len(between)], at[len(between) :]))

    def cost(scale: float, moved: float) -> float:
        odds = ratio * (1 + np.exp2(np.clip(scale * steps / 8 + moved, -MOST_BITS, MOST_BITS)))
        likely = (one * np.log(odds) - (one + other) * np.log1p(odds)).sum()
        apart = (np.log(scale) / rules.scale_spread) ** 2 + ((moved - shift) / rules.shift_spread_bits) ** 2
        return float(apart / 2 - likely)

    return _descend(cost, 1.0, shift)


def _descend(cost: Callable[[float, float], float], scale: float, shift: float) -> tuple[float, float]:
    """Return where a smooth cost is least, by steps in both directions that halve where none helps."""
    best, stride = cost(scale, shift), 1.0
    while stride > 1e-3:
        around = [
            (scale * np.exp(0.25 * stride * a), shift + stride * b)
            for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
        ]
        costs = [cost(*point) for point in around]
        least = int(np.argmin(costs))
        if costs[least] < best:
            best, (scale, shift) = costs[least], around[least]
        else:
            stride /= 2
    return float(scale), float(shift)


def _best_rows(links: Links, source: Array, a: int, b: int, *, inside: bool) -> Array:
    """Return rows of the links among two sources that are the best for both of their records."""
    left, right = source[links.left], source[links.right]
    among = ((left == a) & (right == b)) | ((left == b) & (right == a))
    if inside:
        among |= (left == right) & ((left == a) | (left == b))
    rows = np.flatnonzero(among)
    most = np.full(len(source), np.iinfo(np.int64).min)
    for ends in (links.left[rows], links.right[rows]):
        np.maximum.at(most, ends, links.weight[rows])
    weight = links.weight[rows]
    return rows[(weight >= most[links.left[rows]]) & (weight >= most[links.right[rows]])]


def _best_of_all(links: Links, source: Array, single: Sequence[int]) -> Array:
    once = np.zeros(int(source.max(initial=0)) + 1, bool)
    once[list(single)] = True
    best = ~(once[source[links.left]] & once[source[links.right]])
    for a, b in combinations(single, 2):
        best[_best_rows(links, source, a, b, inside=False)] = True
    return best


def figures(names: Sequence[str], single: Sequence[int], settled: Settled) -> dict[str, Any]:
    """Return, ready for JSON, which sources hold each person once and what became of weights between them."""
    return {
        "duplicate_free": [names[one] for one in single],
        "weight_scale": round(settled.scale, 4),
        "weight_shift_bits": round(settled.shift_bits, 4),
    }
