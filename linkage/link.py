"""The doors: link records, and plan the pairs without comparing them."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.linkage import LinkageRules
from totalplace.errors import InputError
from totalplace.linkage import block, choose, compare, encode, quality, score
from totalplace.linkage.auto import auto_model
from totalplace.linkage.cluster import CERTAIN, Clusters, cluster_records
from totalplace.linkage.encoded import Records, Spelling
from totalplace.linkage.model import Model
from totalplace.linkage.own_keys import NO_EVIDENCE, has_own_keys, labels_by_own_keys, nothing_compared
from totalplace.linkage.train import possible_pairs, train
from totalplace.tables import LINKS, PERSON_ID, PERSONS, ROW_ID, Engine, Handle, Note

Progress = Callable[[str], None] | None


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
    """

    persons: Handle
    links: Handle
    plan: Handle
    model: Model
    quality: dict[str, Any]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Prepared:
    """Encoded records, a model with rules, and the blocks that they make."""

    records: Records
    model: Model
    blocks: tuple[block.Blocks, ...]
    allowed: np.ndarray
    expected_recall: float
    notes: tuple[Note, ...]


def link_records(
    records: Handle,
    rules: LinkageRules,
    secret: bytes,
    engine: Engine,
    *,
    link_type: str = "link_and_dedupe",
    model: Model | None = None,
    seed: int = 2009,
    progress: Progress = None,
) -> Linkage:
    """Link records into persons.

    Args:
        records: TOKENS, or CLIENTS in clear mode, or any table with row_id and agency.
        rules: `[linkage]`.
        secret: key of the person ids.
        engine: where the work runs.
        link_type: `dedupe_only` within agencies, `link_only` between them, `link_and_dedupe` both.
        model: None = choose and train one; a model without m, u or prior is trained; a trained one is used as it is.
        seed: of every sample.
        progress: told one line per stage; never a value.

    Returns:
        Persons, links, plan, model, figures and notes; equal for any order of the rows.
    """
    tell = progress or (lambda _: None)
    try:
        ready = prepare(records, rules, engine, link_type=link_type, model=model, seed=seed)
    except InputError as error:
        if error.code != NO_EVIDENCE or not has_own_keys(records, engine):
            raise
        return _by_own_keys(records, secret, engine)
    data, notes = ready.records, list(ready.notes)
    tell(f"{data.rows} records encoded, {sum(b.pairs for b in ready.blocks)} pairs planned")
    fitted = ready.model
    if fitted.prior is None or not all(level.m for c in fitted.comparisons for level in c.levels):
        trained = train(fitted, data, ready.allowed, rules.training, seed, engine)
        fitted = trained.model
        notes += trained.notes
        tell(f"model trained: {len(fitted.comparisons)} comparisons, {len(fitted.joints)} joint terms")
    program = compare.build_program(fitted, data)
    weights = score.build_weights(program, fitted, data, rules.term_frequency)
    floor = score.to_fixed(score.prior_bits(rules.floor_probability))
    links = score.score_pairs(program, weights, data, ready.blocks, ready.allowed, floor, engine)
    tell(f"{sum(links.seen)} pairs compared, {len(links.left)} kept")
    threshold = fitted.threshold
    if threshold is None:
        threshold = quality.choose_threshold(links.weight, rules)
        fitted = replace(fitted, threshold=threshold)
    clusters = cluster_records(
        data.rows, links.left, links.right, links.weight, data.same, _identifiers(data),
        score.to_fixed(threshold), rules.cluster,
    )  # fmt: skip
    possible = possible_pairs(data, ready.allowed)
    figures = quality.figures(ready, links, clusters, fitted, possible, rules)
    plan = block.plan_table(ready.blocks, links.seen)
    return Linkage(
        engine.hold(_persons(data, clusters, secret)),
        engine.hold(_links(data, links)),
        engine.hold(plan),
        replace(fitted, notes=tuple(note.text for note in notes)),
        figures,
        (*notes, *quality.linkage_notes(ready, links, clusters, figures)),
    )


def plan_pairs(
    records: Handle,
    rules: LinkageRules,
    engine: Engine,
    *,
    link_type: str = "link_and_dedupe",
    model: Model | None = None,
    seed: int = 2009,
) -> Handle:
    """Return PLAN for `--dry-run`: exact numbers of pairs per rule, before any pair is compared."""
    ready = prepare(records, rules, engine, link_type=link_type, model=model, seed=seed)
    nothing = compare.empty_program()
    net = []
    for number, one in enumerate(ready.blocks):
        earlier = [b.rank for b in ready.blocks[:number]]
        net.append(compare.count_pairs(nothing, ready.records, one, earlier, ready.allowed, engine))
    return engine.hold(block.plan_table(ready.blocks, net))


def prepare(
    records: Handle, rules: LinkageRules, engine: Engine, *, link_type: str, model: Model | None, seed: int
) -> Prepared:
    """Encode the records, complete the model with rules, and lay out blocks within the budget."""
    table = encode.sort_records(engine.fetch(records))
    model = model or auto_model(table, rules)
    spelling = Spelling(rules.profile.placeholders, rules.profile.day_first)
    data = encode.encode(table, model.fields, spelling)
    recall = 1.0
    if not model.rules:
        wanted = choose.blocking_columns(model)
        data = encode.add_columns(data, [c for some in wanted.values() for c in some])
        found, recall = choose.choose_rules(model, data, rules.blocking, seed)
        model = replace(model, rules=found)
    data = encode.add_columns(data, model.columns)
    allowed = block.allowed_agencies(data.agencies, link_type, rules.duplicate_free)
    sizes = [block.block_sizes(block.rule_key(data, rule)) for rule in model.rules if rule]
    cap = block.cap_for_budget(sizes, rules.blocking.max_pairs, rules.blocking.max_block)
    blocks = tuple(block.make_blocks(data, rule, cap if rule else data.rows) for rule in model.rules)
    return Prepared(data, model, blocks, allowed, recall, tuple(_cap_notes(blocks, cap)))


def _cap_notes(blocks: tuple[block.Blocks, ...], cap: int) -> list[Note]:
    notes = []
    for one in blocks:
        if one.left_out:
            text = (
                f"rule {' + '.join(one.rule)}: blocks of more than {cap} records were left out "
                f"({one.left_out} pairs; the largest has {one.largest} records)."
            )
            notes.append(Note("block_capped", text, {"pairs": one.left_out, "largest": one.largest, "cap": cap}))
    return notes


def _identifiers(data: Records) -> list[np.ndarray]:
    """Return the codes of identifier tokens: two different ones are two persons."""
    return [c.codes for name, c in sorted(data.columns.items()) if name.startswith("t_id_") and name.count("_") == 2]


def _by_own_keys(records: Handle, secret: bytes, engine: Engine) -> Linkage:
    ids, label = labels_by_own_keys(records, engine)
    persons = _persons_table(ids, label, np.full(len(label), CERTAIN), secret)
    return Linkage(engine.hold(persons), **nothing_compared(engine, len(label), len(np.unique(label))))  # type: ignore[arg-type]


def _persons(data: Records, clusters: Clusters, secret: bytes) -> pa.Table:
    return _persons_table(data.ids, clusters.label, clusters.weakest, secret)


def _persons_table(row_ids: pa.Array, label: np.ndarray, weakest: np.ndarray, secret: bytes) -> pa.Table:
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


def _links(data: Records, links: score.Links) -> pa.Table:
    return pa.table(
        {
            "row_id_l": data.ids.take(pa.array(links.left)),
            "row_id_r": data.ids.take(pa.array(links.right)),
            "pattern": links.pattern,
            "weight": links.weight,
            "probability": score.probability(links.weight),
        },
        schema=LINKS.schema,
    )
