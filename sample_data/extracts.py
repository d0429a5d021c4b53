"""An agency's files as tables: its own columns, codes and date forms, as its `agencies/<agency>.toml` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.config.agency import ExtractRules
from totalplace.sample_data.details import Details
from totalplace.sample_data.events import NONE, Events
from totalplace.sample_data.people import People
from totalplace.sample_data.records import UNKNOWN, Records
from totalplace.sample_data.settings import AGENCIES, CHANNELS, KINDS, OUTCOMES, Settings
from totalplace.sample_data.spelling import left_out

IMPOSSIBLE_DAY = -(10**6)


@dataclass(frozen=True)
class Sheet:
    """One table to write, and whose details and contacts stand in its rows.

    Args:
        rules: the extract that it is.
        table: the columns as written; dates are texts, or days in a typed file.
        record: per row, the client record written there, -1 for none.
        event: per row, the event written there, -1 for none.
        repeated: per row, an exact repeat of an earlier one.
        spoilt: per row, written with an impossible date.
    """

    rules: ExtractRules
    table: pa.Table
    record: np.ndarray
    event: np.ndarray
    repeated: np.ndarray
    spoilt: np.ndarray


@dataclass(frozen=True)
class Sources:
    """What an agency writes from: its records with their details, and its events."""

    code: str
    records: Records
    details: Details
    events: Events
    habits: Mapping[str, Any]
    typed: bool


def client_keys(source: Sources) -> pa.Array:
    """Return the client key of each record; null where the agency has none."""
    if source.code == "voluntary":
        return pa.nulls(len(source.records), pa.string())
    return _numbered(source.habits["key"], source.records.key * 3 + 100_000)


def contact_keys(source: Sources) -> pa.Array:
    """Return the contact key of each event; null where the agency has none."""
    if source.code == "voluntary":
        return pa.nulls(len(source.events), pa.string())
    return _numbered(source.habits["contact_key"], np.arange(len(source.events)) * 2 + 1_000_000)


def _numbered(prefix: str, numbers: np.ndarray) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "")


def build_sheets(rng: np.random.Generator, settings: Settings, people: People, source: Sources) -> list[Sheet]:
    """Return the agency's sheets, in the order of its extracts."""
    sheets = []
    for rules in settings.rules[source.code].extract:
        if rules.relation:
            sheets.append(_relation_sheet(rng, people, source, rules))
        elif rules.contact:
            sheets.append(_contact_sheet(rng, settings, source, rules))
        else:
            rows = np.arange(len(source.records))
            columns = _client_columns(rng, source, rules, rows)
            sheets.append(_plain(rules, pa.table(columns), rows, np.full(len(rows), NONE)))
    return sheets


def _plain(rules: ExtractRules, table: pa.Table, record: np.ndarray, event: np.ndarray) -> Sheet:
    none = np.zeros(len(table), dtype=bool)
    return Sheet(rules, table, record, event, none, none)


def _client_columns(
    rng: np.random.Generator, source: Sources, rules: ExtractRules, rows: np.ndarray
) -> dict[str, pa.Array]:
    """Return the columns of `[extract.client]`, one entry per row; row -1 leaves the details empty."""
    taken = pa.array(rows, mask=rows < 0)
    texts, days = source.details.texts, dict(source.details.days)
    columns: dict[str, pa.Array] = {}
    for field, mapped in rules.client.items():
        names = mapped if isinstance(mapped, list) else [mapped]
        for turn, name in enumerate(names):
            wanted = field if len(names) == 1 else f"{field}_{turn + 1}"
            columns[name] = _client_column(rng, source, rules, wanted, texts, days).take(taken)
    return columns


def _client_column(
    rng: np.random.Generator, source: Sources, rules: ExtractRules, field: str, texts: Mapping[str, np.ndarray],
    days: Mapping[str, np.ndarray],
) -> pa.Array:  # fmt: skip
    if field == "key":
        return client_keys(source)
    if field in days:
        return written_days(rng, rules, _told(source, rules, field), source.typed)
    if field in ("birth_year", "birth_month", "birth_day"):
        return _birth_part(days["birth_date"], field)
    if field == "full_name":
        return _full_names(source.code, texts)
    return _typed(
        source, field, coded(rng, rules, field, pa.array(_spelt(source.code, rules, field, texts), pa.string()))
    )


def _spelt(code: str, rules: ExtractRules, field: str, texts: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return a field's texts as this agency spells them, still in our words where it has codes for them."""
    values, codes = texts[field], rules.values.get(field, {}).values()
    if field == "protected" or field == "exit_reason":
        return left_out(values, ~np.isin(values.astype(str), list(codes)))
    if field == "id_nhs" and code == "mental_health":
        return np.array([None if v is None else f"{v[:3]} {v[3:6]} {v[6:]}" for v in values], dtype=object)
    if field == "id_nino" and code == "jobcentre":
        return np.array(
            [None if v is None else " ".join((v[:2], v[2:4], v[4:6], v[6:8], v[8:])) for v in values], dtype=object
        )
    return values


def _told(source: Sources, rules: ExtractRules, field: str) -> np.ndarray:
    """Return a field's days; the day of an exit only where the agency has a word for its reason."""
    days = source.details.days[field]
    if field != "exit_date":
        return days
    reason = _spelt(source.code, rules, "exit_reason", source.details.texts)
    return np.where([word is None for word in reason], UNKNOWN, days)


def _typed(source: Sources, field: str, column: pa.Array) -> pa.Array:
    """Return numbers where a typed file holds numbers: a warehouse's sex code, what an officer types into a cell."""
    if source.typed and field in ("id_nhs", "uprn") and source.code == "adult_care":
        return column.cast(pa.int64())
    if source.typed and field == "sex" and source.code == "nhs_trust":
        return column.cast(pa.int8())
    return column


def _birth_part(birth: np.ndarray, field: str) -> pa.Array:
    date = birth.clip(min=-(10**5)).astype("datetime64[D]")
    year, month = date.astype("datetime64[Y]"), date.astype("datetime64[M]")
    part = {
        "birth_year": year.astype(int) + 1970,
        "birth_month": (month - year.astype("datetime64[M]")).astype(int) + 1,
        "birth_day": (date - month.astype("datetime64[D]")).astype(int) + 1,
    }[field]
    return pc.cast(pa.array(part, mask=birth == UNKNOWN), pa.string())


def _full_names(code: str, texts: Mapping[str, np.ndarray]) -> pa.Array:
    """Return "SURNAME, First" or "First Middle Surname"."""
    pairs = zip(texts["first_name"], texts["middle_names"], texts["surname"], strict=True)
    if code == "adult_care":
        return pa.array([f"{(s or '').upper()}, {f or ''}" for f, _, s in pairs], pa.string())
    return pa.array([" ".join(part for part in (f, m, s) if part) for f, m, s in pairs], pa.string())


def written_days(rng: np.random.Generator, rules: ExtractRules, days: np.ndarray, typed: bool) -> pa.Array:
    """Return days as the agency writes them; the first of several forms is the usual one. UNKNOWN and NONE are null."""
    empty = (days == UNKNOWN) | (days == NONE)
    if typed:
        return pa.array(days.astype(np.int32), mask=empty).cast(pa.date32())
    forms = rules.date_format if isinstance(rules.date_format, list) else [rules.date_format]
    real = ~empty & (days != IMPOSSIBLE_DAY)
    low = int(days[real].min()) if real.any() else 0
    used = np.zeros(int(days[real].max(initial=low)) - low + 1, dtype=bool)
    used[days[real] - low] = True
    dates = (low + np.flatnonzero(used)).astype("datetime64[D]").tolist()
    texts = [date.strftime(form) for form in forms for date in dates] + ["31/02/2023"]
    odd = rng.random(len(days)) < 0.15
    form = np.where(odd & (len(forms) > 1), rng.integers(len(forms), size=len(days)), 0)
    place = (np.cumsum(used) - 1)[np.where(real, days - low, 0)] + form * len(dates)
    return pa.array(texts, pa.string()).take(
        pa.array(np.where(days == IMPOSSIBLE_DAY, len(texts) - 1, place), mask=empty)
    )


def coded(rng: np.random.Generator, rules: ExtractRules, field: str, values: pa.Array) -> pa.Array:
    """Return our words as the agency's codes; where it has several for one word, each is used."""
    codes: dict[str, list[str]] = {}
    for theirs, ours in rules.values.get(field, {}).items():
        codes.setdefault(ours, []).append(theirs)
    if not codes:
        return values
    words = sorted({word for word in values.unique().to_pylist() if word is not None})
    most = max(len(c) for c in codes.values())
    table = pa.array(
        [codes.get(w, [w])[min(i, len(codes.get(w, [w])) - 1)] for w in words for i in range(most)], pa.string()
    )
    place = pc.index_in(values, value_set=pa.array(words, pa.string())).fill_null(-1).to_numpy(zero_copy_only=False)
    turn = np.where(rng.random(len(place)) < 0.7, 0, rng.integers(most, size=len(place)))
    return table.take(pa.array(place * most + turn, mask=place < 0))


def _contact_sheet(rng: np.random.Generator, settings: Settings, source: Sources, rules: ExtractRules) -> Sheet:
    events, count = source.events, len(source.events)
    quiet = ~settings.column("intervention", bool)[events.service]
    nobody = quiet & (rng.random(count) < source.habits["unknown_client"])
    spoilt = quiet & (rng.random(count) < source.habits["spoilt"])
    record = np.where(nobody, NONE, source.records.event_record)
    columns = _client_columns(rng, source, rules, record) if rules.client else {}
    for field, name in rules.contact.items():
        if name not in columns:
            columns[name] = _contact_column(rng, settings, source, rules, field, record, spoilt)
    repeat = np.flatnonzero(rng.random(count) < source.habits["resent"])
    place = np.concatenate([np.arange(count, dtype=float), repeat + rng.integers(1, 200, size=len(repeat)) + 0.5])
    order = np.argsort(place, kind="stable")
    row = np.concatenate([np.arange(count), repeat])[order]
    table = pa.table(columns).take(pa.array(row))
    return Sheet(rules, table, record[row], row, order >= count, spoilt[row])


def _contact_column(
    rng: np.random.Generator, settings: Settings, source: Sources, rules: ExtractRules, field: str,
    record: np.ndarray, spoilt: np.ndarray,
) -> pa.Array:  # fmt: skip
    events = source.events
    if field == "key":
        return contact_keys(source)
    if field == "client":
        return client_keys(source).take(pa.array(record, mask=record < 0))
    if field == "start":
        return written_days(rng, rules, np.where(spoilt, IMPOSSIBLE_DAY, events.day), source.typed)
    if field in ("completed", "due", "end"):
        days = (
            np.where(events.completed == NONE, events.day, events.completed)
            if field == "end"
            else getattr(events, field)
        )
        return written_days(rng, rules, days, source.typed)
    if field == "start_time":
        texts = pa.array([f"{m // 60:02d}:{m % 60:02d}" for m in range(24 * 60)])
        return texts.take(pa.array(events.minute.astype(np.int32)))
    return coded(rng, rules, field, _contact_words(settings, source, field))


def _contact_words(settings: Settings, source: Sources, field: str) -> pa.Array:
    """Return one field of the contacts in our words, before the agency's codes."""
    events, count = source.events, len(source.events)
    if field == "type":
        return pa.array([s.type for s in settings.services], pa.string()).take(pa.array(events.service))
    if field == "outcome":
        return _words(OUTCOMES, events.outcome)
    if field == "channel":
        return _words(CHANNELS, events.channel)
    if field == "kind":
        shown = np.where(np.isin(events.kind, (1, 3)), events.kind, 0)
        return _words(("", *KINDS[1:]), np.where(shown == 0, NONE, shown))
    if field == "referral_to":
        return _words(AGENCIES, events.referral)
    if field == "joint":
        return _numbered("J", events.joint.astype(np.int64) + 5000).take(
            pa.array(np.arange(count), mask=events.joint == NONE)
        )
    if field == "worker":
        return pa.array([f"{source.code[:2].upper()}{w:03d}" for w in range(1000)]).take(pa.array(events.worker))
    if field == "planned_return":
        return _words(("false", "true"), events.planned.astype(int))
    if field == "site":
        return _words([f"{source.code[:3].title()} site {i + 1}" for i in range(8)], events.person % 8)
    return pa.array(source.details.texts["area"], pa.string()).take(pa.array(source.records.event_record))


def _words(words: Any, codes: np.ndarray) -> pa.Array:
    return pa.array(list(words), pa.string()).take(pa.array(codes.astype(np.int64), mask=codes < 0))


def _relation_sheet(rng: np.random.Generator, people: People, source: Sources, rules: ExtractRules) -> Sheet:
    """Return declared ties between the agency's clients; about a sixth are not written down."""
    key_of = np.full(len(people), NONE, dtype=np.int64)
    key_of[source.records.person[::-1]] = np.arange(len(source.records))[::-1]
    known = np.flatnonzero(key_of >= 0)
    ties: list[tuple[np.ndarray, np.ndarray, str]] = []
    for parents, word in ((people.mother, "Mother of"), (people.father, "Father of")):
        children = known[parents[known] >= 0]
        ties.append((parents[children], children, word))
    couples = known[(people.partner[known] > known)]
    ties.append((couples, people.partner[couples], "Partner of"))
    a, b = np.concatenate([t[0] for t in ties]), np.concatenate([t[1] for t in ties])
    words = np.concatenate([np.full(len(t[0]), t[2], dtype=object) for t in ties])
    kept = (key_of[a] >= 0) & (key_of[b] >= 0) & (rng.random(len(a)) < 0.85)
    keys, order = client_keys(source), np.lexsort((b[kept], a[kept]))
    columns = {
        rules.relation["client_a"]: keys.take(pa.array(key_of[a[kept]][order])),
        rules.relation["client_b"]: keys.take(pa.array(key_of[b[kept]][order])),
        rules.relation["relation"]: pa.array(words[kept][order], pa.string()),
    }
    none = np.full(int(kept.sum()), NONE)
    return _plain(rules, pa.table(columns), none, none)
