"""Counted spend on the terminal: three digits of each sum, and its coverage beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from totalplace.config.counting import CountingRules
from totalplace.journeys.money.counting import Counting
from totalplace.journeys.money.spend import UNALIGNED, UNSTATED, WHOLE_PLACE

WORDS = {"control": "locus of control", "tier": "tier", "theme": "theme", "agency": "body", "place": "place"}
FIXED = {"arms_length": "arm's length", UNALIGNED: "no theme", UNSTATED: "not stated"}
SCALES = ((10**9, "bn"), (10**6, "m"))
MOST = 8
Row = Mapping[str, Any]
Names = Mapping[str, Mapping[str, str]]  # of agency, place and theme, code to name


def count_lines(counting: Counting, names: Names, rules: CountingRules, price_year: str, tier: str) -> list[str]:
    """Return what a count says, line by line: each year for itself."""
    rows = counting.totals.to_pylist()
    lines = []
    for whole in (row for row in rows if row["dimension"] == WHOLE_PLACE):
        year = [row for row in rows if row["year"] == whole["year"]]
        lines += _year(whole, year, names, price_year, tier)
    if not rules.population and not any(place.population for place in rules.places.values()):
        lines.append("per head: nothing, since no population is stated (--population, or counting.population)   X2")
    return [*lines, *_checks(counting)]


def _year(whole: Row, rows: Sequence[Row], names: Names, price_year: str, tier: str) -> list[str]:
    bodies = sum(row["dimension"] == "agency" for row in rows)
    what, when = f"{tier} tier only, " if tier else "", FIXED.get(whole["year"], whole["year"])
    lines = [f"{what}{when}: {money(whole['gbp'])} in {_lines(whole)} of {bodies} bodies   X2"]
    if price_year and whole["gbp_real"] is not None:
        lines.append(f"   in prices of {price_year}: {money(whole['gbp_real'])}")
    lines += [f"   {_each(whole)}"] if whole["per_head_gbp"] is not None else []
    lines.append(f"   {_share(whole['aligned_gbp'], whole['gbp'])} of it is aligned to a theme")
    for dimension, words in WORDS.items():
        mine = [row for row in rows if row["dimension"] == dimension]
        if [row["key"] for row in mine] != [UNSTATED]:
            lines.append(f"   by {words}: " + "; ".join(_part(row, whole, names) for row in mine[:MOST]) + _more(mine))
    return lines


def shown_rows(rows: Sequence[Row], names: Names) -> tuple[dict[str, Any], ...]:
    """Return totals of one year as a page shows them: name, year, money in words and in thousand GBP (three digits)."""
    whole = next((row for row in rows if row["dimension"] == WHOLE_PLACE), None)
    if whole is None:
        return ()
    return tuple(
        {
            "by": row["dimension"],
            "name": _named(row, names),
            "year": FIXED.get(row["year"], row["year"]),
            "text": money(row["gbp"]),
            "value": None if row["gbp"] is None else float(f"{row['gbp'] / 1000:.3g}"),
            "share": _ratio(row["gbp"], whole["gbp"]),
            "aligned": _ratio(row["aligned_gbp"], row["gbp"]),
            "each": None if row["per_head_gbp"] is None else money(row["per_head_gbp"]),
            "about": None if row["per_head_gbp"] is None else _each(row),
            "lines": row["lines"],
            "missing": row["lines_missing"],
        }
        for row in rows
    )


def _ratio(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else round(part / whole, 4)


def _part(row: Row, whole: Row, names: Names) -> str:
    lost = f", {row['lines_missing']} without an amount" if row["lines_missing"] else ""
    each = f", {_each(row)}" if row["dimension"] == "place" and row["per_head_gbp"] is not None else ""
    return f"{_named(row, names)} {money(row['gbp'])} ({_share(row['gbp'], whole['gbp'])}{lost}{each})"


def _more(rows: Sequence[Row]) -> str:
    return f"; and {len(rows) - MOST} more" if len(rows) > MOST else ""


def _lines(row: Row) -> str:
    lines, lost = row["lines"], row["lines_missing"]
    said = f"{lines:,} line{'' if lines == 1 else 's'}"
    return f"{said}, {lost:,} of them without an amount (at least this much)," if lost else said


def _each(row: Row) -> str:
    about = ", ".join(part for part in (row["population_source"], row["population_year"]) if part)
    return f"{money(row['per_head_gbp'])} per head of {row['population']:,} people ({about or 'source not stated'})"


def _checks(counting: Counting) -> list[str]:
    lines = [
        f"arithmetic: {row['what']}: {money(row['total'])} over {row['number']:,.10g} is {money(row['would_fit'])} "
        f"each, not {money(row['per_unit'])}   X4"
        for row in counting.checks.to_pylist()
        if not row["fits"]
    ]
    lines += [
        f"arithmetic: {row['line']}: states {money(row['stated_gbp'])}, its {row['parts']} parts sum to "
        f"{money(row['parts_gbp'])}   X4"
        for row in counting.rolled.to_pylist()
        if row["fits"] is False
    ]
    checked = counting.checks.num_rows + sum(fits is not None for fits in counting.rolled["fits"].to_pylist())
    fit = f"{checked} figures checked, all fit" if checked else "nothing is stated twice, so nothing could be checked"
    return lines or [f"arithmetic: {fit}   X4"]


def _named(row: Row, names: Names) -> str:
    """Return the name of what a total is of; a code without one in words."""
    key = str(row["key"])
    name = FIXED.get(key) or names.get(row["dimension"], {}).get(key) or key.replace("_", " ")
    return name[:1].upper() + name[1:]


def _share(part: float | None, whole: float | None) -> str:
    return "no share" if part is None or not whole else f"{part / whole:.1%}"


def money(gbp: float | None) -> str:
    """Return an amount to three digits, such as £7.1bn, £14,200 or £408; never finer than a penny."""
    if gbp is None:
        return "missing"
    if not gbp:
        return "£0"
    size = abs(gbp)
    places = 2 - math.floor(math.log10(size))
    kept = round(size, min(places, 2))
    for scale, word in SCALES:
        if kept >= scale:
            said = kept / scale
            return f"{'-' if gbp < 0 else ''}£{f'{said:,.0f}' if said >= 1000 else f'{said:.3g}'}{word}"
    return f"{'-' if gbp < 0 else ''}£{kept:,.2f}".removesuffix(".00")
