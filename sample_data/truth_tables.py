"""The truth as tables: who is who in every row of every extract, and what is true of people, homes and contacts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.sample_data.events import NONE, Events
from totalplace.sample_data.extracts import Sheet, Sources
from totalplace.sample_data.homes import CLASSES
from totalplace.sample_data.moves import EXITS
from totalplace.sample_data.people import NEVER, NOBODY
from totalplace.sample_data.project import Placed
from totalplace.sample_data.settings import AGENCIES, OUTCOMES, Settings
from totalplace.sample_data.world import World


def client_rows(source: Sources, sheet: Sheet, placed: Placed, keys: pa.ChunkedArray) -> pa.Table:
    """Return who stands in each row that holds a client's details: person NONE where the row names nobody.

    `record` numbers the agency's distinct source records; rows of one record hold the same details.
    """
    count = len(sheet.record) if sheet.rules.client else 0
    record = sheet.record[:count]
    person = np.where(record < 0, NONE, source.records.person[record]) if count else np.zeros(0, dtype=np.int64)
    return pa.table(
        {
            "agency": pa.array([source.code]).take(pa.array(np.zeros(count, dtype=np.int64))),
            "file": pa.array(placed.names).take(pa.array(placed.file[:count])),
            "row": pa.array(placed.row[:count]),
            "client_key": pa.chunked_array([keys] if isinstance(keys, pa.Array) else keys.chunks, pa.string()).take(
                pa.array(record, mask=record < 0)
            ),
            "record": pa.array(record.astype(np.int64), mask=record < 0),
            "person": pa.array(person.astype(np.int64)),
        }
    )


def contact_rows(source: Sources, sheet: Sheet, placed: Placed, rows: np.ndarray) -> pa.Table:
    """Return which event stands in each row that holds a contact; `rows` are the agency's events among all."""
    count = len(sheet.event) if sheet.rules.contact else 0
    return pa.table(
        {
            "agency": pa.array([source.code]).take(pa.array(np.zeros(count, dtype=np.int64))),
            "file": pa.array(placed.names).take(pa.array(placed.file[:count])),
            "row": pa.array(placed.row[:count]),
            "event": pa.array(rows[sheet.event[:count]].astype(np.int64)),
            "named": pa.array(sheet.record[:count] >= 0),
            "resent": pa.array(sheet.repeated[:count]),
            "spoilt": pa.array(sheet.spoilt[:count]),
        }
    )


def _day(values: np.ndarray, empty: np.ndarray | None = None) -> pa.Array:
    return pa.array(values.astype(np.int32), mask=empty).cast(pa.date32())


def with_people(world: World, clients: pa.Table) -> pa.Table:
    """Return truth/clients: the rows with family and seeded family; null person where nobody is named."""
    folk, person = world.people, clients["person"].to_numpy()
    nobody = person == NONE
    table = clients.drop_columns(["person"])
    table = table.append_column("person", pa.array(person, mask=nobody))
    table = table.append_column("family", pa.array(folk.family[person], mask=nobody))
    return table.append_column("seeded_family", pa.array(folk.seeded[person] & ~nobody))


def with_events(
    settings: Settings, world: World, events: Events, household: np.ndarray, visits: pa.Table, keys: pa.Array
) -> pa.Table:
    """Return truth/contacts: the rows with the true person, household, family and the facts of the event."""
    row = visits["event"].to_numpy()
    services, outcome = settings.services, events.outcome[row]
    person, service, joint = events.person[row], pa.array(events.service[row]), events.joint[row]
    extra = {
        "contact_key": keys.take(pa.array(row)),
        "person": pa.array(person.astype(np.int64)),
        "household": pa.array(household[row].astype(np.int64)),
        "family": pa.array(world.people.family[person].astype(np.int64)),
        "seeded_family": pa.array(world.people.seeded[person]),
        "day": _day(events.day[row]),
        "type": pa.array([s.type for s in services]).take(service),
        "mapped": pa.array([s.mapped for s in services]).take(service),
        "intervention": pa.array([s.intervention for s in services]).take(service),
        "outcome": pa.array(OUTCOMES).take(pa.array(outcome.astype(np.int64), mask=outcome == NONE)),
        "joint": pa.array(joint.astype(np.int64), mask=joint == NONE),
        "referral_to": pa.array(AGENCIES).take(
            pa.array(events.referral[row].astype(np.int64), mask=events.referral[row] == NONE)
        ),
    }
    for name, column in extra.items():
        visits = visits.append_column(name, column)
    return visits


def people_table(world: World, events: Events) -> pa.Table:
    """Return truth/people: one row per person of the place, known to an agency or not."""
    folk, names, count = world.people, world.names, len(world.people)
    exit_day = world.addresses.exit_day
    contacts = np.bincount(events.person, minlength=count)
    later = np.where(folk.later_day < NEVER, folk.later, NOBODY)

    def tie(values: np.ndarray) -> pa.Array:
        return pa.array(values.astype(np.int64), mask=values == NOBODY)

    return pa.table(
        {
            "person": pa.array(np.arange(count)),
            "given_name": pa.array(names.given).take(pa.array(folk.given)),
            "middle_name": pa.array(names.given).take(tie(folk.middle)),
            "surname": pa.array(names.surnames).take(pa.array(folk.surname)),
            "former_surname": pa.array(names.surnames).take(tie(folk.former)),
            "later_surname": pa.array(names.surnames).take(tie(later)),
            "later_surname_from": _day(folk.later_day, folk.later_day >= NEVER),
            "birth_date": _day(folk.birth),
            "sex": pa.array(["F", "M"]).take(pa.array(folk.male.astype(int))),
            "name_origin": pa.array(names.origins).take(pa.array(folk.origin.astype(np.int64))),
            "mother": tie(folk.mother),
            "father": tie(folk.father),
            "partner": tie(folk.partner),
            "family": pa.array(folk.family.astype(np.int64)),
            "other_family": tie(folk.other_family),
            "seeded_family": pa.array(folk.seeded),
            "exit_day": _day(exit_day, exit_day >= NEVER),
            "exit_reason": pa.array(EXITS).take(
                pa.array(world.addresses.exit_reason.astype(np.int64), mask=exit_day >= NEVER)
            ),
            "contacts": pa.array(contacts),
        }
    )


def residence_table(world: World) -> pa.Table:
    """Return truth/residences: one row per person and stay, first day and the day after the last (null = open)."""
    folk, where, homes = world.people, world.addresses, world.addresses.homes
    count = len(folk)
    person, stay = np.repeat(np.arange(count), 4), np.tile(np.arange(4), count)
    leaves = where.leave_day[person]
    own = stay == 3
    unit = np.where(own, where.later_unit[person], folk.unit[person])
    place = np.where(own, 0, stay)
    start = np.where(own, leaves, where.since[unit, place])
    until = np.where(place < 2, where.since[unit, np.minimum(place + 1, 2)], NEVER)
    until = np.where(own, NEVER, np.minimum(until, leaves))
    until = np.minimum(until, where.exit_day[person])
    lived = (start < NEVER) & (start < until)
    person, unit, place, start, until = (a[lived] for a in (person, unit, place, start, until))
    dwelling = where.dwelling[unit, place]
    return pa.table(
        {
            "person": pa.array(person),
            "household": pa.array((unit * 3 + place).astype(np.int64)),
            "dwelling": pa.array(dwelling.astype(np.int64)),
            "from_day": _day(start, start == -NEVER),
            "to_day": _day(until, until >= NEVER),
            "property_class": pa.array(CLASSES).take(pa.array(homes.property_class[dwelling].astype(np.int64))),
            "uprn": pa.array(homes.uprn[dwelling].astype(np.int64)),
            "ward": pa.array(homes.ward_texts).take(pa.array(homes.ward[dwelling].astype(np.int64))),
        }
    )
