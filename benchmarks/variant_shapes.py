"""Other shapes of the open linkage sets: the same people in columns split, joined, spelled or spoiled otherwise.

Every variant takes the tables of a set and its truth (record_id, source, entity_id) and returns both. All are seeded.
"""

from __future__ import annotations

import string
from collections.abc import Callable

import numpy as np
import pandas as pd
from written_shapes import CHANGES, LAYOUTS

Tables = dict[str, pd.DataFrame]
Variant = Callable[[Tables, pd.DataFrame, np.random.Generator], tuple[Tables, pd.DataFrame]]
FIRST = ("given_name", "first_name", "fname_c1")
LAST = ("surname", "last_name", "lname_c1")
BIRTH = ("date_of_birth", "dob")
ADDRESS = ("street_number", "address_1", "street_name", "address_2", "suburb", "city", "state", "postcode", "zipcode")
OTHER_NAMES = {
    "given_name": "Forename", "first_name": "Forename", "surname": "FamilyName", "last_name": "FamilyName",
    "date_of_birth": "DateOfBirth", "dob": "DateOfBirth", "street_number": "HouseNo", "address_1": "Road",
    "street_name": "Road", "suburb": "Town", "city": "Town", "postcode": "ZIP", "zipcode": "ZIP", "state": "County",
    "soc_sec_id": "NINO", "ssn": "NINO", "email": "EmailAddress", "sex": "Gender", "gender": "Gender",
}  # fmt: skip
MISREAD = {"O": "0", "I": "1", "S": "5", "B": "8", "L": "1", "E": "F", "M": "N", "G": "6", "C": "G", "U": "V", "H": "N"}


def _found(table: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    return next((n for n in names if n in table.columns), None)


def _per_table(change: Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]) -> Variant:
    def made(tables: Tables, truth: pd.DataFrame, random: np.random.Generator) -> tuple[Tables, pd.DataFrame]:
        return {name: change(table.copy(), random) for name, table in tables.items()}, truth

    return made


def _joined(parts: list[pd.Series]) -> pd.Series:
    text = pd.concat([p.astype("string").fillna("") for p in parts], axis=1).agg(" ".join, axis=1)
    text = text.str.replace(r"\s+", " ", regex=True).str.strip()
    return text.where(text != "", None)


def join_names(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with first name and surname in one column."""
    parts = [c for c in (_found(table, FIRST), _found(table, LAST)) if c]
    if len(parts) < 2:
        return table
    return table.drop(columns=parts).assign(name=_joined([table[p] for p in parts]))


def join_address(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with its address in one line."""
    parts = [c for c in ADDRESS if c in table.columns]
    return table.drop(columns=parts).assign(address=_joined([table[p] for p in parts])) if len(parts) > 1 else table


def _birth(table: pd.DataFrame) -> tuple[str | None, pd.Series]:
    column = _found(table, BIRTH)
    return column, pd.to_datetime(table[column].astype("string"), errors="coerce", format="mixed") if column else table


def split_dates(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with year, month and day of birth apart."""
    column, read = _birth(table)
    if column is None:
        return table
    apart = {f"birth_{part}": getattr(read.dt, part).astype("Int64").astype("string") for part in ("year", "month")}
    return table.drop(columns=[column]).assign(**apart, birth_day=read.dt.day.astype("Int64").astype("string"))


def other_dates(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with birth dates written as 3 Apr 2009."""
    column, read = _birth(table)
    return table if column is None else table.assign(**{column: read.dt.strftime("%d %b %Y")})


def swap_dates(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with day and month exchanged in one of ten records, where both can be a month."""
    column, read = _birth(table)
    if column is None:
        return table
    swap = (random.random(len(table)) < 0.1) & (read.dt.day <= 12)
    text = read.dt.strftime("%Y-%m-%d").where(~swap, read.dt.strftime("%Y-%d-%m"))
    return table.assign(**{column: text})


def upper_case(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table in capitals, as old systems keep it."""
    return table.apply(lambda c: c.astype("string").str.upper() if c.name != "record_id" else c)


def other_names(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table under other column names."""
    return table.rename(columns=OTHER_NAMES)


def misread(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with one misread letter in three of twenty fields, as optical recognition makes them."""

    def one(value: object) -> object:
        if not isinstance(value, str) or not value or random.random() > 0.15:
            return value
        k = int(random.integers(len(value)))
        new = MISREAD.get(value[k].upper()) or str(random.choice(list(string.ascii_lowercase)))
        return value[:k] + new.lower() + value[k + 1 :]

    skipped = {"record_id"} | {c for c in table if "date" in c or c in BIRTH}
    return table.apply(lambda c: c if c.name in skipped else c.map(one))


def no_identifier(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table without anything that names a person outright."""
    return table.drop(columns=[c for c in table if "ssn" in c or c in ("soc_sec_id", "email")])


def _kept(tables: Tables, truth: pd.DataFrame, keep: pd.Series) -> tuple[Tables, pd.DataFrame]:
    left = truth[keep.to_numpy()]
    ids = {s: set(g["record_id"].astype(str)) for s, g in left.groupby("source")}
    cut = {s: t[t["record_id"].astype(str).isin(ids.get(s, set()))] for s, t in tables.items()}
    return {s: t for s, t in cut.items() if len(t)}, left


def few_duplicates(tables: Tables, truth: pd.DataFrame, random: np.random.Generator) -> tuple[Tables, pd.DataFrame]:
    """Keep one record of nine persons in ten, and all of the tenth."""
    person = pd.factorize(truth["entity_id"])[0]
    alone = random.random(person.max() + 1) > 0.1
    order = random.permutation(len(truth))
    first = np.zeros(len(truth), bool)
    first[order[np.unique(person[order], return_index=True)[1]]] = True
    return _kept(tables, truth, pd.Series(first | ~alone[person]))


def household_number(tables: Tables, truth: pd.DataFrame, random: np.random.Generator) -> tuple[Tables, pd.DataFrame]:
    """Add a property number (UPRN) that the three or so persons of one dwelling share."""
    person = pd.factorize(truth["entity_id"])[0]
    dwelling = random.integers(0, person.max() // 3 + 1, person.max() + 1)[person] + 100_000_000_000
    number = dict(zip(zip(truth["source"], truth["record_id"].astype(str), strict=True), dwelling, strict=True))
    made = {s: t.assign(uprn=[str(number[s, i]) for i in t["record_id"].astype(str)]) for s, t in tables.items()}
    return made, truth


def two_sources(tables: Tables, truth: pd.DataFrame, random: np.random.Generator) -> tuple[Tables, pd.DataFrame]:
    """Lay one table out as two sources in which no person stands twice."""
    if len(tables) > 1:
        return tables, truth
    name, table = next(iter(tables.items()))
    order = truth.sample(frac=1, random_state=int(random.integers(2**31)))
    turn = order.groupby("entity_id").cumcount().reindex(truth.index)
    coin = random.integers(0, 2, len(truth))
    person = pd.factorize(truth["entity_id"])[0]
    side = pd.Series(np.where((turn + coin[person]) % 2 == 0, "a", "b"), truth.index)
    left = truth.assign(source=side)[turn < 2]
    both = {s: table[table["record_id"].isin(set(g["record_id"]))] for s, g in left.groupby("source")}
    return both, left


VARIANTS: dict[str, Variant] = {
    "as_is": _per_table(lambda table, random: table),
    "join_names": _per_table(join_names),
    "join_address": _per_table(join_address),
    "split_dates": _per_table(split_dates),
    "other_dates": _per_table(other_dates),
    "swap_dates": _per_table(swap_dates),
    "upper_case": _per_table(upper_case),
    "other_names": _per_table(other_names),
    "misread": _per_table(misread),
    "no_identifier": _per_table(no_identifier),
    "few_duplicates": few_duplicates,
    "household_number": household_number,
    "two_sources": two_sources,
    **{name: _per_table(change) for name, change in CHANGES.items()},
    **LAYOUTS,
}
