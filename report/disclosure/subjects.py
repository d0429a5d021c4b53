"""What each number counts: a kind of event and conditions on it, so that one number on two pages is one unknown.

Conditions are numbered; a number's conditions are a sorted tuple of those. A filter by agency or theme is the same
condition as a row of that name, and tables of one kind count the same events, unless the cells contradict it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from totalplace.report.disclosure.folding import MEDIAN_TABLES, Cell

Conditions = tuple[int, ...]
Subject = tuple[str, Conditions]  # kind of event, conditions

# table -> kind of event, conditions that row and column set.
KINDS: Mapping[str, tuple[str, str, str]] = {
    "contacts": ("contact", "agency", ""),
    "themes": ("contact", "theme", ""),
    "people": ("contact", "", ""),
    "services": ("contact", "service", ""),
    "interventions": ("intervention", "agency", ""),
    "assessments": ("assessment", "purpose", ""),
    "duplicates": ("duplicate", "first", "again"),
    "duplicates_purpose": ("duplicate", "purpose", ""),
    "duplicates_validity": ("duplicate within", "days", ""),
    "duplicates_priced": ("duplicate with a price", "purpose", ""),
    "duplicates_cost": ("duplicate with a price", "purpose", ""),
    "handoffs": ("handoff", "from service", "to service"),
    "handoff_days": ("handoff", "from service", "to service"),
    "agency_handoffs": ("handoff", "from", "to"),
    "family_bands": ("family", "band", "number"),
    "family_band_contacts": ("family", "band", ""),
    "high_demand": ("high demand", "at least", ""),
    "lorenz": ("lorenz", "share", ""),
    "variants": ("journey", "variant", ""),
    "variant_days": ("journey", "variant", ""),
    "referrals": ("referral", "from", "to"),
    "drop_outs": ("referral not taken up", "from", "to"),
    "repeats": ("repeat", "agency", ""),
    "tellings": ("teller", "times", ""),
    "persistence": ("family over time", "then", ""),
    "front_doors": ("journey begun", "agency", ""),
    "days_to_help": ("journey to help", "days to help", ""),
    "repeat_signs": ("sign of repeat demand", "sign", ""),
    "purpose_overlap_days": ("day of several agencies on one purpose", "purpose", ""),
    "agencies_met": ("contact", "agencies met", ""),
    "open_at_once": ("agencies at work", "open at once", ""),
    "costs": ("cost", "agency", ""),
    "costs_theme": ("cost", "theme", ""),
    "flows": ("contact", "area", "served in"),
}
# A service is in one agency: both conditions are set together, and the agency's cannot be dropped alone.
HELD_BY = {"service": "agency", "from service": "from", "to service": "to"}
FILTERED_BY_ROW = ("contact", "intervention")
# Their rows contain each other, so they do not add up, and an absent one is not a zero.
PAIR_TABLES = tuple(
    f"{kind}_pairs{part}"
    for kind in ("agency", "service", "theme")
    for part in ("", "_expected", "_lift", "_low", "_high")
)  # the surest pairs only
RUNNING_TABLES = ("high_demand", "lorenz", "duplicates_validity", *PAIR_TABLES, *MEDIAN_TABLES)


@dataclass
class Conditioned:
    """Names of numbered conditions, and what each cell counts.

    Args:
        of_cell: per cell, its kind of event and conditions.
        names: per condition, what it is on, such as `area`.
        values: per condition, which one.
    """

    of_cell: list[Subject] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def number(self, name: str, value: str) -> int:
        """Return the number of a condition, a new one if it is new."""
        found = self._numbers.get((name, value))
        if found is None:
            found = self._numbers[name, value] = len(self.names)
            self.names.append(name)
            self.values.append(value)
        return found


def subjects_of(*releases: Sequence[Cell]) -> Conditioned:
    """Return what each cell counts: of one release, or of several, whose numbers may have changed in between."""
    own: set[tuple[str, str]] = set()
    while True:
        found = Conditioned()
        found.of_cell = [_subject(cell, own, found) for cells in releases for cell in cells]
        of_cell = iter(found.of_cell)
        conflicts = set().union(*(_conflicts(cells, list(islice(of_cell, len(cells))), found) for cells in releases))
        if not conflicts - own:
            return found
        own |= conflicts


def _subject(cell: Cell, own: set[tuple[str, str]], found: Conditioned) -> Subject:
    kind, row, column = KINDS.get(cell.table, (cell.table, "row", "column"))
    conditions: set[int] = set()
    if cell.chip != "all":
        same = cell.chip == "area" or (kind in FILTERED_BY_ROW and (cell.table, cell.chip) not in own)
        conditions.add(found.number(cell.chip if same else f"filter {cell.chip}", cell.chip_value))
    if cell.quarter:
        conditions.add(found.number("quarter", cell.quarter))
    for name, key in ((row, cell.row), (column, cell.column)):
        if key:
            conditions.add(found.number(name, key))
            if name in HELD_BY:
                conditions.add(found.number(HELD_BY[name], key.partition("/")[0]))
    return (cell.table if (cell.table, "all") in own else kind), tuple(sorted(conditions))


def _conflicts(cells: Sequence[Cell], of_cell: Sequence[Subject], found: Conditioned) -> set[tuple[str, str]]:
    """Return (table, filter) where a filter does not mean what a row does, or (table, "all") where the kind differs."""
    people: dict[Subject, int] = {}
    conflicts = set()
    for cell, subject in zip(cells, of_cell, strict=True):
        if cell.people < 0:  # not known to whoever reads a release
            continue
        names = {found.names[at] for at in subject[1]}
        twice = len(names) != len(subject[1]) and cell.people
        if twice or people.setdefault(subject, cell.people) != cell.people:
            conflicts.add((cell.table, cell.chip if cell.chip in names & {"agency", "theme"} else "all"))
    return conflicts
