"""The project folder: totalplace.toml, the agencies' files of rules, and their extracts in the forms they send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.sample_data.extracts import Sheet, Sources
from totalplace.sample_data.files import Layout, write_delimited, write_parquet, write_workbook
from totalplace.sample_data.settings import Settings, read_text

PROJECT = """# A pretend place: nobody in it exists. Made by totalplace; the truth stands in truth/.
[project]
name = "{name}"
seed = {seed}

[privacy]
synthetic = true              # invented people: admits the pretend identifiers, and every output says "synthetic"

[report]
allow_analyst_edition = true  # harmless here

[findings.cohort.events.custody_release]     # whoever leaves prison
of = ["probation/Release from custody"]
reentry = ["police/ARREST"]
[findings.cohort.events.hospital_discharge]  # who meets them at home, and who is back
of = ["nhs_trust/Discharge"]
contacts = ["adult_care/*", "voluntary/*"]
reentry = ["nhs_trust/Emergency admission"]
[findings.cohort.events.leaving_care]        # days until a service for adults
of = ["childrens_services/Leaving care needs assessment"]
contacts = ["adult_care/*", "housing/*", "jobcentre/*", "mental_health/*"]

[findings.pathways.seen_after_discharge]
rule = "after"
of = ["nhs_trust/Discharge"]
other = ["adult_care/*", "voluntary/*"]
within_days = 14
[findings.pathways.means_asked_once]
rule = "at_most"
of = ["purpose:financial"]
most = 1
within_days = 90
"""


SCENARIOS = ("ask_once", "health_and_council", "one_door", "stop_advice")


@dataclass(frozen=True)
class Form:
    """The form in which an agency sends: text, workbook or parquet."""

    kind: str
    quoted: bool = False
    newline: str = "\n"
    by_year: bool = False


FORMS = {
    "housing": Form("text", newline="\r\n"),
    "childrens_services": Form("text", newline="\r\n"),
    "adult_care": Form("workbook"),
    "police": Form("text", by_year=True),
    "probation": Form("text", newline="\r\n"),
    "nhs_trust": Form("parquet"),
    "mental_health": Form("text", newline="\r\n"),
    "jobcentre": Form("text"),
    "schools": Form("text", quoted=True),
    "voluntary": Form("text", newline="\r\n"),
}


@dataclass(frozen=True)
class Placed:
    """Where a sheet's rows went: per row its file's place in `names` and its row number; the header is row 1."""

    names: tuple[str, ...]
    file: np.ndarray
    row: np.ndarray
    kept: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))


def layout_of(code: str) -> Form:
    """Return the form in which an agency sends."""
    return FORMS[code]


def write_project(
    settings: Settings, seed: int, folder: Path, replaced: Mapping[str, Mapping[str, str]], more: str = ""
) -> None:
    """Write totalplace.toml, ending in `more`, scenarios/, and agencies/<agency>.toml with `replaced` texts changed."""
    (folder / "agencies").mkdir(exist_ok=True)
    text = PROJECT.format(name=settings.place["project"]["name"], seed=seed) + more
    (folder / "totalplace.toml").write_bytes(text.encode())
    (folder / "scenarios").mkdir(exist_ok=True)
    for name in SCENARIOS:
        (folder / "scenarios" / f"{name}.toml").write_bytes(read_text(f"scenario_{name}.toml").encode())
    for code, template in settings.templates.items():
        for old, new in replaced[code].items():
            template = template.replace(old, new)
        (folder / "agencies" / f"{code}.toml").write_bytes(template.encode())


def write_sheets(
    settings: Settings, source: Sources, sheets: list[Sheet], folder: Path
) -> tuple[list[Placed], Mapping[str, str]]:
    """Write an agency's sheets; return where each row went, and what must change in its file of rules."""
    form = FORMS[source.code]
    if form.kind == "workbook":
        most = settings.place["files"]["max_excel_rows"]
        if max(len(sheet.table) for sheet in sheets) <= most:
            write_workbook([(s.rules.sheet, s.table) for s in sheets], folder / sheets[0].rules.file)
            return [_whole(s, s.rules.file) for s in sheets], {}
        return _as_text(sheets, folder)
    if form.kind == "parquet":
        for sheet in sheets:
            write_parquet(sheet.table, folder / sheet.rules.file)
        return [_whole(s, s.rules.file) for s in sheets], {}
    return [_write_text(source, sheet, form, folder) for sheet in sheets], {}


def _whole(sheet: Sheet, name: str) -> Placed:
    count = len(sheet.table)
    return Placed((name,), np.zeros(count, dtype=np.int64), np.arange(count) + 2)


def _as_text(sheets: list[Sheet], folder: Path) -> tuple[list[Placed], Mapping[str, str]]:
    """Write the workbook's sheets as CSV: Excel's rows end at 1,048,576, and typing ends long before."""
    placed, replaced = [], {}
    for sheet in sheets:
        stem = sheet.rules.file.rsplit(".", 1)[0]
        name = f"{stem}_{sheet.rules.sheet.lower()}.csv"
        write_delimited(_dates_as_text(sheet), folder / name, Layout("utf-8", ","))
        placed.append(_whole(sheet, name))
        replaced[f'file = "{sheet.rules.file}"\nsheet = "{sheet.rules.sheet}"'] = f'file = "{name}"'
    return placed, replaced


def _dates_as_text(sheet: Sheet) -> pa.Table:
    form = sheet.rules.date_format if isinstance(sheet.rules.date_format, str) else sheet.rules.date_format[0]
    columns = {
        name: pc.strftime(column.cast(pa.timestamp("s")), format=form) if pa.types.is_date(column.type) else column
        for name, column in zip(sheet.table.column_names, sheet.table.columns, strict=True)
    }
    return pa.table(columns)


def _write_text(source: Sources, sheet: Sheet, form: Form, folder: Path) -> Placed:
    layout = Layout(sheet.rules.encoding, sheet.rules.delimiter, form.quoted, form.newline)
    if not (form.by_year and "*" in sheet.rules.file):
        write_delimited(sheet.table, folder / sheet.rules.file, layout)
        return _whole(sheet, sheet.rules.file)
    year = 1970 + source.events.day[sheet.event].astype("datetime64[D]").astype("datetime64[Y]").astype(int)
    years = np.unique(year)
    row = np.zeros(len(year), dtype=np.int64)
    for number in years:
        mine = np.flatnonzero(year == number)
        row[mine] = np.arange(len(mine)) + 2
        write_delimited(sheet.table.take(pa.array(mine)), folder / sheet.rules.file.replace("*", str(number)), layout)
    names = tuple(sheet.rules.file.replace("*", str(number)) for number in years)
    return Placed(names, np.searchsorted(years, year), row)
