"""Linkage uncertainty in every count (FAM6): each headline under every draw, threshold and removed bridge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules, UncertaintyRules
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.measured import Figure, Headline, Measured
from totalplace.journeys.measures import measure
from totalplace.journeys.uncertainty.bridged import Bridged, flagged_families, left_of, set_aside, weakest_links
from totalplace.journeys.uncertainty.copies import NOBODY, Alternatives, Copies, batches_of_copies
from totalplace.journeys.uncertainty.figures import Carried, carried_figures, tallies_of
from totalplace.journeys.uncertainty.finding_ranges import values_in, weigh, with_ranges
from totalplace.journeys.uncertainty.headlines import headlines_of
from totalplace.tables import PARTITIONS, UNCERTAINTY, Engine, Handle, Note, numbers_of

Array = np.ndarray[Any, Any]
DOOR = "carry_uncertainty"
LINKED = "linked"
FORMS = {"number": "{:,.0f}", "gbp": "{:,.0f}", "share": "{:.1%}", "ratio": "{:.3f}"}


@dataclass(frozen=True)
class Uncertainty:
    """Every headline with what linkage leaves open about it.

    Args:
        findings: FINDINGS with intervals; a family that hangs on one link says so.
        table: UNCERTAINTY.
        draws: a row per headline and partition: headline, partition_id, value.
        bridged: flagged families and what is left of each without its weakest link.
        summary: the same for the summary, plain Python values.
        notes: lines for the user.
    """

    findings: Handle
    table: Handle
    draws: Handle
    bridged: Bridged
    summary: dict[str, Any]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Totals:
    """Headlines of several partitions.

    Args:
        names: partition_id of each row.
        values: float64[partitions, headlines].
        alternatives: of a group to float64[alternatives, headlines].
    """

    names: tuple[str, ...]
    values: Array


@dataclass(frozen=True)
class _Kept:
    """What is kept of a batch of copies; its journeys are let go.

    Args:
        headlines: float64[alternatives, headlines].
        tallies: from `tallies_of`.
        left: from `left_of`.
        values: from `values_in`.
    """

    headlines: Array
    tallies: list[pa.Table]
    left: pa.Table
    values: pa.Table


def carry_uncertainty(
    findings: Handle,
    journeys: Journeys,
    measured: Measured,
    people: Handle,
    persons: Handle,
    other: Alternatives,
    reach: Mapping[str, float],
    rules: FindingsRules,
    engine: Engine,
) -> Uncertainty:
    """Return every headline under every partition.

    Args:
        findings: FINDINGS as linked.
        journeys: the place's own.
        measured: what the measures made of it.
        people: PEOPLE, one row per client record.
        persons: PERSONS.
        other: partitions and alternatives from linkage.
        reach: share of true links that any draw may make: `estimate`, `low`, `high`; empty = not known.
        rules: the section `findings`.
        engine: where it runs.

    Source: docs/reference/findings.md, FAM6.
    """
    headlines = headlines_of(rules, measured.further)
    partitions = PARTITIONS.check(engine.fetch(other.partitions), DOOR)
    weighed = weigh(findings, measured, other, rules.uncertainty, engine)
    flagged = flagged_families(measured, other, rules, engine)

    def kept(copies: Copies) -> _Kept:
        made = measure(copies.journeys, rules, engine)
        return _Kept(
            _by_alternative(copies, made, headlines, engine),
            tallies_of(measured, made, engine),
            left_of(flagged, measured, made, copies.contact_ids, rules, engine),
            values_in(weighed, copies, made, engine),
        )

    # map, unlike a loop, holds no batch while the next one is made.
    batches = list(map(kept, batches_of_copies(journeys.contacts, people, persons, other, rules, engine)))
    base, behind = _base(measured, headlines, engine)
    by_alternative = np.concatenate([one.headlines for one in batches])
    totals = partition_totals(base, by_alternative, partitions, rules.uncertainty)
    bridged = weakest_links(flagged, pa.concat_tables([one.left for one in batches]), rules, engine)
    ranged = with_ranges(findings, pa.concat_tables([one.values for one in batches]), rules.uncertainty, engine)
    parts = [_told(h, k, base, behind, totals, reach, rules.uncertainty) for k, h in enumerate(headlines)]
    tallies = [pa.concat_tables(told) for told in zip(*(one.tallies for one in batches), strict=True)]
    figures = carried_figures(measured, tallies, partitions, totals.names, engine)
    every: tuple[Headline | Figure, ...] = (*headlines, *(one.figure for one in figures))
    parts += [_figure(one, rules.uncertainty) for one in figures]
    summary = {
        "draws": rules.uncertainty.draws,
        "interval_share": rules.uncertainty.interval_share,
        "reach": dict(reach),
        "headlines": {h.name: part for h, part in zip(every, parts, strict=True)},
        "high_demand": bridged.counts,
    }
    return Uncertainty(
        set_aside(ranged, bridged.depends, {}, engine),
        engine.hold(_table(every, parts)),
        engine.hold(_draws(every, [*totals.values.T, *(one.values for one in figures)], totals.names)),
        bridged,
        summary,
        tuple(_notes(every, parts, bridged, rules)),
    )


def _base(measured: Measured, headlines: Sequence[Headline], engine: Engine) -> tuple[Array, list[int]]:
    """Return each headline of the place itself, and how many people or families stand behind it."""
    values, behind = [], []
    for headline in headlines:
        facts = engine.fetch(headline.facts(measured, engine))
        values.append(float(np.asarray(facts["value"].to_numpy()).sum()))
        behind.append(len(facts["who"].unique()))
    return np.array(values), behind


def _by_alternative(copies: Copies, made: Measured, headlines: Sequence[Headline], engine: Engine) -> Array:
    """Return float64[alternatives, headlines] of a batch."""
    count, columns = copies.after - copies.first, []
    for headline in headlines:
        facts = engine.fetch(headline.facts(made, engine))
        alternative, _ = numbers_of(facts["id"].combine_chunks())
        mine = alternative != NOBODY
        place, value = alternative[mine] - copies.first, np.asarray(facts["value"].to_numpy())[mine]
        columns.append(np.bincount(place, value, minlength=count))
    return np.stack(columns, axis=1)


def partition_totals(base: Array, by_alternative: Array, partitions: pa.Table, rules: UncertaintyRules) -> Totals:
    """Return the headlines of every draw and threshold: the place's own, plus what each changed group adds.

    Args:
        base: float64[headlines], as linked.
        by_alternative: float64[alternatives, headlines].
        partitions: PARTITIONS.
        rules: `[findings.uncertainty]`.
    """
    name, group, alternative = (partitions[n].to_numpy(zero_copy_only=False) for n in partitions.column_names)
    linked = name == LINKED
    first = np.zeros(int(group.max(initial=-1)) + 1, np.int64)
    first[group[linked].astype(np.int64)] = alternative[linked]
    names = (*(f"draw {k}" for k in range(rules.draws)), *(f"threshold {t:g}" for t in rules.thresholds))
    at = {one: k for k, one in enumerate(names)}
    place = np.array([at.get(one, -1) for one in name], np.int64)
    kept = place >= 0
    change = by_alternative[alternative[kept].astype(np.int64)] - by_alternative[first[group[kept].astype(np.int64)]]
    values = np.tile(base, (len(names), 1))
    np.add.at(values, place[kept], change)
    return Totals(names, np.round(values, 6))


def interval(values: Array, share: float) -> tuple[float, float, float]:
    """Return median, low and high: values that draws took, `share` of all draws between them."""
    tail = (1 - share) / 2
    low, median, high = (float(np.quantile(values, q, method="inverted_cdf")) for q in (tail, 0.5, round(1 - tail, 12)))
    return median, low, high


def _told(
    headline: Headline,
    at: int,
    base: Array,
    behind: list[int],
    totals: Totals,
    reach: Mapping[str, float],
    rules: UncertaintyRules,
) -> dict[str, Any]:
    column = totals.values[:, at]
    return _part(headline, float(round(base[at], 6)), behind[at], column, rules) | {
        "with_missed_links": _corrected(float(base[at]), reach) if headline.pairs else None
    }


def _figure(one: Carried, rules: UncertaintyRules) -> dict[str, Any]:
    return _part(one.figure, one.value, one.people, one.values, rules) | {
        "form": one.figure.form,
        "with_missed_links": None,
    }


def _part(
    headline: Headline | Figure, value: float, people: int, column: Array, rules: UncertaintyRules
) -> dict[str, Any]:
    """Return a number with its interval; draws in which there is nothing to say are left out of it."""
    drawn = column[: rules.draws]
    median, low, high = interval(drawn[~np.isnan(drawn)], rules.interval_share)
    said = [(t, float(v)) for t, v in zip(rules.thresholds, column[rules.draws :], strict=True) if not np.isnan(v)]
    steps = {f"{t:g}": v for t, v in said}
    return {
        "rule_id": headline.rule_id,
        "words": headline.words,
        "unit": headline.unit,
        "form": "number",
        "value": value,
        "people": people,
        "median": median,
        "low": low,
        "high": high,
        "by_threshold": steps,
        "flips": flips([*steps.values(), value]),
        "missed_links": headline.missed,
    }


def flips(values: Sequence[float]) -> bool:
    """Return whether there is any at one threshold and none at another."""
    return min(values) == 0 < max(values)


def _corrected(value: float, reach: Mapping[str, float]) -> dict[str, float] | None:
    """Return the count with its share for links that no draw can show; beside the interval, never inside it."""
    if not reach or not reach["low"]:
        return None
    central, low, high = (round(value / reach[name], 1) for name in ("estimate", "high", "low"))
    return {"estimate": central, "low": low, "high": high}


def _table(headlines: Sequence[Headline | Figure], parts: list[dict[str, Any]]) -> pa.Table:
    numbers = ("value", "people", "median", "low", "high")
    columns: dict[str, Any] = {"headline": [h.name for h in headlines]}
    columns |= {name: [getattr(h, name) for h in headlines] for name in ("rule_id", "words", "unit")}
    columns |= {name: [part[name] for part in parts] for name in numbers}
    columns |= {name: [h.cell[k] if h.cell else None for h in headlines] for k, name in enumerate(("table", "row"))}
    return UNCERTAINTY.check(pa.table(columns).cast(UNCERTAINTY.schema), DOOR)


def _draws(headlines: Sequence[Headline | Figure], values: Sequence[Array], names: Sequence[str]) -> pa.Table:
    """Return headline, partition_id and value; null = nothing to say in that partition."""
    columns = np.concatenate(values)
    return pa.table(
        {
            "headline": [h.name for h in headlines for _ in names],
            "partition_id": list(names) * len(headlines),
            "value": pa.array(columns, mask=np.isnan(columns)),
        }
    )


def _notes(
    headlines: Sequence[Headline | Figure], parts: list[dict[str, Any]], bridged: Bridged, rules: FindingsRules
) -> list[Note]:
    share = f"{rules.uncertainty.interval_share:.0%}"
    notes = []
    for headline, part in zip(headlines, parts, strict=True):
        said = FORMS[part["form"]].format
        steps = ", ".join(f"{said(value)} from {t}" for t, value in part["by_threshold"].items())
        verdict = "the conclusion flips with the threshold" if part["flips"] else "the conclusion holds at each"
        text = (
            f"{headline.words}: {said(part['value'])} as linked; {share} of {rules.uncertainty.draws} draws "
            f"of uncertain links between {said(part['low'])} and {said(part['high'])}; "
            f"by least probability of a link: {steps}: {verdict}."
        )
        notes.append(Note(f"uncertainty_{headline.name}", text, {"low": part["low"], "high": part["high"]}))
    for k, found in bridged.counts.items():
        text = (
            f"{found['flagged']:,} families at {k} or more; {found['if_weakest_links_fail']:,} remain if the weakest "
            f"link of each fails."
        )
        notes.append(Note(f"weakest_links_{k}", text, dict(found)))
    return notes
