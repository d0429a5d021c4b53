"""Records as int32 codes: every column numbered by its sorted distinct values; work is done per value, never per row.

A column is named as in `model`: a field, a derivation of a field, or several joined by `+`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.arrow_columns import memory_of, numbers
from totalplace.config.column_names import columns_there, may_be_told
from totalplace.errors import ConfigError, InputError, listed
from totalplace.linkage import dates, fold
from totalplace.linkage.encoded import NULL, Column, Pool, Records, Spelling, joint_codes
from totalplace.linkage.model import Comparison, Field
from totalplace.linkage.readers import READERS, SHARED, coded_texts, sorted_codes
from totalplace.tables import AGENCY, EVENT_GROUP, ROW_ID, Engine


def sort_records(table: pa.Table) -> pa.Table:
    """Return the table in order of row_id, so that the order of the input cannot matter.

    Raises:
        InputError: a row_id is there twice or null.
    """
    ids = table[ROW_ID].combine_chunks()
    order = pc.sort_indices(ids.cast(pa.binary()))
    table = table.take(order)
    ids = table[ROW_ID].combine_chunks()
    if ids.null_count or (len(ids) > 1 and pc.any(pc.equal(ids[1:], ids[:-1])).as_py()):
        raise InputError(
            "TP461", "records, column 'row_id'", "a value is missing or there twice", "Give every record its own id."
        )
    return table


def encode(table: pa.Table, fields: Iterable[Field], spelling: Spelling, engine: Engine) -> Records:
    """Encode the fields of sorted records.

    Args:
        table: a row per record, with agency, in an order that the order of the input does not change.
        fields: what to encode; each becomes a column of its name.
        spelling: what counts as not told, and how days are written.
        engine: reads what shares no values side by side.

    Raises:
        ConfigError: a field names columns that the table does not have.
    """
    agencies, agency = sorted_codes(coded_texts(table[AGENCY].combine_chunks()))
    fields = tuple(fields)
    for field in fields:
        check_columns(table, field)

    def read(group: Sequence[Field]) -> dict[str, Column]:
        raw = {f.name: [table[name].combine_chunks() for name in f.columns] for f in group}
        return READERS[group[0].kind](raw, agency, spelling)

    columns: dict[str, Column] = {}
    for some in engine.map_slices(read, _sharing(fields)):
        columns |= some
    return Records(agency, tuple(agencies.to_pylist()), _same(table, agency), columns)


def _sharing(fields: Sequence[Field]) -> list[list[Field]]:
    """Return the fields, those together whose kind has one pool of values for all."""
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.kind if field.kind in SHARED else f"={field.name}", []).append(field)
    return list(groups.values())


def _same(table: pa.Table, agency: np.ndarray) -> np.ndarray:
    if EVENT_GROUP not in table.column_names:
        return np.full(table.num_rows, NULL, np.int32)
    _, group = sorted_codes(table[EVENT_GROUP].combine_chunks().cast(pa.binary()))
    return joint_codes([group, np.where(group < 0, NULL, agency).astype(np.int32)])


def check_columns(table: pa.Table, field: Field) -> None:
    """Refuse a field of whose columns the table lacks one.

    Raises:
        ConfigError: TP314.
    """
    missing = [name for name in field.columns if name not in table.column_names]
    if missing:
        have = [name for name in table.column_names if name not in (ROW_ID, AGENCY)]
        cure = columns_there(have, missing[0])
        what = f"column '{missing[0]}'" if may_be_told(missing[0]) else "one of its columns"
        raise ConfigError("TP314", f"model, field '{field.name}'", f"{what} is not in the records", cure)


def add_columns(records: Records, names: Iterable[str]) -> Records:
    """Return the records with derived and joined columns added where they are missing."""
    columns = dict(records.columns)
    for name in names:
        if name not in columns:
            columns[name] = _joined(columns, name) if "+" in name else _derived(columns, name)
    return Records(records.agency, records.agencies, records.same, columns)


def share_codes(records: Records, comparisons: Iterable[Comparison], engine: Engine) -> Records:
    """Return the records with what one comparison asks of one column on that column's codes, where it decides them.

    Splink asks a date for its text and for its seconds. All then hang on the same codes, and a pair reads them once.
    """
    columns = dict(records.columns)
    users = Counter(id(column.pool) for column in columns.values())
    for comparison in comparisons:
        asked = [t.left for level in comparison.levels for some in level.any_of for t in some]
        base = next((name for name in asked if columns[name].pool.text is not None), None)
        others = [n for n in dict.fromkeys(asked) if n != base and users[id(columns[n].pool)] == 1]
        if base is not None:
            shared = engine.map_slices(partial(_on_codes_of, columns[base]), [columns[name] for name in others])
            columns |= zip(others, shared, strict=True)
    return Records(records.agency, records.agencies, records.same, columns)


def _on_codes_of(base: Column, other: Column) -> Column:
    """Return the other column with the codes of the base, or as it is where the base's values do not tell its own."""
    decided = np.full(base.pool.size + 1, NULL, np.int32)
    decided[base.codes] = other.codes
    if (decided[base.codes] != other.codes).any() or ((base.codes < 0) != (other.codes < 0)).any():
        return other
    values = decided[:-1]
    if other.codes is base.codes or not len(values):
        return other
    if other.pool.numbers is not None and other.pool.text is None and other.pool.filters is None:
        return Column(base.codes, replace(other.pool, size=base.pool.size, numbers=other.pool.numbers[values]))
    one_to_one = base.pool.size == other.pool.size and len(np.unique(values)) == len(values) and values.min() >= 0
    if other.pool.text is not None and one_to_one:
        return Column(base.codes, replace(other.pool, text=other.pool.text.take(numbers(values))))
    return other


def _joined(columns: dict[str, Column], name: str) -> Column:
    for part in name.split("+"):
        if part not in columns:
            columns[part] = _derived(columns, part)
    codes = joint_codes([columns[part].codes for part in name.split("+")])
    return Column(codes, Pool(int(codes.max(initial=-1)) + 1))


def _derived(columns: dict[str, Column], name: str) -> Column:
    """Make a column such as `surname.soundex` or `birth_date.year` from its field's distinct values."""
    base, _, how = name.partition(".")
    known = [*fold.DERIVED, *dates.PARTS]
    if base not in columns or how not in known:
        raise ConfigError(
            "TP315",
            f"model, column '{name}'",
            "is no field and no derivation of one",
            f"Derivations: {listed(known, 30)}.",
        )
    source = columns[base]
    if how in dates.PARTS and source.pool.numbers is not None:
        keep, values = dates.PARTS[how](source.pool.numbers)
        distinct = np.unique(values[keep])
        new = np.where(keep, np.searchsorted(distinct, values), NULL).astype(np.int32)
        pool = Pool(len(distinct), numbers=distinct)
    elif how in fold.DERIVED and source.pool.text is not None:
        made = fold.DERIVED[how](source.pool.text)
        text = pc.unique(made).drop_null()
        text = text.take(pc.sort_indices(text))
        new = memory_of(pc.index_in(made, value_set=text), NULL)
        pool = Pool(len(text), text=text)
    else:
        raise ConfigError(
            "TP315", f"model, column '{name}'", f"a field of this kind has no '{how}'", "Choose another derivation."
        )
    return Column(np.append(new, np.int32(NULL))[source.codes], pool)
