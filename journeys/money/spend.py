"""How much is spent, by whom, for what, and who decides (X2): whole tables in, whole numbers until the last step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.counting import CountingRules

UNALIGNED, UNSTATED, WHOLE_PLACE = "unaligned", "unstated", "whole"
FULL = 10_000  # a line's weights and its unaligned rest sum to this
PENCE = 100
KEYS = ("place", "agency", "tier", "control", "theme", "year")
MONEY = ("gbp", "gbp_real")
DIMENSIONS = (WHOLE_PLACE, "control", "tier", "theme", "agency", "place")


@dataclass(frozen=True)
class Prices:
    """In which year money is stated.

    Args:
        year: "" = every line stays in its own year.
        indices: year to its price index.
    """

    year: str
    indices: Mapping[str, float]

    def factor(self, year: str | None) -> float | None:
        """Return what money of a year is multiplied by; None if that year or the stated one has no index."""
        if not self.year or year == self.year:
            return 1.0
        known = year in self.indices and self.year in self.indices
        return self.indices[self.year] / self.indices[str(year)] if known else None


def leaves_of(lines: pa.Table) -> pa.Table:
    """Return the lines of SPEND that have no parts: only they are counted, so nothing is counted twice."""
    return lines.filter(pc.invert(pc.is_in(lines["line"], value_set=pc.unique(lines["parent"].drop_null()))))


def allocate(leaves: pa.Table, shares: pa.Table) -> pa.Table:
    """Return one row per leaf and theme: KEYS, line, `parts` (money x weight; null = missing), `missing`.

    What a leaf's weights leave over goes to the theme `unaligned`, so a leaf's parts sum to its money x 10,000.
    """
    numbers = {line: n for n, line in enumerate(leaves["line"].to_pylist())}
    mine = shares.filter(pc.is_in(shares["line"], value_set=leaves["line"]))
    at = np.array([numbers[line] for line in mine["line"].to_pylist()], dtype=np.int64)
    weight = np.asarray(mine["weight"].to_numpy(), dtype=np.int64)
    rest = FULL - np.bincount(at, weight, minlength=leaves.num_rows).astype(np.int64)
    loose = np.flatnonzero(rest)
    take = pa.array(np.concatenate([at, loose]))
    themes = pa.concat_arrays([mine["theme"].combine_chunks(), pa.array([UNALIGNED] * len(loose), pa.string())])
    rows = leaves.select(["line", *(key for key in KEYS if key != "theme"), "pence"]).take(take)
    weights = pa.array(np.concatenate([weight, rest[loose]]))
    table = rows.append_column("theme", themes).append_column("parts", pc.multiply(rows["pence"], weights))
    table = table.append_column("missing", pc.is_null(rows["pence"]).cast(pa.int64()))
    for key in KEYS:
        table = table.set_column(table.column_names.index(key), key, pc.fill_null(table[key], UNSTATED))
    return table


def matrix(parts: pa.Table, prices: Prices) -> pa.Table:
    """Return spend by place, body, tier, locus of control, theme and year: one row per combination that occurs.

    Returns:
        KEYS, gbp (null where every line of it is missing), gbp_real, lines, lines_missing; sorted by KEYS.
    """
    found = parts.group_by(list(KEYS)).aggregate([("parts", "sum"), ("line", "count"), ("missing", "sum")])
    return _money(found, prices).sort_by([(key, "ascending") for key in KEYS])


def totals(parts: pa.Table, rules: CountingRules, prices: Prices) -> pa.Table:
    """Return totals of the whole place and by each dimension, each year for itself: money of two years is not summed.

    A place's total holds the parts of it too, each line once.

    Returns:
        dimension, key, year, gbp, gbp_real, lines, lines_missing, aligned_gbp, population, population_year,
        population_source, per_head_gbp, per_head_gbp_real; dimensions in order, the largest first within each.
    """
    cuts = [_cut(parts, dimension, rules) for dimension in DIMENSIONS]
    rows = pa.concat_tables(cuts)
    aligned = pc.if_else(pc.equal(rows["theme"], UNALIGNED), pa.scalar(0, pa.int64()), rows["parts"])
    rows = rows.append_column("aligned", aligned)
    found = rows.group_by(["dimension", "key", "year"]).aggregate(
        [("parts", "sum"), ("line", "count_distinct"), ("aligned", "sum")]
    )
    missing = rows.filter(pc.equal(rows["missing"], 1)).group_by(["dimension", "key", "year"])
    lost = missing.aggregate([("line", "count_distinct")]).rename_columns(["dimension", "key", "year", "missing_sum"])
    found = found.rename_columns(["dimension", "key", "year", "parts_sum", "line_count", "aligned_sum"])
    joined = found.join(lost, ["dimension", "key", "year"])
    joined = joined.set_column(6, "missing_sum", pc.fill_null(joined["missing_sum"], 0))
    return _ordered(_with_heads(_money(joined, prices), rules))


def _cut(parts: pa.Table, dimension: str, rules: CountingRules) -> pa.Table:
    """Return the parts once for each key of a dimension that they count under."""
    kept = parts.select(["line", "year", "theme", "parts", "missing"])
    if dimension == WHOLE_PLACE:
        keys = pa.array([""] * parts.num_rows, pa.string())
    elif dimension == "place":
        at, keys = _upwards(parts["place"].to_pylist(), rules)
        kept = kept.take(at)
    else:
        keys = parts[dimension]
    names = pa.array([dimension] * kept.num_rows, pa.string())
    return kept.append_column("dimension", names).append_column("key", keys)


def _upwards(places: Sequence[str], rules: CountingRules) -> tuple[pa.Array, pa.Array]:
    """Return, for each row, its place and every place that holds it: row numbers and places."""
    above = {place: within(place, rules) for place in set(places)}
    pairs = [(row, holder) for row, place in enumerate(places) for holder in above[place]]
    return pa.array([row for row, _ in pairs], pa.int64()), pa.array([place for _, place in pairs], pa.string())


def within(place: str, rules: CountingRules) -> list[str]:
    """Return a place and those that it lies within, the nearest first."""
    found = [place]
    while found[-1] in rules.places and rules.places[found[-1]].within:
        found.append(rules.places[found[-1]].within)
    return found


def _money(found: pa.Table, prices: Prices) -> pa.Table:
    """Return summed parts as money: the one division, and then the one step to another price year."""
    columns = {name: found[name] for name in found.column_names if name in (*KEYS, "dimension", "key")}
    gbp = [None if parts is None else parts / (FULL * PENCE) for parts in found["parts_sum"].to_pylist()]
    factors = [prices.factor(year) for year in found["year"].to_pylist()]
    real = [None if g is None or f is None else round(g * f, 2) for g, f in zip(gbp, factors, strict=True)]
    columns["gbp"], columns["gbp_real"] = pa.array(gbp, pa.float64()), pa.array(real, pa.float64())
    columns["lines"], columns["lines_missing"] = found["line_count"], found["missing_sum"]
    if "aligned_sum" in found.column_names:
        aligned = [None if parts is None else parts / (FULL * PENCE) for parts in found["aligned_sum"].to_pylist()]
        columns["aligned_gbp"] = pa.array(aligned, pa.float64())
    return pa.table(columns)


def _with_heads(table: pa.Table, rules: CountingRules) -> pa.Table:
    """Add the people of the whole place, or of the place whose total it is, and the money for each of them."""
    rows = []
    for row in table.to_pylist():
        head = rules.places.get(row["key"]) if row["dimension"] == "place" else rules
        people = head.population if head else 0
        stated = {
            "population": people or None,
            "population_year": head.population_year if head and people else None,
            "population_source": head.population_source if head and people else None,
            **{f"per_head_{name}": _each(row[name], people) for name in MONEY},
        }
        rows.append({**row, **stated})
    kinds = {"population": pa.int64(), "population_year": pa.string(), "population_source": pa.string()}
    kinds |= {f"per_head_{name}": pa.float64() for name in MONEY}
    fields = [*table.schema, *(pa.field(name, kind) for name, kind in kinds.items())]
    return pa.Table.from_pylist(rows, schema=pa.schema(fields))


def _each(gbp: float | None, people: int) -> float | None:
    return round(gbp / people, 2) if people and gbp is not None else None


def _ordered(table: pa.Table) -> pa.Table:
    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return DIMENSIONS.index(row["dimension"]), row["year"], row["gbp"] is None, -(row["gbp"] or 0), row["key"]

    rows = sorted(table.to_pylist(), key=place)
    return pa.Table.from_pylist(rows, schema=table.schema)
