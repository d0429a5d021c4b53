"""Which numbers are withheld: the small ones first, then others until an outsider can derive none of the small."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from totalplace.config.report import ReportRules
from totalplace.errors import PrivacyError
from totalplace.report.disclosure.audit import HIGH, LOW, TOLERANCE
from totalplace.report.disclosure.conventions import Convention
from totalplace.report.disclosure.folding import Published
from totalplace.report.disclosure.linked import System
from totalplace.report.disclosure.net import Net, new_net
from totalplace.report.disclosure.program import ask
from totalplace.report.disclosure.proofs import Target, Witness, mended, prove
from totalplace.report.disclosure.witness import new_walker

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Verdict:
    """What is withheld and what the audit found.

    Args:
        withheld: per published cell.
        further: positions of cells withheld for the sake of others.
        passes: rounds of further withholding.
        small: small numbers protected.
        exposed: small numbers that an outsider can still narrow down (never with an enforced convention).
        slices: tables of a slice withheld whole.
    """

    withheld: NDArray[np.bool_]
    further: tuple[int, ...]
    passes: int
    small: int
    exposed: int
    slices: int


@dataclass
class _State:
    """An audit under way: what is withheld, the bounds that this leaves (in `net`), and the witnesses found."""

    system: System
    published: Sequence[Published]
    convention: Convention
    withheld: NDArray[np.bool_]
    net: Net
    cells_of: dict[int, list[int]]
    is_whole: NDArray[np.bool_]
    goals: dict[Target, int]
    fixed: int
    witnesses: list[Witness] = field(default_factory=list)


def withhold(
    system: System,
    published: Sequence[Published],
    convention: Convention,
    rules: ReportRules,
    primary: NDArray[np.bool_],
    fixed: int = 0,
) -> Verdict:
    """Return which published cells are withheld.

    Args:
        system: the sums behind them.
        published: in the order of their key.
        convention: the rule for small numbers.
        rules: limits of the audit.
        primary: cells withheld for themselves: small, dominated by one person, or fed by too few agencies.
        fixed: the first so many cells are out already: what is shown of them stays shown.
    """
    state = _begin(system, published, convention, primary, fixed)
    if not convention.enforced:
        blocked = prove(state.net, system.truth, state.goals, every=True).blocked
        return Verdict(state.withheld, (), 0, len(system.small), len({u for u, _ in blocked}), 0)
    further, passes, slices = _withhold_further(state, rules.max_audit_passes)
    further = _put_back(state, further)
    return Verdict(state.withheld, tuple(further), passes, len(system.small), 0, slices)


def _begin(
    system: System, published: Sequence[Published], convention: Convention, primary: NDArray[np.bool_], fixed: int
) -> _State:
    cells_of: dict[int, list[int]] = defaultdict(list)
    for at, unknown in enumerate(system.of_cell.tolist()):
        if unknown >= 0:
            cells_of[unknown].append(at)
    is_whole = np.zeros(len(system.truth), bool)
    is_whole[system.whole[system.whole >= 0]] = True
    net = new_net(system, *known_bounds(system, convention, primary))
    goals = {(u, LOW): int(system.needed[u]) for u in system.small.tolist()}
    goals |= {(u, HIGH): convention.min_cell - 1 for u in system.small.tolist()}
    return _State(system, published, convention, primary.copy(), net, cells_of, is_whole, goals, fixed)


def known_bounds(system: System, convention: Convention, withheld: NDArray[np.bool_]) -> tuple[Whole, Whole]:
    """Return what a reader knows of each unknown by itself, when some published cells are withheld.

    Args:
        system: the sums.
        convention: rounding, and what a mark can stand for.
        withheld: per published cell.

    Returns:
        Least and greatest value per unknown.
    """
    low, high = system.low.copy(), system.high.copy()
    for at in np.flatnonzero(system.of_cell >= 0):
        _narrow(system, convention, bool(withheld[at]), int(system.of_cell[at]), low, high)
    return low, high


def _narrow(system: System, convention: Convention, withheld: bool, unknown: int, low: Whole, high: Whole) -> None:
    """Narrow an unknown by one cell: by its rounding where shown, by its mark where withheld."""
    if withheld:
        low[unknown] = max(low[unknown], convention.least_withheld)
        return
    least, most = convention.known_from(int(system.truth[unknown]))
    low[unknown], high[unknown] = max(low[unknown], least), min(high[unknown], most)


def _set_bounds(state: _State, unknown: int) -> None:
    """Set again what a reader knows of an unknown, after one of its cells was withheld or shown."""
    system, net = state.system, state.net
    net.low[unknown], net.high[unknown] = system.low[unknown], system.high[unknown]
    for at in state.cells_of[unknown]:
        _narrow(system, state.convention, bool(state.withheld[at]), unknown, net.low, net.high)


def _withhold_further(state: _State, max_passes: int) -> tuple[list[int], int, int]:
    """Withhold what stands in the way of each target out of reach until none is; return cells, passes, whole slices."""
    further: list[int] = []
    passes = slices = 0
    left = set(state.goals)
    while left:
        found = prove(state.net, state.system.truth, {t: state.goals[t] for t in sorted(left)}, every=False)
        state.witnesses += found.witnesses
        left = {*found.blocked, *found.open}
        if not found.blocked:
            continue
        passes += 1
        freed: set[int] = set()
        stuck: list[Target] = []
        for target, blocking in sorted(found.blocked.items()):
            if freed.intersection(blocking.tolist()):
                continue
            chosen = _next_cells(state, blocking)
            if not chosen:
                stuck.append(target)
                continue
            if passes > max_passes:
                chosen = _slices_of(state, chosen)
                slices += 1
            new = _mark(state, chosen)
            freed |= {int(state.system.of_cell[at]) for at in new}
            further += new
        _settle_for_less(state, stuck)
    return further, passes, slices


def _settle_for_less(state: _State, targets: Sequence[Target]) -> None:
    """Where shown zeros and marks alone give more away, ask for what is left when every other number is withheld.

    Raises:
        PrivacyError: a number follows from others although nothing more can be withheld.
    """
    if not targets:
        return
    everything = np.array([item.cell.people > 0 or not state.convention.zeros_shown for item in state.published])
    everything[: state.fixed] = state.withheld[: state.fixed]
    low, high = known_bounds(state.system, state.convention, everything)
    net = state.net._replace(low=low, high=high)
    for unknown, side in targets:
        best = ask(net, state.system.truth, unknown, side, state.goals[unknown, side]).best
        whole = int(np.ceil(best - TOLERANCE) if side == LOW else np.floor(best + TOLERANCE))
        if whole == state.goals[unknown, side]:
            what = f"{len(targets)} small numbers follow from the others whatever is withheld"
            cure = "Raise privacy.min_cell, or leave out the filter or table that shows them twice."
            raise PrivacyError("TP523", "disclosure audit", what, cure)
        state.goals[unknown, side] = whole


def _next_cells(state: _State, blocking: Whole) -> list[int]:
    """Return the cells to withhold: those of the smallest number in the way, parts before totals."""
    candidates = [
        (bool(state.is_whole[u]), int(state.published[cells[0]].cell.people), cells[0], int(u))
        for u in blocking
        if state.system.truth[u] and (cells := _shown_and_movable(state, int(u)))
    ]
    return state.cells_of[min(candidates)[3]] if candidates else []


def _shown_and_movable(state: _State, unknown: int) -> list[int]:
    """Return the shown cells of an unknown; none where one of them is out already, as withholding is of no use then."""
    cells = [at for at in state.cells_of.get(unknown, []) if not state.withheld[at]]
    return [] if any(at < state.fixed for at in cells) else cells


def _slices_of(state: _State, cells: Sequence[int]) -> list[int]:
    slices = {state.published[at].cell.slice for at in cells}
    found = [at for at, item in enumerate(state.published) if item.cell.slice in slices and item.cell.people]
    return [at for at in found if at >= state.fixed]


def _mark(state: _State, cells: Iterable[int]) -> list[int]:
    """Withhold cells, and with each all cells that show the same people; return those newly withheld."""
    new: list[int] = []
    todo = [at for at in cells if not state.withheld[at]]
    while todo:
        at = todo.pop()
        if state.withheld[at]:
            continue
        state.withheld[at] = True
        new.append(at)
        todo += _same_people(state, at)
    _refresh(state, new)
    return sorted(new)


def _same_people(state: _State, at: int) -> list[int]:
    """Return the cells that show the same people."""
    return state.cells_of.get(int(state.system.of_cell[at]), [])


def _refresh(state: _State, cells: Iterable[int]) -> set[int]:
    unknowns = {int(state.system.of_cell[at]) for at in cells} - {-1}
    for unknown in unknowns:
        _set_bounds(state, unknown)
    return unknowns


def _put_back(state: _State, further: Sequence[int]) -> list[int]:
    """Show again, largest first, each further cell without which every small cell is seen to be still safe."""
    kept: list[int] = []
    walker = new_walker(state.net, state.system.truth)
    groups = _shown_together(state, further)
    for cells in sorted(groups, key=lambda cells: (-state.published[cells[0]].cell.people, cells[0])):
        state.withheld[cells] = False
        unknowns = sorted(_refresh(state, cells))
        mended_ones: dict[int, Witness] = {}
        for at, witness in enumerate(state.witnesses):
            if not _breaks(state, witness, unknowns):
                continue
            found = mended(state.net, state.system.truth, walker, witness, unknowns)
            if found is None:
                state.withheld[cells] = True
                _refresh(state, cells)
                kept += cells
                break
            mended_ones[at] = found
        else:
            for at, found in mended_ones.items():
                state.witnesses[at] = found
    return sorted(kept)


def _breaks(state: _State, witness: Witness, unknowns: Sequence[int]) -> bool:
    """Return whether a witness leaves the interval of one of some unknowns."""
    for unknown in unknowns:
        at = int(np.searchsorted(witness.moved, unknown))
        if at < len(witness.moved) and witness.moved[at] == unknown:
            value = witness.values[at]
            if not state.net.low[unknown] <= value <= state.net.high[unknown]:
                return True
    return False


def _shown_together(state: _State, further: Sequence[int]) -> list[list[int]]:
    """Group cells that show the same people: they are withheld and put back together."""
    groups: list[list[int]] = []
    left = set(further)
    for at in further:
        if at not in left:
            continue
        group, todo = [], [at]
        while todo:
            one = todo.pop()
            if one in left:
                left.discard(one)
                group.append(one)
                todo += _same_people(state, one)
        groups.append(sorted(group))
    return groups
