"""One agency's file: which column of its extracts is what, and what its codes and types mean."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator

from totalplace.config.section import Section


class AgencyHead(Section):
    """Who sends the extracts."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    tier: Literal["local", "regional", "national"] = "local"
    duplicate_free: bool = False
    reference_date: str = ""

    @field_validator("reference_date")
    @classmethod
    def _is_a_day(cls, text: str) -> str:
        if text:
            try:
                date.fromisoformat(text)
            except ValueError:
                raise ValueError("not a day in the form 2024-03-31") from None
        return text


class ExtractRules(Section):
    """One file or family of files: `client` and `contact` say which of their columns is what."""

    file: str
    sheet: str = ""
    encoding: str = "auto"
    delimiter: str = "auto"
    date_format: str | list[str] = "%Y-%m-%d"
    client: dict[str, Any] = {}
    contact: dict[str, Any] = {}
    relation: dict[str, Any] = {}
    values: dict[str, dict[str, str]] = {}

    @field_validator("delimiter")
    @classmethod
    def _is_one_character(cls, text: str) -> str:
        if text != "auto" and (len(text) != 1 or text in '"\r\n\0'):
            raise ValueError('is not one character; use "auto", ",", ";", "|" or "\\t"')
        return text

    @field_validator("date_format")
    @classmethod
    def _is_given(cls, forms: str | list[str]) -> str | list[str]:
        if not forms:
            raise ValueError('is empty; give a form such as "%d/%m/%Y"')
        return forms


class TypeRules(Section):
    """What one of the place's own words for a contact means."""

    contact_class: Literal["intervention", "administrative", "enquiry", "outcome", "milestone"] | None = Field(
        default=None, alias="class"
    )
    assessment: bool = False
    purpose: str = ""
    scope: Literal["person", "household", "property"] = "person"
    theme: str = ""
    cost_key: str = ""
    statutory: bool = False
    kind: Literal["", "first", "review", "change", "appeal"] = ""
    barred: bool = False
    precedence: int = 0


class AgencyRules(Section):
    """The whole of `agencies/<agency>.toml`."""

    agency: AgencyHead
    extract: list[ExtractRules]
    types: dict[str, TypeRules] = {}
