"""The door of the room: make a pretend place and write its project folder, its extracts and its truth."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from totalplace.errors import UsageError
from totalplace.sample_data import assessments, contacts, truth_tables
from totalplace.sample_data.details import describe
from totalplace.sample_data.events import NONE, Events, stack, to_weekdays
from totalplace.sample_data.extracts import Sources, build_sheets, client_keys, contact_keys
from totalplace.sample_data.files import write_parquet
from totalplace.sample_data.identifiers import insurance_numbers, nhs_numbers, phone_numbers
from totalplace.sample_data.moves import settle
from totalplace.sample_data.names import load_names
from totalplace.sample_data.needs import draw_episodes, draw_hardship
from totalplace.sample_data.people import build_people
from totalplace.sample_data.project import layout_of, write_project, write_sheets
from totalplace.sample_data.records import write_down
from totalplace.sample_data.seeded import count_once, draw_seeded, seeded_table, seeded_window
from totalplace.sample_data.settings import AGENCIES, Settings, load_settings, read_text, stream
from totalplace.sample_data.spend import spend_rules, write_spend
from totalplace.sample_data.truth import assessment_table, counts_table, judge_assessments
from totalplace.sample_data.world import World

LEAST_PEOPLE = 100


@dataclass(frozen=True)
class PlaceSummary:
    """What was made; all are counts.

    Args:
        people, households, families: in the true population, households at the start of the window.
        agencies, files: extracts.
        clients: people known to at least one agency.
        client_records: source client records in all extracts.
        contacts: true contacts in the window; contact_rows: rows of the extracts, with re-sent ones.
        assessments, avoidable, concurrent: by the rule of D1 at 180 days, for true persons and households.
        seeded_family: its number in the truth.
        seeded_members: people of the seeded family; seeded_contacts: all its contacts.
        seeded_interventions: inside its window, joint visits once.
    """

    people: int
    households: int
    families: int
    agencies: int
    files: int
    clients: int
    client_records: int
    contacts: int
    contact_rows: int
    assessments: int
    avoidable: int
    concurrent: int
    seeded_family: int
    seeded_members: int
    seeded_contacts: int
    seeded_interventions: int


def make_place(people: int, seed: int, folder: Path, contacts_per_person: float | None = None) -> PlaceSummary:
    """Write a pretend place: a project folder with its agencies' extracts under data/ and the truth under truth/.

    Args:
        people: size of the true population, at least 100.
        seed: equal seeds give equal bytes.
        folder: made if missing; files in it are written over.
        contacts_per_person: mean over everybody; None takes place.toml's.

    Raises:
        UsageError: too few people.
    """
    if people < LEAST_PEOPLE:
        raise UsageError("TP111", "--people", f"a place needs at least {LEAST_PEOPLE} people", "Ask for more people.")
    settings = load_settings()
    world, events = make_history(settings, people, seed, contacts_per_person)
    household = world.addresses.household(world.people, events.person, events.day)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    (folder / "data").mkdir(exist_ok=True)
    agency = settings.column("agency", np.int8)[events.service]
    written = [
        _write_agency(settings, world, events, np.flatnonzero(agency == number), seed, folder)
        for number in range(len(AGENCIES))
    ]
    write_project(settings, seed, folder, {w.code: w.layouts for w in written}, spend_rules(people))
    write_spend(people, folder)
    keys = _event_keys(len(events), written)
    return _write_truth(settings, world, events, household, written, keys, folder)


def make_history(
    settings: Settings, people: int, seed: int, contacts_per_person: float | None = None
) -> tuple[World, Events]:
    """Return the true people, homes and events; nothing is written."""
    names = load_names(settings)
    folk = build_people(stream(seed, "people"), settings, names, people)
    hardship = draw_hardship(stream(seed, "hardship"), settings, int(max(folk.family.max(), folk.unit.max())) + 1)
    folk, addresses = settle(stream(seed, "moves"), settings, folk, hardship)
    rng = stream(seed, "identifiers")
    world = World(
        folk, names, addresses, nhs_numbers(rng, people), insurance_numbers(rng, people), phone_numbers(rng, people),
        settings.first_day, settings.last_day,
    )  # fmt: skip
    usual = settings.place["window"]["contacts_per_person"]
    return world, _events(settings, world, hardship, seed, (contacts_per_person or usual) * people, usual)


def _events(settings: Settings, world: World, hardship: np.ndarray, seed: int, wanted: float, usual: float) -> Events:
    folk, addresses = world.people, world.addresses
    density = wanted / len(folk) / usual
    episodes = draw_episodes(stream(seed, "needs"), settings, folk, hardship, density)
    assessed = assessments.draw_assessments(stream(seed, "assessments"), settings, episodes)
    household = addresses.household(folk, assessed.person, assessed.day)
    assessed = assessments.without_repeats(settings, assessed, household)
    bounces = contacts.draw_bounces(stream(seed, "bounces"), settings, episodes)
    inside = int(((assessed.day >= settings.first_day) & (assessed.day <= settings.last_day)).sum())
    left = max(wanted - inside - len(bounces), 0.2 * wanted)
    followed = contacts.draw_follow_ups(stream(seed, "follow ups"), settings, folk, episodes, left, density)
    first_joint = int(assessed.joint.max(initial=0)) + 1
    followed = to_weekdays(followed, settings.open_all_week(), spread=5)
    followed = contacts.join_visits(stream(seed, "visits"), settings, followed, first_joint)
    served = contacts.draw_served(stream(seed, "served"), settings, followed)
    bounces, served = (to_weekdays(part, settings.open_all_week(), spread=5) for part in (bounces, served))
    first_joint = int(followed.joint.max(initial=first_joint)) + 1
    seeded = draw_seeded(stream(seed, "seeded"), settings, folk, first_joint)
    return contacts.finish(
        stream(seed, "details"), settings, folk, addresses, stack([assessed, bounces, followed, served, seeded])
    )


def _habits(code: str) -> dict[str, Any]:
    table = tomllib.loads(read_text("habits.toml"))
    merged = {**table["default"], **table[code]}
    merged["missing"] = {**table["default"]["missing"], **table[code].get("missing", {})}
    return merged


@dataclass(frozen=True)
class Written:
    """What one agency's extracts hold, for the truth."""

    code: str
    rows: np.ndarray
    keys: pa.Array
    client_rows: pa.Table
    contact_rows: pa.Table
    records: int
    files: int
    layouts: Mapping[str, str]


def _write_agency(
    settings: Settings, world: World, events: Events, rows: np.ndarray, seed: int, folder: Path
) -> Written:
    """Write one agency's files; return which row of which file is whom."""
    code = AGENCIES[int(settings.column("agency", int)[events.service[rows[0]]])]
    habits, rng, mine = _habits(code), stream(seed, f"agency {code}"), events.take(rows)
    records = write_down(rng, settings, world.people, world.addresses, mine, code, habits)
    rules = settings.rules[code].extract[0]
    habits["tells_protected"] = "protected" in rules.client
    details = describe(
        rng, world, records, habits, rules.encoding if rules.encoding in ("cp1252", "ascii") else "utf-8"
    )
    typed = layout_of(code).kind != "text"
    source = Sources(code, records, details, mine, habits, typed)
    sheets = build_sheets(rng, settings, world.people, source)
    placed, replaced = write_sheets(settings, source, sheets, folder / "data")
    clients = [
        truth_tables.client_rows(source, sheet, place, client_keys(source))
        for sheet, place in zip(sheets, placed, strict=True)
    ]
    visits = [
        truth_tables.contact_rows(source, sheet, place, rows) for sheet, place in zip(sheets, placed, strict=True)
    ]
    files = len({name for place in placed for name in place.names})
    return Written(
        code,
        rows,
        contact_keys(source),
        pa.concat_tables(clients),
        pa.concat_tables(visits),
        len(records),
        files,
        replaced,
    )


def _event_keys(count: int, written: list[Written]) -> pa.Array:
    """Return the contact key of each event, in the order of all events."""
    order = np.empty(count, dtype=np.int64)
    order[np.concatenate([w.rows for w in written])] = np.arange(count)
    return pa.concat_arrays(
        [pa.array(w.keys) if not isinstance(w.keys, pa.ChunkedArray) else w.keys.combine_chunks() for w in written]
    ).take(pa.array(order))


def _write_truth(
    settings: Settings,
    world: World,
    events: Events,
    household: np.ndarray,
    written: list[Written],
    keys: pa.Array,
    folder: Path,
) -> PlaceSummary:
    judged = judge_assessments(settings, events, household)
    clients, visits = (
        pa.concat_tables([w.client_rows for w in written]),
        pa.concat_tables([w.contact_rows for w in written]),
    )
    tables = {
        "people": truth_tables.people_table(world, events),
        "residences": truth_tables.residence_table(world),
        "clients": truth_tables.with_people(world, clients),
        "contacts": truth_tables.with_events(settings, world, events, household, visits, keys),
        "assessments": assessment_table(settings, events, judged, keys),
        "avoidable": counts_table(judged),
        "seeded_family": seeded_table(settings, world.people, events),
    }
    for name, table in tables.items():
        write_parquet(table, folder / "truth" / f"{name}.parquet")
    return _summary(settings, world, events, written, judged.outcome, len(visits))


def _summary(
    settings: Settings,
    world: World,
    events: Events,
    written: list[Written],
    classes: np.ndarray,
    rows: int,
) -> PlaceSummary:
    folk, window = world.people, seeded_window(settings)
    counted = folk.seeded[events.person] & settings.column("intervention", bool)[events.service] & (events.outcome != 1)
    counted &= (events.day >= window.first_day) & (events.day < window.end_day)
    known = np.unique(np.concatenate([w.client_rows["person"].to_numpy() for w in written]))
    return PlaceSummary(
        people=len(folk),
        households=len(np.unique(folk.unit)),
        families=len(np.unique(folk.family)),
        agencies=len(written),
        files=sum(w.files for w in written),
        clients=int((known != NONE).sum()),
        client_records=sum(w.records for w in written),
        contacts=len(events),
        contact_rows=rows,
        assessments=len(classes),
        avoidable=int((classes == 1).sum()),
        concurrent=int((classes == 2).sum()),
        seeded_family=int(folk.family[folk.seeded][0]),
        seeded_members=int(folk.seeded.sum()),
        seeded_contacts=int(folk.seeded[events.person].sum()),
        seeded_interventions=count_once(events, counted),
    )
