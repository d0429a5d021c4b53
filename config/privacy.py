"""Rules of privacy: modes, keys, disclosure control."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from totalplace.config.section import Section


class PrivacyRules(Section):
    """Keys of `[privacy]`; reasons stand in privacy.toml."""

    mode: Literal["clear", "tokens", "filters"]
    synthetic: bool
    controller: str
    lawful_basis: str
    destroy_by: str
    convention: Literal["threshold_10", "nhs_1_to_7", "tre_10"]
    min_cell: int = Field(ge=1)
    floor_min_cell: int = Field(ge=5)
    round_to: int = Field(ge=1)
    max_contributor_share: float = Field(gt=0, le=1)
    min_agencies: int = Field(ge=1)
    salt_names_by_birth_year: bool
    dummy_share: float = Field(ge=0, lt=1)
    key_file: str
    row_key_folder: str
    linkage_key_file: str
