"""What the tables of CELLS count about families: bands, thresholds and the Lorenz curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from totalplace.journeys.cells import CHIPS, Facts, View, constant
from totalplace.journeys.families.concentration import running_top
from totalplace.journeys.families.high_demand import FamilyPeaks
from totalplace.journeys.names import Words
from totalplace.tables import CELLS, Engine, Handle

# The bands and agency numbers of docs/architecture.md, Cells.
BAND_STARTS = (0, 10, 50, 100, 250, 500)
BANDS = ("0-9", "10-49", "50-99", "100-249", "250-499", "500+")
AGENCY_NUMBERS = ("1", "2", "3", "4", "5+")
LORENZ_PARTS = 100

_PLAIN = """
SELECT p.family_id, CAST(ROW_NUMBER() OVER (ORDER BY p.family_id) - 1 AS INTEGER) AS person_no, a.value_no AS area_no,
       0 AS quarter_no, p.peak, p.agencies, p.from_date, p.to_date, {band} AS band, {number} AS number, 1 AS one{over}
FROM peaks p JOIN areas a ON a.value = p.area
"""
_TOUCHED = """
SELECT DISTINCT f.person_no, v.value_no AS {name}_no
FROM acts a JOIN families f ON f.family_id = a.family_id AND a.start >= f.from_date AND a.start < f.to_date
JOIN named v ON v.value = a.{name}
"""
_BOTH = """
SELECT DISTINCT f.person_no, v.value_no AS agency_no, t.value_no AS theme_no
FROM acts a JOIN families f ON f.family_id = a.family_id AND a.start >= f.from_date AND a.start < f.to_date
JOIN agencies v ON v.value = a.agency JOIN themes t ON t.value = a.theme
"""


def family_facts(
    peaks: FamilyPeaks, words: Words, thresholds: Sequence[int], min_agencies: int, engine: Engine
) -> list[Facts]:
    """Return the facts of family_bands, family_band_contacts and high_demand; a family's number is its person_no.

    A family belongs to the area of most of its members, and to every agency and theme of its peak window.
    """
    band = _cases("p.peak", BAND_STARTS)
    number = _cases("p.agencies", tuple(range(1, len(AGENCY_NUMBERS) + 1)))
    families = engine.sql(
        _PLAIN.format(band=band, number=number, over=_over(thresholds, min_agencies)),
        peaks=peaks.table,
        areas=words.tables["area"],
    )
    agencies, themes = words.tables["agency"], words.tables["theme"]
    links = [
        engine.sql(_TOUCHED.format(name="agency"), acts=peaks.acts, families=families, named=agencies),
        engine.sql(_TOUCHED.format(name="theme"), acts=peaks.acts, families=families, named=themes),
        engine.sql(_BOTH, acts=peaks.acts, families=families, agencies=agencies, themes=themes),
    ]
    extras = ("l.agency_no", "l.theme_no", "l.agency_no, l.theme_no")
    text = "SELECT f.*, {extra} FROM facts f JOIN links l ON l.person_no = f.person_no"
    tagged = [
        engine.sql(text.format(extra=extra), facts=families, links=link)
        for extra, link in zip(extras, links, strict=True)
    ]
    ks = [str(k) for k in thresholds]
    return [
        _facts("family_bands", [families, *tagged], ("band", "number", "one"), list(BANDS), list(AGENCY_NUMBERS)),
        _facts("family_band_contacts", [families, *tagged], ("band", "", "peak"), list(BANDS), []),
        *(
            _facts("high_demand", [families, *tagged], (f"threshold_{k}", "", f"over_{k}"), ks, [], total=False)
            for k in range(len(ks))
        ),
    ]


def _over(thresholds: Sequence[int], min_agencies: int) -> str:
    """Return SQL for each threshold's number and whether the family reaches it."""
    return "".join(
        f", {k} AS threshold_{k}, "
        f"CASE WHEN p.peak >= {least} AND p.agencies >= {min_agencies} THEN 1 ELSE 0 END AS over_{k}"
        for k, least in enumerate(thresholds)
    )


def _facts(
    table: str, views: Sequence[Handle], names: tuple[str, str, str], rows: list[str], columns: list[str], *,
    total: bool = True,
) -> Facts:  # fmt: skip
    plain, by_agency, by_theme, both = (View(view, *names) for view in views)
    return Facts(table, "families", plain, by_agency, by_theme, both, rows, columns, quarters=False, total=total)


def _cases(name: str, starts: Sequence[int]) -> str:
    """Return SQL for the number of the last start that a value reaches."""
    cases = " ".join(f"WHEN {name} >= {start} THEN {k}" for k, start in reversed(list(enumerate(starts))))
    return f"CASE {cases} ELSE 0 END"


def lorenz_cells(facts: Facts, words: Words, engine: Engine) -> pa.Table:
    """Return the cells of `lorenz`: what the top hundredth, two hundredths ... of the families hold, running.

    Args:
        facts: family_band_contacts, whose values are the families' peaks.
        words: the words of the place.
        engine: where it runs.
    """
    views = {"all": facts.plain, "area": facts.plain, "agency": facts.by_agency, "theme": facts.by_theme}
    parts = [CELLS.empty()]
    for chip in CHIPS:
        number = "-1" if chip == "all" else f"{chip}_no"
        text = f"SELECT {number} AS chip_no, {views[chip].value} AS value FROM facts ORDER BY chip_no, value DESC"
        rows = engine.fetch(engine.sql(text, facts=views[chip].table))
        chips, values = (np.asarray(rows[name].to_numpy(), np.int64) for name in rows.column_names)
        for chip_no in np.unique(chips):
            word = words.lists[chip][chip_no] if chip != "all" else ""
            parts.append(_lorenz(values[chips == chip_no], chip, word, len(words.lists["agency"])))
    return pa.concat_tables(parts)


def _lorenz(values: np.ndarray, chip: str, word: str, agencies: int) -> pa.Table:
    running = running_top(values, LORENZ_PARTS)
    rows = len(running)
    largest = values.max() / np.maximum(running[:, 1], 1)
    fed = np.full(rows, 1 if chip == "agency" else agencies, np.int32)
    columns = [
        constant("lorenz", rows), constant(chip, rows), constant(word, rows), constant("", rows),
        pa.array([str(k) for k in range(1, rows + 1)]), constant("", rows), pa.array(running[:, 1].astype(np.float64)),
        constant("families", rows), pa.array(running[:, 0]), pa.array(np.round(largest, 9)), pa.array(fed),
    ]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=CELLS.schema)
