"""The commonest ways through the agencies, on the terminal: as released, and nothing finer."""

from __future__ import annotations

from typing import Any

import pyarrow.parquet as pq

from totalplace.pipeline.project import Made

CELLS_FILE = "report/cells.parquet"


def tell_ways(made: Made, top: int) -> dict[str, Any]:
    """Return the most travelled ways of the whole place, and lines that say them.

    Args:
        made: a run whose report stage is whole.
        top: how many at most; a way that may not be shown is folded with others, and they are told last.
    """
    shown, days = (_whole_place(made, table) for table in ("variants", "variant_days"))
    total = shown.pop("", {}).get("shown")
    named = [way for way in shown if " paths" not in way and shown[way]["shown"] is not None]
    ranked = sorted(named, key=lambda way: (-shown[way]["shown"], way))
    ways = [
        {
            "way": way.split(" > "),
            "journeys": shown[way]["shown"],
            "people": shown[way]["people_shown"],
            "median_days": days.get(way, {}).get("shown"),
        }
        for way in ranked[:top]
    ]
    left = len(ranked) - len(ways)
    lines = [_line(way) for way in ways] or ["journeys: no way may be shown   J1"]
    more = [f"   {left:,} more ways in {CELLS_FILE.replace('parquet', 'csv')}, variants"] if left else []
    return {"ways": ways, "journeys": total, "folder": str(made.folder), "lines": [*lines, *more]}


def _whole_place(made: Made, table: str) -> dict[str, dict[str, Any]]:
    found = pq.read_table(made.folder / CELLS_FILE, filters=[("table", "=", table), ("chip", "=", "all")]).to_pylist()
    return {row["row"]: row for row in found if not row["quarter"]}


def _line(way: dict[str, Any]) -> str:
    people = "" if way["people"] is None else f" of {way['people']:,} people"
    middle = way["median_days"]
    # One step has no days between its first and its last.
    lasted = "" if middle is None or len(way["way"]) == 1 else f", half took at most {middle:,.0f} days"
    return f"{way['journeys']:,.0f} journeys{people}: {' > '.join(way['way'])}{lasted}   J1"
