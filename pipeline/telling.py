"""What a run says about itself: the story that the explorer tells beside the numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from totalplace import __version__
from totalplace.config.themes import purpose_names, theme_names
from totalplace.pipeline.stages import Run
from totalplace.report import Estimate, Release, Story


def story_of(run: Run, release: Release, summary: dict[str, Any], data_hash: str) -> Story:
    """Return what the explorer says besides cells.

    Args:
        run: the run.
        release: the released cells.
        summary: what the flag stage left.
        data_hash: hash of the extracts.
    """
    rules, project = run.project.rules, run.project
    # Draws judge persons; without any evidence between records there is nothing to judge.
    judged = "estimated_precision" in run.counts("link").get("quality", {})
    quality = run.counts("partitions")["quality"] if judged else {}
    meta = release.cells.meta
    return Story(
        place=rules.project.name,
        synthetic=rules.privacy.synthetic,
        run_id=run.run_id,
        config_hash=project.config_hash,
        data_hash=data_hash,
        convention=str(meta["convention"]),
        min_cell=int(meta["min_cell"]),
        round_to=int(meta["round_to"]),
        window_from=date.fromisoformat(summary["window"]["first"]),
        window_to=date.fromisoformat(summary["window"]["last"]) + timedelta(days=1),
        agencies=tuple((a.agency.code, a.agency.name) for a in project.agencies),
        validity_days=rules.findings.duplicates.validity_days,
        window_months=rules.findings.families.window_months,
        min_agencies=rules.findings.families.min_agencies,
        min_interventions=tuple(rules.findings.families.min_interventions),
        max_gap_days=rules.findings.handoff.max_gap_days,
        precision=_estimate(quality.get("precision")),
        recall=_estimate(quality.get("recall")),
        threshold_bits=run.counts("link").get("quality", {}).get("threshold_bits"),
        unlinked_share=summary["shares"]["unlinked"],
        unmapped_share=summary["shares"]["unmapped"],
        uncosted_share=_rest(summary["costs"]["costed_share"]),
        follow_up_days=rules.findings.dropout.follow_up_days,
        telling_months=rules.findings.telling.window_months,
        friction_share=tuple(sorted(rules.findings.duplicates.friction_share)),
        affinity_months=rules.findings.affinity.window_months,
        price_year=rules.findings.price_year,
        themes=theme_names(),
        purposes=purpose_names(),
        version=__version__,
    )


def _rest(share: float | None) -> float | None:
    return None if share is None else 1 - share


def _estimate(found: Any) -> Estimate | None:
    if not isinstance(found, dict):
        return None
    low, central, high = (min(max(float(found[name]), 0.0), 1.0) for name in ("low", "estimate", "high"))
    return Estimate(central, min(low, central), max(high, central))
