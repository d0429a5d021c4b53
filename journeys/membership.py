"""Which household or family a person belonged to on a day, and one row per person of what the records say."""

from __future__ import annotations

from totalplace.tables import Engine, Handle

# Elementary spans between all first and last days of a person's memberships; of the memberships that cover a span
# one is kept. Open ends become far days, so that a comparison needs no null rule.
_TIMELINE = """
WITH member AS (
  SELECT person_id, {ids}, {prefer} AS prefer, COALESCE(from_date, DATE '0001-01-01') AS since,
         COALESCE(to_date, DATE '9999-12-31') AS until
  FROM membership),
points AS (SELECT person_id, since AS day FROM member UNION SELECT person_id, until AS day FROM member),
spans AS (SELECT person_id, day AS since, LEAD(day) OVER (PARTITION BY person_id ORDER BY day) AS until FROM points),
ranked AS (
  SELECT s.person_id, s.since, s.until, {named},
         ROW_NUMBER() OVER (PARTITION BY s.person_id, s.since ORDER BY m.prefer, m.since DESC, m.{first}) AS place
  FROM spans s JOIN member m ON m.person_id = s.person_id AND m.since <= s.since AND m.until >= s.until)
SELECT person_id, since, until, {plain} FROM ranked WHERE place = 1
"""


def _timeline(membership: Handle, ids: tuple[str, ...], prefer: str, engine: Engine) -> Handle:
    plain, named = ", ".join(ids), ", ".join(f"m.{name}" for name in ids)
    text = _TIMELINE.format(ids=plain, named=named, plain=plain, prefer=prefer, first=ids[0])
    return engine.sql(text, membership=membership)


def household_timeline(households: Handle, engine: Engine) -> Handle:
    """Return one household and dwelling per person and span [since, until): the one entered last counts."""
    return _timeline(households, ("household_id", "dwelling_id"), "0", engine)


_FAMILY_SPANS = """
SELECT t.*, s.family_from, s.family_to
FROM timeline t JOIN (
  SELECT family_id, MIN(COALESCE(from_date, DATE '0001-01-01')) AS family_from,
         MAX(COALESCE(to_date, DATE '9999-12-31')) AS family_to
  FROM families GROUP BY family_id) s ON s.family_id = t.family_id
"""


def family_timeline(families: Handle, engine: Engine) -> Handle:
    """Return one family per person and span [since, until): the main one counts, then the one entered last.

    Returns:
        person_id, since, until, family_id, and family_from, family_to: first day and day after the last on which
        anybody is known to belong to the family.
    """
    timeline = _timeline(families, ("family_id",), "CASE WHEN is_main THEN 0 ELSE 1 END", engine)
    return engine.sql(_FAMILY_SPANS, timeline=timeline, families=families)


_ATTRIBUTES = ("age_band", "sex", "area", "exit_date", "exit_reason")


def fold_people(people: Handle, persons: Handle, engine: Engine) -> Handle:
    """Return one row per person: each attribute from the most recently confirmed record that states it.

    Returns:
        person_id, age_band, sex, area (`unknown` where no record states one), exit_date, exit_reason, linked_exactly,
        min_link_probability (least over the person's records), conflicts (attributes on which records differ);
        ordered by person_id. Persons without a PEOPLE row are there too.
    """
    firsts = ", ".join(
        f"MIN(CASE WHEN {name} IS NOT NULL THEN place END) OVER (PARTITION BY person_id) AS at_{name}"
        for name in _ATTRIBUTES
    )
    picked = ", ".join(f"MAX(CASE WHEN place = at_{name} THEN {name} END) AS {name}" for name in _ATTRIBUTES)
    differ = " + ".join(
        f"CASE WHEN COUNT(DISTINCT {name}) > 1 THEN 1 ELSE 0 END" for name in ("age_band", "sex", "area")
    )
    text = f"""
    WITH placed AS (
      SELECT q.person_id, q.linked_exactly, q.min_link_probability, {", ".join(f"r.{n}" for n in _ATTRIBUTES)},
             ROW_NUMBER() OVER (PARTITION BY q.person_id
                                ORDER BY r.record_date DESC NULLS LAST, q.row_id) AS place
      FROM persons q LEFT JOIN people r ON r.row_id = q.row_id),
    marked AS (SELECT *, {firsts} FROM placed),
    folded AS (
      SELECT person_id, {picked}, MIN(CASE WHEN linked_exactly THEN 1 ELSE 0 END) = 1 AS linked_exactly,
             MIN(min_link_probability) AS min_link_probability, CAST({differ} AS INTEGER) AS conflicts
      FROM marked GROUP BY person_id)
    SELECT person_id, age_band, sex, COALESCE(area, 'unknown') AS area, exit_date, exit_reason, linked_exactly,
           min_link_probability, conflicts
    FROM folded ORDER BY person_id
    """
    return engine.sql(text, people=people, persons=persons)
