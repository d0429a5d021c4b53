"""A comparison of two runs as lines for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST_ROWS = 30  # rules told in lines; --json lists all
Row = Mapping[str, Any]


def comparison_lines(told: Row) -> list[str]:
    """Return a comparison as an analyst reads it: what differs, how sure that is, and what else is not the same."""
    lines = _heads(told) + _headlines(told["headlines"], told["other_people"])
    if told.get("only_in_one"):
        lines.append(f"Told in one run only: {', '.join(told['only_in_one'])}.")
    if told.get("findings"):
        lines += ["", "Findings by kind (came, went, stayed):", *_findings(told["findings"])]
    if "configuration" in told:
        lines += ["", *_differ("Rules", [f"{r['key']}: {r['first']} -> {r['second']}" for r in told["configuration"]])]
        lines += _differ("Inputs", [": ".join(filter(None, (r["agency"], r["what"]))) for r in told["inputs"]])
    return lines


def _heads(told: Row) -> list[str]:
    names = ("first", "second")
    if "quarters" in told:
        run = told["runs"][0]
        return [
            f"{name:7} {quarter}   run {run['run_id']}, {run['place']}"
            for name, quarter in zip(names, told["quarters"], strict=True)
        ]
    return [
        f"{name:7} run {run['run_id']}, {run['place']}   {_window(run['window'])}   rules {run['config_hash']}"
        for name, run in zip(names, told["runs"], strict=True)
    ]


def _window(window: Mapping[str, str]) -> str:
    return f"{window['first']} to {window['last']}" if window else "window not told"


def _headlines(rows: Sequence[Row], apart: bool) -> list[str]:
    wide = max([20, *(len(row["words"]) for row in rows)])
    lines = ["", f"{'':{wide}} {'first':>10} {'second':>10} {'difference':>11}   span"]
    lines += [_headline(row, wide) for row in rows]
    why = "uncertain links, rounding and chance" if apart else "uncertain links and rounding"
    ends = f"A difference stands where its span, left open by {why}, does not hold 0"
    by_rate = any(row["ratio"] is not None for row in rows)
    return [*lines, f"{ends}; a rate, where its ratio's does not hold 1." if by_rate else f"{ends}."]


def _headline(row: Row, wide: int) -> str:
    first, second = (_number(row[name]) for name in ("first", "second"))
    if row["difference"] is None:
        return f"{row['words']:{wide}} {first:>10} {second:>10} {'not told':>11}"
    span = f"{row['low']:+,.0f} to {row['high']:+,.0f}"
    mark = "   stands" if row["stands"] else ""
    numbers = f"{row['words']:{wide}} {first:>10} {second:>10} {row['difference']:>+11,.0f}"
    return f"{numbers}   {span:16}{_rate(row)}{mark}".rstrip()


def _rate(row: Row) -> str:
    if row["ratio"] is None:
        return ""
    high = "any" if row["ratio_high"] is None else f"{row['ratio_high']:.2f}"
    rates = f"{row['per_1000_first']:,.1f} and {row['per_1000_second']:,.1f} per 1,000 people"
    return f"   {rates}: {row['ratio']:.2f} times ({row['ratio_low']:.2f} to {high})"


def _number(value: float | None) -> str:
    return "withheld" if value is None else f"{value:,.0f}"


def _findings(kinds: Mapping[str, Row]) -> list[str]:
    lines = []
    for kind, sides in kinds.items():
        lines.append(f"  {kind}: {sides['came']}, {sides['went']}, {sides['stayed']}")
        for side in ("came", "went"):
            lines += [f"    {side} {one}" for one in sides.get(f"{side}_ids", ())]
    return lines


def _differ(what: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return [f"{what}: the same."]
    more = [f"  and {len(rows) - MOST_ROWS} more: --json lists all"] if len(rows) > MOST_ROWS else []
    return [f"{what} that differ ({len(rows)}):", *(f"  {row}" for row in rows[:MOST_ROWS]), *more]
