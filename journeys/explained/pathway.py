"""Why a pathway rule of the place was broken (P1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from totalplace.config.findings import FindingsRules, PathwayRule
from totalplace.journeys.chosen import chosen
from totalplace.journeys.explained.reasons import Why, contacts_of, days
from totalplace.tables import Engine, Handle

Row = Mapping[str, Any]


def why_pathway(finding: Row, contacts: Handle, rules: FindingsRules, engine: Engine) -> Why:
    """Return what the rule asked for, what there was instead, and what would have kept it."""
    name = finding["rule_id"].partition(":")[2]
    rule = rules.pathways[name]
    held = set(finding["contact_ids"])
    kind = {"after": "first of the day", "never_before": "first of the day"}.get(rule.rule, "counted")
    asked = _asked(rule, finding, held, contacts, rules, engine)
    return Why(f"P1, rule {name} of the place: {_said(rule)}", dict.fromkeys(held, kind), asked, _undone(name, rule))


def _said(rule: PathwayRule) -> str:
    of, other = _listed(rule.of), _listed(rule.other)
    return {
        "after": f"{of} is followed by {other} on the day or within {days(rule.within_days)}. It was not.",
        "never_before": f"{of} has {other} on the day or within {days(rule.within_days)} before. It had not.",
        "at_most": f"no more than {rule.most} of {of} in any {days(rule.within_days)}. There were more.",
        "by_agency": f"{of} is done by {_listed(rule.by)}. It was not.",
    }[rule.rule]


def _listed(words: Sequence[str]) -> str:
    return " or ".join(words)


def _asked(
    rule: PathwayRule, finding: Row, held: set[bytes], contacts: Handle, rules: FindingsRules, engine: Engine
) -> tuple[tuple[bytes, str], ...]:
    """Return the person's contacts of the kind asked for, and why none of them keeps the rule."""
    mine = contacts_of(contacts, "person_id", finding["subject_id"], engine)
    wanted = rule.other or rule.of
    text = f"SELECT c.* FROM c WHERE {chosen(wanted)} ORDER BY c.start, c.contact_id"
    rows = engine.fetch(engine.sql(text, c=mine)).to_pylist()
    return tuple(
        (row["contact_id"], _why_not(row, rule, finding, rules)) for row in rows if row["contact_id"] not in held
    )


def _why_not(row: Row, rule: PathwayRule, finding: Row, rules: FindingsRules) -> str:
    if row["outcome"] in rules.contact.missed_outcomes:
        return "did not take place"
    if rule.rule in ("at_most", "by_agency"):
        return "another case"
    apart = (row["start"] - finding["from_date"]).days
    if apart == 0:
        return "the other way round on that day"
    return f"{days(abs(apart))} {'after' if apart > 0 else 'before'}"


def _undone(name: str, rule: PathwayRule) -> tuple[str, ...]:
    key = f"findings.pathways.{name}"
    missed = "A record of the kind asked for that is this person's and was not linked."
    return {
        "after": (f"A larger {key}.within_days, where a contact came later.", missed),
        "never_before": (f"A larger {key}.within_days, where a contact came earlier.", missed),
        "at_most": (f"A larger {key}.most, or a smaller {key}.within_days.", "Two persons taken for one."),
        "by_agency": (f"The agency named in {key}.by.", "A joint act recorded under one reference by both agencies."),
    }[rule.rule]
