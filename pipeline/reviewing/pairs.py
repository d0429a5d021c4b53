"""Pairs of records for reviewers: near the threshold, and a random draw of links; blind to the model's answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from totalplace import linkage
from totalplace.config.judgements import VERDICTS, read_rows
from totalplace.config.load import load_project
from totalplace.engine import LocalEngine
from totalplace.errors import ConfigError, InputError, listed
from totalplace.journeys.judged import precision
from totalplace.linkage import Explanation, Model
from totalplace.linkage.encode import sort_records
from totalplace.linkage.score import BIT
from totalplace.pipeline.explaining.records import MODEL_FILE, one_client, records_of
from totalplace.pipeline.finished import Finished, may_tell_records, need_files
from totalplace.report import analyst_table
from totalplace.report.files import write_csv
from totalplace.tables import AGENCY, ROW_ID, ROW_ID_L, ROW_ID_R

LINKS_FILE = "linkage/links.parquet"
ANSWERS = ("one_person", "reason", "reviewer", "date")  # for the reviewer to fill in
# Shown side by side where the records are in clear.
SHOWN = ("first_name", "middle_names", "surname", "birth_date", "sex", "house_number", "street", "postcode")
Row = dict[str, Any]


def draw_pairs(run: Finished, start: Path, number: int | None, out: Path | None, *, force: bool) -> dict[str, Any]:
    """Write pairs of records for reviewers: half nearest the threshold, half drawn by lot from all links.

    They stand in an order of chance, and nothing beside a pair tells the model's answer or why it was chosen. On tokens
    a reviewer sees levels only; in clear mode the values too.

    Args:
        run: the run.
        start: where the caller stands.
        number: pairs; None = findings.review.sample.
        out: file; None = review-pairs-<run>.csv in the project's folder.
        force: write over it.

    Raises:
        PrivacyError: TP521, record-level output is not allowed.
        InputError: TP488, the run kept no pair.
    """
    leave = may_tell_records(start, run)
    table, model, open_pairs = _open_pairs(run)
    chosen = _chosen(open_pairs, number or run.rules.findings.review.sample)
    if not chosen:
        raise InputError("TP488", f"run {run.run_id}", "kept no pair to judge", "Link records of several clients.")
    with LocalEngine() as engine:
        rules, ends = run.rules.linkage, [pair.ends for pair in chosen]
        told = linkage.explain_pairs(table, ends, model, rules, engine, link_type="link_and_dedupe")
    clear = run.rules.privacy.mode == "clear"
    rows = [_row(table, pair.ends, one, clear) for pair, one in zip(chosen, told, strict=True)]
    path = out or (load_project(start).folder or Path()) / f"review-pairs-{run.run_id}.csv"
    write_csv(analyst_table(leave, pa.Table.from_pylist(rows), "review_pairs"), path, force)
    lines = [
        f"{path}   {len(rows)} pairs; fill in one_person (yes, no, unsure), reason, reviewer and date",
        f"Then: totalplace review pairs --answers {path}",
        f"{'Personal data' if clear else 'Pseudonymised records'}: for this project's analysts.",
    ]
    return {"file": str(path), "pairs": len(rows), "lines": lines}


@dataclass(frozen=True)
class OpenPair:
    """A kept pair that no agency's own key decides: its records, how far over the threshold (bits), and its lot."""

    ends: tuple[int, int]
    over: float
    lot: bytes


def _open_pairs(run: Finished) -> tuple[pa.Table, Model, list[OpenPair]]:
    need_files(run, LINKS_FILE, MODEL_FILE)
    table = sort_records(records_of(run))
    ids = table[ROW_ID].to_pylist()
    place = {one: k for k, one in enumerate(ids)}
    model = linkage.read_model((run.folder / MODEL_FILE).read_text(encoding="utf-8"))
    links = pq.read_table(run.folder / LINKS_FILE)
    bits = np.asarray(links["weight"].to_numpy()) / BIT - (model.threshold or 0.0)
    seed = f"{run.rules.project.seed} ".encode()
    found = []
    for k, (left, right) in enumerate(zip(links[ROW_ID_L].to_pylist(), links[ROW_ID_R].to_pylist(), strict=True)):
        ends = (place[left], place[right])
        if not one_client(table, *ends):
            found.append(OpenPair(ends, float(bits[k]), hashlib.sha256(seed + left + right).digest()))
    return table, model, found


def _chosen(pairs: list[OpenPair], number: int) -> list[OpenPair]:
    """Return the pairs to judge, in an order of chance that tells nothing of their weight."""
    drawn = _by_lot(pairs)[: number - number // 2]
    taken = {pair.ends for pair in drawn}
    rest = sorted((p for p in pairs if p.ends not in taken), key=lambda pair: (abs(pair.over), pair.lot))
    return sorted([*drawn, *rest[: number - len(drawn)]], key=lambda pair: hashlib.sha256(pair.lot).digest())


def _by_lot(pairs: list[OpenPair]) -> list[OpenPair]:
    """Return the links in the order in which the lot draws them."""
    return sorted((pair for pair in pairs if pair.over >= 0), key=lambda pair: pair.lot)


def read_answers(run: Finished, start: Path, path: Path) -> dict[str, Any]:
    """Return how right the links are by reviewers' answers on pairs.

    The precision is over the links that the lot drew first, as far as each of them was answered: a random draw, whoever
    else was judged beside it.

    Raises:
        ConfigError: TP361 or TP362, the file is not as `draw_pairs` wrote it.
    """
    may_tell_records(start, run)
    answers = _answers(path)
    table, _, pairs = _open_pairs(run)
    ids = table[ROW_ID].to_pylist()
    said = {pair.ends: answers.get((ids[pair.ends[0]].hex(), ids[pair.ends[1]].hex()), "") for pair in pairs}
    drawn = list(takewhile(bool, (said[pair.ends] for pair in _by_lot(pairs))))
    judged = [pair for pair in pairs if said[pair.ends]]
    found = precision(drawn.count("yes"), drawn.count("no"), run.rules.findings.review)
    agree = sum((said[p.ends] == "yes") == (p.over >= 0) for p in judged if said[p.ends] != "unsure")
    result = {"answers": len(judged), "unsure": list(said.values()).count("unsure"), "agree": agree, "precision": found}
    told = "too few of the draw are answered for a precision (findings.review.min_read)"
    if found["estimate"] is not None:
        told = f"precision of links {found['estimate']:.2f} ({found['low']:.2f} to {found['high']:.2f})"
    lines = [
        f"{len(judged)} pairs judged, {result['unsure']} of them unsure; {agree} as the model says",
        f"{told}, from {found['read']} links drawn by lot",
    ]
    return {**result, "lines": lines}


def _answers(path: Path) -> dict[tuple[str, str], str]:
    answers = {}
    for where, row in read_rows(path, path.name, (ROW_ID_L, ROW_ID_R, ANSWERS[0])):
        said = row[ANSWERS[0]].lower()
        if said and said not in VERDICTS:
            cure = f"Write {listed(VERDICTS)}, or leave it empty while nobody has judged."
            raise ConfigError("TP362", f"{where}, column '{ANSWERS[0]}'", "is no answer", cure)
        answers[row[ROW_ID_L].lower(), row[ROW_ID_R].lower()] = said
    return answers


def _row(table: pa.Table, pair: tuple[int, int], told: Explanation, clear: bool) -> Row:
    left, right = pair
    row: Row = {ROW_ID_L: table[ROW_ID][left].as_py(), ROW_ID_R: table[ROW_ID][right].as_py()}
    row |= dict.fromkeys(ANSWERS, "")
    row |= {"agency_l": table[AGENCY][left].as_py(), "agency_r": table[AGENCY][right].as_py()}
    shown = [one for one in SHOWN if clear and one in table.column_names]
    row |= {
        f"{one}_{side}": str(table[one][k].as_py() or "") for one in shown for side, k in (("l", left), ("r", right))
    }
    return row | {f"level {step.comparison}": step.level for step in told.steps}
