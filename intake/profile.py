"""What a file holds before anybody relies on it: `totalplace check FILE`. Counts and shares only, never a value."""

from __future__ import annotations

import datetime as dt
import fnmatch
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from totalplace.config.agency import AgencyRules, ExtractRules
from totalplace.config.column_names import NO_HEADER, are_column_names
from totalplace.config.intake import IntakeRules
from totalplace.config.rules import Rules
from totalplace.errors import InputError
from totalplace.intake import identifiers, places
from totalplace.intake.bind import bind, check_bindings, check_columns
from totalplace.intake.dates import date_reader
from totalplace.intake.distinct import Coded, changed
from totalplace.intake.extract import read_file
from totalplace.intake.guess import date_forms, recognise
from totalplace.intake.raw import RawFile

DAYS = ("birth_date", "valid_from", "valid_to", "record_date", "exit_date", "start", "end", "completed", "due")


@dataclass(frozen=True)
class DayProfile:
    """What is wrong with the dates of a column.

    Args:
        unreadable: rows that are no date in the declared (or likeliest) form.
        default_days: rows on a day that systems fill in, such as 1900-01-01.
        new_year_share: share of readable rows on a 1 January; chance gives 0.003.
        batch_days: days that hold many times the rows of the median day.
        batch_rows: rows on those days.
        missing_months: months without a row between the first and the last; only for starts of contacts.
    """

    unreadable: int
    default_days: int
    new_year_share: float
    batch_days: int = 0
    batch_rows: int = 0
    missing_months: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnProfile:
    """One source column: `means` is our name for it (declared, or guessed where no agency file is given)."""

    name: str
    means: str
    missing: int
    missing_share: float
    distinct: int
    repeated_rows: int
    mended: int
    invalid: int
    days: DayProfile | None = None

    def problems(self) -> list[str]:
        """Return what is odd about the column, a line each."""
        found = [(self.invalid, "not valid"), (self.mended, "encoded twice, to be repaired")]
        if self.days is not None:
            found += [
                (self.days.unreadable, "no date in the form expected"),
                (self.days.default_days, "on a default date"),
                (self.days.batch_rows, f"entered in batches on {self.days.batch_days} days"),
                (len(self.days.missing_months), "months without any"),
            ]
        return [f"column '{self.name}': {count:,} {what}" for count, what in found if count]


@dataclass(frozen=True)
class ExtractProfile:
    """One file: how it was read, its rows and its columns."""

    file: str
    sha256: str
    encoding: str
    delimiter: str
    rows_in: int
    rows_unreadable: int
    unreadable_reasons: dict[str, int]
    blank_rows: int
    repeated_rows: int
    repeated_columns: tuple[str, ...]
    columns: tuple[ColumnProfile, ...]

    def headline(self) -> str:
        """Return one line: how the file was read and what it holds."""
        form = ", ".join(
            part for part in (self.encoding, f"delimiter {self.delimiter!r}" if self.delimiter else "") if part
        )
        return f"{self.file}: {self.rows_in:,} rows, {len(self.columns)} columns{f' ({form})' if form else ''}"

    def problems(self) -> list[str]:
        """Return what an analyst should look at, a line each; counts and column names only."""
        lines = [f"{count:,} rows unreadable: {reason}" for reason, count in self.unreadable_reasons.items()]
        lines += [f"column '{name}' stands more than once" for name in self.repeated_columns]
        if self.repeated_rows:
            lines.append(f"{self.repeated_rows:,} rows repeat another row exactly")
        return lines + [line for column in self.columns for line in column.problems()]

    def as_dict(self) -> dict[str, Any]:
        """Return the profile as plain values, for JSON."""
        return asdict(self)


def profile_extract(path: Path, agency: AgencyRules | None, rules: Rules) -> ExtractProfile:
    """Profile one file.

    Args:
        path: the file.
        agency: the rules of its agency; None = columns and date forms are guessed.
        rules: `[intake]`.

    Raises:
        InputError: the file cannot be read, has no header, or lacks a declared column.
    """
    extract = _extract_of(path, agency)
    raw = read_file(path, extract, rules.intake)
    if agency is not None:
        check_bindings(extract)
        check_columns(raw, extract)
    elif not are_column_names(raw.table.column_names):
        raise InputError("TP405", f"{path.name}, row 1", "is no header", NO_HEADER)
    columns = tuple(_column(raw, name, extract, agency is not None, rules) for name in raw.table.column_names)
    reasons = Counter(reason for _, _, reason in raw.refused)
    distinct = raw.table.group_by(raw.table.column_names).aggregate([]).num_rows if raw.table.num_rows else 0
    return ExtractProfile(
        raw.name, raw.sha256, raw.encoding, raw.delimiter, raw.rows_in, len(raw.refused), dict(sorted(reasons.items())),
        raw.blank_rows, raw.table.num_rows - distinct, raw.repeated, columns,
    )  # fmt: skip


def _extract_of(path: Path, agency: AgencyRules | None) -> ExtractRules:
    for extract in agency.extract if agency else []:
        if fnmatch.fnmatch(path.name, Path(extract.file).name):
            return extract
    if agency is not None:
        cure = f"Name it in an [[extract]] of agencies/{agency.agency.code}.toml."
        raise InputError("TP412", path.name, f"belongs to no extract of agency '{agency.agency.code}'", cure)
    return ExtractRules(file=path.name)


def _column(raw: RawFile, name: str, extract: ExtractRules, declared: bool, rules: Rules) -> ColumnProfile:
    mended: Counter[str] = Counter()
    column = bind(raw.table, {"c": name}, mended)["c"]
    means = _declared(name, extract) if declared else recognise(name, column, rules.intake)
    rows, present = len(column.codes), int(column.present.sum())
    short = means.partition(".")[2]
    forms = extract.date_format if declared else date_forms([column])
    days = _days(column, means, forms, rules.intake) if short in DAYS else None
    return ColumnProfile(
        name, means, rows - present, round((rows - present) / rows, 4) if rows else 0.0, len(column.values),
        present - len(column.values), mended["c"], _invalid(column, short, rules), days,
    )  # fmt: skip


def _declared(name: str, extract: ExtractRules) -> str:
    for section in ("client", "contact", "relation"):
        for ours, binding in getattr(extract, section).items():
            if name == binding or (isinstance(binding, list) and name in binding):
                return f"{section}.{ours}"
    return ""


def _invalid(column: Coded, means: str, rules: Rules) -> int:
    """Return the rows whose number or postcode cannot be real; pretend ones count unless the project is synthetic."""
    synthetic, numbers = rules.privacy.synthetic, rules.intake.identifiers
    readers: dict[str, Callable[[str], str | None]] = {
        "id_nhs": identifiers.nhs_number(numbers, synthetic),
        "id_nino": identifiers.nino(numbers, synthetic),
        "id_ssn": identifiers.ssn,
        "postcode": places.postcode(rules.intake.places, synthetic),
        "uprn": identifiers.uprn(numbers),
        "email": identifiers.email(numbers),
        "phone": identifiers.phone(numbers),
    }
    return int((column.present & ~changed(column, readers[means]).present).sum()) if means in readers else 0


def _days(column: Coded, means: str, forms: str | list[str], rules: IntakeRules) -> DayProfile:
    moments = changed(column, date_reader(forms, rules.dates.two_digit_pivot_year))
    day = changed(moments, lambda moment: moment[0])
    per_day = np.bincount(day.codes[day.present], minlength=len(day.values))
    counts = {value: int(n) for value, n in zip(day.values, per_day, strict=True) if n}
    readable = sum(counts.values())
    defaults = {dt.date.fromisoformat(text) for text in rules.dates.placeholders}
    new_year = sum(n for value, n in counts.items() if (value.month, value.day) == (1, 1))
    event = means.startswith("contact.")
    batches = _batches(counts, rules) if event else []
    return DayProfile(
        int((column.present & ~day.present).sum()),
        sum(n for value, n in counts.items() if value in defaults),
        round(new_year / readable, 4) if readable else 0.0,
        len(batches),
        sum(batches),
        _missing_months([value for value in counts if value not in defaults]) if means == "contact.start" else (),
    )


def _batches(counts: dict[dt.date, int], rules: IntakeRules) -> list[int]:
    if not counts:
        return []
    usual = float(np.median(list(counts.values())))
    return [n for n in counts.values() if n >= rules.min_batch_rows and n > rules.batch_day_ratio * usual]


def _missing_months(days: list[dt.date]) -> tuple[str, ...]:
    months = {day.year * 12 + day.month - 1 for day in days}
    gaps = sorted(set(range(min(months), max(months) + 1)) - months) if months else []
    return tuple(f"{month // 12}-{month % 12 + 1:02d}" for month in gaps)
