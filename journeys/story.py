"""The headline numbers in one place, and the lines that must stand beside them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.journeys.duplicates.assessments import DuplicateCounts
from totalplace.journeys.families.high_demand import FamilyPeaks
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.moves import MOVES
from totalplace.tables import Engine, Note


def summary_of(
    journeys: Journeys,
    duplicates: DuplicateCounts,
    families: FamilyPeaks,
    rows: list[dict[str, Any]],
    concentration: dict[str, Any],
    engine: Engine,
) -> dict[str, Any]:
    """Return the headline numbers as plain Python values; days as `YYYY-MM-DD`."""
    counts = journeys.counts
    contacts = counts["contacts"]
    bounces = [row for row in rows if row["kind"] == "bounce"]
    return {
        "persons": counts["persons"],
        "contacts": contacts,
        "interventions": counts["interventions"],
        "journeys": counts["journeys"],
        "window": _window(journeys, engine),
        "assessments": duplicates.assessments,
        "avoidable": duplicates.avoidable,
        "avoidable_within_agency": duplicates.within_agency,
        "avoidable_by_validity_days": duplicates.sensitivity,
        "chain": duplicates.chain,
        "concurrent": duplicates.concurrent,
        "removed": duplicates.removed,
        "money_gbp": asdict(duplicates.money) if duplicates.money else None,
        "families": families.table.rows,
        "family_window": families.window,
        "high_demand": families.high_demand,
        "top_family": _top(families, engine),
        "concentration": concentration,
        "steps": counts["block_pairs"],
        "moves": _weights(journeys, engine),
        "bounces": len(bounces),
        "bounce_returns": int(sum(row["value"] for row in bounces)),
        "bounce_days": sum((row["to_date"] - row["from_date"]).days for row in bounces),
        "shares": {name: counts[name] / contacts if contacts else None for name in ("unmapped", "unlinked")}
        | {"uncosted": duplicates.uncosted / duplicates.avoidable if duplicates.avoidable else None},
    }


def _window(journeys: Journeys, engine: Engine) -> dict[str, str | None]:
    # A place of which only milestones are known has their days.
    contact = "CASE WHEN COALESCE(class, '') <> 'milestone' THEN start END"
    text = f"""
    SELECT COALESCE(MIN({contact}), MIN(start)) AS first, COALESCE(MAX({contact}), MAX(start)) AS last FROM contacts
    """
    row = engine.fetch(engine.sql(text, contacts=journeys.contacts)).to_pylist()[0]
    return {name: day.isoformat() if day else None for name, day in row.items()}


def _top(families: FamilyPeaks, engine: Engine) -> dict[str, Any] | None:
    rows = engine.fetch(families.table).slice(0, 1).to_pylist()
    if not rows:
        return None
    top = rows[0]
    kept = ("peak", "agencies", "members", "person_interventions", "exposure_days", "full_exposure")
    days = {name: top[name].isoformat() for name in ("from_date", "to_date")}
    return {"family_id": top["family_id"].hex(), **days, **{name: top[name] for name in kept}}


def _weights(journeys: Journeys, engine: Engine) -> dict[str, float]:
    """Return the weight of each class of step; together they are the steps between blocks."""
    text = "SELECT move, pairs, COUNT(*) AS n FROM steps GROUP BY move, pairs ORDER BY move, pairs"
    weights = dict.fromkeys(MOVES.values(), 0.0)
    for row in engine.fetch(engine.sql(text, steps=journeys.steps)).to_pylist():
        weights[MOVES[row["move"]]] += row["n"] / row["pairs"]
    return {name: round(weight, 6) for name, weight in weights.items()}


def notes_of(
    journeys: Journeys, duplicates: DuplicateCounts, families: FamilyPeaks, rules: FindingsRules, engine: Engine
) -> tuple[Note, ...]:
    """Return what must be read beside the numbers."""
    made = [*_vocabulary_notes(journeys, rules, engine), *_duplicate_notes(duplicates), *_family_notes(families)]
    return tuple(made)


def _vocabulary_notes(journeys: Journeys, rules: FindingsRules, engine: Engine) -> list[Note]:
    counts = journeys.counts
    if counts["contacts"] and counts["unmapped"] == counts["contacts"] and not rules.accept_default_vocabulary:
        text = (
            "No type of contact has a meaning, so nothing is flagged. Fill [types] in agencies/<agency>.toml, "
            "or set findings.accept_default_vocabulary = true."
        )
        return [Note("no_vocabulary", text, {"contacts": counts["contacts"]})]
    text = """
    SELECT agency, type, COUNT(*) AS n FROM contacts WHERE class IS NULL
    GROUP BY agency, type ORDER BY n DESC, agency, type
    """
    found = engine.fetch(engine.sql(text, contacts=journeys.contacts)).to_pylist()
    listed = {f"{row['agency']}/{row['type']}": row["n"] for row in found}
    notes = [Note("unmapped_types", f"{len(listed)} types of contact have no meaning yet.", listed)] if listed else []
    used = engine.sql(
        "SELECT DISTINCT theme FROM contacts WHERE theme IS NOT NULL ORDER BY theme", contacts=journeys.contacts
    )
    empty = sorted(set(shipped("themes")["themes"]) - set(engine.fetch(used)["theme"].to_pylist()))
    if empty:
        notes.append(
            Note("empty_themes", f"{len(empty)} of the pilots' themes have no contact here.", {"themes": empty})
        )
    return notes


def _duplicate_notes(found: DuplicateCounts) -> list[Note]:
    steps = ", ".join(f"{count:,} at {days} days" for days, count in found.sensitivity.items())
    flips = min(found.sensitivity.values()) == 0 < max(found.sensitivity.values())
    verdict = (
        "the conclusion that assessments are repeated depends on the validity"
        if flips
        else "the conclusion holds at each"
    )
    text = (
        f"{found.avoidable:,} of {found.assessments:,} assessments were avoidable at the place's validity; "
        f"{steps}: {verdict}. Missed links make the number smaller, so it is a lower bound."
    )
    notes = [Note("avoidable_sensitivity", text, {str(days): n for days, n in found.sensitivity.items()})]
    if found.uncosted:
        text = (
            f"{found.uncosted:,} of {found.avoidable:,} avoidable assessments have no price for the step alone: "
            "they are not in the money."
        )
        notes.append(Note("uncosted_assessments", text, {"uncosted": found.uncosted, "avoidable": found.avoidable}))
    if found.prices.not_steps or found.prices.parents:
        keys = ", ".join([*found.prices.not_steps, *found.prices.parents])
        text = f"Cost keys that price more than the step of assessing, and so were not used: {keys}."
        notes.append(Note("costs_not_used", text, {"keys": len(found.prices.not_steps) + len(found.prices.parents)}))
    if found.prices.undeflated:
        text = (
            f"{len(found.prices.undeflated)} unit costs stay in the price year of their source: no deflator was given."
        )
        notes.append(Note("undeflated_costs", text, {"keys": list(found.prices.undeflated)}))
    return notes


def _family_notes(found: FamilyPeaks) -> list[Note]:
    over = ", ".join(f"{families:,} at {k} or more" for k, families in found.high_demand.items())
    base = f"of {found.table.rows:,} families with an intervention"
    text = f"High-demand families in a window of {found.window}: {over}; {base}."
    notes = [Note("high_demand", text, {str(k): n for k, n in found.high_demand.items()})]
    if found.under_exposed:
        text = (
            f"{found.under_exposed:,} families are known for less than a whole window: their peaks are shown as they "
            "are, never scaled up, and stand outside the top shares."
        )
        notes.append(Note("under_exposed_families", text, {"families": found.under_exposed}))
    return notes
