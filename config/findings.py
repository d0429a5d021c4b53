"""Rules of findings: each key has its default and its reason in findings.toml."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from totalplace.config.section import Section

Days = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
# Contacts by agency and type, `*` for any, or by purpose or theme.
Choice = Annotated[str, Field(pattern=r"^((purpose|theme):.+|[^/:]+/.+)$")]


def _rising(days: list[int]) -> list[int]:
    if sorted(set(days)) != days:
        raise ValueError("must rise from one to the next")
    return days


RisingDays = Annotated[list[Days], Field(min_length=1), AfterValidator(_rising)]


class ContactRules(Section):
    """What counts as a contact and as an intervention (C1, C2)."""

    cost_missed_appointments: bool
    missed_outcomes: list[str]


class EpisodeRules(Section):
    """When an agency's work with a person is open (E1)."""

    gap_days: Days


class JourneyRules(Section):
    """How contacts become journeys (J1)."""

    subject: Literal["person"]
    block: Literal["day", "instant", "event"]
    gap_days: Days
    cut_at: list[str]
    max_variant_steps: int = Field(ge=1, le=20)
    max_variants: int = Field(ge=1)
    min_median_people: int = Field(ge=1)


class HandoffRules(Section):
    """What is a handoff (H1)."""

    max_gap_days: Days


class BounceRules(Section):
    """What is a bounce (H2)."""

    max_span_days: Days
    closing_outcomes: list[str]


class GapRules(Section):
    """How waiting is counted (G1)."""

    working_days: bool
    nation: Literal["england_and_wales", "scotland", "northern_ireland"]
    extra_holidays: list[date]
    promising_types: list[Choice]
    band_days: Annotated[list[Annotated[int, Field(ge=1)]], AfterValidator(_rising)]


class DropoutRules(Section):
    """When a referral was not taken up (R1)."""

    follow_up_days: Annotated[int, Field(ge=1)]
    min_link_probability: Share
    successors: dict[str, list[str]]


class RepeatRules(Section):
    """Proxies for failure demand (R2)."""

    window_days: Days
    chasing_types: list[str]
    no_action_outcomes: list[str]
    rereferral_days: Days
    admission_types: list[str]
    readmission_days: Days
    sample: int = Field(ge=0)


class TellingRules(Section):
    """How often people tell their story (D2)."""

    window_months: int = Field(ge=1)
    many: int = Field(ge=1)
    asks: dict[str, list[str]]


class DuplicateRules(Section):
    """When an assessment repeats another (D1)."""

    validity_days: Days
    sensitivity_days: list[Days] = Field(min_length=3)
    savings: bool
    friction_share: list[Share] = Field(min_length=3, max_length=3)
    incomplete_outcomes: list[str]
    household_purposes: list[str]
    property_purposes: list[str]
    validity: dict[str, Days]
    equivalent: dict[str, list[str]]

    @model_validator(mode="after")
    def _purposes_stand_in_one_group(self) -> DuplicateRules:
        purposes = [purpose for group in self.equivalent.values() for purpose in group]
        if len(purposes) != len(set(purposes)):
            raise ValueError("a purpose stands in two equivalent groups")
        if set(self.household_purposes) & set(self.property_purposes):
            raise ValueError("a purpose is counted per household and per property at once")
        return self


class FamilyRules(Section):
    """What is a high-demand family (FAM2) and how concentration is shown (FAM3)."""

    window_months: int = Field(ge=1)
    window_days: Days
    min_agencies: int = Field(ge=1)
    min_interventions: list[Annotated[int, Field(ge=1)]] = Field(min_length=1)
    top_shares: list[Annotated[float, Field(gt=0, lt=1)]]
    min_sample: int = Field(ge=2)


class PersistenceRules(Section):
    """Periods that are compared with the one before (FAM3, FAM4)."""

    period_months: int = Field(ge=1)
    slack_days: Days


class RegressionRules(Section):
    """The guard against regression to the mean (FAM4)."""

    min_families: int = Field(ge=2)
    programme_types: list[str]
    bands: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    draws: int = Field(ge=100)
    interval_share: Annotated[float, Field(gt=0, lt=1)]


class EarlyWarningRules(Section):
    """Signals before high demand (FAM5)."""

    list_size: int = Field(ge=1)
    min_precision_share: Share


class UncertaintyRules(Section):
    """How uncertain links are carried through (FAM6)."""

    draws: int = Field(ge=20)
    high_probability: Share
    low_probability: Share
    largest_group: int = Field(ge=20)
    thresholds: list[Annotated[float, Field(gt=0, lt=1)]] = Field(min_length=3)
    interval_share: Annotated[float, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _stand_in_order(self) -> UncertaintyRules:
        if not self.low_probability < self.high_probability:
            raise ValueError("low_probability must be under high_probability")
        if not all(self.low_probability <= t <= self.high_probability for t in self.thresholds):
            raise ValueError("thresholds must lie between low_probability and high_probability")
        return self


class ReviewRules(Section):
    """How reviewers' judgements are drawn and counted."""

    sample: int = Field(ge=1)
    min_read: int = Field(ge=1)
    interval_share: Annotated[float, Field(gt=0, lt=1)]


class CohortEvent(Section):
    """An index event and what is asked of the time after it."""

    of: list[Choice] = Field(min_length=1)
    contacts: list[Choice] = []
    reentry: list[Choice] = []


class CohortRules(Section):
    """Cohorts by an index event (K1)."""

    before_days: Days
    after_days: Days
    washout_days: Days
    contact_days: RisingDays
    reentry_days: RisingDays
    compare: list[tuple[str, str]]
    events: dict[str, CohortEvent]

    @model_validator(mode="after")
    def _compared_cohorts_are_there(self) -> CohortRules:
        if not {name for pair in self.compare for name in pair} <= set(self.events):
            raise ValueError("compare names a cohort that is not under events")
        return self


class OutcomeRule(Section):
    """What counts as an outcome, and whose contacts were spent on it (X5)."""

    of: list[Choice] = Field(min_length=1)
    written: list[str] = []
    towards: list[Choice] = Field(min_length=1)


class PathwayRule(Section):
    """What ought to happen to people, or ought not (P1).

    `after`: `of` is followed by `other` within the days; `never_before`: `of` has `other` within the days before it;
    `at_most`: no more than `most` of `of` in any so many days; `by_agency`: `of` is done by an agency in `by`.
    """

    rule: Literal["after", "never_before", "at_most", "by_agency"]
    of: list[Choice] = Field(min_length=1)
    other: list[Choice] = []
    by: list[str] = []
    most: int = Field(default=0, ge=0)
    within_days: Days = 0

    @model_validator(mode="after")
    def _says_what_its_kind_needs(self) -> PathwayRule:
        needed = {
            "after": ("other", "within_days"),
            "never_before": ("other", "within_days"),
            "at_most": ("most", "within_days"),
            "by_agency": ("by",),
        }[self.rule]
        given = {name for name in ("other", "by", "most", "within_days") if getattr(self, name)}
        if given != set(needed):
            raise ValueError(f"a rule {self.rule} takes {' and '.join(needed)}, and no other key")
        return self


class AffinityRules(Section):
    """Which services meet the same people (A1)."""

    window_months: int = Field(ge=1)
    min_people: int = Field(ge=1)
    max_pairs: int = Field(ge=1)


class RedesignRules(Section):
    """What a redesign may touch (W1)."""

    protected_types: list[str]
    uptake_share: list[Share] = Field(min_length=3, max_length=3)
    within_days: Days
    target_share: list[Share] = Field(min_length=2, max_length=2)

    @model_validator(mode="after")
    def _rise(self) -> RedesignRules:
        if self.uptake_share != sorted(self.uptake_share) or self.target_share != sorted(self.target_share):
            raise ValueError("uptake_share and target_share must each rise")
        return self


class UnitCost(Section):
    """What one unit of a service costs.

    `basis` says what the unit is: only a `step` prices a single act. `parent` is the code that contains this one:
    the two never both apply. `min_gbp` and `max_gbp` are the plausible range, outside which a cost is refused.
    """

    what: str
    unit: str
    basis: Literal["step", "episode", "hour", "week", "year"]
    gbp: float = Field(ge=0)
    min_gbp: float = Field(ge=0)
    max_gbp: float = Field(ge=0)
    price_year: str = Field(pattern=r"^\d{4}(/\d{2})?$")
    scope: Literal["fiscal", "economic", "social"]
    source: str
    parent: str = ""

    @model_validator(mode="after")
    def _is_plausible(self) -> UnitCost:
        if not self.min_gbp <= self.gbp <= self.max_gbp:
            raise ValueError("gbp is outside min_gbp to max_gbp, the plausible range of this unit")
        return self


class FindingsRules(Section):
    """Keys of `[findings]`; reasons stand in findings.toml."""

    accept_default_vocabulary: bool
    price_year: str
    contact: ContactRules
    episode: EpisodeRules
    journey: JourneyRules
    handoff: HandoffRules
    bounce: BounceRules
    gap: GapRules
    dropout: DropoutRules
    repeat: RepeatRules
    duplicates: DuplicateRules
    telling: TellingRules
    families: FamilyRules
    persistence: PersistenceRules
    regression: RegressionRules
    early_warning: EarlyWarningRules
    uncertainty: UncertaintyRules
    review: ReviewRules
    cohort: CohortRules
    pathways: dict[str, PathwayRule]
    outcomes: dict[str, OutcomeRule]
    affinity: AffinityRules
    redesign: RedesignRules
    deflators: dict[str, Annotated[float, Field(gt=0)]]
    costs: dict[str, UnitCost]

    @model_validator(mode="after")
    def _journeys_are_cut_at_known_events(self) -> FindingsRules:
        if not set(self.journey.cut_at) <= set(self.cohort.events):
            raise ValueError("journey.cut_at names an event that is not under cohort.events")
        return self
