"""Which numbers are withheld: the small ones first, then others until an outsider can derive none of the small."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from totalplace.config.report import ReportRules
from totalplace.errors import PrivacyError
from totalplace.report.audit import HIGH, LOW, Incidence, Reached, Target, component_bound, incidence, reach
from totalplace.report.conventions import Convention
from totalplace.report.folding import Published
from totalplace.report.linked import System
from totalplace.report.witness import Net, Walker, new_net, new_walker, walk

Whole = NDArray[np.int64]

# Bounds the memory of the walks' records.
WALKED_AT_ONCE = 4096


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
        unmet: sums that the data do not meet.
    """

    withheld: NDArray[np.bool_]
    further: tuple[int, ...]
    passes: int
    small: int
    exposed: int
    slices: int
    unmet: int


@dataclass
class _State:
    """An audit under way: current bounds, and for each target passed the witness that it rests on."""

    system: System
    sums_of: Incidence
    published: Sequence[Published]
    convention: Convention
    max_radius: int
    max_unknowns: int
    withheld: NDArray[np.bool_]
    low: Whole
    high: Whole
    cells_of: dict[int, list[int]]
    is_whole: NDArray[np.bool_]
    net: Net
    walker: Walker
    witness: dict[Target, dict[int, float]] = field(default_factory=dict)
    users: dict[int, set[Target]] = field(default_factory=lambda: defaultdict(set))
    settled_for: dict[Target, int] = field(default_factory=dict)


def withhold(
    system: System,
    published: Sequence[Published],
    convention: Convention,
    rules: ReportRules,
    primary: NDArray[np.bool_],
) -> Verdict:
    """Return which published cells are withheld.

    Args:
        system: the sums behind them.
        published: in the order of their key.
        convention: the rule for small numbers.
        rules: limits of the audit.
        primary: cells withheld for themselves: small, dominated by one person, or fed by too few agencies.
    """
    state = _begin(system, published, convention, rules, primary)
    targets = [(int(u), side) for u in system.small for side in (LOW, HIGH)]
    failing = _settle(state, targets, exact=not convention.enforced)
    if not convention.enforced:
        return Verdict(state.withheld, (), 0, len(system.small), len({u for u, _ in failing}), 0, system.unmet)
    further, passes, slices = _withhold_further(state, failing, rules.max_audit_passes)
    further = _put_back(state, further, rules.max_put_back_proofs)
    return Verdict(state.withheld, tuple(further), passes, len(system.small), 0, slices, system.unmet)


def _begin(
    system: System,
    published: Sequence[Published],
    convention: Convention,
    rules: ReportRules,
    primary: NDArray[np.bool_],
) -> _State:
    cells_of: dict[int, list[int]] = defaultdict(list)
    for at, unknown in enumerate(system.of_cell.tolist()):
        if unknown >= 0:
            cells_of[unknown].append(at)
    sums_of = incidence(system)
    low, high = known_bounds(system, convention, primary)
    net = new_net(system, sums_of, low, high)
    is_whole = np.zeros(len(low), bool)
    is_whole[system.whole[system.whole >= 0]] = True
    fixed = system, sums_of, published, convention, rules.max_audit_radius, rules.max_audit_unknowns
    return _State(*fixed, primary.copy(), low, high, cells_of, is_whole, net, new_walker(system))


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
    system = state.system
    state.low[unknown], state.high[unknown] = system.low[unknown], system.high[unknown]
    for at in state.cells_of[unknown]:
        _narrow(system, state.convention, bool(state.withheld[at]), unknown, state.low, state.high)


def _goal(state: _State, target: Target) -> int:
    if target in state.settled_for:
        return state.settled_for[target]
    return int(state.system.needed[target[0]]) if target[1] == LOW else state.convention.min_cell - 1


def _keep(state: _State, target: Target, moved: Iterable[int], values: Iterable[float]) -> None:
    for unknown in state.witness.get(target, {}):
        state.users[unknown].discard(target)
    state.witness[target] = dict(zip(moved, values, strict=True))
    for unknown in state.witness[target]:
        state.users[unknown].add(target)


def _settle(state: _State, targets: Sequence[Target], exact: bool = False, wider: int = 1) -> dict[Target, Reached]:
    """Find a witness for each target; return those for which none is found, with what stands in the way.

    Args:
        state: the audit.
        targets: what to prove.
        exact: look through whole components; else no further than their surroundings.
        wider: how many times larger those surroundings may be than at first.
    """
    failing: dict[Target, Reached] = {}
    for target in _walked(state, targets):
        goal = _goal(state, target)
        known = state.system, state.sums_of, state.low, state.high
        verdict = reach(*known, target, goal, state.max_radius, wider * state.max_unknowns, exact)
        if verdict.yes:
            _keep(state, target, verdict.moved.tolist(), verdict.values.tolist())
        else:
            failing[target] = verdict
    return failing


def _walked(state: _State, targets: Sequence[Target]) -> list[Target]:
    """Return the targets for which a walk found no witness."""
    left: list[Target] = []
    for first in range(0, len(targets), WALKED_AT_ONCE):
        some = targets[first : first + WALKED_AT_ONCE]
        unknowns = np.array([u for u, _ in some], np.int64)
        goals = np.array([_goal(state, target) for target in some], np.int64)
        walks = walk(state.net, state.walker, unknowns, goals)
        for i, target in enumerate(some):
            n = walks.count[i]
            if walks.found[i]:
                _keep(state, target, walks.moved[i, :n].tolist(), walks.values[i, :n].tolist())
            else:
                left.append(target)
    return left


def _withhold_further(state: _State, failing: dict[Target, Reached], max_passes: int) -> tuple[list[int], int, int]:
    """Withhold what stands in the way of each failing target until none fails; return cells, passes, whole slices."""
    further: list[int] = []
    passes = slices = 0
    while failing:
        passes += 1
        before = len(further)
        for target in sorted(failing):
            # An earlier target of this pass may have freed this one too.
            if len(further) > before and not _walked(state, [target]):
                del failing[target]
                continue
            chosen = _next_cells(state, failing[target].blocking)
            if passes > max_passes:
                chosen = _slices_of(state, chosen)
                slices += bool(chosen)
            further += _mark(state, chosen)
        stuck = len(further) == before
        # Few are left in each pass, so each may be looked at more widely than in the last.
        failing = _settle(state, sorted(failing), exact=stuck, wider=4**passes)
        if stuck and failing and not any(_next_cells(state, verdict.blocking) for verdict in failing.values()):
            _settle_for_less(state, sorted(failing))
            failing = _settle(state, sorted(failing), exact=True)
    return further, passes, slices


def _settle_for_less(state: _State, targets: Sequence[Target]) -> None:
    """Where shown zeros and marks alone give more away, ask for what is left when every other number is withheld.

    Raises:
        PrivacyError: a number follows from others although nothing more can be withheld.
    """
    everything = np.array([item.cell.people > 0 or not state.convention.zeros_shown for item in state.published])
    low, high = known_bounds(state.system, state.convention, everything)
    for target in targets:
        goal = _goal(state, target)
        best = component_bound(state.system, state.sums_of, low, high, target, goal)
        if best == goal or state.settled_for.get(target) == best:
            what = f"{len(targets)} small numbers follow from the others whatever is withheld"
            cure = "Raise privacy.min_cell, or leave out the filter or table that shows them twice."
            raise PrivacyError("TP523", "disclosure audit", what, cure)
        state.settled_for[target] = best


def _next_cells(state: _State, blocking: Whole) -> list[int]:
    """Return the cells to withhold: those of the smallest number in the way, parts before totals."""
    candidates = [
        (bool(state.is_whole[u]), int(state.published[cells[0]].cell.people), cells[0], int(u))
        for u in blocking
        if state.system.truth[u] and (cells := [at for at in state.cells_of.get(int(u), []) if not state.withheld[at]])
    ]
    return state.cells_of[min(candidates)[3]] if candidates else []


def _slices_of(state: _State, cells: Sequence[int]) -> list[int]:
    slices = {state.published[at].cell.slice for at in cells}
    return [at for at, item in enumerate(state.published) if item.cell.slice in slices and item.cell.people]


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


def _put_back(state: _State, further: Sequence[int], proofs: int) -> list[int]:
    """Show again, largest first, each further cell without which every small cell is still safe.

    Args:
        state: the audit, passed.
        further: cells withheld for the sake of others.
        proofs: linear programs that may be spent; a cell that would need more stays withheld, which is always safe.
    """
    kept: list[int] = []
    groups = _shown_together(state, further)
    for cells in sorted(groups, key=lambda cells: (-state.published[cells[0]].cell.people, cells[0])):
        state.withheld[cells] = False
        unknowns = _refresh(state, cells)
        touched = sorted(
            {t for u in unknowns for t in state.users[u] if not state.low[u] <= state.witness[t][u] <= state.high[u]}
        )
        before = {t: state.witness[t] for t in touched}
        unproved = _walked(state, touched)
        proofs -= len(unproved)
        if unproved and (proofs < 0 or _settle(state, unproved)):
            state.withheld[cells] = True
            _refresh(state, cells)
            for target, moves in before.items():
                _keep(state, target, moves.keys(), moves.values())
            kept += cells
    return sorted(kept)


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
