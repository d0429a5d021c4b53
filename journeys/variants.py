"""Ways through the agencies: each journey as the agencies it met, in order, repeats of the same ones told once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.compiled import kernel
from totalplace.config.findings import JourneyRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.names import Words
from totalplace.journeys.sequence import run_starts, whole
from totalplace.tables import ID, Engine, Handle, Kernel

STEP, TOGETHER, CUT = " > ", "+", "..."
_WAYS = pa.schema([("journey_id", ID), ("person_no", pa.int32()), ("way", pa.int64())])


@kernel
def _mix(value, item):  # type: ignore[no-untyped-def]
    """Return a 64-bit number for a sequence that goes on with `item` (splitmix64's finaliser)."""
    z = np.uint64(value) * np.uint64(31) + np.uint64(item) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel
def _ways(starts, block, agency, max_steps, ways):  # type: ignore[no-untyped-def]
    """Fill one number per journey; contacts of a block are sorted by agency."""
    for j in range(len(starts) - 1):
        way = np.uint64(0)
        before = np.uint64(0)
        steps = 0
        i = starts[j]
        while i < starts[j + 1] and steps <= max_steps:
            met = _mix(np.uint64(1), np.uint64(agency[i]))
            k = i + 1
            while k < starts[j + 1] and block[k] == block[i]:
                if agency[k] != agency[k - 1]:
                    met = _mix(met, np.uint64(agency[k]))
                k += 1
            if i == starts[j] or met != before:
                steps += 1
                way = _mix(way, met if steps <= max_steps else np.uint64(0))
            before = met
            i = k
        ways[j] = np.int64(way)


def _ways_kernel(max_steps: int) -> Kernel:
    def kernel_(rows: pa.Table) -> pa.Table:
        starts = run_starts(rows["journey_id"].combine_chunks())
        ways = np.zeros(len(starts), np.int64)
        block, agency = whole(rows, "block"), whole(rows, "agency_no")
        _ways(np.append(starts, rows.num_rows), block, agency, max_steps, ways)
        at = pa.array(starts)
        return pa.table([rows["journey_id"].take(at), rows["person_no"].take(at), pa.array(ways)], schema=_WAYS)

    return kernel_


_ROWS = """
SELECT j.journey_id, p.person_no, j.block, a.value_no AS agency_no
FROM journeys j JOIN contacts c ON c.contact_id = j.contact_id JOIN people p ON p.person_id = j.person_id
JOIN agencies a ON a.value = c.agency
"""


@dataclass(frozen=True)
class Ways:
    """The way of every journey, and the most travelled ones.

    Args:
        ways: journey_id, person_no, way.
        listed: way, way_no of the most travelled.
        texts: text of each listed way, by way_no.
        met: way_no, agency_no: whom a listed way meets.
    """

    ways: Handle
    listed: Handle
    texts: list[str]
    met: Handle


def find_ways(journeys: Journeys, words: Words, rules: JourneyRules, engine: Engine) -> Ways:
    """Return every journey's way through the agencies."""
    people, agencies = journeys.people, words.tables["agency"]
    parts = {"journeys": journeys.journeys, "contacts": journeys.contacts, "people": people, "agencies": agencies}
    rows = engine.sql(_ROWS, **parts)
    kernel_ = _ways_kernel(rules.max_variant_steps)
    ways = engine.map_partitions(kernel_, rows, "journey_id", ("block", "agency_no"))
    return Ways(ways, *_listed(ways, rows, words, rules, engine))


def variant_facts(journeys: Journeys, words: Words, found: Ways, engine: Engine) -> Facts:
    """Return the facts of `variants`: the most travelled ways of the whole place, counted in each slice."""
    views = _views(journeys, words, found.ways, found.listed, found.met, engine)
    plain, tagged, themed, both = (View(view) for view in views)
    return Facts("variants", "people", plain, tagged, themed, both, found.texts, quarters=False)


def _listed(
    ways: Handle, rows: Handle, words: Words, rules: JourneyRules, engine: Engine
) -> tuple[Handle, list[str], Handle]:
    """Return the ways listed (way, way_no), their texts, and which agencies each meets (way_no, agency_no)."""
    text = f"""
    SELECT way, COUNT(*) AS n, MIN(journey_id) AS example FROM ways GROUP BY way
    ORDER BY n DESC, example LIMIT {rules.max_variants}
    """
    top = engine.fetch(engine.sql(text, ways=ways))
    numbered = top.append_column("way_no", pa.array(range(top.num_rows), pa.int32()))
    examples = engine.sql(
        """SELECT DISTINCT t.way_no, r.block, r.agency_no FROM rows r JOIN top t ON r.journey_id = t.example
           ORDER BY t.way_no, r.block, r.agency_no""",
        rows=rows,
        top=engine.hold(numbered),
    )
    blocks: dict[int, dict[int, list[int]]] = {}
    for row in engine.fetch(examples).to_pylist():
        blocks.setdefault(row["way_no"], {}).setdefault(row["block"], []).append(row["agency_no"])
    paths = [_collapsed(list(blocks[k].values()), rules.max_variant_steps) for k in range(top.num_rows)]
    pairs = sorted({(k, a) for k, (path, _) in enumerate(paths) for step in path for a in step})
    met = {
        "way_no": pa.array([k for k, _ in pairs], pa.int32()),
        "agency_no": pa.array([a for _, a in pairs], pa.int32()),
    }
    return engine.hold(numbered), [_text(*path, words.lists["agency"]) for path in paths], engine.hold(pa.table(met))


def _collapsed(blocks: list[list[int]], max_steps: int) -> tuple[list[list[int]], bool]:
    """Return the steps of a way without immediate repeats, at most `max_steps`, and whether it was cut."""
    steps = [b for k, b in enumerate(blocks) if k == 0 or b != blocks[k - 1]]
    return steps[:max_steps], len(steps) > max_steps


def _text(steps: list[list[int]], cut: bool, agencies: list[str]) -> str:
    words = [TOGETHER.join(agencies[a] for a in step) for step in steps]
    return STEP.join([*words, CUT] if cut else words)


_FACTS = """
SELECT w.person_no, a.value_no AS area_no, 0 AS quarter_no, COALESCE(l.way_no, -1) AS row_no,
       COUNT(*) AS value
FROM ways w JOIN people p ON p.person_no = w.person_no JOIN areas a ON a.value = p.area
LEFT JOIN listed l ON l.way = w.way
GROUP BY w.person_no, a.value_no, COALESCE(l.way_no, -1)
"""
# Only the ways that are listed: a theme's or an agency's total over all ways would cost a pass over every contact.
_THEMED = """
SELECT w.person_no, 0 AS quarter_no, l.way_no AS row_no, t.theme_no, COUNT(*) AS value
FROM ways w JOIN listed l ON l.way = w.way JOIN (
  SELECT DISTINCT j.journey_id, v.value_no AS theme_no
  FROM journeys j JOIN contacts c ON c.contact_id = j.contact_id JOIN themes v ON v.value = c.theme) t
ON t.journey_id = w.journey_id
GROUP BY w.person_no, l.way_no, t.theme_no
"""


def _views(journeys: Journeys, words: Words, ways: Handle, listed: Handle, met: Handle, engine: Engine) -> list[Handle]:
    """Return the facts, and the same by agency, by theme and by both."""
    plain = engine.sql(_FACTS, ways=ways, people=journeys.people, areas=words.tables["area"], listed=listed)
    meets = "SELECT f.*, m.agency_no FROM facts f JOIN met m ON m.way_no = f.row_no"
    parts = {"ways": ways, "listed": listed, "journeys": journeys.journeys, "contacts": journeys.contacts}
    themed = engine.sql(_THEMED, themes=words.tables["theme"], **parts)
    tagged, both = (engine.sql(meets, facts=facts, met=met) for facts in (plain, themed))
    return [plain, tagged, themed, both]
