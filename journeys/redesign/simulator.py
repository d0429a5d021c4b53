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
from totalplace.journeys.journeys import Journeys, build_journeys
from totalplace.journeys.measured import Headline
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
from totalplace.journeys.redesign.measures import (
    CHECKED,
    IS_CHECKED,
    Standing,
    compare,
    measures_of,
    spending_of,
    standing,
)
from totalplace.journeys.redesign.reuse import reuse_assessment, single_front_door
from totalplace.tables import REDESIGN, Engine, Handle

DOOR = "try_scenarios"


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
    """A history after some operations, and every change so far."""

    standing: Standing
    changes: pa.Table = field(default_factory=lambda: _numbered(CHANGES.empty_table(), 0))


def try_scenarios(
    journeys: Journeys, place: Place, scenarios: Sequence[Scenario], rules: FindingsRules, engine: Engine
) -> Redesigns:
    """Return every measure before and after each scenario, at three levels, as a whole and operation by operation.

    Args:
        journeys: from `build_journeys`, with the same rules.
        place: what that history was built with.
        scenarios: names checked by `config.scenario.refuse_unknown`.
        rules: the section `findings`.
        engine: where it runs.

    Source: docs/reference/findings.md, W1.
    """
    trial = _Trial(journeys, place, rules, engine)
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

    def __init__(self, journeys: Journeys, place: Place, rules: FindingsRules, engine: Engine) -> None:
        self.place, self.rules, self.engine = place, rules, engine
        self.spending = spending_of(journeys, rules, engine)
        self.kept = kept_steps(journeys.contacts, rules, engine)
        self.measures = self._measures(CHANGES.empty_table())
        self.base = _Reached(standing(journeys, self.measures, rules, engine))

    def run(self, scenario: Scenario) -> tuple[list[pa.Table], pa.Table]:
        """Return REDESIGN of one scenario, and the changes at the high level."""
        made: list[pa.Table] = []
        ways: dict[int, list[_Reached]] = {}
        for at in range(len(LEVELS)):
            ways[at] = self._way(scenario, Level(at), ways.get(at - 1))
            made += self._told(scenario, LEVELS[at], ways[at])
        return made, ways[len(LEVELS) - 1][-1].changes

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
            way.append(self._measured(plain(self.base.standing.journeys.contacts, self.engine), self.base.changes))
        return way

    def _after(self, one: Operation, number: int, before: _Reached, level: Level) -> _Reached:
        contacts = before.standing.journeys.contacts
        edit = edited(one, contacts, self.kept, level, self.rules, self.engine)
        changes = pa.concat_tables([before.changes, _numbered(self.engine.fetch(edit.changes), number)])
        return self._measured(edit.contacts, changes)

    def _measured(self, contacts: Handle, changes: pa.Table) -> _Reached:
        tables = (self.place.people, self.place.persons, self.place.households, self.place.families)
        journeys = build_journeys(contacts, *tables, self.rules, self.engine)
        return _Reached(standing(journeys, self._measures(changes), self.rules, self.engine), changes)

    def _measures(self, changes: pa.Table) -> tuple[Headline, ...]:
        text = f"""
        SELECT p.person_id, {CHECKED} AS gbp FROM changes x JOIN prices p ON p.contact_id = x.contact_id
        WHERE {IS_CHECKED} ORDER BY x.contact_id
        """
        checking = self.engine.sql(text, changes=self.engine.hold(changes), prices=self.spending.prices)
        return measures_of(self.rules, replace(self.spending, checking=checking))

    def _told(self, scenario: Scenario, level: str, way: list[_Reached]) -> list[pa.Table]:
        whole = self._rows(scenario, level, 0, self.base.standing, way[-1].standing)
        steps = [
            self._rows(scenario, level, number, before.standing, after.standing)
            for number, (before, after) in enumerate(zip(way[:-1], way[1:], strict=True), 1)
            if scenario.operations
        ]
        first, last = self.base.standing.journeys, way[-1].standing.journeys
        changes = self.engine.hold(way[-1].changes)
        ledger = by_agency(first, last, changes, self.spending.prices, self.engine)
        areas = by_area(first, last, self.engine)
        head = {"scenario": scenario.key, "level": level, "step": 0}
        return [whole, *steps, *(REDESIGN.check(_with(head, rows), DOOR) for rows in (ledger, areas))]

    def _rows(self, scenario: Scenario, level: str, step: int, before: Standing, after: Standing) -> pa.Table:
        m = self.measures
        columns: dict[str, Any] = {name: [getattr(one, name) for one in m] for name in ("rule_id", "words", "unit")}
        columns |= {"measure": [one.name for one in m], "by": ["place"] * len(m), "key": [""] * len(m)}
        columns |= {"before": before.totals, "after": after.totals, "people_before": before.people}
        columns |= compare(before, after, self.engine)
        columns |= {name: [one.cell[k] if one.cell else None for one in m] for k, name in enumerate(("table", "row"))}
        return REDESIGN.check(_with({"scenario": scenario.key, "level": level, "step": step}, columns), DOOR)


def _with(head: Mapping[str, Any], columns: Mapping[str, Any]) -> pa.Table:
    """Return columns as REDESIGN, with what all rows have in common; what is not given is null."""
    n = len(columns["measure"])
    filled = {**{name: [None] * n for name in REDESIGN.names}, **{k: [v] * n for k, v in head.items()}, **columns}
    return pa.table({f.name: pa.array(filled[f.name], f.type) for f in REDESIGN.schema})


def _numbered(changes: pa.Table, step: int) -> pa.Table:
    return changes.append_column("step", pa.array(np.full(changes.num_rows, step), pa.int32()))
