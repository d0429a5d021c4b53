"""The doors of a project: link records under their row ids, and plan the pairs without comparing them."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.linkage import LinkageRules
from totalplace.errors import InputError
from totalplace.linkage import score
from totalplace.linkage.clusters.edges import CERTAIN
from totalplace.linkage.encode import sort_records
from totalplace.linkage.held_once import clients_apart, declared_sources
from totalplace.linkage.match import SEED, Matching, Progress, identifiers, match_records, plan_matching
from totalplace.linkage.model import Model
from totalplace.linkage.own_keys import NO_EVIDENCE, has_own_keys, labels_by_own_keys, nothing_compared
from totalplace.linkage.partitions.against import bits_against
from totalplace.linkage.partitions.cores import constraints_table
from totalplace.tables import LINKS, PERSON_ID, PERSONS, ROW_ID, Engine, Handle, Note


@dataclass(frozen=True)
class Linkage:
    """What linking gives back.

    Args:
        persons: PERSONS, a row per record.
        links: LINKS, kept pairs down to the floor.
        plan: PLAN, a row per blocking rule.
        model: the model as trained, with its threshold.
        quality: figures for the manifest: pairs, estimated precision and recall with intervals, clusters.
        notes: for the user.
        constraints: what was known for certain of each record, for draws: see `cores.Constraints`.
        by_threshold: see `thresholds.by_threshold`; empty where nothing was compared.
    """

    persons: Handle
    links: Handle
    plan: Handle
    model: Model
    quality: dict[str, Any]
    notes: tuple[Note, ...]
    constraints: Handle
    by_threshold: list[dict[str, Any]] = field(default_factory=list)


def link_records(
    records: Handle,
    rules: LinkageRules,
    secret: bytes,
    engine: Engine,
    *,
    link_type: str = "link_and_dedupe",
    model: Model | None = None,
    seed: int = SEED,
    progress: Progress = None,
) -> Linkage:
    """Link records into persons.

    Args:
        records: TOKENS, or CLIENTS in clear mode, or any table with row_id and agency.
        rules: `[linkage]`.
        secret: key of the person ids.
        engine: where the work runs.
        link_type, model, seed, progress: see `match.match_records`.

    Returns:
        Persons, links, plan, model, figures and notes; equal for any order of the rows.
    """
    table = sort_records(engine.fetch(records))
    ids = table[ROW_ID].combine_chunks()
    try:
        made = match_records(table, rules, engine, link_type=link_type, model=model, seed=seed, progress=progress)
    except InputError as error:
        if error.code != NO_EVIDENCE or not has_own_keys(records, engine):
            raise
        return _by_own_keys(records, secret, engine)
    return Linkage(
        engine.hold(_persons(ids, made.clusters.label, made.clusters.weakest, secret)),
        engine.hold(_links(ids, made)),
        engine.hold(made.plan),
        made.model,
        made.quality,
        made.notes,
        engine.hold(constraints_table(ids, made.records.same, _never_together(made))),
        made.by_threshold,
    )


def plan_pairs(
    records: Handle,
    rules: LinkageRules,
    engine: Engine,
    *,
    link_type: str = "link_and_dedupe",
    model: Model | None = None,
    seed: int = SEED,
) -> Handle:
    """Return PLAN for `--dry-run`: exact numbers of pairs per rule, before any pair is compared."""
    table = sort_records(engine.fetch(records))
    return engine.hold(plan_matching(table, rules, engine, link_type=link_type, model=model, seed=seed))


def _by_own_keys(records: Handle, secret: bytes, engine: Engine) -> Linkage:
    ids, label = labels_by_own_keys(records, engine)
    persons = _persons(ids, label, np.full(len(label), CERTAIN), secret)
    known = engine.hold(constraints_table(ids, label, ()))
    return Linkage(engine.hold(persons), *nothing_compared(engine, len(label), len(np.unique(label))), known)


def _never_together(made: Matching) -> list[np.ndarray]:
    """Return codes of which two never meet in one person: identifiers, and clients of agencies without duplicates."""
    data = made.records
    once, _ = declared_sources(data.agencies, made.model.duplicate_free)
    return [*identifiers(data), *clients_apart(data.agency, data.same, once)]


def _persons(row_ids: pa.Array, label: np.ndarray, weakest: np.ndarray, secret: bytes) -> pa.Table:
    """Return PERSONS; a person's id is keyed by the smallest row_id of the cluster, the one at its label."""
    ids = row_ids.cast(pa.binary()).to_pylist()
    person = {k: hmac.digest(secret, ids[k], "sha256")[:16] for k in np.unique(label).tolist()}
    return pa.table(
        {
            ROW_ID: row_ids,
            PERSON_ID: pa.array([person[k] for k in label.tolist()], pa.binary(16)),
            "linked_exactly": pa.array(weakest >= CERTAIN),
            "min_link_probability": pa.array(score.probability(weakest)),
        },
        schema=PERSONS.schema,
    )


def _links(ids: pa.Array, made: Matching) -> pa.Table:
    links = made.links
    return pa.table(
        {
            "row_id_l": ids.take(pa.array(links.left)),
            "row_id_r": ids.take(pa.array(links.right)),
            "pattern": links.pattern,
            "weight": links.weight,
            "probability": score.probability(links.weight),
            "against": bits_against(made.program, links.pattern),
        },
        schema=LINKS.schema,
    )
