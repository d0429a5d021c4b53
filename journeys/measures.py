"""The list of measures, and how a place goes through them."""

from __future__ import annotations

from dataclasses import replace

from totalplace.config.findings import FindingsRules
from totalplace.journeys.duplicates import count_duplicates
from totalplace.journeys.families import find_peaks
from totalplace.journeys.followed import follow
from totalplace.journeys.gaps import find_gaps
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.measured import Measure, Measured
from totalplace.tables import Engine

# Each reads what D1 and FAM2 made; findings, cells, summary and notes take them in this order.
MEASURES: tuple[Measure, ...] = (follow, find_gaps)


def measure(journeys: Journeys, rules: FindingsRules, engine: Engine) -> Measured:
    """Return what all measures make of contacts.

    Args:
        journeys: from `build_journeys`, with the same rules.
        rules: the section `findings`.
        engine: where it runs.
    """
    contacts = journeys.contacts
    first = Measured(journeys, count_duplicates(contacts, rules, engine), find_peaks(contacts, rules, engine))
    return replace(first, further=tuple(one(first, rules, engine) for one in MEASURES))
