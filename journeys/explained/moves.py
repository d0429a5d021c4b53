"""Why a bounce (H2), a drop-out (R1) or a repeat (R2) was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from totalplace.config.findings import FindingsRules
from totalplace.journeys.explained.reasons import Why, contacts_of, days
from totalplace.tables import Engine, Handle

Row = Mapping[str, Any]
SURE = 0.9999  # a link over it cannot be asked to be surer with four digits


def _records(finding: Row, contacts: Handle, engine: Engine) -> tuple[list[Row], list[Row]]:
    """Return the finding's own contacts and the other ones of its person, both by day and id."""
    mine = engine.fetch(contacts_of(contacts, "person_id", finding["subject_id"], engine)).to_pylist()
    held = set(finding["contact_ids"])
    mine = [record for record in mine if record["class"] != "milestone"]
    return [r for r in mine if r["contact_id"] in held], [r for r in mine if r["contact_id"] not in held]


def why_bounce(finding: Row, contacts: Handle, rules: FindingsRules, engine: Engine) -> Why:
    """Return why contacts with two agencies make a to-and-fro on one matter."""
    held, others = _records(finding, contacts, engine)
    first, last = held[0]["start"], held[-1]["start"]
    span, returns = (last - first).days, int(finding["value"])
    rule = (
        f"H2: handed from one agency to another and back on one purpose (the theme, where no purpose is known) within "
        f"{days(rules.bounce.max_span_days)}, no closing outcome between. {returns} return{'s' * (returns != 1)} in "
        f"{days(span)}."
    )
    matter = {r["purpose"] for r in held}, {r["theme"] for r in held}
    between = [r for r in others if first <= r["start"] <= last]
    left_out = tuple((r["contact_id"], _no_step(r, *matter)) for r in between)
    steps = [(b["start"] - a["start"]).days for a, b in zip(held, held[1:], strict=False)]
    undone = [
        f"findings.bounce.max_span_days under {span}.",
        f"findings.handoff.max_gap_days under {max(steps, default=0)}, unless a referral was recorded.",
        "A contact before the last return whose outcome closes the matter (findings.bounce.closing_outcomes).",
    ]
    return Why(rule, {}, left_out, tuple(undone))


def _no_step(record: Row, purposes: set[Any], themes: set[Any]) -> str:
    other = record["purpose"] not in purposes if record["purpose"] else record["theme"] not in themes
    return "another matter" if other else "no step of this to-and-fro"


def why_drop_out(finding: Row, contacts: Handle, rules: FindingsRules, engine: Engine) -> Why:
    """Return why a referral was not taken up, and when its agency was next seen."""
    held, others = _records(finding, contacts, engine)
    (referral,), limit = held, rules.dropout.follow_up_days
    serve = {referral["referral_to"], *rules.dropout.successors.get(referral["referral_to"], [])}
    asked = ", ".join(sorted(serve))
    rule = (
        f"R1: a referral to {referral['referral_to']} with no contact of the person with {asked} on the day or in the "
        f"{days(limit)} after it, while that agency's data goes on and the person is known to be there."
    )
    theirs = [r for r in others if r["agency"] in serve]
    near = [r for r in theirs if abs((r["start"] - referral["start"]).days) <= limit]
    after = [r for r in theirs if (r["start"] - referral["start"]).days > limit]
    left_out = tuple((r["contact_id"], _no_service(r, referral, rules)) for r in near)
    undone = [f"A record of {asked} that is this person's and was not linked: a missed link looks like a drop-out."]
    if finding["min_link_probability"] < SURE:
        held_by = f"findings.dropout.min_link_probability over {finding['min_link_probability']:.4f}"
        undone.insert(0, f"{held_by}: then the answer is unknown, never served.")
    if after:
        wait = (after[0]["start"] - referral["start"]).days
        undone.insert(0, f"findings.dropout.follow_up_days of {wait} or more: the next contact came on day {wait}.")
    return Why(rule, {referral["contact_id"]: "referral"}, left_out, tuple(undone))


def _no_service(record: Row, referral: Row, rules: FindingsRules) -> str:
    if record["outcome"] in rules.contact.missed_outcomes:
        return "did not take place"
    return "before the referral" if record["start"] <= referral["start"] else "serves another referral"


def why_repeat(finding: Row, contacts: Handle, rules: FindingsRules, engine: Engine) -> Why:
    """Return why a contact counts as coming back."""
    held, others = _records(finding, contacts, engine)
    before, again = held[0], held[-1]
    gap, limit = (again["start"] - before["start"]).days, rules.repeat.window_days
    rule = (
        f"R2, a proxy for failure demand: back with one agency on one purpose within {days(limit)}, and nobody had "
        f"planned it. This one came after {days(gap)}."
    )
    near = [r for r in others if before["start"] <= r["start"] <= again["start"] and r["agency"] == again["agency"]]
    left_out = tuple((r["contact_id"], _no_repeat(r, again)) for r in near)
    undone = (f"findings.repeat.window_days under {gap}.", "The later contact recorded as a planned return.")
    roles = {before["contact_id"]: "first", again["contact_id"]: "again"}
    return Why(rule, roles, left_out, undone)


def _no_repeat(record: Row, again: Row) -> str:
    if record["purpose"] != again["purpose"]:
        return "another purpose"
    return "an assessment: D1 counts it" if record["assessment"] else "a further record of one of the two days"
