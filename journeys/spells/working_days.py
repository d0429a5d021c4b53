"""A clock that counts days: all of them, or only those on which offices are open."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from totalplace.config.findings import GapRules
from totalplace.config.load import shipped
from totalplace.journeys.calendar import as_dates


def clock(first: date, last: date, rules: GapRules) -> pa.Table:
    """Return the number of days that were counted before each day.

    Args:
        first: first day of the clock.
        last: last day of the clock.
        rules: `[findings.gap]`.

    Returns:
        day, tick (int32); one row per day, in order. The length of [a, b) is tick(b) - tick(a).

    Source: config/bank_holidays.toml.
    """
    begin, end = (np.datetime64(day, "D") for day in (first, last))
    days = np.arange(begin, end + 1)
    tick = np.arange(len(days))
    if rules.working_days:
        tick = np.busday_count(begin, days, holidays=bank_holidays(rules))
    return pa.table({"day": as_dates(days.astype(np.int32)), "tick": pa.array(tick.astype(np.int32))})


def bank_holidays(rules: GapRules) -> np.ndarray:
    """Return the days on which offices of the nation are closed, weekends aside, as datetime64[D]."""
    listed = shipped("bank_holidays")[rules.nation]
    days = [f"{year}-{day}" for year, found in listed.items() for day in found]
    return np.array(sorted([*days, *(day.isoformat() for day in rules.extra_holidays)]), "datetime64[D]")


def uncovered_years(first: date, last: date, rules: GapRules) -> list[int]:
    """Return the years from first to last whose bank holidays are not known."""
    known = {int(year) for year in shipped("bank_holidays")[rules.nation]}
    return [year for year in range(first.year, last.year + 1) if rules.working_days and year not in known]
