"""From facts to CELLS: one number for each slice of the data, and the people behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.journeys.names import Words
from totalplace.journeys.tally import Job, tally_kernel
from totalplace.tables import CELLS, Engine, Handle

CHIPS = ("all", "area", "agency", "theme")


@dataclass(frozen=True)
class View:
    """Facts of one table, seen for some slices; the table has person_no (person or family) and quarter_no.

    Args:
        table: where the facts stand; also with area_no, agency_no and theme_no as the slices ask for.
        row: column with the number of the row, less than 0 = total only; "" = no rows.
        column: column with the number of the column; "" = no columns.
        value: column with a whole number, in units of 1/`Facts.scale`; 0 = no fact.
    """

    table: Handle
    row: str = "row_no"
    column: str = ""
    value: str = "value"


@dataclass(frozen=True)
class Facts:
    """What one table of CELLS counts, before it is sliced.

    A fact stands once in `plain`; once for each of its agencies in `by_agency`; once for each of its themes in
    `by_theme`; once for each pair of them in `by_both`, which only serves to count agencies.

    Args:
        table: name in docs/architecture.md, Cells.
        unit: people or families.
        plain: for no chip and for areas.
        by_agency: for agencies.
        by_theme: for themes.
        by_both: to count the agencies of a theme.
        rows: name of each row number.
        columns: name of each column number.
        scale: units in one.
        quarters: also cut by quarter.
        total: also the total of each slice.
        chips: kinds of slice.
    """

    table: str
    unit: str
    plain: View
    by_agency: View
    by_theme: View
    by_both: View
    rows: Sequence[str]
    columns: Sequence[str] = ()
    scale: int = 1
    quarters: bool = True
    total: bool = True
    chips: Sequence[str] = CHIPS


def cells_of(all_facts: Sequence[Facts], words: Words, engine: Engine) -> pa.Table:
    """Return CELLS of several tables of facts: each alone, by area, agency and theme, and each of these by quarter.

    Facts that stand in one table are tallied in one pass over it.
    """
    handles: dict[int, Handle] = {}
    jobs: dict[int, list[Job]] = {}
    cuts = [(facts, chip) for facts in all_facts for chip in facts.chips]
    for number, (facts, chip) in enumerate(cuts):
        for view, agency in ((_view(facts, chip), ""), (_feeding(facts, chip), "agency_no")):
            handles[id(view.table)] = view.table
            chip_column = "" if chip == "all" else f"{chip}_no"
            cut = Job(number, chip_column, view.row, view.column, view.value, agency, facts.quarters, facts.total)
            jobs.setdefault(id(view.table), []).append(cut)
    pieces = [
        engine.map_partitions(tally_kernel(tuple(jobs[key])), handle, "person_no", ())
        for key, handle in handles.items()
    ]
    found = engine.fetch(_merged(pieces, engine))
    numbers = np.asarray(found["job_no"].to_numpy())
    return pa.concat_tables(
        [CELLS.empty()]
        + [_decoded(found.filter(pa.array(numbers == k)), facts, words, chip) for k, (facts, chip) in enumerate(cuts)]
    )


def _view(facts: Facts, chip: str) -> View:
    return {"agency": facts.by_agency, "theme": facts.by_theme}.get(chip, facts.plain)


def _feeding(facts: Facts, chip: str) -> View:
    return facts.by_both if chip == "theme" else facts.by_agency


_MERGED = """
WITH tallies AS ({union}),
cell AS (
  SELECT job_no, chip_no, quarter_no, row_no, column_no, CAST(SUM(value) AS BIGINT) AS value,
         CAST(SUM(people) AS BIGINT) AS people, MAX(largest) AS largest
  FROM tallies WHERE agency_no < 0 GROUP BY job_no, chip_no, quarter_no, row_no, column_no),
fed AS (
  SELECT job_no, chip_no, quarter_no, row_no, column_no, COUNT(DISTINCT agency_no) AS agencies
  FROM tallies WHERE agency_no >= 0 GROUP BY job_no, chip_no, quarter_no, row_no, column_no)
SELECT c.*, COALESCE(f.agencies, 0) AS agencies FROM cell c LEFT JOIN fed f
  ON f.job_no = c.job_no AND f.chip_no = c.chip_no AND f.quarter_no = c.quarter_no AND f.row_no = c.row_no
     AND f.column_no = c.column_no
ORDER BY c.job_no, c.chip_no, c.quarter_no, c.row_no, c.column_no
"""
_KEYS = ("chip_no", "quarter_no", "row_no", "column_no")


def _merged(pieces: Sequence[Handle], engine: Engine) -> Handle:
    """Return one row per cell: no person stands in two pieces, so people add up."""
    union = " UNION ALL ".join(f"SELECT * FROM t{k}" for k in range(len(pieces)))
    return engine.sql(_MERGED.format(union=union), **{f"t{k}": piece for k, piece in enumerate(pieces)})


def _decoded(found: pa.Table, facts: Facts, words: Words, chip: str) -> pa.Table:
    named = (words.lists.get(chip, []), words.lists["quarter"], facts.rows, facts.columns)
    texts = [_words(found[name], listed) for name, listed in zip(_KEYS, named, strict=True)]
    value, largest = (np.asarray(found[name].to_numpy(), np.float64) for name in ("value", "largest"))
    columns = [
        constant(facts.table, found.num_rows), constant(chip, found.num_rows), *texts,
        pa.array(np.round(value / facts.scale, 6)), constant(facts.unit, found.num_rows), found["people"],
        pa.array(np.round(np.divide(largest, value, out=np.zeros_like(value), where=value > 0), 9)),
        found["agencies"].cast(pa.int32()),
    ]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=CELLS.schema)


def _words(numbers: pa.ChunkedArray, words: Sequence[str]) -> pa.Array:
    """Return the word of each number; empty for -1."""
    places = pa.array(np.asarray(numbers.to_numpy(), np.int64) + 1)
    return pa.array(["", *words], pa.string()).take(places)


def constant(word: str, rows: int) -> pa.Array:
    """Return a text column that says the same in each row."""
    return pa.array(["", word], pa.string()).take(pa.array(np.ones(rows, np.int64)))


def heads(cells: pa.Table) -> pa.Table:
    """Return cells of the table `people` with the number of people as their value: each is one of them."""
    columns = {name: cells[name] for name in cells.column_names}
    people = np.asarray(cells["people"].to_numpy(), np.float64)
    itself = np.asarray(cells["table"].to_numpy(zero_copy_only=False)) == "people"
    value, share = (np.asarray(cells[name].to_numpy()) for name in ("value", "largest_share"))
    columns["value"] = pa.array(np.where(itself, people, value))
    columns["largest_share"] = pa.array(np.where(itself, np.round(1 / np.maximum(people, 1), 9), share))
    return pa.Table.from_arrays(list(columns.values()), schema=CELLS.schema)
