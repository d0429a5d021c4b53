"""Contacts: what follows an assessment, the everyday ones, referrals served or not, bounces; and their details."""

from __future__ import annotations

import numpy as np

from totalplace.sample_data.events import (
    COMPLETED,
    DID_NOT_ATTEND,
    HOME_VISIT,
    NONE,
    Events,
    groups,
    make_events,
    stack,
)
from totalplace.sample_data.moves import Addresses
from totalplace.sample_data.needs import Episodes
from totalplace.sample_data.people import People
from totalplace.sample_data.settings import CHANNELS, OUTCOMES, Settings


def draw_follow_ups(
    rng: np.random.Generator, settings: Settings, people: People, episodes: Episodes, wanted: float, density: float
) -> Events:
    """Return the contacts that meet needs, `wanted` in all as far as chance allows.

    Expected contacts of one family are bounded, so that only the seeded family reaches the newsletter's 700.
    """
    row, service, rate = _meetings(settings, episodes)
    start = np.maximum(episodes.start[row], settings.first_day)
    days = (episodes.end[row] - start).clip(min=0)
    expected = rate * days / 365.25 * episodes.weight[row]
    expected *= wanted / max(expected.sum(), 1.0)
    family = people.family[episodes.person[row]]
    total = np.bincount(family, weights=expected)
    bound = settings.place["hardship"]["max_family_contacts"] * max(1.0, density) ** 0.5
    expected *= np.minimum(1.0, bound / np.maximum(total, 1e-9))[family]
    count = rng.poisson(expected)
    which = np.repeat(np.arange(len(row)), count)
    day = start[which] + (rng.random(len(which)) * days[which]).astype(np.int64)
    return _detailed(rng, settings, make_events(episodes.person[row[which]], service[which], day))


def _meetings(settings: Settings, episodes: Episodes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (episode, service, contacts a year) for every service that meets an episode's need."""
    rows, services, rates = [], [], []
    for number, need in enumerate(settings.needs.values()):
        mine = np.flatnonzero(episodes.need == number)
        for name, rate in need["meet"].items():
            rows.append(mine)
            services.append(np.full(len(mine), settings.number(name)))
            rates.append(np.full(len(mine), rate))
    return np.concatenate(rows), np.concatenate(services), np.concatenate(rates)


def _detailed(rng: np.random.Generator, settings: Settings, events: Events) -> Events:
    """Draw outcomes and referrals of contacts that are no assessments."""
    rules, count = settings.place["contacts"], len(events)
    shares = np.array([*rules["outcome_shares"], 1 - sum(rules["outcome_shares"])])
    outcome = rng.choice(len(shares), size=count, p=shares)
    outcome = np.where(outcome == len(OUTCOMES), NONE, outcome)
    meets = settings.column("intervention", bool)[events.service]
    outcome = np.where(~meets & (outcome == DID_NOT_ATTEND), COMPLETED, outcome)
    agency = settings.column("agency", int)[events.service]
    target = (agency + 1 + rng.integers(9, size=count)) % 10
    sent = meets & (rng.random(count) < rules["referral_share"]) & (outcome != DID_NOT_ATTEND)
    return events.put(outcome=outcome, referral=np.where(sent, target, NONE))


def draw_served(rng: np.random.Generator, settings: Settings, events: Events) -> Events:
    """Return contacts with the agency that a contact was referred to; the others stay unanswered."""
    rules = settings.place["contacts"]
    assessment = settings.column("assessment", bool)[events.service]
    rows = np.flatnonzero(
        (events.referral != NONE) & ~assessment & (rng.random(len(events)) < rules["referral_served_share"])
    )
    low, high = rules["served_days"]
    day = events.day[rows] + rng.integers(low, high, size=len(rows))
    service = _usual_service(settings)[events.referral[rows]]
    return make_events(events.person[rows], service, day, outcome=np.full(len(rows), COMPLETED))


def _usual_service(settings: Settings) -> np.ndarray:
    """Return for each agency its first plain intervention: what a person who is sent there meets."""
    plain = settings.column("intervention", bool) & ~settings.column("assessment", bool)
    agency = settings.column("agency", int)
    return np.array([np.flatnonzero(plain & (agency == a))[0] for a in range(agency.max() + 1)])


def draw_bounces(rng: np.random.Generator, settings: Settings, episodes: Episodes) -> Events:
    """Return a to b to a, sometimes to b and a again, each with its referral, on the theme of one need."""
    rules, agency = settings.place["contacts"], settings.column("agency", int)
    made = [make_events(*(np.zeros(0, dtype=int),) * 3)]
    plain = settings.column("intervention", bool) & ~settings.column("assessment", bool)
    for number, need in enumerate(settings.needs.values()):
        options = [settings.number(name) for name in need["meet"] if plain[settings.number(name)]]
        second = [s for s in options if agency[s] != agency[options[0]]]
        if not second or need["share"] >= 1:
            continue
        rows = np.flatnonzero((episodes.need == number) & (rng.random(len(episodes)) < rules["bounce_share"]))
        made += _bounce(rng, rules["bounce_days"], agency, episodes, rows, options[0], second[0])
    return stack(made)


def _bounce(
    rng: np.random.Generator, days: list[int], agency: np.ndarray, episodes: Episodes, rows: np.ndarray, a: int, b: int
) -> list[Events]:
    long = rng.random(len(rows)) < 0.25
    day = episodes.start[rows] + rng.integers(5, 40, size=len(rows))
    made = []
    for step, service in enumerate((a, b, a, b, a)):
        mine = np.flatnonzero(long | (step < 3))
        last = np.where(long[mine], 4, 2) == step
        referral = np.where(last, NONE, agency[b if service == a else a])
        made.append(make_events(episodes.person[rows[mine]], np.full(len(mine), service), day[mine], referral=referral))
        day = day + rng.integers(days[0], days[1] + 1, size=len(rows))
    return made


def join_visits(rng: np.random.Generator, settings: Settings, events: Events, first_number: int) -> Events:
    """Let two agencies stand at one door: the second agency's record shares person, day and joint number."""
    agency = settings.column("agency", int)
    writes = np.array([settings.writes(code, "joint") for code in settings.rules])
    plain = settings.column("intervention", bool) & ~settings.column("assessment", bool)
    able = (plain & writes[agency])[events.service] & (events.outcome == COMPLETED) & (events.joint == NONE)
    rows = np.flatnonzero(able & (rng.random(len(events)) < settings.place["contacts"]["joint_share"]))
    joint = events.joint.copy()
    joint[rows] = first_number + np.arange(len(rows))
    marked = events.put(joint=joint)
    twin = marked.take(rows)
    writers = np.flatnonzero(writes)
    place = np.searchsorted(writers, agency[twin.service])
    other = writers[(place + 1 + rng.integers(len(writers) - 1, size=len(rows))) % len(writers)]
    return stack([marked, twin.put(service=_usual_service(settings)[other], referral=np.full(len(rows), NONE))])


def finish(
    rng: np.random.Generator, settings: Settings, people: People, addresses: Addresses, events: Events
) -> Events:
    """Keep what lies in the window and in a life, order it, and give channel, worker and time of day."""
    lived = (events.day >= people.birth[events.person]) & (events.day < addresses.exit_day[events.person])
    inside = (events.day >= settings.first_day) & (events.day <= settings.last_day)
    kept = events.take(np.flatnonzero((lived & inside) | events.seeded))
    order = np.lexsort((kept.joint, kept.service, kept.person, kept.day))
    kept = kept.take(order)
    rules, count = settings.place["contacts"], len(kept)
    channel = rng.choice(len(CHANNELS), size=count, p=rules["channel_shares"])
    visit = np.array([("visit" in s.type.lower()) or (s.type == "DOMESTIC INCIDENT") for s in settings.services])
    call = np.array([any(w in s.type.lower() for w in ("call", "request")) for s in settings.services])
    letter = np.array([any(w in s.type.lower() for w in ("letter", "posted", "reminder")) for s in settings.services])
    channel = np.where(visit[kept.service] | (kept.joint != NONE), HOME_VISIT, channel)
    channel = np.where(call[kept.service], CHANNELS.index("phone"), channel)
    channel = np.where(letter[kept.service], CHANNELS.index("letter"), channel)
    meets = settings.column("intervention", bool)[kept.service]
    return kept.put(
        channel=channel,
        worker=_workers(rng, settings, kept),
        minute=(8 * 60 + rng.beta(1.6, 1.8, count) * 11 * 60).astype(int) // 5 * 5,
        planned=meets & (rng.random(count) < rules["planned_return_share"]),
    )


def _workers(rng: np.random.Generator, settings: Settings, events: Events) -> np.ndarray:
    """Return who saw the client; each contact of the seeded family on one day with one agency has another worker."""
    count = settings.place["contacts"]["workers_per_agency"]
    worker = rng.integers(count, size=len(events))
    rows = np.flatnonzero(events.seeded)
    _, rank = groups(settings.column("agency", int)[events.service[rows]], events.day[rows])
    worker[rows] = (events.day[rows] * 7 + rank) % count
    return worker
