"""What a measure is given and what it gives back: a new measure is one function and one line in `measures.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts
from totalplace.journeys.duplicates.assessments import DuplicateCounts
from totalplace.journeys.families.high_demand import FamilyPeaks
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.names import Words
from totalplace.tables import CELLS, FINDINGS, Engine, Handle, Note

Tallies = np.ndarray[Any, Any]
LESS, MORE, OPEN = "less", "more", "open"


@dataclass(frozen=True)
class Headline:
    """One number.

    Args:
        name: key in the summary.
        rule_id: section of findings.md that defines it.
        words: what it counts.
        unit: people or families: who stands behind it.
        missed: what a missed link does to it: `less` or `more` of it, or `open` = either.
        pairs: it counts pairs of contacts of one person, so that a missed link takes away its share of it.
        cell: table and row of CELLS that show the same number; None = none does.
        facts: returns `id`, `who` (whoever stands behind it) and `value`, one row per thing counted, in a fixed order.
    """

    name: str
    rule_id: str
    words: str
    unit: str
    missed: str
    pairs: bool
    cell: tuple[str, str] | None
    facts: Callable[[Measured, Engine], Handle]


@dataclass(frozen=True)
class Figure:
    """One number that is no plain sum, such as a share, a curve's height or a Gini coefficient, made of tallies.

    Args:
        name, rule_id, words, unit, missed, cell: as of a `Headline`.
        form: `share`, `gbp`, `ratio` or `number`.
        part: the part of the tallies it is made of; None = all of them.
        of: from keys, int64 (3, tallies): part, a and b of each, and float64 (histories, tallies): how often each
            occurs in each history, to float64 (histories,); nan = nothing to say.
    """

    name: str
    rule_id: str
    words: str
    unit: str
    missed: str
    cell: tuple[str, str] | None
    form: str
    part: int | None
    of: Callable[[Tallies, Tallies], Tallies]


@dataclass(frozen=True)
class Tallied:
    """Figures that are made of the same tallies.

    Args:
        tallies: returns `id` (whoever stands behind it), `part`, `a`, `b` and `value`, which add up over ids: so the
            tallies of a partition are those of the place and what each changed group adds.
        figures: the figures.
    """

    tallies: Callable[[Measured, Engine], Handle]
    figures: tuple[Figure, ...]


def no_facts(words: Words) -> Sequence[Facts]:
    """Return no fact: the measure has no table of CELLS."""
    return ()


@dataclass(frozen=True)
class Measurement:
    """What one measure found.

    Args:
        summary: headline numbers by their key, plain Python values.
        notes: what must be read beside the numbers.
        findings: FINDINGS; their config_hash is set when all are put together.
        facts: from the words of the place to what the measure's tables of CELLS count; asked only when cells are made,
            so that copies of a place, which have no cells, do not pay for them.
        cells: CELLS that are no sum over people's facts.
        tables: tables for the analyst by the name of their file in `analysis/`.
        headlines: numbers to be carried through the linkage's uncertainty; the same ones whatever the data.
        figures: numbers that are no sums, to be carried likewise; those of a place are taken of its copies too.
    """

    summary: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    findings: pa.Table = field(default_factory=FINDINGS.empty)
    facts: Callable[[Words], Sequence[Facts]] = no_facts
    cells: pa.Table = field(default_factory=CELLS.empty)
    tables: Mapping[str, Handle] = field(default_factory=dict)
    headlines: tuple[Headline, ...] = ()
    figures: tuple[Tallied, ...] = ()


@dataclass(frozen=True)
class Measured:
    """What the measures of the room made of a place, or of copies of parts of it.

    Args:
        journeys: from `build_journeys`.
        duplicates: the counts of D1.
        families: the peak windows of FAM2.
        further: what each measure of the list `MEASURES` found, in its order.
    """

    journeys: Journeys
    duplicates: DuplicateCounts
    families: FamilyPeaks
    further: tuple[Measurement, ...] = ()

    def table(self, name: str) -> Handle:
        """Return a table that one of the further measures keeps for the analyst."""
        return next(one.tables[name] for one in self.further if name in one.tables)


# A measure reads journeys, duplicates, families and, in `further`, what the measures before it in the list found.
Measure = Callable[[Measured, FindingsRules, Engine], Measurement]
