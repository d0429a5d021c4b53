"""Homes: streets, houses, flats, and the communal places, with postcodes and property numbers that belong to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

CLASSES = ("residential", "hmo", "care_home", "hostel", "refuge", "student_hall")
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # the inward half of a postcode uses no C, I, K, M, O, V


@dataclass(frozen=True)
class Homes:
    """One entry per dwelling.

    Args:
        street, postcode, ward, town: codes into the texts below.
        number: house number in the street.
        flat: number of the flat, 0 where the building is one dwelling.
        building: code into `building_texts`, -1 for a plain number.
        property_class: code into CLASSES.
        uprn: property reference number, from a range that no gazetteer uses.
    """

    street: np.ndarray
    postcode: np.ndarray
    ward: np.ndarray
    town: np.ndarray
    number: np.ndarray
    flat: np.ndarray
    building: np.ndarray
    property_class: np.ndarray
    uprn: np.ndarray
    street_texts: np.ndarray
    postcode_texts: np.ndarray
    ward_texts: np.ndarray
    town_texts: np.ndarray
    building_texts: np.ndarray
    ordinary: int

    def of_class(self, name: str) -> np.ndarray:
        """Return the dwellings of a class."""
        return np.flatnonzero(self.property_class == CLASSES.index(name))


def build_homes(
    rng: np.random.Generator, rules: Mapping[str, Any], people: int, ordinary: int, communal: Mapping[str, int]
) -> Homes:
    """Return `ordinary` houses and flats, then the communal dwellings.

    Args:
        rng: the stage's random numbers.
        rules: place.toml.
        people: size of the place; it sets the number of wards.
        ordinary: houses and flats wanted.
        communal: class to number of dwellings.
    """
    flats = _buildings(rng, rules["homes"], ordinary)
    building = np.repeat(np.arange(len(flats)), flats)[:ordinary]
    first = np.cumsum(flats) - flats
    flat = np.where(flats[building] > 1, np.arange(ordinary) - first[building] + 1, 0)
    street_of, number_of = _streets(rng, rules["homes"], len(flats))
    classes = np.concatenate(
        [np.zeros(ordinary, int), np.repeat([CLASSES.index(c) for c in communal], list(communal.values()))]
    )
    extra = len(classes) - ordinary
    where = np.concatenate([building, rng.integers(len(flats), size=extra)])
    postcode_of = np.cumsum(_new_postcode(street_of, number_of, rules["homes"]["postcode_buildings"])) - 1
    postcode, posts = postcode_of[where], int(postcode_of[-1]) + 1
    wards = np.array(rules["words"]["wards"], dtype=object)[: max(6, people // rules["homes"]["people_per_ward"])]
    ward = (postcode * len(wards) // posts).astype(np.int16)
    towns = np.array(rules["words"]["towns"], dtype=object)
    streets = _street_texts(rng, rules["words"], int(street_of[-1]) + 1)
    return Homes(
        street=street_of[where].astype(np.int32),
        postcode=postcode.astype(np.int32),
        ward=ward,
        town=(ward.astype(int) * len(towns) // len(wards)).astype(np.int8),
        number=number_of[where].astype(np.int32),
        flat=np.concatenate([flat, np.zeros(extra, int)]).astype(np.int16),
        building=np.where(classes > 1, rng.integers(len(rules["words"]["care_homes"]), size=len(classes)), -1),
        property_class=classes.astype(np.int8),
        uprn=rules["homes"]["uprn_first"] + rng.permutation(len(classes) * 7)[: len(classes)],
        street_texts=streets,
        postcode_texts=_postcode_texts(posts),
        ward_texts=wards,
        town_texts=towns,
        building_texts=np.array(rules["words"]["care_homes"], dtype=object),
        ordinary=ordinary,
    )


def _buildings(rng: np.random.Generator, rules: Mapping[str, Any], ordinary: int) -> np.ndarray:
    """Return the number of dwellings of each building: enough for all."""
    count = ordinary + 2
    block = rng.random(count) < rules["flat_building_share"]
    sizes = np.where(block, rng.integers(4, rules["max_flats"] + 1, size=count), 1)
    return sizes[: int(np.searchsorted(np.cumsum(sizes), ordinary)) + 1]


def _streets(rng: np.random.Generator, rules: Mapping[str, Any], buildings: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each building's street and its number there."""
    low, high = rules["street_buildings"]
    lengths = rng.integers(low, high + 1, size=buildings // low + 2)
    street = np.repeat(np.arange(len(lengths)), lengths)[:buildings]
    first = np.cumsum(lengths) - lengths
    return street, np.arange(buildings) - first[street] + 1


def _new_postcode(street: np.ndarray, number: np.ndarray, size: int) -> np.ndarray:
    return (np.diff(street, prepend=-1) != 0) | ((number - 1) % size == 0)


def _street_texts(rng: np.random.Generator, words: Mapping[str, Any], count: int) -> np.ndarray:
    weights = np.array(words["street_last_weights"], dtype=float)
    first = rng.integers(len(words["street_first"]), size=count)
    last = rng.choice(len(words["street_last"]), size=count, p=weights / weights.sum())
    return np.array(
        [f"{words['street_first'][f]} {words['street_last'][k]}" for f, k in zip(first, last, strict=True)],
        dtype=object,
    )


def _postcode_texts(count: int) -> np.ndarray:
    """Return postcodes of the area ZZ, which is assigned to no place; 3600 to a district."""
    districts = min(max(4, count // 800), 99)
    per = -(-count // districts)
    made = []
    for i in range(count):
        district, within = divmod(i, per)
        sector, unit = divmod(within * 3600 // per, 400)
        made.append(f"ZZ{district + 1} {sector + 1}{LETTERS[unit // 20]}{LETTERS[unit % 20]}")
    return np.array(made, dtype=object)
