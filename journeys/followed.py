"""What became of people after a contact: drop-outs (R1), repeat demand (R2), stories told again (D2)."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.cells import Facts, View
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.measured import Measured, Measurement
from totalplace.journeys.names import Words
from totalplace.journeys.paired import paired_findings
from totalplace.journeys.referrals import DROPPED, Referrals, follow_referrals
from totalplace.journeys.repeats import Repeats, find_repeats
from totalplace.journeys.tellings import Tellings, count_tellings
from totalplace.tables import Engine, Handle, Note

TOLD_NUMBERS = ("1", "2", "3", "4", "5+")
_WHOLE = ("all",)  # these tables are cut by nothing: most of their slices would be too small to show


@dataclass(frozen=True)
class Followed:
    """The three measures of what came after a contact."""

    referrals: Referrals
    repeats: Repeats
    tellings: Tellings


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
        lambda words: _facts(found, journeys, words, engine),
        {"referrals": found.referrals.table, "repeats": found.repeats.table},
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


_EDGES = """
SELECT r.person_no, 0 AS quarter_no, f.value_no AS from_agency, COALESCE(t.value_no, {other}) AS to_agency,
       CAST(1 AS BIGINT) AS value, CASE WHEN r.state = '{dropped}' THEN 1 ELSE 0 END AS dropped
FROM referrals r JOIN agencies f ON f.value = r.from_agency LEFT JOIN agencies t ON t.value = r.to_agency
"""
_ENDS = """
SELECT *, from_agency AS agency_no FROM facts UNION ALL SELECT *, to_agency AS agency_no FROM facts
"""
_REPEAT_FACTS = """
SELECT r.person_no, 0 AS quarter_no, a.value_no AS agency_no, CAST(1 AS BIGINT) AS value
FROM repeats r JOIN agencies a ON a.value = r.agency
"""
_TOLD_FACTS = """
SELECT person_no, 0 AS quarter_no, CAST(LEAST(told, 5) - 1 AS INTEGER) AS row_no, CAST(1 AS BIGINT) AS value
FROM tellings
"""
_TOLD_TO = """
SELECT DISTINCT f.*, a.value_no AS agency_no
FROM facts f JOIN people p ON p.person_no = f.person_no JOIN contacts c ON c.person_id = p.person_id
JOIN agencies a ON a.value = c.agency WHERE c.assessment
"""


def _facts(found: Followed, journeys: Journeys, words: Words, engine: Engine) -> list[Facts]:
    """Return the facts of the tables referrals, drop_outs, repeats and tellings."""
    agencies, named = words.lists["agency"], words.tables["agency"]
    text = _EDGES.format(other=len(agencies), dropped=DROPPED)
    edges = engine.sql(text, referrals=found.referrals.table, agencies=named)
    ends = engine.sql(_ENDS, facts=edges)
    again = engine.sql(_REPEAT_FACTS, repeats=found.repeats.table, agencies=named)
    told = engine.sql(_TOLD_FACTS, tellings=found.tellings.table)
    to = engine.sql(_TOLD_TO, facts=told, people=journeys.people, contacts=journeys.contacts, agencies=named)
    listed = [*agencies, "elsewhere"]
    return [
        _edges("referrals", edges, ends, "value", listed),
        _edges("drop_outs", edges, ends, "dropped", listed),
        _whole("repeats", again, again, "agency_no", agencies),
        _whole("tellings", told, to, "row_no", list(TOLD_NUMBERS)),
    ]


def _edges(table: str, edges: Handle, ends: Handle, value: str, names: list[str]) -> Facts:
    plain, tagged = (View(view, "from_agency", "to_agency", value) for view in (edges, ends))
    return Facts(table, "people", plain, tagged, plain, tagged, names, names, quarters=False, chips=_WHOLE)


def _whole(table: str, facts: Handle, fed: Handle, row: str, names: list[str]) -> Facts:
    plain, by_agency = (View(view, row, "", "value") for view in (facts, fed))
    return Facts(table, "people", plain, by_agency, plain, by_agency, names, quarters=False, chips=_WHOLE)


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
            f"(Kaplan-Meier): {_share(every['still_waiting'])}; among people no link of whom rests on likeness "
            f"{_share(exact['still_waiting'])} of {exact['referrals']:,}, as a missed link looks like a drop-out."
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


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"
