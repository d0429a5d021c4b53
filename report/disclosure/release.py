"""What may be shown: small numbers withheld, the rest rounded, and an audit that nobody can undo it by subtraction.

`release` takes CELLS (docs/architecture.md) and returns the one table that pages, files and graphs are made from. The
only two types that leave the building are made here and nowhere else:

* `SafeTable(name, table, meta)`: disclosure-controlled output;
* `AnalystTable(name, table, meta)`: record-level output, which needs a `Permit`.

The released table, `SAFE_CELLS`, has one row per number, sorted by its first six columns:

| column | type | meaning |
|---|---|---|
| `table`, `chip`, `chip_value`, `quarter`, `row`, `column` | string | as in CELLS |
| `unit` | string | people or families |
| `shown` | float64, null | the number, rounded; null = withheld |
| `people_shown` | int64, null | people (families) behind it, rounded; null = withheld, or not known for a fold |
| `withheld` | bool | draw one mark, whatever the reason; withheld rows have both numbers null |

Rows that are not there: a true zero (never under `tre_10`, where zeros are withheld rows), or a rare key that was
folded. In `services`, `handoffs` and `variants` every key under the threshold in its slice is folded into the rows
`<agency>/other services` (or `other services` where an agency's fold is itself too small), `other handoffs` and
`other paths` (column ""). In the family tables bands of fewer than `min_cell` families merge downward within the
slice: the top band reads `250+` where too few families reach 500, a middle one `10-99`; rows of `high_demand` and
`lorenz` under the threshold, or too close to the next one, are left out. A withheld fold says that something was
folded, not how much.

`meta` holds `convention`, `min_cell` (least number shown), `round_to` (1 = not rounded), `synthetic`, `edition`,
`withheld_cells` and `people` (rounded total of the whole place, null if withheld).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from totalplace.config.privacy import PrivacyRules
from totalplace.config.report import ReportRules
from totalplace.config.scenario import Scenario
from totalplace.errors import PrivacyError, ShapeError
from totalplace.report.disclosure import redesigned
from totalplace.report.disclosure.conventions import Convention, convention_of
from totalplace.report.disclosure.doubt import thresholds_of, weights_of
from totalplace.report.disclosure.folding import FOLDED_TABLES, MEDIAN_TABLES, Cell, Published, cells_of, fold
from totalplace.report.disclosure.linked import build_system
from totalplace.report.disclosure.ranges import ranges_of
from totalplace.report.disclosure.subjects import RUNNING_TABLES
from totalplace.report.disclosure.ties import ties_of, ties_of_prices, too_few_left, too_few_unpriced
from totalplace.report.disclosure.values import withhold_lone_values
from totalplace.report.disclosure.withholding import Verdict, withhold
from totalplace.tables import CELLS, FLAG, REAL, REDESIGN, TEXT, UNCERTAINTY, WHOLE, Engine, Handle, Note

KEYS = ("table", "chip", "chip_value", "quarter", "row", "column")
SAFE_CELLS = pa.schema(
    [pa.field(name, TEXT, nullable=False) for name in (*KEYS, "unit")]
    + [pa.field("shown", REAL), pa.field("people_shown", WHOLE), pa.field("withheld", FLAG, nullable=False)]
)
_MADE_HERE = object()


@dataclass(frozen=True)
class _Guarded:
    """A table that may leave; only this module can make one."""

    name: str
    table: pa.Table
    meta: Mapping[str, Any]
    _token: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a table that did not pass this door."""
        if self._token is not _MADE_HERE:
            raise ShapeError("report", f"a {type(self).__name__} is made only in report/disclosure")


@dataclass(frozen=True)
class SafeTable(_Guarded):
    """Disclosure-controlled output: what a share edition may show."""


@dataclass(frozen=True)
class AnalystTable(_Guarded):
    """Record-level output, pseudonymised: for the analysts of this project only."""


@dataclass(frozen=True)
class Permit:
    """Leave to make record-level output."""

    _token: object = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a permit that no rule gave."""
        if self._token is not _MADE_HERE:
            raise ShapeError("report", "a Permit is made only from report.allow_analyst_edition")


@dataclass(frozen=True)
class Basis:
    """What a release rests on, for the audit of what is shown beside it; exact, so it never leaves.

    Args:
        cells: all of CELLS.
        published: what was to be published of them.
        withheld: per published cell.
    """

    cells: Sequence[Cell] = ()
    published: Sequence[Published] = ()
    withheld: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))


@dataclass(frozen=True)
class Release:
    """What may be shown.

    Args:
        cells: the released table, `SAFE_CELLS`.
        audit: counts: cells, small, withheld, further (of them further_for_values), passes, slices_withheld,
            exposed, sums_not_met (numbers greater than what holds them: 0 in sound CELLS), enforced and convention.
        notes: lines for the user.
        ranges: headlines with their intervals, `ranges.SAFE_RANGES`; None = not known.
        thresholds: headlines at other link thresholds, `doubt.SAFE_THRESHOLDS`; None = not known.
        weights: pairs by match weight, `doubt.SAFE_WEIGHTS`; None = not known.
        basis: what the cells rest on.
    """

    cells: SafeTable
    audit: Mapping[str, Any]
    notes: tuple[Note, ...] = ()
    ranges: SafeTable | None = None
    thresholds: SafeTable | None = None
    weights: SafeTable | None = None
    basis: Basis = field(default_factory=Basis, repr=False)


def permit(rules: ReportRules) -> Permit:
    """Return leave to make record-level output.

    Raises:
        PrivacyError: the project does not allow an analyst edition.
    """
    if not rules.allow_analyst_edition:
        what = "record-level output (analyst edition, event log, findings) is not allowed in this project"
        cure = "Make the share edition, or set report.allow_analyst_edition = true where the agreement permits it."
        raise PrivacyError("TP521", "key 'report.allow_analyst_edition'", what, cure)
    return Permit(_MADE_HERE)


def analyst_table(leave: Permit, table: pa.Table, name: str) -> AnalystTable:
    """Return a record-level table that may be written for analysts.

    Args:
        leave: from `permit`.
        table: pseudonymised rows.
        name: what it is called in files.
    """
    if not isinstance(leave, Permit):
        raise ShapeError("report.disclosure", "an analyst table needs a Permit")
    return AnalystTable(name, table, {"edition": "analyst"}, _MADE_HERE)


def release(
    cells: Handle,
    rules: PrivacyRules,
    report: ReportRules,
    engine: Engine,
    uncertainty: Handle | None = None,
    draws: Handle | None = None,
    weights: Handle | None = None,
) -> Release:
    """Fold, top-code, withhold, round and audit CELLS.

    Args:
        cells: CELLS, in any order.
        rules: threshold, rounding, convention.
        report: limits of what is shown and of the audit.
        engine: holds the cells.
        uncertainty: UNCERTAINTY: headlines with their intervals.
        draws: the headlines in every partition; only used beside `uncertainty`.
        weights: pairs by match weight, as `doubt.weights_of` takes them.

    Returns:
        The released table with the audit's counts; no row in it can be undone by subtraction.

    Raises:
        PrivacyError: `min_cell` is under the floor.
    """
    convention = convention_of(rules)
    known = cells_of(CELLS.check(engine.fetch(cells), "report.release"))
    if not convention.zeros_shown:
        known = _with_zeros(known)
    published = fold(known, convention, report.max_interventions_shown, report.max_steps)
    unpriced = too_few_unpriced(known, convention)
    primary = _primary(published, convention, rules)
    primary |= np.array([any(unpriced[part] for part in item.parts) for item in published], bool)
    first = withhold_lone_values(known, published, convention, primary) if convention.enforced else primary
    system = build_system(known, published, convention, ties_of_prices(known))
    verdict = withhold(system, published, convention, report, first)
    table = _shown(published, verdict.withheld, convention)
    audit = _counts(published, verdict, convention, int((first & ~primary).sum()), system.unmet)
    meta = _meta(published, verdict, convention, rules)
    ranges = thresholds = None
    if uncertainty is not None:
        headlines = UNCERTAINTY.check(engine.fetch(uncertainty), "report.release")
        ranges = SafeTable("headlines", ranges_of(headlines, table, convention), meta, _MADE_HERE)
    if ranges is not None and draws is not None:
        found = thresholds_of(engine.fetch(draws), ranges.table, convention)
        thresholds = SafeTable("thresholds", found, meta, _MADE_HERE)
    bins = None if weights is None else weights_of(engine.fetch(weights), convention)
    weighed = None if bins is None else SafeTable("weights", bins, meta, _MADE_HERE)
    basis = Basis(known, published, verdict.withheld)
    safe = SafeTable("cells", table, meta, _MADE_HERE)
    return Release(safe, audit, _notes(audit), ranges, thresholds, weighed, basis)


def release_redesign(
    redesigns: Handle,
    release_: Release,
    rules: PrivacyRules,
    report: ReportRules,
    engine: Engine,
    scenarios: Sequence[Scenario] = (),
) -> SafeTable:
    """Withhold, round and audit the numbers of redesigns, beside everything that the run shows already.

    What the run shows stays as it is, so that no redesign changes the other pages; only numbers of redesigns are
    withheld, until nobody can derive a small number from both together.

    Args:
        redesigns: REDESIGN.
        release_: what the run shows already.
        rules: threshold, rounding, convention.
        report: limits of the audit.
        engine: holds the table.
        scenarios: what was tried, for what a reader knows of mergers.

    Returns:
        `redesigned.SAFE_REDESIGN`, with what the audit counted in its `meta`.
    """
    convention, basis = convention_of(rules), release_.basis
    rows = REDESIGN.check(engine.fetch(redesigns), "report.release_redesign").to_pylist()
    told = redesigned.told_numbers(rows)
    own = redesigned.published(told, len(basis.cells))
    known, items = [*basis.cells, *(one.cell for one in told)], [*basis.published, *own]
    ties = ties_of(rows, told, known, scenarios)
    near = redesigned.too_close(told, convention) | too_few_left(ties, known, convention)[len(basis.cells) :]
    first = np.concatenate([basis.withheld, _primary(own, convention, rules) | near])
    out = len(basis.published)
    if convention.enforced:
        first = withhold_lone_values(known, items, convention, first, ties, out)
    verdict = withhold(build_system(known, items, convention, ties), items, convention, report, first, out)
    withheld = verdict.withheld[out:]
    table = redesigned.safe_rows(rows, told, withheld, release_.cells.table, convention)
    counts = {"withheld_cells": int(withheld.sum()), "exposed": verdict.exposed, "sums": len(ties)}
    return SafeTable("redesign", table, {**release_.cells.meta, **counts}, _MADE_HERE)


def _with_zeros(cells: Sequence[Cell]) -> list[Cell]:
    """Add the zeros that are not there: where zeros are withheld, a missing row would give one away."""
    slices: dict[str, dict[tuple[str, str, str], None]] = {}
    keys: dict[str, dict[tuple[str, str], Cell]] = {}
    for cell in cells:
        if cell.table not in (*FOLDED_TABLES, *RUNNING_TABLES):
            slices.setdefault(cell.table, {})[cell[1:4]] = None
            keys.setdefault(cell.table, {})[cell.row, cell.column] = cell
    there = {cell[:6] for cell in cells}
    zeros = [
        Cell(table, *where, row, column, 0.0, model.unit, 0, 0.0, 0)
        for table, known in keys.items()
        for (row, column), model in known.items()
        for where in slices[table]
        if (table, *where, row, column) not in there
    ]
    return sorted([*cells, *zeros])


def _primary(published: Sequence[Published], convention: Convention, rules: PrivacyRules) -> NDArray[np.bool_]:
    """Return which cells are withheld for themselves."""
    return np.array([_withheld_for_itself(item.cell, convention, rules) for item in published], bool)


def _withheld_for_itself(cell: Cell, convention: Convention, rules: PrivacyRules) -> bool:
    if cell.people == 0 and convention.zeros_shown:
        return False
    too_few_agencies = cell.table == "family_bands" and bool(cell.row) and cell.agencies < rules.min_agencies
    dominated = cell.value != cell.people and cell.share > rules.max_contributor_share
    return cell.people < convention.min_cell or dominated or too_few_agencies


def _shown(published: Sequence[Published], withheld: NDArray[np.bool_], convention: Convention) -> pa.Table:
    values = convention.rounded(np.array([item.cell.value for item in published], float))
    middle = np.array([item.cell.table in MEDIAN_TABLES for item in published], bool)
    # "Half took at most so many days" stays true of a greater number, never of a smaller one.
    values[middle] = convention.at_least(np.array([item.cell.value for item in published], float)[middle])
    people = convention.rounded(np.array([item.cell.people for item in published], float))
    unknown = withheld | np.array([not item.divides for item in published], bool)
    columns = [pa.array([item.cell[at] for item in published], TEXT) for at in range(len(KEYS))]
    columns.append(pa.array([item.cell.unit for item in published], TEXT))
    columns.append(pa.array(values, REAL, mask=withheld))
    columns.append(pa.array(people.astype(np.int64), WHOLE, mask=unknown))
    return pa.Table.from_arrays([*columns, pa.array(withheld, FLAG)], schema=SAFE_CELLS)


def _counts(
    published: Sequence[Published], verdict: Verdict, convention: Convention, lone: int, unmet: int
) -> dict[str, Any]:
    return {
        "cells": len(published),
        "small": verdict.small,
        "withheld": int(verdict.withheld.sum()),
        "further": len(verdict.further) + lone,
        "further_for_values": lone,
        "passes": verdict.passes,
        "slices_withheld": verdict.slices,
        "exposed": verdict.exposed,
        "sums_not_met": unmet,
        "enforced": convention.enforced,
        "convention": convention.name,
    }


def _meta(
    published: Sequence[Published], verdict: Verdict, convention: Convention, rules: PrivacyRules
) -> dict[str, Any]:
    everybody = [at for at, item in enumerate(published) if item.cell[:6] == ("people", "all", "", "", "", "")]
    shown = [at for at in everybody if not verdict.withheld[at]]
    people = int(convention.rounded(np.array([float(published[at].cell.people) for at in shown]))[0]) if shown else None
    return {
        "convention": convention.name,
        "min_cell": convention.min_cell,
        "round_to": convention.round_to,
        "synthetic": rules.synthetic,
        "edition": "share",
        "withheld_cells": int(verdict.withheld.sum()),
        "people": people,
    }


def _notes(audit: Mapping[str, Any]) -> tuple[Note, ...]:
    counts = {name: audit[name] for name in ("cells", "withheld", "further", "exposed", "slices_withheld")}
    text = (
        f"{audit['withheld']:,} of {audit['cells']:,} numbers withheld, {audit['further']:,} of them to protect others"
    )
    notes = [Note("disclosure", text + f" ({audit['convention']}).", counts)]
    if audit["exposed"]:
        what = f"{audit['exposed']:,} small numbers can be narrowed down by subtraction"
        notes.append(Note("disclosure_exposed", f"{what}; this convention has no further step.", counts))
    if audit["slices_withheld"]:
        what = f"{audit['slices_withheld']:,} tables of a slice were withheld whole"
        notes.append(Note("disclosure_slices", f"{what}: the audit found no smaller set.", counts))
    return tuple(notes)
