"""The shapes that pass between rooms, and the engine that carries them.

Every table that crosses a door is declared here once: its columns, types, units, key, order, and who may see it.
A door calls `Shape.check`, so a wrong table stops at the door and not three rooms later. The wall between *who* and
*what* is in the `seen_by` of each shape and in the parameters of the rooms' doors: linkage takes TOKENS, RESIDENCES
and RELATIONS; journeys takes CONTACTS, PEOPLE, PERSONS, HOUSEHOLDS, FAMILIES and PARTITIONS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np
import pyarrow as pa

from totalplace.errors import ShapeError

ID = pa.binary(16)
TEXT = pa.string()
DAY = pa.date32()
WHOLE = pa.int64()
REAL = pa.float64()
FLAG = pa.bool_()

# Column names, spelt once.
ROW_ID, PERSON_ID, CONTACT_ID = "row_id", "person_id", "contact_id"
HOUSEHOLD_ID, FAMILY_ID, DWELLING_ID, JOURNEY_ID = "household_id", "family_id", "dwelling_id", "journey_id"
AGENCY, EVENT_GROUP = "agency", "event_group"
ROW_ID_L, ROW_ID_R = "row_id_l", "row_id_r"


@dataclass(frozen=True)
class Column:
    """One column of a shape: `unit` is "" where a column has none; `nullable` says that null has a meaning."""

    name: str
    dtype: pa.DataType
    meaning: str = ""
    nullable: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Shape:
    """A table as it may pass a door.

    Args:
        name: as in docs/architecture.md.
        one_row_per: what a row is.
        columns: in order.
        key: columns that are unique together; () if rows may repeat.
        order: columns that rows are sorted by when the table is whole.
        seen_by: roles of privacy.md section 3 that may hold it.
        open_prefixes: further columns are welcome if their name starts with one of these.
    """

    name: str
    one_row_per: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    seen_by: tuple[str, ...] = ()
    open_prefixes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Return the declared column names, in order."""
        return [column.name for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        """Return the Arrow schema of the declared columns."""
        return pa.schema([pa.field(c.name, c.dtype, nullable=c.nullable) for c in self.columns])

    def empty(self) -> pa.Table:
        """Return a table of this shape without rows."""
        return self.schema.empty_table()

    def check(self, table: pa.Table, where: str) -> pa.Table:
        """Return the table with its columns in declared order and type.

        Args:
            table: any Arrow table.
            where: the door, for the message.

        Raises:
            ShapeError: a column is missing, unknown, of another type, or null where null has no meaning.
        """
        missing = [name for name in self.names if name not in table.column_names]
        if missing:
            raise ShapeError(where, f"table {self.name} lacks column {', '.join(missing)}")
        extra = [name for name in table.column_names if name not in self.names]
        unknown = [name for name in extra if not name.startswith(self.open_prefixes or ("\0",))]
        if unknown:
            raise ShapeError(where, f"table {self.name} has unknown column {', '.join(unknown)}")
        arrays = [_cast(table[c.name], c, f"{where}: {self.name}") for c in self.columns]
        fields = list(self.schema) + [table.schema.field(name) for name in extra]
        return pa.Table.from_arrays([*arrays, *(table[name] for name in extra)], schema=pa.schema(fields))


def _cast(values: pa.ChunkedArray, column: Column, where: str) -> pa.ChunkedArray:
    if not column.nullable and values.null_count:
        raise ShapeError(where, f"column {column.name} has {values.null_count} nulls")
    if values.type == column.dtype:
        return values
    try:
        return values.cast(column.dtype)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        # Arrow's own message quotes the value it could not cast.
        raise ShapeError(where, f"column {column.name} is {values.type}, not {column.dtype}") from None


def _id(name: str, meaning: str, nullable: bool = False) -> Column:
    return Column(name, ID, meaning, nullable)


def _text(name: str, meaning: str, nullable: bool = True) -> Column:
    return Column(name, TEXT, meaning, nullable)


def _day(name: str, meaning: str, nullable: bool = True) -> Column:
    return Column(name, DAY, meaning, nullable, "day")


AGENCY_ROLE, LINKAGE_ROLE, ANALYSIS_ROLE, RECIPIENT_ROLE = "agency", "linkage", "analysis", "recipient"

_AGENCY = _text(AGENCY, "agency code, lower case", nullable=False)


def numbered_ids(first: np.ndarray, second: np.ndarray) -> pa.Array:
    """Return ids made of two whole numbers, that sort by the first and then by the second.

    They stand for keyed ids inside one computation, where copies of the same rows must be kept apart. Their last five
    bytes are mixed of all others: a hash that only multiplies, as Arrow's does, would put near numbers into few slots.

    Args:
        first: 0 to under 2^40.
        second: 0 to under 2^48.
    """
    words = np.empty((len(first), 2), np.uint64)
    one, other = np.asarray(first, np.uint64), np.asarray(second, np.uint64)
    words[:, 0] = (one << np.uint64(24)) | (other >> np.uint64(24))
    words[:, 1] = (other & np.uint64(0xFFFFFF)) << np.uint64(40)
    words[:, 1] |= _mixed(words)
    return pa.Array.from_buffers(ID, len(words), [None, pa.py_buffer(words.astype(">u8").tobytes())])


def numbers_of(ids: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two numbers of each id that `numbered_ids` made; of any other id -1 and -1."""
    whole = (ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids).cast(ID)
    buffer = whole.buffers()[1] if len(whole) else b""
    words = np.frombuffer(buffer, ">u8").reshape(-1, 2)[whole.offset : whole.offset + len(whole)].astype(np.uint64)
    other = ((words[:, 0] & np.uint64(0xFFFFFF)) << np.uint64(24)) | (words[:, 1] >> np.uint64(40))
    made = (words[:, 1] & np.uint64((1 << 40) - 1)) == _mixed(words)
    first = (words[:, 0] >> np.uint64(24)).astype(np.int64)
    return np.where(made, first, -1), np.where(made, other.astype(np.int64), -1)


def _mixed(words: np.ndarray) -> np.ndarray:
    """Return 40 bits made of the first 11 bytes of ids, given as uint64[ids, 2]."""
    half = np.uint64(32)
    mixed = (words[:, 0] ^ (words[:, 0] >> half)) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= (words[:, 1] >> np.uint64(40)) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> half)) * np.uint64(0x94D049BB133111EB)
    return (mixed ^ (mixed >> half)) >> np.uint64(24)


REFUSED = Shape(
    "REFUSED",
    "source row kept aside",
    (
        _text("file", "file name without folder", nullable=False),
        Column("row", WHOLE, "row number in the file, header = row 1", unit="row"),
        _text("column", "source column, empty where the whole row is at fault", nullable=False),
        _text("reason", "what is wrong, never the value", nullable=False),
    ),
    order=("file", "row", "column"),
    seen_by=(AGENCY_ROLE,),
)

CLIENTS = Shape(
    "CLIENTS",
    "source client record, standardised: null where empty, placeholder or invalid",
    (
        _id(ROW_ID, "keyed id of this record"),
        _AGENCY,
        _id(
            EVENT_GROUP, "keyed id of the agency's own client: records of one agency that share it are one person", True
        ),
        _text("first_name", "upper-case ASCII"),
        _text("middle_names", "upper-case ASCII, blank separated"),
        _text("surname", "upper-case ASCII"),
        _text("former_surname", "upper-case ASCII"),
        _day("birth_date", "date of birth"),
        _text("sex", "F or M"),
        _text("house_number", "number or name of the house"),
        _text("flat", "flat or unit within the building"),
        _text("street", "one spelling of the street"),
        _text("town", "town or locality"),
        _text("postcode", "one spelling, with its blank"),
        _text("uprn", "unique property reference number"),
        _text("phone", "digits only"),
        _text("email", "lower case"),
        _text("family", "the agency's own family reference"),
        _day("valid_from", "first day at this address"),
        _day("valid_to", "day after the last at this address"),
        _text("property_class", "as household.blocked_classes names them, or residential"),
        Column("protected", FLAG, "in refuge or with a protected address: no address may be encoded"),
        _day("record_date", "day on which the record was last confirmed"),
    ),
    key=(ROW_ID,),
    order=(ROW_ID,),
    seen_by=(AGENCY_ROLE,),
    open_prefixes=("id_",),  # further identifiers as text: id_nhs, id_nino, id_ssn, any id_<name>
)

TOKENS = Shape(
    "TOKENS",
    "source client record",
    (
        _id(ROW_ID, "keyed id of this record"),
        _AGENCY,
        _id(EVENT_GROUP, "keyed id of the agency's own client", True),
        _id("t_family", "token of the agency's own family reference", True),
        Column("is_child", FLAG, "under 18 at the schema's reference date", True),
        Column("record_year", pa.uint16(), "year last confirmed", True, "year"),
        Column("protected", FLAG, "in refuge or with a protected address: in no household anywhere", True),
    ),
    key=(ROW_ID,),
    order=(ROW_ID,),
    seen_by=(AGENCY_ROLE, LINKAGE_ROLE),
    open_prefixes=("t_", "b_", "f_", "pc_"),
)

RESIDENCES = Shape(
    "RESIDENCES",
    "client record and address",
    (
        _id(ROW_ID, "keyed id of the client record"),
        _id("t_dwelling", "token of the dwelling"),
        _day("valid_from", "first day, null if unknown"),
        _day("valid_to", "day after the last, null if open or unknown"),
        _text("property_class", "residential, building (flat not told) or one of household.blocked_classes"),
    ),
    order=(ROW_ID, "t_dwelling", "valid_from"),
    seen_by=(AGENCY_ROLE, LINKAGE_ROLE),
)

RELATIONS = Shape(
    "RELATIONS",
    "declared tie between two client records of one agency",
    (
        _id("row_id_a", "keyed id"),
        _id("row_id_b", "keyed id"),
        _text("relation", "parent, child, partner or sibling: what a is to b", nullable=False),
    ),
    order=("row_id_a", "row_id_b", "relation"),
    seen_by=(AGENCY_ROLE, LINKAGE_ROLE),
)

CONTACTS = Shape(
    "CONTACTS",
    "recorded contact",
    (
        _id(CONTACT_ID, "keyed id"),
        _id(ROW_ID, "keyed id of the client record; null where the contact names no known client", True),
        _AGENCY,
        _text("type", "the place's own word", nullable=False),
        _text("class", "intervention, administrative, enquiry, outcome or milestone; null = unmapped"),
        Column("assessment", FLAG, "gathers facts to decide eligibility, need, risk or means"),
        _text("purpose", "controlled list of findings.md C3"),
        _text("scope", "person, household or property", nullable=False),
        _text("theme", "one of config/themes.toml"),
        _day("start", "day of the contact", nullable=False),
        Column("start_second", pa.int32(), "seconds after midnight, null if no time is known", True, "second"),
        _day("end", "last day"),
        _day("completed", "day on which an assessment was completed"),
        _day("due", "day on which a statutory review is due"),
        _text("channel", "office, home, phone, online, letter"),
        _text("site", "place of the contact, as the agency names it"),
        _text("area", "area of the contact"),
        _id("worker_key", "keyed id of the worker", True),
        _id("joint_id", "shared by the records of one joint act", True),
        _text("referral_to", "agency code that the client is referred to"),
        _text("outcome", "completed, did_not_attend, cancelled, incomplete, closed, no_further_action, or as given"),
        Column("statutory", FLAG, "required by law"),
        _text("kind", "first, review, change or appeal"),
        Column("barred", FLAG, "under a legal bar to sharing"),
        Column("planned_return", FLAG, "a return agreed beforehand"),
        _text("cost_key", "key of config/costs.toml"),
        Column("precedence", pa.int16(), "declared order of the type within a day"),
        Column("source_row", WHOLE, "row number in the extract", unit="row"),
    ),
    key=(CONTACT_ID,),
    order=(CONTACT_ID,),
    seen_by=(AGENCY_ROLE, ANALYSIS_ROLE),
)

PEOPLE = Shape(
    "PEOPLE",
    "client record",
    (
        _id(ROW_ID, "keyed id of the client record"),
        _text("age_band", "five years, such as 25-29; by quarter under five"),
        _text("sex", "F or M"),
        _text("area", "small area or ward of residence"),
        _day("exit_date", "day of death or leaving"),
        _text("exit_reason", "died, left or custody"),
        _day("record_date", "day on which the record was last confirmed"),
    ),
    key=(ROW_ID,),
    order=(ROW_ID,),
    seen_by=(AGENCY_ROLE, ANALYSIS_ROLE),
)

PLAN = Shape(
    "PLAN",
    "blocking rule",
    (
        _text("rule", "columns that must agree", nullable=False),
        Column(
            "pairs", WHOLE, "candidate pairs that this rule makes and no earlier rule does not exclude", unit="pair"
        ),
        Column("largest_block", WHOLE, "records in the largest block", unit="record"),
        Column("largest_share", REAL, "share of the rule's pairs made by its largest block"),
        Column("capped", FLAG, "blocks over the cap were left out"),
        Column("pairs_left_out", WHOLE, "pairs in the blocks left out", unit="pair"),
    ),
    seen_by=(LINKAGE_ROLE, ANALYSIS_ROLE),
)

LINKS = Shape(
    "LINKS",
    "kept pair",
    (
        _id(ROW_ID_L, "the smaller id"),
        _id(ROW_ID_R, "the larger id"),
        Column("pattern", WHOLE, "agreement pattern: mixed-radix number of the levels"),
        Column("weight", WHOLE, "match weight, prior inside", unit="2^-24 bit"),
        Column("probability", REAL, "match probability"),
        Column("against", REAL, "comparisons that speak against one person, added up", unit="bit"),
    ),
    key=(ROW_ID_L, ROW_ID_R),
    order=(ROW_ID_L, ROW_ID_R),
    seen_by=(LINKAGE_ROLE,),
)

PERSONS = Shape(
    "PERSONS",
    "client record",
    (
        _id(ROW_ID, "keyed id of the client record"),
        _id(PERSON_ID, "keyed id of the person in this project"),
        Column("linked_exactly", FLAG, "every link of the person rests on an identifier or the agency's own key"),
        Column("min_link_probability", REAL, "weakest link that holds this record to its person; 1 if alone"),
    ),
    key=(ROW_ID,),
    order=(ROW_ID,),
    seen_by=(LINKAGE_ROLE, ANALYSIS_ROLE),
)

HOUSEHOLDS = Shape(
    "HOUSEHOLDS",
    "membership interval of a person in a household",
    (
        _id(HOUSEHOLD_ID, "keyed id"),
        _id(DWELLING_ID, "the dwelling, keyed again by the linkage unit"),
        _id(PERSON_ID, "keyed id"),
        _day("from_date", "first day"),
        _day("to_date", "day after the last, null if open"),
    ),
    order=(HOUSEHOLD_ID, PERSON_ID, "from_date"),
    seen_by=(LINKAGE_ROLE, ANALYSIS_ROLE),
)

FAMILIES = Shape(
    "FAMILIES",
    "membership interval of a person in a family",
    (
        _id(FAMILY_ID, "keyed id"),
        _id(PERSON_ID, "keyed id"),
        Column("is_main", FLAG, "the family in which the person spends most days"),
        _day("from_date", "first day, null if unknown"),
        _day("to_date", "day after the last, null if open"),
        _text("basis", "agency_family, relation or dwelling: what the membership rests on", nullable=False),
    ),
    order=(FAMILY_ID, PERSON_ID, "from_date"),
    seen_by=(LINKAGE_ROLE, ANALYSIS_ROLE),
)

PARTITIONS = Shape(
    "PARTITIONS",
    "group of persons that one alternative partition changes",
    (
        _text(
            "partition_id", "draw r, threshold t, bridge k; linked = as linkage made them, every group", nullable=False
        ),
        Column("group", WHOLE, "persons that change together"),
        Column("alternative", WHOLE, "how the group is under this alternative: see ALTERNATIVES"),
    ),
    key=("partition_id", "group"),
    order=("partition_id", "group"),
    seen_by=(LINKAGE_ROLE, ANALYSIS_ROLE),
)

ALTERNATIVES = Shape(
    "ALTERNATIVES",
    "client record of a group under one alternative of it",
    (
        Column("alternative", WHOLE, "number of the alternative"),
        _id(ROW_ID, "keyed id of the client record"),
        _id(PERSON_ID, "person under this alternative"),
    ),
    key=("alternative", ROW_ID),
    order=("alternative", ROW_ID),
    seen_by=(LINKAGE_ROLE, ANALYSIS_ROLE),
)

ALTERNATIVE_HOUSEHOLDS = Shape(
    "ALTERNATIVE_HOUSEHOLDS",
    "membership interval in a household under one alternative; household_id is of that alternative alone",
    (Column("alternative", WHOLE, "number of the alternative"), *HOUSEHOLDS.columns),
    order=("alternative", *HOUSEHOLDS.order),
    seen_by=(LINKAGE_ROLE, ANALYSIS_ROLE),
)

ALTERNATIVE_FAMILIES = Shape(
    "ALTERNATIVE_FAMILIES",
    "membership interval in a family under one alternative; family_id is of that alternative alone",
    (Column("alternative", WHOLE, "number of the alternative"), *FAMILIES.columns),
    order=("alternative", *FAMILIES.order),
    seen_by=(LINKAGE_ROLE, ANALYSIS_ROLE),
)

BRIDGES = Shape(
    "BRIDGES",
    "person whom one link holds together: the weakest such link",
    (
        _text("partition_id", "the partition without this link", nullable=False),
        _id(PERSON_ID, "person as linkage made it"),
        Column("probability", REAL, "calibrated probability of the link"),
    ),
    key=("partition_id",),
    order=("partition_id",),
    seen_by=(LINKAGE_ROLE, ANALYSIS_ROLE),
)

JOURNEYS = Shape(
    "JOURNEYS",
    "contact in order",
    (
        _id(PERSON_ID, "keyed id"),
        _id(JOURNEY_ID, "keyed by person and first contact"),
        Column("block", pa.int32(), "number of the block in the journey, from 0"),
        Column("position", pa.int32(), "number of the contact in the journey, from 0"),
        _id(CONTACT_ID, "keyed id"),
    ),
    key=(CONTACT_ID,),
    order=(PERSON_ID, JOURNEY_ID, "position"),
    seen_by=(ANALYSIS_ROLE,),
)

FINDINGS = Shape(
    "FINDINGS",
    "finding",
    (
        _id("finding_id", "hash of kind, rule, subject and sorted contact ids: it survives a re-run"),
        _text("kind", "duplicated_assessment, concurrent_assessment, high_demand_family, bounce, ...", nullable=False),
        _text("rule_id", "section of the measures' reference that defines it", nullable=False),
        _text("subject_type", "person, household, family, property or edge", nullable=False),
        _id("subject_id", "keyed id"),
        Column("contact_ids", pa.list_(ID), "the contacts it rests on, sorted"),
        Column("agencies", pa.list_(TEXT), "agency codes, sorted"),
        _day("from_date", "first day"),
        _day("to_date", "day after the last"),
        Column("value", REAL, "the number found"),
        Column("value_low", REAL, "lower end of the interval of the number; null = not carried", True),
        Column("value_high", REAL, "upper end of it", True),
        _text("unit", "what the number counts", nullable=False),
        Column("cost_low_gbp", REAL, "capacity released, low", True, "GBP"),
        Column("cost_central_gbp", REAL, "capacity released, central", True, "GBP"),
        Column("cost_high_gbp", REAL, "capacity released, high", True, "GBP"),
        Column("min_link_probability", REAL, "weakest link it rests on"),
        _text("excluded_by", "reviewer's judgement or rule that sets it aside; null = it stands"),
        _text("config_hash", "hash of the rules used", nullable=False),
    ),
    key=("finding_id",),
    order=("kind", "finding_id"),
    seen_by=(ANALYSIS_ROLE,),
)

UNCERTAINTY = Shape(
    "UNCERTAINTY",
    "headline with the interval that linkage leaves open",
    (
        _text("headline", "its name in summary.json", nullable=False),
        _text("rule_id", "section of the measures' reference that defines it", nullable=False),
        _text("words", "what it counts", nullable=False),
        _text("unit", "people or families: who stands behind it", nullable=False),
        Column("value", REAL, "as linked"),
        Column("people", WHOLE, "people or families behind it"),
        Column("median", REAL, "of the draws"),
        Column("low", REAL, "lower end of the interval"),
        Column("high", REAL, "upper end of the interval"),
        _text("table", "table of CELLS that shows it, for the whole place; null = none does"),
        _text("row", "row of that table; '' = its total"),
    ),
    key=("headline",),
    seen_by=(ANALYSIS_ROLE,),
)

CELLS = Shape(
    "CELLS",
    "number that a page or table may show, before disclosure control",
    (
        _text("table", "which table: see docs/architecture.md, Cells", nullable=False),
        _text("chip", "all, area, agency or theme: what the slice is cut by", nullable=False),
        _text("chip_value", "which one; empty for all", nullable=False),
        _text("quarter", "such as 2024-Q1; empty for the whole window", nullable=False),
        _text("row", "first key of the table; empty for its total", nullable=False),
        _text("column", "second key of the table; empty for its total", nullable=False),
        Column("value", REAL, "the number", unit="as the table says"),
        _text("unit", "people or families: who stands behind the number", nullable=False),
        Column("people", WHOLE, "distinct people (families) behind the number"),
        Column("largest_share", REAL, "largest contribution of one person (family) to the number"),
        Column("agencies", pa.int32(), "agencies that feed the number"),
    ),
    key=("table", "chip", "chip_value", "quarter", "row", "column"),
    order=("table", "chip", "chip_value", "quarter", "row", "column"),
    seen_by=(ANALYSIS_ROLE,),
)

SPEND = Shape(
    "SPEND",
    "line of a body's spend",
    (
        _text("line", "file and code of the line", nullable=False),
        _text("parent", "the line that this one is a part of"),
        _text("name", "what the money is for, as the body says it"),
        _text("place", "code of the place it is spent for"),
        _text(AGENCY, "code of the body that spends it", nullable=False),
        _text("tier", "local, regional or national"),
        _text("control", "local, central or arms_length: who decides on it"),
        _text("year", "year of the money, such as 2008/09"),
        Column("pence", WHOLE, "the amount; null = missing, which is not 0", True, "GBP / 100"),
        Column("pence_step", WHOLE, "to what the amount was rounded", True, "GBP / 100"),
        Column("units", WHOLE, "number of units that the amount pays for", True, "1 / 1000"),
        Column("units_step", WHOLE, "to what it was rounded", True, "1 / 1000"),
        Column("unit_pence", WHOLE, "amount per unit as the body states it", True, "GBP / 100"),
        Column("unit_pence_step", WHOLE, "to what it was rounded", True, "GBP / 100"),
        _text("source", "where the body took it from"),
        _text("file", "file name without folder", nullable=False),
        Column("source_row", WHOLE, "row number in the file, header = row 1", unit="row"),
    ),
    key=("line",),
    order=("line",),
    seen_by=(ANALYSIS_ROLE, RECIPIENT_ROLE),
)

SPEND_SHARES = Shape(
    "SPEND_SHARES",
    "line of spend and theme",
    (
        _text("line", "as in SPEND", nullable=False),
        _text("theme", "code of the theme", nullable=False),
        Column("weight", WHOLE, "part of the line that serves the theme", unit="1 / 10000"),
    ),
    key=("line", "theme"),
    order=("line", "theme"),
    seen_by=(ANALYSIS_ROLE, RECIPIENT_ROLE),
)

REDESIGN = Shape(
    "REDESIGN",
    "number of a redesign that was run on history",
    (
        _text("scenario", "key of the scenario: the name of its file", nullable=False),
        _text("level", "low, central or high: how far people and agencies follow it", nullable=False),
        Column("step", pa.int32(), "number of the operation, from 1; 0 = the whole scenario"),
        _text("by", "place, agency or area: what `key` is", nullable=False),
        _text("key", "which agency or area; empty for the place", nullable=False),
        _text("measure", "its name", nullable=False),
        _text("rule_id", "section of the measures' reference that defines it", nullable=False),
        _text("words", "what it counts", nullable=False),
        _text("unit", "people or families: who stands behind it", nullable=False),
        Column("before", REAL, "the number as it was", unit="as the words say"),
        Column("after", REAL, "the same measure on the changed history", unit="as the words say"),
        Column("less", REAL, "what those lose of it who have less of it afterwards"),
        Column("more", REAL, "what those gain of it who have more of it afterwards"),
        Column("people_before", WHOLE, "people (families) behind the number before"),
        Column("people_less", WHOLE, "people (families) who have less of it"),
        Column("people_more", WHOLE, "people (families) who have more of it"),
        Column("share_less", REAL, "largest contribution of one person (family) to `less`"),
        Column("share_more", REAL, "largest contribution of one person (family) to `more`"),
        Column("change_low", REAL, "after less before: lower end under uncertain links; null = not carried", True),
        Column("change_high", REAL, "after less before: upper end of it", True),
        _text("table", "table of CELLS that shows the number before; null = none does"),
        _text("row", "row of that table; '' = its total"),
    ),
    key=("scenario", "level", "step", "by", "key", "measure"),
    order=("scenario", "level", "step", "by", "key", "measure"),
    seen_by=(ANALYSIS_ROLE,),
)

SHAPES = {
    shape.name: shape
    for shape in (
        REFUSED, CLIENTS, TOKENS, RESIDENCES, RELATIONS, CONTACTS, PEOPLE, PLAN, LINKS, PERSONS,
        HOUSEHOLDS, FAMILIES, PARTITIONS, ALTERNATIVES, ALTERNATIVE_HOUSEHOLDS, ALTERNATIVE_FAMILIES, BRIDGES,
        JOURNEYS, FINDINGS, UNCERTAINTY, CELLS, SPEND, SPEND_SHARES, REDESIGN,
    )
}  # fmt: skip


@dataclass(frozen=True)
class EventLog:
    """Any log of events, coded in integers: entry i of each array is event i, in no particular order.

    Args:
        case: integers, one number for each case; whose number is which does not matter.
        activity: int32, place of the activity's name in `activities`.
        activities: names of activities, sorted.
        time: int64, ticks since 1970 (or since anything, if the source has plain numbers).
        ticks_per_second: what a tick is.
        order: int64, place among events of one case and time; None = the source has none.
    """

    case: np.ndarray
    activity: np.ndarray
    activities: tuple[str, ...]
    time: np.ndarray
    ticks_per_second: int
    order: np.ndarray | None = None


class Handle(Protocol):
    """A table that an engine holds: a stage passes it on without looking inside."""

    @property
    def columns(self) -> list[str]:
        """Return the column names, in order."""

    @property
    def rows(self) -> int:
        """Return the number of rows."""


Kernel = Callable[[pa.Table], pa.Table]
Slice = TypeVar("Slice")
Result = TypeVar("Result")
Other = TypeVar("Other")


class Engine(Protocol):
    """Where the work runs. Four verbs carry it; four more open and close its doors.

    Every verb is deterministic: the same inputs give the same rows in the same order, whatever the threads.
    """

    workers: int

    def sql(self, text: str, **tables: Handle) -> Handle:
        """Run one SQL text in the subset that DuckDB and Spark share; say ORDER BY where order matters.

        Raises:
            EngineError: the text failed. The engine's own message is dropped: it may quote a value.
        """

    def map_partitions(self, kernel: Kernel, table: Handle, by: str, order: Sequence[str]) -> Handle:
        """Run a pure kernel over pieces of the table and join what it returns.

        Each piece holds whole partitions of `by`, sorted by (`by`, *`order`); pieces come back in order of `by`.
        Texts of a file may come as codes (dictionary columns).
        """

    def map_slices(self, kernel: Callable[[Slice], Result], slices: Iterable[Slice]) -> list[Result]:
        """Run a kernel over slices of pair work on all workers; results in order of the slices.

        The kernel releases the interpreter lock, and closes over shared read-only arrays.
        """

    def at_once(self, one: Callable[[], Result], other: Callable[[], Other]) -> tuple[Result, Other]:
        """Do two things that do not need one another, side by side where there are two workers."""

    def hold(self, table: pa.Table) -> Handle:
        """Take a table in from memory."""

    def fetch(self, handle: Handle, columns: Sequence[str] | None = None) -> pa.Table:
        """Bring a table, or some of its columns, into memory as one Arrow table."""

    def load(self, path: str) -> Handle:
        """Open a Parquet file."""

    def save(self, handle: Handle, path: str, about: Mapping[str, str] | None = None) -> None:
        """Write a table as one Parquet file; equal tables give equal bytes. `about` becomes the file's metadata."""


@dataclass(frozen=True)
class Note:
    """One line that a stage has to say to the user: never a personal value.

    Args:
        code: stable name, such as `unmapped_types`.
        text: one sentence.
        counts: the numbers in it, for machines.
    """

    code: str
    text: str
    counts: dict[str, Any] = field(default_factory=dict)
