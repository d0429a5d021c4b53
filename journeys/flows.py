"""Where people live and where they are served (X3): home area by service area, over contacts and over people."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.measured import OPEN, Figure, Measured, Measurement, Tallied
from totalplace.journeys.uncertainty.shapes import share_of, summed
from totalplace.tables import Engine, Handle, Note

UNKNOWN = "unknown"  # an area, in rows and in columns: what is not known is never left out
_FLOWS = """
SELECT c.person_id, c.area_home, COALESCE(c.area, '{unknown}') AS area_served, c.agency, COUNT(*) AS contacts
FROM contacts c WHERE c.person_id IS NOT NULL AND COALESCE(c.class, '') <> 'milestone'
GROUP BY c.person_id, c.area_home, COALESCE(c.area, '{unknown}'), c.agency
"""
_MATRIX = """
SELECT area_home, area_served, CAST(SUM(contacts) AS BIGINT) AS contacts, COUNT(DISTINCT person_id) AS people FROM flows
GROUP BY area_home, area_served ORDER BY area_home, area_served
"""
_FACTS = """
SELECT p.person_no, 0 AS quarter_no, h.value_no AS home_no, s.value_no AS served_no, a.value_no AS agency_no,
       f.contacts AS value
FROM flows f JOIN people p ON p.person_id = f.person_id JOIN areas h ON h.value = f.area_home
JOIN areas s ON s.value = f.area_served JOIN agencies a ON a.value = f.agency
"""


def follow_flows(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return the matrix of home area by service area; a row sums to its residents' contacts.

    Source: docs/reference/findings.md, X3.
    """
    flows = engine.sql(_FLOWS.format(unknown=UNKNOWN), contacts=of.journeys.contacts)
    matrix = engine.sql(_MATRIX, flows=flows)
    summary = flow_shares(engine.fetch(matrix))
    names = _areas(engine.fetch(matrix))

    def facts(words: Any) -> list[Facts]:
        numbered = pa.table(
            {"value": pa.array(names, pa.string()), "value_no": pa.array(range(len(names)), pa.int32())}
        )
        tables = {"people": of.journeys.people, "areas": engine.hold(numbered), "agencies": words.tables["agency"]}
        view = View(engine.sql(_FACTS, flows=flows, **tables), "home_no", "served_no")
        return [Facts("flows", "people", view, view, view, view, names, names, quarters=False, chips=("all",))]

    return Measurement(
        {"flows": summary}, _notes(summary), facts=facts, tables={"flows": matrix},
        figures=(_figures(names),),
    )  # fmt: skip


SAME, AWAY, NOT_KNOWN = 0, 1, 2
_TALLIES = """
SELECT f.person_id AS id, COALESCE(n.value_no, -1) AS part, 0 AS b, CAST(SUM(f.contacts) AS DOUBLE) AS value,
       CASE WHEN '{unknown}' IN (f.area_home, f.area_served) THEN {not_known}
            WHEN f.area_home = f.area_served THEN {same} ELSE {away} END AS a
FROM flows f LEFT JOIN areas n ON n.value = f.area_home GROUP BY 1, 2, 3, 5 ORDER BY 1, 2, 5
"""


def _figures(names: list[str]) -> Tallied:
    """Return contacts outside the home area and their share, of the place and of the residents of each area."""
    text = _TALLIES.format(unknown=UNKNOWN, same=SAME, away=AWAY, not_known=NOT_KNOWN)
    areas = pa.table({"value": pa.array(names, pa.string()), "value_no": pa.array(range(len(names)), pa.int64())})
    share, words = share_of(AWAY, SAME), "share of contacts outside the home area"
    made = [
        Figure("out_of_area", "X3", "contacts outside the home area", "people", OPEN, None, "number", None,
               summed(AWAY)),
        Figure("out_of_area_share", "X3", words, "people", OPEN, None, "share", None, share),
    ]  # fmt: skip
    made += [
        Figure(f"out_of_area_share_{name}", "X3", f"{words}, of residents of {name}", "people", OPEN, None, "share", k,
               share)
        for k, name in enumerate(names) if name != UNKNOWN
    ]  # fmt: skip

    def tallies(of: Measured, engine: Engine) -> Handle:
        flows = engine.sql(_FLOWS.format(unknown=UNKNOWN), contacts=of.journeys.contacts)
        return engine.sql(text, flows=flows, areas=engine.hold(areas))

    return Tallied(tallies, tuple(made))


def _areas(matrix: pa.Table) -> list[str]:
    return sorted({*matrix["area_home"].to_pylist(), *matrix["area_served"].to_pylist()})


def flow_shares(matrix: pa.Table) -> dict[str, Any]:
    """Return contacts in all, out of the home area, of which one area is not known, and the share out of area.

    Args:
        matrix: area_home, area_served, contacts; `unknown` may stand in both.

    Returns:
        The share is off-diagonal / total, both of contacts whose two areas are known; None where there are none.
    """
    rows = matrix.to_pylist()
    contacts = sum(row["contacts"] for row in rows)
    known = [row for row in rows if UNKNOWN not in (row["area_home"], row["area_served"])]
    both = sum(row["contacts"] for row in known)
    away = sum(row["contacts"] for row in known if row["area_home"] != row["area_served"])
    return {
        "contacts": contacts,
        "area_not_known": contacts - both,
        "out_of_area": away,
        "out_of_area_share": round(away / both, 6) if both else None,
    }


def _notes(summary: dict[str, Any]) -> tuple[Note, ...]:
    if summary["out_of_area_share"] is None:
        return ()
    both = summary["contacts"] - summary["area_not_known"]
    text = (
        f"{summary['out_of_area']:,} of {both:,} contacts ({summary['out_of_area_share']:.1%}) took place outside the "
        f"home area; of {summary['area_not_known']:,} more one of the two areas is not known."
    )
    return (Note("flows", text, summary),)
