"""Findings on the terminal: the figures of the share edition, and nothing finer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from totalplace.pipeline.project import Made
from totalplace.pipeline.reviewed import review_lines

WITHHELD = "withheld"
STATES = {"stayed": "stayed", "fell": "fell under it", "new": "are new"}
MOST_PAIRS = 10  # pairs of services, and of themes, told on the terminal


def tell_findings(made: Made, what: str) -> dict[str, Any]:
    """Return the findings' figures as released, and lines that say them.

    Args:
        made: a run whose report stage is whole.
        what: all, families, duplicates, handoffs, dropouts, repeats, stories, waits, overlaps, cohorts, pathways,
            affinity, costs or flows.
    """
    told = made.result.get("figures", {})
    makers = {
        "families": _families,
        "duplicates": _duplicates,
        "handoffs": _handoffs,
        "dropouts": _dropouts,
        "repeats": _repeats,
        "stories": _stories,
        "waits": _waits,
        "overlaps": _overlaps,
        "cohorts": _cohorts,
        "pathways": _pathways,
        "affinity": _affinity,
        "costs": _costs,
        "flows": _flows,
    }
    wanted = list(makers) if what == "all" else [what]
    lines = [line for name in wanted for line in makers[name](told, made)]
    reviewed = made.result.get("reviewed", {})
    more = {"reviewed": reviewed} if reviewed else {}
    return {"lines": [*lines, *review_lines(reviewed)], "figures": told, "folder": str(made.folder), **more}


def _families(told: Mapping[str, Any], made: Made) -> list[str]:
    rules = made.project.rules.findings.families
    window = f"{rules.window_days} days" if rules.window_days else f"{rules.window_months} months"
    rows, ranges = told.get("high_demand", {}), told.get("ranges", {})
    lines = [
        f"{_said(rows[k], ranges.get(f'high_demand_{k}'))} families with {k} or more interventions in {window}, "
        f"by {rules.min_agencies} or more agencies   FAM2"
        for k in sorted(rows, key=int)
    ]
    return [*(lines or ["families: no number may be shown   FAM2"]), *_persistence(told, made)]


def _persistence(told: Mapping[str, Any], made: Made) -> list[str]:
    rows, rules = told.get("persistence", {}), made.project.rules.findings
    if not rows:
        return []
    least, months = min(rules.families.min_interventions), rules.persistence.period_months
    said = ", ".join(f"{_said(rows[state])} {words}" for state, words in STATES.items() if state in rows)
    return [f"families at {least} or more in the last {months} months or the {months} before: {said}   FAM3"]


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


def _dropouts(told: Mapping[str, Any], made: Made) -> list[str]:
    totals, days = told.get("totals", {}), made.project.rules.findings.dropout.follow_up_days
    if "referrals" not in totals:
        return ["dropouts: no referral from one agency to another is recorded   R1"]
    # Never a share: referrals whose answer is unknown would count as taken up.
    ranges = told.get("ranges", {})
    dropped = _said(totals.get("drop_outs", 0), ranges.get("dropped"))
    referrals = _said(totals.get("referrals", 0), ranges.get("referrals"))
    return [f"{dropped} referrals not taken up within {days} days, among {referrals} referrals   R1"]


def _repeats(told: Mapping[str, Any], made: Made) -> list[str]:
    days = made.project.rules.findings.repeat.window_days
    totals = told.get("totals", {})
    signs = [f"{_said(shown)} contacts: {sign}   R2" for sign, shown in sorted(told.get("repeat_signs", {}).items())]
    if "repeats" not in totals:
        return ["repeats: none found; only contacts with a purpose, assessments aside, can be one   R2", *signs]
    number = _said(totals["repeats"], told.get("ranges", {}).get("repeats"))
    said = f"{number} contacts came back on one purpose within {days} days (a proxy for failure demand)   R2"
    return [said, *signs]


def _stories(told: Mapping[str, Any], made: Made) -> list[str]:
    rules, rows = made.project.rules.findings.telling, told.get("tellings", {})
    times = ", ".join(f"{_said(rows[n])} {n} times" for n in sorted(rows))
    doors, wait = told.get("front_doors", {}), told.get("days_to_help", {})
    most = sorted(doors, key=lambda agency: (-(doors[agency] or 0), agency))
    begun = "; ".join(f"{agency} {_said(doors[agency])}" for agency in most)
    helped = "; ".join(f"{band} {_said(wait[band])}" for band in sorted(wait, key=_first_number))
    return [
        f"people by how often they told one kind of fact in {rules.window_months} months: {times or 'none'}   D2",
        f"journeys by the agency they begin with: {begun or 'none'}   D2",
        f"journeys by days to the first help: {helped or 'none'}   D2",
    ]


def _first_number(band: str) -> int:
    """Return where a band begins; words come last."""
    digits = re.match(r"\d+", band)
    return int(digits[0]) if digits else 10**9


def _waits(told: Mapping[str, Any], made: Made) -> list[str]:
    totals, ranges = told.get("totals", {}), told.get("ranges", {})
    if "waits" not in totals:
        return ["waits: no referral and no decision that promises a service is recorded   G1"]
    waits, days = _said(totals["waits"], ranges.get("waits")), _said(totals.get("waiting_days"))
    kind = "working days" if made.project.rules.findings.gap.working_days else "days"
    return [f"{waits} waits after a referral or a promise, {days} {kind} in all   G1"]


def _costs(told: Mapping[str, Any], made: Made) -> list[str]:
    total, rows = told.get("totals", {}).get("costs"), told.get("costs", {})
    if not rows:
        return ["costs: no contact has a unit cost   X1"]
    share, year = told.get("costed_share"), made.project.rules.findings.price_year or "each source's own price year"
    most = sorted(rows.items(), key=lambda row: (-(row[1] or 0), row[0]))
    by = "; ".join(f"{agency} {_said(gbp)}" for agency, gbp in most)
    covered = (
        f"{share:.0%} of acts have a unit cost, the rest is not in it" if share is not None else "coverage unknown"
    )
    per = (
        "stands in cost_per_outcome of analysis/summary.json"
        if made.project.rules.findings.outcomes
        else "cannot be told: no outcome is declared under [findings.outcomes]"
    )
    return [
        f"{_said(total)} GBP is the fiscal cost of contacts ({covered}; {year})   X1",
        f"   by agency: {by}",
        f"   cost per outcome {per}   X5",
    ]


def _flows(told: Mapping[str, Any], made: Made) -> list[str]:
    rows = told.get("flows", [])
    if len({area for home, served, _ in rows for area in (home, served) if area != "unknown"}) < 2:
        return ["flows: fewer than two areas are known   X3"]
    shown = sorted((home, served, contacts) for home, served, contacts in rows if contacts is not None)
    lines = [f"{_said(contacts)} contacts of people of {home} in {served}   X3" for home, served, contacts in shown]
    return [*lines, f"flows: {len(rows) - len(shown)} further pairs of areas are withheld   X3"]


def _overlaps(told: Mapping[str, Any], made: Made) -> list[str]:
    at_once, met = told.get("open_at_once", {}), told.get("agencies_met", {})
    people = ", ".join(f"{_said(at_once[n])} {n}" for n in sorted(at_once))
    lines = [f"people by the most agencies at work at once: {people or 'none'}   E1"]
    # Three numbers side by side, never one score.
    days, again = (_said(told.get("totals", {}).get(name)) for name in ("purpose_overlap_days", "duplicates"))
    ways = ", ".join(f"{_said(met[n])} {n}" for n in sorted(met))
    lines.append(
        f"duplication: {again} avoidable assessments; overlap: {days} days with several agencies at work on one "
        f"purpose; complexity: people by agencies met: {ways or 'none'}   D1"
    )
    pairs = [(shown, a, b) for a, b, shown in told.get("overlaps", []) if shown is not None]
    for shown, first, second in sorted(pairs, key=lambda pair: (-pair[0], pair[1:]))[:MOST_PAIRS]:
        lines.append(f"   {_said(shown)} people with {first} and {second} at once")
    return lines


def _cohorts(told: Mapping[str, Any], made: Made) -> list[str]:
    lines = []
    for name in made.project.rules.findings.cohort.events:
        for table, words in (("cohorts", "first contact"), ("cohort_returns", "back")):
            shown = {band: number for cohort, band, number in told.get(table, []) if cohort == name}
            parts = ", ".join(f"{_said(shown[band])} {_when(band)}" for band in sorted(shown, key=_first_day))
            said = parts if any(number is not None for number in shown.values()) else "may not be shown"
            lines += [f"{name}: {words} {said}   K1"] if shown else []
    return lines or ["cohorts: no index event is recorded   K1"]


def _pathways(told: Mapping[str, Any], made: Made) -> list[str]:
    lines = []
    for name, rule in made.project.rules.findings.pathways.items():
        shown = {state: number for of, state, number in told.get("pathways", []) if of == name}
        parts = ", ".join(
            f"{_said(shown[state])} {state}" for state in ("conforms", "violates", "unknown") if state in shown
        )
        lines.append(f"{name} ({rule.rule}): {parts or 'no case'}   P1")
    return lines or ["pathways: the place has set no rule under [findings.pathways]   P1"]


def _affinity(told: Mapping[str, Any], made: Made) -> list[str]:
    months = made.project.rules.findings.affinity.window_months
    lines = []
    for kind in ("service", "theme"):
        chance = {(first, second): shown for first, second, shown in told.get(f"{kind}_pairs_expected", [])}
        rows = [(f, s, shown, chance.get((f, s))) for f, s, shown in told.get(f"{kind}_pairs", [])]
        known = [(shown / by_chance, f, s, shown, by_chance) for f, s, shown, by_chance in rows if shown and by_chance]
        for lift, first, second, shown, by_chance in sorted(known, reverse=True)[:MOST_PAIRS]:
            said = f"{_said(shown)} times, {_said(by_chance)} by chance (about {lift:.1f} times as often)"
            lines.append(f"{first} and {second} met one person within {months} month{'s' * (months > 1)}: {said}   A1")
        if len(rows) > MOST_PAIRS:
            lines.append(f"   {len(rows) - min(len(known), MOST_PAIRS):,} more pairs in report/cells.csv, {kind}_pairs")
    return lines or ["affinity: no pair of services or themes met enough people   A1"]


def _first_day(band: str) -> tuple[bool, int, str]:
    number = band.partition("-")[0]
    return not number.isdigit(), int(number) if number.isdigit() else 0, band


def _when(band: str) -> str:
    return f"on day {band}" if band.isdigit() else f"in days {band}" if band[0].isdigit() else band


def _said(shown: float | None, span: Sequence[float] | None = None) -> str:
    """Return a number as released, with the interval that uncertain links leave, where it has one."""
    if shown is None:
        return WITHHELD
    return f"{shown:,.0f}" if span is None else f"{shown:,.0f} ({span[0]:,.0f} to {span[1]:,.0f})"
