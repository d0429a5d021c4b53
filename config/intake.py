"""Rules of intake: each key has its default and its reason in intake.toml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from totalplace.config.section import Section


class NameRules(Section):
    """Keys of `[intake.names]`."""

    titles: list[str]
    suffixes: list[str]
    joined_prefixes: list[str]
    particles: list[str]
    placeholders: list[str]
    placeholder_beginnings: list[str]
    split_first_names: bool


class DateRules(Section):
    """Keys of `[intake.dates]`."""

    placeholders: list[str]
    min_birth_year: int
    min_contact_year: int
    max_unborn_days: int = Field(ge=0)
    two_digit_pivot_year: int = Field(ge=0, le=99)
    min_peak_records: int = Field(ge=2)
    max_peak_chance: float = Field(gt=0, lt=1)


class PlaceRules(Section):
    """Keys of `[intake.places]`."""

    postcode_form: Literal["uk", "any"]
    postcode_areas: list[str]
    pretend_areas: list[str]
    placeholder_districts: list[str]
    placeholders: list[str]
    flat_words: list[str]
    street_words: list[list[str]]


class IdentifierRules(Section):
    """Keys of `[intake.identifiers]`."""

    placeholders: list[str]
    placeholder_mail_names: list[str]
    min_phone_digits: int = Field(ge=1)
    max_phone_digits: int = Field(ge=1)
    country_code: str
    max_uprn_digits: int = Field(ge=1)
    pretend_nhs_beginning: str
    pretend_nino_prefix: str


class HeaderRules(Section):
    """Keys of `[intake.headers]`: our name and a header's pattern; words of files' names and of columns of codes."""

    extract_words: list[str]
    client: list[tuple[str, str]]
    contact: list[tuple[str, str]]
    words: list[tuple[str, str, str]]


class IntakeRules(Section):
    """Keys of `[intake]`; reasons stand in intake.toml."""

    max_refused_share: float = Field(ge=0, le=1)
    max_cell_chars: int = Field(ge=1, le=16000)
    max_row_lines: int = Field(ge=1)
    encoding_sample_bytes: int = Field(ge=1024)
    delimiters: list[str]
    text_encodings: list[str]
    reported_types: int = Field(ge=0)
    batch_day_ratio: float = Field(gt=1)
    min_batch_rows: int = Field(ge=1)
    many_bad_share: float = Field(ge=0, le=1)
    age_band_years: int = Field(ge=1)
    quarter_under_years: int = Field(ge=0)
    top_age_years: int = Field(ge=1)
    milestones: dict[str, int]
    names: NameRules
    dates: DateRules
    sexes: dict[str, list[str]]
    places: PlaceRules
    identifiers: IdentifierRules
    headers: HeaderRules
