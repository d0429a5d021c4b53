"""What happened to them: contacts become journeys, journeys become findings. Sees persons, never tokens."""

from typing import TYPE_CHECKING

from totalplace.late import open_late

if TYPE_CHECKING:
    from totalplace.journeys.copies import Alternatives
    from totalplace.journeys.duplicates import DuplicateCounts
    from totalplace.journeys.events import DirectlyFollows, directly_follows
    from totalplace.journeys.explained import explain_finding
    from totalplace.journeys.families import FamilyPeaks
    from totalplace.journeys.findings import Findings, find_all
    from totalplace.journeys.graph import service_graph
    from totalplace.journeys.journeys import Journeys, build_journeys
    from totalplace.journeys.judged import Judged, lay_judgements
    from totalplace.journeys.redesign import Place, Redesigns, try_scenarios
    from totalplace.journeys.timelines import family_timelines
    from totalplace.journeys.uncertainty import Uncertainty, carry_uncertainty

__all__ = [
    "Alternatives",
    "DirectlyFollows",
    "DuplicateCounts",
    "FamilyPeaks",
    "Findings",
    "Journeys",
    "Judged",
    "Place",
    "Redesigns",
    "Uncertainty",
    "build_journeys",
    "carry_uncertainty",
    "directly_follows",
    "explain_finding",
    "family_timelines",
    "find_all",
    "lay_judgements",
    "service_graph",
    "try_scenarios",
]

open_late(
    __name__,
    {
        "Alternatives": "copies",
        "DirectlyFollows": "events",
        "DuplicateCounts": "duplicates",
        "FamilyPeaks": "families",
        "Findings": "findings",
        "Journeys": "journeys",
        "Judged": "judged",
        "Place": "redesign",
        "Redesigns": "redesign",
        "Uncertainty": "uncertainty",
        "build_journeys": "journeys",
        "carry_uncertainty": "uncertainty",
        "directly_follows": "events",
        "explain_finding": "explained",
        "family_timelines": "timelines",
        "find_all": "findings",
        "lay_judgements": "judged",
        "service_graph": "graph",
        "try_scenarios": "redesign",
    },
)
