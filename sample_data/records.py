"""Client records: under which key, when and how often each agency wrote a person down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from totalplace.sample_data.events import Events
from totalplace.sample_data.moves import Addresses
from totalplace.sample_data.people import NEVER, YEAR, People
from totalplace.sample_data.settings import Settings

UNKNOWN = -NEVER


@dataclass(frozen=True)
class Records:
    """One entry per source client record of one agency, in order of the file.

    Args:
        person: who is written down.
        key: number of the client's key at the agency: several records may share one, one person may have two.
        seen_day: day whose facts the record holds.
        valid_from, valid_to: days of the address, UNKNOWN where not told.
        event_record: for each event of the agency, in order, the record that it goes with.
    """

    person: np.ndarray
    key: np.ndarray
    seen_day: np.ndarray
    valid_from: np.ndarray
    valid_to: np.ndarray
    event_record: np.ndarray

    def __len__(self) -> int:
        return len(self.person)


def write_down(
    rng: np.random.Generator, settings: Settings, people: People, addresses: Addresses, events: Events,
    agency: str, habits: Mapping[str, Any],
) -> Records:  # fmt: skip
    """Return an agency's client records.

    Args:
        rng: the agency's random numbers.
        settings: the room's rules.
        people: everybody.
        addresses: where they live.
        events: this agency's events.
        agency: its code.
        habits: its part of habits.toml.
    """
    twice = rng.random(len(people)) < habits["again"]
    switch = rng.integers(settings.first_day, settings.last_day, size=len(people))
    bit = twice[events.person] & (events.day >= switch[events.person])
    registered = _registered(rng, settings, people, events, agency, habits["registered"])
    client, event_client = np.unique(np.concatenate([events.person * 2 + bit, registered * 2]), return_inverse=True)
    event_client = event_client[: len(events)]
    key = rng.permutation(len(client))
    person = client // 2
    first, last = _span(rng, settings, people, event_client, events.day, person)
    if "contact" in _shape(settings, agency):
        return _versions(settings, events, person, key, event_client, habits["versions"])
    if habits["history"]:
        return _stays(rng, settings, people, addresses, person, key, event_client)
    return _rows(rng, person, key, first, last, event_client, habits["second_row"])


def _shape(settings: Settings, agency: str) -> tuple[str, ...]:
    """Return ("client", "contact") where one file holds both, else ("client",)."""
    extract = settings.rules[agency].extract[0]
    return ("client", "contact") if extract.contact else ("client",)


def _registered(
    rng: np.random.Generator, settings: Settings, people: People, events: Events, agency: str, share: float
) -> np.ndarray:
    """Return people on the books without a contact: of like age, for children's services also parents."""
    known = np.unique(events.person)
    age = people.age(settings.first_day + 540)
    if agency == "schools":
        pool = np.flatnonzero((age >= 5) & (age < 16))
    else:
        low, high = np.percentile(age[known], [5, 95]) if len(known) else (0, 100)
        pool = np.flatnonzero((age >= low) & (age <= high))
    extra = pool[rng.random(len(pool)) < share]
    if agency == "childrens_services":
        children = known[people.child[known] & (age[known] < 20)]
        parents = np.concatenate([people.mother[children], people.father[children]])
        extra = np.concatenate([extra, parents[(parents >= 0) & (rng.random(len(parents)) < 0.8)]])
    extra = extra[~np.isin(extra, known)]
    return np.unique(extra[people.birth[extra] < settings.last_day - 200])


def _span(
    rng: np.random.Generator,
    settings: Settings,
    people: People,
    client: np.ndarray,
    day: np.ndarray,
    person: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return each client's first and last day of contact; a day of registration where there is none."""
    born = np.maximum(settings.first_day - 300, people.birth[person] + 5)
    any_day = born + (rng.random(len(person)) * (settings.last_day - born)).astype(np.int64)
    first, last = np.full(len(person), NEVER), np.full(len(person), -NEVER)
    np.minimum.at(first, client, day)
    np.maximum.at(last, client, day)
    none = last == -NEVER
    return np.where(none, any_day, first), np.where(none, any_day, last)


def _versions(
    settings: Settings, events: Events, person: np.ndarray, key: np.ndarray, event_client: np.ndarray, most: int
) -> Records:
    """Return one record per client and stretch of the window in which its details were taken down anew."""
    length = settings.last_day - settings.first_day + 1
    turns = 1 + (key * 7 + person) % most
    version = (events.day - settings.first_day) * turns[event_client] // length
    found, where = np.unique(event_client * 8 + version, return_inverse=True)
    client = found // 8
    seen = np.full(len(found), NEVER)
    np.minimum.at(seen, where, events.day)
    blank = np.full(len(found), UNKNOWN)
    return Records(person[client], key[client], seen, blank, blank, where)


def _stays(
    rng: np.random.Generator, settings: Settings, people: People, addresses: Addresses, person: np.ndarray,
    key: np.ndarray, event_client: np.ndarray,
) -> Records:  # fmt: skip
    """Return one record per client and home, with the days of the stay, ordered by key and day."""
    unit, leave = people.unit[person], addresses.leave_day[person]
    days = np.column_stack(
        [np.full(len(person), settings.first_day), addresses.since[unit, 1], addresses.since[unit, 2], leave]
    )
    valid = (days < settings.last_day) & (days <= leave[:, None])
    valid[:, 1:3] &= days[:, 1:3] > settings.first_day
    days = np.sort(np.where(valid, days, NEVER), axis=1)
    row, turn = np.nonzero(days < NEVER)
    start = days[row, turn]
    after = np.where(turn < 3, days[row, np.minimum(turn + 1, 3)], NEVER)
    lived = (settings.first_day - 30 - rng.exponential(1800, len(row))).astype(int)
    told = np.where(turn == 0, np.maximum(lived, people.birth[person[row]] + 17 * YEAR).astype(int), start)
    told = np.where((turn == 0) & (told >= settings.first_day), UNKNOWN, told)
    order = np.lexsort((start, key[row]))
    row, start, after, told = row[order], start[order], after[order], told[order]
    ended = np.where((after < NEVER) & (rng.random(len(row)) < 0.9), after, UNKNOWN)
    first_row = np.full(len(person), len(row))
    np.minimum.at(first_row, row, np.arange(len(row)))
    return Records(person[row], key[row], start, told, ended, first_row[event_client])


def _rows(
    rng: np.random.Generator, person: np.ndarray, key: np.ndarray, first: np.ndarray, last: np.ndarray,
    event_client: np.ndarray, second_row: float,
) -> Records:  # fmt: skip
    """Return one record per client as last (or first) heard of, and for a few a second row under the same key."""
    seen = np.where(rng.random(len(person)) < 0.7, last, first)
    again = np.flatnonzero(rng.random(len(person)) < second_row)
    row = np.concatenate([np.arange(len(person)), again])
    seen = np.concatenate([seen, last[again]])
    order = np.lexsort((seen, key[row]))
    first_row = np.full(len(person), len(row))
    np.minimum.at(first_row, row[order], np.arange(len(row)))
    blank = np.full(len(row), UNKNOWN)
    return Records(person[row][order], key[row][order], seen[order], blank, blank, first_row[event_client])
