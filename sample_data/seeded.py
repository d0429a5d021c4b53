"""The seeded family: exactly 700 interventions by nine agencies in 18 calendar months, joint visits counted once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from totalplace.sample_data.events import COMPLETED, DID_NOT_ATTEND, NONE, Events, make_events, stack
from totalplace.sample_data.people import YEAR, People
from totalplace.sample_data.settings import AGENCIES, Settings, day_number

ADULT_AGE, SCHOOL_AGE, TEEN_AGE = 18, 5, 11


@dataclass(frozen=True)
class SeededWindow:
    """The first day and the day after the last of the window that holds the family's 700 interventions."""

    first_day: int
    end_day: int


def seeded_window(settings: Settings) -> SeededWindow:
    """Return the window: calendar months from its first day, as findings count them."""
    first = np.datetime64(settings.place["seeded"]["first_day"], "D")
    month = first.astype("datetime64[M]")
    end = (month + settings.place["seeded"]["months"]).astype("datetime64[D]") + (first - month.astype("datetime64[D]"))
    return SeededWindow(day_number(first), day_number(end))


def draw_seeded(rng: np.random.Generator, settings: Settings, people: People, first_joint: int) -> Events:
    """Return all contacts of the seeded family.

    Args:
        rng: the stage's random numbers.
        settings: the room's rules.
        people: everybody; `people.seeded` are the members.
        first_joint: first free number of a joint act.
    """
    rules, window = settings.place["seeded"], seeded_window(settings)
    days = _days(rng, window, rules["interventions"])
    inside = _met(rng, settings, people, days, assess_share=0.11)
    inside = _with_joint_visits(rng, settings, people, inside, rules["joint_visits"], first_joint)
    gap = 21
    before = rng.integers(settings.first_day, window.first_day - gap, size=rules["outside"] * 2 // 5)
    after = rng.integers(window.end_day + gap, settings.last_day + 1, size=rules["outside"] - len(before))
    outside = _met(rng, settings, people, np.sort(np.concatenate([before, after])), assess_share=0.08)
    extra = _extra(rng, settings, people, rng.integers(window.first_day, window.end_day, size=rules["extra"]))
    whole = stack([inside, outside, extra])
    return whole.put(seeded=np.ones(len(whole), dtype=bool))


def _days(rng: np.random.Generator, window: SeededWindow, count: int) -> np.ndarray:
    """Return sorted days: the first and the last of the window, three crises, fewer at week-ends."""
    every = np.arange(window.first_day, window.end_day)
    crises = sum(
        np.exp(-0.5 * ((np.arange(len(every)) - share * len(every)) / 25.0) ** 2) for share in (0.2, 0.55, 0.8)
    )
    weight = (1.0 + 1.6 * crises) * np.where((every + 3) % 7 >= 5, 0.25, 1.0)
    drawn = rng.choice(every, size=count - 2, p=weight / weight.sum())
    return np.sort(np.concatenate([drawn, [window.first_day, window.end_day - 1]]))


def _met(rng: np.random.Generator, settings: Settings, people: People, days: np.ndarray, assess_share: float) -> Events:
    """Return one intervention a day given: the agency by its share, a member it would see, one of its services."""
    split = settings.place["seeded"]["split"]
    shares = np.array(list(split.values()))
    agency = np.array([AGENCIES.index(code) for code in split])[_quota(rng, shares, len(days))]
    agency = _open_on(settings, agency, days)
    members = np.flatnonzero(people.seeded)
    age = (days[:, None] - people.birth[members][None, :]) / YEAR
    pick = _members(rng, agency, age, people.male[members])
    person = members[pick]
    service, assessing = _services(rng, settings, agency, age[np.arange(len(days)), pick], assess_share)
    service = _no_second_asking(settings, service, assessing, days)
    kind = np.where(
        settings.column("kind")[service] == "review", 2, np.where(settings.column("kind")[service] == "appeal", 4, 0)
    )
    return make_events(
        person, service, days, completed=np.where(settings.column("assessment", bool)[service], days, NONE),
        due=np.where(kind == 2, days - 4, NONE), kind=kind, outcome=np.full(len(days), COMPLETED),
    )  # fmt: skip


def _quota(rng: np.random.Generator, shares: np.ndarray, count: int) -> np.ndarray:
    """Return positions of agencies in scattered order, each as often as its share says, to the last one."""
    exact = np.floor(shares / shares.sum() * count).astype(int)
    exact[: count - exact.sum()] += 1
    return rng.permutation(np.repeat(np.arange(len(shares)), exact))


def _open_on(settings: Settings, agency: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Change places so that week-ends fall to agencies that work then; how often each one acts stays."""
    out = agency.copy()
    all_week = [AGENCIES.index(code) for code in settings.place["contacts"]["open_all_week"]]
    weekend = (days + 3) % 7 >= 5
    closed = np.flatnonzero(weekend & ~np.isin(out, all_week))
    spare = np.flatnonzero(~weekend & np.isin(out, all_week))
    count = min(len(closed), len(spare))
    out[closed[:count]], out[spare[:count]] = agency[spare[:count]], agency[closed[:count]]
    return out


def _members(rng: np.random.Generator, agency: np.ndarray, age: np.ndarray, male: np.ndarray) -> np.ndarray:
    """Return the position of the member whom each agency sees, by age."""
    adult = age >= ADULT_AGE
    suits = {
        "schools": (age >= SCHOOL_AGE) & ~adult, "childrens_services": 0.35 + 0.65 * ~adult,
        "police": np.where(adult, 1.0, (age >= TEEN_AGE) * 0.8), "housing": adult * 1.0,
        "probation": adult & male, "jobcentre": adult * 1.0,
        "mental_health": np.where(adult, 1.0, (age >= TEEN_AGE) * 0.6), "voluntary": adult * 1.0,
    }  # fmt: skip
    odds = np.ones(age.shape)
    for code, weight in suits.items():
        mine = agency == AGENCIES.index(code)
        odds[mine] = np.broadcast_to(weight, age.shape)[mine]
    sums = np.cumsum(odds, axis=1)
    return (sums <= (rng.random(len(agency)) * sums[:, -1])[:, None]).sum(axis=1).clip(max=age.shape[1] - 1)


def _services(
    rng: np.random.Generator, settings: Settings, agency: np.ndarray, age: np.ndarray, assess_share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return a service of each agency that fits the age, and whether it is an assessment."""
    of, meets = settings.column("agency", int), settings.column("intervention", bool)
    assess = settings.column("assessment", bool)
    fits = np.array([_fits(s.type) for s in settings.services])
    assessing = rng.random(len(agency)) < assess_share
    ok = (of[None, :] == agency[:, None]) & meets[None, :] & (fits[:, 0] <= age[:, None]) & (age[:, None] < fits[:, 1])
    plain, asking = ok & ~assess[None, :], ok & assess[None, :]
    assessing &= asking.any(axis=1)
    odds = np.where(assessing[:, None], asking, plain) * 1.0
    sums = np.cumsum(odds, axis=1)
    return (sums <= (rng.random(len(agency)) * sums[:, -1])[:, None]).sum(axis=1), assessing


def _fits(word: str) -> tuple[float, float]:
    """Return the ages to which a service is given; other services are for everybody."""
    narrow = {
        "Leaving care needs assessment": (16, 26), "Personal adviser meeting": (16, 26),
        "Emergency admission": (30, 120), "Health visitor review": (0, 5.2), "Paediatric clinic": (0, 17),
        "Family health needs assessment": (0, 18), "Discharge needs assessment": (60, 120),
        "Befriending visit": (60, 120), "GANG INTERVENTION MEETING": (13, 25), "MISSING PERSON": (8, 18),
        "Attendance meeting": (5, 17), "Employability assessment": (16, 60),
        "Mandatory reconsideration": (18, 18), "Homelessness decision review": (18, 18),
    }  # fmt: skip
    return narrow.get(word, (0, 130))


def _no_second_asking(settings: Settings, service: np.ndarray, assessing: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Turn a second assessment by one agency within a fortnight into its usual plain intervention."""
    of, meets = settings.column("agency", int), settings.column("intervention", bool)
    plain = meets & ~settings.column("assessment", bool)
    usual = np.array([np.flatnonzero(plain & (of == a))[0] for a in range(len(AGENCIES))])
    last: dict[int, int] = {}
    out = service.copy()
    for i in np.flatnonzero(assessing):
        agency = int(of[service[i]])
        if days[i] - last.get(agency, -99) < 14:
            out[i] = usual[agency]
        else:
            last[agency] = int(days[i])
    return out


def _with_joint_visits(
    rng: np.random.Generator, settings: Settings, people: People, events: Events, count: int, first: int
) -> Events:
    """Add a second record of `count` visits: half by a second agency, half of the same visit to a second child."""
    of, plain = settings.column("agency", int), ~settings.column("assessment", bool)
    writers = [AGENCIES.index(c) for c in ("childrens_services", "police", "housing")]
    able = np.flatnonzero(plain[events.service] & np.isin(of[events.service], writers))
    rows = np.sort(rng.permutation(able)[:count])
    joint = events.joint.copy()
    joint[rows] = first + np.arange(len(rows))
    marked = events.put(joint=joint)
    twin = marked.take(rows)
    usual = {
        a: settings.number(n)
        for a, n in zip(
            writers,
            ("childrens_services/Social worker visit", "police/NEIGHBOURHOOD VISIT", "housing/Tenancy visit"),
            strict=True,
        )
    }
    other = np.array([usual[writers[(writers.index(a) + 1) % 3]] for a in of[twin.service]])
    same = (np.arange(len(rows)) % 2 == 1) & (of[twin.service] == writers[0])
    children = np.flatnonzero(people.seeded & people.child)
    sibling = children[(np.searchsorted(children, twin.person) + 1) % len(children)]
    adult = np.flatnonzero(people.seeded & ~people.child)[0]
    person = np.where(same, sibling, np.where(of[other] == writers[2], adult, twin.person))
    return stack([marked, twin.put(service=np.where(same, twin.service, other), person=person)])


def _extra(rng: np.random.Generator, settings: Settings, people: People, days: np.ndarray) -> Events:
    """Return calls, letters and missed appointments: contacts that are no interventions."""
    meets, mapped = settings.column("intervention", bool), settings.column("mapped", bool)
    of = settings.column("agency", int)
    adult = np.flatnonzero(people.seeded & ~people.child)[0]
    codes = [AGENCIES.index(c) for c in settings.place["seeded"]["split"] if c not in ("schools", "probation")]
    quiet = np.flatnonzero(mapped & ~meets & np.isin(of, codes) & (settings.column("kind") == ""))
    missed = np.flatnonzero(meets & ~settings.column("assessment", bool) & np.isin(of, codes))
    quiet = quiet[[not settings.services[i].type.startswith("Discharge") for i in quiet]]
    turn = rng.random(len(days)) < 0.6
    service = np.where(turn, rng.choice(quiet, size=len(days)), rng.choice(missed, size=len(days)))
    outcome = np.where(turn, COMPLETED, DID_NOT_ATTEND)
    return make_events(np.full(len(days), adult), service, days, outcome=outcome)


def seeded_table(settings: Settings, people: People, events: Events) -> pa.Table:
    """Return truth/seeded_family: one row per member and agency, with the window and the counts inside it.

    `records_in_window` counts the member's records with the agency; `agency_interventions_in_window` the agency's acts
    for the whole family; `interventions_in_window` the family's, where a joint act of two agencies counts once.
    """
    window = seeded_window(settings)
    of, meets = settings.column("agency", int)[events.service], settings.column("intervention", bool)[events.service]
    counted = meets & people.seeded[events.person] & (events.outcome != DID_NOT_ATTEND)
    counted &= (events.day >= window.first_day) & (events.day < window.end_day)
    members = np.flatnonzero(people.seeded)
    person, agency = np.repeat(members, len(AGENCIES)), np.tile(np.arange(len(AGENCIES)), len(members))
    records = [int((counted & (events.person == p) & (of == a)).sum()) for p, a in zip(person, agency, strict=True)]
    acts = np.array([count_once(events, counted & (of == a)) for a in range(len(AGENCIES))])

    def same(value: int, dtype: pa.DataType) -> pa.Array:
        return pa.array(np.full(len(person), value), pa.int32() if dtype == pa.date32() else dtype).cast(dtype)

    return pa.table(
        {
            "person": pa.array(person.astype(np.int64)),
            "agency": pa.array(AGENCIES).take(pa.array(agency)),
            "family": pa.array(people.family[person].astype(np.int64)),
            "records_in_window": pa.array(records, pa.int64()),
            "agency_interventions_in_window": pa.array(acts[agency]),
            "interventions_in_window": same(count_once(events, counted), pa.int64()),
            "agencies_in_window": same(len(np.unique(of[counted])), pa.int64()),
            "window_first_day": same(window.first_day, pa.date32()),
            "window_end_day": same(window.end_day, pa.date32()),
        }
    )


def count_once(events: Events, rows: np.ndarray) -> int:
    """Return the number of acts among rows: the records of one joint act count once."""
    joint = events.joint[rows]
    return int((joint == NONE).sum() + len(np.unique(joint[joint != NONE])))
