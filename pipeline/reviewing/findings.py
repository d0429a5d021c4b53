"""What reviewers read: a random draw of one kind of finding, as a CSV to be filled in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from totalplace.config.judgements import COLUMNS, FOLDER, Judgement, load_judgements
from totalplace.config.load import load_project
from totalplace.engine import LocalEngine
from totalplace.errors import InputError
from totalplace.pipeline.explaining.finding import CONTACTS_FILE, FINDINGS_FILE
from totalplace.pipeline.finished import Finished, may_tell_records, need_files
from totalplace.report import analyst_table
from totalplace.report.files import write_csv

KINDS = {
    "duplicates": "duplicated_assessment",
    "concurrent": "concurrent_assessment",
    "families": "high_demand_family",
    "bounces": "bounce",
    "dropouts": "drop_out",
    "repeats": "repeat_demand",
    "pathways": "pathway_violation",
}
MOST_TOLD = 12  # records told in one cell of a finding; explain lists all
_TOLD = """
SELECT c.contact_id, c.start, c.agency, c.type FROM contacts c JOIN ids i ON i.contact_id = c.contact_id
ORDER BY c.start, c.agency, c.contact_id
"""
Row = dict[str, Any]


def draw_findings(
    run: Finished, start: Path, what: str, number: int | None, out: Path | None, *, force: bool
) -> dict[str, Any]:
    """Write a random draw of one kind of finding for reviewers: verdict, reason, reviewer and date stand empty.

    A larger draw of the same seed holds the smaller one. Findings that were judged before come with their verdict.

    Args:
        run: the run.
        start: where the caller stands; its project holds the judgements.
        what: one of `KINDS`.
        number: findings to draw; None = findings.review.sample.
        out: file; None = judgements/<what>-<run>.csv in the project.
        force: write over it.

    Raises:
        PrivacyError: TP521, record-level output is not allowed.
        InputError: TP488, the run has no finding of this kind.
    """
    leave = may_tell_records(start, run)
    need_files(run, FINDINGS_FILE, CONTACTS_FILE)
    findings = pq.read_table(run.folder / FINDINGS_FILE)
    mine = findings.filter(pc.equal(findings["kind"], KINDS[what])).to_pylist()
    if not mine:
        raise InputError("TP488", f"run {run.run_id}", f"has no finding of {what}", "Draw another kind.")
    seed, size = run.rules.project.seed, number or run.rules.findings.review.sample
    chosen = sorted(mine, key=lambda row: _lot(seed, row["finding_id"]))[:size]
    project = load_project(start)
    judged = {one.finding_id: one for one in load_judgements(project.folder)}
    told = _records(run, [one for row in chosen for one in row["contact_ids"]])
    name = f"seed {seed}"
    rows = [_finding_row(row, judged.get(row["finding_id"].hex()), name, told) for row in chosen]
    path = out or (project.folder or Path()) / FOLDER / f"{what}-{run.run_id}.csv"
    if out is None:
        path.parent.mkdir(exist_ok=True)
    write_csv(analyst_table(leave, pa.Table.from_pylist(rows), f"review_{what}"), path, force)
    lines = [
        f"{path}   {len(rows)} of {len(mine)} findings drawn",
        "Fill in verdict (yes, no, unsure), reason, reviewer and date; say why wherever the verdict is no.",
        f"Files in the project's {FOLDER}/ are laid on the next run. Personal data: for this project's analysts.",
    ]
    return {"file": str(path), "drawn": len(rows), "of": len(mine), "lines": lines}


def _lot(seed: int, finding_id: bytes) -> bytes:
    return hashlib.sha256(f"{seed} ".encode() + finding_id).digest()


def _finding_row(row: Row, judged: Judgement | None, name: str, told: dict[bytes, str]) -> Row:
    said = {"verdict": "", "reason": "", "reviewer": "", "date": ""}
    if judged is not None:
        said |= {"verdict": judged.verdict, "reason": judged.reason, "reviewer": judged.reviewer, "date": judged.day}
    records = [told[one] for one in row["contact_ids"] if one in told]
    more = f"; and {len(records) - MOST_TOLD} more" if len(records) > MOST_TOLD else ""
    first = dict(zip(COLUMNS, [row["finding_id"].hex(), *said.values(), name], strict=True))
    about = {name: row[name] for name in ("kind", "rule_id", "value", "unit")}
    days = {name: row[name].isoformat() for name in ("from_date", "to_date")}
    return {**first, **about, **days, "records": "; ".join(sorted(records)[:MOST_TOLD]) + more}


def _records(run: Finished, wanted: Iterable[bytes]) -> dict[bytes, str]:
    with LocalEngine() as engine:
        ids = engine.hold(pa.table({"contact_id": pa.array(sorted(set(wanted)), pa.binary())}))
        contacts = engine.load(str(run.folder / CONTACTS_FILE))
        rows = engine.fetch(engine.sql(_TOLD, contacts=contacts, ids=ids)).to_pylist()
    return {row["contact_id"]: f"{row['start'].isoformat()} {row['agency']} {row['type']}" for row in rows}
