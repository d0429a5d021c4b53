"""What directly follows what in any table of events: the standalone measure, each event its own block, never cut."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from totalplace.tables import Engine, Handle

ARROW = " > "


@dataclass(frozen=True)
class DirectlyFollows:
    """Which activity directly follows which, and whole ways.

    Args:
        edges: from, to (activities), count; most frequent first, then by name.
        variants: variant (activities joined by ` > `), count (cases); most frequent first, then by name.
    """

    edges: pa.Table
    variants: pa.Table


def directly_follows(
    events: Handle, case: str, activity: str, timestamp: str, order: str | None, engine: Engine
) -> DirectlyFollows:
    """Return counts of directly following events within each case.

    Args:
        events: any table, one row per event.
        case: name of the column that says whose event it is.
        activity: name of the column that says what happened.
        timestamp: name of the column that says when.
        order: name of a column that orders events of one time stamp; None = by activity.
        engine: where it runs.

    Returns:
        Events without a case or an activity are left out.
    """
    quoted = {key: '"' + name.replace('"', '""') + '"' for key, name in
              {"c": case, "a": activity, "t": timestamp, "o": order or activity}.items()}  # fmt: skip
    text = """
    SELECT CAST({c} AS STRING) AS case_id, CAST({a} AS STRING) AS activity,
           ROW_NUMBER() OVER (PARTITION BY {c} ORDER BY {t}, {o}, {a}) AS place
    FROM events WHERE {c} IS NOT NULL AND {a} IS NOT NULL
    """.format(**quoted)
    placed = engine.sql(text, events=events)
    pairs = """
    WITH following AS (
      SELECT activity, LEAD(activity) OVER (PARTITION BY case_id ORDER BY place) AS following FROM placed)
    SELECT activity AS "from", following AS "to", COUNT(*) AS "count" FROM following WHERE following IS NOT NULL
    GROUP BY activity, following ORDER BY 3 DESC, 1, 2
    """
    edges = engine.fetch(engine.sql(pairs, placed=placed))
    return DirectlyFollows(edges, _variants(placed, engine))


def _variants(placed: Handle, engine: Engine) -> pa.Table:
    rows = engine.fetch(
        engine.sql("SELECT case_id, activity, place FROM placed ORDER BY case_id, place", placed=placed)
    )
    starts = [k for k, place in enumerate(rows["place"].to_pylist()) if place == 1]
    activity = rows["activity"].to_pylist()
    counts: dict[str, int] = {}
    for a, b in zip(starts, [*starts[1:], len(activity)], strict=True):
        way = ARROW.join(activity[a:b])
        counts[way] = counts.get(way, 0) + 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return pa.table(
        {
            "variant": pa.array([w for w, _ in ranked], pa.string()),
            "count": pa.array([n for _, n in ranked], pa.int64()),
        }
    )
