"""People and their families at the start of the window: ages, sexes, origins, names, ties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from totalplace.sample_data.names import Names, draw_given, draw_surname
from totalplace.sample_data.settings import Settings

KINDS = (
    "single", "elder", "couple", "elder_couple", "couple_children", "lone_parent",
    "couple_grown", "three_generations", "sharer",
)  # fmt: skip
SINGLE, ELDER, COUPLE, ELDER_COUPLE, COUPLE_CHILDREN, LONE, GROWN, THREE, SHARER = range(9)
NEVER = 99_999  # a day after every other
SLOTS = 9  # first adult, second adult, five children, two elders
SEEDED_HOUSEHOLD, SEEDED_FATHER = 0, 1  # the first two households hold the seeded family
YEAR = 365.2425
NOBODY = -1


@dataclass(frozen=True)
class People:
    """One entry per person; ties are person numbers, NOBODY where there is none.

    Args:
        birth: day of birth, in days since 1970-01-01.
        male: bool.
        origin: position in `Names.origins`.
        given, middle, surname: name codes; middle may be NOBODY.
        former: surname before an earlier marriage, else NOBODY.
        later, later_day: another surname from a day within the window on; NEVER if none.
        unit, kind: household at the start of the window and its kind.
        child: a child of its household.
        mother, father, partner: person numbers.
        family: number of the main family; other_family: that of a parent who lives elsewhere with another one.
        seeded: member of the seeded family.
    """

    birth: np.ndarray
    male: np.ndarray
    origin: np.ndarray
    given: np.ndarray
    middle: np.ndarray
    surname: np.ndarray
    former: np.ndarray
    later: np.ndarray
    later_day: np.ndarray
    unit: np.ndarray
    kind: np.ndarray
    child: np.ndarray
    mother: np.ndarray
    father: np.ndarray
    partner: np.ndarray
    family: np.ndarray
    other_family: np.ndarray
    seeded: np.ndarray

    def __len__(self) -> int:
        return len(self.birth)

    def age(self, day: int | np.ndarray) -> np.ndarray:
        """Return ages in years, with their fraction, on a day."""
        return (day - self.birth) / YEAR

    def surname_on(self, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return the surname codes that people bear on a day."""
        return np.where(day >= self.later_day[person], self.later[person], self.surname[person])


def build_people(rng: np.random.Generator, settings: Settings, names: Names, people: int) -> People:
    """Return exactly `people` people in households; the first two households are the seeded family."""
    rules = settings.place
    kind, children = _households(rng, rules, people)
    ages, male = _ages(rng, rules, kind, children)
    present = ~np.isnan(ages)
    number = np.full(present.shape, NOBODY, dtype=np.int64)
    number[present] = np.arange(present.sum())
    number[number >= people] = NOBODY
    unit, slot = np.nonzero(present)
    unit, slot = unit[:people], slot[:people]
    birth = np.round(settings.first_day - ages[present][:people] * YEAR).astype(np.int32)
    ties = _ties(rng, rules, kind, number, birth, male[present][:people], unit, slot)
    return _named(rng, settings, names, kind, number, birth, male[present][:people], unit, slot, ties)


def _households(rng: np.random.Generator, rules: Mapping[str, Any], people: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the kind of each household and its number of children, enough for all people."""
    shares = np.array([rules["households"][name] for name in KINDS])
    count = int(people / 1.9) + 20
    kind = rng.choice(len(KINDS), size=count, p=shares / shares.sum())
    kind[[SEEDED_HOUSEHOLD, SEEDED_FATHER]] = LONE, SINGLE
    many = rng.choice([1, 2, 3, 4, 5], size=count, p=rules["family"]["children_shares"])
    grown = 1 + (rng.random(count) < 0.35)
    children = np.where(np.isin(kind, (COUPLE_CHILDREN, LONE, THREE)), many, np.where(kind == GROWN, grown, 0))
    children[SEEDED_HOUSEHOLD] = len(rules["seeded"]["ages"]) - 2
    adults = np.isin(kind, (COUPLE, ELDER_COUPLE, COUPLE_CHILDREN, GROWN, THREE)) + 1 + (kind == THREE)
    enough = int(np.searchsorted(np.cumsum(children + adults), people)) + 1
    return kind[:enough].astype(np.int8), children[:enough]


def _ages(
    rng: np.random.Generator, rules: Mapping[str, Any], kind: np.ndarray, children: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return ages at the start of the window by household and slot (nan = nobody), and who is male."""
    count = len(kind)
    ages = np.full((count, SLOTS), np.nan)
    kids = _child_ages(rng, rules["family"], kind, children)
    eldest = np.nanmax(np.where(np.isnan(kids), -1.0, kids), axis=1)
    first = np.choose(
        np.searchsorted([ELDER, COUPLE, ELDER_COUPLE, COUPLE_CHILDREN, SHARER], kind, side="right"),
        [
            18 + 47 * rng.beta(1.0, 1.2, count),
            66 + 32 * rng.beta(1.2, 2.0, count),
            21 + 45 * rng.beta(1.2, 1.2, count),
            66 + 28 * rng.beta(1.0, 2.2, count),
            np.maximum(17.5, eldest + 17.5 + 19 * rng.beta(2.2, 2.2, count)),
            18 + 30 * rng.beta(0.8, 2.2, count),
        ],
    )
    ages[:, 0] = first
    paired = np.isin(kind, (COUPLE, ELDER_COUPLE, COUPLE_CHILDREN, GROWN, THREE))
    second = np.maximum(first + rng.normal(2.0, 4.0, count), np.maximum(18.0, eldest + 17.5))
    ages[:, 1] = np.where(paired, second, np.nan)
    ages[:, 2:7] = kids
    three = kind == THREE
    ages[:, 7] = np.where(three, np.minimum(first + 19 + 12 * rng.random(count), 101), np.nan)
    ages[:, 8] = np.where(
        three & (rng.random(count) < 0.6), np.minimum(ages[:, 7] + 5 * rng.random(count), 102), np.nan
    )
    male = _males(rng, rules["family"], kind)
    return _seed_ages(ages, male, rules["seeded"]["ages"])


def _child_ages(
    rng: np.random.Generator, rules: Mapping[str, Any], kind: np.ndarray, children: np.ndarray
) -> np.ndarray:
    """Return ages of up to five children; a child below 0 is born within the window."""
    count = len(kind)
    youngest = np.where(kind == GROWN, 18 + 10 * rng.random(count), -2.9 + 20.8 * rng.random(count))
    gaps = 1.1 + rng.gamma(2.2, 1.0, (count, 5))
    gaps[rng.random(gaps.shape) < rules["twin_share"]] = 0.0
    gaps[:, 0] = 0.0
    ages = youngest[:, None] + np.cumsum(gaps, axis=1)
    ages[np.arange(5)[None, :] >= children[:, None]] = np.nan
    return ages


def _males(rng: np.random.Generator, rules: Mapping[str, Any], kind: np.ndarray) -> np.ndarray:
    draw = rng.random((len(kind), SLOTS))
    male = draw < 0.512
    share = np.choose(kind, [0.56, 0.36, 0.0, 0.0, 0.0, 0.12, 0.0, 0.0, 0.52])
    male[:, 0] = draw[:, 0] < share
    male[:, 1] = draw[:, 1] >= rules["same_sex_share"]
    male[:, 7], male[:, 8] = False, True
    return male


def _seed_ages(ages: np.ndarray, male: np.ndarray, seeded: list[float]) -> tuple[np.ndarray, np.ndarray]:
    mother, father, *children = seeded
    ages[SEEDED_HOUSEHOLD] = np.nan
    ages[SEEDED_HOUSEHOLD, 0] = mother
    ages[SEEDED_HOUSEHOLD, 2 : 2 + len(children)] = children
    ages[SEEDED_FATHER, 0] = father
    male[SEEDED_HOUSEHOLD, 0], male[SEEDED_FATHER, 0] = False, True
    return ages, male


@dataclass(frozen=True)
class Ties:
    """Who belongs to whom, by person number."""

    mother: np.ndarray
    father: np.ndarray
    partner: np.ndarray
    family: np.ndarray
    other_family: np.ndarray


def _ties(
    rng: np.random.Generator, rules: Mapping[str, Any], kind: np.ndarray, number: np.ndarray,
    birth: np.ndarray, male: np.ndarray, unit: np.ndarray, slot: np.ndarray,
) -> Ties:  # fmt: skip
    child = (slot >= 2) & (slot <= 6)
    first, second = number[unit, 0], number[unit, 1]
    mother = np.where(child & ~male[first], first, NOBODY)
    father = np.where(child & (second != NOBODY) & male[second], second, NOBODY)
    father = np.where(child & (second == NOBODY) & male[first], first, father)
    partner = np.where(slot == 0, second, np.where(slot == 1, first, NOBODY))
    elsewhere = _fathers_elsewhere(rng, rules["family"], kind, number, birth, male)
    found = elsewhere[unit]
    father = np.where(child & (found != NOBODY), found, father)
    family = unit.astype(np.int64).copy()
    lonely = (found != NOBODY) & (slot == 0)
    alone = partner[found] == NOBODY
    family[found[lonely & alone]] = unit[lonely & alone]
    other = np.where(child & (found != NOBODY) & (partner[found] != NOBODY), unit[found], NOBODY)
    return Ties(mother, father, partner, family, other)


def _fathers_elsewhere(
    rng: np.random.Generator, rules: Mapping[str, Any], kind: np.ndarray, number: np.ndarray,
    birth: np.ndarray, male: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Return, for each household of a lone mother, the other parent's person number; each father once."""
    out = np.full(len(kind), NOBODY)
    head = number[:, 0]
    lone = np.flatnonzero((kind == LONE) & (head != NOBODY))
    lone = lone[~male[head[lone]] & (rng.random(len(lone)) < rules["known_father_share"]) & (lone != SEEDED_HOUSEHOLD)]
    single = head[(kind == SINGLE) & (head != NOBODY)]
    second = number[:, 1][np.isin(kind, (COUPLE, COUPLE_CHILDREN)) & (number[:, 1] != NOBODY)]
    men = np.concatenate([single[1:], rng.permutation(second)[: len(second) // 8]])
    men = men[male[men]]
    eldest = np.min(np.where(number[:, 2:7] >= 0, birth[number[:, 2:7]], NEVER), axis=1)
    take = min(len(lone), len(men))
    pairs = lone[:take], rng.permutation(men)[:take]
    apart = eldest[pairs[0]] - birth[pairs[1]]
    fits = (apart > 17.5 * YEAR) & (apart < 48 * YEAR)
    out[pairs[0][fits]] = pairs[1][fits]
    out[SEEDED_HOUSEHOLD] = number[SEEDED_FATHER, 0]
    return out


def _named(
    rng: np.random.Generator, settings: Settings, names: Names, kind: np.ndarray, number: np.ndarray,
    birth: np.ndarray, male: np.ndarray, unit: np.ndarray, slot: np.ndarray, ties: Ties,
) -> People:  # fmt: skip
    rules, count = settings.place["family"], len(birth)
    child = (slot >= 2) & (slot <= 6)
    origin = _origins(rng, settings, number, unit, slot, ties)
    born = draw_surname(names, rng, origin, male)
    surname, former, later, later_day = _surnames(rng, settings, names, born, male, birth, ties)
    year = 1970 + (birth / YEAR).astype(int)
    given = draw_given(names, rng, origin, male, year)
    given = _distinct_siblings(rng, names, given, origin, male, year, np.where(child, unit, NOBODY))
    heir = child & male & (slot == 2) & (ties.father != NOBODY) & (rng.random(count) < rules["namesake_share"])
    given = np.where(heir, given[ties.father], given)
    middle = draw_given(names, rng, origin, male, year - 25)
    middle = np.where(rng.random(count) < rules["middle_name_share"], middle, NOBODY)
    seeded = ties.family == SEEDED_HOUSEHOLD
    return People(
        birth, male, origin.astype(np.int8), given, middle, surname, former, later, later_day,
        unit, kind[unit], child, ties.mother, ties.father, ties.partner, ties.family, ties.other_family, seeded,
    )  # fmt: skip


def _origins(
    rng: np.random.Generator, settings: Settings, number: np.ndarray, unit: np.ndarray, slot: np.ndarray, ties: Ties
) -> np.ndarray:
    shares = np.array(list(settings.place["origins"].values()))
    of_unit = rng.choice(len(shares), size=len(number), p=shares / shares.sum())
    own = rng.choice(len(shares), size=len(unit), p=shares / shares.sum())
    mixed = (slot == 1) & (rng.random(len(unit)) < settings.place["family"]["mixed_origin_share"])
    origin = np.where(mixed, own, of_unit[unit])
    origin[(ties.family == SEEDED_HOUSEHOLD)] = 0
    has_father = ties.father != NOBODY
    origin[has_father] = origin[ties.father[has_father]]
    return origin


def _surnames(
    rng: np.random.Generator, settings: Settings, names: Names, born: np.ndarray, male: np.ndarray,
    birth: np.ndarray, ties: Ties,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Return the surname at the start, the one before an earlier marriage, and a change within the window."""
    rules, count = settings.place["family"], len(born)
    wife = ~male & (ties.partner != NOBODY) & male[ties.partner]
    his = names.women_form[born[ties.partner]]
    married = wife & (rng.random(count) < rules["married_name_share"])
    surname = np.where(married, his, born)
    former = np.where(married & (rng.random(count) < 0.9), born, NOBODY)
    young = birth > settings.first_day - 45 * YEAR
    weds = wife & ~married & young & (rng.random(count) < rules["wedding_share"])
    day = rng.integers(settings.first_day + 60, settings.last_day - 60, size=count)
    surname = _children_surnames(rng, rules, names, surname, born, male, ties)
    return surname, former, np.where(weds, his, surname), np.where(weds, day, NEVER)


def _children_surnames(
    rng: np.random.Generator, rules: Mapping[str, Any], names: Names, surname: np.ndarray, born: np.ndarray,
    male: np.ndarray, ties: Ties,
) -> np.ndarray:  # fmt: skip
    """Give children the father's name; where parents live apart, some bear the mother's. Siblings agree."""
    apart = (ties.father != NOBODY) & (ties.partner[ties.father] != ties.mother)
    by_mother = rng.random(len(born)) >= rules["father_surname_share"]
    takes_mother = (ties.father == NOBODY) | (apart & by_mother[ties.mother])
    from_mother = np.where(ties.mother != NOBODY, surname[ties.mother], born)
    inherited = np.where(takes_mother, from_mother, born[ties.father])
    has_parent = (ties.father != NOBODY) | (ties.mother != NOBODY)
    inherited = np.where(male, inherited, names.women_form[inherited])
    return np.where(has_parent, inherited, surname)


def _distinct_siblings(
    rng: np.random.Generator, names: Names, given: np.ndarray, origin: np.ndarray, male: np.ndarray,
    year: np.ndarray, unit: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Draw again where two children of one household got one name."""
    for _ in range(6):
        rows = np.flatnonzero(unit != NOBODY)
        order = rows[np.lexsort((rows, given[rows], unit[rows]))]
        same = (np.diff(unit[order]) == 0) & (np.diff(given[order]) == 0)
        again = order[1:][same]
        given[again] = draw_given(names, rng, origin[again], male[again], year[again])
    return given
