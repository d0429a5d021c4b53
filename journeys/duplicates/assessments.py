"""Duplicated assessments (D1): how few would have done, who did which again, and what that step costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.config.findings import DuplicateRules, FindingsRules
from totalplace.journeys.calendar import as_days
from totalplace.journeys.duplicates.cover import (
    CONCURRENT,
    REPEAT,
    count_chain_and_pairs,
    mark_concurrent,
    mark_repeats,
)
from totalplace.journeys.duplicates.eligible import Eligible, eligible_assessments
from totalplace.journeys.money.unit_costs import Money, StepPrices, released, step_prices
from totalplace.journeys.sequence import run_starts, whole
from totalplace.tables import Engine, Handle, Kernel

# Divisible by every number to 24, so that halves, thirds and the like of one unit add up to it in integers.
WEIGHT_UNIT = 5_354_228_880


@dataclass(frozen=True)
class DuplicateCounts:
    """Duplicated assessments of a place.

    Args:
        assessments: eligible assessments.
        avoidable: the headline, at the validity of the rules.
        chain: assessments that follow their predecessor within the validity.
        pairs: pairs within the validity: exposure only.
        concurrent: begun before an earlier one was completed; not in the headline.
        removed: what each step of D1 removed.
        without_purpose: assessments whose type has no purpose.
        sensitivity: validity in days, the same for all purposes, to avoidable.
        matrix: (agency that did it first, agency that did it again) to avoidable; sums to `avoidable`.
        within_agency: the diagonal of the matrix.
        money: capacity released; None where nothing could be costed, or `savings` is off.
        uncosted: avoidable assessments without a price.
        prices: which keys had a price, and why not.
        acts: one row per assessment that is eligible or concurrent, with state (0 chosen, 1 avoidable, 2 concurrent),
            anchor (act it repeats), repeats (bit k: avoidable at the k-th sensitivity).
        splits: act, first_agency (of the anchor), again_agency (its own), ways: the unit is split evenly over its rows.
        owners: act and agency.
    """

    assessments: int
    avoidable: int
    chain: int
    pairs: int
    concurrent: int
    removed: dict[str, int]
    without_purpose: int
    sensitivity: dict[int, int]
    matrix: dict[tuple[str, str], float]
    within_agency: float
    money: Money | None
    uncosted: int
    prices: StepPrices
    acts: Handle
    splits: Handle
    owners: Handle


_CHAIN, _PAIRS = "chain", "pairs"


def _cover_kernel(sensitivity: list[int]) -> Kernel:
    """Return the kernel that marks each assessment; chain and pairs stand in the first row of the piece."""

    def kernel_(rows: pa.Table) -> pa.Table:
        start, completed = (as_days(rows[name], 0).astype(np.int64) for name in ("start", "completed"))
        series, validity = _series(rows), whole(rows, "validity").astype(np.int64)
        state, anchor = np.zeros(rows.num_rows, np.int8), np.zeros(rows.num_rows, np.int64)
        mark_concurrent(series, start, completed, state)
        repeats = _repeats(series, start, completed, state, sensitivity)
        mark_repeats(series, start, completed, validity, state, anchor)
        totals = np.zeros((2, rows.num_rows), np.int64)
        if rows.num_rows:
            totals[:, 0] = count_chain_and_pairs(series, start, completed, validity, state)
        act = rows["act"].combine_chunks()
        made = {"state": state, "repeats": repeats, _CHAIN: totals[0], _PAIRS: totals[1]}
        for name, values in made.items():
            rows = rows.append_column(name, pa.array(values))
        return rows.append_column("anchor", act.take(pa.array(anchor)))

    return kernel_


def _series(rows: pa.Table) -> np.ndarray:
    """Return one rising number per unit and series of a sorted piece."""
    number = whole(rows, "series_no")
    other = np.concatenate([[False], number[1:] != number[:-1]])[: len(number)]
    other[run_starts(rows["unit"].combine_chunks())] = True
    series: np.ndarray = np.cumsum(other)
    return series


def _repeats(
    series: np.ndarray, start: np.ndarray, completed: np.ndarray, state: np.ndarray, days: list[int]
) -> np.ndarray:
    """Return int64 bits: bit k says that the assessment is avoidable at the k-th validity."""
    bits = np.zeros(len(series), np.int64)
    for k, validity in enumerate(days):
        tried, anchor = state.copy(), np.zeros(len(series), np.int64)
        mark_repeats(series, start, completed, np.full(len(series), validity, np.int64), tried, anchor)
        bits |= (tried == REPEAT).astype(np.int64) << k
    return bits


_SPLITS = """
WITH owned AS (
  SELECT a.act, x.agency AS first_agency, y.agency AS again_agency,
         CASE WHEN x.agency = y.agency THEN 1 ELSE 0 END AS shared
  FROM acts a JOIN owners x ON x.act = a.anchor JOIN owners y ON y.act = a.act WHERE a.state = 1),
marked AS (SELECT *, MAX(shared) OVER (PARTITION BY act) AS any_shared FROM owned),
kept AS (SELECT act, first_agency, again_agency FROM marked WHERE shared = any_shared)
SELECT act, first_agency, again_agency, CAST(COUNT(*) OVER (PARTITION BY act) AS INTEGER) AS ways
FROM kept ORDER BY act, first_agency, again_agency
"""


def count_duplicates(contacts: Handle, rules: FindingsRules, engine: Engine) -> DuplicateCounts:
    """Return what D1 counts.

    Args:
        contacts: `Journeys.contacts`.
        rules: the section `findings`.
        engine: where it runs.

    Source: docs/reference/findings.md, D1.
    """
    acts, eligible = covered(contacts, rules.duplicates, engine)
    splits = engine.sql(_SPLITS, acts=acts, owners=eligible.owners)
    return _counted(acts, splits, eligible, rules, engine)


def covered(contacts: Handle, rules: DuplicateRules, engine: Engine) -> tuple[Handle, Eligible]:
    """Return the assessments with state, anchor and repeats (see `DuplicateCounts.acts`), and what was eligible."""
    eligible = eligible_assessments(contacts, rules, engine)
    order = ("series_no", "start", "completed", "act")
    return engine.map_partitions(_cover_kernel(rules.sensitivity_days), eligible.acts, "unit", order), eligible


def _counted(acts: Handle, splits: Handle, eligible: Eligible, rules: FindingsRules, engine: Engine) -> DuplicateCounts:
    rows = engine.fetch(acts, ["state", "repeats", _CHAIN, _PAIRS, "cost_key"])
    state, repeats = whole(rows, "state"), whole(rows, "repeats")
    keys = rows["cost_key"].filter(pa.array(state == REPEAT)).to_pylist()
    prices = step_prices((key for key in keys if key), rules)
    costed = [prices.gbp[key] for key in keys if key in prices.gbp]
    matrix, asked = _matrix(splits, engine), rules.duplicates.savings
    days = rules.duplicates.sensitivity_days
    return DuplicateCounts(
        assessments=int((state != CONCURRENT).sum()),
        avoidable=len(keys),
        chain=int(whole(rows, _CHAIN).sum()),
        pairs=int(whole(rows, _PAIRS).sum()),
        concurrent=int((state == CONCURRENT).sum()),
        removed=eligible.removed,
        without_purpose=eligible.without_purpose,
        sensitivity={v: int((repeats >> k & 1).sum()) for k, v in enumerate(days)},
        matrix=matrix,
        within_agency=sum(value for (first, again), value in matrix.items() if first == again),
        money=released(math.fsum(costed), rules.duplicates.friction_share) if costed and asked else None,
        uncosted=len(keys) - len(costed),
        prices=prices,
        acts=acts,
        splits=splits,
        owners=eligible.owners,
    )


def _matrix(splits: Handle, engine: Engine) -> dict[tuple[str, str], float]:
    text = """
    SELECT first_agency, again_agency, ways, COUNT(*) AS n FROM splits
    GROUP BY first_agency, again_agency, ways ORDER BY first_agency, again_agency, ways
    """
    units: dict[tuple[str, str], int] = {}
    for row in engine.fetch(engine.sql(text, splits=splits)).to_pylist():
        cell = (row["first_agency"], row["again_agency"])
        units[cell] = units.get(cell, 0) + row["n"] * (WEIGHT_UNIT // row["ways"])
    return {cell: round(unit / WEIGHT_UNIT, 6) for cell, unit in units.items()}
