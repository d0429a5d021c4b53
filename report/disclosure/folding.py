"""Before anything is withheld: rare keys become "other", and nothing says how extreme the most extreme family is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from totalplace.report.disclosure.conventions import Convention

FOLDED_TABLES = ("services", "handoffs", "variants")
# A middle number of days says nothing of any other, and a row of few people is left out with its name.
MEDIAN_TABLES = ("handoff_days", "variant_days")
BAND_TABLES = ("family_bands", "family_band_contacts")
EVERY_BAND = "0+"
OTHER = {"services": "other services", "handoffs": "other handoffs", "variants": "other paths"}


class Cell(NamedTuple):
    """One number of CELLS; `share` is the largest contribution of one person or family."""

    table: str
    chip: str
    chip_value: str
    quarter: str
    row: str
    column: str
    value: float
    unit: str
    people: int
    share: float
    agencies: int

    @property
    def slice(self) -> tuple[str, str, str, str]:
        """Return the table and slice that the cell stands in."""
        return self[:4]

    @property
    def is_total(self) -> bool:
        """Return whether the cell is its table's total."""
        return not self.row and not self.column


class Published(NamedTuple):
    """A number that is to be published: a cell, or several folded into one.

    Args:
        cell: keys and figures; for folds of rare keys `people` is a number that is certainly reached.
        parts: positions of the cells of CELLS it is made of.
        divides: the parts divide people, so that `people` is exact.
    """

    cell: Cell
    parts: tuple[int, ...]
    divides: bool = True


def cells_of(table: pa.Table) -> list[Cell]:
    """Return the rows of a CELLS table, sorted by its key."""
    return sorted(Cell(*row) for row in zip(*(table[name].to_pylist() for name in table.column_names), strict=True))


def fold(cells: Sequence[Cell], convention: Convention, max_interventions: int, max_steps: int) -> list[Published]:
    """Return what is to be published, before withholding: rare keys folded, extremes top-coded.

    Args:
        cells: in the order of their key.
        convention: the threshold.
        max_interventions: no row says more than "this many or more" of a family.
        max_steps: longer paths fold into "other paths".
    """
    groups: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
    for at, cell in enumerate(cells):
        groups[cell.slice].append(at)
    certain = _CertainPeople(cells)
    published: list[Published] = []
    for key, members in groups.items():
        if key[0] in FOLDED_TABLES:
            published += _fold_rare(cells, members, convention, certain, max_steps)
        elif key[0] in BAND_TABLES:
            bands = groups.get(("family_bands", *key[1:]), members)
            published += _merge_bands(cells, members, _merged_names(cells, bands, convention, max_interventions))
        elif key[0] in ("high_demand", "lorenz"):
            published += _thin(cells, members, convention, max_interventions)
        elif key[0] in MEDIAN_TABLES:
            published += [
                Published(cells[at], (at,)) for at in members if not _is_rare(cells[at], convention, max_steps)
            ]
        else:
            published += [Published(cells[at], (at,)) for at in members]
    return sorted(published, key=lambda p: p.cell[:6])


class _CertainPeople:
    """How many distinct people certainly stand behind a fold, though people may be in several of its parts."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self._cells = cells
        self._by_area: dict[tuple[str, str, str, str], list[tuple[str, int]]] = defaultdict(list)
        for cell in cells:
            if cell.chip == "area" and cell.table in FOLDED_TABLES:
                self._by_area[cell.table, cell.quarter, cell.row, cell.column].append((cell.chip_value, cell.people))

    def behind(self, parts: Iterable[int]) -> int:
        """Return a count that is reached: in each area at least the largest part, and areas divide people."""
        chosen = [self._cells[at] for at in parts]
        least = max(cell.people for cell in chosen)
        if chosen[0].chip != "all":
            return least
        largest: dict[str, int] = defaultdict(int)
        for cell in chosen:
            for area, people in self._by_area[cell.table, cell.quarter, cell.row, cell.column]:
                largest[area] = max(largest[area], people)
        return max(least, sum(largest.values()))


def _fold_rare(
    cells: Sequence[Cell], members: Sequence[int], convention: Convention, certain: _CertainPeople, max_steps: int
) -> list[Published]:
    """Fold the keys of one slice that fewer than `min_cell` people stand behind."""
    table = cells[members[0]].table
    small = {at for at in members if not cells[at].is_total and _is_rare(cells[at], convention, max_steps)}
    kept = [Published(cells[at], (at,)) for at in members if at not in small]
    rare = sorted(at for at in small if cells[at].people)
    if table != "services":
        return kept + ([_other(cells, rare, OTHER[table], certain)] if rare else [])
    by_agency: dict[str, list[int]] = defaultdict(list)
    for at in rare:
        by_agency[cells[at].row.partition("/")[0]].append(at)
    rest: list[int] = []
    for agency, parts in by_agency.items():
        folded = _other(cells, parts, f"{agency}/{OTHER[table]}", certain)
        if folded.cell.people >= convention.min_cell:
            kept.append(folded)
        else:
            rest += parts
    return kept + ([_other(cells, rest, OTHER[table], certain)] if rest else [])


def _is_rare(cell: Cell, convention: Convention, max_steps: int) -> bool:
    too_long = cell.table in ("variants", "variant_days") and cell.row.count(" > ") >= max_steps
    return too_long or cell.people < convention.min_cell


def _other(cells: Sequence[Cell], parts: Sequence[int], name: str, certain: _CertainPeople) -> Published:
    """Return one cell for several keys; one person may have the largest share of each, so shares are added."""
    chosen = [cells[at] for at in parts]
    value = sum(c.value for c in chosen)
    share = sum(c.value * c.share for c in chosen) / value if value else 1.0
    people, agencies = certain.behind(parts), max(c.agencies for c in chosen)
    cell = chosen[0]._replace(row=name, column="", value=value, people=people)
    return Published(cell._replace(share=min(1.0, share), agencies=agencies), tuple(parts), len(parts) == 1)


def _lowest(band: str) -> int:
    """Return where a band such as `100-249` or `500+` begins."""
    return int(band.rstrip("+").partition("-")[0])


def _highest(band: str) -> str:
    """Return where a band such as `100-249` ends; "" for an open one such as `500+`."""
    return band.partition("-")[2]


def _merged_names(
    cells: Sequence[Cell], bands: Sequence[int], convention: Convention, max_interventions: int
) -> dict[str, str]:
    """Return band -> the name it is published under: from the top, bands with too few families merge downward.

    The top band also merges while it would say more than `max_interventions`; too few families in the lowest bands
    join the band above them, and where all are too few there is one band from nothing upward.
    """
    families: dict[str, int] = defaultdict(int)
    margins = {cells[at].row for at in bands if not cells[at].column}
    for at in bands:
        cell = cells[at]
        if cell.row and (not cell.column or cell.row not in margins):
            families[cell.row] += cell.people
    groups: list[list[str]] = []
    for band in sorted(families, key=_lowest, reverse=True):
        if not groups or _is_whole(groups[-1], families, convention, max_interventions):
            groups.append([])
        groups[-1].append(band)
    if groups and sum(families[band] for band in groups[-1]) < convention.min_cell:
        if len(groups) == 1:
            # So few that even the band in which the smallest of them lies would tell of one.
            return dict.fromkeys(families, EVERY_BAND)
        rest = groups.pop()
        groups[-1] += rest
    return {band: _merged_name(group, group is groups[0]) for group in groups for band in group}


def _is_whole(group: Sequence[str], families: dict[str, int], convention: Convention, max_interventions: int) -> bool:
    enough = sum(families[band] for band in group) >= convention.min_cell
    return enough and _lowest(group[-1]) <= max_interventions


def _merged_name(group: Sequence[str], is_top: bool) -> str:
    """Return the name of a group of bands, the highest first; the top one is open: how far it reaches tells of one."""
    low = _lowest(group[-1])
    return f"{low}+" if is_top else f"{low}-{_highest(group[0])}"


def _merge_bands(cells: Sequence[Cell], members: Sequence[int], names: Mapping[str, str]) -> list[Published]:
    merged: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at in members:
        row = cells[at].row
        merged[names.get(row, row), cells[at].column].append(at)
    return [_sum(cells, parts, row) for (row, _), parts in merged.items()]


def _sum(cells: Sequence[Cell], parts: Sequence[int], row: str) -> Published:
    """Return one cell for parts that divide families."""
    chosen = [cells[at] for at in parts]
    value, people = sum(c.value for c in chosen), sum(c.people for c in chosen)
    share = max(c.value * c.share for c in chosen) / value if value else max(c.share for c in chosen)
    agencies = max(c.agencies for c in chosen)
    cell = chosen[0]._replace(row=row, value=value, people=people, share=share, agencies=agencies)
    return Published(cell, tuple(parts))


def _thin(
    cells: Sequence[Cell], members: Sequence[int], convention: Convention, max_interventions: int
) -> list[Published]:
    """Keep rows of a running table that are far enough apart: the step between two rows is a number of families too.

    Rows over the top code, under the threshold and, being cumulative, all rows beyond the most extreme family go.
    """
    is_lorenz = cells[members[0]].table == "lorenz"
    rows = [at for at in members if cells[at].row and (is_lorenz or int(cells[at].row) <= max_interventions)]
    step = convention.min_cell if is_lorenz or convention.round_to == 1 else 0
    kept: list[int] = []
    for at in sorted(rows, key=lambda at: (cells[at].people, int(cells[at].row))):
        before = cells[kept[-1]].people if kept else 0
        if cells[at].people >= convention.min_cell and cells[at].people - before >= step:
            kept.append(at)
    whole = max(rows, key=lambda at: int(cells[at].row), default=None)
    if is_lorenz and whole is not None and kept and whole not in kept and cells[whole].people >= convention.min_cell:
        kept[-1] = whole
    return [Published(cells[at], (at,)) for at in [*(m for m in members if not cells[m].row), *kept]]
