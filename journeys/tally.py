"""One pass over facts: sums, distinct people and largest shares of every cell, in a compiled loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.compiled import kernel
from totalplace.journeys.sequence import whole
from totalplace.tables import Kernel

# A piece of tallied cells: -1 in a key = not cut by it, or the total. A row has either an agency that feeds the cell
# (value 0) or agency_no -1 and the numbers.
TALLY = pa.schema(
    [
        ("job_no", pa.int32()),
        ("chip_no", pa.int32()),
        ("quarter_no", pa.int32()),
        ("row_no", pa.int32()),
        ("column_no", pa.int32()),
        ("agency_no", pa.int32()),
        ("value", pa.int64()),
        ("people", pa.int64()),
        ("largest", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Job:
    """One table of CELLS by one kind of chip. Each name is a column of the facts; "" = none.

    Args:
        number: of the job.
        chip: number of the chip value; less than 0 = the fact is in no slice.
        row: number of the row; less than 0 = in the total only.
        column: number of the column.
        value: whole number; 0 = no fact.
        agency: the agency that feeds the cell: the job then lists agencies, and no numbers.
        quarters: also cut by quarter.
        total: also the total of each slice.
    """

    number: int
    chip: str
    row: str
    column: str
    value: str
    agency: str
    quarters: bool
    total: bool


@kernel
def _tally(person, chip, quarter, pair, value, n_quarters, n_pairs, quarters, total, sums, people, largest):  # type: ignore[no-untyped-def]
    """Add each fact to its cells; facts of one person stand together.

    A cell is (chip, quarter, pair), where the last quarter means the whole window and the last pair the total.
    """
    owner = np.full(len(sums), -1, np.int64)
    current = np.zeros(len(sums), np.int64)
    for i in range(len(person)):
        if value[i] == 0 or chip[i] < 0:
            continue
        for by_quarter in range(2 if quarters else 1):
            q = quarter[i] if by_quarter == 1 else n_quarters
            for whole_slice in range(2 if total else 1):
                p = n_pairs if whole_slice == 1 else pair[i]
                if p < 0:
                    continue
                cell = (chip[i] * (n_quarters + 1) + q) * (n_pairs + 1) + p
                if owner[cell] != person[i]:
                    owner[cell] = person[i]
                    current[cell] = 0
                    people[cell] += 1
                current[cell] += value[i]
                sums[cell] += value[i]
                if current[cell] > largest[cell]:
                    largest[cell] = current[cell]


@kernel
def _feed(agency, chip, quarter, pair, value, n_quarters, n_pairs, quarters, total, n_agencies, seen):  # type: ignore[no-untyped-def]
    """Mark which agencies feed each cell; cells as in `_tally`."""
    for i in range(len(agency)):
        if value[i] == 0 or chip[i] < 0:
            continue
        for by_quarter in range(2 if quarters else 1):
            q = quarter[i] if by_quarter == 1 else n_quarters
            for whole_slice in range(2 if total else 1):
                p = n_pairs if whole_slice == 1 else pair[i]
                if p >= 0:
                    cell = (chip[i] * (n_quarters + 1) + q) * (n_pairs + 1) + p
                    seen[cell * n_agencies + agency[i]] = True


def tally_kernel(jobs: tuple[Job, ...]) -> Kernel:
    """Return the kernel from facts, facts of one person together, to `TALLY`."""

    def kernel_(rows: pa.Table) -> pa.Table:
        if not rows.num_rows:
            return TALLY.empty_table()
        return pa.concat_tables([_one_job(rows, job) for job in jobs])

    return kernel_


def _one_job(rows: pa.Table, job: Job) -> pa.Table:
    none = np.full(rows.num_rows, -1, np.int32)
    chip = whole(rows, job.chip) if job.chip else np.zeros(rows.num_rows, np.int32)
    row, column = (whole(rows, name) if name else none for name in (job.row, job.column))
    value = whole(rows, job.value).astype(np.int64)
    quarter = whole(rows, "quarter_no")
    pairs, pair = _pairs(row.astype(np.int64), column.astype(np.int64))
    n_quarters, n_pairs = int(quarter.max()) + 1, len(pairs)
    cells = (int(chip.max(initial=0)) + 1) * (n_quarters + 1) * (n_pairs + 1)
    shape = (chip, quarter, pair, value, n_quarters, n_pairs, job.quarters, job.total)
    if job.agency:
        agency = whole(rows, job.agency)
        n_agencies = int(agency.max(initial=0)) + 1
        seen = np.zeros(cells * n_agencies, np.bool_)
        _feed(agency, *shape, n_agencies, seen)
        at = np.flatnonzero(seen)
        numbers = [np.zeros(len(at), np.int64)] * 3
        return _rows(job, at // n_agencies, at % n_agencies, numbers, n_quarters, pairs)
    made = [np.zeros(cells, np.int64) for _ in range(3)]
    _tally(whole(rows, "person_no"), *shape, *made)
    at = np.flatnonzero(made[1])
    return _rows(job, at, np.full(len(at), -1), [numbers[at] for numbers in made], n_quarters, pairs)


def _pairs(row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct (row, column) that occur, as (n, 2), and the place of each fact's; -1 = total only."""
    width = int(column.max(initial=-1)) + 2
    keys = row * width + (column + 1)
    low, high = int(keys.min()), int(keys.max())
    there = np.zeros(high - low + 1, np.bool_)
    there[keys - low] = True
    there[: max(-low, 0)] = False
    distinct = np.flatnonzero(there) + low
    place = np.full(len(there), -1, np.int64)
    place[distinct - low] = np.arange(len(distinct))
    return np.stack([distinct // width, distinct % width - 1], axis=1), place[keys - low]


def _rows(
    job: Job, cell: np.ndarray, agency: np.ndarray, numbers: list[np.ndarray], n_quarters: int, pairs: np.ndarray
) -> pa.Table:
    slice_, pair = np.divmod(cell, len(pairs) + 1)
    chip, quarter = np.divmod(slice_, n_quarters + 1)
    named = np.concatenate([pairs, [[-1, -1]]])[pair]
    quarter = np.where(quarter == n_quarters, -1, quarter)
    chip = chip if job.chip else np.full(len(cell), -1)
    keys = [np.full(len(cell), job.number), chip, quarter, named[:, 0], named[:, 1], agency]
    columns = [pa.array(key.astype(np.int32)) for key in keys] + [pa.array(number) for number in numbers]
    return pa.Table.from_arrays(columns, schema=TALLY)
