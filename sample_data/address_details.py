"""Addresses as one agency writes them: old ones, the other parent's, flats left out, refuges held back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from totalplace.sample_data import spelling
from totalplace.sample_data.homes import CLASSES, Homes
from totalplace.sample_data.people import NOBODY
from totalplace.sample_data.records import UNKNOWN, Records
from totalplace.sample_data.world import World

Texts = np.ndarray  # of str or None


def address_texts(
    rng: np.random.Generator, world: World, records: Records, habits: Mapping[str, Any]
) -> dict[str, Texts]:
    """Return the address fields of all records.

    An agency that can mark an address as protected writes a refuge's address with the mark; another one leaves it out.
    """
    people, who, homes = world.people, records.person, world.addresses.homes
    stale = rng.random(len(records)) < habits["stale_address"]
    dwelling, refuge = _dwelling(rng, world, records, stale, habits["other_parent"])
    unit, _ = world.addresses.stay(people, who, records.seen_day)
    lost = (homes.flat[dwelling] > 0) & (rng.random(len(homes.flat)) < habits["flat_lost"])[dwelling]
    flat = spelling.left_out(_flat_texts(homes)[homes.flat[dwelling]], (homes.flat[dwelling] == 0) | lost)
    house = _house_texts(homes, dwelling)
    street = spelling.typos(rng, homes.street_texts[homes.street[dwelling]], habits["typo_street"])
    postcode = homes.postcode_texts[homes.postcode[dwelling]]
    postcode = spelling.at_random(rng, postcode, habits["typo_postcode"], lambda p: _postcode_slip(rng, p))
    texts = {
        "flat": flat,
        "house_number": house,
        "street": street,
        "town": homes.town_texts[homes.town[dwelling]],
        "postcode": postcode,
        "uprn": homes.uprn[dwelling].astype(str).astype(object),
        "area": homes.ward_texts[homes.ward[dwelling]],
    }
    texts["address_1"] = np.array([_line(f, h, s) for f, h, s in zip(flat, house, street, strict=True)], dtype=object)
    texts["address_2"] = texts["town"]
    pairs = zip(texts["address_1"], texts["town"], strict=True)
    texts["address"] = np.array([f"{line}, {town}" for line, town in pairs], dtype=object)
    if not habits["tells_protected"]:
        texts = {name: spelling.left_out(v, refuge) if name != "area" else v for name, v in texts.items()}
    texts["property_class"] = np.array(CLASSES, dtype=object)[homes.property_class[dwelling]]
    texts["family"] = _family(rng, people.family[who] if habits["family"] == "family" else unit, habits)
    texts["protected"] = np.where(refuge | world.addresses.protected[unit], "true", "false").astype(object)
    return texts


def _dwelling(
    rng: np.random.Generator, world: World, records: Records, stale: np.ndarray, other_parent: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the dwelling that a record names, and whether the person then lives in a refuge."""
    people, addresses, who = world.people, world.addresses, records.person
    unit, place = addresses.stay(people, who, records.seen_day)
    real = addresses.dwelling[unit, place]
    refuge = addresses.homes.property_class[real] == CLASSES.index("refuge")
    before = addresses.dwelling[people.unit[who], 0]
    before = np.where(stale & (place > 0), before, real)
    father = people.father[who]
    apart = (father != NOBODY) & people.child[who] & (rng.random(len(who)) < other_parent)
    there_unit, there_place = addresses.stay(people, np.maximum(father, 0), records.seen_day)
    chosen = np.where(apart & (there_unit != unit), addresses.dwelling[there_unit, there_place], before)
    return np.where(records.valid_from != UNKNOWN, real, chosen), refuge


def _flat_texts(homes: Homes) -> Texts:
    count = int(homes.flat.max(initial=0)) + 1
    return np.array([f"Flat {i}" if i % 3 else f"Apt {i}" for i in range(count)], dtype=object)


def _house_texts(homes: Homes, dwelling: np.ndarray) -> Texts:
    numbers = np.arange(int(homes.number.max()) + 1).astype(str).astype(object)
    named = homes.building[dwelling]
    return np.where(named >= 0, homes.building_texts[named], numbers[homes.number[dwelling]])


def _line(flat: str | None, house: str, street: str) -> str:
    return f"{flat + ', ' if flat else ''}{house} {street}"


def _postcode_slip(rng: np.random.Generator, postcode: str) -> str:
    """Return the postcode with a wrong last letter, or without its blank; the area stays ZZ."""
    return postcode.replace(" ", "") if rng.random() < 0.5 else postcode[:-1] + "ABDEFGHJ"[int(rng.integers(8))]


def _family(rng: np.random.Generator, group: np.ndarray, habits: Mapping[str, Any]) -> Texts:
    """Return the agency's own family reference: numbers scattered per agency; a default one stands for "not asked"."""
    number = rng.permutation(int(group.max(initial=0)) + 1)[group]
    default = rng.random(len(group)) < habits["default_family"]
    return np.array(
        ["F000000" if d else f"F{n + 100_000:06d}" for n, d in zip(number, default, strict=True)], dtype=object
    )
