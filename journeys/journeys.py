"""From contacts and persons to journeys: the first door of the room."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cohorts.index_events import eras
from totalplace.journeys.contacts import attach, belongings, quoted, without_repeats
from totalplace.journeys.membership import fold_people
from totalplace.journeys.moves import MOVES, steps_kernel
from totalplace.journeys.names import Words, words_of
from totalplace.journeys.sequence import BLOCKS, ORDER, SEQUENCE_INPUT, journeys_kernel
from totalplace.tables import Engine, Handle, Note


@dataclass(frozen=True)
class Journeys:
    """What happened to whom, in order.

    Args:
        contacts: CONTACTS with person_id, household_id, dwelling_id, family_id, area_home, quarter,
            min_link_probability, intervention; one row per contact, each once.
        people: one row per person, see `membership.fold_people`, and person_no.
        journeys: JOURNEYS.
        steps: `moves.STEPS`, one row per pair of contacts in consecutive blocks, in integers.
        counts: what was counted on the way.
        notes: lines for the user.
    """

    contacts: Handle
    people: Handle
    journeys: Handle
    steps: Handle
    counts: dict[str, int]
    notes: tuple[Note, ...]


def build_journeys(
    contacts: Handle,
    people: Handle,
    persons: Handle,
    households: Handle,
    families: Handle,
    rules: FindingsRules,
    engine: Engine,
) -> Journeys:
    """Return each person's contacts in order, with household and family on the day of the contact.

    Args:
        contacts: CONTACTS of all agencies.
        people: PEOPLE, one row per client record.
        persons: PERSONS, one row per client record.
        households: HOUSEHOLDS, membership intervals.
        families: FAMILIES, membership intervals.
        rules: the section `findings`.
        engine: where it runs.

    Source: docs/reference/findings.md, J1, E1, H1, H2.
    """
    once, dropped = without_repeats(contacts, engine)
    folded = _numbered(fold_people(people, persons, engine), engine)
    attached = attach(once, belongings(persons, folded, households, families, engine), rules, engine)
    rows, n_agencies = _in_order(attached, folded, rules, engine)
    mode = BLOCKS[rules.journey.block]
    journeys = engine.map_partitions(journeys_kernel(mode, rules.journey.gap_days), rows, "person_no", ORDER)
    steps = engine.map_partitions(steps_kernel(rules, n_agencies), rows, "person_no", ORDER)
    counts = {"resends_dropped": dropped, **_counts(attached, folded, journeys, steps, engine)}
    return Journeys(attached, folded, journeys, steps, counts, _notes(counts))


def steps_of(contacts: Handle, people: Handle, rules: FindingsRules, engine: Engine) -> Handle:
    """Return `Journeys.steps` of contacts that have met their persons already.

    Args:
        contacts: `Journeys.contacts`.
        people: `Journeys.people`; contacts of anybody else are left out.
        rules: the section `findings`.
        engine: where it runs.
    """
    rows, n_agencies = _in_order(contacts, people, rules, engine)
    return engine.map_partitions(steps_kernel(rules, n_agencies), rows, "person_no", ORDER)


def _in_order(contacts: Handle, people: Handle, rules: FindingsRules, engine: Engine) -> tuple[Handle, int]:
    """Return the input of the sequence's kernels, put in order once for all of them, and the number of agencies."""
    words = words_of(contacts, engine)
    rows = _sequence_input(contacts, people, words, rules, engine)
    return engine.map_partitions(lambda piece: piece, rows, "person_no", ORDER), len(words.lists["agency"])


def _numbered(people: Handle, engine: Engine) -> Handle:
    number = "CAST(ROW_NUMBER() OVER (ORDER BY person_id) - 1 AS INTEGER) AS person_no"
    text = f"SELECT *, {number} FROM people ORDER BY person_id"
    return engine.sql(text, people=people)


_CUT = "LEFT JOIN eras k ON k.person_no = p.person_no AND k.since <= c.start AND k.until > c.start"


def _sequence_input(contacts: Handle, people: Handle, words: Words, rules: FindingsRules, engine: Engine) -> Handle:
    text = f"""
    SELECT p.person_no, c.person_id, c.contact_id, c.start, COALESCE(c.start_second, -1) AS start_second, c.precedence,
           s.agency_no, CASE WHEN c."end" > c.start THEN c."end" END AS until,
           s.value_no AS service_no, COALESCE(r.value_no, -1) AS referral_no, COALESCE(u.value_no, -1) AS purpose_no,
           COALESCE(t.value_no, -1) AS theme_no,
           COALESCE(c.outcome, '') IN ({quoted(rules.bounce.closing_outcomes)}) AS closing,
           c.planned_return AS planned, {"COALESCE(k.era, 0)" if rules.journey.cut_at else "0"} AS era
    FROM contacts c JOIN people p ON p.person_id = c.person_id
    JOIN services s ON s.agency = c.agency AND s.type = c.type
    LEFT JOIN agencies r ON r.value = c.referral_to
    LEFT JOIN purposes u ON u.value = c.purpose
    LEFT JOIN themes t ON t.value = c.theme
    {_CUT if rules.journey.cut_at else ""}
    WHERE COALESCE(c.class, '') <> 'milestone'
    """
    cuts = {"eras": eras(contacts, people, rules, engine)} if rules.journey.cut_at else {}
    rows = engine.sql(
        text,
        contacts=contacts,
        people=people,
        services=words.services,
        agencies=words.tables["agency"],
        purposes=words.tables["purpose"],
        themes=words.tables["theme"],
        **cuts,
    )
    return engine.hold(engine.fetch(rows).cast(SEQUENCE_INPUT))


def _counts(contacts: Handle, people: Handle, journeys: Handle, steps: Handle, engine: Engine) -> dict[str, int]:
    text = """
    SELECT COUNT(*) AS contacts, COUNT(DISTINCT person_id) AS persons,
           SUM(CASE WHEN person_id IS NULL THEN 1 ELSE 0 END) AS unlinked,
           SUM(CASE WHEN class IS NULL THEN 1 ELSE 0 END) AS unmapped,
           SUM(CASE WHEN class = 'milestone' THEN 1 ELSE 0 END) AS milestones,
           SUM(CASE WHEN intervention THEN 1 ELSE 0 END) AS interventions,
           SUM(CASE WHEN person_id IS NOT NULL AND household_id IS NULL THEN 1 ELSE 0 END) AS without_household,
           SUM(CASE WHEN person_id IS NOT NULL AND family_id IS NULL THEN 1 ELSE 0 END) AS without_family
    FROM contacts
    """
    row = engine.fetch(engine.sql(text, contacts=contacts)).to_pylist()[0]
    blocks = "SELECT COUNT(DISTINCT journey_id) AS n FROM journeys WHERE position = 0"
    row["journeys"] = engine.fetch(engine.sql(blocks, journeys=journeys))["n"][0].as_py()
    row["conflicts"] = engine.fetch(engine.sql("SELECT SUM(conflicts) AS n FROM p", p=people))["n"][0].as_py()
    row["block_pairs"] = _block_pairs(steps, engine)
    moves = "SELECT move, COUNT(*) AS n FROM steps GROUP BY move ORDER BY move"
    found = {MOVES[m["move"]]: m["n"] for m in engine.fetch(engine.sql(moves, steps=steps)).to_pylist()}
    row |= {f"pairs_{name}": found.get(name, 0) for name in MOVES.values()}
    return {name: int(value or 0) for name, value in row.items()}


def _block_pairs(steps: Handle, engine: Engine) -> int:
    """Return the number of steps between consecutive blocks: their weights sum to it."""
    text = "SELECT pairs, COUNT(*) AS n FROM steps GROUP BY pairs ORDER BY pairs"
    found = engine.fetch(engine.sql(text, steps=steps))
    pairs, n = (np.asarray(found[name].to_numpy()) for name in ("pairs", "n"))
    return int((n // np.maximum(pairs, 1)).sum())


def _notes(counts: dict[str, int]) -> tuple[Note, ...]:
    contacts = counts["contacts"]
    lines = []
    for name, words in _SHARES.items():
        if counts[name]:
            share = counts[name] / contacts
            text = f"{counts[name]:,} of {contacts:,} contacts ({share:.1%}) {words}."
            lines.append(Note(f"{name}_contacts", text, {name: counts[name], "contacts": contacts}))
    if counts["conflicts"]:
        text = (
            f"On {counts['conflicts']:,} attributes a person's records differ; the most recently confirmed one counts."
        )
        lines.append(Note("conflicts", text, {"conflicts": counts["conflicts"]}))
    return tuple(lines)


_SHARES = {
    "unlinked": "name no known client and belong to no person: they are in no table",
    "unmapped": "are of a type without a meaning in the place's vocabulary: never counted as interventions",
    "without_household": "belong to a person without a known household on that day",
    "without_family": "belong to a person without a known family on that day",
}
