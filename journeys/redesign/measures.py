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
from totalplace.journeys.journeys import Journeys, steps_of
from totalplace.journeys.measured import LESS, MORE, Headline, Measured
from totalplace.journeys.money.contact_costs import priced_contacts
from totalplace.journeys.money.unit_costs import unit_costs
from totalplace.journeys.redesign.touched import Everybody, Touched, numbered, stacked
from totalplace.journeys.sorting import group_starts
from totalplace.journeys.uncertainty.headlines import headlines_of
from totalplace.tables import ID, JOURNEYS, Engine, Handle, numbers_of

Array = np.ndarray[Any, Any]

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
    """One history as the measures see it: each measure by whoever stands behind it, and in all.

    Args:
        everybody: length of `Everybody.ids`.
        key: int64, sorted: number of the measure times `everybody`, plus the place of who among the ids.
        value: float64, one per key.
        totals: float64, one number per measure.
        people: int64, who stands behind it.
    """

    everybody: int
    key: Array
    value: Array
    totals: Array
    people: Array


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


def standings(
    parts: Sequence[Touched],
    changes: Sequence[pa.Table],
    every: Everybody,
    spending: Spending,
    base: Standing | None,
    rules: FindingsRules,
    engine: Engine,
) -> list[Standing]:
    """Return what the measures make of several histories, taken in one pass over all of them.

    Args:
        parts: the histories.
        changes: `CHANGES` of each.
        every: the history as it was.
        spending: what its contacts cost.
        base: what the measures make of it: what they who are not touched keep. None = everybody is touched.
        rules: the section `findings`.
        engine: where it runs.
    """
    told, folk = (engine.hold(table) for table in stacked(parts, every))
    history = Journeys(told, folk, engine.hold(JOURNEYS.empty()), steps_of(told, folk, rules, engine), {}, ())
    made = Measured(history, count_duplicates(told, rules, engine), find_peaks(told, rules, engine))
    measures = measures_of(rules, _spending_of_parts(parts, changes, every, spending, engine))
    sums = [_by_who(measure.facts(made, engine), engine) for measure in measures]
    return [_standing(k, part, sums, base) for k, part in enumerate(parts)]


def _by_who(facts: Handle, engine: Engine) -> tuple[Array, Array, Array]:
    """Return history, who and the sum of the values, one entry per pair of the first two that is there, sorted."""
    rows = engine.fetch(facts, ["who", "value"])
    history, who = numbers_of(rows["who"])
    value = np.asarray(rows["value"].to_numpy(), np.float64)
    order = np.lexsort((value, who, history))
    history, who, value = history[order], who[order], value[order]
    first = group_starts(history, who)
    sums = np.round(np.add.reduceat(value, first), 6) if len(first) else value
    return history[first], who[first], sums


def _standing(
    history: int, part: Touched, sums: Sequence[tuple[Array, Array, Array]], base: Standing | None
) -> Standing:
    n, count = len(part.who), len(sums)
    keys, values = [], []
    for number, (of, who, value) in enumerate(sums):
        theirs = (of == history) & part.who[who]
        keys.append(who[theirs] + number * n)
        values.append(value[theirs])
    if base is not None:
        stays = ~part.who[base.key % n]
        keys.append(base.key[stays])
        values.append(base.value[stays])
    key, value = np.concatenate(keys), np.concatenate(values)
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    at = key // max(n, 1)
    return Standing(n, key, value, np.round(np.bincount(at, value, count), 6), np.bincount(at, minlength=count))


def _spending_of_parts(
    parts: Sequence[Touched], changes: Sequence[pa.Table], every: Everybody, spending: Spending, engine: Engine
) -> Spending:
    """Return what the contacts of several histories cost, under the ids that they have there."""
    prices = engine.fetch(spending.prices)
    own, who = every.at.find(prices["contact_id"]), every.index.find(prices["person_id"])
    listed, touched = [], []
    for history, (part, rows) in enumerate(zip(parts, changes, strict=True)):
        here = np.isin(own, part.was)
        ids = {"contact_id": numbered(history, every.number[own[here]]), "person_id": numbered(history, who[here])}
        listed.append(pa.table({**ids, "gbp": prices["gbp"].filter(here), "single": prices["single"].filter(here)}))
        own_id = numbered(history, every.number[every.at.find(rows["contact_id"])])
        touched.append(pa.table({"contact_id": own_id, "anchor": rows["anchor"], "friction": rows["friction"]}))
    priced = engine.hold(pa.concat_tables(listed))
    text = f"""
    SELECT p.person_id, {CHECKED} AS gbp FROM changes x JOIN prices p ON p.contact_id = x.contact_id
    WHERE {IS_CHECKED} ORDER BY x.contact_id
    """
    checking = engine.sql(text, changes=engine.hold(pa.concat_tables(touched)), prices=priced)
    return Spending(priced, spending.steps, checking)


def compare(before: Standing, after: Standing) -> dict[str, Array]:
    """Return per measure what falls and what rises, who stands behind either, and the largest part of one of them."""
    n = len(before.totals)
    key, place = np.unique(np.concatenate([before.key, after.key]), return_inverse=True)
    fell = np.bincount(place, np.concatenate([before.value, -after.value]), len(key))
    at, fell = key // max(before.everybody, 1), np.round(fell, 6)
    found: dict[str, Array] = {}
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
