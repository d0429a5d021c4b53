"""Rules of linkage: each key has its default and its reason in linkage.toml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from totalplace.config.section import Section

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class ClusterRules(Section):
    """Keys of `[linkage.cluster]`."""

    split_weak_bridges: bool
    missing_link_share: Annotated[float, Field(gt=0, lt=1)]
    estimate_missing_links: bool
    min_triangles: Count
    max_missing_link_share: Annotated[float, Field(gt=0, lt=1)]
    evidence_exponent: Share
    max_assignment: Count


class OneToOneRules(Section):
    """Keys of `[linkage.one_to_one]`."""

    find: bool
    min_linked: Count
    max_inside_share: Share
    max_duplicate_share: Share
    max_sources: Annotated[int, Field(ge=2, le=64)]
    decoy_factor: Annotated[float, Field(ge=1)]
    scale_spread: Annotated[float, Field(gt=0)]
    shift_spread_bits: Annotated[float, Field(gt=0)]


class HouseholdRules(Section):
    """Keys of `[linkage.household]`."""

    blocked_classes: tuple[str, ...]
    protected_classes: tuple[str, ...]
    building_class: str
    max_occupants: Count
    review_occupants: Count
    max_occupants_per_year: Count
    max_surnames: Count
    review_key_share: Share
    min_review_occupants: Count
    default_dwellings: tuple[Annotated[str, Field(pattern="^[0-9a-f]{32}$")], ...]
    max_addresses: Count
    min_overlap_days: Count


class FamilyRules(Section):
    """Keys of `[linkage.family]`."""

    max_group: Count
    max_adults_with_child: Count
    adult_age_years: Count
    shared_children: Literal["main", "both"]


class CalibrationRules(Section):
    """Keys of `[linkage.calibration]`."""

    weight_share: Annotated[float, Field(gt=0)]
    offset_bits: float
    outvoted_share: Annotated[float, Field(ge=0)]
    absent_bits: Annotated[float, Field(ge=0)]
    several_bits: Annotated[float, Field(ge=0)]
    size_bits: Annotated[float, Field(ge=0)]
    spread_bits: Annotated[float, Field(ge=0)]
    model_spread_bits: Annotated[float, Field(ge=0)]


class AdapterRules(Section):
    """Keys of `[linkage.adapter]`."""

    similarity_cuts: tuple[Annotated[float, Field(gt=0, le=1)], ...]
    max_distinct: Annotated[int, Field(ge=2)]


class TrainingRules(Section):
    """Keys of `[linkage.training]`."""

    random_pairs: Count
    session_pairs: Count
    session_pull: Annotated[float, Field(gt=0)]
    max_pair_sessions: Annotated[int, Field(ge=0)]
    rounds: Count
    first_match_share: Annotated[float, Field(gt=0, lt=1)]
    max_iterations: Count
    tolerance: Annotated[float, Field(gt=0, lt=1)]
    smoothing_pairs: Annotated[float, Field(gt=0)]
    sure_chance: Annotated[float, Field(gt=0, le=1)]
    min_lift: Annotated[float, Field(ge=1)]
    follow_share: Annotated[float, Field(gt=0, le=1)]
    follow_lift: Annotated[float, Field(ge=1)]
    min_excess_share: Annotated[float, Field(ge=0)]
    min_near_bits: Annotated[float, Field(ge=0)]
    max_joint: Count
    max_joint_cells: Count


class BlockingRules(Section):
    """Keys of `[linkage.blocking]`."""

    max_pairs: Count
    min_pairs: Count
    whole_pairs: Count
    pairs_per_record: Count
    max_rules: Count
    min_gain: Share
    max_block: Count
    dominant_share: Share
    dominant_pairs: Count


class ProfileRules(Section):
    """Keys of `[linkage.profile]`."""

    day_first: bool
    min_filled_share: Share
    min_entropy_bits: Annotated[float, Field(ge=0)]
    repeated_share: Annotated[float, Field(gt=0, le=1)]
    placeholders: tuple[str, ...]
    titles: tuple[Annotated[str, Field(pattern="^[A-Z]+$")], ...]
    prefixes: tuple[str, ...]
    others: tuple[str, ...]
    names: dict[str, tuple[str, ...]]


class LinkageRules(Section):
    """Keys of `[linkage]`; reasons stand in linkage.toml."""

    term_frequency: bool
    target: Literal["f1", "precision"]
    target_precision: Annotated[float, Field(gt=0, lt=1)]
    floor_probability: Annotated[float, Field(gt=0, lt=1)]
    duplicate_free: tuple[str, ...]
    training: TrainingRules
    blocking: BlockingRules
    profile: ProfileRules
    cluster: ClusterRules
    one_to_one: OneToOneRules
    household: HouseholdRules
    family: FamilyRules
    calibration: CalibrationRules
    adapter: AdapterRules
