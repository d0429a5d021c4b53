"""More shapes of the open linkage sets: how offices write names, dates and codes, and what they leave out.

As in `variant_shapes.py`, each takes a table and a seeded generator. Fields that a set lacks are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import numpy as np
import pandas as pd

Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]
FIRST = ("given_name", "first_name", "fname_c1")
LAST = ("surname", "last_name", "lname_c1")
BIRTH = ("date_of_birth", "dob")
CODES = ("postcode", "zipcode", "postcode_fake", "mailing_address_zipcode")
STREETS = (("street_number", "street_name"), ("street_number", "address_1"),
           ("mailing_address_street_number", "mailing_address_street_name"))  # fmt: skip
TITLES = ("Mr ", "Mrs ", "Ms. ", "Miss ", "Dr ", "MR. ")
NICKNAMES = {
    "william": "bill", "robert": "bob", "elizabeth": "liz", "margaret": "peggy", "james": "jim", "john": "jack",
    "richard": "dick", "thomas": "tom", "michael": "mike", "katherine": "kate", "catherine": "cathy", "edward": "ted",
    "charles": "charlie", "henry": "harry", "joseph": "joe", "daniel": "dan", "matthew": "matt", "samuel": "sam",
    "benjamin": "ben", "alexander": "alex", "christopher": "chris", "anthony": "tony", "joshua": "josh",
    "thomasina": "tina", "nicholas": "nick", "jessica": "jess", "rebecca": "becky", "samantha": "sam", "mary": "molly",
    "george": "georgie", "david": "dave", "patricia": "pat", "susan": "sue", "jennifer": "jenny", "joanna": "jo",
    "timothy": "tim", "andrew": "andy", "stephen": "steve", "steven": "steve", "lachlan": "lachie", "emily": "em",
    "jacob": "jake", "zachary": "zac", "oliver": "ollie", "olivia": "liv", "georgia": "georgie", "mitchell": "mitch",
}  # fmt: skip
ACCENTS = str.maketrans({"a": "á", "e": "é", "i": "í", "o": "ö", "u": "ü", "A": "Á", "E": "É", "O": "Ö", "n": "ñ"})
OCR = {"1": "l", "l": "1", "0": "O", "O": "0", "o": "0", "5": "S", "S": "5", "8": "B", "B": "8", "i": "1", "I": "1"}


def _found(table: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    return next((n for n in names if n in table.columns), None)


def _some(table: pd.DataFrame, share: float, random: np.random.Generator) -> np.ndarray:
    return random.random(len(table)) < share


def _changed(column: pd.Series, rows: np.ndarray, change: Callable[[str], str]) -> pd.Series:
    text = column.astype("string")
    return text.where(~rows | text.isna().to_numpy(), text.fillna("").map(change))


def surname_comma(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with names in one column as SURNAME, Forename."""
    first, last = _found(table, FIRST), _found(table, LAST)
    if not first or not last:
        return table
    text = table[last].astype("string").fillna("").str.upper() + ", " + table[first].astype("string").fillna("")
    return table.drop(columns=[first, last]).assign(name=text.where(text != ", ", None))


def titles(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with a form of address before every second first name."""
    first = _found(table, FIRST)
    if not first:
        return table
    title = random.choice(TITLES, len(table))
    text = table[first].astype("string")
    return table.assign(**{first: text.where(~_some(table, 0.5, random), title + text)})


def american_dates(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with birth dates as 04/23/2009."""
    birth = _found(table, BIRTH)
    if not birth:
        return table
    read = pd.to_datetime(table[birth].astype("string"), errors="coerce", format="mixed")
    return table.assign(**{birth: read.dt.strftime("%m/%d/%Y")})


def accents(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with accents in a fifth of the names and another fifth in capitals."""
    for name in filter(None, (_found(table, FIRST), _found(table, LAST))):
        table[name] = _changed(table[name], _some(table, 0.2, random), lambda v: v.translate(ACCENTS))
        table[name] = _changed(table[name], _some(table, 0.2, random), str.upper)
    return table


def no_birth(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with two birth dates of five missing."""
    birth = _found(table, BIRTH)
    return table.assign(**{birth: table[birth].where(~_some(table, 0.4, random), None)}) if birth else table


def exchanged_names(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with first name and surname exchanged in one of ten records."""
    first, last = _found(table, FIRST), _found(table, LAST)
    if not first or not last:
        return table
    rows = _some(table, 0.1, random)
    return table.assign(**{first: table[first].mask(rows, table[last]), last: table[last].mask(rows, table[first])})


def nicknames(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with the short form of every third first name that has one."""
    first = _found(table, FIRST)
    if not first:
        return table
    short = _changed(table[first], _some(table, 0.33, random), lambda v: NICKNAMES.get(v.lower(), v))
    return table.assign(**{first: short})


def ocr(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with 1 and l, O and 0, 5 and S, 8 and B confused in three fields of twenty, dates among them."""

    def one(value: object) -> object:
        places = [k for k, c in enumerate(value) if c in OCR] if isinstance(value, str) else []
        if not places or random.random() > 0.15:
            return value
        k = int(random.choice(places))
        return value[:k] + OCR[value[k]] + value[k + 1 :]

    return table.apply(lambda c: c if c.name == "record_id" else c.map(one))


def dull_columns(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table under column names that say nothing, the same for one column of several tables."""
    names = [c for c in table.columns if c != "record_id"]
    return table.rename(columns={name: f"col{crc32(name.encode()) % 100_000}" for name in names})


def loose_codes(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with every second postal code in small letters, with a blank or point in it."""
    for name in [c for c in CODES if c in table.columns]:
        mark = str(random.choice([" ", ".", "-"]))
        rows = _some(table, 0.5, random)
        table[name] = _changed(table[name], rows, lambda v, mark=mark: f" {v[:-3]}{mark}{v[-3:]}".lower())
    return table


def house_in_street(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    """Return the table with the house number in front of the street, in one column."""
    for number, street in STREETS:
        if number in table.columns and street in table.columns:
            parts = table[number].astype("string").fillna(""), table[street].astype("string").fillna("")
            text = (parts[0] + " " + parts[1]).str.strip()
            table = table.drop(columns=[number]).assign(**{street: text.where(text != "", None)})
    return table


Tables = dict[str, pd.DataFrame]


def many_sources(tables: Tables, truth: pd.DataFrame, random: np.random.Generator) -> tuple[Tables, pd.DataFrame]:
    """Lay the records of one table out over eight sources at random."""
    if len(tables) > 1:
        return tables, truth
    ((_, table),) = tables.items()
    side = {i: f"s{k}" for i, k in zip(truth["record_id"].astype(str), random.integers(0, 8, len(truth)), strict=True)}
    at = table["record_id"].astype(str).map(side)
    return dict(list(table.groupby(at))), truth.assign(source=truth["record_id"].astype(str).map(side))


def poor_source(tables: Tables, truth: pd.DataFrame, random: np.random.Generator) -> tuple[Tables, pd.DataFrame]:
    """Lay the records out over three sources, of which the last has nothing but names and birth dates."""
    split, sides = many_sources(tables, truth, random)
    if len(tables) > 1:
        return tables, truth
    merged = {"s0": "a", "s1": "a", "s2": "a", "s3": "b", "s4": "b", "s5": "b", "s6": "c", "s7": "c"}
    out: dict[str, list[pd.DataFrame]] = {}
    for source, table in split.items():
        out.setdefault(merged[source], []).append(table)
    made = {source: pd.concat(parts) for source, parts in out.items()}
    known = {"record_id", *FIRST, *LAST, *BIRTH}
    made["c"] = made["c"].apply(lambda c: c if c.name in known else pd.Series(None, c.index, dtype=object))
    return made, sides.assign(source=sides["source"].map(merged))


CHANGES: dict[str, Change] = {
    "surname_comma": surname_comma, "titles": titles, "american_dates": american_dates, "accents": accents,
    "no_birth": no_birth, "exchanged_names": exchanged_names, "nicknames": nicknames, "ocr": ocr,
    "dull_columns": dull_columns, "loose_codes": loose_codes, "house_in_street": house_in_street,
}  # fmt: skip
LAYOUTS = {"many_sources": many_sources, "poor_source": poor_source}
