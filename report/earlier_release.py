"""A release held against an earlier one: reads both again as their receiver would, and says what they tell together."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from lxml import html

from totalplace.errors import InputError
from totalplace.report.disclosure.conventions import Convention
from totalplace.report.disclosure.folding import Cell
from totalplace.report.disclosure.twice import NEW, UNKNOWN, Reading, Together, read_together
from totalplace.report.explorer.cube import cut_short, unpack

TABLE, LISTING = "cells.parquet", "leaves.json"
KEYS = ("table", "chip", "chip_value", "quarter", "row", "column", "unit")
NAMED = 5  # numbers named in the text; --json names all


def check_against(new: Path, old: Path) -> dict[str, Any]:
    """Return what a new and an earlier release tell together, no value among it.

    Args:
        new, old: `explorer.html`, a `cells` table, or the folder `report/` of a run.

    Returns:
        `file` and `against`; `held` and `changed`, how many kinds of number and quarters could be compared and how many
        had changed; `follows`, the withheld numbers that follow from both; `small_changes`, shown numbers whose change
        tells of a few people; `faults` and `notes`, sentences.

    Raises:
        InputError: TP489, a file holds no released numbers.
    """
    told = read_together(_reading(old), _reading(new))
    names = [_name(one.cell, withheld_in="new" if one.side == NEW else "old") for one in told.follows]
    return {
        "file": new.name,
        "against": old.name,
        "held": len(told.held),
        "changed": len(told.changed),
        "follows": [dict(pairs) for pairs in sorted({tuple(name.items()) for name in names})],
        "small_changes": [_name(cell) for cell in told.small_changes],
        "faults": list(_faults(told)),
        "notes": list(_notes(told)),
    }


def _faults(told: Together) -> Iterable[str]:
    by_table: dict[tuple[str, int], dict[tuple[str, ...], Cell]] = defaultdict(dict)
    for one in told.follows:
        by_table[one.cell.table, one.side][one.cell[:6]] = one.cell
    for (table, side), cells in sorted(by_table.items()):
        where = "the new" if side == NEW else "the earlier"
        some = [_words(cell) for cell in list(cells.values())[:NAMED]]
        more = f" and {len(cells) - NAMED:,} more" if len(cells) > NAMED else ""
        number = f"{len(cells):,} numbers" if len(cells) > 1 else "1 number"
        yield f"table {table}: {number} withheld in {where} release may be narrowed: {'; '.join(some)}{more}"


def _notes(told: Together) -> Iterable[str]:
    if told.changed:
        what = f"{len(told.changed):,} of {len(told.held) + len(told.changed):,} kinds of number and quarters"
        yield f"{what} have changed in between and were not held against each other"
    if told.small_changes:
        yield f"{len(told.small_changes):,} shown numbers tell that a few people came or went"


def _name(cell: Cell, **more: str) -> dict[str, str]:
    return {**more, **dict(zip(KEYS[:6], cell[:6], strict=True))}


def _words(cell: Cell) -> str:
    """Return which number it is, as the files name it."""
    where = [cell.chip_value and f"{cell.chip} {cell.chip_value}", cell.quarter, cell.row, cell.column]
    return ", ".join(text for text in where if text) or "in all"


def _reading(path: Path) -> Reading:
    if path.is_dir():
        path = path / TABLE
    try:
        if path.suffix.lower() in (".html", ".htm"):
            return _of_page(path)
        return _of_table(path)
    except OSError as error:
        raise InputError(
            "TP483", path.name, f"cannot be read ({error.strerror or 'damaged'})", "Check its name."
        ) from None
    except (pa.ArrowInvalid, ValueError, KeyError, TypeError, IndexError):
        cure = "Name an explorer.html, a cells table with leaves.json beside it, or the folder report/ of a run."
        raise InputError("TP489", path.name, "holds no released numbers", cure) from None


def _of_table(path: Path) -> Reading:
    meta = json.loads((path.parent / LISTING).read_text(encoding="utf-8"))
    if path.suffix.lower() == ".parquet":
        rows = pyarrow.parquet.read_table(path).to_pylist()
    else:
        plain = pyarrow.csv.ConvertOptions(
            column_types={**dict.fromkeys(KEYS, pa.string()), "shown": pa.float64(), "people_shown": pa.float64()}
        )
        rows = pyarrow.csv.read_csv(path, convert_options=plain).to_pylist()
    cells = [_cell([row[key] for key in KEYS], row["shown"], row["people_shown"]) for row in rows]
    return Reading(cells, _convention(meta))


def _of_page(path: Path) -> Reading:
    page = html.document_fromstring(path.read_bytes(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    cube, story = (
        json.loads(page.xpath(f"//script[@type='application/json'][@id='{name}']")[0].text)
        for name in ("cells", "story")
    )
    cells = [_cell([getattr(c, key) for key in KEYS], c.shown, c.people) for c in unpack(cube)]
    return Reading(cells, _convention(story), frozenset(cut_short(cube)))


def _cell(keys: Sequence[str], shown: float | None, people: float | None) -> Cell:
    *where, unit = keys
    value = UNKNOWN if shown is None else shown
    behind = UNKNOWN if shown is None or people is None else round(people)
    table, chip, chip_value, quarter, row, column = where
    return Cell(table, chip, chip_value, quarter, row, column, value, unit, behind, 0.0, 0)


def _convention(meta: Mapping[str, Any]) -> Convention:
    """Return the rule that a release states; where numbers are exact, zeros may be withheld too (`tre_10`)."""
    return Convention("", int(meta["min_cell"]), int(meta["round_to"]), int(meta["round_to"]) > 1, enforced=True)
