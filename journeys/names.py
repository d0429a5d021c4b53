"""Numbers for the words of a place: agencies, services, areas and more; the same contacts give the same numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from totalplace.tables import Engine, Handle

_COLUMNS = {"area": "area_home", "agency": "agency", "theme": "theme", "quarter": "quarter", "purpose": "purpose"}


@dataclass(frozen=True)
class Words:
    """The words of a place, each kind numbered from 0 in alphabetical order.

    Args:
        tables: kind (area, agency, theme, quarter, purpose) to a table of value and value_no.
        services: agency, type, value (`agency/type`), value_no and agency_no.
        lists: kind, and `service`, to the words in order of their numbers.
    """

    tables: dict[str, Handle]
    services: Handle
    lists: dict[str, list[str]]


def words_of(contacts: Handle, engine: Engine) -> Words:
    """Return the words of a place.

    Args:
        contacts: `Journeys.contacts`.
        engine: where it runs.
    """
    names = ", ".join([*_COLUMNS.values(), "type"])
    seen = engine.fetch(engine.sql(f"SELECT DISTINCT {names} FROM contacts", contacts=contacts))
    lists = {kind: sorted(w for w in seen[column].unique().to_pylist() if w) for kind, column in _COLUMNS.items()}
    tables = {kind: engine.hold(_numbered(words)) for kind, words in lists.items()}
    services = _services(seen, lists["agency"])
    lists["service"] = services["value"].to_pylist()
    return Words(tables, engine.hold(services), lists)


def _numbered(words: list[str]) -> pa.Table:
    return pa.table({"value": pa.array(words, pa.string()), "value_no": pa.array(range(len(words)), pa.int32())})


def _services(seen: pa.Table, agencies: list[str]) -> pa.Table:
    pairs = seen.select(["agency", "type"]).group_by(["agency", "type"]).aggregate([]).to_pydict()
    ordered = sorted(zip(pairs["agency"], pairs["type"], strict=True))
    numbers = {agency: k for k, agency in enumerate(agencies)}
    columns = {
        "agency": pa.array([agency for agency, _ in ordered], pa.string()),
        "type": pa.array([type_ for _, type_ in ordered], pa.string()),
        "agency_no": pa.array([numbers[agency] for agency, _ in ordered], pa.int32()),
    }
    numbered = _numbered([f"{agency}/{type_}" for agency, type_ in ordered])
    return pa.table({**columns, "value": numbered["value"], "value_no": numbered["value_no"]})
