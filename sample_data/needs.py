"""Needs: who has which trouble, from when to when, and how hard life is in each family."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from totalplace.sample_data.people import People
from totalplace.sample_data.settings import Settings


@dataclass(frozen=True)
class Episodes:
    """One entry per person and need.

    Args:
        person: who; need: position in needs.toml.
        start, end: days, the end is the day after the last; start may lie before the window.
        weight: how much contact this person's episode draws, mean about 1.
    """

    person: np.ndarray
    need: np.ndarray
    start: np.ndarray
    end: np.ndarray
    weight: np.ndarray

    def __len__(self) -> int:
        return len(self.person)


def draw_hardship(rng: np.random.Generator, settings: Settings, families: int) -> np.ndarray:
    """Return the hardship of each family: mean about 1, most have little and few have much."""
    rules = settings.place["hardship"]
    draw = rng.gamma(rules["family_shape"], 1 / rules["family_shape"], families)
    draw *= rng.lognormal(-(rules["ward_spread"] ** 2) / 2, rules["ward_spread"], families)
    return draw.clip(max=rules["max_family"])


def draw_episodes(
    rng: np.random.Generator, settings: Settings, people: People, hardship: np.ndarray, density: float
) -> Episodes:
    """Return the episodes of everybody outside the seeded family.

    Args:
        rng: the stage's random numbers.
        settings: the room's rules.
        people: everybody.
        hardship: per family.
        density: contacts per person wanted, as a multiple of the shipped number; more contacts need more episodes.
    """
    mine = hardship[people.family]
    personal = rng.gamma(
        settings.place["hardship"]["person_shape"], 1 / settings.place["hardship"]["person_shape"], len(people)
    )
    parts = [_of_need(rng, settings, people, number, mine, personal, density) for number in range(len(settings.needs))]
    stacked = [
        np.concatenate([getattr(p, name) for p in parts]) for name in ("person", "need", "start", "end", "weight")
    ]
    return Episodes(*stacked)


def _of_need(
    rng: np.random.Generator, settings: Settings, people: People, number: int, mine: np.ndarray,
    personal: np.ndarray, density: float,
) -> Episodes:  # fmt: skip
    need = list(settings.needs.values())[number]
    low, high = need["ages"]
    begin, count = settings.first_day - 150, len(people)
    start = rng.integers(begin, settings.last_day - 5, size=count)
    if need["share"] >= 1:
        start = np.full(count, begin)
    age = people.age(np.maximum(start, settings.first_day))
    fits = (age >= low) & (age < high + 1) & ~people.seeded
    if "sex" in need:
        fits &= (people.male == (need["sex"] == "M")) | (rng.random(count) < 0.12)
    odds = need["share"] * (1 + need["hardship"] * (mine * personal - 1)).clip(min=0.02)
    has = need["share"] >= 1 if need["share"] >= 1 else rng.random(count) < 1 - np.exp(-odds * density**0.5)
    person = np.flatnonzero(fits & has)
    days = 10 + rng.exponential(need["days"], len(person))
    end = np.minimum(start[person] + days, settings.last_day + 1).astype(np.int64)
    weight = (0.3 + 0.7 * (mine * personal)[person] ** 0.8) * rng.gamma(1.5, 1 / 1.5, len(person))
    return Episodes(person, np.full(len(person), number), start[person], end, weight)
