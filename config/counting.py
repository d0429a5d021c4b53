"""Rules of counting spend: each key has its default and its reason in counting.toml."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from totalplace.config.section import Section

Tier = Literal["", "local", "regional", "national"]
Control = Literal["", "local", "central", "arms_length"]
# A number as somebody wrote it: how it is written says how far it was rounded.
Written = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")]


class BodyRules(Section):
    """A body that spends: what its lines say where their own cells are empty."""

    name: str = ""
    tier: Tier = ""
    control: Control = ""
    place: str = ""


class PlaceRules(Section):
    """A place or a part of it; `within` is the place that it is a part of."""

    name: str = ""
    within: str = ""
    population: int = Field(default=0, ge=0)
    population_year: str = ""
    population_source: str = ""


class StatedRules(Section):
    """A printed total, number of units and amount per unit, each as it was written, such as "112000000"."""

    what: str
    total_gbp: Written
    number: Written
    per_unit_gbp: Written


class CountingRules(Section):
    """Keys of `[counting]`; reasons stand in counting.toml."""

    spend: str
    population: int = Field(ge=0)
    population_year: str
    population_source: str
    stated: list[StatedRules]
    bodies: dict[str, BodyRules]
    places: dict[str, PlaceRules]

    @model_validator(mode="after")
    def _places_lie_within_places(self) -> CountingRules:
        for code, place in self.places.items():
            seen, above = {code}, place.within
            while above:
                if above not in self.places:
                    raise ValueError(f"place {code} lies within a place that is not listed")
                if above in seen:
                    raise ValueError(f"place {code} lies within itself")
                seen.add(above)
                above = self.places[above].within
        return self

    @model_validator(mode="after")
    def _bodies_stand_in_places(self) -> CountingRules:
        lost = sorted(code for code, body in self.bodies.items() if body.place and body.place not in self.places)
        if lost:
            raise ValueError(f"the place of body {lost[0]} is not listed under places")
        return self
