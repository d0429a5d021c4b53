"""Fields that a model makes of columns by an expression of its own: worked out once per distinct value, by DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from totalplace.arrow_columns import numbers
from totalplace.errors import ConfigError, EngineError, listed, near
from totalplace.linkage.model import Field
from totalplace.tables import AGENCY, ROW_ID, Engine

ROW = "__row"
PREFIX = "="  # of the columns that are added here: no file has such a name by chance


def worked_out(table: pa.Table, fields: Sequence[Field], engine: Engine) -> tuple[pa.Table, tuple[Field, ...]]:
    """Return the table with a column for every field that has an expression, and the fields reading those columns.

    Raises:
        ConfigError: TP314 a column is not there, TP344 an expression cannot be worked out.
    """
    out = []
    for field in fields:
        if field.sql:
            column = _worked_out(table, field, engine)
            name = f"{PREFIX}{field.name}"
            table = table.append_column(name, column)
            field = replace(field, columns=(name,), sql="")
        out.append(field)
    return table, tuple(out)


def _worked_out(table: pa.Table, field: Field, engine: Engine) -> pa.Array:
    from totalplace.linkage.splink.sql import UnsupportedSQLError, check_expression

    where = f"model, field '{field.name}', key 'sql'"
    try:
        check_expression(field.sql)
    except UnsupportedSQLError as error:
        raise ConfigError("TP344", where, str(error), "Write an expression over the field's columns.") from None
    missing = [name for name in field.columns if name not in table.column_names]
    if missing:
        have = [name for name in table.column_names if name not in (ROW_ID, AGENCY)]
        cure = f"{near(missing[0], have)} Columns: {listed(have)}.".strip()
        raise ConfigError("TP314", f"model, field '{field.name}'", f"column '{missing[0]}' is not in the records", cure)
    try:
        return _values(table, field, engine)
    except EngineError:
        raise ConfigError("TP344", where, "DuckDB cannot work it out on these columns", _types(table, field)) from None


def _types(table: pa.Table, field: Field) -> str:
    kinds = listed([f"{name} ({_plain(table[name].type)})" for name in field.columns])
    return f"Check that the columns have the types that the model was made for: {kinds}."


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _values(table: pa.Table, field: Field, engine: Engine) -> pa.Array:
    """Work the expression out: per distinct value of one column, per record of several, once of none."""
    if len(field.columns) == 1:
        coded = _coded(table[field.columns[0]].combine_chunks())
        made = _ask(pa.table({field.columns[0]: coded.dictionary}), field, engine)
        return pa.DictionaryArray.from_arrays(coded.indices, made)
    if field.columns:
        return _ask(table.select(list(field.columns)), field, engine)
    return _ask(pa.table({ROW: numbers(np.zeros(1, np.int64))}), field, engine).take(
        numbers(np.zeros(table.num_rows, np.int32))
    )


def _coded(values: pa.Array) -> pa.DictionaryArray:
    """Return distinct values and codes; a null is a value of its own, of which an expression may make something."""
    if pa.types.is_dictionary(values.type):
        if not values.null_count:
            return values
        values = values.cast(values.type.value_type)
    return values.dictionary_encode(null_encoding="encode")


def _ask(rows: pa.Table, field: Field, engine: Engine) -> pa.Array:
    numbered = rows.append_column(ROW, numbers(np.arange(rows.num_rows))) if ROW not in rows.column_names else rows
    text = f'SELECT {field.sql} AS made FROM source ORDER BY "{ROW}"'
    made = engine.fetch(engine.sql(text, source=engine.hold(numbered)))["made"].combine_chunks()
    return made.cast(pa.string()) if pa.types.is_large_string(made.type) else made
