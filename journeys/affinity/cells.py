"""What a page may show of affinity: the surest pairs, observed beside expected."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.config.findings import AffinityRules
from totalplace.journeys.cells import constant
from totalplace.journeys.measured import Measured
from totalplace.tables import CELLS, Engine, Note

# Beside the times observed: what chance would give, and the ratio of both with its interval, in hundredths.
SHOWN = {"": "observed", "_expected": "expected", "_lift": "lift", "_low": "low", "_high": "high"}
RATIOS, DIGITS = ("lift", "low", "high"), 2
_FED = "SELECT theme AS word, COUNT(DISTINCT agency) AS agencies FROM contacts WHERE theme IS NOT NULL GROUP BY theme"


def pair_cells(found: pa.Table, of: Measured, rules: AffinityRules, engine: Engine) -> pa.Table:
    """Return CELLS of `agency_pairs`, `service_pairs` or `theme_pairs`, and what stands beside, for the first pairs.

    Two services of one agency share its roof already: they stand in the analyst's table only.
    What chance would give, and the ratio, stand on the same people as what was observed, so one rule decides on all.
    Ratios have two digits: more would tell what was observed more exactly than its own cell does.
    """
    top = between(found).slice(0, rules.max_pairs)
    if not top.num_rows:
        return CELLS.empty()
    kind, n = top["kind"][0].as_py(), top.num_rows
    fed = _agencies(kind, top, of, engine)
    share = np.round(np.asarray(top["largest"].to_numpy()) / np.asarray(top["observed"].to_numpy()), 9)
    tables = []
    for table, name in SHOWN.items():
        columns = [
            constant(f"{kind}_pairs{table}", n), constant("all", n), constant("", n), constant("", n), top["first"],
            top["second"], pa.array(_shown(name, np.asarray(top[name].to_numpy(), np.float64))),
            constant("people", n), top["people"], pa.array(share), pa.array(fed),
        ]  # fmt: skip
        tables.append(pa.Table.from_arrays(columns, schema=CELLS.schema))
    return pa.concat_tables(tables)


def _shown(name: str, values: np.ndarray) -> np.ndarray:
    """Return a column as its cells have it: ratios in hundredths, of two digits."""
    if name not in RATIOS:
        return values
    places = np.floor(np.log10(np.maximum(values, 1e-9))) - (DIGITS - 1)
    rounded: np.ndarray = np.round(np.round(values / 10.0**places) * 10.0**places * 100)
    return rounded


def between(found: pa.Table) -> pa.Table:
    """Return the pairs that are not two services of one agency."""
    pairs = zip(*(found[name].to_pylist() for name in ("kind", "first", "second")), strict=True)
    kept = [kind != "service" or a.partition("/")[0] != b.partition("/")[0] for kind, a, b in pairs]
    return found.filter(pa.array(kept, pa.bool_()))


def _agencies(kind: str, top: pa.Table, of: Measured, engine: Engine) -> np.ndarray:
    """Return how many agencies feed a pair; for themes at least so many."""
    pairs = zip(top["first"].to_pylist(), top["second"].to_pylist(), strict=True)
    if kind in ("agency", "service"):
        fed = [len({word.partition("/")[0] for word in pair}) for pair in pairs]
    else:
        rows = engine.fetch(engine.sql(_FED, contacts=of.journeys.contacts)).to_pylist()
        behind = {row["word"]: row["agencies"] for row in rows}
        fed = [max(behind[word] for word in pair) for pair in pairs]
    return np.array(fed, np.int32)


_MANY = {"agency": "agencies", "service": "services", "theme": "themes"}


def top_note(kind: str, found: pa.Table) -> Note | None:
    """Return the pair that most surely meets the same people, beside how many pairs were looked at."""
    apart = between(found)
    if not apart.num_rows:
        return None
    top = apart.slice(0, 1).to_pylist()[0]
    text = (
        f"Of {apart.num_rows:,} pairs of {_MANY[kind]} that met enough people, {top['first']} and {top['second']} most "
        f"surely meet the same ones: {top['observed']:,} times in one window, {top['expected']:,.1f} by chance "
        f"(lift {top['lift']:.1f}, 95% {top['low']:.1f} to {top['high']:.1f}; the highest of so many pairs is partly "
        f"luck)."
    )
    return Note(f"affinity_{kind}", text, {"pairs": apart.num_rows, "observed": top["observed"]})
