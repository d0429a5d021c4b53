"""Days, calendar months and quarters, on whole arrays of days."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

Days = np.ndarray  # int32 or int64, days since 1970-01-01


def add_months(days: Days, months: int) -> Days:
    """Return each day moved by calendar months; a day that the month lacks becomes the month's last.

    Args:
        days: int array of days since 1970-01-01, any shape.
        months: whole calendar months, may be negative.

    Returns:
        int64 array of the same shape: 31 August and 18 months give 28 (29) February.
    """
    dates = np.asarray(days).astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    target = month + months
    first = target.astype("datetime64[D]")
    last = (target + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    moved: Days = np.minimum(first + (dates - month.astype("datetime64[D]")), last).astype(np.int64)
    return moved


def window_ends(days: Days, months: int, fixed_days: int = 0) -> Days:
    """Return the first day after the window that starts on each day.

    Args:
        days: int array of days since 1970-01-01.
        months: length in calendar months.
        fixed_days: length in days; 0 = calendar months count.
    """
    if fixed_days:
        fixed: Days = np.asarray(days).astype(np.int64) + fixed_days
        return fixed
    return add_months(days, months)


def as_days(column: pa.ChunkedArray | pa.Array, missing: int) -> Days:
    """Return a date column as int32 days since 1970-01-01, nulls as `missing`."""
    whole = column.cast(pa.int32()).fill_null(missing)
    return np.asarray(whole.to_numpy(zero_copy_only=False), dtype=np.int32)


def as_dates(days: Days) -> pa.Array:
    """Return days since 1970-01-01 as a date column."""
    return pa.array(np.asarray(days).astype(np.int32), pa.int32()).cast(pa.date32())
