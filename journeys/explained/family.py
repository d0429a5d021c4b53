"""Why a family was flagged for high demand (FAM2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from totalplace.config.findings import FamilyRules, FindingsRules
from totalplace.journeys.calendar import as_days
from totalplace.journeys.explained.reasons import Why, contacts_of
from totalplace.journeys.families.high_demand import find_peaks, peak_window
from totalplace.tables import Engine, Handle

Row = Mapping[str, Any]


def why_family(finding: Row, contacts: Handle, rules: FindingsRules, engine: Engine) -> Why:
    """Return why a family's peak window is over the least threshold, and what would bring it under."""
    mine = contacts_of(contacts, "family_id", finding["subject_id"], engine)
    found = find_peaks(mine, rules, engine)
    acts = engine.fetch(found.acts, ["act", "contact_id", "start"])
    peak, least = int(finding["value"]), min(rules.families.min_interventions)
    agencies = len(finding["agencies"])
    rule = (
        f"FAM2: a family with {least} or more interventions in {found.window}, by {rules.families.min_agencies} or "
        f"more agencies. This one has {peak:,} by {agencies}; the window is the earliest of the fullest."
    )
    records = engine.fetch(mine).to_pylist()
    act_of = dict(zip(acts["contact_id"].to_pylist(), acts["act"].to_pylist(), strict=True))
    inside = [r for r in records if finding["from_date"] <= r["start"] < finding["to_date"]]
    left_out = tuple((r["contact_id"], _reason(r)) for r in inside if r["contact_id"] not in act_of)
    return Why(rule, _roles(inside, act_of), left_out, tuple(_undone(acts, peak, agencies, least, rules.families)))


def _roles(inside: list[dict[str, Any]], act_of: Mapping[bytes, bytes]) -> dict[bytes, str]:
    """Name the records that count once together: a joint act, a visit to several members."""
    first: dict[bytes, bytes] = {}
    roles = {}
    for record in inside:
        one = record["contact_id"]
        if one in act_of and first.setdefault(act_of[one], one) != one:
            roles[one] = "counted with an earlier record: one visit or joint act"
    return roles


def _reason(record: Row) -> str:
    if record["class"] is None:
        return "a type without a meaning in [types]"
    if record["class"] != "intervention":
        return f"{record['class']}, no intervention"
    return "did not take place" if not record["intervention"] else "counted for another family"


def _undone(acts: Any, peak: int, agencies: int, least: int, rules: FamilyRules) -> list[str]:
    days = _days_of_acts(acts)
    told = [
        f"A threshold over {peak:,} (findings.families.min_interventions; the least is {least}).",
        f"More than {agencies} agencies asked for (findings.families.min_agencies).",
    ]
    if not rules.window_days:
        short = [m for m in range(1, rules.window_months) if peak_window(days, m)[0] < least]
        if short:
            told.append(f"A window of {max(short)} months or less: no such window holds {least}.")
    return told


def _days_of_acts(acts: Any) -> np.ndarray:
    """Return the first day of each act."""
    first: dict[bytes, int] = {}
    for act, day in zip(acts["act"].to_pylist(), as_days(acts["start"], 0).tolist(), strict=True):
        first[act] = min(day, first.get(act, day))
    return np.array(sorted(first.values()), np.int64)
