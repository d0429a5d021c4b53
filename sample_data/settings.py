"""What the pretend place is made from: place.toml, needs.toml, and one file per agency that users also get."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from totalplace.config.agency import AgencyRules

AGENCIES = (
    "housing", "childrens_services", "adult_care", "police", "probation",
    "nhs_trust", "mental_health", "jobcentre", "schools", "voluntary",
)  # fmt: skip
KINDS = ("", "first", "review", "change", "appeal")
OUTCOMES = ("completed", "did_not_attend", "cancelled", "incomplete", "no_further_action", "closed")
CHANNELS = ("office", "home", "phone", "online", "letter")


@dataclass(frozen=True)
class Service:
    """One kind of contact of one agency; `mapped` is false for words that the place's vocabulary leaves out."""

    agency: int
    type: str
    mapped: bool
    intervention: bool
    assessment: bool
    purpose: str
    household: bool
    theme: str
    statutory: bool
    barred: bool
    kind: str

    @property
    def name(self) -> str:
        """Return `agency/type`."""
        return f"{AGENCIES[self.agency]}/{self.type}"


@dataclass(frozen=True)
class Settings:
    """Everything that is read, nothing that is drawn.

    Args:
        place: place.toml.
        needs: needs.toml.
        templates: agency code to the text of its `agencies/<agency>.toml`.
        rules: agency code to the same, typed.
        services: all kinds of contact; their position is the service's number everywhere.
    """

    place: Mapping[str, Any]
    needs: Mapping[str, Any]
    templates: Mapping[str, str]
    rules: Mapping[str, AgencyRules]
    services: tuple[Service, ...]

    @property
    def first_day(self) -> int:
        """Return the first day of the window, in days since 1970-01-01."""
        return day_number(self.place["window"]["first_day"])

    @property
    def last_day(self) -> int:
        """Return the last day of the window."""
        return day_number(self.place["window"]["last_day"])

    def number(self, name: str) -> int:
        """Return the number of a service called `agency/type`."""
        return {s.name: i for i, s in enumerate(self.services)}[name]

    def column(self, field: str, dtype: Any = None) -> np.ndarray:
        """Return one attribute of all services, by service number."""
        return np.array([getattr(s, field) for s in self.services], dtype=dtype)

    def open_all_week(self) -> np.ndarray:
        """Return per service whether its agency also works at week-ends."""
        codes = self.place["contacts"]["open_all_week"]
        return np.array([AGENCIES[s.agency] in codes for s in self.services])

    def writes(self, agency: str, field: str) -> bool:
        """Say whether an agency's contacts carry a field, such as `joint`."""
        return any(field in extract.contact for extract in self.rules[agency].extract)


def read_text(name: str) -> str:
    """Return the text of a file of this room."""
    return (resources.files("totalplace.sample_data") / name).read_text(encoding="utf-8")


def load_settings() -> Settings:
    """Read the room's own files."""
    needs = tomllib.loads(read_text("needs.toml"))
    templates = {code: read_text(f"agency_{code}.toml") for code in AGENCIES}
    rules = {code: AgencyRules.model_validate(tomllib.loads(text)) for code, text in templates.items()}
    return Settings(tomllib.loads(read_text("place.toml")), needs, templates, rules, _services(rules, needs))


def _services(rules: Mapping[str, AgencyRules], needs: Mapping[str, Any]) -> tuple[Service, ...]:
    wanted = sorted({name for need in needs.values() for name in need["meet"]})
    found = []
    for number, code in enumerate(AGENCIES):
        mapped = rules[code].types
        unmapped = [n.split("/", 1)[1] for n in wanted if n.split("/", 1)[0] == code]
        for word in [*mapped, *(u for u in unmapped if u not in mapped)]:
            found.append(_service(number, word, mapped.get(word)))
    return tuple(found)


def _service(agency: int, word: str, rule: Any) -> Service:
    if rule is None:
        return Service(agency, word, False, False, False, "", False, "", False, False, "")
    return Service(
        agency, word, True, rule.contact_class == "intervention", rule.assessment, rule.purpose,
        rule.scope == "household", rule.theme, rule.statutory, rule.barred, rule.kind,
    )  # fmt: skip


def day_number(day: Any) -> int:
    """Return days since 1970-01-01."""
    return int(np.datetime64(day, "D").astype(np.int64))


def stream(seed: int, stage: str) -> np.random.Generator:
    """Return the random numbers of one stage: a change in one stage leaves the draws of the others alone."""
    return np.random.default_rng([seed, *stage.encode()])
