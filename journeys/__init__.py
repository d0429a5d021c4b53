"""What happened to them: contacts become journeys, journeys become findings. Sees persons, never tokens."""

from typing import TYPE_CHECKING

from totalplace.late import open_late

if TYPE_CHECKING:
    from totalplace.journeys.duplicates.assessments import DuplicateCounts
    from totalplace.journeys.event_logs.directly_follows import DirectlyFollows, directly_follows
    from totalplace.journeys.explained.finding import explain_finding
    from totalplace.journeys.families.high_demand import FamilyPeaks
    from totalplace.journeys.findings import Findings, find_all
    from totalplace.journeys.graph import service_graph
    from totalplace.journeys.journeys import Journeys, build_journeys
    from totalplace.journeys.judged import Judged, lay_judgements
    from totalplace.journeys.redesign.simulator import Place, Redesigns, try_scenarios
    from totalplace.journeys.timelines import family_timelines
    from totalplace.journeys.uncertainty.carried import Uncertainty, carry_uncertainty
    from totalplace.journeys.uncertainty.copies import Alternatives

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
        "Alternatives": "uncertainty.copies",
        "DirectlyFollows": "event_logs.directly_follows",
        "DuplicateCounts": "duplicates.assessments",
        "FamilyPeaks": "families.high_demand",
        "Findings": "findings",
        "Journeys": "journeys",
        "Judged": "judged",
        "Place": "redesign.simulator",
        "Redesigns": "redesign.simulator",
        "Uncertainty": "uncertainty.carried",
        "build_journeys": "journeys",
        "carry_uncertainty": "uncertainty.carried",
        "directly_follows": "event_logs.directly_follows",
        "explain_finding": "explained.finding",
        "family_timelines": "timelines",
        "find_all": "findings",
        "lay_judgements": "judged",
        "service_graph": "graph",
        "try_scenarios": "redesign.simulator",
    },
)
