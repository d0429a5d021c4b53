"""Redesigns as they may be shown: what falls and rises, each side as a number with its own people behind it.

A page works out "after" from the released figures alone (before - less + more), so that nothing but `before`, `less`
and `more` is ever published, and a difference between two pages is one of them. They are audited together, and with
everything else that the run shows (`ties.py`): operations and agencies are parts of the whole scenario, areas divide
people, and those who have less are among those who had it. Of the levels of one number, a lower one is withheld where
so few people lie between it and the next higher one that their difference would be a small number; likewise what falls
where so few are left as they were.

`SAFE_REDESIGN` has one row per number, sorted by its first seven columns; `side` is `before`, `less`, `more`, or an end
of the interval that uncertain links leave to the change (`change_low`, `change_high`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from totalplace.report.disclosure.conventions import Convention
from totalplace.report.disclosure.folding import Cell, Published
from totalplace.tables import FLAG, REAL, TEXT, WHOLE

KEYS = ("scenario", "level", "step", "by", "key", "measure", "side")
SAFE_REDESIGN = pa.schema(
    [pa.field(name, pa.int32() if name == "step" else TEXT, nullable=False) for name in KEYS]
    + [pa.field(name, TEXT, nullable=False) for name in ("rule_id", "words", "unit")]
    + [pa.field("shown", REAL), pa.field("people_shown", WHOLE), pa.field("withheld", FLAG, nullable=False)]
)
LEVELS = ("low", "central", "high")  # of SAFE_REDESIGN, rising
TOLD_LEVEL = "central"  # by agency and by area
SIDES = ("less", "more")
BEFORE, ENDS = "before", ("change_low", "change_high")
# The ledger's contacts that are no longer made are the scenario's fewer contacts, agency by agency.
SAME_AS = {"no_longer_done": "contacts"}
Row = Mapping[str, Any]


class Told(NamedTuple):
    """A number that is to be released: the row of REDESIGN it is of, its side, and its cell for the audit."""

    row: Row
    side: str
    cell: Cell


def told_numbers(rows: Sequence[Row]) -> list[Told]:
    """Return the numbers of REDESIGN that are published, in the order of their cells."""
    several = {(row["scenario"], row["level"]) for row in rows if row["step"] > 1}
    found = []
    for row in rows:
        lone_step = row["step"] == 1 and (row["scenario"], row["level"]) not in several
        if lone_step or (row["by"] != "place" and row["level"] != TOLD_LEVEL):
            continue
        found += [Told(row, side, _cell(row, side)) for side in SIDES]
    first = min((row["scenario"] for row in rows), default="")
    for row in rows:
        at_start = (row["scenario"], row["level"], row["step"], row["by"]) == (first, TOLD_LEVEL, 0, "place")
        if at_start and row["table"] is None:
            found.append(Told(row, BEFORE, _before(row)))
    return sorted(found, key=lambda told: told.cell)


def _cell(row: Row, side: str) -> Cell:
    measure = SAME_AS.get(row["measure"], row["measure"]) if row["by"] == "agency" else row["measure"]
    table = f"{row['scenario']} {row['level']} {measure} {side}"
    chip, chip_value = ("area", row["key"]) if row["by"] == "area" else ("all", "")
    step, agency = str(row["step"] or ""), row["key"] if row["by"] == "agency" else ""
    value, people, share = row[side], row[f"people_{side}"], row[f"share_{side}"]
    return Cell(table, chip, chip_value, "", step, agency, value, row["unit"], people, share, 1)


def _before(row: Row) -> Cell:
    table, people = f"before {row['measure']}", row["people_before"]
    return Cell(table, "all", "", "", "", "", row["before"], row["unit"], people, 0.0, 1)


def too_close(told: Sequence[Told], convention: Convention) -> NDArray[np.bool_]:
    """Return which numbers are withheld for the sake of the next higher level of the same number.

    A zero never is where zeros are shown: the difference from it is the higher number, which is small by itself.
    """
    at = {(_name(one), one.row["level"]): k for k, one in enumerate(told) if one.side in SIDES}
    found = np.zeros(len(told), bool)
    for name in {name for name, _ in at}:
        above: int | None = None
        for level in reversed(LEVELS):
            k = at.get((name, level))
            if k is None:
                continue
            people = told[k].cell.people
            apart = 0 if above is None or people < convention.least_withheld else abs(above - people)
            if apart and convention.is_small(np.array([apart]))[0]:
                found[k] = True
            else:
                above = people
    return found


def _name(one: Told) -> tuple[Any, ...]:
    row = one.row
    return (*(row[name] for name in ("scenario", "step", "by", "key", "measure")), one.side)


def safe_rows(
    rows: Sequence[Row], told: Sequence[Told], withheld: NDArray[np.bool_], main: pa.Table, convention: Convention
) -> pa.Table:
    """Return SAFE_REDESIGN.

    Args:
        rows: REDESIGN.
        told: from `told_numbers`.
        withheld: per told number.
        main: SAFE_CELLS of the run: a number before that is shown there is shown as it is there, or not at all.
        convention: how numbers are rounded.
    """
    made = [
        _released(one, None if hidden else (one.cell.value, one.cell.people), convention)
        for one, hidden in zip(told, withheld.tolist(), strict=True)
    ]
    made += _known_before(rows, main, convention)
    made += _intervals(rows, {_key(one): one for one in made}, convention)
    ordered = sorted(made, key=lambda one: tuple(one[name] for name in KEYS))
    return pa.Table.from_pylist(ordered, schema=SAFE_REDESIGN)


def _names(row: Row, side: str) -> dict[str, Any]:
    names = {name: row[name] for name in (*KEYS[:-1], "rule_id", "words", "unit")}
    return {**names, **({"scenario": "", "level": ""} if side == BEFORE else {}), "side": side}


def _key(made: Row) -> tuple[Any, ...]:
    return tuple(made[name] for name in KEYS)


def _released(one: Told, known: tuple[float, int] | None, convention: Convention) -> dict[str, Any]:
    if known is None:
        return {**_names(one.row, one.side), "shown": None, "people_shown": None, "withheld": True}
    value, people = (float(convention.rounded(np.array([float(x)]))[0]) for x in known)
    return {**_names(one.row, one.side), "shown": round(value, 2), "people_shown": int(people), "withheld": False}


def _known_before(rows: Sequence[Row], main: pa.Table, convention: Convention) -> list[dict[str, Any]]:
    """Return the numbers before that the run's own cells show: their totals for the whole place."""
    whole = {
        (cell["table"], cell["row"]): cell
        for cell in main.to_pylist()
        if cell["chip"] == "all" and not cell["quarter"] and not cell["column"]
    }
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["by"] == "place" and not row["step"] and row["table"] is not None:
            zero = row["before"] == 0 and convention.zeros_shown
            absent = {"shown": 0.0 if zero else None, "people_shown": 0 if zero else None, "withheld": not zero}
            cell = whole.get((row["table"], row["row"]), absent)
            numbers = {name: cell[name] for name in ("shown", "people_shown", "withheld")}
            found[row["measure"]] = {**_names(row, BEFORE), **numbers}
    return list(found.values())


def _intervals(
    rows: Sequence[Row], released: Mapping[tuple[Any, ...], Row], convention: Convention
) -> list[dict[str, Any]]:
    """Return the ends of intervals; withheld where a side of the change is."""
    found = []
    for row in rows:
        if row["change_low"] is None:
            continue
        sides = [released.get((*(row[name] for name in KEYS[:-1]), side)) for side in SIDES]
        hidden = any(side is None or side["withheld"] for side in sides)
        shown = (None, None) if hidden else _shown_ends(row, sides, convention)
        for name, end in zip(ENDS, shown, strict=True):
            found.append({**_names(row, name), "shown": end, "people_shown": None, "withheld": hidden})
    return found


def _shown_ends(row: Row, sides: Sequence[Any], convention: Convention) -> tuple[float, float]:
    """Return the ends rounded, a small one as 0; they always hold the change as its two sides show it."""
    exact = np.array([row[name] for name in ENDS], float)
    low, high = np.where(np.abs(exact) < convention.min_cell, 0.0, convention.rounded(np.abs(exact)) * np.sign(exact))
    change = sides[1]["shown"] - sides[0]["shown"]
    return round(float(min(low, change)), 2), round(float(max(high, change)), 2)


def published(told: Sequence[Told], first: int) -> list[Published]:
    """Return each told number as a published cell of its own; `first` is the place of the first one's cell."""
    return [Published(one.cell, (first + at,)) for at, one in enumerate(told)]
