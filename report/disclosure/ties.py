"""What a reader knows of numbers in different tables beyond what their names say: the sums that tie them together.

A redesign says how many have less of a number that other pages show; two redesigns may begin with the same operation;
the diagonal of the matrix of duplicates is a measure of its own. Subtracting such numbers from each other is the
reader's easiest work, so each is a sum of the audit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from totalplace.config.scenario import MergeAgencies, Scenario
from totalplace.report.disclosure.conventions import Convention
from totalplace.report.disclosure.folding import Cell
from totalplace.report.disclosure.linked import AMONG, COVER, REST, SAME, Tie
from totalplace.report.disclosure.redesigned import BEFORE, LEVELS, SIDES, Told

# measure of a redesign -> the one whose people hold its own.
HELD_BY = {
    "avoidable_within": "avoidable",
    "avoidable": "assessments",
    "concurrent": "assessments",
    "assessments": "contacts",
    "bounces": "handoffs",
    "handoffs": "contacts",
    "interleaving": "contacts",
    "interventions": "contacts",
    "multi_agency": "contacts",
    "repeated_spend": "priced",
    "priced": "contacts",
    "visits": "contacts",
    "spend": "contacts",
}
# Tables of what has a price, acts and money; and the table that counts all acts, priced or not.
PRICED, WHOLE_OF_PRICED = ("duplicates_priced", "duplicates_cost"), "duplicates_purpose"
# line of the ledger -> table whose row for the agency holds it.
LEDGER = {"no_longer_done": "contacts", "handed_over": "contacts", "last_contact": "contacts", "released": "costs"}
# what a merger moves: measure and side -> matrix whose cells between the merged agencies it is made of.
MOVED = {("avoidable_within", "more"): "duplicates", ("handoffs", "less"): "agency_handoffs"}
Row = Mapping[str, Any]


def ties_of(
    rows: Sequence[Row], told: Sequence[Told], cells: Sequence[Cell], scenarios: Sequence[Scenario]
) -> list[Tie]:
    """Return what ties the numbers of redesigns to each other and to the tables of their run.

    Args:
        rows: REDESIGN.
        told: from `told_numbers`.
        cells: the run's cells, then the cells of `told`.
        scenarios: what was tried; without them the cells that a merger moves are not tied.
    """
    first = len(cells) - len(told)
    places = _Places(rows, told, cells, first)
    begun = ((one.key, one.operations[0]) for one in scenarios if one.operations)
    mergers = {key: begins.agencies for key, begins in begun if isinstance(begins, MergeAgencies)}
    found = [*_before(told, places, first), *_levels(told, first), *_same_operation(told, first), *_measures(places)]
    found += _moved(told, places, mergers, first)
    return list(dict.fromkeys(tie for tie in found if tie.parts))


def ties_of_prices(cells: Sequence[Cell]) -> list[Tie]:
    """Return what ties the acts that have a price to all of them: the rest have none, and can be worked out."""
    at = {cell[:6]: k for k, cell in enumerate(cells)}
    pairs = [(at.get((WHOLE_OF_PRICED, *cell[1:6])), k) for k, cell in enumerate(cells) if cell.table in PRICED]
    return [Tie(REST, whole, (part,)) for whole, part in pairs if whole is not None]


def too_few_unpriced(cells: Sequence[Cell], convention: Convention) -> NDArray[np.bool_]:
    """Return which cells of prices are withheld since so few acts, or acts of so few people, have no price.

    What acts cost tells how many they were to whoever knows the price of one, so a row goes in both tables.
    """
    at = {cell[:6]: k for k, cell in enumerate(cells)}
    found = np.zeros(len(cells), bool)
    for tie in ties_of_prices(cells):
        whole, part = cells[tie.whole], tie.parts[0]
        counted = cells[at.get((PRICED[0], *cells[part][1:6]), part)]
        rest = np.array([whole.people - counted.people, round(whole.value - counted.value)])
        found[part] = bool((convention.is_small(rest) & (rest > 0)).any())
    return found


def too_few_left(ties: Sequence[Tie], cells: Sequence[Cell], convention: Convention) -> NDArray[np.bool_]:
    """Return which cells are withheld since so few of a whole are not in them that the rest is a small number."""
    found = np.zeros(len(cells), bool)
    for tie in ties:
        whole, part = cells[tie.whole].people, cells[tie.parts[0]].people
        if tie.kind == REST and 0 < part < whole:
            found[tie.parts[0]] |= bool(convention.is_small(np.array([whole - part]))[0])
    return found


class _Places:
    """Where the numbers before stand among the cells."""

    def __init__(self, rows: Sequence[Row], told: Sequence[Told], cells: Sequence[Cell], first: int) -> None:
        self.cells = cells
        self._at = {cell[:6]: k for k, cell in enumerate(cells[:first])}
        self._shown_in = {r["measure"]: (r["table"], r["row"] or "") for r in rows if r["by"] == "place" and r["table"]}
        self._own = {one.row["measure"]: first + k for k, one in enumerate(told) if one.side == BEFORE}

    def at(self, table: str, row: str = "", column: str = "", area: str = "") -> int | None:
        """Return the place of a cell of the whole place, or of an area."""
        return self._at.get((table, "area" if area else "all", area, "", row, column))

    def before(self, measure: str, area: str = "") -> int | None:
        """Return the place of a measure's number before."""
        if measure in self._own:
            return None if area else self._own[measure]
        table, row = self._shown_in.get(measure, ("", ""))
        return self.at(table, row, "", area)

    def matrix(self, table: str) -> list[tuple[int, Cell]]:
        """Return the cells of a matrix of agencies, of the whole place."""
        return [(k, self.cells[k]) for key, k in self._at.items() if key[:4] == (table, "all", "", "") and key[5]]

    def measures(self) -> list[str]:
        """Return the measures whose number before is known."""
        return sorted({*self._own, *self._shown_in})


def _before(told: Sequence[Told], places: _Places, first: int) -> Iterator[Tie]:
    """Those who have less of a number are among those who had it: the rest can be worked out."""
    for k, (row, side, _) in enumerate(told):
        whole = None
        if row["by"] == "agency" and row["measure"] in LEDGER:
            whole = places.at(LEDGER[row["measure"]], row["key"])
        elif row["by"] != "agency" and side == "less" and row["step"] <= 1:
            whole = places.before(row["measure"], row["key"] if row["by"] == "area" else "")
        if whole is not None and side == "less":
            yield Tie(REST, whole, (first + k,))


def _levels(told: Sequence[Told], first: int) -> Iterator[Tie]:
    """The wider a redesign is followed, the more are touched: each level holds the one below it."""
    at = {(_name(one), one.row["level"]): first + k for k, one in enumerate(told) if one.side in SIDES}
    for name in sorted({name for name, _ in at}):
        known = [at[name, level] for level in LEVELS if (name, level) in at]
        for lower, higher in zip(known[:-1], known[1:], strict=True):
            yield Tie(REST, higher, (lower,))


def _name(one: Told) -> tuple[Any, ...]:
    return (*(one.row[name] for name in ("scenario", "step", "by", "key", "measure")), one.side)


def _same_operation(told: Sequence[Told], first: int) -> Iterator[Tie]:
    """Two redesigns whose first operation comes to the same are known to be the same, number by number."""
    numbers: dict[tuple[str, str, int], dict[tuple[str, ...], int]] = defaultdict(dict)
    for k, one in enumerate(told):
        row = one.row
        if one.side in SIDES and row["step"] <= 1:
            numbers[row["scenario"], row["level"], row["step"]][row["by"], row["key"], row["measure"], one.side] = k
    known: dict[tuple[Any, ...], dict[tuple[str, ...], int]] = {}
    for (_, level, _), own in sorted(numbers.items()):
        place = {name: k for name, k in own.items() if name[0] == "place"}
        says = tuple((name, told[k].cell.value, told[k].cell.people) for name, k in sorted(place.items()))
        other = known.setdefault((level, says), own)
        yield from (Tie(SAME, first + other[name], (first + k,)) for name, k in place.items() if other[name] != k)


def _measures(places: _Places) -> Iterator[Tie]:
    """One measure holds another; what is avoidable within agencies is the diagonal of the matrix of duplicates."""
    for measure in places.measures():
        part, whole = places.before(measure), places.before(HELD_BY.get(measure, ""))
        if part is not None and whole is not None:
            yield Tie(AMONG, whole, (part,))
    within = places.before("avoidable_within")
    if within is not None:
        yield Tie(COVER, within, tuple(k for k, cell in places.matrix("duplicates") if cell.row == cell.column))


def _moved(told: Sequence[Told], places: _Places, mergers: Mapping[str, Sequence[str]], first: int) -> Iterator[Tie]:
    """What a merger makes internal is what the matrices show between the agencies that it merges."""
    for k, one in enumerate(told):
        row, merged = one.row, mergers.get(one.row["scenario"], ())
        matrix = MOVED.get((row["measure"], one.side))
        if matrix and merged and row["by"] == "place" and row["step"] <= 1:
            between = [at for at, c in places.matrix(matrix) if {c.row, c.column} <= set(merged) and c.row != c.column]
            yield Tie(COVER, first + k, tuple(between))
