"""The list of measures, and how a place goes through them."""

from __future__ import annotations

from dataclasses import replace

from totalplace.config.findings import FindingsRules
from totalplace.journeys.affinity.pairs import find_affinity
from totalplace.journeys.cohorts.followed_up import follow_cohorts
from totalplace.journeys.duplicates.assessments import count_duplicates
from totalplace.journeys.duplicates.complexity import find_complexity
from totalplace.journeys.duplicates.costs import cost_duplicates
from totalplace.journeys.families.concentration_figures import spread_demand
from totalplace.journeys.families.early_warning import warn_early
from totalplace.journeys.families.high_demand import find_peaks
from totalplace.journeys.families.persistence import follow_demand
from totalplace.journeys.families.programmes import guard_claims
from totalplace.journeys.flows import follow_flows
from totalplace.journeys.following.followed import follow
from totalplace.journeys.following.front_doors import find_doors
from totalplace.journeys.following.repeat_signs import find_repeat_signs
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.measured import Measure, Measured
from totalplace.journeys.money.contact_costs import cost_contacts
from totalplace.journeys.money.outcomes import cost_outcomes
from totalplace.journeys.pathways.rules import follow_pathways
from totalplace.journeys.spells.gaps import find_gaps
from totalplace.journeys.spells.overlaps import find_overlaps
from totalplace.tables import Engine

# Each reads what D1, FAM2 and those before it made; findings, cells, summary and notes take them in this order.
MEASURES: tuple[Measure, ...] = (
    follow,
    find_gaps,
    find_overlaps,
    follow_cohorts,
    follow_pathways,
    spread_demand,
    cost_contacts,
    cost_outcomes,
    follow_flows,
    follow_demand,
)
# Those without a headline to carry through the linkage's uncertainty: made once of a place, never of its copies.
MEASURED_ONCE: tuple[Measure, ...] = (
    cost_duplicates,
    find_affinity,
    guard_claims,
    warn_early,
    find_doors,
    find_repeat_signs,
    find_complexity,
)


def measure(
    journeys: Journeys, rules: FindingsRules, engine: Engine, further: tuple[Measure, ...] = MEASURES
) -> Measured:
    """Return what all measures make of contacts.

    Args:
        journeys: from `build_journeys`, with the same rules.
        rules: the section `findings`.
        engine: where it runs.
        further: the measures after D1 and FAM2.
    """
    contacts = journeys.contacts
    made = Measured(journeys, count_duplicates(contacts, rules, engine), find_peaks(contacts, rules, engine))
    for one in further:
        made = replace(made, further=(*made.further, one(made, rules, engine)))
    return made
