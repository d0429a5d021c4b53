"""What became of people after a contact: drop-outs (R1), repeat demand (R2), stories told again (D2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.contacts import quoted
from totalplace.journeys.following.facts import Followed, followed_facts
from totalplace.journeys.following.referrals import DROPPED, SERVED, UNKNOWN, follow_referrals
from totalplace.journeys.following.repeats import find_repeats
from totalplace.journeys.following.tellings import count_tellings
from totalplace.journeys.measured import LESS, MORE, OPEN, Figure, Headline, Measured, Measurement, Tallied
from totalplace.journeys.paired import paired_findings
from totalplace.journeys.uncertainty.shapes import waiting_on
from totalplace.tables import Engine, Note


def follow(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return the three measures of a place: R1, R2 and D2."""
    journeys = of.journeys
    found = Followed(
        follow_referrals(journeys, rules, engine),
        find_repeats(journeys, rules, engine),
        count_tellings(journeys, rules, engine),
    )
    summary = {
        "drop_outs": found.referrals.summary,
        "repeat_demand": found.repeats.summary,
        "times_told": found.tellings.summary,
    }
    return Measurement(
        summary,
        _notes(found),
        _findings(found, rules, engine),
        lambda words: followed_facts(found, journeys, words, engine),
        tables={"referrals": found.referrals.table, "repeats": found.repeats.table, "tellings": found.tellings.table},
        headlines=_headlines(rules),
        figures=(_waiting(rules.dropout.follow_up_days),),
    )


_DROPPED = """
SELECT person_id AS subject_id, contact_id AS c1, CAST(NULL AS {id}) AS c2, LEAST(from_agency, to_agency) AS a1,
       GREATEST(from_agency, to_agency) AS a2, start AS from_date, start + INTERVAL {days} DAY AS to_date,
       CAST(1 AS DOUBLE) AS value, min_link_probability
FROM referrals WHERE state = 'dropped'
"""
_REPEATED = """
SELECT person_id AS subject_id, LEAST(contact_id, before_id) AS c1, GREATEST(contact_id, before_id) AS c2,
       agency AS a1, CAST(NULL AS {text}) AS a2, before AS from_date, start + INTERVAL 1 DAY AS to_date,
       CAST(1 AS DOUBLE) AS value, min_link_probability
FROM repeats
"""


def _findings(found: Followed, rules: FindingsRules, engine: Engine) -> pa.Table:
    """Return FINDINGS: one per referral not taken up, one per repeated contact."""
    dropped = _DROPPED.format(id="BINARY", days=rules.dropout.follow_up_days + 1)
    repeated = _REPEATED.format(text="STRING")
    late, again = found.referrals.table, found.repeats.table
    return pa.concat_tables(
        [
            paired_findings("drop_out", "R1", "referral", dropped, engine, referrals=late),
            paired_findings("repeat_demand", "R2", "contact", repeated, engine, repeats=again),
        ]
    )


_ONE = "CAST(1 AS DOUBLE) AS value"
_REFERRED = f"""
SELECT contact_id AS id, person_id AS who, {_ONE} FROM referrals WHERE state IN ({{states}}) ORDER BY contact_id
"""
_AGAIN = f"SELECT contact_id AS id, person_id AS who, {_ONE} FROM repeats ORDER BY contact_id"
_TOLD_OFTEN = f"""
SELECT p.person_id AS id, p.person_id AS who, {_ONE} FROM tellings t JOIN people p ON p.person_no = t.person_no
WHERE t.told >= {{least}} ORDER BY p.person_id
"""


def _headlines(rules: FindingsRules) -> tuple[Headline, ...]:
    """Return what is carried through the linkage's uncertainty; a missed link looks like a drop-out."""
    days, many = rules.dropout.follow_up_days, rules.telling.many
    told = f"people who told one kind of fact {many} or more times"
    return (
        _referred("referrals", "referrals between agencies", OPEN, ("referrals", ""), SERVED, UNKNOWN, DROPPED),
        _referred("served", f"referrals taken up within {days} days", LESS, None, SERVED),
        _referred("unknown_referrals", "referrals of which nobody can know", MORE, None, UNKNOWN),
        _referred("dropped", f"referrals not taken up within {days} days", MORE, ("drop_outs", ""), DROPPED),
        Headline(
            "repeats", "R2", "repeat contacts", "people", LESS, True, ("repeats", ""),
            lambda of, engine: engine.sql(_AGAIN, repeats=of.table("repeats")),
        ),
        Headline(
            "told_often", "D2", told, "people", LESS, False, None,
            lambda of, engine: engine.sql(
                _TOLD_OFTEN.format(least=many), tellings=of.table("tellings"), people=of.journeys.people
            ),
        ),
    )  # fmt: skip


def _waiting(days: int) -> Tallied:
    """Return S(D): the share of referrals still waiting after the follow-up."""
    text = """
    SELECT person_id AS id, 0 AS part, LEAST(days, watched_days) AS a,
           CASE WHEN state = 'served' AND days <= watched_days THEN 1 ELSE 0 END AS b, CAST(COUNT(*) AS DOUBLE) AS value
    FROM referrals WHERE watched_days >= 0 GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 4
    """
    words = f"share of referrals still waiting on day {days} (Kaplan-Meier)"
    figure = Figure("still_waiting", "R1", words, "people", MORE, None, "share", None, waiting_on(days))
    return Tallied(lambda of, engine: engine.sql(text, referrals=of.table("referrals")), (figure,))


def _referred(name: str, words: str, missed: str, cell: tuple[str, str] | None, *states: str) -> Headline:
    text = _REFERRED.format(states=quoted(list(states)))
    return Headline(
        name, "R1", words, "people", missed, False, cell,
        lambda of, engine: engine.sql(text, referrals=of.table("referrals")),
    )  # fmt: skip


def _notes(found: Followed) -> tuple[Note, ...]:
    """Return what must be read beside the numbers."""
    referrals, repeats, told = found.referrals.summary, found.repeats.summary, found.tellings.summary
    notes = []
    every, exact = referrals["all"], referrals["linked_exactly"]
    if every["referrals"]:
        days = referrals["follow_up_days"]
        text = (
            f"Of {every['referrals']:,} referrals {every['served']:,} were taken up in {days} days, "
            f"{every['dropped']:,} were not, and of {every['unknown']:,} nobody can know. Still waiting on day {days} "
            f"(Kaplan-Meier): {_waited(every)}; among people no link of whom rests on likeness {_waited(exact)} of "
            f"{exact['referrals']:,}, as a missed link looks like a drop-out."
        )
        notes.append(Note("drop_outs", text, every))
    if repeats["base"]:
        text = (
            f"{repeats['repeats']:,} of {repeats['base']:,} contacts with a purpose came back to the same agency "
            f"within {repeats['window_days']} days: a proxy for failure demand, to be read by hand first."
        )
        notes.append(Note("repeat_demand", text, repeats))
    if told["people"]:
        text = (
            f"{told['people']:,} people told their story; {told['many']:,} of them ({_share(told['share_many'])}) told "
            "one kind of fact many times within the window."
        )
        notes.append(Note("times_told", text, told))
    return tuple(notes)


def _waited(told: Mapping[str, Any]) -> str:
    """Return S(D) with the 95% interval that chance leaves it, were these referrals a draw of many."""
    if told["still_waiting"] is None:
        return "unknown"
    return f"{told['still_waiting']:.1%} (95% {told['still_waiting_low']:.1%} to {told['still_waiting_high']:.1%})"


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"
