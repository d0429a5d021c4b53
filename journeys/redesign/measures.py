"""The numbers that a redesign is judged by: the room's own headlines, and what a day at the counter looks like (W1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.duplicates.assessments import count_duplicates
from totalplace.journeys.families.high_demand import find_peaks
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.measured import LESS, MORE, Headline, Measured
from totalplace.journeys.money.contact_costs import priced_contacts
from totalplace.journeys.money.unit_costs import unit_costs
from totalplace.journeys.uncertainty.headlines import headlines_of
from totalplace.tables import ID, Engine, Handle

# Headlines that a redesign is read by; the others follow from these or change with nothing that it edits.
TOLD = ("persons", "multi_agency", "handoffs", "interleaving", "bounces", "assessments", "avoidable", "concurrent")
SPEND, PRICED, REPEATED_SPEND = "spend", "priced", "repeated_spend"


@dataclass(frozen=True)
class Spending:
    """What acts cost, by contact.

    Args:
        prices: contact_id, person_id, agency and gbp, one row per contact that has a price; single = of one step.
        steps: cost_key and gbp, what one step costs.
        checking: person_id and gbp: what checking the results that are used instead costs.
    """

    prices: Handle
    steps: Handle
    checking: Handle


@dataclass(frozen=True)
class Standing:
    """One history as the measures see it.

    Args:
        journeys: the history.
        by_who: measure_no, who, value: each measure by whoever stands behind it, sorted.
        totals: float64, one number per measure.
        people: int64, who stands behind it.
    """

    journeys: Journeys
    by_who: Handle
    totals: np.ndarray[Any, Any]
    people: np.ndarray[Any, Any]


def spending_of(journeys: Journeys, rules: FindingsRules, engine: Engine) -> Spending:
    """Return what the contacts of a history cost, before anything is checked.

    Source: docs/reference/findings.md, X1: fiscal cost, as the page Counting shows it.
    """
    _, costs, prices = priced_contacts(journeys, rules, engine)
    known = unit_costs(rules)
    single = {
        key: gbp for key, gbp in prices.gbp.items() if known[key].basis == "step" and known[key].scope == "fiscal"
    }
    steps = {"cost_key": pa.array(list(single), pa.string()), "gbp": pa.array(list(single.values()), pa.float64())}
    text = """
    SELECT c.contact_id, c.person_id, c.agency, c.pence / 100.0 AS gbp, s.cost_key IS NOT NULL AS single
    FROM costs c LEFT JOIN steps s ON s.cost_key = c.cost_key WHERE c.scope = 'fiscal' ORDER BY c.contact_id
    """
    held = engine.hold(pa.table(steps))
    nothing = pa.table({"person_id": pa.array([], ID), "gbp": pa.array([], pa.float64())})
    return Spending(engine.sql(text, costs=costs, steps=held), held, engine.hold(nothing))


# What is spent on checking the result that is used instead. Only the price of one step is released by using another's
# result, never that of a case, a week or a year: such a price stays whole.
CHECKED = "p.gbp * CASE WHEN p.single THEN x.friction ELSE 1 END"
IS_CHECKED = "x.anchor IS NOT NULL AND (x.friction > 0 OR NOT p.single)"


def measures_of(rules: FindingsRules, spending: Spending) -> tuple[Headline, ...]:
    """Return the measures of a redesign, in the order in which they are told."""
    known = {headline.name: headline for headline in headlines_of(rules, ())}
    people = "people"
    return (
        Headline("contacts", "C1", "contacts", people, MORE, False, ("contacts", ""), _contacts("TRUE")),
        Headline(
            "interventions",
            "C2",
            "interventions",
            people,
            MORE,
            False,
            ("interventions", ""),
            _contacts("intervention"),
        ),
        Headline("visits", "C1", "days on which a person met a service", people, MORE, False, None, _visits),
        *(known[name] for name in TOLD),
        Headline(
            "avoidable_within", "D1", "avoidable assessments within one agency", people, LESS, True, None, _diagonal
        ),
        *(known[f"high_demand_{least}"] for least in rules.families.min_interventions),
        Headline(PRICED, "X1", "contacts that have a price", people, MORE, False, None, _priced(spending)),
        Headline(
            SPEND,
            "X1",
            "cost of the contacts that have a price, GBP",
            people,
            MORE,
            False,
            ("costs", ""),
            _spend(spending),
        ),
        Headline(
            REPEATED_SPEND, "X1", "cost of avoidable assessments, GBP", people, LESS, False, None, _repeated(spending)
        ),
    )


def standing(journeys: Journeys, measures: Sequence[Headline], rules: FindingsRules, engine: Engine) -> Standing:
    """Return what the measures make of a history."""
    contacts = journeys.contacts
    made = Measured(journeys, count_duplicates(contacts, rules, engine), find_peaks(contacts, rules, engine))
    parts = []
    for number, measure in enumerate(measures):
        text = f"""
        SELECT CAST({number} AS INTEGER) AS measure_no, who, CAST(SUM(value) AS DOUBLE) AS value
        FROM (SELECT * FROM facts ORDER BY who, id, value) GROUP BY who ORDER BY who
        """
        parts.append(engine.fetch(engine.sql(text, facts=measure.facts(made, engine))))
    stacked = pa.concat_tables([part.cast(parts[0].schema) for part in parts])
    at, value = (np.asarray(stacked[name].to_numpy()) for name in ("measure_no", "value"))
    value = np.round(value, 6)
    stacked = stacked.set_column(2, "value", pa.array(value))
    totals = np.round(np.bincount(at, value, minlength=len(measures)), 6)
    return Standing(journeys, engine.hold(stacked), totals, np.bincount(at, minlength=len(measures)))


def compare(before: Standing, after: Standing, engine: Engine) -> dict[str, np.ndarray[Any, Any]]:
    """Return per measure what falls and what rises, who stands behind either, and the largest part of one of them."""
    text = """
    SELECT COALESCE(b.measure_no, a.measure_no) AS measure_no,
           COALESCE(b.value, 0) - COALESCE(a.value, 0) AS fell
    FROM before b FULL JOIN after a ON a.measure_no = b.measure_no AND a.who = b.who
    ORDER BY COALESCE(b.measure_no, a.measure_no), COALESCE(b.who, a.who)
    """
    rows = engine.fetch(engine.sql(text, before=before.by_who, after=after.by_who))
    at, fell = np.asarray(rows["measure_no"].to_numpy()), np.round(np.asarray(rows["fell"].to_numpy()), 6)
    n = len(before.totals)
    found: dict[str, np.ndarray[Any, Any]] = {}
    for name, amount in (("less", np.maximum(fell, 0)), ("more", np.maximum(-fell, 0))):
        found[name] = np.round(np.bincount(at, amount, minlength=n), 6)
        found[f"people_{name}"] = np.bincount(at[amount > 0], minlength=n)
        largest = np.zeros(n)
        np.maximum.at(largest, at, amount)
        found[f"share_{name}"] = np.round(np.divide(largest, found[name], out=np.zeros(n), where=found[name] > 0), 9)
    return found


def _contacts(where: str) -> Any:
    text = f"""
    SELECT contact_id AS id, person_id AS who, CAST(1 AS DOUBLE) AS value FROM contacts
    WHERE person_id IS NOT NULL AND COALESCE(class, '') <> 'milestone' AND {where} ORDER BY contact_id
    """
    return lambda of, engine: engine.sql(text, contacts=of.journeys.contacts)


def _visits(of: Measured, engine: Engine) -> Handle:
    text = """
    SELECT person_id AS id, person_id AS who, CAST(COUNT(DISTINCT start) AS DOUBLE) AS value FROM contacts
    WHERE person_id IS NOT NULL AND COALESCE(class, '') <> 'milestone' GROUP BY person_id ORDER BY person_id
    """
    return engine.sql(text, contacts=of.journeys.contacts)


def _diagonal(of: Measured, engine: Engine) -> Handle:
    text = """
    SELECT a.act AS id, a.unit AS who, CAST(1 AS DOUBLE) / MIN(s.ways) * COUNT(*) AS value
    FROM splits s JOIN acts a ON a.act = s.act WHERE s.first_agency = s.again_agency
    GROUP BY a.act, a.unit ORDER BY a.act, a.unit
    """
    return engine.sql(text, splits=of.duplicates.splits, acts=of.duplicates.acts)


def _priced(spending: Spending) -> Any:
    text = """
    SELECT p.contact_id AS id, p.person_id AS who, CAST(1 AS DOUBLE) AS value
    FROM prices p JOIN contacts c ON c.contact_id = p.contact_id
    """
    return lambda of, engine: engine.sql(text, prices=spending.prices, contacts=of.journeys.contacts)


def _repeated(spending: Spending) -> Any:
    text = """
    SELECT a.act AS id, a.unit AS who, s.gbp AS value FROM acts a JOIN steps s ON s.cost_key = a.cost_key
    WHERE a.state = 1
    """
    return lambda of, engine: engine.sql(text, acts=of.duplicates.acts, steps=spending.steps)


def _spend(spending: Spending) -> Any:
    text = """
    SELECT p.contact_id AS id, p.person_id AS who, p.gbp AS value
    FROM prices p JOIN contacts c ON c.contact_id = p.contact_id
    UNION ALL SELECT person_id AS id, person_id AS who, gbp AS value FROM checking
    """
    return lambda of, engine: engine.sql(
        text, prices=spending.prices, checking=spending.checking, contacts=of.journeys.contacts
    )
