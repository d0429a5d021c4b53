"""A place without a contact, such as the copies of one without an uncertain link, goes through every measure."""

from __future__ import annotations

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.engine import LocalEngine
from totalplace.journeys import build_journeys
from totalplace.journeys.measures import MEASURES, measure
from totalplace.journeys.uncertainty.headlines import headlines_of
from totalplace.tables import CONTACTS, FAMILIES, HOUSEHOLDS, PEOPLE, PERSONS

RULES = FindingsRules.model_validate(shipped("findings"))


def test_every_headline_of_nobody_is_nothing() -> None:
    with LocalEngine(workers=1) as engine:
        tables = (engine.hold(shape.empty()) for shape in (CONTACTS, PEOPLE, PERSONS, HOUSEHOLDS, FAMILIES))
        of = measure(build_journeys(*tables, RULES, engine), RULES, engine, MEASURES)
        rows = {one.name: one.facts(of, engine).rows for one in headlines_of(RULES, of.further)}
    assert "waits" in rows and set(rows.values()) == {0}
