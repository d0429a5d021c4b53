"""A person's details as one agency writes them: the facts of the day, through its habits of error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from totalplace.sample_data import spelling
from totalplace.sample_data.address_details import address_texts
from totalplace.sample_data.identifiers import insurance_text
from totalplace.sample_data.moves import EXITS
from totalplace.sample_data.people import NEVER, NOBODY, YEAR
from totalplace.sample_data.records import UNKNOWN, Records
from totalplace.sample_data.world import World

Texts = np.ndarray  # of str or None
PLACEHOLDER_BIRTH = int(np.datetime64("1900-01-01", "D").astype(int))
CAPITALS = (  # what an agency in capitals writes so
    "first_name", "middle_names", "surname", "former_surname", "flat", "house_number", "street", "town", "address",
    "address_1", "address_2",
)  # fmt: skip
PHONE_PREFIX = "01632"


@dataclass(frozen=True)
class Details:
    """One agency's client details, one entry per record: texts by our field name, and days for date fields."""

    texts: Mapping[str, Texts]
    days: Mapping[str, np.ndarray]


def describe(
    rng: np.random.Generator, world: World, records: Records, habits: Mapping[str, Any], encoding: str
) -> Details:
    """Return the details of all records.

    Args:
        rng: the agency's random numbers.
        world: the people and everything known of them.
        records: who is written down and when.
        habits: the agency's part of habits.toml.
        encoding: of the file; letters that it lacks are written plainly.
    """
    texts = _names(rng, world, records, habits, encoding)
    texts.update(address_texts(rng, world, records, habits))
    texts.update(_contact_ways(rng, world, records, habits))
    texts.update(_numbers(world, records))
    birth = _birth(rng, world, records, habits)
    days = {"birth_date": birth, **_record_days(rng, world, records)}
    _lose(rng, texts, days, habits["missing"])
    if habits["upper"] == "all":
        texts.update({name: _mapped(texts[name], str.upper) for name in CAPITALS})
    elif habits["upper"]:
        texts["surname"] = _mapped(texts["surname"], str.upper)
    return Details(texts, days)


def _mapped(values: Texts, change: Any) -> Texts:
    return np.array([None if v is None else change(v) for v in values], dtype=object)


def _names(
    rng: np.random.Generator, world: World, records: Records, habits: Mapping[str, Any], encoding: str
) -> dict[str, Texts]:
    people, who, count = world.people, records.person, len(records)
    given = np.array([spelling.encodable(n, encoding) for n in world.names.given], dtype=object)
    surnames = np.array([spelling.encodable(n, encoding) for n in world.names.surnames], dtype=object)
    stale = rng.random(count) < habits["stale_surname"]
    day = np.where(stale, world.first_day - 1, records.seen_day)
    code = people.surname_on(who, day)
    former = np.where(code != people.surname[who], people.surname[who], people.former[who])
    first = given[people.given[who]]
    middle = spelling.left_out(given[people.middle[who]], people.middle[who] == NOBODY)
    last = surnames[code]
    first, last = _mistaken(rng, habits, first, last)
    return {
        "first_name": first,
        "middle_names": middle,
        "surname": last,
        "former_surname": spelling.left_out(surnames[former], former == NOBODY),
        "sex": _sex(rng, people.male[who], habits["sex_slip"]),
    }


def _mistaken(rng: np.random.Generator, habits: Mapping[str, Any], first: Texts, last: Texts) -> tuple[Texts, Texts]:
    first = spelling.typos(rng, first, habits["typo_given"])
    last = spelling.typos(rng, last, habits["typo_surname"])
    first = spelling.at_random(rng, first, habits["short"], spelling.short_form)
    first = spelling.at_random(rng, first, habits["initial"], spelling.initial)
    swap = rng.random(len(first)) < habits["swapped"]
    first, last = np.where(swap, last, first), np.where(swap, first, last)
    if habits["mojibake"]:
        first = spelling.at_random(rng, first, habits["mojibake"], spelling.mojibake)
        last = spelling.at_random(rng, last, habits["mojibake"], spelling.mojibake)
    return first, last


def _sex(rng: np.random.Generator, male: np.ndarray, slip: float) -> Texts:
    return np.where(male ^ (rng.random(len(male)) < slip), "M", "F").astype(object)


def _contact_ways(
    rng: np.random.Generator, world: World, records: Records, habits: Mapping[str, Any]
) -> dict[str, Texts]:
    who, people = records.person, world.people
    age = (records.seen_day - people.birth[who]) / YEAR
    keeper = np.where((age < 16) & (people.mother[who] != NOBODY), people.mother[who], who)
    number = world.phone[keeper]
    default = rng.random(len(who)) < habits["default_phone"]
    phone = np.array(
        [f"{PHONE_PREFIX} 960000" if d else f"{PHONE_PREFIX} {n:06d}" for n, d in zip(number, default, strict=True)],
        dtype=object,
    )
    given = world.names.given[people.given[keeper]]
    last = world.names.surnames[people.surname[keeper]]
    email = [_email(g, n, k) for g, n, k in zip(given, last, number, strict=True)]
    return {"phone": phone, "email": np.array(email, dtype=object)}


def _email(given: str, last: str, number: int) -> str:
    plain = "".join(c for c in spelling.encodable(f"{given}.{last}", "ascii").lower() if c.isalnum() or c in ".-")
    return f"{plain}{number % 97}@example.org"


def _numbers(world: World, records: Records) -> dict[str, Texts]:
    nhs, nino = world.nhs[records.person], world.nino[records.person]
    grown = (records.seen_day - world.people.birth[records.person]) / YEAR >= 16
    reason = np.array(EXITS, dtype=object)[world.addresses.exit_reason[records.person]]
    return {
        "id_nhs": np.array([None if n == 0 else str(n) for n in nhs], dtype=object),
        "id_nino": np.array(
            [insurance_text(n, False) if g else None for n, g in zip(nino.tolist(), grown, strict=True)], dtype=object
        ),
        "exit_reason": spelling.left_out(reason, reason == ""),
    }


def _birth(rng: np.random.Generator, world: World, records: Records, habits: Mapping[str, Any]) -> np.ndarray:
    """Return days of birth as written: slips, the first of January, and placeholders."""
    birth = world.people.birth[records.person].astype(np.int64)
    draw = rng.random(len(birth))
    date = birth.astype("datetime64[D]")
    year, month = date.astype("datetime64[Y]"), date.astype("datetime64[M]")
    day_of = (date - month).astype(int)
    month_of = (month - year.astype("datetime64[M]")).astype(int)
    swapped = (year.astype("datetime64[M]") + day_of.clip(max=11)).astype("datetime64[D]") + month_of
    slipped = np.where(
        (rng.random(len(birth)) < 0.5) & (day_of < 12),
        swapped.astype(int),
        birth + rng.choice([-10, -1, 1, 10, 30, 365], len(birth)),
    )
    out = np.where(draw < habits["birth_slip"], slipped, birth)
    out = np.where(draw > 1 - habits["birth_first"], year.astype("datetime64[D]").astype(int), out)
    return np.where(np.abs(draw - 0.5) < habits["birth_placeholder"] / 2, PLACEHOLDER_BIRTH, out)


def _record_days(rng: np.random.Generator, world: World, records: Records) -> dict[str, np.ndarray]:
    exit_day = world.addresses.exit_day[records.person]
    return {
        "valid_from": np.where(records.valid_from == UNKNOWN, UNKNOWN, records.valid_from),
        "valid_to": records.valid_to,
        "record_date": np.minimum(records.seen_day + rng.integers(0, 30, len(records)), world.last_day),
        "exit_date": np.where(exit_day >= NEVER, UNKNOWN, exit_day),
    }


def _lose(
    rng: np.random.Generator, texts: dict[str, Texts], days: dict[str, np.ndarray], missing: Mapping[str, float]
) -> None:
    """Leave fields out, each by its share."""
    for field, share in missing.items():
        if field in texts:
            texts[field] = spelling.blanked(rng, texts[field], share)
        elif field in days:
            days[field] = np.where(rng.random(len(days[field])) < share, UNKNOWN, days[field])
