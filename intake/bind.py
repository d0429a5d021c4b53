"""From an agency's columns to our names: `[extract.client]`, `[extract.contact]`, `[extract.relation]`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.agency import ExtractRules
from totalplace.config.column_names import are_column_names, columns_there
from totalplace.errors import ConfigError, InputError, listed, near
from totalplace.intake.cells import clean
from totalplace.intake.distinct import Coded, changed, coded, constant, joined
from totalplace.intake.encodings import TWICE, mend
from totalplace.intake.raw import RawFile

CLIENT_NAMES = (
    "key", "first_name", "middle_names", "surname", "former_surname", "full_name", "birth_date", "birth_year",
    "birth_month", "birth_day", "sex", "house_number", "flat", "street", "address", "town", "postcode", "uprn", "phone",
    "email", "family", "valid_from", "valid_to", "property_class", "protected", "record_date", "area", "exit_date",
    "exit_reason",
)  # fmt: skip
CONTACT_NAMES = (
    "key", "client", "type", "start", "start_time", "end", "completed", "due", "channel", "site", "area", "worker",
    "joint", "referral_to", "outcome", "statutory", "kind", "planned_return", "cost_key",
)  # fmt: skip
RELATION_NAMES = ("client_a", "client_b", "relation")
SECTIONS = {"client": CLIENT_NAMES, "contact": CONTACT_NAMES, "relation": RELATION_NAMES}
Columns = dict[str, Coded]


def check_bindings(extract: ExtractRules) -> None:
    """Refuse names that we do not know and bindings that cannot mean anything.

    Raises:
        ConfigError: with the key and a near name.
    """
    for section, known in SECTIONS.items():
        for name, binding in getattr(extract, section).items():
            where = f"extract '{extract.file}', key '{section}.{name}'"
            if name not in known and not (section == "client" and re.fullmatch("id_[a-z0-9_]+", name)):
                cure = near(name, known).strip() or f"Known names: {', '.join(known)}."
                raise ConfigError("TP322", where, "is none of our names", cure)
            if not _makes_sense(binding):
                cure = 'Give a column, a list of columns, or { constant = "x" }.'
                raise ConfigError("TP323", where, "is no column", cure)
    if extract.contact and not {"type", "start"} <= set(extract.contact):
        where = f"extract '{extract.file}', key 'contact'"
        raise ConfigError("TP324", where, "lacks type or start", "A contact needs both: name their columns.")
    if not any(getattr(extract, section) for section in SECTIONS):
        cure = "Say which of its columns is what under [extract.client], [extract.contact] or [extract.relation]."
        raise ConfigError("TP327", f"extract '{extract.file}'", "binds no column", cure)


def _makes_sense(binding: Any) -> bool:
    if isinstance(binding, dict):
        return set(binding) == {"constant"}
    named = isinstance(binding, str | list) and bool(binding)
    return named and all(isinstance(name, str) and name for name in _sources(binding))


def _sources(binding: Any) -> list[str]:
    """Return the source columns of a binding."""
    if isinstance(binding, dict):
        return []
    return [binding] if isinstance(binding, str) else list(binding)


def source_of(extract: ExtractRules, section: str, name: str) -> str:
    """Return the source columns of one of our names, for a message; "" for a constant."""
    return " + ".join(_sources(getattr(extract, section).get(name, {})))


def check_columns(raw: RawFile, extract: ExtractRules) -> None:
    """Refuse a file that lacks a bound column or holds it twice.

    Raises:
        InputError: listing the columns there are, unless the first row looks like somebody's values.
    """
    bound = [s for section in SECTIONS for b in getattr(extract, section).values() for s in _sources(b)]
    twice = [name for name in bound if name in raw.repeated]
    if twice:
        cure = "Ask for an extract in which each column has its own name."
        raise InputError("TP408", raw.name, f"has column '{twice[0]}' more than once", cure)
    nested = [name for name in bound if name in raw.unread]
    if nested:
        cure = "Ask for one plain value a cell, or bind another column."
        raise InputError("TP416", f"{raw.name}, column '{nested[0]}'", "holds lists, records or bytes", cure)
    names = raw.table.column_names
    missing = list(dict.fromkeys(name for name in bound if name not in names))
    if not missing:
        return
    if len(missing) == len(set(bound)) and not are_column_names(names):
        cure = (
            "None of the expected columns is there, and the first row does not look like a header: it must hold names."
        )
        raise InputError("TP405", f"{raw.name}, row 1", "is no header", cure)
    cure = columns_there(names, missing[0], 40, bound)
    raise InputError("TP409", raw.name, f"has no column {listed(repr(name) for name in missing)}", cure)


def bind(table: pa.Table, bindings: Mapping[str, Any], mended: Counter[str]) -> Columns:
    """Return our names as cleaned columns; `mended` counts rows per name whose text had been encoded twice."""
    return {name: _bound(table, binding, name, mended) for name, binding in bindings.items()}


def _bound(table: pa.Table, binding: Any, name: str, mended: Counter[str]) -> Coded:
    if isinstance(binding, dict):
        return constant(clean(str(binding["constant"])), table.num_rows)
    parts = [_cleaned(table[source], name, mended) for source in _sources(binding)]
    return parts[0] if len(parts) == 1 else joined(parts, lambda *cells: " ".join(filter(None, cells)) or None)


def _cleaned(column: pa.ChunkedArray, name: str, mended: Counter[str]) -> Coded:
    raw = coded(column)
    texts = pa.array(raw.values, pa.string())
    odd = np.flatnonzero(pc.match_substring_regex(texts, "[^ -~]").to_numpy(zero_copy_only=False))
    twice = [i for i in odd.tolist() if TWICE.search(raw.values[i]) and mend(raw.values[i]) != raw.values[i]]
    if twice:
        mended[name] += int(np.isin(raw.codes, twice).sum())
    if len(odd):
        return changed(raw, clean)
    # Plain text needs its outer blanks cut only, which Arrow does at once.
    trimmed = pc.ascii_trim_whitespace(texts)
    return changed(raw, clean) if pc.sum(pc.not_equal(trimmed, texts)).as_py() or "" in raw.values else raw
