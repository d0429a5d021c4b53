"""Findings on the terminal: the figures of the share edition, and nothing finer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    rows, ranges = told.get("high_demand", {}), told.get("ranges", {})
    lines = [
        f"{_said(rows[k], ranges.get(f'high_demand_{k}'))} families with {k} or more interventions in {window}, "
        f"by {rules.min_agencies} or more agencies   FAM2"
        for k in sorted(rows, key=int)
    ]
    return lines or ["families: no number may be shown   FAM2"]


def _duplicates(told: Mapping[str, Any], made: Made) -> list[str]:
    ranges = told.get("ranges", {})
    totals, days = told.get("totals", {}), made.project.rules.findings.duplicates.validity_days
    again, asked = _said(totals.get("duplicates"), ranges.get("avoidable")), _said(totals.get("assessments"))
    lines = [f"{again} of {asked} assessments avoidable (validity {days} days)   D1"]
    steps = told.get("duplicates_validity", {})
    if steps:
        said = {d: _said(steps[d], ranges.get(f"avoidable_{d}_days")) for d in sorted(steps, key=int)}
        lines.append("   by validity: " + ", ".join(f"{number} at {d} days" for d, number in said.items()))
    return lines


def _handoffs(told: Mapping[str, Any], made: Made) -> list[str]:
    gap = made.project.rules.findings.handoff.max_gap_days
    total, range_ = told.get("totals", {}).get("agency_handoffs"), told.get("ranges", {}).get("handoffs")
    return [f"{_said(total, range_)} handoffs between agencies (steps of at most {gap} days)   H1"]


def _said(shown: float | None, span: Sequence[float] | None = None) -> str:
    """Return a number as released, with the interval that uncertain links leave, where it has one."""
    if shown is None:
        return WITHHELD
    return f"{shown:,.0f}" if span is None else f"{shown:,.0f} ({span[0]:,.0f} to {span[1]:,.0f})"
