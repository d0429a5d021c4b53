"""What the tables of CELLS count, as facts with numbers for words: contacts, handoffs, assessments."""

from __future__ import annotations

from collections.abc import Sequence

from totalplace.journeys.cells import Facts, View
from totalplace.journeys.duplicates.assessments import WEIGHT_UNIT, DuplicateCounts
from totalplace.journeys.journeys import Journeys
from totalplace.journeys.moves import HANDOFFS
from totalplace.journeys.names import Words
from totalplace.tables import Engine, Handle

UNALIGNED = "unaligned"  # contacts without a theme: listed, never spread over the others

_BASE = """
SELECT p.person_no, a.value_no AS area_no, s.agency_no, s.value_no AS service_no, COALESCE(t.value_no, -1) AS theme_no,
       COALESCE(t.value_no, {unaligned}) AS theme_row, q.value_no AS quarter_no, COUNT(*) AS contacts,
       CAST(SUM(CASE WHEN c.intervention THEN 1 ELSE 0 END) AS BIGINT) AS interventions
FROM contacts c JOIN people p ON p.person_id = c.person_id
JOIN services s ON s.agency = c.agency AND s.type = c.type
JOIN areas a ON a.value = c.area_home JOIN quarters q ON q.value = c.quarter
LEFT JOIN themes t ON t.value = c.theme
WHERE COALESCE(c.class, '') <> 'milestone'
GROUP BY p.person_no, a.value_no, s.agency_no, s.value_no, t.value_no, q.value_no
"""


def contact_facts(journeys: Journeys, words: Words, engine: Engine) -> list[Facts]:
    """Return the facts of the tables contacts, interventions, themes, people and services."""
    tables = {"areas": words.tables["area"], "quarters": words.tables["quarter"], "themes": words.tables["theme"]}
    agencies, themes = words.lists["agency"], words.lists["theme"]
    text = _BASE.format(unaligned=len(themes))
    base = engine.sql(text, contacts=journeys.contacts, people=journeys.people, services=words.services, **tables)
    return [
        _of_contacts("contacts", View(base, "agency_no", "", "contacts"), agencies),
        _of_contacts("interventions", View(base, "agency_no", "", "interventions"), agencies),
        _of_contacts("themes", View(base, "theme_row", "", "contacts"), [*themes, UNALIGNED]),
        _of_contacts("services", View(base, "service_no", "", "contacts"), words.lists["service"]),
        _of_contacts("people", View(base, "", "", "contacts"), []),
    ]


def _of_contacts(table: str, view: View, rows: list[str]) -> Facts:
    """Return facts that have one agency and at most one theme each."""
    return Facts(table, "people", view, view, view, view, rows)


_HANDOFFS = """
SELECT m.person_no, a.value_no AS area_no, f.agency_no AS from_agency, t.agency_no AS to_agency,
       m.from_service, m.to_service, m.theme_no, q.value_no AS quarter_no,
       CAST(SUM(CAST(FLOOR({unit} / m.pairs) AS BIGINT)) AS BIGINT) AS value
FROM (SELECT *, CONCAT(CAST(EXTRACT(YEAR FROM to_date) AS STRING), '-Q',
                       CAST(EXTRACT(QUARTER FROM to_date) AS STRING)) AS quarter
      FROM steps WHERE move IN ({moves})) m
JOIN people p ON p.person_no = m.person_no JOIN areas a ON a.value = p.area
JOIN quarters q ON q.value = m.quarter
JOIN services f ON f.value_no = m.from_service JOIN services t ON t.value_no = m.to_service
GROUP BY m.person_no, a.value_no, f.agency_no, t.agency_no, m.from_service, m.to_service, m.theme_no, q.value_no
"""
_BOTH_ENDS = """
SELECT *, from_agency AS agency_no FROM facts
UNION ALL SELECT *, to_agency AS agency_no FROM facts WHERE to_agency <> from_agency
"""


def handoff_facts(journeys: Journeys, words: Words, engine: Engine) -> list[Facts]:
    """Return the facts of the tables handoffs and agency_handoffs; a handoff has the theme and quarter it leads to."""
    text = _HANDOFFS.format(unit=WEIGHT_UNIT, moves=", ".join(str(move) for move in HANDOFFS))
    tables = {"areas": words.tables["area"], "quarters": words.tables["quarter"], "services": words.services}
    facts = engine.sql(text, steps=journeys.steps, people=journeys.people, **tables)
    ends = engine.sql(_BOTH_ENDS, facts=facts)
    services, agencies = words.lists["service"], words.lists["agency"]
    return [
        _two_ended("handoffs", facts, ends, ("from_service", "to_service"), services, quarters=False),
        _two_ended("agency_handoffs", facts, ends, ("from_agency", "to_agency"), agencies),
    ]


def _two_ended(
    table: str, facts: Handle, ends: Handle, keys: tuple[str, str], names: list[str], *, quarters: bool = True
) -> Facts:
    """Return facts that run from one agency to another, and belong to both."""
    plain, tagged = View(facts, *keys), View(ends, *keys)
    return Facts(table, "people", plain, tagged, plain, tagged, names, names, WEIGHT_UNIT, quarters)


# A site that is itself the subject stands behind a number as a person does, under a number that no person has: -1 is
# nobody.
SITES = """
SELECT unit, CAST(-1 - ROW_NUMBER() OVER (ORDER BY unit) AS INTEGER) AS site_no
FROM (SELECT DISTINCT unit FROM acts WHERE person_id IS NULL)
"""
_ASSESSMENTS = """
SELECT x.act, COALESCE(p.person_no, n.site_no) AS person_no, a.value_no AS area_no,
       COALESCE(t.value_no, -1) AS theme_no, q.value_no AS quarter_no, u.value_no AS purpose_no, 1 AS one,
       CASE WHEN x.state = 1 THEN 1 ELSE 0 END AS avoidable{tried}
FROM acts x LEFT JOIN people p ON p.person_id = x.person_id LEFT JOIN sites n ON n.unit = x.unit
JOIN areas a ON a.value = x.area_home JOIN quarters q ON q.value = x.quarter
JOIN purposes u ON u.value = x.purpose LEFT JOIN themes t ON t.value = x.theme
WHERE x.state <> 2
"""
_OWNED = """
SELECT f.*, a.value_no AS agency_no FROM facts f JOIN owners o ON o.act = f.act JOIN agencies a ON a.value = o.agency
"""
_SPLIT = f"""
SELECT x.person_no, x.area_no, x.theme_no, x.quarter_no, f.value_no AS from_agency, g.value_no AS to_agency,
       CAST(FLOOR({WEIGHT_UNIT} / s.ways) AS BIGINT) AS value
FROM splits s JOIN acts x ON x.act = s.act
JOIN agencies f ON f.value = s.first_agency JOIN agencies g ON g.value = s.again_agency
"""


def assessment_facts(
    journeys: Journeys, duplicates: DuplicateCounts, days: Sequence[int], words: Words, engine: Engine
) -> list[Facts]:
    """Return the facts of the tables assessments, duplicates, duplicates_purpose and duplicates_validity.

    Args:
        journeys: for the numbers of persons.
        duplicates: from `count_duplicates`.
        days: the validities tried, in the order of the bits of `repeats`.
        words: the words of the place.
        engine: where it runs.
    """
    tables = {f"{kind}s": words.tables[kind] for kind in ("area", "theme", "quarter", "purpose")}
    text = _ASSESSMENTS.format(tried="".join(_tried(k) for k in range(len(days))))
    sites = engine.sql(SITES, acts=duplicates.acts)
    acts = engine.sql(text, acts=duplicates.acts, people=journeys.people, sites=sites, **tables)
    parts = {"owners": duplicates.owners, "agencies": words.tables["agency"]}
    owned = engine.sql(_OWNED, facts=acts, **parts)
    splits = engine.sql(_SPLIT, acts=acts, splits=duplicates.splits, agencies=words.tables["agency"])
    ends = engine.sql(_BOTH_ENDS, facts=splits)
    purposes, at_days = words.lists["purpose"], [str(day) for day in days]
    return [
        _of_acts("assessments", acts, owned, "purpose_no", "one", purposes),
        _of_acts("duplicates_purpose", acts, owned, "purpose_no", "avoidable", purposes),
        *(
            _of_acts("duplicates_validity", acts, owned, f"tried_{k}", f"avoidable_{k}", at_days, total=False)
            for k in range(len(days))
        ),
        _two_ended("duplicates", splits, ends, ("from_agency", "to_agency"), words.lists["agency"]),
    ]


def _tried(k: int) -> str:
    """Return SQL for the k-th validity and whether the assessment is avoidable at it, told without bit operations."""
    bit = f"CAST(MOD(FLOOR(x.repeats / {2**k}), 2) AS INTEGER)"
    return f", {k} AS tried_{k}, {bit} AS avoidable_{k}"


def _of_acts(
    table: str, acts: Handle, owned: Handle, row: str, value: str, names: list[str], *, total: bool = True
) -> Facts:
    """Return facts that may have several agencies each and at most one theme."""
    plain, tagged = View(acts, row, "", value), View(owned, row, "", value)
    return Facts(table, "people", plain, tagged, plain, tagged, names, total=total)
