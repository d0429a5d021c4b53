"""Findings on the terminal: the figures of the share edition, and nothing finer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from totalplace.pipeline.project import Made

WITHHELD = "withheld"


def tell_findings(made: Made, what: str) -> dict[str, Any]:
    """Return the findings' figures as released, and lines that say them.

    Args:
        made: a run whose report stage is whole.
        what: all, families, duplicates or handoffs.
    """
    told = made.result.get("figures", {})
    makers = {"families": _families, "duplicates": _duplicates, "handoffs": _handoffs}
    wanted = list(makers) if what == "all" else [what]
    lines = [line for name in wanted for line in makers[name](told, made)]
    return {"lines": lines, "figures": told, "folder": str(made.folder)}


def _families(told: Mapping[str, Any], made: Made) -> list[str]:
    rules = made.project.rules.findings.families
    window = f"{rules.window_days} days" if rules.window_days else f"{rules.window_months} months"
    rows = told.get("high_demand", {})
    lines = [
        f"{_said(rows[k])} families with {k} or more interventions in {window}, "
        f"by {rules.min_agencies} or more agencies   FAM2"
        for k in sorted(rows, key=int)
    ]
    return lines or ["families: no number may be shown   FAM2"]


def _duplicates(told: Mapping[str, Any], made: Made) -> list[str]:
    totals, days = told.get("totals", {}), made.project.rules.findings.duplicates.validity_days
    lines = [
        f"{_said(totals.get('duplicates'))} of {_said(totals.get('assessments'))} assessments avoidable "
        f"(validity {days} days)   D1"
    ]
    steps = told.get("duplicates_validity", {})
    if steps:
        lines.append("   by validity: " + ", ".join(f"{_said(steps[d])} at {d} days" for d in sorted(steps, key=int)))
    return lines


def _handoffs(told: Mapping[str, Any], made: Made) -> list[str]:
    gap = made.project.rules.findings.handoff.max_gap_days
    return [
        f"{_said(told.get('totals', {}).get('handoffs'))} handoffs between agencies (steps of at most {gap} days)   H1"
    ]


def _said(shown: float | None) -> str:
    return WITHHELD if shown is None else f"{shown:,.0f}"
