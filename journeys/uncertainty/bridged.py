"""The weakest bridge of each flagged family: what its peak would be without the least probable link (FAM6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.measured import Measured
from totalplace.journeys.uncertainty.copies import Alternatives
from totalplace.tables import FINDINGS, ID, Engine, Handle, numbers_of

DEPENDS = "depends on one link"


@dataclass(frozen=True)
class Bridged:
    """Flagged families without their weakest links.

    Args:
        table: family_id, peak, agencies, partition_id (null = no single link decides), probability of the link,
            without (the largest peak that is left), agencies_without; by family_id.
        counts: K to `flagged` and `if_weakest_links_fail` (families that remain high without their own weakest link).
        depends: families over the smallest K that do not remain over it.
    """

    table: Handle
    counts: dict[str, dict[str, int]]
    depends: frozenset[bytes]


# The weakest bridge of a family is that of anybody who was acted on in its window.
_BRIDGES = """
SELECT family_id, peak, agencies, partition_id, probability, alternative FROM (
  SELECT p.family_id, p.peak, p.agencies, b.partition_id, b.probability, t.alternative,
         ROW_NUMBER() OVER (PARTITION BY p.family_id ORDER BY b.probability NULLS LAST, b.partition_id) AS place
  FROM peaks p
  LEFT JOIN (SELECT DISTINCT a.family_id, a.person_id FROM acts a JOIN peaks q
             ON q.family_id = a.family_id AND a.start >= q.from_date AND a.start < q.to_date) m
    ON m.family_id = p.family_id
  LEFT JOIN bridges b ON b.person_id = m.person_id
  LEFT JOIN partitions t ON t.partition_id = b.partition_id
  WHERE p.peak >= {least} AND p.agencies >= {agencies})
WHERE place = 1 ORDER BY family_id
"""

_BY_ONE_LINK = """
SELECT f.*, p.from_date, p.to_date FROM flagged f JOIN peaks p ON p.family_id = f.family_id
WHERE f.alternative IS NOT NULL
"""
# What is left: the families of that alternative with an act of the window.
_LEFT = """
SELECT f.family_id, MAX(v.peak) AS peak FROM flagged f
JOIN (SELECT DISTINCT a.family_id, a.contact_id FROM acts a JOIN flagged g ON g.family_id = a.family_id
      AND a.start >= g.from_date AND a.start < g.to_date) w ON w.family_id = f.family_id
JOIN copied c ON c.contact_id = w.contact_id AND c.alternative = f.alternative
JOIN alternative_peaks v ON v.family_id = c.family_id AND v.agencies >= {agencies}
GROUP BY f.family_id ORDER BY f.family_id
"""


def flagged_families(measured: Measured, other: Alternatives, rules: FindingsRules, engine: Engine) -> Handle:
    """Return each flagged family with its weakest bridge: family_id, peak, agencies, partition_id, probability and the
    alternative without that link; null where no single link decides.

    Args:
        measured: the place as linked.
        other: the alternatives.
        rules: the section `findings`.
        engine: where it runs.
    """
    return engine.sql(
        _BRIDGES.format(**_least(rules)), peaks=measured.families.table, acts=measured.families.acts,
        bridges=other.bridges, partitions=other.partitions,
    )  # fmt: skip


def _least(rules: FindingsRules) -> dict[str, int]:
    return {"least": min(rules.families.min_interventions), "agencies": rules.families.min_agencies}


def left_of(
    flagged: Handle, measured: Measured, made: Measured, contact_ids: pa.Array, rules: FindingsRules, engine: Engine
) -> pa.Table:
    """Return family_id and the largest peak that is left of it, of flagged families whose alternative is in a batch.

    Args:
        flagged: from `flagged_families`.
        measured: the place as linked.
        made: the measures of a batch of copies.
        contact_ids: the contacts' own ids by their number in that batch.
        rules: the section `findings`.
        engine: where it runs.
    """
    by_one_link = engine.sql(_BY_ONE_LINK, flagged=flagged, peaks=measured.families.table)
    return engine.fetch(
        engine.sql(
            _LEFT.format(**_least(rules)),
            flagged=by_one_link,
            acts=measured.families.acts,
            copied=engine.hold(_copied(made.families.acts, contact_ids, engine)),
            alternative_peaks=made.families.table,
        )
    )


def weakest_links(flagged: Handle, left: pa.Table, rules: FindingsRules, engine: Engine) -> Bridged:
    """Return what is left of each flagged family without its weakest link.

    Args:
        flagged: from `flagged_families`.
        left: from `left_of`, of all batches.
        rules: the section `findings`.
        engine: where it runs.
    """
    text = """
    SELECT f.family_id, f.peak, f.agencies, f.partition_id, f.probability,
           CASE WHEN f.partition_id IS NULL THEN f.peak ELSE COALESCE(l.peak, 0) END AS without
    FROM flagged f LEFT JOIN remains l ON l.family_id = f.family_id ORDER BY f.family_id
    """
    table = engine.sql(text, flagged=flagged, remains=engine.hold(left))
    rows = engine.fetch(table)
    peak, without = (np.asarray(rows[name].to_numpy()) for name in ("peak", "without"))
    counts = {
        str(k): {
            "flagged": int((peak >= k).sum()),
            "if_weakest_links_fail": int(((peak >= k) & (without >= k)).sum()),
        }
        for k in rules.families.min_interventions
    }
    falls = rows["family_id"].filter(pa.array(without < _least(rules)["least"])).to_pylist()
    return Bridged(table, counts, frozenset(falls))


def _copied(acts: Handle, contact_ids: pa.Array, engine: Engine) -> pa.Table:
    """Return family_id and own contact_id of each act of the copies, with its alternative."""
    rows = engine.fetch(acts, ["family_id", "contact_id"])
    alternative, number = numbers_of(rows["contact_id"].combine_chunks())
    return pa.table(
        {
            "family_id": rows["family_id"],
            "contact_id": contact_ids.take(pa.array(number)).cast(ID),
            "alternative": pa.array(alternative),
        }
    )


def set_aside(findings: Handle, depends: frozenset[bytes], confirmed: Mapping[bytes, Any], engine: Engine) -> Handle:
    """Return FINDINGS in which a family that hangs on one link says so, unless a reviewer confirmed the link.

    Args:
        findings: FINDINGS.
        depends: families that do not remain high without their weakest link.
        confirmed: families whose link a reviewer confirmed.
        engine: where it runs.
    """
    rows = engine.fetch(findings)
    kinds, subjects, excluded = (rows[name].to_pylist() for name in ("kind", "subject_id", "excluded_by"))
    marked = [
        DEPENDS if kind == "high_demand_family" and who in depends and who not in confirmed and why is None else why
        for kind, who, why in zip(kinds, subjects, excluded, strict=True)
    ]
    at = rows.column_names.index("excluded_by")
    made = rows.set_column(at, rows.schema.field(at), pa.array(marked, pa.string()))
    return engine.hold(FINDINGS.check(made, "set_aside"))
