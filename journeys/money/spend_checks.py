"""What spend tables say twice, checked: a parent against the sum of its parts, and total = number x unit (X2, X4)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pyarrow as pa

from totalplace.config.counting import StatedRules
from totalplace.config.written import Written, read_written
from totalplace.journeys.money.arithmetic import Check, Span, check_sum, check_triple
from totalplace.tables import FINDINGS, FLAG, REAL, TEXT, WHOLE

PENCE, MILLI = 100, 1000
ROLLED = pa.schema(
    [("line", TEXT), ("name", TEXT), ("stated_gbp", REAL), ("parts_gbp", REAL), ("parts", WHOLE),
     ("parts_missing", WHOLE), ("rest_gbp", REAL), ("fits", FLAG)]
)  # fmt: skip
CHECKED = pa.schema(
    [("what", TEXT), ("total", REAL), ("number", REAL), ("per_unit", REAL), ("would_fit", REAL), ("fits", FLAG)]
)
Row = dict[str, Any]


def roll_up(lines: pa.Table) -> pa.Table:
    """Return each parent with the sum of its leaves.

    Args:
        lines: SPEND; a parent stands in it, and nothing is part of itself.

    Returns:
        ROLLED, sorted by line: what the parent states (null = nothing), the sum of its leaves that have an amount
        (null = none has), how many leaves and how many of them miss it, what is stated and not broken down, and
        whether the two agree (null = it cannot be told, since something is missing).
    """
    rows = lines.to_pylist()
    above = {row["line"]: row["parent"] for row in rows}
    parents = {parent for parent in above.values() if parent}
    sums: dict[str, list[int | None]] = {}
    for row in rows:
        if row["line"] not in parents:
            for line in _up(row["line"], above):
                sums.setdefault(line, []).append(row["pence"])
    made = [_rolled(row, sums[row["line"]]) for row in rows if row["line"] in parents]
    return pa.Table.from_pylist(sorted(made, key=lambda row: row["line"]), schema=ROLLED)


def _up(line: str, above: dict[str, str | None]) -> list[str]:
    found, at = [], above[line]
    while at:
        found.append(at)
        at = above[at]
    return found


def _rolled(row: Row, leaves: Sequence[int | None]) -> Row:
    known = [pence for pence in leaves if pence is not None]
    total, stated = sum(known), row["pence"]
    fits = None
    if stated is not None:
        whole = Written(Fraction(stated), Fraction(row["pence_step"]))
        fits = check_sum(Fraction(total), whole) if len(known) == len(leaves) else None
    return {
        "line": row["line"],
        "name": row["name"],
        "stated_gbp": None if stated is None else stated / PENCE,
        "parts_gbp": total / PENCE if known else None,
        "parts": len(leaves),
        "parts_missing": len(leaves) - len(known),
        "rest_gbp": None if stated is None else (stated - total) / PENCE,
        "fits": fits,
    }


def check_lines(lines: pa.Table) -> list[Check]:
    """Return the check of each line that has an amount, a number of units and an amount per unit."""
    rows = [row for row in lines.to_pylist() if None not in (row["pence"], row["units"], row["unit_pence"])]
    return [
        check_triple(
            row["line"],
            _written(row, "pence", PENCE),
            _written(row, "units", MILLI),
            _written(row, "unit_pence", PENCE),
        )
        for row in rows
    ]


def check_stated(stated: Sequence[StatedRules]) -> list[Check]:
    """Return the check of each printed triple of the rules."""
    made = []
    for rules in stated:
        total, unit = read_written(rules.total_gbp), read_written(rules.per_unit_gbp)
        number = read_written(rules.number, counted=True)
        assert total and number and unit  # the rules took nothing else
        made.append(check_triple(rules.what, total, number, unit))
    return made


def _written(row: Row, name: str, scale: int) -> Written:
    return Written(Fraction(row[name], scale), Fraction(row[f"{name}_step"], scale))


def checked_table(checks: Sequence[Check]) -> pa.Table:
    """Return CHECKED: one row per triple, those that do not fit first."""
    rows = [
        {
            "what": check.what,
            **{name: float(getattr(check, name).value) for name in ("total", "number", "per_unit")},
            "would_fit": None if check.would_fit is None else float(check.would_fit),
            "fits": check.fits,
        }
        for check in checks
    ]
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (row["fits"], row["what"])), schema=CHECKED)


def arithmetic_findings(checks: Sequence[Check], rolled: pa.Table, config_hash: str) -> pa.Table:
    """Return FINDINGS of kind `arithmetic`: figures that cannot be right, wholes that are not the sum of their parts.

    The value is what was stated, its interval what would fit; the subject is the line or the printed figure.
    """
    rows = [
        _finding(check.what, float(check.per_unit.value), check.fitting, "GBP per unit", config_hash)
        for check in checks
        if not check.fits
    ]
    rows += [
        _finding(row["line"], row["stated_gbp"], _same(row["parts_gbp"]), "GBP", config_hash)
        for row in rolled.to_pylist()
        if row["fits"] is False
    ]
    table = pa.Table.from_pylist(rows, schema=FINDINGS.schema)
    return FINDINGS.check(table.sort_by([(name, "ascending") for name in FINDINGS.order]), "arithmetic_findings")


def _same(number: float) -> Span:
    return Span(Fraction(number), Fraction(number))


def _finding(what: str, value: float, fitting: Span | None, unit: str, config_hash: str) -> Row:
    subject = hashlib.sha256(what.encode()).digest()[:16]
    key = hashlib.sha256(f"arithmetic\0X4\0{unit}\0".encode() + subject).digest()[:16]
    return {
        "finding_id": key, "kind": "arithmetic", "rule_id": "X4", "subject_type": "figure", "subject_id": subject,
        "contact_ids": [], "agencies": [], "value": value, "unit": unit, "config_hash": config_hash,
        "value_low": float(fitting.low) if fitting else None, "value_high": float(fitting.high) if fitting else None,
        "min_link_probability": 1.0,
    }  # fmt: skip
