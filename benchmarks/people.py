"""A table of people met several times, with names of real shape: people.py RECORDS FILE.parquet

Six records of ten are first meetings; the others meet somebody again, some people often. Names and their frequencies
are those of the pretend place. Repeats carry typing slips, short forms, moves, new surnames, swapped names, wrong
days, and gaps. Equal numbers of records give equal bytes. Columns: unique_id, first_name, surname, dob, postcode,
sex, yob, person (the truth).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from totalplace.sample_data.names import load_names
from totalplace.sample_data.settings import load_settings
from totalplace.sample_data.spelling import at_random, short_form, typos

SEED = 1837
LETTERS = np.array(list("ABDEFGHJLNPQRSTUWXYZ"))
POSTCODES_A_TOWN = 15_000
PEOPLE_A_TOWN = 300_000
FIRST_DAY = np.datetime64("1932-01-01")
DAYS = 92 * 365


def postcodes(rng: np.random.Generator, towns: int) -> np.ndarray:
    """Return invented postcodes, each town's under letters of its own; a few lie over the border."""
    out = []
    for town in range(towns):
        area = "QZ"[town % 2] + LETTERS[town // 2 % 20]
        made: set[str] = set()
        while len(made) < POSTCODES_A_TOWN:
            a, b = LETTERS[rng.integers(0, 20, 2)]
            made.add(f"{area}{rng.integers(1, 29)} {rng.integers(1, 10)}{a}{b}")
        out += sorted(made)
    return np.array(out, object)


def skewed(count: int, exponent: float, offset: float) -> np.ndarray:
    """Return running shares of a Zipf-Mandelbrot distribution."""
    weights = 1.0 / (np.arange(1, count + 1) + offset) ** exponent
    return np.cumsum(weights / weights.sum())


def make_people(records: int) -> pa.Table:
    """Return the table."""
    rng, names = np.random.default_rng(SEED), load_names(load_settings())
    persons = max(1, int(records * 0.6))
    towns = max(1, persons // PEOPLE_A_TOWN)
    codes = postcodes(rng, towns)
    woman = rng.random(persons) < 0.51
    day = rng.integers(0, DAYS, persons)
    given = np.empty(persons, np.int32)
    for sex, bears in (("F", woman), ("M", ~woman)):
        eras = names.eras["english", sex]
        era = eras[np.searchsorted(eras, 1932 + day // 365, side="right").clip(1) - 1]
        for one in eras:
            some_of = np.flatnonzero(bears & (era == one))
            given[some_of] = names.given_pools["english", sex, int(one)].draw(rng, len(some_of))
    surname = names.surname_pools["english", "common"].draw(rng, persons)
    home = rng.integers(0, towns, persons) * POSTCODES_A_TOWN
    home = home + np.searchsorted(skewed(POSTCODES_A_TOWN, 0.35, 30), rng.random(persons))
    again = (persons * rng.random(records - persons) ** 1.6).astype(int)
    owner = np.concatenate([np.arange(persons), rng.permutation(persons)[again]])
    repeat = np.arange(records) >= persons

    def some(share: float) -> np.ndarray:
        return np.flatnonzero(repeat & (rng.random(records) < share))

    place = home[owner]
    moved = some(0.15)
    place[moved] = place[moved] // POSTCODES_A_TOWN * POSTCODES_A_TOWN + rng.integers(0, POSTCODES_A_TOWN, len(moved))
    married = some(0.03)
    last = surname[owner]
    last[married] = names.surname_pools["english", "common"].draw(rng, len(married))
    first_name, last_name = names.given[given[owner]].copy(), names.surnames[last].copy()
    postcode = codes[place]
    for column, share in ((first_name, 0.08), (last_name, 0.08), (postcode, 0.03)):
        at = some(share)
        column[at] = typos(rng, column[at], 1.0)
    short = some(0.04)
    first_name[short] = at_random(rng, first_name[short], 1.0, short_form)
    swapped = some(0.015)
    first_name[swapped], last_name[swapped] = last_name[swapped], first_name[swapped].copy()
    born = day[owner]
    slip = some(0.04)
    born[slip] = (born[slip] + rng.choice([-3650, -365, -30, -10, -1, 1, 10, 30, 365, 3650], len(slip))).clip(0, DAYS)
    miscoded = some(0.01)
    sex = woman[owner]
    sex[miscoded] = ~sex[miscoded]
    sex = np.where(sex, "F", "M").astype(object)
    dates = pa.array(FIRST_DAY + born)

    def gaps(share: float, often: float) -> np.ndarray:
        return rng.random(records) < np.where(repeat, often, share)

    columns = {
        "first_name": pa.array(first_name, pa.string(), mask=gaps(0.01, 0.04)),
        "surname": pa.array(last_name, pa.string(), mask=gaps(0.005, 0.02)),
        "postcode": pa.array(postcode, pa.string(), mask=gaps(0.02, 0.06)),
        "sex": pa.array(sex, pa.string(), mask=gaps(0.01, 0.02)),
    }
    unknown = pa.array(gaps(0.02, 0.04))
    years = pa.array((FIRST_DAY + born).astype("datetime64[Y]").astype(int) + 1970)
    empty = pa.nulls(records, dates.type), pa.nulls(records, years.type)
    order = pa.array(rng.permutation(records))
    table = pa.table(
        {
            **columns,
            "dob": pc.if_else(unknown, empty[0], dates),
            "yob": pc.if_else(unknown, empty[1], years),
            "person": pa.array(owner),
        }
    ).take(order)
    return table.add_column(0, "unique_id", pa.array([f"r{k}" for k in range(records)]))


if __name__ == "__main__":
    pq.write_table(make_people(int(sys.argv[1])), Path(sys.argv[2]))
