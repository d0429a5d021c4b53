"""Lines of spend that are parts of others: what a part leaves empty is as in the line above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from totalplace.config.counting import BodyRules
from totalplace.errors import InputError

INHERITED = ("place", "agency", "tier", "control", "year")
OF_A_BODY = ("place", "tier", "control")
Row = dict[str, Any]


def inherit(rows: Sequence[Row], bodies: Mapping[str, BodyRules]) -> None:
    """Fill what lines leave empty: from the line above, then from the file's name, then from the body's rules.

    Args:
        rows: lines, changed in place: line, parent, `body` (code of the file's name), INHERITED, shares.
        bodies: code of a body to its rules.

    Raises:
        InputError: a line is part of one that is not there, or of itself.
    """
    for row in _from_above(rows):
        above = row.pop("above")
        if above is not None:
            row.update({name: row[name] or above[name] for name in INHERITED})
            row["shares"] = row["shares"] or above["shares"]
    for row in rows:
        row["agency"] = row["agency"] or row["body"]
        body = bodies.get(row["agency"], BodyRules())
        row.update({name: row[name] or getattr(body, name) or None for name in OF_A_BODY})
        row["shares"] = row["shares"] or {}


def _from_above(rows: Sequence[Row]) -> list[Row]:
    """Return the lines with each after the line that it is a part of, which stands in its `above`."""
    by_line = {row["line"]: row for row in rows}
    for row in rows:
        row["above"] = by_line.get(row["parent"])
        if row["parent"] and row["above"] is None:
            raise _lost(row, "names a line that is not there")
    depth: dict[str, int] = {}
    for row in rows:
        way, at = [], row
        while at["line"] not in depth and at["above"] is not None:
            way.append(at["line"])
            if len(way) > len(rows):
                raise _lost(row, "makes a line part of itself")
            at = at["above"]
        start = depth.setdefault(at["line"], 0)
        depth.update({line: start + n for n, line in enumerate(reversed(way), start=1)})
    return sorted(rows, key=lambda row: depth[row["line"]])


def _lost(row: Row, what: str) -> InputError:
    cure = "Name a line of the same file, or file/line for one of another (without the ending of its name)."
    return InputError("TP434", f"{row['file']}, row {row['source_row']}, column 'parent'", what, cure)
