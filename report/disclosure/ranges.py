"""Headlines with their intervals, as they may be shown: only beside a cell that is, and rounded as it is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.report.disclosure.conventions import Convention
from totalplace.tables import FLAG, REAL, TEXT, WHOLE

SAFE_RANGES = pa.schema(
    [pa.field(name, TEXT, nullable=False) for name in ("headline", "rule_id", "words", "unit", "table", "row")]
    + [pa.field(name, REAL) for name in ("shown", "low", "high")]
    + [pa.field("people_shown", WHOLE), pa.field("withheld", FLAG, nullable=False)]
)


def ranges_of(headlines: pa.Table, cells: pa.Table, convention: Convention) -> pa.Table:
    """Return SAFE_RANGES: a row per headline whose cell was released, in the order of the headlines.

    The number is the released cell, never the exact one. Both ends are rounded to the nearest step, not outward: an
    interval without width must not tell a number more exactly than its cell does. An end that is small is shown as 0.
    An interval always holds the number as linked: that is one way in which the links may fall, though a place so large
    that its draws hardly differ may have it beside the middle of them.

    Args:
        headlines: UNCERTAINTY.
        cells: SAFE_CELLS.
        convention: of the release.
    """
    whole = cells.filter(
        pc.and_(pc.and_(pc.equal(cells["chip"], "all"), pc.equal(cells["quarter"], "")), pc.equal(cells["column"], ""))
    ).to_pylist()
    released = {(cell["table"], cell["row"]): cell for cell in whole}
    rows = []
    for one in headlines.to_pylist():
        cell = released.get((one["table"], one["row"]))
        if cell is not None:
            ends = dict.fromkeys(("low", "high")) if cell["withheld"] else _ends(one, convention)
            names = {name: one[name] for name in ("headline", "rule_id", "words", "unit", "table", "row")}
            rows.append({**names, **{n: cell[n] for n in ("shown", "people_shown", "withheld")}, **ends})
    return pa.Table.from_pylist(rows, schema=SAFE_RANGES)


def _ends(one: dict[str, float], convention: Convention) -> dict[str, float]:
    exact = np.array([min(one["low"], one["value"]), max(one["high"], one["value"])], float)
    shown = np.where(exact < convention.min_cell, 0.0, convention.rounded(exact))
    return {"low": float(shown[0]), "high": float(shown[1])}
