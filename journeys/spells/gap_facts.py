"""What the tables of CELLS count about waiting: waits by length, and days waited from agency to agency."""

from __future__ import annotations

from collections.abc import Sequence

from totalplace.config.findings import GapRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.duplicates.assessments import WEIGHT_UNIT
from totalplace.journeys.following.facts import WHOLE
from totalplace.journeys.names import Words
from totalplace.tables import Engine, Handle

ENDED, OPEN_YET, NOBODY_YET = "ended", "open", "nobody yet"

_BANDS = """
SELECT w.person_no, 0 AS quarter_no, {band} AS band, CASE WHEN w.ended THEN 0 ELSE 1 END AS state,
       CAST(1 AS BIGINT) AS value, a.value_no AS agency_no
FROM waits w JOIN agencies a ON a.value = w.from_agency
"""
_EDGES = """
SELECT e.person_no, 0 AS quarter_no, f.value_no AS from_agency, COALESCE(t.value_no, {nobody}) AS to_agency, e.units
FROM ends e JOIN agencies f ON f.value = e.from_agency LEFT JOIN agencies t ON t.value = e.to_agency
"""
_BOTH = """
SELECT *, from_agency AS agency_no FROM facts
UNION ALL SELECT *, to_agency AS agency_no FROM facts WHERE to_agency NOT IN ({nobody}, from_agency)
"""


def gap_facts(waits: Handle, ends: Handle, rules: GapRules, words: Words, engine: Engine) -> Sequence[Facts]:
    """Return the facts of the tables waits and waiting_days."""
    agencies, named = words.lists["agency"], words.tables["agency"]
    cases = " ".join(f"WHEN w.days >= {day} THEN {k + 1}" for k, day in reversed(list(enumerate(rules.band_days))))
    banded = engine.sql(_BANDS.format(band=f"CASE {cases} ELSE 0 END"), waits=waits, agencies=named)
    edges = engine.sql(_EDGES.format(nobody=len(agencies)), ends=ends, agencies=named)
    both = engine.sql(_BOTH.format(nobody=len(agencies)), facts=edges)
    listed = [*agencies, NOBODY_YET]
    counted = View(banded, "band", "state", "value")
    plain, tagged = (View(view, "from_agency", "to_agency", "units") for view in (edges, both))
    bands, states = band_names(rules.band_days), (ENDED, OPEN_YET)
    return (
        Facts("waits", "people", counted, counted, counted, counted, bands, states, quarters=False, chips=WHOLE),
        Facts(
            "waiting_days", "people", plain, tagged, plain, tagged, listed, listed, WEIGHT_UNIT,
            quarters=False, chips=WHOLE,
        ),
    )  # fmt: skip


def band_names(starts: Sequence[int]) -> list[str]:
    """Return the names of the bands that begin with 0 and with each start, such as `0-6`, `7+`."""
    edges = [0, *starts]
    return [f"{a}-{b - 1}" for a, b in zip(edges[:-1], edges[1:], strict=True)] + [f"{edges[-1]}+"]
