"""Redesigns run on history: the operations edit it, the same measures are taken again, nothing is estimated (W1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.config.scenario import (
    CoLocate,
    LeadWorker,
    MergeAgencies,
    Operation,
    RemoveService,
    ReuseAssessment,
    Scenario,
    SingleFrontDoor,
)
from totalplace.journeys.contacts import attach, belongings
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.redesign.doubt import Doubt, Pair, doubt_of
from totalplace.journeys.redesign.edits import (
    CHANGES,
    LEVELS,
    Edit,
    Level,
    co_locate,
    kept_steps,
    lead_worker,
    merge_agencies,
    plain,
    remove_service,
)
from totalplace.journeys.redesign.ledger import by_agency, by_area
from totalplace.journeys.redesign.measures import Standing, compare, measures_of, spending_of, standings
from totalplace.journeys.redesign.reuse import reuse_assessment, single_front_door
from totalplace.journeys.redesign.touched import Everybody, batches
from totalplace.journeys.uncertainty.copies import Alternatives, Copies, batches_of_copies
from totalplace.tables import REDESIGN, Engine, Handle, numbers_of

Array = np.ndarray[Any, Any]
DOOR = "try_scenarios"
# Histories are measured together while they have no more than so many contacts.
AT_ONCE = 500_000
# What is compared before and after: a level and a step of a scenario.
At = tuple[str, int]


@dataclass(frozen=True)
class Place:
    """What a history is measured with; see `build_journeys`.

    Args:
        people: PEOPLE, one row per client record.
        persons: PERSONS.
        households: HOUSEHOLDS.
        families: FAMILIES.
    """

    people: Handle
    persons: Handle
    households: Handle
    families: Handle


@dataclass(frozen=True)
class Redesigns:
    """What scenarios would have made of history.

    Args:
        table: REDESIGN.
        changes: scenario key to `CHANGES` with step, at the high level: which contacts are touched.
    """

    table: Handle
    changes: Mapping[str, Handle]


@dataclass(frozen=True)
class _Reached:
    """A history after some operations: its contacts, in order of their ids, and every change so far."""

    contacts: Handle
    changes: pa.Table = field(default_factory=lambda: _numbered(CHANGES.empty_table(), 0))


def try_scenarios(
    journeys: Journeys,
    place: Place,
    scenarios: Sequence[Scenario],
    rules: FindingsRules,
    engine: Engine,
    other: Alternatives | None = None,
) -> Redesigns:
    """Return every measure before and after each scenario, at three levels, as a whole and operation by operation.

    Args:
        journeys: from `build_journeys`, with the same rules.
        place: what that history was built with.
        scenarios: names checked by `config.scenario.refuse_unknown`.
        rules: the section `findings`.
        engine: where it runs.
        other: what linkage leaves open; None = not carried, the changes have no interval.

    Source: docs/reference/findings.md, W1 and FAM6.
    """
    trial = _Trial(journeys, place, rules, engine)
    if other is not None and other.alternatives.rows and scenarios:
        trial.carry(other, scenarios)
    parts, changes = [REDESIGN.empty()], {}
    for scenario in scenarios:
        rows, touched = trial.run(scenario)
        parts += rows
        changes[scenario.key] = engine.hold(touched)
    table = pa.concat_tables(parts).sort_by([(name, "ascending") for name in REDESIGN.order])
    return Redesigns(engine.hold(REDESIGN.check(table, DOOR)), changes)


def edited(one: Operation, contacts: Handle, kept: Handle, level: Level, rules: FindingsRules, engine: Engine) -> Edit:
    """Return history after one operation.

    Args:
        one: the operation.
        contacts: `Journeys.contacts` of the history before it.
        kept: contact_id of what is never dropped, from `kept_steps`.
        level: how far it is followed.
        rules: the section `findings`.
        engine: where it runs.
    """
    edits: Mapping[type, Callable[[Any], Edit]] = {
        MergeAgencies: lambda o: merge_agencies(o, contacts, engine),
        RemoveService: lambda o: remove_service(o, contacts, kept, engine),
        CoLocate: lambda o: co_locate(o, contacts, level, rules, engine),
        LeadWorker: lambda o: lead_worker(o, contacts, level, rules, engine),
        ReuseAssessment: lambda o: reuse_assessment(o, contacts, kept, level, rules, engine),
        SingleFrontDoor: lambda o: single_front_door(o, contacts, kept, level, rules, engine),
    }
    return edits[type(one)](one)


class _Trial:
    """One place on which scenarios are tried."""

    def __init__(
        self,
        journeys: Journeys,
        place: Place,
        rules: FindingsRules,
        engine: Engine,
        names: Callable[[pa.Array], pa.Array] = lambda ids: ids,
    ) -> None:
        # Read once: dozens of questions are asked of them.
        journeys = replace(journeys, contacts=_held(journeys.contacts, engine), people=_held(journeys.people, engine))
        linked = (place.persons, place.households, place.families)
        self.rules, self.engine, self.people, self.linked = rules, engine, journeys.people, place
        self.levels = [Level(at, names) for at in range(len(LEVELS))]
        self.known = belongings(place.persons, journeys.people, *linked[1:], engine)
        self.spending = spending_of(journeys, rules, engine)
        self.kept = kept_steps(journeys.contacts, rules, engine)
        self.measures = measures_of(rules, self.spending)
        self.everybody = Everybody(journeys, linked, engine)
        self.base = _Reached(journeys.contacts)
        self.doubt: Doubt | None = None
        self.added: dict[tuple[str, At], Array] = {}
        self.standing = self._standings([self.base], whole=True)[0]

    def carry(self, other: Alternatives, scenarios: Sequence[Scenario]) -> None:
        """Try scenarios on the copies of all alternatives as well, batch by batch: each change gets its interval."""
        place, rules, engine = self.linked, self.rules, self.engine
        doubt = self.doubt = doubt_of(engine.fetch(other.partitions), rules.uncertainty)

        def tried(copies: Copies) -> dict[tuple[str, At], Array]:
            trial = _Trial(copies.journeys, Place(*copies.linked), rules, engine, copies.names)
            alternative, _ = numbers_of(trial.everybody.ids)
            return {
                (one.key, at): doubt.added(pair, alternative)
                for one in scenarios
                for at, pair in trial.compared(one)[1].items()
            }

        made = batches_of_copies(self.base.contacts, place.people, place.persons, other, rules, engine)
        for told in map(tried, made):  # map holds no batch while the next one is made
            self.added = {key: self.added.get(key, 0) + value for key, value in told.items()}

    def run(self, scenario: Scenario) -> tuple[list[pa.Table], pa.Table]:
        """Return REDESIGN of one scenario, and the changes at the high level."""
        ways, pairs = self.compared(scenario)
        made = [self._rows(scenario, *at, pair) for at, pair in pairs.items()]
        made += [
            rows for level, way in zip(LEVELS, ways, strict=True) for rows in self._shared_out(scenario, level, way)
        ]
        return made, ways[-1][-1].changes

    def compared(self, scenario: Scenario) -> tuple[list[list[_Reached]], dict[At, Pair]]:
        """Return the histories of each level, and what is compared: by level and step, before and after."""
        ways: list[list[_Reached]] = []
        for level in self.levels:
            ways.append(self._way(scenario, level, ways[-1] if ways else None))
        stand = self._measured(ways, whole=not scenario.operations)
        pairs = {}
        for name, way in zip(LEVELS, ways, strict=True):
            told = [stand[id(one)] for one in way]
            pairs[name, 0] = (told[0], told[-1])
            steps = zip(told[:-1], told[1:], strict=True) if scenario.operations else ()
            pairs |= {(name, number): pair for number, pair in enumerate(steps, 1)}
        return ways, pairs

    def _way(self, scenario: Scenario, level: Level, before: list[_Reached] | None) -> list[_Reached]:
        """Return the history after each operation; what no level changes is not run again."""
        way = [self.base]
        same = before is not None
        for number, one in enumerate(scenario.operations, 1):
            same = same and isinstance(one, MergeAgencies | RemoveService)
            if same and before is not None:
                way.append(before[number])
            else:
                way.append(self._after(one, number, way[-1], level))
        if not scenario.operations:
            way.append(_Reached(self._attached(plain(self.base.contacts, self.engine))))
        return way

    def _after(self, one: Operation, number: int, before: _Reached, level: Level) -> _Reached:
        edit = edited(one, before.contacts, self.kept, level, self.rules, self.engine)
        changes = pa.concat_tables([before.changes, _numbered(self.engine.fetch(edit.changes), number)])
        return _Reached(self._attached(edit.contacts), changes)

    def _attached(self, contacts: Handle) -> Handle:
        return attach(contacts, self.known, self.rules, self.engine)

    def _measured(self, ways: Sequence[Sequence[_Reached]], whole: bool) -> dict[int, Standing]:
        """Return what the measures make of each history, by its identity, taking several histories in one pass.

        Args:
            ways: histories; one may stand in several places.
            whole: measure all of each, not whom it touches alone.
        """
        reached = list({id(one): one for way in ways for one in way[1:]}.values())
        found = self._standings(reached, whole)
        return {id(self.base): self.standing, **{id(one): stands for one, stands in zip(reached, found, strict=True)}}

    def _standings(self, reached: Sequence[_Reached], whole: bool = False) -> list[Standing]:
        every, base = self.everybody, None if whole else self.standing
        parts = [(every.whole if whole else every.touched)(self.engine.fetch(one.contacts)) for one in reached]
        found = []
        for at in batches([part.contacts.num_rows for part in parts], AT_ONCE):
            changes = [one.changes for one in reached[at]]
            found += standings(parts[at], changes, every, self.spending, base, self.rules, self.engine)
        return found

    def _shared_out(self, scenario: Scenario, level: str, way: list[_Reached]) -> list[pa.Table]:
        """Return the change of the whole scenario by agency and by area."""
        first, last = self.base.contacts, way[-1].contacts
        ledger = by_agency(first, last, self.engine.hold(way[-1].changes), self.spending.prices, self.engine)
        areas = by_area(first, last, self.people, self.engine)
        head = {"scenario": scenario.key, "level": level, "step": 0}
        return [REDESIGN.check(_with(head, rows), DOOR) for rows in (ledger, areas)]

    def _rows(self, scenario: Scenario, level: str, step: int, pair: Pair) -> pa.Table:
        m, (before, after) = self.measures, pair
        columns: dict[str, Any] = {name: [getattr(one, name) for one in m] for name in ("rule_id", "words", "unit")}
        columns |= {"measure": [one.name for one in m], "by": ["place"] * len(m), "key": [""] * len(m)}
        columns |= {"before": before.totals, "after": after.totals, "people_before": before.people}
        columns |= compare(before, after)
        if self.doubt:
            ends = self.doubt.ends(pair, self.added[scenario.key, (level, step)])
            columns |= dict(zip(("change_low", "change_high"), ends, strict=True))
        columns |= {name: [one.cell[k] if one.cell else None for one in m] for k, name in enumerate(("table", "row"))}
        return REDESIGN.check(_with({"scenario": scenario.key, "level": level, "step": step}, columns), DOOR)


def _with(head: Mapping[str, Any], columns: Mapping[str, Any]) -> pa.Table:
    """Return columns as REDESIGN, with what all rows have in common; what is not given is null."""
    n = len(columns["measure"])
    filled = {**{name: [None] * n for name in REDESIGN.names}, **{k: [v] * n for k, v in head.items()}, **columns}
    return pa.table({f.name: pa.array(filled[f.name], f.type) for f in REDESIGN.schema})


def _held(table: Handle, engine: Engine) -> Handle:
    return engine.hold(engine.fetch(table))


def _numbered(changes: pa.Table, step: int) -> pa.Table:
    return changes.append_column("step", pa.array(np.full(changes.num_rows, step), pa.int32()))
