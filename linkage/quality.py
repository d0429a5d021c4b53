"""What can be said about a result without labels: threshold, estimated precision and recall, cluster counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from totalplace.config.linkage import LinkageRules
from totalplace.linkage.clusters.cluster import Clusters
from totalplace.linkage.model import Model
from totalplace.linkage.score import BIT, Links, probability, to_fixed
from totalplace.tables import Note

if TYPE_CHECKING:
    from totalplace.linkage.match import Prepared

NORMAL_95 = 1.96
LEAST_SHARE = 1e-3


def choose_threshold(weight: np.ndarray, rules: LinkageRules) -> float:
    """Return the match weight (log2, prior inside) from which pairs are links, by the target of the rules.

    Args:
        weight: int64, kept pairs, in 2^-24 bit.
    """
    falling = np.sort(weight)[::-1]
    chance = probability(falling)
    true = np.cumsum(chance)
    count = np.arange(1, len(chance) + 1)
    if not len(chance):
        return 0.0
    if rules.target == "precision":
        good = np.flatnonzero(true / count >= rules.target_precision)
        return float(falling[good[-1]] / BIT) if len(good) else float(falling[0] / BIT)
    f1 = 2 * true / (count + true[-1])
    return float(falling[int(np.argmax(f1))] / BIT)


def figures(
    ready: Prepared, links: Links, clusters: Clusters, model: Model, possible: float, rules: LinkageRules
) -> dict[str, Any]:
    """Return the figures of a run, ready for JSON."""
    chance = probability(links.weight)
    above = links.weight >= to_fixed(model.threshold or 0.0)
    # What the rules are expected to miss counts as matches too, or recall would be that of compared pairs alone.
    matches = max((model.prior or 0.0) * possible, float(chance.sum()) / max(ready.expected_recall, LEAST_SHARE))
    precision, recall = estimates(links.weight, above, matches, rules.calibration.spread_bits)
    sizes = np.bincount(clusters.label)
    sizes = sizes[sizes > 0]
    return {
        "records": ready.records.rows,
        "pairs_possible": int(possible),
        "pairs_planned": sum(b.pairs for b in ready.blocks),
        "pairs_left_out": sum(b.left_out for b in ready.blocks),
        "pairs_compared": sum(links.seen),
        "links_kept": len(links.weight),
        "links_above_threshold": int(above.sum()),
        "threshold_bits": model.threshold,
        "term_frequency": rules.term_frequency,
        "estimated_matches": round(matches, 1),
        "standard_errors_of_m": {c.name: [level.m_error for level in c.levels] for c in model.comparisons},
        "standard_error_of_prior": model.prior_error,
        "estimated_precision": precision,
        "estimated_recall": recall,
        "expected_recall_of_rules": round(ready.expected_recall, 4),
        "clusters": len(sizes),
        "clusters_of_two_or_more": int((sizes > 1).sum()),
        "largest_cluster": int(sizes.max(initial=0)),
        "clusters_split": clusters.splits,
    }


def estimates(
    weight: np.ndarray, above: np.ndarray, matches: float, spread_bits: float
) -> tuple[dict[str, float], dict[str, float]]:
    """Return expected precision and recall of links, each with its 95% interval.

    The centre takes the model's posteriors at their word. The interval does not: it moves all weights up and down
    together, as far as a place's own calibration was seen to lie from the common one, and adds the chance of each pair.

    Args:
        weight: int64, kept pairs, in 2^-24 bit.
        above: whether each is a link.
        matches: record pairs of one person that are expected, kept or not.
        spread_bits: standard deviation of what all weights may be off by.
    """
    kept = float(probability(weight).sum())
    shares, noise = [], []
    for off in (0.0, -NORMAL_95 * spread_bits, NORMAL_95 * spread_bits):
        chance = probability(weight + round(off * BIT))
        right, unseen = float(chance[above].sum()), max(0.0, matches - kept) * 2.0**off
        out_of = np.maximum(1e-9, [float(above.sum()), float(chance.sum()) + unseen])
        shares.append(right / out_of)
        noise.append(NORMAL_95 * float(np.sqrt((chance * (1 - chance))[above].sum())) / out_of)
    low, high = (np.array(shares) - noise).min(axis=0), (np.array(shares) + noise).max(axis=0)
    ends = zip(shares[0].tolist(), low.tolist(), high.tolist(), strict=True)
    precision, recall = (
        {"estimate": round(min(1.0, a), 5), "low": round(max(0.0, b), 5), "high": round(min(1.0, c), 5)}
        for a, b, c in ends
    )
    return precision, recall


def linkage_notes(ready: Prepared, links: Links, clusters: Clusters, figures: dict[str, Any]) -> list[Note]:
    """Return the standard lines: what was compared, what was kept, which privacy price was paid."""
    compared, above = figures["pairs_compared"], figures["links_above_threshold"]
    notes = [
        Note("pairs", f"{compared} pairs compared, {above} links at or above {figures['threshold_bits']:.2f} bits."),
        Note("term_frequency", f"term frequency weights are {'on' if figures['term_frequency'] else 'off'}."),
    ]
    if clusters.splits:
        notes.append(
            Note(
                "clusters_split",
                f"{clusters.splits} clusters held by one weak link were taken apart.",
                {"splits": clusters.splits},
            )
        )
    return notes
