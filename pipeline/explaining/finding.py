"""A finding of a finished run explained: its records, its rule, what was left out, its weakest link, what undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from totalplace import journeys, linkage
from totalplace.engine import LocalEngine
from totalplace.errors import InputError
from totalplace.pipeline.explaining.words import finding_lines
from totalplace.pipeline.finished import Finished, may_tell_records, need_files
from totalplace.report import analyst_table
from totalplace.tables import ID, Engine

FINDINGS_FILE, CONTACTS_FILE = "analysis/findings.parquet", "analysis/contacts.parquet"
Row = dict[str, Any]


def explain_one_finding(run: Finished, start: Path, name: str) -> dict[str, Any]:
    """Explain a finding of a run.

    Args:
        run: the run.
        start: where the caller stands: the project that governs it gives the permit.
        name: the finding's id in hex, or the beginning of it that no other has.

    Returns:
        The explanation for `--json`, and its lines.

    Raises:
        PrivacyError: TP521, record-level output is not allowed.
        InputError: no finding, or several, have that id.
    """
    leave = may_tell_records(start, run)
    need_files(run, FINDINGS_FILE, CONTACTS_FILE)
    finding = find_one(pq.read_table(run.folder / FINDINGS_FILE), name)
    with LocalEngine() as engine:
        contacts = engine.load(str(run.folder / CONTACTS_FILE))
        why = journeys.explain_finding(finding, contacts, run.rules.findings, engine)
        wanted = [*finding["contact_ids"], *(one for one, _ in why.left_out)]
        records = _records(contacts, wanted, engine)
    told = analyst_table(leave, records, "records").table.to_pylist()
    held = set(finding["contact_ids"])
    mine = [_record(r, why.roles.get(r["contact_id"], "")) for r in told if r["contact_id"] in held]
    reasons = dict(why.left_out)
    aside = [_record(r, reasons[r["contact_id"]]) for r in told if r["contact_id"] not in held]
    result = {
        "finding": _finding(finding),
        "rule": why.rule,
        "records": mine,
        "left_out": aside,
        "weakest_link": _link(run, finding, [r["row_id"] for r in told if r["contact_id"] in held]),
        "would_vanish_with": list(why.vanishes),
        "remarks": list(why.remarks),
        "config_hash": finding["config_hash"],
    }
    return {**result, "lines": finding_lines(result)}


def find_one(findings: pa.Table, name: str) -> Row:
    """Return the finding whose id begins with a name.

    Raises:
        InputError: TP487, none or several do.
    """
    ids = [one.as_py().hex() for one in findings["finding_id"]]
    hits = [k for k, one in enumerate(ids) if name and one.startswith(name.lower())]
    if len(hits) != 1:
        what = f"begins {len(hits)} findings" if hits else "is of no finding of this run"
        cure = (
            "Write more of it."
            if hits
            else "Ids stand in analysis/findings.parquet; a finding of other rules has another."
        )
        raise InputError("TP487", "FINDING", what, cure)
    return dict(findings.slice(hits[0], 1).to_pylist()[0])


def _records(contacts: Any, wanted: Sequence[bytes], engine: Engine) -> pa.Table:
    ids = engine.hold(pa.table({"contact_id": pa.array(wanted, pa.binary())}))
    text = """
    SELECT DISTINCT c.contact_id, c.row_id, c.person_id, c.agency, c.source_row, c.start, c.completed, c.type, c.class,
           c.purpose, c.theme, c.outcome, c.referral_to
    FROM contacts c JOIN ids i ON i.contact_id = c.contact_id ORDER BY c.start, c.agency, c.contact_id
    """
    return engine.fetch(engine.sql(text, contacts=contacts, ids=ids))


def _record(row: Row, part: str) -> Row:
    return {name: _plain(value) for name, value in row.items()} | {"part": part}


def _finding(row: Row) -> Row:
    told = {name: _plain(value) for name, value in row.items() if name != "contact_ids"}
    return {**told, "contact_ids": [one.hex() for one in row["contact_ids"]]}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else value


def _link(run: Finished, finding: Row, rows: Sequence[bytes]) -> dict[str, Any]:
    """Return what holds the finding's records to their persons: the weakest link, and the draws that part them."""
    told: dict[str, Any] = {"probability": finding["min_link_probability"], "persons": 0}
    folder = run.folder / "linkage"
    if not all((folder / f"{name}.parquet").is_file() for name in ("persons", "links", "constraints")):
        return told | {"note": "the linkage unit's files are not here, so the link itself cannot be named"}
    persons = pq.read_table(folder / "persons.parquet", columns=["row_id", "person_id"])
    members = _members(persons, rows)
    told["persons"] = len(members)
    pairs = [(sorted(held), everybody) for held, everybody in members.values() if len(held) > 1]
    links, known = (pq.read_table(folder / f"{name}.parquet") for name in ("links", "constraints"))
    found = [linkage.weakest_link(held, everybody, links, known) for held, everybody in pairs]
    weakest = min((one for one in found if one), key=lambda one: one.probability, default=None)
    if weakest is not None:
        ends = {"left": weakest.left.hex(), "right": weakest.right.hex(), "between_probability": weakest.probability}
        told |= ends
    told |= _draws(run, [held for held, _ in pairs])
    bridge = _bridge(run, finding)
    return told | ({"without_it": bridge} if bridge else {})


def _members(persons: pa.Table, rows: Sequence[bytes]) -> dict[bytes, tuple[set[bytes], list[bytes]]]:
    """Return for each person of the rows: which of the rows, and all records."""
    held = persons.filter(pc.is_in(persons["row_id"], value_set=pa.array(sorted({r for r in rows if r}), ID)))
    whole = persons.filter(pc.is_in(persons["person_id"], value_set=held["person_id"].unique()))
    found: dict[bytes, tuple[set[bytes], list[bytes]]] = {}
    for row, person in zip(whole["row_id"].to_pylist(), whole["person_id"].to_pylist(), strict=True):
        found.setdefault(person, (set(), []))[1].append(row)
    for row, person in zip(held["row_id"].to_pylist(), held["person_id"].to_pylist(), strict=True):
        found[person][0].add(row)
    return found


def _draws(run: Finished, rows: Sequence[Sequence[bytes]]) -> dict[str, Any]:
    paths = [run.folder / f"linkage/{name}.parquet" for name in ("partitions", "alternatives")]
    if not rows or not all(path.is_file() for path in paths):
        return {}
    partitions, alternatives = map(pq.read_table, paths)
    apart = linkage.draws_apart(rows, partitions, alternatives)
    return {"draws_apart": apart, "draws": run.rules.findings.uncertainty.draws}


def _bridge(run: Finished, finding: Row) -> dict[str, Any] | None:
    """Return what is left of a flagged family without the one link that decides most."""
    path = run.folder / "analysis/bridged_families.parquet"
    if finding["kind"] != "high_demand_family" or not path.is_file():
        return None
    rows = [row for row in pq.read_table(path).to_pylist() if row["family_id"] == finding["subject_id"]]
    if not rows or rows[0]["partition_id"] is None:
        return None
    return {"probability": rows[0]["probability"], "peak": rows[0]["without"]}
