"""The contacts of flagged families, day by day, for whoever may look at one family."""

from __future__ import annotations

from totalplace.config.findings import FamilyRules
from totalplace.tables import Engine, Handle

_TEXT = """
SELECT c.family_id, c.person_id, c.agency, c.type, c.start, c.class, c.purpose,
       COALESCE(a.state, 0) = 1 AS is_repeat
FROM contacts c
JOIN peaks p ON p.family_id = c.family_id
LEFT JOIN acts a ON a.act = c.contact_id
WHERE p.peak >= {least} AND p.agencies >= {agencies} AND COALESCE(c.class, '') <> 'milestone'
ORDER BY c.family_id, c.start, c.person_id, c.agency, c.type, c.contact_id
"""


def family_timelines(contacts: Handle, peaks: Handle, acts: Handle, rules: FamilyRules, engine: Engine) -> Handle:
    """Return one row per contact of a family that is high-demand at the lowest threshold.

    Args:
        contacts: as `build_journeys` leaves them.
        peaks: one row per family, with peak and agencies (FAM2).
        acts: one row per assessment (D1); state 1 = avoidable.
        rules: thresholds.
        engine: where it runs.

    Returns:
        family_id, person_id, agency, type, start, class, purpose, is_repeat; no contact id.
    """
    text = _TEXT.format(least=min(rules.min_interventions), agencies=rules.min_agencies)
    return engine.sql(text, contacts=contacts, peaks=peaks, acts=acts)
