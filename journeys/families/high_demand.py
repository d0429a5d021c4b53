"""High-demand families (FAM2): the window in which most was done to, with or for a family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.compiled import kernel
from totalplace.config.findings import FamilyRules, FindingsRules
from totalplace.journeys.calendar import as_dates, as_days, window_ends
from totalplace.journeys.sequence import run_starts
from totalplace.tables import DAY, ID, TEXT, Engine, Handle, Kernel

SPLIT = pa.struct([("agency", TEXT), ("interventions", pa.int64())])

# One row per family with an intervention, ordered by (-peak, family_id).
PEAKS = pa.schema(
    [
        ("family_id", ID),
        ("peak", pa.int64()),  # interventions in the window: a joint act counts once
        ("from_date", DAY),
        ("to_date", DAY),  # day after the last of the window
        ("agencies", pa.int32()),  # agencies that acted in the window
        ("agency_split", pa.list_(SPLIT)),  # a joint act stands with each of its agencies
        ("members", pa.int32()),  # people acted on in the window
        ("person_interventions", pa.int64()),  # the same acts counted for each member
        ("exposure_days", pa.int32()),  # days of the data on which the family is known to exist
        ("full_exposure", pa.bool_()),  # known for a whole window
        ("agencies_without_data", pa.list_(TEXT)),  # agencies whose data misses a part of the window
        ("min_link_probability", pa.float64()),
        ("area", TEXT),  # where most members with contacts live
    ]
)


@dataclass(frozen=True)
class FamilyPeaks:
    """Families and their peak windows.

    Args:
        table: `PEAKS`, one row per family with at least one intervention.
        acts: family_id, act, contact_id, agency, person_id, theme, start: one row per record of an intervention.
        window: `18 calendar months` or `550 days`: which was used.
        high_demand: K to families with peak >= K on at least `min_agencies` agencies.
        top: share to families of full exposure in that share, by (-peak, family_id).
        under_exposed: families known for less than the whole window.
    """

    table: Handle
    acts: Handle
    window: str
    high_demand: dict[int, int]
    top: dict[float, int]
    under_exposed: int


@kernel
def _peaks(family, day, end, first, peak):  # type: ignore[no-untyped-def]
    """Fill for each family the index of the earliest best start and its count; return the number of families.

    `family` is a rising number per family; `day` is sorted within it; `end` is the day after the window from `day`.
    """
    n = len(family)
    found = -1
    j = 0
    for i in range(n):
        if i == 0 or family[i] != family[i - 1]:
            found += 1
            peak[found] = 0
            j = i
        while j < n and family[j] == family[i] and day[j] < end[i]:
            j += 1
        if j - i > peak[found]:
            peak[found] = j - i
            first[found] = i
    return found + 1


def peak_window(days: Sequence[int] | np.ndarray, months: int, fixed_days: int = 0) -> tuple[int, int, int]:
    """Return (peak, first day, day after the last) of one family's intervention days; earliest of equal windows.

    Args:
        days: days since 1970-01-01, in any order, at least one.
        months: length of the window in calendar months.
        fixed_days: length in days; 0 = calendar months count.

    Source: docs/reference/findings.md, FAM2.
    """
    day = np.sort(np.asarray(days, dtype=np.int64))
    first, peak = np.zeros(len(day), np.int64), np.zeros(len(day), np.int64)
    ends = window_ends(day, months, fixed_days)
    _peaks(np.zeros(len(day), np.int64), day, ends, first, peak)
    return int(peak[0]), int(day[first[0]]), int(ends[first[0]])


def _peak_kernel(rules: FamilyRules) -> Kernel:
    def kernel_(rows: pa.Table) -> pa.Table:
        day = as_days(rows["start"], 0).astype(np.int64)
        ends = window_ends(day, rules.window_months, rules.window_days)
        ids = rows["family_id"].combine_chunks()
        family = np.searchsorted(run_starts(ids), np.arange(len(ids)), side="right")
        first, peak = np.zeros(len(day), np.int64), np.zeros(len(day), np.int64)
        n = _peaks(family, day, ends, first, peak)
        at = first[:n]
        columns = [ids.take(pa.array(at)), pa.array(peak[:n]), as_dates(day[at]), as_dates(ends[at])]
        return pa.Table.from_arrays(columns, schema=pa.schema([PEAKS.field(k) for k in range(4)]))

    return kernel_


# A visit by one worker to several members at home is one act of the family: each member's first record of it, each
# member's second, and so on, stand together.
_ACTS = """
WITH done AS (
  SELECT contact_id, family_id, family_from, family_to, person_id, agency, type, theme, start, area_home,
         min_link_probability, COALESCE(joint_id, contact_id) AS act, COALESCE(start_second, -1) AS second, worker_key,
         joint_id IS NULL AND worker_key IS NOT NULL AND COALESCE(channel, '') = 'home' AS at_home
  FROM contacts WHERE intervention AND family_id IS NOT NULL AND person_id IS NOT NULL),
visits AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY person_id, family_id, agency, type, start, second, worker_key
                               ORDER BY contact_id) AS again
  FROM done WHERE at_home),
merged AS (
  SELECT contact_id, MIN(act) OVER (PARTITION BY family_id, agency, type, start, second, worker_key, again) AS act
  FROM visits)
SELECT d.contact_id, d.family_id, d.family_from, d.family_to, d.person_id, d.agency, d.theme, d.start, d.area_home,
       d.min_link_probability, COALESCE(m.act, d.act) AS act
FROM done d LEFT JOIN merged m ON m.contact_id = d.contact_id
"""

_IN_WINDOW = """
SELECT a.family_id, COUNT(DISTINCT a.agency) AS agencies, COUNT(DISTINCT a.person_id) AS members,
       COUNT(*) AS person_interventions, MIN(a.min_link_probability) AS min_link_probability
FROM acts a JOIN peaks p ON p.family_id = a.family_id AND a.start >= p.from_date AND a.start < p.to_date
GROUP BY a.family_id
"""

_SPLIT = """
SELECT a.family_id, a.agency, COUNT(DISTINCT a.act) AS interventions
FROM acts a JOIN peaks p ON p.family_id = a.family_id AND a.start >= p.from_date AND a.start < p.to_date
GROUP BY a.family_id, a.agency
"""

_AREA = """
WITH members AS (SELECT family_id, area_home, COUNT(DISTINCT person_id) AS n FROM acts GROUP BY family_id, area_home),
ranked AS (
  SELECT family_id, area_home, ROW_NUMBER() OVER (PARTITION BY family_id ORDER BY n DESC, area_home) AS place
  FROM members)
SELECT family_id, area_home AS area FROM ranked WHERE place = 1
"""


def find_peaks(contacts: Handle, rules: FindingsRules, engine: Engine) -> FamilyPeaks:
    """Return each family's peak window.

    Args:
        contacts: `Journeys.contacts`.
        rules: the section `findings`.
        engine: where it runs.

    Source: docs/reference/findings.md, FAM2.
    """
    acts = engine.sql(_ACTS, contacts=contacts)
    once = engine.sql("SELECT family_id, act, MIN(start) AS start FROM acts GROUP BY family_id, act", acts=acts)
    peaks = engine.map_partitions(_peak_kernel(rules.families), once, "family_id", ("start", "act"))
    table = _described(peaks, acts, contacts, rules.families, engine)
    plain = engine.fetch(table, ["peak", "agencies", "full_exposure"])
    peak, agencies, full = (np.asarray(plain[n].to_numpy()) for n in plain.column_names)
    wide = agencies >= rules.families.min_agencies
    return FamilyPeaks(
        table,
        acts,
        f"{rules.families.window_days} days" if rules.families.window_days else _months(rules.families.window_months),
        {k: int((wide & (peak >= k)).sum()) for k in rules.families.min_interventions},
        {share: int(share * full.sum()) for share in rules.families.top_shares},
        int((~full).sum()),
    )


def _months(months: int) -> str:
    return f"{months} calendar months"


def _described(peaks: Handle, acts: Handle, contacts: Handle, rules: FamilyRules, engine: Engine) -> Handle:
    text = """
    WITH spans AS (SELECT family_id, MIN(family_from) AS family_from, MAX(family_to) AS family_to
                   FROM acts GROUP BY family_id)
    SELECT p.*, w.agencies, w.members, w.person_interventions, w.min_link_probability, r.area, s.family_from,
           s.family_to
    FROM peaks p JOIN in_window w ON w.family_id = p.family_id JOIN areas r ON r.family_id = p.family_id
    JOIN spans s ON s.family_id = p.family_id ORDER BY p.peak DESC, p.family_id
    """
    parts = {"in_window": _IN_WINDOW, "areas": _AREA}
    made = {name: engine.sql(sql, acts=acts, peaks=peaks) for name, sql in parts.items()}
    rows = engine.fetch(engine.sql(text, peaks=peaks, acts=acts, **made))
    ordered = """
    SELECT s.agency, s.interventions, ROW_NUMBER() OVER (PARTITION BY s.family_id ORDER BY s.agency) = 1 AS first
    FROM split s JOIN peaks p ON p.family_id = s.family_id ORDER BY p.peak DESC, p.family_id, s.agency
    """
    split = engine.sql(_SPLIT, acts=acts, peaks=peaks)
    columns = {name: rows[name] for name in rows.column_names}
    columns["agency_split"] = _lists(engine.fetch(engine.sql(ordered, split=split, peaks=peaks)))
    columns |= _exposure(rows, contacts, rules, engine)
    return engine.hold(pa.table([columns[f.name].cast(f.type) for f in PEAKS], schema=PEAKS))


def _lists(rows: pa.Table) -> pa.Array:
    """Return one list of (agency, interventions) per family, from rows in order of family."""
    starts = np.flatnonzero(rows["first"].to_numpy())
    offsets = pa.array(np.append(starts, rows.num_rows), pa.int32())
    pair = [rows[name].combine_chunks().cast(SPLIT.field(name).type) for name in ("agency", "interventions")]
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(pair, fields=list(SPLIT)))


def _exposure(rows: pa.Table, contacts: Handle, rules: FamilyRules, engine: Engine) -> dict[str, pa.Array]:
    """Return days of exposure, whether it was full, and the agencies whose data misses a part of the window."""
    text = """
    SELECT agency, MIN(start) AS since, MAX(start) AS until FROM contacts
    WHERE COALESCE(class, '') <> 'milestone' GROUP BY agency ORDER BY agency
    """
    spans = engine.fetch(engine.sql(text, contacts=contacts))
    since, until = (as_days(spans[name], 0).astype(np.int64) for name in ("since", "until"))
    begin = np.maximum(as_days(rows["family_from"], 0), since.min(initial=2**31))
    end = np.minimum(as_days(rows["family_to"], 0), until.max(initial=-(2**31)) + 1)
    whole = window_ends(begin, rules.window_months, rules.window_days) <= end
    window_from, window_to = (as_days(rows[name], 0).astype(np.int64) for name in ("from_date", "to_date"))
    window_to = np.minimum(window_to, until.max(initial=-(2**31)) + 1)
    # By month: an agency's first contact is rarely on the first day of its data.
    missing = (_month(since)[None, :] > _month(window_from)[:, None]) | (
        _month(until)[None, :] < _month(window_to - 1)[:, None]
    )
    return {
        "exposure_days": pa.array(np.maximum(end - begin, 0).astype(np.int32)),
        "full_exposure": pa.array(whole),
        "agencies_without_data": _named(missing, spans["agency"].combine_chunks()),
    }


def _month(days: np.ndarray) -> np.ndarray:
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _named(flags: np.ndarray, names: pa.Array) -> pa.Array:
    """Return for each row of flags the list of the names flagged."""
    offsets = np.concatenate([[0], np.cumsum(flags.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(np.nonzero(flags)[1])))
