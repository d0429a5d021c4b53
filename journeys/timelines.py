"""The contacts of flagged families, day by day, for whoever may look at one family."""

from __future__ import annotations

from totalplace.config.findings import FamilyRules
from totalplace.journeys.families.high_demand import FamilyPeaks
from totalplace.tables import Engine, Handle

# An act that several records tell, such as a joint visit, is one dot: the page counts what the peak counts.
_TEXT = """
WITH told AS (SELECT family_id, act, MIN(contact_id) AS contact_id FROM done GROUP BY family_id, act)
SELECT c.family_id, c.person_id, c.agency, c.type, c.start,
       CASE WHEN c.class = 'intervention' AND NOT c.intervention THEN 'missed' ELSE c.class END AS class, c.purpose,
       COALESCE(a.state, 0) = 1 AS is_repeat, k.pence
FROM contacts c
JOIN peaks p ON p.family_id = c.family_id
LEFT JOIN told t ON t.family_id = c.family_id AND t.contact_id = c.contact_id
LEFT JOIN acts a ON a.act = c.contact_id
LEFT JOIN (SELECT contact_id, pence FROM costs WHERE scope = 'fiscal') k ON k.contact_id = c.contact_id
WHERE p.peak >= {least} AND p.agencies >= {agencies} AND COALESCE(c.class, '') <> 'milestone'
  AND (t.contact_id IS NOT NULL OR NOT c.intervention)
ORDER BY c.family_id, c.start, c.person_id, c.agency, c.type, c.contact_id
"""


def family_timelines(
    contacts: Handle, families: FamilyPeaks, acts: Handle, costs: Handle, rules: FamilyRules, engine: Engine
) -> Handle:
    """Return one row per contact of a family that is high-demand at the lowest threshold.

    Args:
        contacts: as `build_journeys` leaves them.
        families: peaks and the acts behind them (FAM2).
        acts: one row per assessment (D1); state 1 = avoidable.
        costs: contact_id, scope, pence of each priced contact (X1).
        rules: thresholds.
        engine: where it runs.

    Returns:
        family_id, person_id, agency, type, start, class, purpose, is_repeat, pence (fiscal, null = no
        unit cost); no contact id.
    """
    text = _TEXT.format(least=min(rules.min_interventions), agencies=rules.min_agencies)
    return engine.sql(text, contacts=contacts, peaks=families.table, done=families.acts, acts=acts, costs=costs)
