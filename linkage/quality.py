"""What can be said about a result without labels: threshold, estimated precision and recall, cluster counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from totalplace.config.linkage import LinkageRules
from totalplace.linkage.clusters.cluster import Clusters
from totalplace.linkage.model import Model
from totalplace.linkage.score import BIT, Links, probability, to_fixed
from totalplace.linkage.thresholds import estimated_at
from totalplace.tables import Note

if TYPE_CHECKING:
    from totalplace.linkage.match import Prepared

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


def figures(ready: Prepared, links: Links, model: Model, possible: float, rules: LinkageRules) -> dict[str, Any]:
    """Return the figures of the links, ready for JSON."""
    chance = probability(links.weight)
    above = links.weight >= to_fixed(model.threshold or 0.0)
    # What the rules are expected to miss counts as matches too, or recall would be that of compared pairs alone.
    matches = max((model.prior or 0.0) * possible, float(chance.sum()) / max(ready.expected_recall, LEAST_SHARE))
    threshold, spread = to_fixed(model.threshold or 0.0), rules.calibration.model_spread_bits
    precision, recall = estimates(links.weight, threshold, matches, spread)
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
    }


def cluster_figures(clusters: Clusters) -> dict[str, int]:
    """Return the figures of the clusters, ready for JSON."""
    sizes = np.bincount(clusters.label)
    sizes = sizes[sizes > 0]
    return {
        "clusters": len(sizes),
        "clusters_of_two_or_more": int((sizes > 1).sum()),
        "largest_cluster": int(sizes.max(initial=0)),
        "clusters_split": clusters.splits,
    }


def estimates(
    weight: np.ndarray, threshold: int, matches: float, spread_bits: float
) -> tuple[dict[str, float], dict[str, float]]:
    """Return expected precision and recall of the links from a threshold up (2^-24 bit), each with its 95% interval.

    Other arguments as for `thresholds.estimated_at`.
    """
    found = estimated_at(weight, np.array([threshold]), matches, spread_bits)[:2, :, 0].round(5).tolist()
    precision, recall = (dict(zip(("estimate", "low", "high"), ends, strict=True)) for ends in found)
    return precision, recall


def linkage_notes(clusters: Clusters, figures: dict[str, Any]) -> list[Note]:
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
