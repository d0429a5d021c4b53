"""RESIDENCES: who was registered at which dwelling from when to when, the dwelling as a token."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from totalplace.intake.distinct import Coded
from totalplace.intake.fields import buildings
from totalplace.tables import RESIDENCES

RESIDENTIAL, BUILDING = "residential", "building"


def residences_table(clients: pa.Table, fields: Mapping[str, Coded], dwelling: pa.Array) -> pa.Table:
    """Return RESIDENCES, one row per client record that has a dwelling.

    Args:
        clients: CLIENTS of one agency.
        fields: their encodable fields; addresses of protected people are null.
        dwelling: token of each record's dwelling, null if it has none.
    """
    given = pc.fill_null(clients["property_class"], RESIDENTIAL)
    whole_building = pa.array(_flat_not_told(fields))
    columns = {
        "row_id": clients["row_id"],
        "t_dwelling": dwelling,
        "valid_from": pc.coalesce(clients["valid_from"], clients["record_date"]),
        "valid_to": clients["valid_to"],
        "property_class": pc.if_else(pc.and_(whole_building, pc.equal(given, RESIDENTIAL)), BUILDING, given),
    }
    table = pa.table({name: columns[name] for name in RESIDENCES.names})
    table = table.filter(table["t_dwelling"].is_valid())
    # An interval that ends before it begins says nothing of its end.
    ends = pc.if_else(
        pc.fill_null(pc.less_equal(table["valid_to"], table["valid_from"]), False), None, table["valid_to"]
    )
    return table.set_column(table.column_names.index("valid_to"), "valid_to", ends)


def _flat_not_told(fields: Mapping[str, Coded]) -> np.ndarray:
    """Return which records give a house without its flat although others give flats of the same house."""
    building = buildings(fields)
    has_flat = fields["flat"].present & building.present
    with_flats = np.zeros(len(building.values) + 1, dtype=bool)
    with_flats[building.codes[has_flat]] = True
    return with_flats[building.codes] & building.present & ~fields["flat"].present & ~fields["uprn"].present
