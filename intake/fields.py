"""The fields that a schema may encode, as columns of text: those of CLIENTS, and those made of several of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from totalplace.intake.derive import slk_581
from totalplace.intake.distinct import Coded, coded, joined, spread
from totalplace.tables import TEXT

PLAIN_FIELDS = (
    "first_name", "middle_names", "surname", "former_surname", "sex", "house_number", "flat", "street", "town",
    "postcode", "uprn", "phone", "email",
)  # fmt: skip
ADDRESS_FIELDS = ("dwelling", "street", "postcode", "house_number", "flat", "town", "uprn", "house_number_postcode")
COMPOSED = ("full_name_sorted", "house_number_postcode", "dwelling")
Fields = dict[str, pa.ChunkedArray]


def field_columns(clients: pa.Table, wanted: Collection[str] = COMPOSED) -> dict[str, Coded]:
    """Return every field of the client records, of the composed those wanted; protected addresses null."""
    protected = clients["protected"]
    fields = {name: clients[name] for name in (*PLAIN_FIELDS, *clients.column_names) if _is_field(name)}
    fields["birth_date"] = pc.strftime(clients["birth_date"], format="%Y%m%d")
    for name in ADDRESS_FIELDS:
        if name in fields:
            fields[name] = pc.if_else(protected, None, fields[name])
    columns = {name: coded(field) for name, field in fields.items()}
    composed = {"full_name_sorted": _sorted_names, "house_number_postcode": _numbers_and_codes, "dwelling": _dwellings}
    columns.update({name: coded(make(fields)) for name, make in composed.items() if name in wanted})
    if "slk581" in wanted:
        parts = [columns[name] for name in ("first_name", "surname", "birth_date", "sex")]
        columns["slk581"] = joined(parts, slk_581)
    return columns


def _is_field(name: str) -> bool:
    return name in PLAIN_FIELDS or name.startswith("id_")


def _sorted_names(fields: Fields) -> pa.ChunkedArray:
    """Join first name and surname in order of the alphabet, so that swapped names meet."""
    first, surname = fields["first_name"], fields["surname"]
    ordered = pc.less_equal(first, surname)
    return pc.binary_join_element_wise(pc.if_else(ordered, first, surname), pc.if_else(ordered, surname, first), " ")


def _numbers_and_codes(fields: Fields) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(fields["house_number"], fields["postcode"], " ")


def _dwellings(fields: Fields) -> pa.ChunkedArray:
    """Name a dwelling by its UPRN, else by flat, house number and postcode (street and town where it has no code)."""
    place = pc.coalesce(fields["postcode"], pc.binary_join_element_wise(fields["street"], fields["town"], ", "))
    address = pc.binary_join_element_wise(pc.fill_null(fields["flat"], ""), fields["house_number"], place, "|")
    return pc.coalesce(pc.binary_join_element_wise("uprn", fields["uprn"], " "), address)


def buildings(columns: Mapping[str, Coded]) -> Coded:
    """Return what names the building of each record: house number and postcode, or street and town."""
    fields = {name: spread(columns[name], TEXT) for name in ("house_number", "postcode", "street", "town")}
    place = pc.coalesce(fields["postcode"], pc.binary_join_element_wise(fields["street"], fields["town"], ", "))
    return coded(pc.binary_join_element_wise(fields["house_number"], place, "|"))
