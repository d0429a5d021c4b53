"""CSV of tables that hold nobody's record, or only of the one who asked: no spreadsheet takes a cell for a formula."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from totalplace.arrow_columns import first_letters, text_scalar, texts

QUOTE, EMPTY = text_scalar("'"), text_scalar("")
FORMULA = b"=+-@\t\r"


def write_plain_csv(table: pa.Table, path: Path) -> None:
    """Write a table whole or not at all, over whatever was there."""
    part = path.with_name(f".{path.name}.part")
    pyarrow.csv.write_csv(_without_formulas(table), part)
    part.replace(path)


def _without_formulas(table: pa.Table) -> pa.Table:
    """Put a quotation mark before texts that a spreadsheet would take for a formula and run."""
    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type) and any(map(_may_be_formula, table.column(at).chunks)):
            table = table.set_column(at, field, _marked(table.column(at)))
    return table


def _may_be_formula(column: pa.Array) -> bool:
    """Tell whether a text begins as a formula does; Arrow's functions are loaded only for a table that needs them."""
    return bool(np.isin(first_letters(column), list(FORMULA)).any())


def _marked(column: pa.ChunkedArray) -> pa.ChunkedArray:
    from pyarrow import compute

    starts = texts(chr(letter) for letter in FORMULA)
    begins = compute.is_in(compute.utf8_slice_codeunits(column, 0, 1), starts)
    return compute.if_else(begins, compute.binary_join_element_wise(QUOTE, column, EMPTY), column)
