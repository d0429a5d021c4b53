"""Without a project: any log of events followed step by step, whoever wrote it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from totalplace.errors import InputError
from totalplace.intake.event_log import XES_SUFFIXES, EventColumns, ReadEvents, read_events
from totalplace.journeys.event_logs.directly_follows import EVENT_TABLES, DirectlyFollows, directly_follows
from totalplace.pipeline.plain_csv import write_plain_csv
from totalplace.pipeline.run_folder import make_folder, refuse_results

if TYPE_CHECKING:
    from totalplace.pipeline.stages import Say

DEFAULT_COLUMNS = {"case": "case_id", "activity": "activity", "timestamp": "timestamp"}
XES_COLUMNS = {"case": "case:concept:name", "activity": "concept:name", "timestamp": "time:timestamp"}
SET_ASIDE = "set_aside"


def follow_events(
    path: Path,
    columns: dict[str, str | None],
    out: Path,
    say: Say,
    *,
    block: str = "event",
    gap_days: int = 0,
    top: int = 0,
    tables: Collection[str] = EVENT_TABLES,
    force: bool = False,
) -> dict[str, Any]:
    """Count what directly follows what in any log of events; writes one CSV per table under `out`.

    Args:
        path: Parquet, CSV, Excel or XES.
        columns: which column is the case, activity, timestamp and order, and how times are written; None = the usual.
        out: folder to write.
        say: prints one line.
        block: what is one step, see `journeys.directly_follows`.
        gap_days: silence that begins another journey; 0 = never.
        top: variants listed, the most frequent first; 0 = all.
        tables: which to write.
        force: write over an earlier result.

    Returns:
        Counts, and where the tables are.

    Raises:
        InputError: the file cannot be read, lacks a column, or holds no event that can be used.
        UsageError: the folder holds a result already.
    """
    usual = XES_COLUMNS if path.name.lower().endswith(XES_SUFFIXES) else DEFAULT_COLUMNS
    chosen = EventColumns(**{**usual, **{name: value for name, value in columns.items() if value is not None}})
    refuse_results(out, [f"{name}.csv" for name in (*EVENT_TABLES, SET_ASIDE)], force)
    read = read_events(path, chosen)
    if not read.rows_in:
        raise InputError("TP402", path.name, "holds a header and no event", "Leave it out, or ask for it again.")
    _warn_of_losses(path, read, say)
    made = directly_follows(read.log, block, gap_days, tables, top)
    if made.counts["undecided"]:
        say("warning", _undecided(made.counts["undecided"]))
    make_folder(out)
    for name in (*EVENT_TABLES, SET_ASIDE):
        (out / f"{name}.csv").unlink(missing_ok=True)
    written = made.tables | ({SET_ASIDE: read.set_aside} if read.set_aside.num_rows else {})
    for name, table in written.items():
        write_plain_csv(table, out / f"{name}.csv")
    say("journeys", _told(made, out))
    return {**made.counts, "rows": read.rows_in, "set_aside": read.set_aside.num_rows, "block": block,
            "gap_days": gap_days, "folder": str(out), "files": [f"{name}.csv" for name in written]}  # fmt: skip


def _warn_of_losses(path: Path, read: ReadEvents, say: Say) -> None:
    lost = read.set_aside
    if not lost.num_rows:
        return
    reasons = lost.group_by(["column", "reason"]).aggregate([([], "count_all")]).sort_by("column").to_pylist()
    told = "; ".join(f"{row['count_all']:,} with {row['reason']} (column '{row['column']}')" for row in reasons)
    if lost.num_rows == read.rows_in:
        cure = "Check --case, --activity and --timestamp, and give --time-format if times are not as 2009-12-31T09:30."
        raise InputError("TP467", path.name, f"holds no event that can be used: {told}", cure)
    say("warning", f"{lost.num_rows:,} of {read.rows_in:,} events are set aside: {told}; see {SET_ASIDE}.csv")


def _undecided(count: int) -> str:
    return (
        f"{count:,} events have the same case and time as the one before and nothing tells their order: "
        "they are ordered by the name of the activity. Name the column that orders them with --order, or use --block."
    )


def _told(made: DirectlyFollows, out: Path) -> str:
    counts = made.counts
    variants = f", {counts['variants']:,} variants" if "variants" in counts else ""
    edges = f" -> {made.tables['edges'].num_rows:,} edges" if "edges" in made.tables else ""
    return f"{counts['events']:,} events of {counts['cases']:,} cases{edges}{variants} in {out}"
