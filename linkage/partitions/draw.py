"""The door of linkage uncertainty: alternative partitions of the records, with their households and families (FAM6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import UncertaintyRules
from totalplace.config.linkage import LinkageRules
from totalplace.linkage.households.stays import positions, sorted_codes
from totalplace.linkage.keyed_ids import person_ids
from totalplace.linkage.partitions.agreement import quality_of_persons
from totalplace.linkage.partitions.alternatives import Alternatives, Groups, find_groups, make_alternatives
from totalplace.linkage.partitions.bounded import Bounded, bound_groups
from totalplace.linkage.partitions.bridges import Bridge, weakest_bridges
from totalplace.linkage.partitions.calibration import calibration_of
from totalplace.linkage.partitions.cores import (
    Constraints,
    Cores,
    Links,
    find_cores,
    read_constraints,
    uncertain_components,
)
from totalplace.linkage.partitions.decisions import Component, Rounds, draw_components, pair_keys, rounds_of
from totalplace.linkage.partitions.homes import form_alternative_homes
from totalplace.linkage.score import to_fixed
from totalplace.tables import ALTERNATIVES, BRIDGES, LINKS, PARTITIONS, PERSONS, Engine, Handle, Note

Array = np.ndarray[Any, Any]
LINKED = "linked"
DOOR = "draw_partitions"
BINS = np.arange(-8, 42, 2)  # bits: edges of the histogram of match weights


@dataclass(frozen=True)
class Partitions:
    """Alternative partitions, for the analysis side.

    Args:
        partitions: PARTITIONS: the alternative of each group that a draw, a threshold or a removed bridge takes.
        alternatives: ALTERNATIVES.
        households: ALTERNATIVE_HOUSEHOLDS.
        families: ALTERNATIVE_FAMILIES.
        bridges: BRIDGES.
        figures: counts for the manifest, `quality` (see `quality_of_persons`) and `weights` (histogram of the links'
            match weights).
        notes: for the user.
    """

    partitions: Handle
    alternatives: Handle
    households: Handle
    families: Handle
    bridges: Handle
    figures: dict[str, Any]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Linked:
    """What linkage made of the records.

    Args:
        links: LINKS, down to the floor.
        persons: PERSONS.
        constraints: `Linkage.constraints`.
        households, families: HOUSEHOLDS and FAMILIES of `persons`.
        threshold_bits: match weight from which linkage joined.
        matches: record pairs of one person that the model expects, found or not.
        seen_share: share of them that the blocking rules are expected to compare, above 0 to 1.
    """

    links: Handle
    persons: Handle
    constraints: Handle
    households: Handle
    families: Handle
    threshold_bits: float
    matches: float
    seen_share: float


def draw_partitions(
    records: Handle,
    residences: Handle,
    relations: Handle,
    made: Linked,
    rules: LinkageRules,
    uncertainty: UncertaintyRules,
    secret: bytes,
    seed: int,
    engine: Engine,
) -> Partitions:
    """Draw partitions from the links' probabilities, and say what each changes.

    Args:
        records, residences, relations: as for `form_households`.
        made: what linkage made of them.
        rules: `[linkage]`.
        uncertainty: `[findings.uncertainty]`.
        secret: key of the person ids.
        seed: of the draws.
        engine: where the tables are.

    Returns:
        Partitions; equal for any order of rows and any number of workers.
    """
    known = read_constraints(engine.fetch(made.constraints))
    who = PERSONS.check(engine.fetch(made.persons), DOOR)
    person = _first_of_person(who)
    links = LINKS.check(engine.fetch(made.links), DOOR)
    units = [_units(made.households, "household_id", who, engine), _units(made.families, "family_id", who, engine)]
    bounded = bound_groups(
        _cores(links, known, who, person, rules, uncertainty), person, units, uncertainty.largest_group
    )
    cores = bounded.cores
    component = uncertain_components(cores)
    rounds = rounds_of(uncertainty.draws, uncertainty.thresholds, rules.calibration.spread_bits, seed)
    components = draw_components(cores, component, pair_keys(cores, known.ids), rounds)
    bridges = weakest_bridges(cores, component, components, to_fixed(made.threshold_bits))
    groups = find_groups(component[cores.of_record], person, units, len(components))
    alternatives = make_alternatives(cores, components, groups, person, bridges, len(rounds.names))
    homes = form_alternative_homes(
        alternatives, known.ids, records, residences, relations, made.households, rules, secret, engine
    )
    unseen = _unseen(made, links["probability"].to_numpy())
    figures = {
        **_counts(bounded, components, groups, alternatives, bridges),
        "quality": quality_of_persons(
            cores,
            components,
            uncertainty.draws,
            unseen,
            rules.calibration.spread_bits,
            uncertainty.interval_share,
        ),
        "weights": _histogram(links["weight"].to_numpy()),
    }
    return Partitions(
        engine.hold(_partitions_table(alternatives, rounds)),
        engine.hold(_alternatives_table(alternatives, known.ids, secret)),
        engine.hold(homes.households),
        engine.hold(homes.families),
        engine.hold(_bridges_table(bridges, cores, known.ids, secret)),
        figures,
        tuple(_notes(bounded, groups, uncertainty.largest_group)),
    )


def _cores(
    found: pa.Table,
    known: Constraints,
    who: pa.Table,
    person: Array,
    rules: LinkageRules,
    uncertainty: UncertaintyRules,
) -> Cores:
    left, right = (positions(found[name], who["row_id"]).astype(np.int32) for name in ("row_id_l", "row_id_r"))
    links = Links(left, right, found["weight"].to_numpy(), found["against"].to_numpy())
    line = calibration_of(rules.calibration, len(person))
    return find_cores(
        known, links, person, line, uncertainty.high_probability, uncertainty.low_probability, rules.cluster
    )


def _counts(
    bounded: Bounded, components: list[Component], groups: Groups, alternatives: Alternatives, bridges: list[Bridge]
) -> dict[str, Any]:
    return {
        "cores": bounded.cores.count,
        "uncertain_pairs": int(bounded.cores.left.size),
        "pairs_left_out": bounded.left_out,
        "components": len(components),
        "groups": len(groups.components),
        "alternatives": int(alternatives.group.size),
        "bridges": len(bridges),
    }


def _first_of_person(who: pa.Table) -> Array:
    """Return int32[records]: the smallest record of each record's person; PERSONS is in order of row_id."""
    code, _ = sorted_codes(who["person_id"])
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    return first[inverse].astype(np.int32)


def _units(table: Handle, name: str, who: pa.Table, engine: Engine) -> tuple[Array, Array]:
    """Return unit and person (its smallest record) of each membership."""
    rows = engine.fetch(table, [name, "person_id"])
    unit, _ = sorted_codes(rows[name])
    return unit.astype(np.int64), positions(rows["person_id"], who["person_id"])


def _partitions_table(alternatives: Alternatives, rounds: Rounds) -> pa.Table:
    groups = np.arange(alternatives.first.size)
    names, group, alternative = [LINKED] * groups.size, [groups], [alternatives.first]
    for name, taken in zip(rounds.names, alternatives.taken, strict=True):
        other = np.flatnonzero(taken != alternatives.first)
        names += [name] * other.size
        group.append(other)
        alternative.append(taken[other])
    names += [_bridge_name(k) for k in range(alternatives.of_bridge.size)]
    group.append(alternatives.group[alternatives.of_bridge])
    alternative.append(alternatives.of_bridge)
    columns = {"partition_id": pa.array(names, pa.string()), "group": np.concatenate(group)}
    table = pa.table({**columns, "alternative": np.concatenate(alternative)})
    return PARTITIONS.check(table, DOOR).sort_by([(name, "ascending") for name in PARTITIONS.order])


def _bridge_name(number: int) -> str:
    return f"bridge {number}"


def _alternatives_table(alternatives: Alternatives, ids: pa.Array, secret: bytes) -> pa.Table:
    person, code = person_ids(alternatives.label, ids, secret)
    columns = {
        "alternative": pa.array(alternatives.alternative),
        "row_id": ids.take(pa.array(alternatives.record)),
        "person_id": person.take(pa.array(code)),
    }
    return ALTERNATIVES.check(pa.table(columns), DOOR)


def _bridges_table(bridges: list[Bridge], cores: Cores, ids: pa.Array, secret: bytes) -> pa.Table:
    person, code = person_ids(cores.first[[b.person for b in bridges]], ids, secret)
    columns = {
        "partition_id": pa.array([_bridge_name(k) for k in range(len(bridges))], pa.string()),
        "person_id": person.take(pa.array(code)),
        "probability": pa.array(cores.probability[[b.pair for b in bridges]], pa.float64()),
    }
    return BRIDGES.check(pa.table(columns), DOOR).sort_by("partition_id")


def _unseen(made: Linked, kept: Array) -> float:
    """Return the record pairs of one person that are expected to have no link: under the floor, or never compared."""
    true = float(kept.sum())
    return max(0.0, made.matches - true, true * (1 / max(made.seen_share, 1e-9) - 1))


def _histogram(weight: Array) -> dict[str, list[int]]:
    """Return links by match weight: edges in bits, and counts; what lies outside stands in the outermost bins."""
    bits = np.clip(weight / (1 << 24), BINS[0], BINS[-1] - 1e-9)
    return {"bits": BINS.tolist(), "links": np.histogram(bits, BINS)[0].tolist()}


def _notes(bounded: Bounded, groups: Groups, most: int) -> Iterator[Note]:
    pairs, count = int(bounded.cores.left.size), len(groups.components)
    text = f"{pairs} pairs of cores may or may not be one person; {count} groups may change."
    yield Note("uncertain_pairs", text, {"pairs": pairs, "groups": count})
    if bounded.left_out:
        text = (
            f"{bounded.left_out} weak pairs are left as linkage decided them in every draw, since they would join more "
            f"than {most} records into one group; {bounded.joins:.1f} joins are expected among them."
        )
        yield Note("pairs_left_out", text, {"pairs": bounded.left_out, "joins": round(bounded.joins, 1)})
