"""Where people's journeys begin, and how long it takes until somebody does something (D2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.following.survival import kaplan_meier
from totalplace.journeys.measured import Measured, Measurement
from totalplace.journeys.names import Words
from totalplace.tables import Engine, Handle, Note

# Bands of days from the first contact to the first help; the last is of journeys without any so far.
BAND_ENDS = (0, 7, 28, 90)
BANDS = ("0", "1-7", "8-28", "29-90", "91+", "none so far")

# All agencies of a journey's first block are its doors: within a day most sources know no true order.
_DOORS = """
SELECT DISTINCT p.person_no, j.journey_id, c.agency
FROM journeys j JOIN contacts c ON c.contact_id = j.contact_id JOIN people p ON p.person_id = j.person_id
WHERE j.block = 0
"""
_PER_PERSON = "SELECT person_no, COUNT(DISTINCT agency) AS doors FROM doors GROUP BY person_no ORDER BY person_no"
# Without help a journey is watched until the person leaves, the next journey begins or the data end.
_HELP = """
WITH spans AS (
  SELECT j.journey_id, j.person_id, MIN(c.start) AS begins, MIN(CASE WHEN c.intervention THEN c.start END) AS helped
  FROM journeys j JOIN contacts c ON c.contact_id = j.contact_id GROUP BY j.journey_id, j.person_id),
watched AS (
  SELECT s.*, LEAD(s.begins) OVER (PARTITION BY s.person_id ORDER BY s.begins, s.journey_id) AS following FROM spans s)
SELECT p.person_no, w.journey_id, w.helped IS NOT NULL AS was_helped,
       GREATEST(DATEDIFF('day', w.begins, LEAST(COALESCE(w.helped, w.following, d.last), COALESCE(w.helped,
         p.exit_date, d.last), COALESCE(w.helped, d.last))), 0) AS days
FROM watched w JOIN people p ON p.person_id = w.person_id CROSS JOIN data d
ORDER BY p.person_no, w.begins, w.journey_id
"""
_LAST = "SELECT MAX(start) AS last FROM contacts WHERE COALESCE(class, '') <> 'milestone'"


def find_doors(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return the front doors of people's journeys and the days from the first contact to the first help.

    Source: docs/reference/findings.md, D2.
    """
    tables = {"journeys": of.journeys.journeys, "contacts": of.journeys.contacts, "people": of.journeys.people}
    doors = engine.sql(_DOORS, **tables)
    help_ = engine.sql(_HELP, data=engine.sql(_LAST, contacts=of.journeys.contacts), **tables)
    per_person = engine.fetch(engine.sql(_PER_PERSON, doors=doors))["doors"]
    rows = engine.fetch(help_, ["days", "was_helped"])
    days, helped = (np.asarray(rows[name].to_numpy(zero_copy_only=False)) for name in rows.column_names)
    summary = {
        "front_doors": door_counts(np.asarray(per_person.to_numpy(), np.int64)),
        "days_to_help": help_days(days.astype(np.int64), helped.astype(np.bool_)),
    }
    return Measurement(
        summary,
        _notes(summary),
        facts=lambda words: _facts(doors, help_, words, engine),
        tables={"days_to_help": help_},
    )


def door_counts(doors: np.ndarray) -> dict[str, Any]:
    """Return people, and the median, ninth decile and share over one of the agencies at which their journeys began."""
    if not len(doors):
        return {"people": 0, "median": None, "ninth_decile": None, "share_several": None}
    middle, high = (float(x) for x in np.quantile(doors, (0.5, 0.9)))
    share = round(int((doors > 1).sum()) / len(doors), 6)
    return {"people": len(doors), "median": middle, "ninth_decile": high, "share_several": share}


def help_days(days: np.ndarray, helped: np.ndarray) -> dict[str, Any]:
    """Return journeys, helped and not so far, and by Kaplan-Meier the days after which half and nine in ten were.

    Args:
        days: int, to the first help, or watched without one.
        helped: bool of the same length.

    Returns:
        `median`, `ninth_decile`: None where so many were not helped while anybody was watched.
    """
    falls, height = kaplan_meier(days, helped)
    reached = {name: falls[height <= left + 1e-12][:1] for name, left in (("median", 0.5), ("ninth_decile", 0.1))}
    return {
        "journeys": len(days),
        "helped": int(helped.sum()),
        "none_so_far": int((~helped).sum()),
        **{name: int(found[0]) if len(found) else None for name, found in reached.items()},
    }


_DOOR_FACTS = """
SELECT d.person_no, 0 AS quarter_no, a.value_no AS agency_no, COUNT(*) AS value
FROM doors d JOIN agencies a ON a.value = d.agency GROUP BY d.person_no, a.value_no
"""
_HELP_FACTS = """
SELECT person_no, 0 AS quarter_no, CASE WHEN NOT was_helped THEN {none} {bands} ELSE {last} END AS row_no, journey_id,
       CAST(1 AS BIGINT) AS value
FROM help
"""
_HELP_FED = """
SELECT f.*, a.value_no AS agency_no FROM facts f JOIN doors d ON d.journey_id = f.journey_id
JOIN agencies a ON a.value = d.agency
"""


def _facts(doors: Handle, help_: Handle, words: Words, engine: Engine) -> list[Facts]:
    agencies, named = words.lists["agency"], words.tables["agency"]
    bands = " ".join(f"WHEN days <= {end} THEN {k}" for k, end in enumerate(BAND_ENDS))
    begun = View(engine.sql(_DOOR_FACTS, doors=doors, agencies=named), "agency_no")
    text = _HELP_FACTS.format(none=len(BANDS) - 1, bands=bands, last=len(BANDS) - 2)
    facts = engine.sql(text, help=help_)
    plain, fed = View(facts), View(engine.sql(_HELP_FED, facts=facts, doors=doors, agencies=named))
    return [_whole("front_doors", begun, begun, agencies), _whole("days_to_help", plain, fed, list(BANDS))]


def _whole(table: str, plain: View, fed: View, names: list[str]) -> Facts:
    return Facts(table, "people", plain, fed, plain, fed, names, quarters=False, chips=("all",))


def _notes(summary: dict[str, Any]) -> tuple[Note, ...]:
    doors, found = summary["front_doors"], summary["days_to_help"]
    if not found["journeys"]:
        return ()
    half = "more than was watched" if found["median"] is None else f"{found['median']} days"
    text = (
        f"{doors['share_several']:.1%} of {doors['people']:,} people came in by more than one agency. Half of "
        f"{found['journeys']:,} journeys had a first help within {half}; {found['none_so_far']:,} had none so far."
    )
    return (Note("front_doors", text, {**doors, **found}),)
