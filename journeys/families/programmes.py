"""Before and after a programme, or a threshold: what FAM4 makes of the families of a place."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.config.findings import FindingsRules
from totalplace.journeys.calendar import add_months, as_days
from totalplace.journeys.contacts import quoted
from totalplace.journeys.families.periods import Periods, periods_of
from totalplace.journeys.families.regression import Claim, guard
from totalplace.journeys.measured import Measured, Measurement
from totalplace.journeys.sequence import whole
from totalplace.tables import Engine, Note

Pairs = tuple[np.ndarray, np.ndarray]  # counts of the same families before and after

_ENTRIES = """
SELECT f.family_no, MIN(c.start) AS entered FROM contacts c JOIN families f ON f.family_id = c.family_id
WHERE CONCAT(c.agency, '/', c.type) IN ({types}) AND COALESCE(c.outcome, '') NOT IN ({missed})
GROUP BY f.family_no ORDER BY f.family_no
"""
_DAYS = """
SELECT f.family_no, MIN(a.start) AS start FROM acts a JOIN families f ON f.family_id = a.family_id
GROUP BY f.family_no, a.act ORDER BY f.family_no, start
"""


def guard_claims(of: Measured, rules: FindingsRules, engine: Engine) -> Measurement:
    """Return the claim of the programme that the rules name; without one, of families over the smallest threshold.

    Source: docs/reference/findings.md, FAM4.
    """
    periods = periods_of(of, rules.persistence, engine)
    named = bool(rules.regression.programme_types)
    claim = _of_programme(of, periods, rules, engine) if named else _of_threshold(periods, rules)
    return Measurement({"regression": {"programme": named, **claim.told()}}, _notes(claim, named, rules))


def _of_threshold(periods: Periods, rules: FindingsRules) -> Claim:
    """Judge families over the threshold in the last period but one: nothing was done to them as a group."""
    k = len(periods) - 1
    if k < 1:
        return _judge([], [], rules)
    counts, known = periods.interventions, periods.known
    picked = (counts[:, k - 1] >= min(rules.families.min_interventions)) & known[:, k - 1] & known[:, k]
    history = [_pairs(periods, at, np.ones(len(counts), bool)) for at in range(1, k)]
    return _judge([(counts[picked, k - 1], counts[picked, k])], history, rules)


def _of_programme(of: Measured, periods: Periods, rules: FindingsRules, engine: Engine) -> Claim:
    """Judge families from the day of their first contact with the programme; history ends before anybody's."""
    types, missed = quoted(rules.regression.programme_types), quoted(rules.contact.missed_outcomes)
    text = _ENTRIES.format(types=types, missed=missed)
    entries = engine.fetch(engine.sql(text, contacts=of.journeys.contacts, families=periods.families))
    family, entered = whole(entries, "family_no"), as_days(entries["entered"], 0).astype(np.int64)
    acts = engine.fetch(engine.sql(_DAYS, acts=of.families.acts, families=periods.families))
    months = rules.persistence.period_months
    begin, end = add_months(entered, -months), add_months(entered, months)
    seen = _known(periods, engine)[family]
    inside = (np.maximum(periods.edges[0], seen[:, 0]) <= begin) & (np.minimum(periods.edges[-1], seen[:, 1]) >= end)
    family, begin, entered, end = (part[inside] for part in (family, begin, entered, end))
    before, after = (_between(acts, family, *span) for span in ((begin, entered), (entered, end)))
    outside = ~np.isin(np.arange(len(periods.interventions)), whole(entries, "family_no"))
    first = int(as_days(entries["entered"], 0).min(initial=2**31 - 1))
    earlier = [at for at in range(1, len(periods)) if periods.edges[at + 1] <= first]
    return _judge([(before, after)], [_pairs(periods, at, outside) for at in earlier], rules)


def _known(periods: Periods, engine: Engine) -> np.ndarray:
    spans = engine.fetch(periods.families, ["since", "until"])
    return np.stack([as_days(spans[name], 0).astype(np.int64) for name in ("since", "until")], axis=1)


def _between(acts: pa.Table, family: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return how many acts of each family lie in [begin, end)."""
    day = as_days(acts["start"], 0).astype(np.int64)
    low = min(int(day.min(initial=0)), int(begin.min(initial=0)))
    span = max(int(day.max(initial=0)), int(end.max(initial=0))) - low + 1
    keys = whole(acts, "family_no").astype(np.int64) * span + (day - low)
    at = [np.searchsorted(keys, family.astype(np.int64) * span + (edge - low), side="left") for edge in (begin, end)]
    return np.asarray(at[1] - at[0])


def _pairs(periods: Periods, at: int, among: np.ndarray) -> Pairs:
    """Return the counts of a period and of the one before, of families known throughout both."""
    kept = among & periods.known[:, at - 1] & periods.known[:, at]
    return periods.interventions[kept, at - 1], periods.interventions[kept, at]


def _judge(judged: list[Pairs], history: list[Pairs], rules: FindingsRules) -> Claim:
    return guard(*_joined(judged), *_joined(history), rules.regression)


def _joined(pairs: list[Pairs]) -> Pairs:
    none = np.zeros(0, np.int64)
    return (
        np.concatenate([none, *(before for before, _ in pairs)]),
        np.concatenate([none, *(after for _, after in pairs)]),
    )


def _notes(claim: Claim, named: bool, rules: FindingsRules) -> tuple[Note, ...]:
    who = "the programme" if named else f"{min(rules.families.min_interventions)} or more interventions"
    months = rules.persistence.period_months
    if claim.refused:
        text = (
            f"Nothing is claimed of families of {who} before and after: {claim.refused} "
            f"({claim.comparators:,}; {rules.regression.min_families} are needed). A fall by itself is not a success."
        )
    else:
        text = (
            f"{claim.families:,} families of {who}: {claim.before:.1f} interventions in {months} months before, "
            f"{claim.expected:.1f} expected after from {claim.comparators:,} like them in earlier history, "
            f"{claim.observed:.1f} observed. What is left of the fall is {claim.claim:+.1f} "
            f"({claim.low:+.1f} to {claim.high:+.1f})."
        )
    return (Note("regression_to_the_mean", text, {"families": claim.families, "comparators": claim.comparators}),)
