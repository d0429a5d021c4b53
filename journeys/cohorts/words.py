"""What is said about cohorts: two of them side by side, and the lines beside the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from totalplace.config.findings import FindingsRules
from totalplace.tables import Note

NORMAL_95 = 1.959964  # 97.5% point of the normal distribution


def compared(shares: Mapping[str, Any], rules: FindingsRules) -> list[dict[str, Any]]:
    """Return the difference of each share of the cohorts to be compared, with its 95% interval; first minus second.

    Source: sums of Greenwood's variances; docs/reference/findings.md, K1.
    """
    return [
        _difference(shares, pair, kind, day)
        for pair in rules.cohort.compare
        for kind in ("contact", "reentry")
        for day in shares[pair[0]][kind]
        if day in shares[pair[1]][kind]
    ]


def _difference(shares: Mapping[str, Any], pair: tuple[str, str], kind: str, day: str) -> dict[str, Any]:
    first, second = (shares[name][kind][day] for name in pair)
    found: dict[str, Any] = {"cohorts": list(pair), "asked": kind, "day": int(day)}
    if first["share"] is None or second["share"] is None:
        return found | dict.fromkeys(("difference", "low", "high"))
    middle = first["share"] - second["share"]
    half = NORMAL_95 * sqrt(first["variance"] + second["variance"])
    ends = {"low": round(max(middle - half, -1.0), 6), "high": round(min(middle + half, 1.0), 6)}
    return found | {"difference": round(middle, 6), **ends}


def cohort_notes(shares: Mapping[str, Any], differences: Sequence[Mapping[str, Any]]) -> tuple[Note, ...]:
    """Return what must be read beside the numbers."""
    notes = [_note(name, found) for name, found in shares.items() if found["events"]]
    clear = sum(d["low"] is not None and (d["low"] > 0 or d["high"] < 0) for d in differences)
    if differences:
        text = (
            f"{len(differences)} shares of cohorts were compared; {clear} differ at 95%. Of so many comparisons about "
            f"{len(differences) * 0.05:.1f} would by chance."
        )
        notes.append(Note("cohorts_compared", text, {"comparisons": len(differences), "clear": clear}))
    return tuple(notes)


def _note(name: str, found: Mapping[str, Any]) -> Note:
    parts = [
        f"{words} by day {_said(found[kind])}"
        for kind, words in (("contact", "a first contact"), ("reentry", "back"))
        if found[kind]
    ]
    text = (
        f"Cohort {name}: {found['events']:,} events of {found['people']:,} people; {'; '.join(parts)} (Kaplan-Meier: "
        f"whoever cannot be followed so long is neither a success nor a failure)."
    )
    return Note(f"cohort_{name}", text, {"events": found["events"], "people": found["people"]})


def _said(days: Mapping[str, Any]) -> str:
    told = {day: "nobody knows" if part["share"] is None else f"{part['share']:.0%}" for day, part in days.items()}
    return ", ".join(f"{day}: {told[day]} ({part['unknown']} unknown)" for day, part in days.items())
