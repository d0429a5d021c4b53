"""A place's spend tables: each body's lines, read without a guess (X2).

What a spend table looks like stands in docs/how-to/count-spend.md. Faults name file, row and column, never a cell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from totalplace.config.column_names import columns_there, columns_told
from totalplace.config.counting import BodyRules
from totalplace.config.intake import IntakeRules
from totalplace.config.written import Written, read_written
from totalplace.errors import InputError, listed, near
from totalplace.intake.any_table import read_whole
from totalplace.intake.cells import clean
from totalplace.intake.spend_parts import INHERITED, inherit
from totalplace.intake.spend_shares import read_shares
from totalplace.tables import SPEND, SPEND_SHARES, Note

NEEDED = ("line", "amount_gbp")
NUMBERS = {"amount_gbp": ("pence", 100), "units": ("units", 1000), "per_unit_gbp": ("unit_pence", 100)}
STEPS = {"amount_rounded_to": "amount_gbp", "units_rounded_to": "units", "per_unit_rounded_to": "per_unit_gbp"}
COLUMNS = (*NEEDED, "parent", "name", *INHERITED, "themes", "units", "per_unit_gbp", *STEPS, "source")
CHOICES = {"tier": ("local", "regional", "national"), "control": ("local", "central", "arms_length")}
YEAR = re.compile(r"\d{4}(/\d{2})?")
Row = dict[str, Any]


@dataclass(frozen=True)
class Spend:
    """The lines of all spend tables.

    Args:
        lines: SPEND.
        shares: SPEND_SHARES; a line that it does not name serves no theme.
        names: code of a body or place to its name as the tables write it.
        notes: columns that were not used.
    """

    lines: pa.Table
    shares: pa.Table
    names: Mapping[str, str]
    notes: tuple[Note, ...]


def read_spend(paths: Sequence[Path], rules: IntakeRules, bodies: Mapping[str, BodyRules]) -> Spend:
    """Read spend tables: CSV or Excel, one for all bodies or one for each.

    Args:
        paths: the files, each with a name of its own.
        rules: how written files are read.
        bodies: code of a body to what its lines say where their cells, and those of the lines above, are empty.

    Raises:
        InputError: a file cannot be read, lacks a column, or holds a cell that is not what its column says.
    """
    names: dict[str, str] = {}
    rows, unused = [], []
    for path in sorted(paths, key=lambda path: path.name):
        found, others = _read_file(path, rules, names)
        rows += found
        unused += [Note("unused_columns", f"{path.name}: not used: {listed(others)}.")] if others else []
    inherit(rows, bodies)
    shares = [
        {"line": row["line"], "theme": theme, "weight": weight}
        for row in rows
        for theme, weight in sorted(row["shares"].items())
    ]
    lines = pa.Table.from_pylist(sorted(rows, key=lambda row: row["line"]), schema=SPEND.schema)
    kept = pa.Table.from_pylist(sorted(shares, key=lambda s: (s["line"], s["theme"])), schema=SPEND_SHARES.schema)
    return Spend(SPEND.check(lines, "read_spend"), SPEND_SHARES.check(kept, "read_spend"), names, tuple(unused))


def _read_file(path: Path, rules: IntakeRules, names: dict[str, str]) -> tuple[list[Row], list[str]]:
    raw = read_whole(path, rules)
    others = _check_columns(path.name, raw.table.column_names)
    rows: list[Row] = []
    lines: set[str] = set()
    for number, cells in zip(raw.rows.tolist(), raw.table.to_pylist(), strict=True):
        row = _line(_Cells(path, number, cells), names)
        if row["line"] in lines:
            cure = "Give each line of a file a code of its own."
            raise InputError("TP432", f"{path.name}, row {number}, column 'line'", "is the code of two lines", cure)
        lines.add(row["line"])
        rows.append(row)
    return rows, others


def _check_columns(name: str, there: Sequence[str]) -> list[str]:
    """Return the columns that are not ours; refuse one that looks like a misspelt one of ours."""
    for needed in NEEDED:
        if needed not in there:
            raise InputError(
                "TP431", f"{name}, column '{needed}'", "is missing", columns_there(there, needed, known=COLUMNS)
            )
    others = [column for column in there if column not in COLUMNS]
    for column in others:
        if meant := near(column, [known for known in COLUMNS if known not in there]):
            raise InputError("TP431", f"{name}, a column", "is called almost as one of ours", f"Rename it.{meant}")
    return columns_told(others, there, COLUMNS)


@dataclass(frozen=True)
class _Cells:
    """One row of a spend table, with where it stands for a refusal."""

    path: Path
    row: int
    cells: Mapping[str, str | None]

    def text(self, column: str) -> str:
        return clean(self.cells.get(column) or "") or ""

    def fault(self, column: str, what: str, cure: str) -> InputError:
        return InputError("TP433", f"{self.path.name}, row {self.row}, column '{column}'", what, cure)

    def read(self, column: str, reader: Callable[[str], Any], what: str, cure: str) -> Any:
        """Return what a reader makes of a cell, None of an empty one; refuse what it cannot read."""
        text = self.text(column)
        found = reader(text) if text else None
        if text and found is None:
            raise self.fault(column, what, cure)
        return found


def _line(cells: _Cells, names: dict[str, str]) -> Row:
    stem = _code(cells.path.stem)
    if not cells.text("line"):
        raise cells.fault("line", "is empty", "Give each line a code, such as 1.2.")
    choices = {name: cells.read(name, _chooser(known), *_wrong_choice(known)) for name, known in CHOICES.items()}
    year = cells.read("year", _year, "is not a year", "Write it as 2008/09 or 2008.")
    cure = "Write codes with weights of at most four decimals that sum to at most 1, such as: housing 0.6; crime 0.4"
    shares = cells.read("themes", read_shares, "is not a list of themes and weights", cure)
    coded = {name: _named(cells.text(name), names) for name in ("place", "agency")}
    parent = cells.text("parent")
    return {
        "line": f"{stem}/{cells.text('line')}",
        "parent": parent and (parent if "/" in parent else f"{stem}/{parent}") or None,
        "body": stem,
        "name": cells.text("name") or None,
        **coded,
        **choices,
        "year": year,
        "shares": shares,
        **_numbers(cells),
        "source": cells.text("source") or None,
        "file": cells.path.name,
        "source_row": cells.row,
    }


def _numbers(cells: _Cells) -> Row:
    """Return the amounts in pence and the units in thousandths, each with the step to which it was rounded."""
    row: Row = {}
    written = {name: _written(cells, name) for name in (*NUMBERS, *STEPS)}
    steps = {column: given.value for name, column in STEPS.items() if (given := written[name])}
    for column, (name, scale) in NUMBERS.items():
        found = written[column]
        row[name] = None if found is None else _whole(cells, column, found.value * scale)
        row[f"{name}_step"] = None if found is None else max(int(steps.get(column, found.step) * scale), 1)
    return row


def _written(cells: _Cells, column: str) -> Written | None:
    cure = "Write a number such as 14200, 14,200, 204.50 or 7.1bn; leave it empty where the amount is not known."
    reader = partial(read_written, counted=column == "units")
    found: Written | None = cells.read(column, reader, "is not a number", cure)
    return found


def _whole(cells: _Cells, column: str, value: Fraction) -> int:
    if value.denominator != 1 or abs(value) > 10**15:
        cure = (
            "Amounts are in pounds and pence, units have at most three decimals; nothing is over ten thousand billion."
        )
        raise cells.fault(column, "is finer or larger than a number here can be", cure)
    return int(value)


def _year(text: str) -> str | None:
    return text if YEAR.fullmatch(text) else None


def _chooser(known: Sequence[str]) -> Callable[[str], str | None]:
    def choose(text: str) -> str | None:
        code = _code(text.replace("'", "").replace("\u2019", ""))
        return code if code in known else None

    return choose


def _wrong_choice(known: Sequence[str]) -> tuple[str, str]:
    return "is not one of the words for it", f"Use {listed(known)}, or leave it empty."


def _code(text: str) -> str:
    """Return a text as a code: lower case, anything but letters and digits as one underscore."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _named(text: str, names: dict[str, str]) -> str | None:
    """Return the code of a body or place, and keep how it was first written as its name."""
    code = _code(text)
    if text and text != code:
        names.setdefault(code, text)
    return code or None
