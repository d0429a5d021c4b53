"""FINDINGS rows: each finding with the contacts it rests on and an id that survives a re-run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.duplicates.assessments import DuplicateCounts
from totalplace.journeys.families.high_demand import FamilyPeaks
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.money.unit_costs import released
from totalplace.journeys.sequence import digest
from totalplace.tables import FINDINGS, Engine, Handle

Row = dict[str, Any]


def finding_id(kind: str, rule_id: str, subject_id: bytes, contact_ids: Sequence[bytes]) -> bytes:
    """Return 16 bytes that the same finding has in every run."""
    return digest(f"{kind}\0{rule_id}\0".encode(), subject_id, *sorted(contact_ids))


def _row(
    kind: str, rule_id: str, subject_type: str, subject_id: bytes, contact_ids: Sequence[bytes], **more: Any
) -> Row:
    contacts = sorted(contact_ids)
    made = {"kind": kind, "rule_id": rule_id, "subject_type": subject_type, "subject_id": subject_id}
    costs: Row = dict.fromkeys(("cost_low_gbp", "cost_central_gbp", "cost_high_gbp"))
    key = finding_id(kind, rule_id, subject_id, contacts)
    return {"finding_id": key, **made, "contact_ids": contacts, **costs, "excluded_by": None, **more}


_REPEATED = """
WITH agencies AS (SELECT act, MIN(agency) AS low, MAX(agency) AS high FROM owners GROUP BY act)
SELECT x.act, x.anchor, x.unit_type, x.unit, x.state, x.cost_key, a.start AS from_date, x.completed AS to_date,
       LEAST(x.min_link_probability, a.min_link_probability) AS min_link_probability,
       f.low AS l1, f.high AS h1, g.low AS l2, g.high AS h2
FROM acts x JOIN acts a ON a.act = x.anchor JOIN agencies f ON f.act = x.anchor JOIN agencies g ON g.act = x.act
WHERE x.state > 0 ORDER BY x.act
"""
_KINDS = {1: "duplicated_assessment", 2: "concurrent_assessment"}


def duplicate_findings(found: DuplicateCounts, rules: FindingsRules, engine: Engine) -> list[Row]:
    """Return one finding per avoidable and per concurrent assessment: it and its anchor."""
    rows = engine.fetch(engine.sql(_REPEATED, acts=found.acts, owners=found.owners)).to_pylist()
    made = []
    for row in rows:
        money = None
        if rules.duplicates.savings and row["state"] == 1 and row["cost_key"] in found.prices.gbp:
            money = released(found.prices.gbp[row["cost_key"]], rules.duplicates.friction_share)
        priced = {f"cost_{n}_gbp": getattr(money, n) for n in ("low", "central", "high")} if money else {}
        made.append(
            _row(
                _KINDS[row["state"]], "D1", row["unit_type"], row["unit"], [row["anchor"], row["act"]],
                agencies=sorted({row[name] for name in ("l1", "h1", "l2", "h2")}), from_date=row["from_date"],
                to_date=row["to_date"], value=1.0, unit="assessment",
                min_link_probability=row["min_link_probability"], **priced,
            )
        )  # fmt: skip
    return made


_WINDOW = """
SELECT a.family_id, a.contact_id FROM acts a JOIN peaks p
  ON p.family_id = a.family_id AND a.start >= p.from_date AND a.start < p.to_date
WHERE p.peak >= {least} AND p.agencies >= {agencies} ORDER BY a.family_id, a.contact_id
"""
_FLAGGED = """
SELECT family_id, peak, from_date, to_date, agency_split, min_link_probability FROM peaks
WHERE peak >= {least} AND agencies >= {agencies} ORDER BY family_id
"""


def family_findings(found: FamilyPeaks, rules: FindingsRules, engine: Engine) -> list[Row]:
    """Return one finding per family over the smallest threshold: every intervention of its peak window."""
    least = {"least": min(rules.families.min_interventions), "agencies": rules.families.min_agencies}
    contacts: dict[bytes, list[bytes]] = {}
    inside = engine.sql(_WINDOW.format(**least), acts=found.acts, peaks=found.table)
    for row in engine.fetch(inside).to_pylist():
        contacts.setdefault(row["family_id"], []).append(row["contact_id"])
    flagged = engine.fetch(engine.sql(_FLAGGED.format(**least), peaks=found.table)).to_pylist()
    return [
        _row(
            "high_demand_family", "FAM2", "family", row["family_id"], contacts[row["family_id"]],
            agencies=[part["agency"] for part in row["agency_split"]], from_date=row["from_date"],
            to_date=row["to_date"], value=float(row["peak"]), unit="intervention",
            min_link_probability=row["min_link_probability"],
        )
        for row in flagged
    ]  # fmt: skip


_BOUNCES = """
SELECT p.person_id, s.person_no, s.bounce, s.from_contact, s.to_contact, s.from_date, s.to_date, s.returned,
       f.agency AS from_agency, t.agency AS to_agency,
       LEAST(f.min_link_probability, t.min_link_probability) AS min_link_probability
FROM (SELECT * FROM steps WHERE bounce IS NOT NULL) s JOIN people p ON p.person_no = s.person_no
JOIN contacts f ON f.contact_id = s.from_contact JOIN contacts t ON t.contact_id = s.to_contact
ORDER BY s.person_no, s.bounce, s.from_date, s.from_contact
"""


def bounce_findings(journeys: Journeys, engine: Engine) -> list[Row]:
    """Return one finding per bounce: its value is the number of returns to where it started."""
    rows = engine.sql(_BOUNCES, steps=journeys.steps, people=journeys.people, contacts=journeys.contacts)
    bounces: dict[tuple[int, int], list[Row]] = {}
    for row in engine.fetch(rows).to_pylist():
        bounces.setdefault((row["person_no"], row["bounce"]), []).append(row)
    return [_bounce(steps) for steps in bounces.values()]


def _bounce(steps: list[Row]) -> Row:
    contacts = {step[name] for step in steps for name in ("from_contact", "to_contact")}
    return _row(
        "bounce", "H2", "person", steps[0]["person_id"], sorted(contacts),
        agencies=sorted({step[name] for step in steps for name in ("from_agency", "to_agency")}),
        from_date=min(step["from_date"] for step in steps), to_date=max(step["to_date"] for step in steps),
        value=float(sum(step["returned"] for step in steps)), unit="return",
        min_link_probability=min(step["min_link_probability"] for step in steps),
    )  # fmt: skip


def findings_table(rows: list[Row], further: Sequence[pa.Table], config_hash: str, engine: Engine) -> Handle:
    """Return FINDINGS, sorted by kind and finding_id.

    Args:
        rows: findings one by one, without config_hash.
        further: FINDINGS made column by column, whatever their config_hash.
        config_hash: hash of all rules.
        engine: where it runs.
    """
    table = pa.Table.from_pylist([{**row, "config_hash": ""} for row in rows], schema=FINDINGS.schema)
    ordered = pa.concat_tables([table, *further]).sort_by([(name, "ascending") for name in FINDINGS.order])
    at = ordered.column_names.index("config_hash")
    stamped = ordered.set_column(at, ordered.schema.field(at), pa.array([config_hash] * ordered.num_rows, pa.string()))
    return engine.hold(FINDINGS.check(stamped.combine_chunks(), "find_all"))
