"""Assessments: the same facts asked by one agency after another, together, on change, on review, on appeal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from totalplace.sample_data.events import CHANGE, COMPLETED, NONE, Events, groups, make_events, stack, to_weekdays
from totalplace.sample_data.needs import Episodes
from totalplace.sample_data.settings import KINDS, OUTCOMES, Settings

FIRST, REVIEW, APPEAL = (KINDS.index(kind) for kind in ("first", "review", "appeal"))


def draw_assessments(rng: np.random.Generator, settings: Settings, episodes: Episodes) -> Events:
    """Return the assessments of all episodes: chains over agencies, reviews and appeals, with joint twins."""
    parts = []
    for number, need in enumerate(settings.needs.values()):
        rows = np.flatnonzero(episodes.need == number)
        if "begin" in need:
            parts.append(_beginnings(settings, episodes, rows, need))
        if "assess" in need:
            chain = _chain(rng, settings, episodes, rows, need)
            parts += [chain, _appeals(rng, settings, chain, need)]
            parts.append(_reviews(rng, settings, episodes, rows, need))
    return _joined(rng, settings, to_weekdays(stack(parts), settings.open_all_week()))


def _beginnings(settings: Settings, episodes: Episodes, rows: np.ndarray, need: Mapping[str, Any]) -> Events:
    """Return the event that opens each episode, such as a release; those before the window fall away later."""
    service = np.full(len(rows), settings.number(need["begin"]))
    return make_events(episodes.person[rows], service, episodes.start[rows], outcome=np.full(len(rows), COMPLETED))


def _chain(
    rng: np.random.Generator, settings: Settings, episodes: Episodes, rows: np.ndarray, need: Mapping[str, Any]
) -> Events:
    """Ask first, then again and again by others, each step later or, sometimes, before the one before is done."""
    rules = settings.place["assessments"]
    options = np.array([settings.number(name) for name in need["assess"]])
    shares = np.array(list(need["assess"].values()), dtype=float)
    service = options[rng.choice(len(options), size=len(rows), p=shares / shares.sum())]
    person, day = episodes.person[rows], episodes.start[rows] + rng.integers(0, 15, size=len(rows))
    made = []
    for step in range(rules["max_steps"] + 1):
        event = _assessed(rng, settings, person, service, day, step)
        again = rng.random(len(person)) < need["again"] * rules["step_decay"] ** step * (step < rules["max_steps"])
        target = _next_service(rng, settings, service, options, shares, rules["other_agency_share"])
        soon = rng.random(len(person)) < rules["soon_share"]
        event, later = _sent_on(rng, settings, event, again, target, soon)
        made.append(event)
        person, service, day = person[again], target[again], later[again]
    return stack(made)


def _assessed(
    rng: np.random.Generator, settings: Settings, person: np.ndarray, service: np.ndarray, day: np.ndarray, step: int
) -> Events:
    rules = settings.place["assessments"]
    outcome = rng.choice(5, size=len(person), p=np.array(rules["outcome_shares"]) / sum(rules["outcome_shares"]))
    completed = day + _length(rng, settings, service)
    change = (rng.random(len(person)) < rules["change_share"]) & (step > 0) & _tells(settings, "kind")[service]
    kind = np.where(change, CHANGE, FIRST if step == 0 else 0)
    return make_events(person, service, day, completed=completed, outcome=outcome, kind=kind)


def _length(rng: np.random.Generator, settings: Settings, service: np.ndarray) -> np.ndarray:
    """Return days from start to completion; 0 where the agency gives one day for both."""
    rules = settings.place["assessments"]
    drawn = rng.exponential(rules["mean_days"], len(service)).astype(int).clip(max=rules["max_days"])
    return np.where(_has_length(settings)[service], drawn, 0)


def _has_length(settings: Settings) -> np.ndarray:
    contacts = {code: [e.contact for e in rules.extract if e.contact][0] for code, rules in settings.rules.items()}
    two_days = [contact["completed"] != contact["start"] for contact in contacts.values()]
    return np.array(two_days)[settings.column("agency", int)]


def _tells(settings: Settings, field: str) -> np.ndarray:
    """Return per service whether its agency writes a field of contacts."""
    return np.array([settings.writes(code, field) for code in settings.rules])[settings.column("agency", int)]


def _next_service(
    rng: np.random.Generator,
    settings: Settings,
    service: np.ndarray,
    options: np.ndarray,
    shares: np.ndarray,
    other: float,
) -> np.ndarray:
    """Return who asks next: usually another agency that asks for the same facts, else the same service."""
    agency = settings.column("agency", int)
    odds = np.where(agency[options][None, :] != agency[service][:, None], shares[None, :], 0.0)
    total = odds.sum(axis=1)
    pick = (
        (np.cumsum(odds, axis=1) < (rng.random(len(service)) * total)[:, None]).sum(axis=1).clip(max=len(options) - 1)
    )
    return np.where((rng.random(len(service)) < other) & (total > 0), options[pick], service)


def _sent_on(
    rng: np.random.Generator, settings: Settings, event: Events, again: np.ndarray, target: np.ndarray, soon: np.ndarray
) -> tuple[Events, np.ndarray]:
    """Return the events with their referrals, and the day on which the next agency begins."""
    rules = settings.place["assessments"]
    low, high = rules["late_days"]
    count, agency = len(event), settings.column("agency", int)
    wait = np.where(soon, 1 + rng.exponential(rules["soon_days"], count), rng.integers(low, high, size=count))
    early = rng.random(count) < rules["overlap_share"]
    start = np.where(
        early,
        event.day + (rng.random(count) * (event.completed - event.day)).astype(int),
        event.completed + wait.astype(int),
    )
    sent = again & soon & ~early & (rng.random(count) < rules["referral_share"])
    others = (agency[event.service] + 1 + rng.integers(9, size=count)) % 10
    lost = ~again & (rng.random(count) < rules["unanswered_share"])
    referral = np.where(sent & (agency[target] != agency[event.service]), agency[target], np.where(lost, others, NONE))
    return event.put(referral=referral), start


def _appeals(rng: np.random.Generator, settings: Settings, chain: Events, need: Mapping[str, Any]) -> Events:
    if "appeal" not in need:
        return chain.take(np.zeros(0, dtype=int))
    service = settings.number(need["appeal"])
    agency = settings.column("agency", int)
    share = settings.place["assessments"]["appeal_share"]
    rows = np.flatnonzero((agency[chain.service] == agency[service]) & (rng.random(len(chain)) < share))
    day = chain.completed[rows] + rng.integers(7, 40, size=len(rows))
    services = np.full(len(rows), service)
    done = day + _length(rng, settings, services)
    return make_events(
        chain.person[rows],
        services,
        day,
        completed=done,
        kind=np.full(len(rows), APPEAL),
        outcome=np.full(len(rows), COMPLETED),
    )


def _reviews(
    rng: np.random.Generator, settings: Settings, episodes: Episodes, rows: np.ndarray, need: Mapping[str, Any]
) -> Events:
    """Return statutory reviews with their due days; a few come before they are due."""
    if "review" not in need:
        return make_events(*(np.zeros(0, dtype=int),) * 3)
    name, every = need["review"]
    turns = ((episodes.end[rows] - episodes.start[rows]) // every).astype(int)
    mine = np.repeat(rows, turns)
    turn = np.arange(len(mine)) - np.repeat(np.cumsum(turns) - turns, turns) + 1
    due = episodes.start[mine] + turn * every
    low, high = settings.place["assessments"]["review_due_spread"]
    day = due + rng.integers(low, high + 1, size=len(mine))
    service = np.full(len(mine), settings.number(name))
    done = day + _length(rng, settings, service) // 3
    outcome = rng.choice(
        OUTCOMES.index("no_further_action") + 1, size=len(mine), p=settings.place["assessments"]["outcome_shares"]
    )
    return make_events(
        episodes.person[mine], service, day, completed=done, due=due, outcome=outcome, kind=np.full(len(mine), REVIEW)
    )


def _joined(rng: np.random.Generator, settings: Settings, events: Events) -> Events:
    """Add the second agency's record of assessments done together: same person, days, outcome and joint number."""
    agency, purpose = settings.column("agency", int), settings.column("purpose")
    writes = (
        _tells(settings, "joint")
        & ~settings.column("barred")
        & settings.column("assessment")
        & (settings.column("kind") == "")
    )
    able = writes[events.service] & (events.kind != CHANGE)
    rows = np.flatnonzero(able & (rng.random(len(events)) < settings.place["assessments"]["joint_share"]))
    partner = np.full(len(settings.services), NONE)
    length = _has_length(settings)
    for i in np.flatnonzero(writes):
        same = np.flatnonzero(writes & (purpose == purpose[i]) & (agency != agency[i]) & (length == length[i]))
        partner[i] = same[0] if len(same) else NONE
    rows = rows[partner[events.service[rows]] != NONE]
    joint = np.full(len(events), NONE)
    joint[rows] = np.arange(len(rows))
    marked = events.put(joint=joint)
    twin = marked.take(rows)
    return stack([marked, twin.put(service=partner[twin.service], referral=np.full(len(rows), NONE))])


def without_repeats(settings: Settings, events: Events, household: np.ndarray) -> Events:
    """Drop assessments that one agency would begin twice on one day for one person or household on one purpose."""
    purposes = {p: i for i, p in enumerate(sorted(set(settings.column("purpose"))))}
    purpose = np.array([purposes[p] for p in settings.column("purpose")])[events.service]
    rows = np.flatnonzero(settings.column("assessment", bool)[events.service])
    agency = settings.column("agency", int)[events.service[rows]]
    whole = settings.column("household", bool)[events.service[rows]]
    unit = np.where(whole, -2 - household[rows], events.person[rows])
    _, rank = groups(unit, agency, purpose[rows], events.day[rows])
    drop = rows[rank > 0]
    partners = np.isin(events.joint, events.joint[drop]) & (events.joint != NONE)
    keep = ~partners
    keep[drop] = False
    return events.take(keep)
