"""Small places told line by line, for the tests of any measure."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import Findings, build_journeys, find_all
from totalplace.journeys.measured import Measured
from totalplace.journeys.measures import measure
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS, Shape

DAY_0 = date(2008, 1, 1)
TIMES = int(os.environ.get("GENERATED_TIMES", "1"))  # as many times the generated cases
# A busy machine fails no test for its time.
settings.register_profile("any_machine", deadline=None, max_examples=100 * TIMES)
settings.load_profile("any_machine")


def few(examples: int) -> settings:
    """Return settings of a test whose cases are dear; they share what its fixtures hold."""
    return settings(
        max_examples=examples * TIMES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )


def key(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()[:16]


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    return {
        **below,
        **{n: _laid_over(below.get(n, {}), v) if isinstance(v, dict) else v for n, v in above.items()},
    }


def _contact(line: str, number: int) -> dict[str, Any]:
    """Read `person day agency[/type] [key=value ...]`; days count from 2008-01-01."""
    person, day, service, *pairs = line.split()
    agency, _, kind = service.partition("/")
    row: dict[str, Any] = dict.fromkeys(CONTACTS.names)
    row |= {"contact_id": key(line), "row_id": key(f"row {person}"), "agency": agency, "type": kind or "visit"}
    row |= {"class": "intervention", "scope": "person", "start": DAY_0 + timedelta(int(day)), "precedence": 0}
    row |= dict.fromkeys(("assessment", "statutory", "barred", "planned_return"), False) | {"source_row": number}
    for name, text in (pair.split("=") for pair in pairs):
        row[name] = {"yes": True}.get(text, text)
    for name in ("joint_id", "worker_key"):
        row[name] = key(row[name]) if row[name] else None
    for name in ("end", "completed", "due"):
        row[name] = DAY_0 + timedelta(int(row[name])) if row[name] else None
    if row["start_second"]:
        row["start_second"] = int(row["start_second"])
    return row


def _table(shape: Shape, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{**dict.fromkeys(shape.names), **row} for row in rows], schema=shape.schema)


@dataclass(frozen=True)
class Told:
    """A place told in lines, and what its measures find under rules that are laid over the shipped ones."""

    tables: tuple[pa.Table, ...]
    rules: FindingsRules
    engine: LocalEngine

    def measured(self) -> Measured:
        journeys = build_journeys(*(self.engine.hold(t) for t in self.tables), self.rules, self.engine)
        return measure(journeys, self.rules, self.engine)

    def found(self) -> Findings:
        journeys = build_journeys(*(self.engine.hold(t) for t in self.tables), self.rules, self.engine)
        return find_all(journeys, self.rules, "abc", self.engine)

    def summary(self) -> dict[str, Any]:
        """Return what the measures of the list say in the summary."""
        return {name: part for one in self.measured().further for name, part in one.summary.items()}

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return a measure's table for the analyst, row by row."""
        return self.engine.fetch(self.measured().table(name)).to_pylist()

    def cells(self, table: str) -> dict[tuple[str, str], float]:
        """Return the whole place's numbers of one table of CELLS, by row and column."""
        found = self.engine.fetch(self.found().cells).to_pylist()
        whole = (c for c in found if c["table"] == table and c["chip"] == "all" and not c["quarter"])
        return {(c["row"], c["column"]): c["value"] for c in whole}


Tell = Callable[..., Told]


@pytest.fixture(scope="module")
def tell() -> Iterator[Tell]:
    """Return a function from lines of contacts to a place; a person's area is its `areas`, north unless said.

    What happened with `nobody` names no known client.
    """
    with LocalEngine(workers=1) as engine:

        def told(
            lines: str,
            rules: dict[str, Any] | None = None,
            exits: dict[str, int] | None = None,
            areas: dict[str, str] | None = None,
        ) -> Told:
            contacts = [_contact(line, k) for k, line in enumerate(lines.strip().splitlines())]
            people = sorted({line.split()[0] for line in lines.strip().splitlines()} - {"nobody"} | set(areas or {}))
            left = {person: DAY_0 + timedelta(day) for person, day in (exits or {}).items()}
            rows = [
                {"row_id": key(f"row {p}"), "area": (areas or {}).get(p, "north"), "exit_date": left.get(p)}
                for p in people
            ]
            persons = [
                {"row_id": key(f"row {p}"), "person_id": key(p), "linked_exactly": True, "min_link_probability": 1.0}
                for p in people
            ]
            tables = (_table(CONTACTS, contacts), _table(PEOPLE, rows), _table(PERSONS, persons))
            typed = FindingsRules.model_validate(_laid_over(shipped("findings"), rules or {}))
            return Told((*tables, HOUSEHOLDS.empty(), FAMILIES.empty()), typed, engine)

        yield told
