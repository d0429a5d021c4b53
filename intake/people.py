"""PEOPLE of one agency: the coarse attributes that travel with contacts; never a full birth date or postcode."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.intake import IntakeRules
from totalplace.intake.distinct import changed, coded, spread
from totalplace.tables import PEOPLE, TEXT


def people_table(clients: pa.Table, births: pa.Array, reference: dt.date | None, rules: IntakeRules) -> pa.Table:
    """Return PEOPLE, one row per client record.

    Args:
        clients: CLIENTS with area, exit_date and exit_reason.
        births: birth dates, also those taken for defaults: their year still gives a band.
        reference: day on which ages are counted; None = no ages.
        rules: band widths.
    """
    band = changed(coded(births), lambda born: age_band(born, reference, rules) if reference else None)
    columns = {
        "row_id": clients["row_id"],
        "age_band": spread(band, TEXT),
        "sex": clients["sex"],
        "area": _area(clients),
        "exit_date": clients["exit_date"],
        "exit_reason": clients["exit_reason"],
        "record_date": clients["record_date"],
    }
    return pa.table({name: columns[name] for name in PEOPLE.names})


def age_on(born: dt.date, day: dt.date) -> int:
    """Return whole years of age on a day; negative before birth."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def age_band(born: dt.date, reference: dt.date, rules: IntakeRules) -> str:
    """Return "25-29", from the top age on "90+", and under five the quarter of birth, "2021-Q3"."""
    age = max(age_on(born, reference), 0)
    if age < rules.quarter_under_years:
        return f"{born.year}-Q{(born.month + 2) // 3}"
    if age >= rules.top_age_years:
        return f"{rules.top_age_years}+"
    low = age - age % rules.age_band_years
    return f"{low}-{low + rules.age_band_years - 1}"


def _area(clients: pa.Table) -> pa.ChunkedArray:
    """Return the area, else the postcode's district; null for protected addresses, whose area may give them away."""
    district = changed(coded(clients["postcode"]), lambda code: code.split(" ")[0])
    area = pc.coalesce(clients["area"], spread(district, TEXT))
    return pc.if_else(pc.fill_null(clients["protected"], False), None, area)
