"""Reviewers' judgements in a run: laid on the findings, and told as the share edition may tell them."""

from __future__ import annotations

from typing import Any

from totalplace import journeys
from totalplace.config.privacy import PrivacyRules
from totalplace.journeys import Judged
from totalplace.pipeline.stages import Run
from totalplace.report import spoken
from totalplace.tables import Handle


def lay_reviews(run: Run, findings: Handle) -> Judged:
    """Return the findings with the judgements on them; say how many judgements found no finding."""
    made = journeys.lay_judgements(findings, run.judgements, run.project.rules.findings.review, run.engine)
    if made.summary["unknown"]:
        what = f"judgements of no finding of this run: {made.summary['unknown']:,}"
        run.say("warning", f"{what}; other rules or records make other ids, and these are left where they are")
    return made


def review_figures(reviewed: dict[str, Any], rules: PrivacyRules) -> dict[str, Any]:
    """Return what may be told of the judgements: counts as rounded as any, and the precision of each kind.

    Args:
        reviewed: `Judged.summary`.
        rules: the section `privacy`.
    """
    kinds = {
        kind: {"set_aside": spoken(part["set_aside"], rules), "standing": spoken(part["standing"], rules)}
        | {"precision": {name: _percent(part["precision"][name]) for name in ("estimate", "low", "high")}}
        for kind, part in reviewed["kinds"].items()
    }
    return {"set_aside": spoken(reviewed["set_aside"], rules), "kinds": kinds}


def _percent(share: float | None) -> float | None:
    """Return a share as whole hundredths: finer digits would tell the verdicts one by one."""
    return None if share is None else round(share, 2)


def review_lines(figures: dict[str, Any]) -> list[str]:
    """Return lines about the judgements; none where nobody judged."""
    if not figures.get("kinds"):
        return []
    lines = [f"{figures['set_aside']} findings set aside by reviewers; every count above is as the rules make it"]
    for kind, part in figures["kinds"].items():
        found = part["precision"]
        told = "not enough of a draw was read for a precision"
        if found["estimate"] is not None:
            told = f"precision {found['estimate']:.2f} ({found['low']:.2f} to {found['high']:.2f}) in a random draw"
        lines.append(f"   {kind}: {part['set_aside']} set aside, {part['standing']} stand; {told}")
    return lines
