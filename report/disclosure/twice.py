"""What follows from two releases together that follows from neither alone: the reader who keeps the earlier one.

A number that both releases give is one number as long as nothing shown says otherwise: so a mark in one and a number
in the other tell the mark, and a sum with one mark left tells it too, where each release alone left two. Numbers of
one kind in one quarter are held against each other unless a shown one has changed; then each release keeps its own.

Bounds are carried from one sum to the next (`bounds.py`), so all that is said here is so; what would only follow from
several sums taken together is not looked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from totalplace.report.disclosure.bounds import follow
from totalplace.report.disclosure.conventions import UNBOUNDED, Convention
from totalplace.report.disclosure.folding import BAND_TABLES, FOLDED_TABLES, OTHER, Cell
from totalplace.report.disclosure.linked import DIVIDES, Sum, bare_system, droppable
from totalplace.report.disclosure.net import new_net
from totalplace.report.disclosure.subjects import RUNNING_TABLES, Conditioned, Subject, subjects_of

UNKNOWN = -1
OLD, NEW, BOTH = 0, 1, 2
Bounds = tuple[int, int]
Group = tuple[str, str]  # kind of event, quarter
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Reading:
    """A release as its reader has it.

    Args:
        cells: released numbers; `value` is UNKNOWN where withheld, `people` where withheld or not told.
        convention: how they were rounded and withheld.
        partial: tables of which the file does not hold every row of every slice.
    """

    cells: Sequence[Cell]
    convention: Convention
    partial: frozenset[str] = frozenset()


class Follows(NamedTuple):
    """A withheld number that both releases together narrow down.

    Args:
        side: OLD or NEW: where it is withheld.
        cell: which.
        of_people: it is the number of people behind it, not its value.
    """

    side: int
    cell: Cell
    of_people: bool


@dataclass(frozen=True)
class Together:
    """What two releases tell together.

    Args:
        follows: withheld numbers that follow from both.
        held: kinds of number and quarters that were held against each other.
        changed: those in which a shown number has changed.
        small_changes: shown numbers of people of which it is told that a few fewer than the threshold came or went.
    """

    follows: tuple[Follows, ...]
    held: frozenset[Group]
    changed: frozenset[Group]
    small_changes: tuple[Cell, ...]


class _Added(NamedTuple):
    """A sum: the whole, its parts, and what was dropped from them; exact = the parts divide the whole."""

    dropped: tuple[str, str]
    whole: int
    parts: tuple[int, ...]
    exact: bool


def read_together(old: Reading, new: Reading) -> Together:
    """Return what the earlier and the new release tell together and neither tells alone."""
    kept = [[cell for cell in release.cells if _is_told(cell)] for release in (old, new)]
    subjects = subjects_of(*kept)
    people, values = (_View((old, new), kept, subjects, of_people) for of_people in (True, False))
    apart = [view.changed() for view in (people, values)]
    follows = [one for view, own in zip((people, values), apart, strict=True) for one in view.follows(own)]
    changed = apart[0] | apart[1]
    held = (people.shared() | values.shared()) - changed
    return Together(tuple(follows), frozenset(held), frozenset(changed), tuple(people.small_changes()))


class _View:
    """The people behind both releases' numbers, or their values, as unknowns with bounds, and the sums of each.

    Unknown i stands three times: as the old release has it, as the new one, and (from 2 n on) as both do.
    """

    def __init__(
        self, releases: tuple[Reading, Reading], kept: Sequence[Sequence[Cell]], subjects: Conditioned, of_people: bool
    ) -> None:
        """Take up the numbers of both releases, and the sums that neither contradicts."""
        self._of_people, self._releases, self._subjects = of_people, releases, subjects
        tables = {cell.table for cells in kept for cell in cells if of_people or _counts_events(cell)}
        of_cell = iter(subjects.of_cell)
        told = [[(next(of_cell), cell) for cell in cells] for cells in kept]
        self._place: dict[Subject, int] = {}
        self._cells = [
            [(self._place.setdefault(s, len(self._place)), cell) for s, cell in cells if cell.table in tables]
            for cells in told
        ]
        self._groups = [self._group(subject) for subject in self._place]
        self._known = [self._own_bounds(side) for side in (OLD, NEW)]
        self._take_up_sums()

    def shared(self) -> set[Group]:
        """Return the kinds and quarters of which both releases give a number."""
        return {self._groups[at] for at in self._known[OLD].keys() & self._known[NEW].keys()}

    def changed(self) -> set[Group]:
        """Return kinds and quarters in which the two releases cannot give the same numbers."""
        both = self._known[OLD].keys() & self._known[NEW].keys()
        apart = {self._groups[at] for at in both if _are_apart(self._known[OLD][at], self._known[NEW][at])}
        n = len(self._place)
        while True:
            low, high = self._carried((OLD, NEW), apart)
            wrong = {self._groups[at - BOTH * n] for at in np.flatnonzero(low > high).tolist() if at >= BOTH * n}
            if not wrong:
                return apart
            apart |= wrong

    def follows(self, apart: Set[Group]) -> Iterator[Follows]:
        """Yield the withheld numbers that are narrow once both releases are read, and were wider before."""
        together, names = self._bounds((OLD, NEW), apart), self._names(apart)
        alone = [self._bounds((side,), apart) for side in (OLD, NEW)]
        shown = [{at for at, cell in cells if cell.value != UNKNOWN} for cells in self._cells]
        marks = [self._known[side].keys() - shown[side] for side in (OLD, NEW)]
        for side in (OLD, NEW):
            for at, cell in self._cells[side]:
                name = int(names[side][at])
                if at not in marks[side] or not _is_narrow(together[name], self._releases[side].convention):
                    continue
                # Where both withhold it, what one of them gives away by itself does not follow from the two.
                other = alone[1 - side][int(names[1 - side][at])] if at in marks[1 - side] else None
                shared = other if names[1 - side][at] == name else None
                if together[name] != _within(shared, alone[side][name]):
                    yield Follows(side, cell, self._of_people)

    def small_changes(self) -> Iterator[Cell]:
        """Yield shown numbers whose change is told more narrowly than any number under the threshold."""
        least_shown = self._releases[NEW].convention.min_cell
        for at, cell in self._cells[NEW]:
            old, new = self._known[OLD].get(at), self._known[NEW][at]
            if old is None or not _are_apart(old, new) or UNBOUNDED in (old[1], new[1]):
                continue
            if max(new[1] - old[0], old[1] - new[0]) < least_shown - 1:
                yield cell

    def _own_bounds(self, side: int) -> dict[int, Bounds]:
        known: dict[int, Bounds] = {}
        for at, cell in self._cells[side]:
            known[at] = _within(known.get(at), self._told(side, cell))
        # Two numbers of one name that differ count different things: neither tells anything of the other.
        return {at: bounds if bounds[0] <= bounds[1] else (0, UNBOUNDED) for at, bounds in known.items()}

    def _told(self, side: int, cell: Cell) -> Bounds:
        """Return what a release says of a number by itself."""
        convention = self._releases[side].convention
        if cell.value == UNKNOWN:
            return convention.least_withheld, UNBOUNDED
        if self._of_people and cell.people == UNKNOWN:
            return (convention.min_cell, UNBOUNDED) if cell.value else (0, UNBOUNDED)
        if self._of_people:
            return convention.known_from(cell.people)
        least = round(cell.value) - convention.round_to // 2
        return max(least, 0), least + convention.round_to - 1 if cell.value else 0

    def _group(self, subject: Subject) -> Group:
        names, values = self._subjects.names, self._subjects.values
        quarters = [values[c] for c in subject[1] if names[c] == "quarter"]
        return subject[0], quarters[0] if quarters else ""

    def _take_up_sums(self) -> None:
        """Take up the sums of both releases, of kinds that the numbers of neither contradict."""
        sums, n = [list(self._sums_of(side)) for side in (OLD, NEW)], len(self._place)
        broken = {one.dropped for side in (OLD, NEW) for one in sums[side] if not _may_hold(self._known[side], one)}
        while True:
            sums = [[one for one in own if one.dropped not in broken] for own in sums]
            self._sums = [bare_system([row for one in own for row in _rows(one)], n) for own in sums]
            for side in (OLD, NEW):
                low, high = self._carried((side,), set(self._groups))
                wrong = {at - side * n for at in np.flatnonzero(low > high).tolist()}
                broken |= {one.dropped for one in sums[side] if wrong & {one.whole, *one.parts}}
            if not any(one.dropped in broken for own in sums for one in own):
                return

    def _sums_of(self, side: int) -> Iterator[_Added]:
        known, names = self._known[side], self._subjects.names
        partial = {at for at, cell in self._cells[side] if self._lacks_rows(side, cell)}
        plans: dict[tuple[str, ...], list[tuple[str, tuple[int, ...]]]] = {}
        groups: dict[tuple[int, str], list[int]] = defaultdict(list)
        kinds: dict[int, str] = {}
        for (kind, conditions), at in self._place.items():
            if at not in known:
                continue
            on = tuple(names[c] for c in conditions)
            if on not in plans:
                plans[on] = droppable(on)
            for dropped, kept in plans[on]:
                whole = self._place.get((kind, tuple(conditions[k] for k in kept)), -1)
                if whole in known:
                    kinds[whole] = kind
                    groups[whole, dropped].append(at)
        for (whole, dropped), parts in groups.items():
            if not partial & {whole, *parts}:
                exact = not self._of_people or set(dropped.split("+")) <= DIVIDES
                yield _Added((kinds[whole], dropped), whole, tuple(parts), exact)

    def _lacks_rows(self, side: int, cell: Cell) -> bool:
        """Return whether other rows beside a cell are folded, or not in the file."""
        return cell.table in FOLDED_TABLES or cell.table in self._releases[side].partial

    def _names(self, apart: Set[Group]) -> list[Whole]:
        """Return, per release, where each of its numbers stands: by itself where its kind has changed."""
        own, n = np.array([group in apart for group in self._groups], bool), len(self._place)
        return [np.arange(n) + n * np.where(own, side, BOTH) for side in (OLD, NEW)]

    def _bounds(self, sides: Sequence[int], apart: Set[Group]) -> list[Bounds]:
        low, high = self._carried(sides, apart)
        return list(zip(low.tolist(), high.tolist(), strict=True))

    def _carried(self, sides: Sequence[int], apart: Set[Group]) -> tuple[Whole, Whole]:
        """Return the bounds of the numbers of some releases, carried through all their sums."""
        n, names = len(self._place), self._names(apart)
        low, high = np.zeros(3 * n, np.int64), np.full(3 * n, UNBOUNDED, np.int64)
        for side in sides:
            at = names[side][list(self._known[side])]
            own = np.array(list(self._known[side].values()), np.int64).reshape(-1, 2)
            low[at], high[at] = np.maximum(low[at], own[:, 0]), np.minimum(high[at], own[:, 1])
        systems = [self._sums[side] for side in sides]
        if not any(len(system.at) for system in systems):
            return low, high
        shift = np.cumsum([0, *(len(system.at) for system in systems)])
        joined = replace(
            bare_system([], 3 * n),
            start=np.concatenate([[0], *(s.start[1:] + by for s, by in zip(systems, shift, strict=False))]),
            at=np.concatenate([names[side][self._sums[side].at] for side in sides]),
            factor=np.concatenate([system.factor for system in systems]),
            sum_low=np.concatenate([system.sum_low for system in systems]),
            sum_high=np.concatenate([system.sum_high for system in systems]),
        )
        found = follow(new_net(joined, low, high))
        return found.low, found.high


def _counts_events(cell: Cell) -> bool:
    """Return whether a number shows that those of its table are not the people themselves."""
    return UNKNOWN not in (cell.people, cell.value) and cell.value != cell.people


def _is_told(cell: Cell) -> bool:
    """Return whether a number can be held against another: folds and merged bands are others in each release."""
    folded = cell.table in FOLDED_TABLES and cell.row.rpartition("/")[2] == OTHER[cell.table]
    apart = cell.table in RUNNING_TABLES or (cell.table in BAND_TABLES and bool(cell.row))
    return not folded and not apart and abs(cell.value) < UNBOUNDED // 64


def _within(one: Bounds | None, other: Bounds) -> Bounds:
    return other if one is None else (max(one[0], other[0]), min(one[1], other[1]))


def _are_apart(one: Bounds, other: Bounds) -> bool:
    return max(one[0], other[0]) > min(one[1], other[1])


def _may_hold(known: Mapping[int, Bounds], one: _Added) -> bool:
    low, high = (sum(known[part][end] for part in one.parts) for end in (0, 1))
    enough = known[one.whole][0] <= high
    return enough and (low <= known[one.whole][1] or not one.exact)


def _rows(one: _Added) -> list[Sum]:
    """Return whole = sum of parts; or, where one person can be in several, each part <= whole <= their sum."""
    at, factor = (one.whole, *one.parts), (1, *[-1] * len(one.parts))
    if one.exact:
        return [(at, factor, 0, 0, one.whole)]
    within: list[Sum] = [((one.whole, part), (1, -1), 0, UNBOUNDED, one.whole) for part in one.parts]
    return [(at, factor, -UNBOUNDED, 0, one.whole), *within]


def _is_narrow(bounds: Bounds, convention: Convention) -> bool:
    """Return whether a number may be small, and is not left everything from 1 (0) to one under the threshold."""
    low, high = bounds
    return low < convention.min_cell and (low > convention.least_withheld or high < convention.min_cell - 1)
