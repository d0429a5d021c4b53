"""Every published number of people as one system of sums, as a reader who subtracts them from each other would see it.

The unknowns are the numbers of people (families) behind the cells. Sums between them are of four kinds:

* parts = whole where conditions divide people (area; agencies met or at work at once; times told; bands and agencies
  of a family, and what became of it);
* each part <= whole <= sum of parts where one person can be in several (agency, theme, quarter, service);
* rows of a running table contain each other, and interventions are contacts;
* a merged band = the sum of its bands.

Numbers whose names do not say how they hang together are tied by `ties.py`.

A reader cannot infer from a sum that does not hold, so kinds of sum that the data do not meet are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from totalplace.report.disclosure.conventions import UNBOUNDED, Convention
from totalplace.report.disclosure.folding import Cell, Published
from totalplace.report.disclosure.subjects import HELD_BY, Conditioned, Conditions, Subject, subjects_of

Whole = NDArray[np.int64]
Sum = tuple[tuple[int, ...], tuple[int, ...], int, int, int]  # unknowns, factors, low, high, whole (-1 = none)

DIVIDES = {"area", "band", "number", "agencies met", "open at once", "times", "then"}
WITHIN = {"intervention": "contact"}
# Running tables: whether a row with a larger number is within one with a smaller.
RUNNING = {"days": False, "at least": True, "share": False}
# Row and column dropped together: a table's total may stand without its margins.
TOGETHER = (
    ("from service", "to service"),
    ("from service", "to service", "from", "to"),
    ("from", "to"),
    ("service", "agency"),
    ("first", "again"),
    ("band", "number"),
    ("row", "column"),
)
# Kinds of tie. REST: the parts are among the whole, and how many are not is a number that a reader works out.
# AMONG: the same, but nobody counts the rest. COVER: the whole is at most the sum of its parts, each of them among it;
# values add up. SAME: one number twice. What the data do not meet is left out, as for every other sum.
REST, AMONG, COVER, SAME = "rest", "among", "cover", "same"


class Tie(NamedTuple):
    """Cells, by their place, that a reader can hold against each other."""

    kind: str
    whole: int
    parts: tuple[int, ...]


@dataclass(frozen=True)
class System:
    """Unknowns and sums. Arrays over unknowns: low, high, truth; over entries of sums: CSR `start`, `at`, `factor`.

    Args:
        low, high: what is known of each unknown before any cell is published; int64, `UNBOUNDED` = no limit.
        truth: what it is: always between low and high, and within every sum.
        start, at, factor: sum r is the total of factor[k] * x[at[k]] for k in start[r]:start[r + 1].
        sum_low, sum_high: bounds of each sum.
        whole: per sum, the unknown that is its whole; -1 if it has none.
        of_cell: per published cell, its unknown; -1 for a fold, whose people are not known.
        small: unknowns that are small, whose bounds the audit must find wide.
        needed: per unknown, the least number that the bounds must reach down to.
        unmet: sums that the data do not meet although they must: 0, or CELLS are wrong.
    """

    low: Whole
    high: Whole
    truth: Whole
    start: Whole
    at: Whole
    factor: Whole
    sum_low: Whole
    sum_high: Whole
    whole: Whole
    of_cell: Whole
    small: Whole
    needed: Whole
    unmet: int


@dataclass
class _Draft:
    """A system while it is written down."""

    number: dict[Subject, int] = field(default_factory=dict)
    truth: list[int] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    unmet: int = 0

    def unknown(self, subject: Subject, truth: int) -> int:
        """Return the number of an unknown, a new one if it is new."""
        found = self.number.get(subject)
        if found is None:
            found = self.number[subject] = len(self.truth)
            self.truth.append(truth)
        return found

    def add_up(self, whole: int, parts: Sequence[int]) -> bool:
        """Write down that parts divide a whole, if the data say so."""
        if self.truth[whole] != sum(self.truth[part] for part in parts):
            return False
        self.sums.append(((whole, *parts), (1, *[-1] * len(parts)), 0, 0, whole))
        return True

    def cover(self, whole: int, parts: Sequence[int]) -> None:
        """Write down that a whole is at most the sum of its parts."""
        self.sums.append(((whole, *parts), (1, *[-1] * len(parts)), -UNBOUNDED, 0, whole))

    def contain(self, whole: int, part: int, certain: bool = True) -> None:
        """Write down that a part is at most its whole; `certain` = it must be, by what the two are."""
        if self.truth[part] > self.truth[whole]:
            self.unmet += certain
        elif part != whole:
            self.sums.append(((whole, part), (1, -1), 0, UNBOUNDED, whole))


def build_system(
    cells: Sequence[Cell], published: Sequence[Published], convention: Convention, ties: Sequence[Tie] = ()
) -> System:
    """Return the system behind the published numbers.

    Args:
        cells: all of CELLS, in the order of their key.
        published: in the order of their key.
        convention: for what counts as small.
        ties: what is known of cells beside what their names say.
    """
    draft = _Draft()
    subjects = subjects_of(cells)
    people = [draft.unknown(subject, cell.people) for cell, subject in zip(cells, subjects.of_cell, strict=True)]
    _parts_and_wholes(draft, subjects)
    _running_rows(draft, subjects)
    _kinds_within_kinds(draft)
    for tie in ties:
        _tie(draft, tie.kind, people[tie.whole], [people[part] for part in tie.parts])
    return _published_system(draft, published, people, convention)


def _tie(draft: _Draft, kind: str, whole: int, parts: Sequence[int]) -> None:
    truth = draft.truth
    if kind == SAME:
        draft.add_up(whole, parts)
        return
    if kind == COVER and truth[whole] <= sum(truth[part] for part in parts):
        draft.cover(whole, parts)
    for part in parts:
        draft.contain(whole, part, certain=False)
        if kind == REST and truth[part] < truth[whole]:
            rest = len(truth)
            truth.append(truth[whole] - truth[part])
            draft.add_up(whole, (part, rest))


def build_value_system(
    cells: Sequence[Cell], published: Sequence[Published], convention: Convention, ties: Sequence[Tie] = ()
) -> System:
    """Return the sums between values, which add up wherever the data say so.

    Args:
        cells: cells whose `people` are their values.
        published: likewise.
        convention: as for people.
        ties: likewise; of them those that add up.
    """
    draft = _Draft()
    subjects = subjects_of(cells)
    values = [draft.unknown(subject, cell.people) for cell, subject in zip(cells, subjects.of_cell, strict=True)]
    groups, kinds = _groups(draft, subjects), _kinds(draft)
    # Values of a kind that do not always add up (a contact without a theme) give no reader a sum to count on.
    uneven = {
        (kinds[whole], dropped)
        for (whole, dropped), parts in groups.items()
        if draft.truth[whole] != sum(draft.truth[part] for part in parts)
    }
    for (whole, dropped), parts in groups.items():
        if (kinds[whole], dropped) not in uneven:
            draft.add_up(whole, parts)
    for tie in ties:
        if tie.kind in (SAME, COVER):
            draft.add_up(values[tie.whole], [values[part] for part in tie.parts])
    return _published_system(draft, published, values, convention)


def _published_system(
    draft: _Draft, published: Sequence[Published], people: Sequence[int], convention: Convention
) -> System:
    of_cell = [_unknown_of(draft, item, people) for item in published]
    number = _merge_twins(draft)
    of_cell = [int(number[unknown]) if unknown >= 0 else -1 for unknown in of_cell]
    return _finished(draft, np.array(of_cell, np.int64), convention)


def _groups(draft: _Draft, subjects: Conditioned) -> dict[tuple[int, str], list[int]]:
    """Return (whole, condition dropped) -> its parts."""
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    plans: dict[tuple[str, ...], list[tuple[str, tuple[int, ...]]]] = {}
    for (kind, conditions), at in draft.number.items():
        names = tuple(subjects.names[c] for c in conditions)
        if names not in plans:
            plans[names] = droppable(names)
        for dropped, kept in plans[names]:
            whole = draft.number.get((kind, tuple(conditions[k] for k in kept)))
            if whole is not None:
                groups[whole, dropped].append(at)
    return groups


def _kinds(draft: _Draft) -> dict[int, str]:
    return {at: kind for (kind, _), at in draft.number.items()}


def _parts_and_wholes(draft: _Draft, subjects: Conditioned) -> None:
    groups, kinds = _groups(draft, subjects), _kinds(draft)
    # Where parts fail to cover one whole (handoffs have two themes, so some have none), no reader can count on it.
    uncovering = {
        (kinds[whole], dropped)
        for (whole, dropped), parts in groups.items()
        if draft.truth[whole] > sum(draft.truth[part] for part in parts)
    }
    for (whole, dropped), parts in groups.items():
        divided = set(dropped.split("+")) <= DIVIDES
        if divided and draft.add_up(whole, parts):
            continue
        if dropped not in RUNNING and (kinds[whole], dropped) not in uncovering:
            draft.cover(whole, parts)
        for part in parts:
            draft.contain(whole, part)


def droppable(names: tuple[str, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Return what may be dropped from conditions with these names, and the places that stay."""
    held = {HELD_BY[name] for name in names if name in HELD_BY}
    plans = [(name, {name}) for name in names if name not in held]
    for together in TOGETHER:
        goes = set(together)
        if goes <= set(names) and not (goes & held) - {HELD_BY.get(name, "") for name in goes}:
            plans.append(("+".join(together), goes))
    return [(label, tuple(k for k, name in enumerate(names) if name not in goes)) for label, goes in plans]


def _running_rows(draft: _Draft, subjects: Conditioned) -> None:
    """Rows of a running table contain each other.

    Not so, for certain, with the numbers of repeats within more and more days, beyond places: with a longer validity
    an earlier assessment may still stand, which makes another one the repeat, in another quarter, agency or theme.
    Where they do contain each other a reader may still count on it.
    """
    chains: dict[tuple[str, Conditions], list[tuple[int, int]]] = defaultdict(list)
    for (kind, conditions), at in draft.number.items():
        for c in conditions:
            name, value = subjects.names[c], subjects.values[c]
            if name in RUNNING and value.isdigit():
                rest = tuple(other for other in conditions if other != c)
                chains[kind, rest].append((-int(value) if RUNNING[name] else int(value), at))
    for (_, rest), chain in chains.items():
        certain = {subjects.names[c] for c in rest} <= {"area"}
        ordered = [at for _, at in sorted(chain)]
        for inner, outer in zip(ordered[:-1], ordered[1:], strict=True):
            draft.contain(outer, inner, certain)


def _kinds_within_kinds(draft: _Draft) -> None:
    for (kind, conditions), at in draft.number.items():
        around = draft.number.get((WITHIN.get(kind, ""), conditions))
        if around is not None:
            draft.contain(around, at)


def _unknown_of(draft: _Draft, item: Published, people: Sequence[int]) -> int:
    """Return the unknown of a published cell; merged bands get one of their own, tied to their parts."""
    if len(item.parts) == 1:
        return people[item.parts[0]]
    if not item.divides:
        return -1
    parts = [people[part] for part in item.parts]
    whole = len(draft.truth)
    draft.truth.append(sum(draft.truth[part] for part in parts))
    draft.add_up(whole, parts)
    return whole


def _merge_twins(draft: _Draft) -> Whole:
    """Make one unknown of a whole and its only part; return the new number of each old one."""
    parent = np.arange(len(draft.truth))

    def root(a: int) -> int:
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = int(parent[a])
        return a

    for at, factor, _, high, whole in draft.sums:
        if len(at) == 2 and factor == (1, -1) and whole >= 0 and high == 0 and draft.truth[at[0]] == draft.truth[at[1]]:
            a, b = sorted((root(at[0]), root(at[1])))
            parent[b] = a
    kept, number = np.unique([root(a) for a in range(len(parent))], return_inverse=True)
    new = number.tolist()
    sums: dict[Sum, None] = {}
    for at, factor, low, high, whole in draft.sums:
        renamed = tuple(new[a] for a in at)
        if len(set(renamed)) < len(renamed):
            renamed, factor = _gathered(renamed, factor)
        if renamed:
            sums[renamed, factor, low, high, new[whole] if whole >= 0 else -1] = None
    draft.sums = list(sums)
    draft.truth = [draft.truth[int(a)] for a in kept]
    return np.asarray(number, np.int64)


def _gathered(at: tuple[int, ...], factor: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Add up the factors of an unknown that is in a sum twice; drop it where they cancel."""
    members: dict[int, int] = {}
    for a, f in zip(at, factor, strict=True):
        members[a] = members.get(a, 0) + f
    used = {a: f for a, f in members.items() if f}
    return tuple(used), tuple(used.values())


def _finished(draft: _Draft, of_cell: Whole, convention: Convention) -> System:
    truth = np.array(draft.truth, np.int64)
    system = replace(
        bare_system(draft.sums, len(truth)),
        truth=truth,
        of_cell=of_cell,
        small=np.flatnonzero(convention.is_small(truth)),
        unmet=draft.unmet,
    )
    _need(system, convention)
    return system


def bare_system(sums: Sequence[Sum], unknowns: int) -> System:
    """Return sums between so many unknowns of which nothing else is known: all 0 in truth, none of them small."""
    lengths = [len(at) for at, *_ in sums]
    return System(
        low=np.zeros(unknowns, np.int64),
        high=np.full(unknowns, UNBOUNDED, np.int64),
        truth=np.zeros(unknowns, np.int64),
        start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        at=np.array([a for at, *_ in sums for a in at], np.int64),
        factor=np.array([f for _, factor, *_ in sums for f in factor], np.int64),
        sum_low=np.array([low for *_, low, _, _ in sums], np.int64),
        sum_high=np.array([high for *_, high, _ in sums], np.int64),
        whole=np.array([whole for *_, whole in sums], np.int64),
        of_cell=np.empty(0, np.int64),
        small=np.empty(0, np.int64),
        needed=np.zeros(unknowns, np.int64),
        unmet=0,
    )


def _need(system: System, convention: Convention) -> None:
    """Fill `needed`: a small cell must look as if it could be 1 (0), or as small as marks and shown zeros allow."""
    low = np.zeros(len(system.truth), np.int64)
    high = np.full(len(system.truth), UNBOUNDED, np.int64)
    if convention.zeros_shown:
        marked = system.of_cell[system.of_cell >= 0]
        low[marked] = convention.is_small(system.truth[marked])
        high[marked] = np.where(system.truth[marked] > 0, UNBOUNDED, 0)
    system.needed[:] = np.maximum(lifted(system, low, high), convention.least_withheld)


def lifted(system: System, low: Whole, high: Whole) -> Whole:
    """Return the lower bounds that follow from bounds by carrying them through the sums, until nothing changes."""
    sums = np.repeat(np.arange(len(system.start) - 1), np.diff(system.start))
    at, positive, size = system.at, system.factor > 0, np.abs(system.factor)
    while len(sums):
        least = np.where(positive, low[at], -high[at]) * size
        most = np.where(positive, high[at], -low[at]) * size
        others_least = np.add.reduceat(least, system.start[:-1])[sums] - least
        others_most = np.add.reduceat(most, system.start[:-1])[sums] - most
        # f x >= sum_low - most of the others, and -f x >= least of the others - sum_high.
        implied = np.where(positive, system.sum_low[sums] - others_most, others_least - system.sum_high[sums])
        new = low.copy()
        np.maximum.at(new, at, -(-implied // size))
        if (new == low).all():
            break
        low = new
    return low
