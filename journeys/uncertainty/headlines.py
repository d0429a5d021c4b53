"""The headlines: every number that is carried through the linkage's uncertainty (FAM6), as one table.

A measure joins by one row: a name, and facts (one row per thing counted) whose values sum to the number. A fact names
an id that lies within one alternative of the place, so that one pass over copies of contacts gives the number of each
alternative, and sums over groups give the number of each partition.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from totalplace.config.findings import FindingsRules
from totalplace.journeys.measured import LESS, MORE, OPEN, Headline, Measured, Measurement
from totalplace.journeys.moves import HANDOFFS, INTERLEAVING
from totalplace.tables import Engine, Handle

ELIGIBLE, AVOIDABLE, CONCURRENT = "state < 2", "state = 1", "state = 2"


def headlines_of(rules: FindingsRules, further: Sequence[Measurement]) -> tuple[Headline, ...]:
    """Return the headlines of a place, in the order in which they are told.

    Args:
        rules: the section `findings`.
        further: what the measures of the list found; each brings its own headlines.
    """
    people, families, steps = "people", "families", ("agency_handoffs", "")
    return (
        Headline("persons", "J1", "people with a contact", people, MORE, False, ("people", ""), _persons),
        Headline("journeys", "J1", "journeys", people, MORE, False, None, _journeys),
        Headline("multi_agency", "FAM2", "people of several agencies", people, LESS, False, None, _several(rules)),
        Headline("handoffs", "H1", "handoffs between agencies", people, LESS, True, steps, _moves(HANDOFFS)),
        Headline("interleaving", "H1", "alternations of agencies", people, LESS, True, None, _moves((INTERLEAVING,))),
        Headline("bounces", "H2", "bounces", people, LESS, True, None, _bounces),
        Headline(
            "assessments", "D1", "eligible assessments", people, OPEN, False, ("assessments", ""), _acts(ELIGIBLE)
        ),
        Headline("avoidable", "D1", "avoidable assessments", people, LESS, True, ("duplicates", ""), _acts(AVOIDABLE)),
        Headline("concurrent", "D1", "concurrent assessments", people, LESS, True, None, _acts(CONCURRENT)),
        *(_avoidable_within(k, days) for k, days in enumerate(rules.duplicates.sensitivity_days)),
        Headline("families", "FAM2", "families with an intervention", families, OPEN, False, None, _families(0, 0)),
        *(_high_demand(least, rules) for least in rules.families.min_interventions),
        *(headline for one in further for headline in one.headlines),
    )


def _avoidable_within(k: int, days: int) -> Headline:
    words, facts = f"avoidable assessments at a validity of {days} days", _acts(f"(repeats >> {k}) % 2 = 1")
    cell = ("duplicates_validity", str(days))
    return Headline(f"avoidable_{days}_days", "D1", words, "people", LESS, True, cell, facts)


def _high_demand(least: int, rules: FindingsRules) -> Headline:
    words, facts = f"families with {least} or more interventions", _families(least, rules.families.min_agencies)
    cell = ("high_demand", str(least))
    return Headline(f"high_demand_{least}", "FAM2", words, "families", LESS, False, cell, facts)


def _persons(of: Measured, engine: Engine) -> Handle:
    text = """
    SELECT DISTINCT person_id AS id, person_id AS who, CAST(1 AS DOUBLE) AS value FROM contacts
    WHERE person_id IS NOT NULL AND COALESCE(class, '') <> 'milestone' ORDER BY id
    """
    return engine.sql(text, contacts=of.journeys.contacts)


def _journeys(of: Measured, engine: Engine) -> Handle:
    text = """
    SELECT person_id AS id, person_id AS who, CAST(1 AS DOUBLE) AS value FROM journeys WHERE position = 0
    ORDER BY person_id, journey_id
    """
    return engine.sql(text, journeys=of.journeys.journeys)


def _several(rules: FindingsRules) -> Callable[[Measured, Engine], Handle]:
    text = f"""
    SELECT person_id AS id, person_id AS who, CAST(1 AS DOUBLE) AS value FROM contacts
    WHERE person_id IS NOT NULL AND COALESCE(class, '') <> 'milestone'
    GROUP BY person_id HAVING COUNT(DISTINCT agency) >= {rules.families.min_agencies} ORDER BY person_id
    """
    return lambda of, engine: engine.sql(text, contacts=of.journeys.contacts)


def _moves(kinds: tuple[int, ...]) -> Callable[[Measured, Engine], Handle]:
    text = f"""
    SELECT p.person_id AS id, p.person_id AS who, SUM(s.n / CAST(s.pairs AS DOUBLE)) AS value
    FROM (SELECT person_no, pairs, COUNT(*) AS n FROM steps
          WHERE move IN ({", ".join(map(str, kinds))}) GROUP BY person_no, pairs ORDER BY person_no, pairs) s
    JOIN people p ON p.person_no = s.person_no GROUP BY p.person_id ORDER BY p.person_id
    """
    return lambda of, engine: engine.sql(text, steps=of.journeys.steps, people=of.journeys.people)


def _bounces(of: Measured, engine: Engine) -> Handle:
    text = """
    SELECT p.person_id AS id, p.person_id AS who, CAST(1 AS DOUBLE) AS value
    FROM (SELECT DISTINCT person_no, bounce FROM steps WHERE bounce IS NOT NULL) s
    JOIN people p ON p.person_no = s.person_no ORDER BY p.person_id, s.bounce
    """
    return engine.sql(text, steps=of.journeys.steps, people=of.journeys.people)


def _acts(where: str) -> Callable[[Measured, Engine], Handle]:
    text = f"SELECT act AS id, unit AS who, CAST(1 AS DOUBLE) AS value FROM acts WHERE {where} ORDER BY act, unit"
    return lambda of, engine: engine.sql(text, acts=of.duplicates.acts)


def _families(least: int, agencies: int) -> Callable[[Measured, Engine], Handle]:
    text = f"""
    SELECT family_id AS id, family_id AS who, CAST(1 AS DOUBLE) AS value FROM peaks
    WHERE peak >= {least} AND agencies >= {agencies} ORDER BY family_id
    """
    return lambda of, engine: engine.sql(text, peaks=of.families.table)
