"""An outsider with the written tables, a solver and time: no small number of people can be narrowed down."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.optimize import linprog
from scipy.sparse import coo_array

KEYS = ("table", "chip", "chip_value", "quarter", "row", "column")
# One row of people, contacts by agency and interventions by agency, under every filter and quarter.
TABLES = ("people", "contacts", "interventions")
EVERY = 60
Key = tuple[str, ...]


def written(run: Path) -> dict[Key, tuple[float, float]]:
    """Return what `cells.csv` says of each number: `least, most`; a row that is not there is a zero."""
    with (run / "report" / "cells.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] in TABLES]
    return {tuple(row[key] for key in KEYS): interval(row["people_shown"]) for row in rows}


def interval(text: str) -> tuple[float, float]:
    if not text:
        return 1, np.inf
    shown = float(text)
    return max(10, shown - 2), shown + 2


def truth(run: Path) -> dict[Key, int]:
    rows = pq.read_table(run / "analysis" / "cells.parquet").to_pylist()
    return {tuple(row[key] for key in KEYS): row["people"] for row in rows if row["table"] in TABLES}


def wider(key: Key) -> list[Key]:
    """Return the numbers that hold this one: without its filter, its quarter or its row; and contacts hold all."""
    table, chip, value, quarter, row, column = key
    found = [(table, "all", "", quarter, row, column)] if value else []
    found += [(table, chip, value, "", row, column)] if quarter else []
    found += [(table, chip, value, quarter, "", column)] if row else []
    if table != "contacts":
        found.append(("contacts", chip, value, quarter, row, column))
    return [other for other in found if other != key]


def inequalities(known: dict[Key, tuple[float, float]], people: dict[Key, int]) -> list[dict[Key, int]]:
    """Return sums that are at most 0: part less whole; whole less all its parts where areas divide it."""
    sums = [{part: 1, whole: -1} for part in known for whole in wider(part) if whole in known]
    areas = sorted((key for key in known if key[1] == "area"), key=lambda key: (key[0], *key[3:]))
    for where, parts in itertools.groupby(areas, key=lambda key: (key[0], *key[3:])):
        whole, members = (where[0], "all", "", *where[1:]), list(parts)
        if whole in known and people[whole] == sum(people[part] for part in members):
            sums += [{whole: 1, **dict.fromkeys(members, -1)}, {whole: -1, **dict.fromkeys(members, 1)}]
    return sums


def narrowed(known: dict[Key, tuple[float, float]], people: dict[Key, int], small: list[Key]) -> list[Key]:
    """Return the small numbers whose bounds do not cover 1 to 9, by two linear programs over everything."""
    place = {key: at for at, key in enumerate(known)}
    sums = inequalities(known, people)
    entries = [(r, place[key], factor) for r, row in enumerate(sums) for key, factor in row.items()]
    rows, columns, factors = zip(*entries, strict=True)
    matrix = coo_array((np.array(factors, float), (rows, columns)), shape=(len(sums), len(known))).tocsr()
    assert (matrix @ np.array([people[key] for key in known]) <= 0).all()
    found = []
    for key in small:
        cost = np.zeros(len(known))
        cost[place[key]] = 1
        least = linprog(cost, matrix, np.zeros(len(sums)), bounds=list(known.values()))
        capped = [(low, min(high, 10_000)) for low, high in known.values()]
        most = linprog(-cost, matrix, np.zeros(len(sums)), bounds=capped)
        if least.fun > marks_under(key, people) + 1e-6 or -most.fun < 9 - 1e-6:
            found.append(key)
    return found


def test_no_small_number_follows_from_the_written_tables(demo: Path) -> None:
    known, people = written(demo), truth(demo)
    small = [key for key in known if 0 < people[key] < 10]
    assert len(small) > 1_000
    assert narrowed(known, people, small[::EVERY]) == []


def test_the_same_attack_succeeds_where_only_small_numbers_are_withheld() -> None:
    """10, 9, 40 of 59, shown as 10, withheld, 40 of 60: the second area has 4 to 14."""
    area = {("people", "area", f"a{at}", "", "", ""): people for at, people in enumerate((10, 9, 40))}
    people = area | {("people", "all", "", "", "", ""): 59}
    known = dict(zip(people, map(interval, ("10", "", "40", "60")), strict=True))
    small = ("people", "area", "a1", "", "", "")
    assert narrowed(known, people, [small]) == [small]


def marks_under(key: Key, people: dict[Key, int]) -> int:
    """Return how low a small number can look: 1, or as many as areas of it that are not zero."""
    areas = [k for k, p in people.items() if p and k[0] == key[0] and k[3:] == key[3:] and k[1] == "area"]
    return max(1, len(areas)) if key[1] == "all" else 1
