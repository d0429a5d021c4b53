"""What a measure is given and what it gives back: a new measure is one function and one line in `measures.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts
from totalplace.journeys.duplicates.assessments import DuplicateCounts
from totalplace.journeys.families.high_demand import FamilyPeaks
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.names import Words
from totalplace.tables import CELLS, FINDINGS, Engine, Handle, Note

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
    """

    summary: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    findings: pa.Table = field(default_factory=FINDINGS.empty)
    facts: Callable[[Words], Sequence[Facts]] = no_facts
    cells: pa.Table = field(default_factory=CELLS.empty)
    tables: Mapping[str, Handle] = field(default_factory=dict)
    headlines: tuple[Headline, ...] = ()


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
