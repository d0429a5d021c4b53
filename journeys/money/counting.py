"""Spend counted once, with what is missing and what does not add up beside it (X2, X4): a door of the room.

Nothing here is about people: a spend table has bodies and money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.counting import CountingRules
from totalplace.journeys.money.spend import FULL, PENCE, UNALIGNED, Prices, allocate, leaves_of, matrix, totals
from totalplace.journeys.money.spend_checks import (
    arithmetic_findings,
    check_lines,
    check_stated,
    checked_table,
    roll_up,
)
from totalplace.tables import SPEND, SPEND_SHARES, Note


@dataclass(frozen=True)
class Counting:
    """What was counted.

    Args:
        matrix: spend by place, body, tier, locus of control, theme and year.
        totals: of the whole and by each of these, with coverage and money per head.
        rolled: parents and the sums of their parts.
        unaligned: leaves, or the rests of them, that serve no theme.
        missing: leaves without an amount.
        checks: each triple of total, number and amount per unit.
        findings: FINDINGS of kind `arithmetic`.
        notes: what could not be used.
    """

    matrix: pa.Table
    totals: pa.Table
    rolled: pa.Table
    unaligned: pa.Table
    missing: pa.Table
    checks: pa.Table
    findings: pa.Table
    notes: tuple[Note, ...]

    def tables(self) -> dict[str, pa.Table]:
        """Return the tables by the name of the file that each becomes."""
        names = ("matrix", "totals", "rolled", "unaligned", "missing", "checks")
        return {name: getattr(self, name) for name in names}


def count_spend(
    lines: pa.Table, shares: pa.Table, rules: CountingRules, prices: Prices, config_hash: str, tier: str = ""
) -> Counting:
    """Count a place's spend: leaves only, themes by weight, a missing amount never as 0.

    Args:
        lines: SPEND.
        shares: SPEND_SHARES.
        rules: places and populations.
        prices: the year in which money is also stated.
        config_hash: hash of all rules, kept with each finding.
        tier: count only the lines of this tier; "" = all.

    Source: docs/reference/findings.md, X2 and X4.
    """
    lines, shares = SPEND.check(lines, "count_spend"), SPEND_SHARES.check(shares, "count_spend")
    leaves = leaves_of(lines)
    if tier:
        leaves = leaves.filter(pc.equal(pc.fill_null(leaves["tier"], ""), tier))
    parts = allocate(leaves, shares)
    rolled = roll_up(lines)
    checks = [*check_lines(lines), *check_stated(rules.stated)]
    findings = arithmetic_findings(checks, rolled, config_hash)
    return Counting(
        matrix(parts, prices), totals(parts, rules, prices), rolled, _unaligned(parts), _missing(leaves),
        checked_table(checks), findings, _notes(leaves, prices),
    )  # fmt: skip


def _unaligned(parts: pa.Table) -> pa.Table:
    """Return what no theme takes: line, agency, year, gbp, largest first."""
    loose = parts.filter(pc.equal(parts["theme"], UNALIGNED))
    gbp = [None if part is None else part / (FULL * PENCE) for part in loose["parts"].to_pylist()]
    table = loose.select(["line", "agency", "year"]).append_column("gbp", pa.array(gbp, pa.float64()))
    return table.sort_by([("gbp", "descending"), ("line", "ascending")])


def _missing(leaves: pa.Table) -> pa.Table:
    """Return the leaves without an amount: line, name, agency, year, where they stand."""
    lost = leaves.filter(pc.is_null(leaves["pence"]))
    return lost.select(["line", "name", "agency", "year", "file", "source_row"]).sort_by("line")


def _notes(leaves: pa.Table, prices: Prices) -> tuple[Note, ...]:
    found: list[Note] = []
    years: list[Any] = pc.unique(leaves["year"]).to_pylist()
    stay = sorted(str(year or "no year") for year in years if prices.factor(year) is None)
    if stay:
        text = f"Money of {', '.join(stay)} has no deflator to {prices.year} and stays out of the restated sums."
        found.append(Note("undeflated_spend", text, {"years": stay}))
    negative = pc.sum(pc.less(leaves["pence"], 0).cast(pa.int64())).as_py() or 0
    if negative:
        found.append(Note("negative_spend", f"{negative} lines are income: less than nothing.", {"lines": negative}))
    return tuple(found)
