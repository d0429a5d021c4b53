"""How far uncertain links leave each finding open: its value under every alternative of the group it lies in (FAM6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.findings import UncertaintyRules
from totalplace.journeys.measured import Measured
from totalplace.journeys.rows import bounce_findings
from totalplace.journeys.uncertainty.copies import Alternatives, Copies
from totalplace.tables import FINDINGS, ID, Engine, Handle, numbers_of

Array = np.ndarray[Any, Any]
STATES = {"duplicated_assessment": 1, "concurrent_assessment": 2}

# What a finding rests on: a repeated assessment on its own act, the others on all their contacts.
_RESTS_ON = """
SELECT f.finding_id, f.kind, f.contact_id FROM held f WHERE f.state = 0
UNION ALL
SELECT f.finding_id, f.kind, f.contact_id FROM held f JOIN acts a ON a.act = f.contact_id AND a.state = f.state
WHERE f.state > 0
"""
_GROUPS = """
SELECT r.finding_id, MIN(p."group") AS "group"
FROM rests r
JOIN (SELECT contact_id, row_id FROM contacts
      UNION ALL SELECT joint_id AS contact_id, row_id FROM contacts WHERE joint_id IS NOT NULL) c
  ON c.contact_id = r.contact_id
JOIN alternatives v ON v.row_id = c.row_id
JOIN partitions p ON p.alternative = v.alternative AND p.partition_id = 'linked'
GROUP BY r.finding_id ORDER BY r.finding_id
"""
_DRAWS = """
SELECT "group", alternative, COUNT(*) AS draws FROM partitions WHERE partition_id LIKE 'draw %'
GROUP BY "group", alternative ORDER BY "group", alternative
"""
# Draws in which a group falls as linkage made it are not listed: they are what is left of all draws.
_WEIGHED = """
SELECT g.finding_id, d.alternative, d.draws FROM groups g JOIN draws d ON d."group" = g."group"
UNION ALL
SELECT g.finding_id, p.alternative, {draws} - COALESCE(SUM(d.draws), 0) AS draws
FROM groups g JOIN partitions p ON p."group" = g."group" AND p.partition_id = 'linked'
LEFT JOIN draws d ON d."group" = g."group" GROUP BY g.finding_id, p.alternative
"""
_VALUES = """
SELECT w.finding_id, w.alternative, w.draws, COALESCE(MAX(m.value), 0.0) AS value
FROM weighed w JOIN rests r ON r.finding_id = w.finding_id
LEFT JOIN made m ON m.kind = r.kind AND m.contact_id = r.contact_id AND m.alternative = w.alternative
WHERE w.draws > 0 AND w.alternative >= {first} AND w.alternative < {after}
GROUP BY w.finding_id, w.alternative, w.draws
"""
_IN_ORDER = "SELECT finding_id, draws, value FROM found ORDER BY finding_id, value, alternative"


@dataclass(frozen=True)
class Weighed:
    """What findings rest on, and how often each alternative of their groups is drawn.

    Args:
        rests: finding_id, kind with its rule, contact_id.
        draws: finding_id, alternative, draws, of the group in which a finding lies, if it lies in any.
    """

    rests: Handle
    draws: Handle


def weigh(
    findings: Handle, measured: Measured, other: Alternatives, rules: UncertaintyRules, engine: Engine
) -> Weighed:
    """Return what each finding rests on, and the alternatives that it may meet.

    Args:
        findings: FINDINGS of the place as linked.
        measured: what the measures made of the place.
        other: the alternatives.
        rules: `[findings.uncertainty]`.
        engine: where it runs.
    """
    held = engine.hold(_held(engine.fetch(findings)))
    rests = engine.sql(_RESTS_ON, held=held, acts=measured.duplicates.acts)
    named = {"alternatives": other.alternatives, "partitions": other.partitions}
    groups = engine.sql(_GROUPS, rests=rests, contacts=measured.journeys.contacts, **named)
    draws = engine.sql(_DRAWS, partitions=other.partitions)
    text = _WEIGHED.format(draws=rules.draws)
    return Weighed(rests, engine.sql(text, groups=groups, draws=draws, partitions=other.partitions))


def values_in(weighed: Weighed, copies: Copies, made: Measured, engine: Engine) -> pa.Table:
    """Return finding_id, alternative, draws and value of the findings that meet the alternatives of a batch.

    In another alternative a finding is the largest one of its kind that rests on a contact of its own; 0 = none does.

    Args:
        weighed: from `weigh`.
        copies: the batch.
        made: what the measures made of it.
        engine: where it runs.
    """
    text = _VALUES.format(first=copies.first, after=copies.after)
    held = engine.hold(_made(made, copies.contact_ids, engine))
    return engine.fetch(engine.sql(text, weighed=weighed.draws, rests=weighed.rests, made=held))


def with_ranges(findings: Handle, values: pa.Table, rules: UncertaintyRules, engine: Engine) -> Handle:
    """Return FINDINGS with the interval of each value; a finding that no uncertain link touches keeps its value.

    Args:
        findings: FINDINGS of the place as linked.
        values: from `values_in`, of all batches.
        rules: `[findings.uncertainty]`.
        engine: where it runs.
    """
    rows = engine.fetch(findings)
    found = engine.fetch(engine.sql(_IN_ORDER, found=engine.hold(values)))
    low, high = _ends(found, rows, (1 - rules.interval_share) / 2)
    for name, ends in (("value_low", low), ("value_high", high)):
        at = rows.column_names.index(name)
        rows = rows.set_column(at, rows.schema.field(at), pa.array(ends))
    return engine.hold(FINDINGS.check(rows, "with_ranges"))


def _held(rows: pa.Table) -> pa.Table:
    """Return finding_id, kind with its rule, state and each contact."""
    lists = rows["contact_ids"].combine_chunks()
    at = pc.list_parent_indices(lists)
    states = [STATES.get(one, 0) for one in rows["kind"].take(at).to_pylist()]
    columns = {
        "finding_id": rows["finding_id"].take(at),
        "kind": _named(rows).take(at),
        "contact_id": pc.list_flatten(lists),
    }
    return pa.table({**columns, "state": pa.array(states, pa.int64())})


def _made(made: Measured, contact_ids: pa.Array, engine: Engine) -> pa.Table:
    """Return kind with its rule, contact, alternative and value of what copies show, under the contacts' own ids."""
    acts = engine.fetch(made.duplicates.acts, ["act", "state"])
    peaks = "SELECT a.contact_id, p.peak FROM acts a JOIN peaks p ON p.family_id = a.family_id ORDER BY a.contact_id"
    family = engine.fetch(engine.sql(peaks, acts=made.families.acts, peaks=made.families.table))
    bounces = [(one, row["value"]) for row in bounce_findings(made.journeys, engine) for one in row["contact_ids"]]
    parts = [("high_demand_family FAM2", family["contact_id"], family["peak"].to_numpy())]
    parts.append(("bounce H2", pa.chunked_array([[one for one, _ in bounces]], ID), np.array([v for _, v in bounces])))
    for kind, state in STATES.items():
        mine = acts.filter(pc.equal(acts["state"], state))
        parts.append((f"{kind} D1", mine["act"], np.ones(mine.num_rows)))
    kinds = [(pa.array([kind] * len(ids), pa.string()), ids, value) for kind, ids, value in parts]
    kinds += [_rested(one.findings) for one in made.further]
    tables = []
    for kind, ids, value in kinds:
        alternative, number = numbers_of(ids)
        columns = {"kind": kind, "contact_id": contact_ids.take(pa.array(number)).cast(ID)}
        tables.append(pa.table({**columns, "alternative": alternative, "value": np.asarray(value, float)}))
    return pa.concat_tables(tables)


def _rested(findings: pa.Table) -> tuple[pa.ChunkedArray, pa.Array, Array]:
    """Return kind with its rule, contact and value of each contact that a finding rests on."""
    lists = findings["contact_ids"].combine_chunks()
    at = pc.list_parent_indices(lists)
    return _named(findings).take(at), pc.list_flatten(lists), findings["value"].take(at).to_numpy()


def _named(findings: pa.Table) -> pa.ChunkedArray:
    """Return each finding's kind and rule: a case that breaks two rules of the place is two findings."""
    return pc.binary_join_element_wise(findings["kind"], findings["rule_id"], " ")


def _ends(found: pa.Table, rows: pa.Table, tail: float) -> tuple[Array, Array]:
    """Return the two ends per finding, from values with the number of draws that have them, by finding and value."""
    low = np.array(rows["value"].to_numpy(zero_copy_only=False), float)
    high = low.copy()
    ids = rows["finding_id"].combine_chunks()
    owner = pc.index_in(found["finding_id"].cast(ids.type), value_set=ids).to_numpy(zero_copy_only=False)
    value, draws = found["value"].to_numpy(), found["draws"].to_numpy().astype(float)
    bounds = np.flatnonzero(np.diff(owner, prepend=-1, append=len(ids)))
    for a, b in zip(bounds[:-1], bounds[1:], strict=True):
        reached = np.cumsum(draws[a:b]) / draws[a:b].sum()
        low[owner[a]] = value[a + int(np.searchsorted(reached, tail - 1e-12))]
        high[owner[a]] = value[a + int(np.searchsorted(reached, 1 - tail - 1e-12))]
    return low, high
