"""Packs safe cells into the small JSON that the explorer's script reads, and unpacks it again for whoever checks it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

CHIPS = ("all", "area", "agency", "theme", "cohort")
# Long lists: rows that are withheld are folded to a number, and only the largest rows of a slice are kept.
LISTS = ("handoffs", "services", "variants")
# Tables of agency by agency: their cells under chip and quarter together are the first to go where a file is too big.
MATRICES = ("agency_handoffs", "duplicates")
FOLDS = ("other services", "other handoffs", "other paths")
# Their zeros are numbers, and a row that is not there is none.
MEDIANS = ("handoff_days", "variant_days")
# The curve of a filter is drawn from every published share up to here, and from every so many beyond.
FINE_TO, COARSE = 20, 5
# Tables whose pages show the people behind each number; of the others only the total's people are kept.
WITH_PEOPLE = (
    "contacts",
    "interventions",
    "themes",
    "services",
    "handoffs",
    "variants",
    "family_band_contacts",
    "costs",
    "costs_theme",
    "agency_pairs",
    "service_pairs",
)


class ShownCell(NamedTuple):
    """One released number: `shown` and `people` are None where withheld."""

    table: str
    chip: str
    chip_value: str
    quarter: str
    row: str
    column: str
    unit: str
    shown: float | None
    people: float | None


@dataclass(frozen=True)
class ListLimits:
    """Most rows of a long list that are kept in the whole place, under one filter, and under chip and quarter.

    `matrices` = tables of agency by agency are kept under chip and quarter too, not only their totals; `rows` = so are
    all the others. `apart` = kinds of chip that the file holds for the whole period only; `absent` = kinds that it does
    not hold at all.
    """

    whole: int
    filtered: int
    crossed: int
    matrices: bool = True
    rows: bool = True
    apart: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    def of(self, chip: str, quarter: str) -> int:
        """Return the limit of a slice."""
        filters = (chip != "all") + bool(quarter)
        return (self.whole, self.filtered, self.crossed)[filters]

    def holds(self, chip: str, quarter: str) -> bool:
        """Tell whether anything of a slice is kept."""
        return chip not in self.absent and not (quarter and chip in self.apart)

    def totals_alone(self, table: str, chip: str, quarter: str) -> bool:
        """Tell whether of a slice's table only the total is kept."""
        crossed = chip != "all" and bool(quarter)
        return crossed and (not self.rows or (table in MATRICES and not self.matrices))


def pack(cells: Iterable[ShownCell], limits: ListLimits, checked_under: float = math.inf) -> dict[str, Any]:
    """Return the cube column by column, as whole numbers and one list of labels.

    Args:
        cells: in any order; at most one per table, slice, row and column.
        limits: for the long lists.
        checked_under: numbers from here on need nothing beside them for whoever checks the file.

    Returns:
        `labels`; `slices` as [chip, label of the value, label of the quarter]; `apart` and `absent`, the kinds of chip
        of which slices with a quarter, or all slices, are left out; `tables`, each with `unit`, `scale` (what a stored
        number is multiplied by), `pairs` (row and column labels in turn), the steps between its slices (`s`) and, per
        slice, cells shown (`n`), withheld (`m`), folded (`f`) and cut (`c`), in which a negative number -n stands for
        the one before it, n times more; then for the shown cells the steps between pairs (`k`), values (`v`) and people
        (`p`, -1 = withheld; one per slice, its total's, unless the table is in WITH_PEOPLE), and for the withheld ones
        the steps between pairs (`w`). A negative step -n stands for n steps of one. `q`
        holds, in turn, the place in `v` and the people of other cells with more people than their number (people may
        share one assessment) where that number is under `checked_under`, for whoever checks the file.
        A cell that a slice's table does not name is zero.
    """
    ordered = sorted(cells, key=lambda c: c[:6])
    kinds = {chip for _, chip, *_ in ordered}
    crossed = {c.chip for c in ordered if c.quarter}
    ordered = [c for c in ordered if limits.holds(c.chip, c.quarter)]
    kept = [_keep(list(group), limits) for _, group in groupby(ordered, key=lambda c: c[:4])]
    names = sorted(
        {text for k in kept for c in k.cells for text in (c.row, c.column)} | {x for k in kept for x in k.cut[1:]}
    )
    number = {text: index for index, text in enumerate(names)}
    where = {k.cut: [CHIPS.index(k.cut[0]), number[k.cut[1]], number[k.cut[2]]] for k in kept}
    slices = sorted(where, key=lambda cut: where[cut])
    at = {cut: index for index, cut in enumerate(slices)}
    tables = {
        name: _pack_table(name, sorted(group, key=lambda k: at[k.cut]), number, at, checked_under)
        for name, group in groupby(kept, key=attrgetter("table"))
    }
    return {
        "labels": names,
        "slices": [where[cut] for cut in slices],
        "apart": [kind for kind in limits.apart if kind in crossed and kind not in limits.absent],
        "absent": [kind for kind in limits.absent if kind in kinds],
        "tables": tables,
    }


def unpack(cube: Mapping[str, Any]) -> list[ShownCell]:
    """Return the cells of a packed cube, without the zeros: the judge of `pack`, and of a finished file."""
    cells = []
    for name, table in cube["tables"].items():
        kept, held = (_positions(table[steps], _unrolled(table[n])) for steps, n in (("k", "n"), ("w", "m")))
        shared = dict(zip(table["q"][::2], table["q"][1::2], strict=True))
        at = 0
        for place, slice_number in enumerate(_positions(table["s"], [len(kept)])[0]):
            chip, value, quarter = cube["slices"][slice_number]
            head = (name, CHIPS[chip], cube["labels"][value], cube["labels"][quarter])
            for pair in kept[place]:
                key = _pair(cube, table, pair)
                if name in WITH_PEOPLE:
                    people = table["p"][at]
                else:
                    people = table["p"][place] if key == ("", "") else shared.get(at, -1)
                behind = None if people < 0 else people * table["scale"][1]
                cells.append(ShownCell(*head, *key, table["unit"], table["v"][at] * table["scale"][0], behind))
                at += 1
            cells += [ShownCell(*head, *_pair(cube, table, pair), table["unit"], None, None) for pair in held[place]]
    return sorted(cells, key=lambda c: c[:6])


def cut_short(cube: Mapping[str, Any]) -> list[str]:
    """Return the tables of which a packed cube does not hold every row."""
    tables = cube["tables"].items()
    return [name for name, table in tables if any(_unrolled(table["f"])) or any(_unrolled(table["c"]))]


def _pair(cube: Mapping[str, Any], table: Mapping[str, Any], pair: int) -> tuple[str, str]:
    row, column = table["pairs"][2 * pair : 2 * pair + 2]
    return cube["labels"][row], cube["labels"][column]


def _positions(steps: list[int], counts: list[int]) -> list[list[int]]:
    """Return the pairs of each slice from the packed steps."""
    singles = iter([one for step in steps for one in ([step] if step >= 0 else [1] * -step)])
    return [list(accumulate(islice(singles, count))) for count in counts]


def _steps(indices: Iterable[int]) -> list[int]:
    """Return the steps between sorted indices, runs of ones folded: 3, 4, 5, 9 -> 3, -2, 4."""
    last = 0
    found: list[int] = []
    for place, index in enumerate(sorted(indices)):
        step = index - last
        if place and step == 1 and found[-1] < 0:
            found[-1] -= 1
        else:
            found.append(-1 if place and step == 1 else step)
        last = index
    return found


def _rolled(numbers: Iterable[int]) -> list[int]:
    """Return numbers from zero up with runs folded: 7, 7, 7, 0 -> 7, -2, 0."""
    found: list[int] = []
    for number, run in groupby(numbers):
        found += [number, -more] if (more := len(list(run)) - 1) > 1 else [number] * (more + 1)
    return found


def _unrolled(rolled: list[int]) -> list[int]:
    """Return the numbers that `_rolled` folded."""
    found: list[int] = []
    for number in rolled:
        found += [number] if number >= 0 else [found[-1]] * -number
    return found


@dataclass(frozen=True)
class _Kept:
    """What a file keeps of one table in one slice, `folded` because withheld and `dropped` because the list is long."""

    table: str
    unit: str
    cut: tuple[str, str, str]
    shown: list[ShownCell]
    held: list[ShownCell]
    folded: int = 0
    dropped: int = 0

    @property
    def cells(self) -> list[ShownCell]:
        """Return all kept cells."""
        return [*self.shown, *self.held]


def _keep(cells: list[ShownCell], limits: ListLimits) -> _Kept:
    first = cells[0]
    if first.table == "lorenz" and first.chip != "all":
        cells = [c for c in cells if not c.row or int(c.row) <= FINE_TO or int(c.row) % COARSE == 0]
    head = (first.table, first.unit, (first.chip, first.chip_value, first.quarter))
    shown = [c for c in cells if c.shown is not None and (c.shown or not c.row or c.table in MEDIANS)]
    held = [c for c in cells if c.shown is None]
    if limits.totals_alone(first.table, first.chip, first.quarter):
        totals, unseen = ([c for c in part if not c.row and not c.column] for part in (shown, held))
        return _Kept(*head, totals, unseen, 0, len(cells) - len(totals) - len(unseen))
    if first.table not in LISTS:
        return _Kept(*head, shown, held)
    most = limits.of(first.chip, first.quarter)
    ranked = sorted(
        (c for c in shown if c.row and not _is_fold(c)),
        key=lambda c: (-(c.people or 0), -(c.shown or 0), c.row, c.column),
    )
    always = [c for c in shown if not c.row or _is_fold(c)]
    named = [c for c in held if not c.row or _is_fold(c)]
    return _Kept(*head, always + ranked[:most], named, len(held) - len(named), max(0, len(ranked) - most))


def _pack_table(
    name: str,
    kept: list[_Kept],
    number: Mapping[str, int],
    slices: Mapping[tuple[str, str, str], int],
    checked_under: float,
) -> dict[str, Any]:
    def key(c: ShownCell) -> tuple[int, int]:
        return number[c.row], number[c.column]

    pairs = sorted({key(c) for k in kept for c in k.cells})
    place = {pair: index for index, pair in enumerate(pairs)}
    shown = [sorted(k.shown, key=key) for k in kept]
    scale = [_common(c.shown for row in shown for c in row), _common(c.people for row in shown for c in row)]
    behind = [
        [-1 if c.people is None else _scaled(c.people, scale[1]) for c in row if _counts(name, c)] for row in shown
    ]
    return {
        "unit": kept[0].unit,
        "scale": scale,
        "pairs": [x for pair in pairs for x in pair],
        "s": _steps(slices[k.cut] for k in kept),
        "n": _rolled(len(k.shown) for k in kept),
        "m": _rolled(len(k.held) for k in kept),
        "f": _rolled(k.folded for k in kept),
        "c": _rolled(k.dropped for k in kept),
        "k": [step for row in shown for step in _steps(place[key(c)] for c in row)],
        "w": [step for k in kept for step in _steps(place[key(c)] for c in k.held)],
        "v": [_scaled(c.shown, scale[0]) for row in shown for c in row],
        "q": [] if name in WITH_PEOPLE else _shared([c for row in shown for c in row], scale[1], checked_under),
        "p": [people for row in behind for people in (row if name in WITH_PEOPLE else row or [-1])],
    }


def _shared(cells: list[ShownCell], scale: float, under: float) -> list[int]:
    """Return place and people of the small cells that more people stand behind than they count, totals excepted."""
    found = []
    for place, c in enumerate(cells):
        number = c.shown or 0
        if (c.row or c.column) and c.people is not None and c.people > number and number < under:
            found += [place, _scaled(c.people, scale)]
    return found


def _counts(name: str, cell: ShownCell) -> bool:
    """Return whether the people behind a cell are kept: in every cell of some tables, in the total of the others."""
    return name in WITH_PEOPLE or not (cell.row or cell.column)


def _is_fold(cell: ShownCell) -> bool:
    return not cell.column and cell.row.rpartition("/")[2] in FOLDS


def _common(values: Iterable[float | None]) -> float:
    """Return the largest number that all values are whole multiples of: 5 under rounding to 5, 1 or 0.01 otherwise."""
    present = [value for value in values if value is not None]
    if any(value != int(value) for value in present):
        return 0.01
    return math.gcd(*(int(value) for value in present)) or 1


def _scaled(value: float | None, scale: float) -> int:
    return round((value or 0) / scale)
