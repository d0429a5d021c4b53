"""What encoding costs: the same records linked in the clear, by tokens and by filters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from totalplace import intake, linkage
from totalplace.config import Project
from totalplace.engine import LocalEngine
from totalplace.intake.keyed import codes, hkdf, pack
from totalplace.intake.schema import TokenSchema
from totalplace.pipeline.stages import Say
from totalplace.tables import RELATIONS

TRUTH = Path("truth") / "clients.parquet"  # of a pretend place; no stage of a run reads it
MODES = ("clear", "tokens", "filters")


def accuracy_by_mode(
    clients: pa.Table, schema: TokenSchema, key: bytes, project: Project, engine: LocalEngine, say: Say
) -> dict[str, Any]:
    """Link the records in each mode; say how far encodings agree with clear text and, where it is known, the truth.

    Returns:
        For each mode `agreement` (pairwise F1 against mode clear) and, of a pretend place, `f1` against the truth and
        `difference` from clear; empty where nothing could be linked.
    """
    rules, secret = project.rules, hkdf(key, b"", b"totalplace/1|attack|persons")
    if clients.num_rows < 2:
        return {}
    made: dict[str, dict[bytes, bytes]] = {}
    for mode in MODES:
        held, none = engine.hold(clients), engine.hold(RELATIONS.empty())
        protected = (
            intake.clear_records(held, engine)
            if mode == "clear"
            else intake.protect(held, none, schema, key, mode, engine)
        )
        linked = linkage.link_records(protected.tokens, rules.linkage, secret, engine, seed=rules.project.seed)
        persons = engine.fetch(linked.persons)
        made[mode] = dict(zip(persons["row_id"].to_pylist(), persons["person_id"].to_pylist(), strict=True))
        say("attack", f"linked {clients.num_rows:,} records in mode {mode}")
    truth = _true_persons(clients, project) if rules.privacy.synthetic else {}
    told: dict[str, Any] = {mode: {"agreement": pairwise_f1(made[mode], made["clear"])} for mode in MODES}
    if truth:
        scores = {mode: pairwise_f1(made[mode], truth) for mode in MODES}
        for mode in MODES:
            told[mode] |= {"f1": scores[mode], "difference": scores[mode] - scores["clear"]}
    return told


def pairwise_f1(found: Mapping[bytes, Any], true: Mapping[bytes, Any]) -> float:
    """Return pairwise F1 of one grouping against another, over their common records; 1 if neither has a pair."""
    common = [row for row in found if row in true]
    ours, theirs = (_numbered([groups[row] for row in common]) for groups in (found, true))
    hits = _pairs(ours * (int(theirs.max(initial=0)) + 1) + theirs)
    both = _pairs(ours) + _pairs(theirs)
    return 2 * hits / both if both else 1.0


def _numbered(values: list[Any]) -> np.ndarray:
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)


def _pairs(groups: np.ndarray) -> int:
    counts = np.unique(groups, return_counts=True)[1]
    return int((counts * (counts - 1) // 2).sum())


def _true_persons(clients: pa.Table, project: Project) -> dict[bytes, int]:
    """Return the true person of each record of a pretend place whose agency gives its clients a key."""
    path = (project.folder or Path()) / TRUTH
    if not path.is_file():
        return {}
    table, wanted, found = pq.read_table(path), set(clients["row_id"].to_pylist()), dict[bytes, int]()
    for agency in project.agencies:
        code = agency.agency.code
        key = intake.row_key(code, project.folder or Path(), project.rules.privacy)
        rows = table.filter(pc.and_(pc.equal(table["agency"], code), pc.is_valid(table["client_key"])))
        named = {row["client_key"]: row["person"] for row in rows.to_pylist() if row["client_key"]}
        for ordinal in range(rows.num_rows):
            ids = codes(key, (pack(name.encode(), str(ordinal).encode()) for name in named))
            new = {row_id: person for row_id, person in zip(ids, named.values(), strict=True) if row_id in wanted}
            if not new and ordinal:
                break
            found |= new
    return found
