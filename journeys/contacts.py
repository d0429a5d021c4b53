"""Contacts meet persons, households, families and home areas: the widest table of the room, made once."""

from __future__ import annotations

import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.journeys.membership import family_timeline, household_timeline
from totalplace.tables import CONTACTS, Engine, Handle

# Columns that the place's own file may have left open, and that the default vocabulary may fill.
_MEANINGS = ("class", "purpose", "theme", "cost_key")
_OWN = [f"c.{name}" for name in CONTACTS.names if name not in (*_MEANINGS, "assessment")]

_JOIN = """
SELECT {own}, {meanings}, {assessment} AS assessment,
       q.person_id, h.household_id, h.dwelling_id, f.family_id, f.family_from, f.family_to,
       COALESCE(a.area, 'unknown') AS area_home,
       CONCAT(CAST(EXTRACT(YEAR FROM c.start) AS STRING), '-Q', CAST(EXTRACT(QUARTER FROM c.start) AS STRING))
         AS quarter,
       COALESCE(q.min_link_probability, 1.0) AS min_link_probability,
       COALESCE({class_}, '') = 'intervention' AND COALESCE(c.outcome, '') NOT IN ({missed}) AS intervention
FROM contacts c
LEFT JOIN persons q ON q.row_id = c.row_id
LEFT JOIN people a ON a.person_id = q.person_id
LEFT JOIN households h ON h.person_id = q.person_id AND h.since <= c.start AND h.until > c.start
LEFT JOIN families f ON f.person_id = q.person_id AND f.since <= c.start AND f.until > c.start
{vocabulary}
ORDER BY c.contact_id
"""


def quoted(words: list[str]) -> str:
    """Return words as a list of SQL texts; one impossible word where there are none."""
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words or ["\x00"])


def attach(
    contacts: Handle,
    persons: Handle,
    people: Handle,
    households: Handle,
    families: Handle,
    rules: FindingsRules,
    engine: Engine,
) -> Handle:
    """Return CONTACTS with person_id, household_id, dwelling_id, family_id, area_home, quarter and more.

    Args:
        contacts: CONTACTS, contact_id unique.
        persons: PERSONS.
        people: one row per person, from `fold_people`.
        households: HOUSEHOLDS: membership is taken on the day of the contact.
        families: FAMILIES.
        rules: the section `findings`.
        engine: where it runs.

    Returns:
        One row per contact; further columns min_link_probability (of the client record) and intervention (the act
        took place and is one). person_id is null where the contact names no known client.
    """
    accepted = rules.accept_default_vocabulary
    meanings = [f"COALESCE(c.{n}, v.{n}) AS {n}" if accepted else f"c.{n}" for n in _MEANINGS]
    text = _JOIN.format(
        own=", ".join(_OWN),
        meanings=", ".join(meanings),
        class_="COALESCE(c.class, v.class)" if accepted else "c.class",
        assessment="c.assessment OR COALESCE(v.assessment, FALSE)" if accepted else "c.assessment",
        missed=quoted(rules.contact.missed_outcomes),
        vocabulary="LEFT JOIN vocabulary v ON c.class IS NULL AND v.word = LOWER(c.type)" if accepted else "",
    )
    words = {"vocabulary": engine.hold(_vocabulary())} if accepted else {}
    return engine.sql(
        text,
        contacts=contacts,
        persons=persons,
        people=people,
        households=household_timeline(households, engine),
        families=family_timeline(families, engine),
        **words,
    )


def _vocabulary() -> pa.Table:
    """Return the shipped vocabulary: one row per word for a type, lower case."""
    entries = shipped("vocabulary")["types"]
    rows = [
        {"word": word, "assessment": bool(entry.get("assessment")), **{n: entry.get(n) for n in _MEANINGS}}
        for word, entry in sorted(entries.items())
    ]
    texts = [pa.field(name, pa.string()) for name in ("word", *_MEANINGS)]
    return pa.Table.from_pylist(rows, schema=pa.schema([*texts, pa.field("assessment", pa.bool_())]))


def without_repeats(contacts: Handle, engine: Engine) -> tuple[Handle, int]:
    """Return the contacts with each contact_id once, and how many rows that dropped."""
    distinct = engine.sql("SELECT COUNT(DISTINCT contact_id) AS n FROM contacts", contacts=contacts)
    dropped = contacts.rows - int(engine.fetch(distinct)["n"][0].as_py())
    if not dropped:
        return contacts, 0
    names = ", ".join(f'"{name}"' for name in CONTACTS.names)
    text = f"""
    SELECT {names} FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY contact_id ORDER BY agency, start, type, source_row) AS place
      FROM contacts) WHERE place = 1
    """
    return engine.sql(text, contacts=contacts), dropped
