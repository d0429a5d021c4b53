"""What the tables of CELLS count about referrals, repeats and times told."""

from __future__ import annotations

from dataclasses import dataclass

from totalplace.journeys.cells import Facts, View
from totalplace.journeys.following.referrals import DROPPED, Referrals
from totalplace.journeys.following.repeats import Repeats
from totalplace.journeys.following.tellings import Tellings
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.names import Words
from totalplace.tables import Engine, Handle

TOLD_NUMBERS = ("1", "2", "3", "4", "5+")
WHOLE = ("all",)  # such tables are cut by nothing: most of their slices would be too small to show


@dataclass(frozen=True)
class Followed:
    """The three measures of what came after a contact."""

    referrals: Referrals
    repeats: Repeats
    tellings: Tellings


_EDGES = """
SELECT r.person_no, 0 AS quarter_no, f.value_no AS from_agency, COALESCE(t.value_no, {other}) AS to_agency,
       CAST(1 AS BIGINT) AS value, CASE WHEN r.state = '{dropped}' THEN 1 ELSE 0 END AS dropped
FROM referrals r JOIN agencies f ON f.value = r.from_agency LEFT JOIN agencies t ON t.value = r.to_agency
"""
_ENDS = """
SELECT *, from_agency AS agency_no FROM facts UNION ALL SELECT *, to_agency AS agency_no FROM facts
"""
_REPEAT_FACTS = """
SELECT r.person_no, 0 AS quarter_no, a.value_no AS agency_no, CAST(1 AS BIGINT) AS value
FROM repeats r JOIN agencies a ON a.value = r.agency
"""
_TOLD_FACTS = """
SELECT person_no, 0 AS quarter_no, CAST(LEAST(told, 5) - 1 AS INTEGER) AS row_no, CAST(1 AS BIGINT) AS value
FROM tellings
"""
_TOLD_TO = """
SELECT DISTINCT f.*, a.value_no AS agency_no
FROM facts f JOIN people p ON p.person_no = f.person_no JOIN contacts c ON c.person_id = p.person_id
JOIN agencies a ON a.value = c.agency WHERE c.assessment
"""


def followed_facts(found: Followed, journeys: Journeys, words: Words, engine: Engine) -> list[Facts]:
    """Return the facts of the tables referrals, drop_outs, repeats and tellings."""
    agencies, named = words.lists["agency"], words.tables["agency"]
    text = _EDGES.format(other=len(agencies), dropped=DROPPED)
    edges = engine.sql(text, referrals=found.referrals.table, agencies=named)
    ends = engine.sql(_ENDS, facts=edges)
    again = engine.sql(_REPEAT_FACTS, repeats=found.repeats.table, agencies=named)
    told = engine.sql(_TOLD_FACTS, tellings=found.tellings.table)
    to = engine.sql(_TOLD_TO, facts=told, people=journeys.people, contacts=journeys.contacts, agencies=named)
    listed = [*agencies, "elsewhere"]
    return [
        _edges("referrals", edges, ends, "value", listed),
        _edges("drop_outs", edges, ends, "dropped", listed),
        _whole("repeats", again, again, "agency_no", agencies),
        _whole("tellings", told, to, "row_no", list(TOLD_NUMBERS)),
    ]


def _edges(table: str, edges: Handle, ends: Handle, value: str, names: list[str]) -> Facts:
    plain, tagged = (View(view, "from_agency", "to_agency", value) for view in (edges, ends))
    return Facts(table, "people", plain, tagged, plain, tagged, names, names, quarters=False, chips=WHOLE)


def _whole(table: str, facts: Handle, fed: Handle, row: str, names: list[str]) -> Facts:
    plain, by_agency = (View(view, row, "", "value") for view in (facts, fed))
    return Facts(table, "people", plain, by_agency, plain, by_agency, names, quarters=False, chips=WHOLE)
