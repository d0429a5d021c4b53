"""What the explorer says that is not a cell: names, rules, thresholds and how far the linkage can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

RULES: Mapping[str, str] = {
    "A1": "Two agencies, or two services, meet the same person if both have a contact with them in one window of "
    "months. Chance is what they would share if they knew nothing of each other, reckoned within each area and window "
    "from everybody known there. The interval is the exact 95% interval of a count.",
    "C1": "A contact is one recorded interaction of a person with an agency. Exact re-sends are dropped. "
    "A missed appointment is a contact, never an intervention.",
    "C2": "An intervention is a contact in which an agency does something to, with or for somebody: a visit, "
    "an assessment, a treatment, an arrest, a decision. The place's own vocabulary decides which types count.",
    "C3": "An assessment is an intervention that gathers facts to decide eligibility, need, risk or means.",
    "W1": "A redesign is run on history: its operations drop contacts, move them to another day or let another agency "
    "take them on, and the same measures are taken again. What the law or the place protects is never dropped.",
    "D1": "An assessment is avoidable if an earlier one for the same purpose was still valid when it started. "
    "Joint assessments, statutory reviews, appeals and changes of circumstances are set aside first. "
    "The number answers: how few assessments would have done?",
    "D2": "A story is told again by a second assessment that asks for facts that an earlier one in the window had.",
    "E1": "An episode is open from the day a case opens to the day it closes; where an agency tells neither, it is a "
    "run of contacts without a long silence.",
    "FAM2": "A family's peak is the largest number of interventions in any one window of calendar months. "
    "It is high-demand at a threshold if its peak reaches it with enough agencies.",
    "FAM3": "Families are ordered by interventions, highest first, and the running share is drawn.",
    "FAM6": "Which records are one person is never certain. So headlines are counted again for many ways in which the "
    "uncertain links may fall, and a range holds the middle of those counts (90%, or what the project set) and the "
    "number as linked. "
    "Links missed altogether are not in it, so for handoffs and people it is too narrow. Ranges are of the whole "
    "place; a filter has none.",
    "G1": "A wait runs from a referral or a promised appointment to the next contact it was for, or to the last day.",
    "H1": "A handoff is a step from a contact with one agency to the next contact with another, either by a recorded "
    "referral or within the set number of days. Agencies that work side by side at one time are counted apart.",
    "J1": "A journey is a person's contacts in order; contacts of one day stand together as one step.",
    "K1": "A cohort is the people who had one kind of event. Counted is the day of their first contact after it, as "
    "far as the data reach.",
    "P1": "A rule of the place says what should follow, or not. A case keeps it, does not, or cannot be judged yet.",
    "R1": "A referral is taken up if the agency it was made to, or one that stands in for it, met the person in time. "
    "People whose links are not sure enough are set aside: a missed link looks like a referral not taken up.",
    "X1": "Money is the fiscal unit cost of each priced contact. What has no price is left out and counted beside it. "
    "Averages say what a contact costs, not what one fewer would save.",
    "X2": "Contacts and interventions are counted where the agency recorded them.",
    "X3": "Contacts are counted by the area where the person lives and the area where the service is.",
}


@dataclass(frozen=True)
class Estimate:
    """A share with its range, each from 0 to 1."""

    central: float
    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse a range that does not hold its centre."""
        if not 0 <= self.low <= self.central <= self.high <= 1:
            raise ValueError("an estimate needs 0 <= low <= central <= high <= 1")


@dataclass(frozen=True)
class Story:
    """Everything the explorer shows besides cells. No figure about people may stand here, except as text already safe.

    Args:
        place: name of the place.
        synthetic: the people are invented; every page says so.
        run_id, config_hash, data_hash: as in the manifest.
        convention: the rule for small numbers, as `privacy.convention`.
        min_cell: least people (families) behind a shown number.
        round_to: shown counts are multiples of this; 1 = not rounded.
        window_from: first day of the data.
        window_to: day after the last.
        agencies: (code, name) in the order that fixes each agency's colour and lane.
        validity_days: days for which an assessment counts as valid.
        window_months: calendar months in a family's peak window.
        min_agencies: agencies that a high-demand family must have met.
        min_interventions: the thresholds K on offer.
        max_gap_days: longest step, in days, that still counts as a handoff.
        precision, recall: of the linkage, with ranges; None = not known.
        threshold_bits: match weight from which two records are joined; None = not known.
        unlinked_share, unmapped_share, uncosted_share: of all contacts, 0 to 1; None = not known.
        rules: rule id -> the sentence that defines it.
        follow_up_days: days in which a referral should be taken up.
        telling_months: months in which a story could have been kept.
        friction_share: least, middle and most of an assessment's cost that reusing another's result still takes.
        affinity_months: months of a window in which two agencies meet the same person.
        price_year: year in which money is stated; "" = each unit cost in the year of its source.
        spend: what bodies say that they spend, a row for each total, from `pipeline.spend_rows`: no record of anybody.
        themes, purposes: code -> the name that is printed for it; others are printed as their code, in words.
        graph: address of `graph.html` from where the explorer lies; "" = it does not lie beside.
        notes: further lines for the page Trust, already safe.
        version: of totalplace.
    """

    place: str
    synthetic: bool
    run_id: str
    config_hash: str
    data_hash: str
    convention: str
    min_cell: int
    round_to: int
    window_from: date
    window_to: date
    agencies: tuple[tuple[str, str], ...]
    validity_days: int
    window_months: int
    min_agencies: int
    min_interventions: tuple[int, ...]
    max_gap_days: int
    precision: Estimate | None = None
    recall: Estimate | None = None
    threshold_bits: float | None = None
    unlinked_share: float | None = None
    unmapped_share: float | None = None
    uncosted_share: float | None = None
    rules: Mapping[str, str] = field(default_factory=lambda: dict(RULES))
    follow_up_days: int = 0
    telling_months: int = 0
    friction_share: tuple[float, ...] = ()
    affinity_months: int = 1
    price_year: str = ""
    spend: tuple[Mapping[str, Any], ...] = ()
    themes: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)
    graph: str = ""
    notes: tuple[str, ...] = ()
    version: str = ""
