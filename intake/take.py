"""The door `take_in`: an agency's extracts become CLIENTS | CONTACTS, PEOPLE, RELATIONS; every row is accounted for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.agency import AgencyRules
from totalplace.config.rules import Rules
from totalplace.intake.contacts import contacts_table, milestones_table, unmapped_note
from totalplace.intake.dates import default_days
from totalplace.intake.distinct import changed, coded, spread
from totalplace.intake.gather import FileCount, gather
from totalplace.intake.people import people_table
from totalplace.intake.split import clients_table, look_up, relations_table
from totalplace.tables import CLIENTS, CONTACTS, DAY, ID, PEOPLE, REFUSED, RELATIONS, Engine, Handle, Note, Shape


@dataclass(frozen=True)
class Intake:
    """What one agency's extracts hold.

    Args:
        clients, contacts, people, relations, refused: tables of the shapes of these names.
        files: one per file and extract; rows in = rows kept + rows refused.
        notes: lines for the user.
        reference_date: day on which ages were counted, None if no day is known.
    """

    clients: Handle
    contacts: Handle
    people: Handle
    relations: Handle
    refused: Handle
    files: tuple[FileCount, ...]
    notes: tuple[Note, ...]
    reference_date: dt.date | None = None


def take_in(
    agency: AgencyRules, folder: Path, rules: Rules, row_key: bytes, engine: Engine, *, joint_key: bytes = b""
) -> Intake:
    """Read, standardise and split the extracts of one agency.

    Args:
        agency: its file in agencies/.
        folder: where its extracts lie.
        rules: `[intake]`, and `privacy.synthetic`, which admits pretend identifiers.
        row_key: the agency's own key: row ids, contact ids, workers.
        engine: holds the tables.
        joint_key: keys joint acts; all agencies of a place must use the same. b"" = a public constant, which hides
            nothing from who knows the acts' numbers, but lets two agencies meet without sharing a key.

    Raises:
        ConfigError: a binding, date form or file name that cannot mean anything.
        InputError: a file cannot be read, lacks a column, or more of it is refused than `intake.max_refused_share`.
    """
    gathered = gather(agency, folder, rules.intake, rules.privacy.synthetic)
    code = agency.agency.code
    clients, record_of, first = clients_table(gathered.clients, row_key, code)
    rows = _with_row_ids(gathered.contacts, clients["row_id"].combine_chunks(), record_of, first)
    contacts = contacts_table(rows, agency, row_key, joint_key)
    reference = _reference(agency, contacts, clients)
    births = clients["birth_date"].combine_chunks()
    clients, late = _without_late_births(clients, reference, rules.intake.dates.max_unborn_days)
    clients, peaks = _without_peaks(clients, rules)
    milestones = milestones_table(clients, contacts, rules.intake.milestones, row_key, code)
    people = people_table(clients, births, reference, rules.intake)
    notes = [*gathered.notes, *_client_notes(code, late, peaks), *_contact_notes(contacts, agency, rules)]
    return Intake(
        _hold(CLIENTS, clients.drop_columns(["area", "exit_date", "exit_reason"]), engine),
        _hold(CONTACTS, pa.concat_tables([contacts, milestones.cast(contacts.schema)]), engine),
        _hold(PEOPLE, people, engine),
        _hold(RELATIONS, relations_table(gathered.relations, first), engine),
        _hold(REFUSED, gathered.refused, engine),
        gathered.files,
        tuple(notes),
        reference,
    )


def _hold(shape: Shape, table: pa.Table, engine: Engine) -> Handle:
    checked = shape.check(table, "intake.take_in")
    return engine.hold(checked.sort_by([(name, "ascending") for name in shape.order]).combine_chunks())


def _with_row_ids(contacts: pa.Table, row_ids: pa.Array, record_of: np.ndarray, first: dict[str, bytes]) -> pa.Table:
    """Give each contact its client record: the one of its own row, else the first record of the client it names."""
    own = contacts["own"].to_numpy()
    records = np.where(own >= 0, record_of[np.maximum(own, 0)], -1) if len(record_of) else np.full(len(own), -1)
    of_row = row_ids.take(pa.array(records, pa.int64(), mask=records < 0))
    named = look_up(contacts["client"].combine_chunks(), first)
    return contacts.append_column("row_id", pc.coalesce(of_row, named).cast(ID))


def _reference(agency: AgencyRules, contacts: pa.Table, clients: pa.Table) -> dt.date | None:
    """Return the day on which ages are counted: as declared, else the latest contact, else the latest record."""
    if agency.agency.reference_date:
        return dt.date.fromisoformat(agency.agency.reference_date)
    return pc.max(contacts["start"]).as_py() or pc.max(clients["record_date"]).as_py()


def _without_late_births(clients: pa.Table, reference: dt.date | None, unborn_days: int) -> tuple[pa.Table, int]:
    if reference is None:
        return clients, 0
    last = reference + dt.timedelta(days=unborn_days)
    return _births(clients, lambda born: born if born <= last else None)


def _without_peaks(clients: pa.Table, rules: Rules) -> tuple[pa.Table, dict[dt.date, int]]:
    """Null births on a 1 January that improbably many records hold: systems fill that day in."""
    counts = {pair["values"]: pair["counts"] for pair in clients["birth_date"].drop_null().value_counts().to_pylist()}
    dates = rules.intake.dates
    peaks = default_days(counts, dates.min_peak_records, dates.max_peak_chance)
    return _births(clients, lambda born: None if born in peaks else born)[0], peaks


def _births(clients: pa.Table, function) -> tuple[pa.Table, int]:  # type: ignore[no-untyped-def]
    old = coded(clients["birth_date"])
    new = changed(old, function)
    at = clients.column_names.index("birth_date")
    return clients.set_column(at, "birth_date", spread(new, DAY)), int((old.present & ~new.present).sum())


def _client_notes(code: str, late: int, peaks: dict[dt.date, int]) -> list[Note]:
    notes = []
    if late:
        text = f"{code}: {late} birth dates lie after the extract and were set to null."
        notes.append(Note("late_births", text, {"records": late}))
    if peaks:
        years = ", ".join(str(day.year) for day in peaks)
        total = sum(peaks.values())
        text = (
            f"{code}: {total} birth dates on 1 January of {years} are far more than chance gives; they "
            "look like defaults and were set to null (the year still gives the age band)."
        )
        notes.append(Note("default_birth_dates", text, {"records": total, "years": len(peaks)}))
    return notes


def _contact_notes(contacts: pa.Table, agency: AgencyRules, rules: Rules) -> list[Note]:
    code, notes = agency.agency.code, []
    unmapped = (
        unmapped_note(contacts, code, rules.intake.reported_types, rules.privacy.floor_min_cell)
        if contacts.num_rows
        else None
    )
    if unmapped:
        notes.append(unmapped)
    orphans = contacts["row_id"].null_count
    if orphans:
        text = (
            f"{code}: {orphans} of {contacts.num_rows} contacts name no known client; they belong to nobody's journey."
        )
        notes.append(Note("contacts_without_client", text, {"contacts": orphans, "of": contacts.num_rows}))
    return notes
