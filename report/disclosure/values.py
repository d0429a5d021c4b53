"""Contacts and money behind withheld numbers: no sum may give one of them away by itself.

A number of contacts is withheld where too few people stand behind it, and the audit protects the people. But numbers
of contacts add up even where people overlap: total less all other agencies gives the one withheld agency's contacts.
So before the audit, as its first set, a second number is withheld wherever a sum has a single unknown, unless
rounding alone leaves that unknown anything from 1 to `min_cell` - 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from totalplace.report.disclosure.audit import HIGH, LOW, gives_away
from totalplace.report.disclosure.conventions import UNBOUNDED, Convention
from totalplace.report.disclosure.folding import Cell, Published
from totalplace.report.disclosure.linked import System, Tie, build_value_system
from totalplace.report.disclosure.net import Net, new_net
from totalplace.report.disclosure.subjects import RUNNING_TABLES
from totalplace.report.disclosure.withholding import known_bounds

Flags = NDArray[np.bool_]


def withhold_lone_values(
    cells: Sequence[Cell],
    published: Sequence[Published],
    convention: Convention,
    withheld: Flags,
    ties: Sequence[Tie] = (),
    fixed: int = 0,
) -> Flags:
    """Return which published cells are withheld when no sum gives a withheld value away by itself.

    Args:
        cells: all of CELLS, in the order of their key.
        published: in the order of their key.
        convention: the rule for small numbers.
        withheld: per published cell: withheld for itself.
        ties: what is known of cells beside what their names say.
        fixed: the first so many published cells are out already, as they are.
    """
    tables = _tables_of_values(cells)
    kept = [at for at, item in enumerate(published) if item.cell.table in tables]
    if not kept:
        return withheld
    place = {at: new for new, at in enumerate(at for at, cell in enumerate(cells) if cell.table in tables)}
    values = [_as_value(cell) for cell in cells if cell.table in tables]
    items = [
        Published(_as_value(published[at].cell), tuple(place[part] for part in published[at].parts)) for at in kept
    ]
    tied = [tie for tie in ties if {tie.whole, *tie.parts} <= place.keys()]
    tied = [Tie(tie.kind, place[tie.whole], tuple(place[part] for part in tie.parts)) for tie in tied]
    system = build_value_system(values, items, convention, tied)
    people = np.array([published[at].cell.people for at in kept], np.int64)
    found = withheld.copy()
    found[kept] = _fill(system, withheld[kept], people, convention, np.array(kept) < fixed)
    return found


def _tables_of_values(cells: Sequence[Cell]) -> set[str]:
    """Return tables whose values are whole numbers, add up, and are not the people themselves."""
    tables = {cell.table for cell in cells} - set(RUNNING_TABLES)
    tables -= {cell.table for cell in cells if cell.value != round(cell.value) or abs(cell.value) >= UNBOUNDED // 64}
    return tables & {cell.table for cell in cells if cell.value != cell.people}


def _as_value(cell: Cell) -> Cell:
    return cell._replace(people=round(cell.value))


def _fill(system: System, withheld: Flags, people: NDArray[np.int64], convention: Convention, fixed: Flags) -> Flags:
    """Withhold a second number in each sum with a single unknown that it gives away, until there is none."""
    withheld = withheld.copy()
    cells_of: dict[int, list[int]] = defaultdict(list)
    for at, unknown in enumerate(system.of_cell.tolist()):
        cells_of[unknown].append(at)
    hidden = system.truth > 0
    hidden[[u for u, cells in cells_of.items() if not any(withheld[at] for at in cells)]] = False
    hidden[system.of_cell[withheld]] = True
    stays = {int(u) for u in system.of_cell[fixed & ~withheld]}
    low, high = known_bounds(system, convention, withheld)
    small, net = hidden.copy(), new_net(system, low, high)
    counts = _hidden_members(system, hidden)
    todo = np.flatnonzero(counts == 1).tolist()
    while todo:
        s = todo.pop(0)
        if counts[s] != 1 or _left_open(net, s, hidden & small, convention):
            continue
        partner = _partner(system, s, hidden, stays, cells_of, people)
        if partner < 0:
            continue
        hidden[partner] = True
        withheld[cells_of[partner]] = True
        low[partner], high[partner] = convention.least_withheld, UNBOUNDED
        for other in net.of_sum[net.of_start[partner] : net.of_start[partner + 1]].tolist():
            counts[other] += 1
            if counts[other] == 1:
                todo.append(other)
    return withheld


def _left_open(net: Net, s: int, small: Flags, convention: Convention) -> bool:
    """Return whether rounding leaves the small unknown of a sum anything from 1 to `min_cell` - 1."""
    members = net.at[net.start[s] : net.start[s + 1]]
    unknown = int(members[small[members]][0]) if small[members].any() else -1
    if unknown < 0:
        return False
    goals = ((LOW, convention.least_withheld), (HIGH, convention.min_cell - 1))
    return not any(gives_away(net, unknown, side, goal) for side, goal in goals)


def _hidden_members(system: System, hidden: Flags) -> NDArray[np.int64]:
    if not len(system.at):
        return np.zeros(0, np.int64)
    return np.add.reduceat(hidden[system.at].astype(np.int64), system.start[:-1])


def _partner(
    system: System,
    s: int,
    hidden: Flags,
    stays: set[int],
    cells_of: dict[int, list[int]],
    people: NDArray[np.int64],
) -> int:
    """Return the shown number with fewest people in a sum, parts before the whole; -1 if none is left."""
    members = system.at[system.start[s] : system.start[s + 1]].tolist()
    ranked = [
        (u == system.whole[s], int(people[cells_of[u][0]]), cells_of[u][0], u)
        for u in members
        if not hidden[u] and system.truth[u] and u in cells_of and u not in stays
    ]
    return min(ranked)[3] if ranked else -1
