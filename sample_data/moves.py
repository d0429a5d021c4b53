"""Where people live over time: first homes, moves, separations, leaving home; and when they leave the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from totalplace.sample_data.homes import Homes, build_homes
from totalplace.sample_data.people import (
    COUPLE_CHILDREN,
    ELDER,
    GROWN,
    LONE,
    NEVER,
    NOBODY,
    SEEDED_FATHER,
    SEEDED_HOUSEHOLD,
    SHARER,
    SINGLE,
    People,
)  # fmt: skip
from totalplace.sample_data.settings import Settings

EXITS = ("", "died", "left", "custody")


@dataclass(frozen=True)
class Addresses:
    """Who lives where and when.

    Args:
        homes: the dwellings.
        dwelling: [household, k]: the k-th home of a household.
        since: [household, k]: first day there; NEVER if there is no k-th home.
        later_unit, leave_day: per person, a household of their own from a day on; NEVER if they stay.
        exit_day, exit_reason: per person, day of death or of leaving the place, and a code into EXITS.
        protected: per household at the start, an address that must not be told, though it is no refuge.
    """

    homes: Homes
    dwelling: np.ndarray
    since: np.ndarray
    later_unit: np.ndarray
    leave_day: np.ndarray
    exit_day: np.ndarray
    exit_reason: np.ndarray
    protected: np.ndarray

    def stay(self, people: People, person: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the household and the position of its home, for people on days."""
        unit = np.where(day >= self.leave_day[person], self.later_unit[person], people.unit[person])
        return unit, (day >= self.since[unit, 1]).astype(int) + (day >= self.since[unit, 2])

    def household(self, people: People, person: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Return the number of the household (people together in one home) of people on days."""
        unit, place = self.stay(people, person, day)
        return unit * 3 + place


def settle(
    rng: np.random.Generator, settings: Settings, people: People, hardship: np.ndarray
) -> tuple[People, Addresses]:
    """Return the people, some with another surname after a separation, and their homes over time.

    Args:
        rng: the stage's random numbers.
        settings: the room's rules.
        people: at the start of the window.
        hardship: of each household, mean 1.
    """
    rules = settings.place
    later_unit, leave_day, parted = _leavers(rng, settings, people)
    units = int(max(people.unit.max(), later_unit.max())) + 1
    head = np.full(units, NOBODY)
    starters = np.flatnonzero(np.diff(people.unit, prepend=-1) != 0)
    head[people.unit[starters]] = starters
    homes, first, spare = _first_homes(rng, settings, people, head)
    dwelling, since = _household_moves(rng, settings, people, head, first, spare, hardship, homes.ordinary)
    fresh = np.flatnonzero(head == NOBODY)
    taken = np.isin(spare, dwelling[:, 1:]) if len(fresh) else np.zeros(len(spare), bool)
    dwelling[fresh] = spare[~taken][: len(fresh)][:, None]
    exit_day, exit_reason = _exits(rng, settings, people)
    kind = np.where(head != NOBODY, people.kind[head], NOBODY)
    protected = (kind == LONE) & (rng.random(units) < rules["homes"]["protected_share"])
    protected[SEEDED_HOUSEHOLD] = False
    addresses = Addresses(homes, dwelling, since, later_unit, leave_day, exit_day, exit_reason, protected)
    return _maiden_again(rng, rules["family"], people, parted), addresses


def _leavers(rng: np.random.Generator, settings: Settings, people: People) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return who moves into a household of their own and when, and the days of separations (per person, NEVER)."""
    rules, count = settings.place["moves"], len(people)
    day = rng.integers(settings.first_day + 30, settings.last_day - 30, size=count)
    father = people.male & (people.kind == COUPLE_CHILDREN) & ~people.child & (people.partner != NOBODY)
    parts = father & (rng.random(count) < rules["separation_share"])
    grown = people.child & (people.kind == GROWN)
    moves_out = grown & (rng.random(count) < rules["leave_home_share"])
    goes = parts | moves_out
    later_unit = np.where(goes, people.unit.max() + np.cumsum(goes), people.unit)
    parted = np.full(count, NEVER)
    parted[people.partner[parts]] = day[parts]
    return later_unit, np.where(goes, day, NEVER), parted


def _maiden_again(rng: np.random.Generator, rules: Mapping[str, Any], people: People, parted: np.ndarray) -> People:
    back = (parted < NEVER) & (people.former != NOBODY) & (people.later_day == NEVER)
    back &= rng.random(len(people)) < rules["maiden_again_share"]
    later = np.where(back, people.former, people.later)
    return replace(people, later=later, later_day=np.where(back, parted + 90, people.later_day))


def _first_homes(
    rng: np.random.Generator, settings: Settings, people: People, head: np.ndarray
) -> tuple[Homes, np.ndarray, np.ndarray]:
    """Return the homes, each household's first one, and the spare ordinary dwellings in scattered order."""
    rules = settings.place["homes"]
    known = head != NOBODY
    kind = np.where(known, people.kind[head], NOBODY)
    age = np.where(known, people.age(settings.first_day)[head], 0)
    free = np.arange(len(head)) > SEEDED_FATHER
    groups = _communal(rng, rules, kind, age, free)
    per = {
        "hmo": rules["hmo_size"],
        "care_home": rules["residents_per_home"],
        "student_hall": 90,
        "hostel": 30,
        "refuge": 10**9,
    }
    counts = {name: -(-len(rows) // per[name]) for name, rows in groups.items()}
    ordinary = int(len(head) * (1 + rules["spare_share"])) + 8
    homes = build_homes(rng, settings.place, len(people), ordinary, counts)
    order = rng.permutation(ordinary)
    first = order[: len(head)].copy()
    for name, rows in groups.items():
        first[rows] = homes.of_class(name)[np.arange(len(rows)) // per[name]] if len(rows) else first[rows]
    return homes, first, order[len(head) :]


def _communal(
    rng: np.random.Generator, rules: Mapping[str, Any], kind: np.ndarray, age: np.ndarray, free: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the households (single people, and mothers in the refuge) of each communal class."""
    draw = rng.random(len(kind))
    single = (kind == SINGLE) & free
    student = single & (age < 22) & (draw < rules["student_share"])
    refuge = np.flatnonzero((kind == LONE) & free)
    wanted = min(max(2, round(len(refuge) * rules["refuge_share"])), rules["max_refuge_households"], len(refuge))
    return {
        "hmo": np.flatnonzero(kind == SHARER),
        "care_home": np.flatnonzero((kind == ELDER) & (age > 78) & (draw < rules["care_home_share"])),
        "hostel": np.flatnonzero(single & ~student & (draw > 1 - rules["hostel_share"])),
        "refuge": np.sort(rng.permutation(refuge)[:wanted]),
        "student_hall": np.flatnonzero(student),
    }


def _household_moves(
    rng: np.random.Generator, settings: Settings, people: People, head: np.ndarray, first: np.ndarray,
    spare: np.ndarray, hardship: np.ndarray, ordinary: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return homes and first days by household; many movers follow somebody who has just left."""
    rules, units = settings.place["moves"], len(head)
    low, high = rules["household_share"]
    weight = np.zeros(units)
    weight[head != NOBODY] = hardship[people.family[head[head != NOBODY]]]
    share = np.where(head != NOBODY, np.interp(weight, (0, 3), (low, high)), 0.0)
    once = rng.random(units) < share
    once[[SEEDED_HOUSEHOLD, SEEDED_FATHER]] = True, False
    twice = once & (rng.random(units) < rules["again_share"])
    days = np.sort(rng.integers(settings.first_day + 20, settings.last_day - 20, size=(units, 2)), axis=1)
    days[:, 1] += 45
    since = np.column_stack(
        [np.full(units, -NEVER), np.where(once, days[:, 0], NEVER), np.where(twice, days[:, 1], NEVER)]
    )
    dwelling = np.repeat(first[:, None], 3, axis=1)
    mover, turn = np.nonzero(since[:, 1:] < NEVER)
    order = np.lexsort((mover, since[mover, turn + 1]))
    _chain(dwelling, mover[order], turn[order] + 1, spare, rng.random(len(order)) < rules["chain_share"], ordinary)
    return dwelling, since


def _chain(
    dwelling: np.ndarray, mover: np.ndarray, turn: np.ndarray, spare: np.ndarray, follows: np.ndarray, ordinary: int
) -> None:
    """Fill in destinations in order of time: the home that the mover three places earlier left, or a spare one."""
    left: list[int] = []
    used = 0
    for i, (unit, k) in enumerate(zip(mover.tolist(), turn.tolist(), strict=True)):
        before = int(dwelling[unit, k - 1])
        goal = left[i - 3] if i >= 3 and follows[i] else NOBODY
        if goal in (NOBODY, before) or goal >= ordinary:
            goal = int(spare[used % len(spare)])
            used += 1
        else:
            left[i - 3] = NOBODY
        dwelling[unit, k:] = goal
        left.append(before)


def _exits(rng: np.random.Generator, settings: Settings, people: People) -> tuple[np.ndarray, np.ndarray]:
    rules, count = settings.place["moves"], len(people)
    age = people.age(settings.first_day)
    day = rng.integers(settings.first_day + 60, settings.last_day, size=count)
    draw = rng.random(count)
    reason = np.where((age > 75) & (draw < rules["death_share"]), EXITS.index("died"), 0)
    reason = np.where((reason == 0) & (age > 0) & (draw > 1 - rules["left_share"]), EXITS.index("left"), reason)
    jailed = people.male & (age > 18) & (age < 45) & (np.abs(draw - 0.5) < rules["custody_share"] / 2)
    reason = np.where((reason == 0) & jailed, EXITS.index("custody"), reason)
    reason[people.seeded] = 0
    return np.where(reason > 0, day, NEVER), reason.astype(np.int8)
