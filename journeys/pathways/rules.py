"""Pathway rules (P1): what ought to follow what, what came too often, what another agency should have done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from totalplace.config.findings import FindingsRules, PathwayRule
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.following.facts import WHOLE
from totalplace.journeys.listed import listed_findings
from totalplace.journeys.measured import OPEN, Figure, Headline, Measured, Measurement, Tallied
from totalplace.journeys.names import Words
from totalplace.journeys.pathways.cases import CASES, CONFORMS, STATES, UNKNOWN, VIOLATES, cases_of, counted
from totalplace.journeys.uncertainty.shapes import share_of
from totalplace.tables import Engine, Handle, Note


def follow_pathways(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return how often each of the place's own rules was kept, and every case in which it was not.

    Source: docs/reference/findings.md, P1.
    """
    journeys = of.journeys
    made = [cases_of(rule, journeys, rules, engine) for rule in rules.pathways.values()]
    numbered = [one.append_column("rule_no", pa.array([k] * one.num_rows, pa.int32())) for k, one in enumerate(made)]
    empty = CASES.empty_table().append_column("rule_no", pa.array([], pa.int32()))
    table = engine.hold(pa.concat_tables([empty, *numbered]))
    found = _summary(table, journeys.counts["persons"], rules, engine)
    return Measurement(
        {"pathways": found},
        tuple(_note(name, rules.pathways[name], part) for name, part in found.items()),
        _findings(table, journeys.contacts, rules, engine),
        partial(_facts, table, list(rules.pathways), engine=engine),
        tables={"pathways": table},
        headlines=tuple(
            _headline(k, name, state) for k, name in enumerate(rules.pathways) for state in (CONFORMS, VIOLATES)
        ),
        figures=(_rates(list(rules.pathways)),),
    )


def _summary(table: Handle, persons: int, rules: FindingsRules, engine: Engine) -> dict[str, Any]:
    text = """
    SELECT rule_no, state, COUNT(*) AS cases FROM cases GROUP BY rule_no, state ORDER BY rule_no, state
    """
    counts = {(r["rule_no"], r["state"]): r["cases"] for r in engine.fetch(engine.sql(text, cases=table)).to_pylist()}
    text = "SELECT rule_no, COUNT(DISTINCT person_no) AS people FROM cases GROUP BY rule_no ORDER BY rule_no"
    people = {row["rule_no"]: row["people"] for row in engine.fetch(engine.sql(text, cases=table)).to_pylist()}
    found = {}
    for k, name in enumerate(rules.pathways):
        parts = {STATES[state]: counts.get((k, state), 0) for state in (CONFORMS, VIOLATES, UNKNOWN)}
        known = parts["conforms"] + parts["violates"]
        rate = round(parts["conforms"] / known, 6) if known else None
        found[name] = {**parts, "rate": rate, "people": people.get(k, 0), "not_applicable": persons - people.get(k, 0)}
    return found


# Contacts of a case: its own one, or all of its kind in the window where too many came.
_MEMBERS = """
SELECT v.case_no, c.contact_id, c.agency, c.min_link_probability
FROM cases v JOIN contacts c ON c.contact_id = v.contact_id WHERE v.until IS NULL
UNION ALL
SELECT v.case_no, m.contact_id, m.agency, m.min_link_probability
FROM cases v JOIN members m ON m.rule_no = v.rule_no AND m.person_id = v.person_id
     AND m.start >= v.day AND m.start < v.until
WHERE v.until IS NOT NULL
"""
_VIOLATED = """
SELECT CAST(ROW_NUMBER() OVER (ORDER BY rule_no, person_id, day, contact_id) - 1 AS BIGINT) AS case_no, rule_no,
       person_id, day, until, contact_id
FROM cases WHERE state = {state} ORDER BY case_no
"""


def _findings(table: Handle, contacts: Handle, rules: FindingsRules, engine: Engine) -> pa.Table:
    """Return one finding per violation; the rule's name stands in its rule_id."""
    violated = engine.sql(_VIOLATED.format(state=VIOLATES), cases=table)
    too_many = {k: rule for k, rule in enumerate(rules.pathways.values()) if rule.rule == "at_most"}
    members = counted(too_many, contacts, rules, engine)
    rows = engine.sql(_MEMBERS, cases=violated, contacts=contacts, members=members)
    cases = engine.fetch(violated)
    names = pa.array([f"P1:{name}" for name in rules.pathways], pa.string())
    return listed_findings(
        "pathway_violation", "case", cases["person_id"], names.take(cases["rule_no"].combine_chunks()),
        cases["day"], cases["until"], rows, engine,
    )  # fmt: skip


def _facts(table: Handle, names: Sequence[str], words: Words, engine: Engine) -> Sequence[Facts]:
    text = """
    SELECT v.person_no, 0 AS quarter_no, v.rule_no, CAST(v.state AS INTEGER) AS state_no, a.value_no AS agency_no,
           CAST(1 AS BIGINT) AS value
    FROM cases v JOIN agencies a ON a.value = v.agency
    """
    view = View(engine.sql(text, cases=table, agencies=words.tables["agency"]), "rule_no", "state_no")
    columns = [STATES[k] for k in sorted(STATES)]
    fact = Facts("pathways", "people", view, view, view, view, names, columns, quarters=False, total=False, chips=WHOLE)
    return (fact,) if names else ()


def _headline(number: int, name: str, state: int) -> Headline:
    text = f"""
    SELECT contact_id AS id, person_id AS who, CAST(1 AS DOUBLE) AS value FROM pathways
    WHERE rule_no = {number} AND state = {state} ORDER BY contact_id
    """
    word = STATES[state]
    return Headline(
        f"pathway_{name}_{word}", "P1", f"cases in which rule {name} {word}", "people", OPEN, False, None,
        lambda of, engine: engine.sql(text, pathways=of.table("pathways")),
    )  # fmt: skip


def _rates(names: list[str]) -> Tallied:
    """Return in how many of the cases that are known each rule was kept."""
    text = """
    SELECT person_id AS id, rule_no AS part, state AS a, 0 AS b, CAST(COUNT(*) AS DOUBLE) AS value FROM pathways
    GROUP BY person_id, rule_no, state ORDER BY person_id, rule_no, state
    """
    made = (
        Figure(f"pathway_{name}_rate", "P1", f"share of cases in which rule {name} was kept", "people", OPEN, None,
               "share", k, share_of(CONFORMS, VIOLATES))
        for k, name in enumerate(names)
    )  # fmt: skip
    return Tallied(lambda of, engine: engine.sql(text, pathways=of.table("pathways")), tuple(made))


def _note(name: str, rule: PathwayRule, found: dict[str, Any]) -> Note:
    rate = "no rate can be said" if found["rate"] is None else f"kept in {found['rate']:.0%}"
    text = (
        f"Rule {name} ({rule.rule}): {rate} of {found['conforms'] + found['violates']:,} cases; {found['unknown']:,} "
        f"more were not watched long enough; {found['not_applicable']:,} people have no such case."
    )
    return Note(f"pathway_{name}", text, found)
