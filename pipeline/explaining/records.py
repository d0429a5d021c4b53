"""Two client records of a finished run explained: levels and weights, never a value; and what became of the two."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from totalplace import linkage
from totalplace.engine import LocalEngine
from totalplace.errors import ConfigError, InputError
from totalplace.linkage.encode import sort_records
from totalplace.pipeline.explaining.pair import explanation_lines, waterfall
from totalplace.pipeline.finished import Finished, may_tell_records, need_files
from totalplace.pipeline.run_folder import write_text
from totalplace.tables import AGENCY, ID, PERSON_ID, ROW_ID

PERSONS_FILE, MODEL_FILE = "linkage/persons.parquet", "linkage/model.toml"


def explain_two_records(
    run: Finished, start: Path, one: str, other: str, picture: Path | None = None, workers: int = 0
) -> dict[str, Any]:
    """Explain why two records of a run are, or are not, one person.

    Args:
        run: the run.
        start: where the caller stands: the project that governs it gives the permit.
        one, other: row ids in hex, or the beginning of them that no other has.
        picture: SVG file to write.
        workers: threads; 0 = one per core.

    Returns:
        The explanation for `--json`, and its lines.

    Raises:
        PrivacyError: TP521, record-level output is not allowed.
        InputError: TP468, no record, or several, have that id.
    """
    may_tell_records(start, run)
    need_files(run, PERSONS_FILE, MODEL_FILE)
    table = sort_records(records_of(run))
    ids = [value.hex() for value in table[ROW_ID].to_pylist()]
    left, right = _place(ids, one, "first id"), _place(ids, other, "second id")
    if left == right:
        raise InputError("TP468", "second id", "is the first one's record", "Name two records.")
    model = linkage.read_model((run.folder / MODEL_FILE).read_text(encoding="utf-8"))
    if not model.comparisons:
        what = "compares nothing: this project's records are joined by the agencies' own keys alone"
        raise ConfigError("TP346", MODEL_FILE, what, "Give linkage a field that agencies share.")
    with LocalEngine(workers) as engine:
        rules = run.rules.linkage
        found = linkage.explain_pair(table, left, right, model, rules, engine, link_type="link_and_dedupe")
    if picture is not None:
        write_text(picture, waterfall(found))
    fate = _fate(run, table, left, right)
    return {
        **asdict(found),
        "compared": found.compared,
        **fate,
        "lines": [*explanation_lines(found), *_fate_lines(fate)],
    }


def records_of(run: Finished) -> pa.Table:
    """Return the records that linkage received, of all agencies."""
    names = sorted(run.folder.glob("agency/*/for_linkage/records.parquet"))
    if not names:
        need_files(run, "agency/<agency>/for_linkage/records.parquet")
    return pa.concat_tables([pq.read_table(path) for path in names], promote_options="permissive")


def _place(ids: list[str], name: str, where: str) -> int:
    hits = [k for k, one in enumerate(ids) if name and one.startswith(name.lower())]
    if len(hits) != 1:
        what = "begins several records' ids" if hits else "is of no record"
        raise InputError("TP468", where, what, "Write a row id of this run in hex: the first digits that no other has.")
    return hits[0]


def _fate(run: Finished, table: pa.Table, left: int, right: int) -> dict[str, Any]:
    """Return the agencies of two records, whether they are one person, and in how many draws."""
    persons = pq.read_table(run.folder / PERSONS_FILE)
    rows = [table[ROW_ID][k].as_py() for k in (left, right)]
    known = dict(zip(persons[ROW_ID].to_pylist(), persons[PERSON_ID].to_pylist(), strict=True))
    fate: dict[str, Any] = {
        "agencies": [table[AGENCY][k].as_py() for k in (left, right)],
        "one_person": known[rows[0]] == known[rows[1]],
        "one_client": one_client(table, left, right),
    }
    paths = [run.folder / f"linkage/{name}.parquet" for name in ("partitions", "alternatives")]
    if fate["one_person"] and all(path.is_file() for path in paths):
        fate["draws_apart"] = linkage.draws_apart([rows], *map(pq.read_table, paths))
        fate["draws"] = run.rules.findings.uncertainty.draws
    return fate


def one_client(table: pa.Table, left: int, right: int) -> bool:
    """Tell whether an agency's own key says that two records are one client."""
    if "event_group" not in table.column_names:
        return False
    keys = [table["event_group"].cast(ID)[k].as_py() for k in (left, right)]
    agencies = [table[AGENCY][k].as_py() for k in (left, right)]
    return keys[0] is not None and keys[0] == keys[1] and agencies[0] == agencies[1]


def _fate_lines(fate: dict[str, Any]) -> list[str]:
    first, second = fate["agencies"]
    lines = [
        f"In this run the records ({first}, {second}) are {'one person' if fate['one_person'] else 'two persons'}."
    ]
    if fate["one_client"]:
        lines.append("The agency's own key says that they are one client: nothing can part them.")
    if "draws" in fate:
        lines.append(f"In {fate['draws_apart']} of {fate['draws']} draws of uncertain links they are two.")
    return lines
