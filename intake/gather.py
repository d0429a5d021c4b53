"""Reading every extract of an agency: which rows can be used as clients, contacts or ties, and which are refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from totalplace.config.agency import AgencyRules, ExtractRules
from totalplace.config.intake import IntakeRules
from totalplace.errors import InputError
from totalplace.intake.bind import RELATION_NAMES, Columns, bind, check_bindings, check_columns, source_of
from totalplace.intake.contacts import GIVEN_TYPES
from totalplace.intake.distinct import coded, kept, spread
from totalplace.intake.extract import find_files, read_file
from totalplace.intake.raw import RawFile
from totalplace.intake.split import CLIENT_TYPES, PEOPLE_ONLY, content_of
from totalplace.intake.standardise import (
    BAD_DATE,
    Issues,
    Spelling,
    spelling_of,
    standardise_clients,
    standardise_contacts,
    standardise_relations,
)
from totalplace.tables import REFUSED, TEXT, WHOLE, Note

IDENTIFYING = ("first_name", "surname", "former_surname", "birth_date", "email", "phone")
TIES = frozenset({"parent", "child", "partner", "sibling"})
CONTACT_EXTRAS = {"own": WHOLE, "content": TEXT, "extract": WHOLE, "source_row": WHOLE}


@dataclass(frozen=True)
class FileCount:
    """The account of one file in one extract: rows_in = rows_kept + rows_refused; re-sends are among those kept."""

    file: str
    sha256: str
    rows_in: int
    rows_kept: int
    rows_refused: int
    resends_dropped: int


@dataclass(frozen=True)
class Gathered:
    """What all extracts of an agency hold, standardised, before ids."""

    clients: pa.Table
    contacts: pa.Table
    relations: pa.Table
    refused: pa.Table
    files: tuple[FileCount, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class _Rows:
    """The rows of all files of one extract: text columns, and for each row its file and number."""

    files: list[RawFile]
    table: pa.Table
    file_of: np.ndarray
    numbers: np.ndarray


@dataclass(frozen=True)
class _Tally:
    """Counters that one extract's rows fill: issues by field and reason, cells mended, cells present by field."""

    issues: Issues = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    present: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Faults:
    """Why rows are refused: for each row the number of its fault, -1 = none; the first fault found stands."""

    of_row: np.ndarray
    kinds: list[tuple[str, str]] = field(default_factory=list)

    def mark(self, rows: np.ndarray, column: str, reason: str) -> None:
        """Refuse rows (a mask) for a reason."""
        self.kinds.append((column, reason))
        self.of_row[rows & (self.of_row < 0)] = len(self.kinds) - 1


def gather(agency: AgencyRules, folder: Path, rules: IntakeRules, synthetic: bool) -> Gathered:
    """Read all extracts of an agency; see `take_in`."""
    taken: list[Gathered] = []
    for number, extract in enumerate(agency.extract):
        check_bindings(extract)
        spelling = spelling_of(extract, rules, synthetic)
        offset = sum(part.clients.num_rows for part in taken)
        taken.append(
            _take_extract(_read(extract, folder, rules), extract, spelling, number, offset, agency.agency.code)
        )
    return Gathered(
        _stacked([part.clients for part in taken], {"key": TEXT, **CLIENT_TYPES, **PEOPLE_ONLY}),
        _stacked([part.contacts for part in taken], {**GIVEN_TYPES, **CONTACT_EXTRAS}),
        _stacked([part.relations for part in taken], dict.fromkeys(RELATION_NAMES, TEXT)),
        pa.concat_tables([REFUSED.empty(), *(part.refused for part in taken)]),
        tuple(count for part in taken for count in part.files),
        tuple(note for part in taken for note in part.notes),
    )


def _stacked(tables: list[pa.Table], types: dict[str, pa.DataType]) -> pa.Table:
    """Join tables whose columns differ; every column of `types` is there in the end."""
    empty = pa.schema(list(types.items())).empty_table()
    return pa.concat_tables([empty, *tables], promote_options="default").combine_chunks()


def _read(extract: ExtractRules, folder: Path, rules: IntakeRules) -> _Rows:
    files = [read_file(path, extract, rules) for path in find_files(folder, extract.file)]
    for raw in files:
        check_columns(raw, extract)
    table = pa.concat_tables([raw.table for raw in files], promote_options="default").combine_chunks()
    file_of = np.repeat(np.arange(len(files)), [raw.table.num_rows for raw in files])
    return _Rows(files, table, file_of, np.concatenate([raw.rows for raw in files]))


def _take_extract(
    rows: _Rows, extract: ExtractRules, spelling: Spelling, number: int, offset: int, code: str
) -> Gathered:
    """Standardise one extract, refuse what cannot be used, and part the rest into clients, contacts and ties."""
    tally, faults = _Tally(), _Faults(np.full(len(rows.numbers), -1))
    clients = _client_columns(rows, extract, spelling, tally)
    contacts = _contact_columns(rows, extract, spelling, tally, faults)
    relations = _relation_columns(rows, extract, spelling, tally, faults)
    named = _identified(clients, len(rows.numbers))
    if extract.client and not extract.contact:
        faults.mark(~named, "", "nothing that identifies the client")
    good = faults.of_row < 0
    first = good & _first_sent(rows, extract)
    counts = _counts(rows, good, first)
    _check_refused_share(rows, faults, counts, spelling.rules.max_refused_share)
    # A row whose contact cannot be used still says who the client is: without it other agencies' records lose a link.
    own = np.where(named, offset + np.cumsum(named) - 1, -1)
    return Gathered(
        _typed(clients, {**CLIENT_TYPES, **PEOPLE_ONLY, "key": TEXT}, named),
        _contact_rows(contacts, rows, first, own, number) if extract.contact else pa.table({}),
        _typed(relations, dict.fromkeys(RELATION_NAMES, TEXT), good),
        _refused_table(rows, faults),
        counts,
        tuple(_notes(code, extract, rows, tally, spelling.rules)),
    )


# -- columns


def _bind(rows: _Rows, extract: ExtractRules, section: str, tally: _Tally) -> Columns:
    mended: Counter[str] = Counter()
    columns = bind(rows.table, getattr(extract, section), mended)
    tally.mended.update({f"{section}.{name}": count for name, count in mended.items()})
    tally.present.update({f"{section}.{name}": int(column.present.sum()) for name, column in columns.items()})
    return columns


def _client_columns(rows: _Rows, extract: ExtractRules, spelling: Spelling, tally: _Tally) -> Columns:
    columns = _bind(rows, extract, "client", tally)
    issues: Issues = Counter()
    out = standardise_clients(columns, spelling, issues)
    tally.issues.update({(f"client.{name}", reason): count for (name, reason), count in issues.items()})
    return {**out, **({"key": columns["key"]} if "key" in columns else {})}


def _contact_columns(rows: _Rows, extract: ExtractRules, spelling: Spelling, tally: _Tally, faults: _Faults) -> Columns:
    if not extract.contact:
        return {}
    issues: Issues = Counter()
    columns = standardise_contacts(_bind(rows, extract, "contact", tally), spelling, issues)
    tally.issues.update({(f"contact.{name}", reason): count for (name, reason), count in issues.items()})
    faults.mark(~columns["start"].present, source_of(extract, "contact", "start"), "no readable start date")
    faults.mark(~columns["type"].present, source_of(extract, "contact", "type"), "no type of contact")
    return columns


def _relation_columns(
    rows: _Rows, extract: ExtractRules, spelling: Spelling, tally: _Tally, faults: _Faults
) -> Columns:
    if not extract.relation:
        return {}
    columns = standardise_relations(_bind(rows, extract, "relation", tally), spelling)
    if not extract.client and not extract.contact:
        for name in RELATION_NAMES:
            faults.mark(~columns[name].present, source_of(extract, "relation", name), f"no {name}")
        known = np.isin(columns["relation"].codes, [i for i, v in enumerate(columns["relation"].values) if v in TIES])
        faults.mark(~known, source_of(extract, "relation", "relation"), "not parent, child, partner or sibling")
    return columns


def _identified(columns: Columns, rows: int) -> np.ndarray:
    """Return which rows say who the client is: a key, a name, a birth date, a number."""
    named = np.zeros(rows, dtype=bool)
    for name, column in columns.items():
        if name == "key" or name in IDENTIFYING or name.startswith("id_"):
            named |= column.present
    return named


def _first_sent(rows: _Rows, extract: ExtractRules) -> np.ndarray:
    """Return which rows are not an exact repeat of an earlier row: repeats among contacts are re-sends."""
    if not extract.contact:
        return np.ones(len(rows.numbers), dtype=bool)
    content = coded(content_of(rows.table, rows.table.column_names))
    first = np.zeros(len(content.codes), dtype=bool)
    first[np.unique(content.codes, return_index=True)[1]] = True
    return first


def _typed(columns: Columns, types: dict[str, pa.DataType], rows: np.ndarray) -> pa.Table:
    """Return the given columns as Arrow, those rows only; text where no type is declared (id_*)."""
    at = np.flatnonzero(rows)
    return pa.table({name: spread(kept(column, at), types.get(name, TEXT)) for name, column in columns.items()})


def _contact_rows(columns: Columns, rows: _Rows, which: np.ndarray, own: np.ndarray, number: int) -> pa.Table:
    table = _typed(columns, GIVEN_TYPES, which)
    content = content_of(rows.table, rows.table.column_names).filter(pa.array(which))
    extras = {
        "own": pa.array(own[which]),
        "content": content,
        "extract": pa.array(np.full(int(which.sum()), number)),
        "source_row": pa.array(rows.numbers[which]),
    }
    return pa.table({**{name: table[name] for name in table.column_names}, **extras})


# -- accounts


def _counts(rows: _Rows, good: np.ndarray, first: np.ndarray) -> tuple[FileCount, ...]:
    counts = []
    for i, raw in enumerate(rows.files):
        mine = rows.file_of == i
        kept_rows = int((good & mine).sum())
        resends = int((good & ~first & mine).sum())
        counts.append(FileCount(raw.name, raw.sha256, raw.rows_in, kept_rows, raw.rows_in - kept_rows, resends))
    return tuple(counts)


def _refused_table(rows: _Rows, faults: _Faults) -> pa.Table:
    lines = [(raw.name, *refusal) for raw in rows.files for refusal in raw.refused]
    for at in np.flatnonzero(faults.of_row >= 0).tolist():
        lines.append((rows.files[rows.file_of[at]].name, int(rows.numbers[at]), *faults.kinds[faults.of_row[at]]))
    columns = zip(*lines, strict=True) if lines else ((), (), (), ())
    return pa.Table.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, REFUSED.schema, strict=True)], schema=REFUSED.schema
    )


def _check_refused_share(rows: _Rows, faults: _Faults, counts: tuple[FileCount, ...], most: float) -> None:
    """Stop at a file of which too much is refused: its form is misread.

    Raises:
        InputError: with the commonest reason.
    """
    for i, (raw, count) in enumerate(zip(rows.files, counts, strict=True)):
        if count.rows_refused <= most * count.rows_in:
            continue
        reasons = Counter((column, reason) for _, column, reason in raw.refused)
        reasons.update(faults.kinds[k] for k in faults.of_row[(rows.file_of == i) & (faults.of_row >= 0)].tolist())
        (column, reason), times = min(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
        where = f"{raw.name}, column '{column}'" if column else raw.name
        what = f"{count.rows_refused} of {count.rows_in} rows cannot be used; {times} because: {reason}"
        cure = "Correct the agency's file (date_format, columns), or raise intake.max_refused_share if this is right."
        raise InputError("TP410", where, what, cure)


def _notes(code: str, extract: ExtractRules, rows: _Rows, tally: _Tally, rules: IntakeRules) -> list[Note]:
    notes = []
    for raw in rows.files:
        if not raw.rows_in:
            notes.append(Note("no_rows", f"{code}: {raw.name} holds a header and no rows.", {"rows": 0}))
        if raw.blank_rows:
            text = f"{code}: {raw.name} holds {raw.blank_rows} blank rows; they are not counted as rows."
            notes.append(Note("blank_rows", text, {"rows": raw.blank_rows}))
    for name, count in sorted(tally.mended.items()):
        text = f"{code}: {extract.file}: {count} values of {name} had been encoded twice and were repaired."
        notes.append(Note("mended_encoding", text, {"rows": count}))
    for (name, reason), count in sorted(tally.issues.items()):
        # A field that is cut out of another column (a first name out of a whole one) has no number of its own.
        of = f" of {tally.present[name]}" if tally.present[name] else ""
        text = f"{code}: {extract.file}: {name}: {count}{of} values not used: {reason}."
        notes.append(Note("values_not_used", text, {"rows": count, "of": tally.present[name]}))
        if reason == BAD_DATE and count > rules.many_bad_share * tally.present[name]:
            text = f"{code}: {extract.file}: {name} is often not in the declared date_format: day or month first?"
            notes.append(Note("wrong_date_format", text, {"rows": count, "of": tally.present[name]}))
    return notes
