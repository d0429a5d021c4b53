"""Journeys of a finished run for other tools of the field: event logs that hold one event per contact."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from totalplace import report
from totalplace.engine import LocalEngine
from totalplace.pipeline.project import Made

if TYPE_CHECKING:
    from totalplace.pipeline.stages import Say

WRITERS = {"xes": ("journeys.xes", report.write_xes), "ocel": ("journeys.ocel.json", report.write_ocel)}
_EVENTS = """
SELECT j.person_id, j.journey_id, c.household_id, c.family_id, c.contact_id, c.agency, c.type, c.start, c.start_second,
       c.class, c.purpose, c.theme, c.channel, c.outcome
FROM journeys j JOIN contacts c ON c.contact_id = j.contact_id
ORDER BY j.person_id, j.journey_id, j.position
"""


def export_events(made: Made, formats: Sequence[str], say: Say) -> dict[str, Any]:
    """Write the journeys of a run as event logs into its `analysis/`; a file of an earlier export is replaced.

    Args:
        made: a run whose journeys stage is whole.
        formats: xes, ocel.
        say: prints one line.

    Returns:
        How many events and journeys, and the paths.

    Raises:
        PrivacyError: TP521, the project does not allow record-level output.
    """
    leave, folder = report.permit(made.project.rules.report), made.folder / "analysis"
    with LocalEngine() as engine:
        tables = {name: engine.load(str(folder / f"{name}.parquet")) for name in ("journeys", "contacts")}
        rows = engine.fetch(engine.sql(_EVENTS, **tables))
    events = report.analyst_table(leave, rows, "events")
    written: list[Path] = []
    for name in dict.fromkeys(formats):
        file, write = WRITERS[name]
        write(events, folder / file, True)
        written.append(folder / file)
        say("export", f"{rows.num_rows:,} events -> {folder / file}   personal data: for this project's analysts")
    journeys = rows["journey_id"].combine_chunks().unique() if rows.num_rows else []
    return {"events": rows.num_rows, "journeys": len(journeys), "files": [str(path) for path in written]}
