"""Overlap: which agencies work with one person at the same time, and for how long (E1, T3)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.following.facts import WHOLE
from totalplace.journeys.measured import LESS, Headline, Measured, Measurement
from totalplace.journeys.names import Words
from totalplace.journeys.spells.episodes import episodes_of
from totalplace.tables import Engine, Handle, Note

AT_ONCE = ("1", "2", "3", "4", "5+")

_TOGETHER = """
SELECT a.person_no, a.agency AS first_agency, b.agency AS second_agency,
       CAST(SUM(DATEDIFF('day', GREATEST(a.first_day, b.first_day), LEAST(a.last_day, b.last_day)) + 1) AS BIGINT)
         AS days
FROM episodes a JOIN episodes b ON b.person_no = a.person_no AND b.agency > a.agency
     AND a.first_day <= b.last_day AND b.first_day <= a.last_day
GROUP BY a.person_no, a.agency, b.agency ORDER BY a.person_no, first_agency, second_agency
"""
_AT_ONCE = """
WITH turns AS (
  SELECT person_no, first_day AS day, 1 AS change FROM episodes
  UNION ALL SELECT person_no, CAST(last_day + INTERVAL 1 DAY AS DATE) AS day, -1 AS change FROM episodes),
daily AS (SELECT person_no, day, SUM(change) AS change FROM turns GROUP BY person_no, day),
running AS (
  SELECT person_no, SUM(change) OVER w AS agencies, DATEDIFF('day', day, LEAD(day) OVER w) AS days
  FROM daily WINDOW w AS (PARTITION BY person_no ORDER BY day))
SELECT p.person_id, r.person_no, CAST(MAX(r.agencies) AS BIGINT) AS most,
       CAST(SUM(CASE WHEN r.agencies > 0 THEN r.days ELSE 0 END) AS BIGINT) AS days_open,
       CAST(SUM(CASE WHEN r.agencies > 1 THEN r.days ELSE 0 END) AS BIGINT) AS days_several
FROM running r JOIN people p ON p.person_no = r.person_no GROUP BY p.person_id, r.person_no ORDER BY p.person_id
"""
_SUMMARY = """
SELECT COUNT(*) AS people, COALESCE(SUM(CASE WHEN most > 1 THEN 1 ELSE 0 END), 0) AS people_several,
       COALESCE(SUM(days_open), 0) AS days_open, COALESCE(SUM(days_several), 0) AS days_several
FROM at_once
"""


def find_overlaps(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return how many agencies have an open episode with one person at once, and which.

    Source: docs/reference/findings.md, E1.
    """
    episodes = episodes_of(of.journeys, rules, engine)
    at_once = engine.sql(_AT_ONCE, episodes=episodes, people=of.journeys.people)
    together = engine.sql(_TOGETHER, episodes=episodes)
    row = engine.fetch(engine.sql(_SUMMARY, at_once=at_once)).to_pylist()[0]
    found: dict[str, Any] = {"episodes": episodes.rows, **{name: int(number) for name, number in row.items()}}
    found["share_several"] = round(found["days_several"] / found["days_open"], 6) if found["days_open"] else None
    return Measurement(
        {"overlaps": found},
        _notes(found),
        facts=partial(_facts, at_once, together, episodes, engine=engine),
        tables={"episodes": episodes, "open_at_once": at_once},
        headlines=(
            _headline("several_at_once", "people with several agencies at work at once", "1"),
            _headline("days_several", "days on which several agencies were at work", "days_several"),
        ),
    )


def _headline(name: str, words: str, value: str) -> Headline:
    text = f"""
    SELECT person_id AS id, person_id AS who, CAST({value} AS DOUBLE) AS value FROM at_once WHERE most > 1
    ORDER BY person_id
    """
    return Headline(
        name, "E1", words, "people", LESS, False, None,
        lambda of, engine: engine.sql(text, at_once=of.table("open_at_once")),
    )  # fmt: skip


_PAIRED = """
SELECT t.person_no, 0 AS quarter_no, a.value_no AS first_no, b.value_no AS second_no, t.days,
       CAST(1 AS BIGINT) AS one
FROM together t JOIN agencies a ON a.value = t.first_agency JOIN agencies b ON b.value = t.second_agency
"""
_ENDS = """
SELECT *, first_no AS agency_no FROM facts UNION ALL SELECT *, second_no AS agency_no FROM facts
"""
_MOST = """
SELECT person_no, 0 AS quarter_no, CAST(LEAST(most, {last}) - 1 AS INTEGER) AS most_no, CAST(1 AS BIGINT) AS one
FROM at_once
"""
_MET = """
SELECT DISTINCT f.*, a.value_no AS agency_no FROM facts f JOIN episodes e ON e.person_no = f.person_no
JOIN agencies a ON a.value = e.agency
"""


def _facts(at_once: Handle, together: Handle, episodes: Handle, words: Words, engine: Engine) -> Sequence[Facts]:
    """Return the facts of overlaps, overlap_days and open_at_once."""
    agencies, named = words.lists["agency"], words.tables["agency"]
    pairs = engine.sql(_PAIRED, together=together, agencies=named)
    ends = engine.sql(_ENDS, facts=pairs)
    most = engine.sql(_MOST.format(last=len(AT_ONCE)), at_once=at_once)
    met = engine.sql(_MET, facts=most, episodes=episodes, agencies=named)
    plain, fed = View(most, "most_no", "", "one"), View(met, "most_no", "", "one")
    return (
        _paired("overlaps", pairs, ends, "one", agencies),
        _paired("overlap_days", pairs, ends, "days", agencies),
        Facts("open_at_once", "people", plain, fed, plain, fed, AT_ONCE, quarters=False, chips=WHOLE),
    )


def _paired(table: str, pairs: Handle, ends: Handle, value: str, names: list[str]) -> Facts:
    plain, fed = (View(view, "first_no", "second_no", value) for view in (pairs, ends))
    return Facts(
        table, "people", plain, fed, plain, fed, names, names, quarters=False, total=value != "one", chips=WHOLE
    )


def _notes(found: dict[str, Any]) -> tuple[Note, ...]:
    if not found["people"]:
        return ()
    text = (
        f"{found['people_several']:,} of {found['people']:,} people had several agencies at work at once, on "
        f"{found['days_several']:,} of {found['days_open']:,} days with any ({found['share_several']:.0%})."
    )
    return (Note("overlaps", text, found),)
