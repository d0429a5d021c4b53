"""How long a handoff takes and a way lasts: the middle number of days, where enough people stand behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from totalplace.config.findings import JourneyRules
from totalplace.journeys.cells import constant
from totalplace.journeys.duplicates.assessments import WEIGHT_UNIT
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.moves import HANDOFFS
from totalplace.journeys.names import Words
from totalplace.journeys.variants import Ways
from totalplace.tables import CELLS, Engine, Handle

Found = tuple[list[int], list[int], list[int], list[int]]  # row, column, median, people

_STEPS = """
SELECT from_service AS row_no, to_service AS column_no, person_no, DATEDIFF('day', from_date, to_date) AS days,
       CAST(FLOOR({unit} / pairs) AS BIGINT) AS weight
FROM steps WHERE move IN ({moves})
"""
_WAYS = """
SELECT l.way_no AS row_no, -1 AS column_no, w.person_no, DATEDIFF('day', MIN(c.start), MAX(c.start)) AS days,
       CAST(1 AS BIGINT) AS weight
FROM ways w JOIN listed l ON l.way = w.way JOIN journeys j ON j.journey_id = w.journey_id
JOIN contacts c ON c.contact_id = j.contact_id
GROUP BY l.way_no, w.person_no, w.journey_id
"""
_BEHIND = """
SELECT row_no, column_no, COUNT(DISTINCT person_no) AS people FROM facts GROUP BY row_no, column_no
HAVING COUNT(DISTINCT person_no) >= {least} ORDER BY row_no, column_no
"""
_DAYS = """
SELECT row_no, column_no, days, CAST(SUM(weight) AS BIGINT) AS weight FROM facts
GROUP BY row_no, column_no, days ORDER BY row_no, column_no, days
"""


def median_cells(journeys: Journeys, ways: Ways, words: Words, rules: JourneyRules, engine: Engine) -> pa.Table:
    """Return CELLS of `handoff_days` and `variant_days`, whole place only.

    Half of the handoffs (journeys) took at most so many days: the smallest number of days of which this is true.
    """
    steps = _STEPS.format(unit=WEIGHT_UNIT, moves=", ".join(str(move) for move in HANDOFFS))
    parts = {"ways": ways.ways, "listed": ways.listed, "journeys": journeys.journeys, "contacts": journeys.contacts}
    services, met = words.lists["service"], _met(ways, engine)
    handoffs = _medians(engine.sql(steps, steps=journeys.steps), rules, engine)
    lengths = _medians(engine.sql(_WAYS, **parts), rules, engine)
    return pa.concat_tables([
        _cells("handoff_days", handoffs, services, services, [2] * len(handoffs[0])),
        _cells("variant_days", lengths, ways.texts, (), [met[k] for k in lengths[0]]),
    ])  # fmt: skip


def _met(ways: Ways, engine: Engine) -> list[int]:
    """Return how many agencies each listed way meets."""
    numbers = np.asarray(engine.fetch(ways.met, ["way_no"])["way_no"].to_numpy(), np.int64)
    return [int(n) for n in np.bincount(numbers, minlength=len(ways.texts))]


def weighted_median(values: np.ndarray, weights: np.ndarray) -> int:
    """Return the smallest value at or under which half the weight lies; values rise, weights are whole."""
    reached = 2 * np.cumsum(weights)
    return int(values[np.searchsorted(reached, reached[-1] / 2)])


def _medians(facts: Handle, rules: JourneyRules, engine: Engine) -> Found:
    """Return row, column, median and people of each key with enough people."""
    behind = engine.fetch(engine.sql(_BEHIND.format(least=rules.min_median_people), facts=facts))
    told = engine.fetch(engine.sql(_DAYS, facts=facts))
    row, column, days, weight = (np.asarray(told[n].to_numpy(), np.int64) for n in told.column_names)
    width = int(column.max(initial=0)) + 2
    keys = row * width + column + 1
    rows, columns, people = (behind[name].to_pylist() for name in ("row_no", "column_no", "people"))
    wanted = [r * width + c + 1 for r, c in zip(rows, columns, strict=True)]
    spans = [slice(*np.searchsorted(keys, [key, key + 1])) for key in wanted]
    return rows, columns, [weighted_median(days[at], weight[at]) for at in spans], people


def _cells(table: str, found: Found, rows: Sequence[str], columns: Sequence[str], agencies: Sequence[int]) -> pa.Table:
    row, column, days, people = found
    n = len(row)
    made = [
        constant(table, n), constant("all", n), constant("", n), constant("", n),
        pa.array([rows[k] for k in row], pa.string()),
        pa.array([columns[k] if k >= 0 else "" for k in column], pa.string()),
        pa.array(days, pa.float64()), constant("people", n), pa.array(people, pa.int64()),
        pa.array([round(1 / k, 9) for k in people], pa.float64()), pa.array(agencies, pa.int32()),
    ]  # fmt: skip
    return pa.Table.from_arrays(made, schema=CELLS.schema)
