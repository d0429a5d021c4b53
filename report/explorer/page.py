"""Writes the explorer: one HTML file of safe cells and a script that draws them; it asks the network for nothing."""

from __future__ import annotations

import gzip
import html
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from string import Template
from typing import Any, Literal

import pyarrow as pa

from totalplace.config.report import ReportRules
from totalplace.errors import PrivacyError, ShapeError
from totalplace.report.disclosure.release import AnalystTable, Release, SafeTable
from totalplace.report.explorer import words
from totalplace.report.explorer.cube import CHIPS, ListLimits, ShownCell, pack
from totalplace.report.explorer.lanes import LANE_LABEL, LaneMap, place_services
from totalplace.report.explorer.redesign_page import redesign_for_script
from totalplace.report.explorer.redesign_words import Redesigned
from totalplace.report.explorer.story import Story
from totalplace.report.explorer.timelines import pack_timelines
from totalplace.report.files import place
from totalplace.report.inline import as_json, sha256_source, template

Edition = Literal["share", "analyst"]
SCRIPTS = (
    "explorer_cube.js",
    "explorer_draw.js",
    "explorer_flow.js",
    "explorer_compare.js",
    "explorer_costs.js",
    "explorer_spend.js",
    "explorer_followup.js",
    "explorer_together.js",
    "explorer_pages.js",
    "explorer_trust.js",
    "explorer_frame.js",
)
REDESIGN_SCRIPT = "explorer_redesign.js"  # where scenarios were run
FAMILY_SCRIPT = "explorer_family.js"  # absent from a share edition, not hidden in it
BY_AREA, ANY_CHIP = ("area",), CHIPS[1:]
# What a file keeps; the first that fits is taken, and the page says what was left out. Long lists are shortened first;
# then numbers of an area in a quarter go, of which a large place has most and withholds most; at last areas themselves.
LIMITS = (
    ListLimits(400, 60, 20),
    ListLimits(400, 60, 20, matrices=False),
    ListLimits(400, 40, 10, matrices=False),
    ListLimits(200, 20, 5, matrices=False),
    ListLimits(400, 60, 20, matrices=False, apart=BY_AREA),
    ListLimits(400, 40, 10, matrices=False, apart=BY_AREA),
    ListLimits(200, 20, 5, matrices=False, apart=BY_AREA),
    ListLimits(100, 10, 0, matrices=False, apart=BY_AREA),
    ListLimits(100, 10, 0, matrices=False, rows=False, apart=BY_AREA),
    ListLimits(60, 5, 0, matrices=False, rows=False, apart=ANY_CHIP),
    ListLimits(60, 5, 0, matrices=False, rows=False, apart=ANY_CHIP, absent=BY_AREA),
)
# The budget is 600 and 150 KB; the skeleton with its words takes what is left.
MOST_BYTES, MOST_GZIPPED = 590_000, 146_000


def write_explorer(
    release: Release,
    story: Story,
    path: Path,
    rules: ReportRules,
    edition: Edition = "share",
    force: bool = False,
    timelines: AnalystTable | None = None,
    redesigned: Redesigned | None = None,
) -> int:
    """Write the explorer and return its size in bytes.

    Args:
        release: safe cells; no other number about people enters the file.
        story: names, thresholds and rules round them.
        path: the file to make.
        rules: `[report]`.
        edition: `share`, or `analyst`, which marks every page and may hold timelines.
        force: replace an existing file.
        timelines: contacts of flagged families, only for the analyst edition; see `report.timelines`.
        redesigned: scenarios that were run; None = no page of them.

    Raises:
        UsageError: the file exists and `force` is not set.
        PrivacyError: record-level rows for a share edition, or an analyst edition that the rules do not allow.
    """
    _guard(release, rules, edition, timelines)
    story = replace(story, min_cell=release.cells.meta["min_cell"], round_to=release.cells.meta["round_to"])
    rows = None if timelines is None else timelines.table
    body = page(release.cells.table, story, rules, edition, rows, doubt_of(release), redesigned).encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    place(path, body, force)
    return len(body)


def page(
    safe: pa.Table,
    story: Story,
    rules: ReportRules,
    edition: Edition = "share",
    timelines: pa.Table | None = None,
    doubt: Mapping[str, Any] | None = None,
    redesigned: Redesigned | None = None,
) -> str:
    """Return the explorer's HTML; equal inputs give equal text.

    Args:
        safe: SAFE_CELLS, as `report.disclosure` makes them.
        story, rules, edition, timelines: as in `write_explorer`.
        doubt: as `doubt_of` makes it; None = nothing is known of what the linkage leaves open.
        redesigned: as in `write_explorer`.
    """
    cells = safe_cells(safe)
    places = _lane_map(cells, story, rules)
    families = None if timelines is None else pack_timelines(timelines, rules.max_families)
    script = _script(families is not None, redesigned is not None)
    style = template("explorer.css")
    facts = words.story_for_script(story, rules, edition, _map_for_script(places), doubt or NO_DOUBT)
    counts = _counts(cells)
    facts |= {"counts": counts}
    facts |= {} if redesigned is None else {"redesign": redesign_for_script(redesigned)}
    parts = {
        "policy": _policy(script, style),
        "style": style,
        "script": script,
        "cells": _cube(cells, story.min_cell, script + style + as_json(facts)),
        "story": as_json(facts if families is None else {**facts, "families": families}),
        **words.fixed_text(
            story, edition, families is not None, redesigned is not None, sum(held for _, held in counts.values())
        ),
    }
    return Template(template("explorer.html")).substitute(parts)


def safe_cells(table: pa.Table) -> list[ShownCell]:
    """Return released rows as cells, sorted by their key."""
    columns = [table[name].to_pylist() for name in ("table", "chip", "chip_value", "quarter", "row", "column", "unit")]
    numbers = [table[name].to_pylist() for name in ("shown", "people_shown")]
    return sorted((ShownCell(*row) for row in zip(*columns, *numbers, strict=True)), key=lambda cell: cell[:6])


def _counts(cells: list[ShownCell]) -> dict[str, list[int]]:
    """Return per table how many numbers are shown and withheld, whether the file has room for them or not."""
    counts: dict[str, list[int]] = {}
    for cell in cells:
        counts.setdefault(cell.table, [0, 0])[cell.shown is None] += 1
    return counts


NO_DOUBT: Mapping[str, Any] = {"ranges": {}, "thresholds": {}, "weights": []}


def doubt_of(release: Release) -> dict[str, Any]:
    """Return what the linkage leaves open, for the script: ranges, headlines at thresholds, pairs by weight."""
    ranges, at, weights = (
        [] if made is None else made.table.to_pylist() for made in (release.ranges, release.thresholds, release.weights)
    )
    thresholds: dict[str, dict[str, float | None]] = {}
    for row in at:
        thresholds.setdefault(f"{row['table']}|{row['row']}", {})[f"{row['threshold']:g}"] = row["shown"]
    return {
        "ranges": {f"{r['table']}|{r['row']}": [r["low"], r["high"]] for r in ranges if not r["withheld"]},
        "thresholds": thresholds,
        "weights": [[row["bits"], row["pairs"], row["right"]] for row in weights],
    }


def _cube(cells: list[ShownCell], min_cell: int, rest: str) -> str:
    """Return the cells, cut until they keep the budget with the rest of the page; timelines have their own."""
    for limits in LIMITS:
        text = as_json(pack(cells, limits, min_cell))
        whole = (rest + text).encode()
        if len(whole) <= MOST_BYTES and len(gzip.compress(whole)) <= MOST_GZIPPED:
            break
    return text


def _guard(release: Release, rules: ReportRules, edition: Edition, timelines: AnalystTable | None) -> None:
    if not isinstance(release.cells, SafeTable) or not isinstance(timelines, AnalystTable | None):
        raise ShapeError("report.write_explorer", "only a SafeTable, and for analysts an AnalystTable, may be written")
    if edition == "analyst" and not rules.allow_analyst_edition:
        cure = "Set allow_analyst_edition = true under [report], if you may, or make the share edition."
        raise PrivacyError("TP521", "report.allow_analyst_edition", "the analyst edition is not allowed here", cure)
    if edition == "share" and timelines is not None:
        cure = "Leave the timelines out, or make the analyst edition."
        raise PrivacyError("TP522", "edition share", "record-level rows were handed to it", cure)


def _lane_map(cells: list[ShownCell], story: Story, rules: ReportRules) -> LaneMap:
    whole = [c for c in cells if c.chip == "all" and not c.quarter and c.people]
    services = {c.row: float(c.people or 0) for c in whole if c.table == "services" and words.is_service(c.row)}
    handoffs = {(c.row, c.column): float(c.people or 0) for c in whole if c.table == "handoffs" and c.column}
    codes = [code for code, _ in story.agencies]
    return place_services(services, handoffs, codes, rules.max_map_services, dict(story.agencies))


def _map_for_script(places: LaneMap) -> Mapping[str, Any]:
    return {
        "lanes": [[lane.agency, lane.top, lane.height, lane.more] for lane in places.lanes],
        "spots": [[spot.service, spot.x, spot.y, spot.label_width] for spot in places.spots],
        "width": places.width,
        "height": places.height,
        "lane": LANE_LABEL,
    }


def _script(with_family: bool, with_redesign: bool) -> str:
    more = [*([FAMILY_SCRIPT] if with_family else []), *([REDESIGN_SCRIPT] if with_redesign else [])]
    names = [*SCRIPTS[:-1], *more, SCRIPTS[-1]]
    return '"use strict";\n(() => {\n' + "".join(template(name) for name in names) + "})();\n"


def _policy(script: str, style: str) -> str:
    """Return the content security policy: this script and this style by their hashes, and nothing from anywhere."""
    return html.escape(
        f"default-src 'none'; script-src '{sha256_source(script)}'; style-src '{sha256_source(style)}'; "
        "img-src data: blob:; form-action 'none'; base-uri 'none'",
        quote=True,
    )
