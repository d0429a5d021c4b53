"""Rules of the measurement of privacy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from totalplace.config.section import Section

Share = Annotated[float, Field(gt=0, le=1)]


class AttackRules(Section):
    """Keys of `[attack]`; reasons stand in attack.toml."""

    attackers: list[Literal["A0", "A1", "A2", "A3", "A4"]] = Field(min_length=1)
    overlap: list[Share] = Field(min_length=1)
    typing_error_share: float = Field(ge=0, le=1)
    fields: list[Literal["surname", "first_name", "middle_names", "street"]] = Field(min_length=1)
    max_values: int = Field(ge=10, le=5000)
    max_records: int = Field(ge=0)
