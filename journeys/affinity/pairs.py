"""Co-location affinity (A1): which agencies, services, sites and themes meet the same people more than by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import AffinityRules, FindingsRules
from totalplace.journeys.affinity.cells import pair_cells, top_note
from totalplace.journeys.affinity.chance import expected, poisson_interval
from totalplace.journeys.calendar import as_days
from totalplace.journeys.measured import Measured, Measurement
from totalplace.journeys.names import Words, words_of
from totalplace.tables import Engine, Handle

# Whom each service met in each window: everybody known in the area is the base, whether met or not.
_MET = """
SELECT DISTINCT p.person_no, n.value_no AS met_no, {window} AS window_no
FROM contacts c JOIN people p ON p.person_id = c.person_id JOIN named n ON {named}
WHERE COALESCE(c.class, '') <> 'milestone'
"""
# Nobody who was out by the start of a window is in its base, so their contacts are not in its counts.
_WITHIN = """
SELECT m.person_no, m.met_no, m.window_no FROM met m JOIN windows w ON w.window_no = m.window_no
JOIN people p ON p.person_no = m.person_no WHERE p.exit_date IS NULL OR p.exit_date >= w.first_day
"""
_TIMES = """
SELECT p.area, m.window_no, m.met_no, COUNT(*) AS n FROM met m JOIN people p ON p.person_no = m.person_no
GROUP BY p.area, m.window_no, m.met_no ORDER BY p.area, m.window_no, m.met_no
"""
_BOTH = """
WITH pairs AS (
  SELECT a.person_no, a.met_no AS first_no, b.met_no AS second_no, COUNT(*) AS times
  FROM met a JOIN met b ON b.person_no = a.person_no AND b.window_no = a.window_no AND b.met_no > a.met_no
  GROUP BY a.person_no, a.met_no, b.met_no)
SELECT first_no, second_no, CAST(SUM(times) AS BIGINT) AS observed, COUNT(*) AS people, MAX(times) AS largest
FROM pairs GROUP BY first_no, second_no HAVING SUM(times) >= {least} ORDER BY first_no, second_no
"""
# A site is its agency's own word for it: two agencies may call two places "North".
_SITES = "SELECT DISTINCT agency, site FROM contacts WHERE COALESCE(site, '') <> '' ORDER BY agency, site"
KINDS = {
    "agency": "n.value = c.agency",
    "service": "n.agency = c.agency AND n.type = c.type",
    "site": "n.agency = c.agency AND n.site = c.site",
    "theme": "n.value = c.theme",
}
RELEASED = ("agency", "service", "theme")  # names of sites are nobody's checked words: they stay with the analyst


def find_affinity(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return each pair of agencies, services, sites and themes that met enough people, with what chance would give.

    Source: docs/reference/findings.md, A1.
    """
    words = words_of(of.journeys.contacts, engine)
    tables = {kind: _pairs(kind, of, *_named(kind, of, words, engine), rules.affinity, engine) for kind in KINDS}
    told = {kind: tables[kind] for kind in RELEASED}
    return Measurement(
        {
            "affinity": {
                "window_months": rules.affinity.window_months,
                **{kind: _summary(found) for kind, found in tables.items()},
            }
        },
        tuple(note for note in (top_note(kind, found) for kind, found in told.items()) if note),
        cells=pa.concat_tables([pair_cells(found, of, rules.affinity, engine) for found in told.values()]),
        tables={"affinity": engine.hold(pa.concat_tables(tables.values()))},
    )


def _named(kind: str, of: Measured, words: Words, engine: Engine) -> tuple[list[str], Handle]:
    """Return what can be met, in the order of its numbers, and the table that finds it in a contact."""
    if kind != "site":
        return words.lists[kind], words.services if kind == "service" else words.tables[kind]
    sites = engine.fetch(engine.sql(_SITES, contacts=of.journeys.contacts))
    listed = [
        f"{agency}/{site}" for agency, site in zip(*(sites[n].to_pylist() for n in ("agency", "site")), strict=True)
    ]
    numbers = pa.array(range(len(listed)), pa.int32())
    return listed, engine.hold(sites.append_column("value_no", numbers))


def _pairs(kind: str, of: Measured, listed: list[str], named: Handle, rules: AffinityRules, engine: Engine) -> pa.Table:
    """Return kind, first, second, observed, people, largest, expected, lift, low, high; the highest low first."""
    window = f"""CAST(FLOOR((EXTRACT(YEAR FROM c.start) * 12 + EXTRACT(MONTH FROM c.start) - 1)
                            / {rules.window_months}) AS INTEGER)"""
    people = of.journeys.people
    text = _MET.format(named=KINDS[kind], window=window)
    everyone = engine.sql(text, contacts=of.journeys.contacts, people=people, named=named)
    windows = _windows(everyone, rules, engine)
    met = engine.sql(_WITHIN, met=everyone, windows=engine.hold(windows), people=people)
    pairs = engine.fetch(engine.sql(_BOTH.format(least=rules.min_people), met=met))
    times = engine.fetch(engine.sql(_TIMES, met=met, people=people))
    chance = expected(times, known(people, windows, engine), pairs["first_no"], pairs["second_no"])
    observed = np.asarray(pairs["observed"].to_numpy(), np.int64)
    low, high = poisson_interval(observed)
    names = pa.array(listed, pa.string())
    columns = {
        "kind": pa.array([kind] * pairs.num_rows, pa.string()),
        **{name: names.take(pairs[f"{name}_no"].combine_chunks()) for name in ("first", "second")},
        **{name: pairs[name] for name in ("observed", "people", "largest")},
        "expected": pa.array(np.round(chance, 6)),
        **{name: pa.array(np.round(over / chance, 6)) for name, over in (("lift", observed), ("low", low))},
        "high": pa.array(np.round(high / chance, 6)),
    }
    return pa.table(columns).sort_by([("low", "descending"), ("first", "ascending"), ("second", "ascending")])


def _windows(met: Handle, rules: AffinityRules, engine: Engine) -> pa.Table:
    """Return window_no and first_day of each window in which anybody was met."""
    text = "SELECT DISTINCT window_no FROM met ORDER BY window_no"
    number = np.asarray(engine.fetch(engine.sql(text, met=met))["window_no"].to_numpy(), np.int64)
    months = (number * rules.window_months - 1970 * 12).astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int32)
    return pa.table({"window_no": pa.array(number), "first_day": pa.array(first, pa.int32()).cast(pa.date32())})


def known(people: Handle, windows: pa.Table, engine: Engine) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return per area the numbers of the windows and how many people were known and not out by the start of each."""
    rows = engine.fetch(people, ["area", "exit_date"])
    first = as_days(windows["first_day"], 0)
    coded = rows["area"].combine_chunks().dictionary_encode()
    area, out = coded.indices.to_numpy(), as_days(rows["exit_date"], 2**31 - 1)
    order = np.lexsort((out, area))
    bounds = np.searchsorted(area[order], np.arange(len(coded.dictionary) + 1))
    numbers = np.asarray(windows["window_no"].to_numpy())
    return {
        name: (numbers, b - a - np.searchsorted(out[order][a:b], first, side="left"))
        for name, a, b in zip(coded.dictionary.to_pylist(), bounds[:-1], bounds[1:], strict=True)
    }


def _summary(found: pa.Table) -> dict[str, Any]:
    low, high = (np.asarray(found[name].to_numpy()) for name in ("low", "high"))
    return {"pairs": found.num_rows, "more_than_chance": int((low > 1).sum()), "less": int((high < 1).sum())}
