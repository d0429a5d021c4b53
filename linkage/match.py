"""The core: records in their order to links and clusters, all by record number. Ids are the doors' business."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Any, TypedDict, Unpack

import numpy as np
import pyarrow as pa

from totalplace.config.linkage import LinkageRules
from totalplace.linkage import block, choose, compare, encode, held_once, one_to_one, quality, score, thresholds
from totalplace.linkage.auto import auto_model
from totalplace.linkage.clusters.cluster import Clusters, cluster_records
from totalplace.linkage.encoded import Records, Spelling
from totalplace.linkage.model import Model
from totalplace.linkage.train import possible_pairs, train
from totalplace.linkage.worked_out import worked_out
from totalplace.tables import Engine, Note

Progress = Callable[[str], None] | None
SEED = 2009  # where no project names its own


@dataclass(frozen=True)
class Prepared:
    """Encoded records, a model with rules, and the blocks that they make."""

    records: Records
    model: Model
    blocks: tuple[block.Blocks, ...]
    allowed: np.ndarray
    expected_recall: float
    notes: tuple[Note, ...]

    def without_evidence(self) -> Prepared:
        """Return what is asked for once no pair is compared any more: who is who, and the blocks' numbers."""
        columns = {name: column for name, column in self.records.columns.items() if _is_identifier(name)}
        blocks = tuple(block.without_records(b) for b in self.blocks)
        return replace(self, records=replace(self.records, columns=columns), blocks=blocks)


@dataclass(frozen=True)
class Found:
    """Kept pairs, and all that is asked of them: who is one person, what they are worth, which they are.

    Args:
        ready: what was compared; of the columns the identifiers alone, of the blocks the numbers.
        program: the model as the kernel ran it; reads the links' patterns.
        model: as trained, with its threshold.
        links: kept pairs down to the floor.
        counted: those of them that estimates count.
        settled: what became of the links between sources that hold each person once.
        single: those sources.
        declared: whether the rules name them.
        alone: what records weigh with themselves (see `thresholds.weights_with_themselves`).
        floor: in 2^-24 bit.
        notes: for the user.
    """

    ready: Prepared
    program: compare.Program
    model: Model
    links: score.Links
    counted: score.Links
    settled: one_to_one.Settled
    single: tuple[int, ...]
    declared: bool
    alone: np.ndarray
    floor: int
    notes: tuple[Note, ...]

    @property
    def threshold(self) -> int:
        """Return the weight from which pairs are links, in 2^-24 bit."""
        return score.to_fixed(self.model.threshold or 0.0)


@dataclass(frozen=True)
class Estimated:
    """What can be said of the links without labels: see `quality.figures` and `thresholds.by_threshold`."""

    figures: dict[str, Any]
    by_threshold: list[dict[str, Any]]


@dataclass(frozen=True)
class Matching:
    """Which records are one person, by record number.

    Args:
        records: as they were encoded, of the columns the identifiers alone.
        program: the model as the kernel ran it; reads the links' patterns.
        links: kept pairs down to the floor.
        clusters: which records are one person.
        plan: PLAN, a row per blocking rule.
        model: the model as trained, with its threshold.
        quality: figures for the manifest: pairs, estimated precision and recall with intervals, clusters.
        notes: for the user.
        by_threshold: see `thresholds.by_threshold`.
    """

    records: Records
    program: compare.Program
    links: score.Links
    clusters: Clusters
    plan: pa.Table
    model: Model
    quality: dict[str, Any]
    notes: tuple[Note, ...]
    by_threshold: list[dict[str, Any]]


class Wish(TypedDict, total=False):
    """What may be asked of a linkage beside its rules; defaults and meaning stand at `find_links`."""

    link_type: str
    model: Model | None
    seed: int
    progress: Progress
    find_single: bool


def match_records(table: pa.Table, rules: LinkageRules, engine: Engine, **wish: Unpack[Wish]) -> Matching:
    """Find which records are one person; arguments and errors as `find_links`."""
    found = find_links(table, rules, engine, **wish)
    del table
    return matching(found, join_links(found, rules), estimate(found, rules))


def find_links(
    table: pa.Table,
    rules: LinkageRules,
    engine: Engine,
    *,
    link_type: str = "link_and_dedupe",
    model: Model | None = None,
    seed: int = SEED,
    progress: Progress = None,
    find_single: bool = False,
) -> Found:
    """Find the pairs that may be one person, and the weight from which they are.

    Args:
        table: a row per record in an order that the order of the input does not change, with `agency`.
        rules: `[linkage]`.
        engine: where the work runs.
        link_type: `dedupe_only` within agencies, `link_only` between them, `link_and_dedupe` both.
        model: None = choose and train one; a model without m, u or prior is trained; a trained one is used as it is.
        seed: of every sample.
        progress: told one line per stage; never a value.
        find_single: without a model, look for sources that hold each person once, and link them one-to-one.

    Raises:
        InputError: TP462, nothing in the table can tell records apart.
        ConfigError: the model does not fit the table.
    """
    tell = progress or (lambda _: None)
    find_single = find_single and model is None
    model, data = encoded(table, rules, engine, model)
    del table
    ready = planned(data, model, rules, engine, link_type=link_type, seed=seed)
    data = ready.records
    tell(f"{data.rows} records encoded, {sum(b.pairs for b in ready.blocks)} pairs planned")
    fitted, notes = _trained(ready, rules, seed, engine, tell)
    program = compare.build_program(fitted, data)
    weights = score.build_weights(program, fitted, data, rules.term_frequency)
    floor = score.to_fixed(score.prior_bits(rules.floor_probability))
    links = score.score_pairs(program, weights, data, ready.blocks, ready.allowed, floor, engine)
    alone = thresholds.weights_with_themselves(program, weights, data, engine)
    ready = ready.without_evidence()
    data = ready.records
    tell(f"{sum(links.seen)} pairs compared, {len(links.left)} kept")
    declared, unknown = held_once.declared_sources(data.agencies, rules.duplicate_free)
    single = _single(fitted, links, data, ready.allowed, rules, find_single)
    single, notes = tuple(sorted({*single, *declared})), (*notes, *unknown)
    settled = one_to_one.settle(links, data.agency, ready.allowed, single, rules.one_to_one)
    links, counted = settled.links, one_to_one.only(settled.links, settled.best)
    fitted = replace(fitted, duplicate_free=tuple(data.agencies[one] for one in single))
    if fitted.threshold is None:
        fitted = replace(fitted, threshold=quality.choose_threshold(counted.weight, rules))
    return Found(ready, program, fitted, links, counted, settled, single, single == declared, alone, floor, notes)


def join_links(found: Found, rules: LinkageRules) -> Clusters:
    """Join the records that links make one person."""
    data, links = found.ready.records, found.links
    return cluster_records(
        data.rows, links.left, links.right, links.weight, data.same, identifiers(data), found.threshold, rules.cluster,
        source=data.agency, one_to_one=tuple(combinations_with_replacement(found.single, 2)),
    )  # fmt: skip


def estimate(found: Found, rules: LinkageRules) -> Estimated:
    """Say what the links are worth at the threshold and at every other."""
    ready, data = found.ready, found.ready.records
    figures = one_to_one.figures(data.agencies, found.single, found.settled) | quality.figures(
        ready, found.counted, found.model, possible_pairs(data, ready.allowed), rules
    )
    spread = rules.calibration.model_spread_bits
    matches = figures["estimated_matches"]
    return Estimated(figures, thresholds.by_threshold(found.counted.weight, found.alone, found.floor, matches, spread))


def matching(found: Found, clusters: Clusters, estimated: Estimated) -> Matching:
    """Put together what was found, who is one person, and what it is worth."""
    ready, data, links, notes = found.ready, found.ready.records, found.links, found.notes
    figures = estimated.figures | quality.cluster_figures(clusters)
    if found.single:
        cut = held_once.links_cut(links, clusters.label, data.agency, data.agencies, found.single, found.threshold)
        figures |= {"one_to_one": cut}
        notes = (*notes, held_once.cut_note(cut, found.model.duplicate_free, found=not found.declared))
    return Matching(
        data,
        found.program,
        links,
        clusters,
        block.plan_table(ready.blocks, links.seen),
        replace(found.model, notes=tuple(note.text for note in notes)),
        figures,
        (*notes, *quality.linkage_notes(clusters, figures)),
        estimated.by_threshold,
    )


def _single(
    model: Model, links: score.Links, data: Records, allowed: np.ndarray, rules: LinkageRules, find: bool
) -> tuple[int, ...]:
    """Return the sources that hold each person once: those that the model names, and those found."""
    named = [k for k, name in enumerate(data.agencies) if name in model.duplicate_free]
    if not find or not rules.one_to_one.find or len(data.agencies) < 2 or not allowed.diagonal().any():
        return tuple(named)
    threshold = score.to_fixed(quality.choose_threshold(links.weight, rules))
    return one_to_one.find_single(links, data.agency, len(data.agencies), threshold, rules.one_to_one)


def _trained(
    ready: Prepared, rules: LinkageRules, seed: int, engine: Engine, tell: Callable[[str], None]
) -> tuple[Model, tuple[Note, ...]]:
    """Return the model with m, u and prior, trained where it lacks any, and what there is to say so far."""
    model = ready.model
    if model.trained:
        return model, ready.notes
    made = train(model, ready.records, ready.allowed, rules.training, seed, engine)
    told = f"{len(made.model.comparisons)} comparisons, joint terms: {len(made.model.joints)}"
    tell(f"model trained: {told}, classes of near pairs: {len(made.model.near)}")
    chosen = (Note("model", text) for text in model.notes)
    return made.model, (*chosen, *ready.notes, *made.notes)


def plan_matching(
    table: pa.Table,
    rules: LinkageRules,
    engine: Engine,
    *,
    link_type: str = "link_and_dedupe",
    model: Model | None = None,
    seed: int = SEED,
) -> pa.Table:
    """Return PLAN: exact numbers of pairs per rule, before any pair is compared; arguments as `match_records`."""
    ready = prepare(table, rules, engine, link_type=link_type, model=model, seed=seed)
    nothing = compare.empty_program()
    net = []
    for number, one in enumerate(ready.blocks):
        earlier = [b.rank for b in ready.blocks[:number]]
        net.append(compare.count_pairs(nothing, ready.records, one, earlier, ready.allowed, engine))
    return block.plan_table(ready.blocks, net)


def prepare(
    table: pa.Table, rules: LinkageRules, engine: Engine, *, link_type: str, model: Model | None, seed: int
) -> Prepared:
    """Encode the records, complete the model with rules, and lay out blocks within the budget."""
    model, data = encoded(table, rules, engine, model)
    return planned(data, model, rules, engine, link_type=link_type, seed=seed)


def encoded(table: pa.Table, rules: LinkageRules, engine: Engine, model: Model | None) -> tuple[Model, Records]:
    """Return the model, one of the table's own where there is none, and the records encoded for it."""
    model = model or auto_model(table, rules)
    spelling = Spelling(rules.profile.placeholders, rules.profile.day_first, rules.profile.titles)
    table, fields = worked_out(table, model.fields, engine)
    return model, encode.encode(table, fields, spelling, engine)


def planned(data: Records, model: Model, rules: LinkageRules, engine: Engine, *, link_type: str, seed: int) -> Prepared:
    """Complete the model with rules, add the columns that it derives, and lay out blocks within the budget."""
    recall = 1.0
    if not model.rules:
        wanted = choose.blocking_columns(model)
        data = encode.add_columns(data, [c for some in wanted.values() for c in some])
        found, recall = choose.choose_rules(model, data, rules.blocking, seed)
        model = replace(model, rules=found)
    data = encode.share_codes(encode.add_columns(data, model.columns), model.comparisons, engine)
    allowed = block.allowed_agencies(data.agencies, link_type, rules.duplicate_free)
    grouped = engine.map_slices(lambda rule: block.group(data, rule), model.rules)
    sizes = [one.sizes[one.sizes > 1] for one in grouped if one.rule]
    cap = block.cap_for_budget(sizes, rules.blocking.max_pairs, rules.blocking.max_block)
    limits = rules.blocking
    caps = [
        block.cap_of_rule(one.sizes[one.sizes > 1], cap, limits.dominant_share, limits.dominant_pairs)
        if one.rule
        else data.rows
        for one in grouped
    ]
    each = zip(grouped, caps, strict=True)
    blocks = tuple(engine.map_slices(lambda piece: block.make_blocks(piece[0], data.rows, piece[1]), each))
    return Prepared(data, model, blocks, allowed, recall, tuple(_cap_notes(blocks, caps)))


def _cap_notes(blocks: Sequence[block.Blocks], caps: Sequence[int]) -> list[Note]:
    notes = []
    for one, cap in zip(blocks, caps, strict=True):
        if one.left_out:
            text = (
                f"rule {' + '.join(one.rule)}: blocks of more than {cap} records were left out "
                f"({one.left_out} pairs; the largest has {one.largest} records)."
            )
            notes.append(Note("block_capped", text, {"pairs": one.left_out, "largest": one.largest, "cap": cap}))
    return notes


def identifiers(data: Records) -> list[np.ndarray]:
    """Return the codes of identifier tokens: two different ones are two persons."""
    return [c.codes for name, c in sorted(data.columns.items()) if _is_identifier(name)]


def _is_identifier(name: str) -> bool:
    return name.startswith("t_id_") and name.count("_") == 2
