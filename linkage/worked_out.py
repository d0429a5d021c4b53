"""Fields that a model makes of columns by an expression of its own: worked out once per distinct value, by DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from totalplace.arrow_columns import numbers
from totalplace.errors import ConfigError, EngineError, listed
from totalplace.linkage.encode import check_columns
from totalplace.linkage.model import Field
from totalplace.tables import Engine

ROW = "__row"
PREFIX = "="  # of the columns that are added here: no file has such a name by chance


def worked_out(table: pa.Table, fields: Sequence[Field], engine: Engine) -> tuple[pa.Table, tuple[Field, ...]]:
    """Return the table with a column for every field that has an expression, and the fields reading those columns.

    Raises:
        ConfigError: TP314 a column is not there, TP344 an expression cannot be worked out.
    """
    asked = [field for field in fields if field.sql]
    for field in asked:
        _check(table, field)
    alone = sorted({field.columns[0] for field in asked if len(field.columns) == 1})
    coded = {name: _coded(table[name].combine_chunks()) for name in alone}
    made = engine.map_slices(lambda field: _worked_out(table, coded, field, engine), asked)
    names = [f"{PREFIX}{field.name}" for field in asked]
    table = pa.table(
        {**dict(zip(table.column_names, table.columns, strict=True)), **dict(zip(names, made, strict=True))}
    )
    return table, tuple(replace(f, columns=(f"{PREFIX}{f.name}",), sql="") if f.sql else f for f in fields)


def _check(table: pa.Table, field: Field) -> None:
    from totalplace.linkage.splink.sql import UnsupportedSQLError, check_expression

    try:
        check_expression(field.sql)
    except UnsupportedSQLError as error:
        raise ConfigError("TP344", _where(field), str(error), "Write an expression over the field's columns.") from None
    check_columns(table, field)


def _where(field: Field) -> str:
    return f"model, field '{field.name}', key 'sql'"


def _worked_out(table: pa.Table, coded: Mapping[str, pa.DictionaryArray], field: Field, engine: Engine) -> pa.Array:
    """Work an expression out: per distinct value of one column, per record of several, once of none."""
    try:
        if len(field.columns) == 1:
            return _of_values(coded[field.columns[0]], field, engine)
        if field.columns:
            return _ask(table.select(list(field.columns)), field, engine)
        return _of_nothing(table.num_rows, field, engine)
    except EngineError:
        what = "DuckDB cannot work it out on these columns"
        raise ConfigError("TP344", _where(field), what, _types(table, field)) from None


def _types(table: pa.Table, field: Field) -> str:
    kinds = listed([f"{name} ({_plain(table[name].type)})" for name in field.columns])
    return f"Check that the columns have the types that the model was made for: {kinds}."


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _of_values(coded: pa.DictionaryArray, field: Field, engine: Engine) -> pa.DictionaryArray:
    made = _ask(pa.table({field.columns[0]: coded.dictionary}), field, engine)
    return pa.DictionaryArray.from_arrays(coded.indices, made)


def _of_nothing(rows: int, field: Field, engine: Engine) -> pa.Array:
    one = _ask(pa.table({ROW: numbers(np.zeros(1, np.int64))}), field, engine)
    return one.take(numbers(np.zeros(rows, np.int32)))


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
