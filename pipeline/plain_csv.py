"""CSV of tables that hold nobody's record, or only of the one who asked: no spreadsheet takes a cell for a formula."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from totalplace.arrow_columns import text_scalar

QUOTE, EMPTY = text_scalar("'"), text_scalar("")
FORMULA = r"^[=+\-@\t\r]"


def write_plain_csv(table: pa.Table, path: Path) -> None:
    """Write a table whole or not at all, over whatever was there."""
    part = path.with_name(f".{path.name}.part")
    pyarrow.csv.write_csv(_without_formulas(table), part)
    part.replace(path)


def _without_formulas(table: pa.Table) -> pa.Table:
    """Put a quotation mark before texts that a spreadsheet would take for a formula and run."""
    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = table.column(at)
            marked = pc.binary_join_element_wise(QUOTE, texts, EMPTY)
            table = table.set_column(at, field, pc.if_else(pc.match_substring_regex(texts, FORMULA), marked, texts))
    return table
