"""Inside the agency: extracts in; who and what split apart; names become tokens."""

from typing import TYPE_CHECKING

from totalplace.late import open_late

if TYPE_CHECKING:
    from totalplace.intake.any_table import missing_columns, read_table
    from totalplace.intake.bind import check_bindings
    from totalplace.intake.extract import find_files, refuse_no_file
    from totalplace.intake.gather import FileCount
    from totalplace.intake.guess import agency_code, guess_agency
    from totalplace.intake.keys import (
        DEMO_KEY,
        joint_key,
        key_id,
        linkage_secret,
        new_key,
        project_key,
        read_key,
        retire_key,
        row_key,
        write_key,
    )
    from totalplace.intake.profile import ExtractProfile, profile_extract
    from totalplace.intake.protect import Protected, clear_records, protect
    from totalplace.intake.schema import TokenSchema, load_schema
    from totalplace.intake.spend import Spend, read_spend
    from totalplace.intake.take import Intake, take_in
    from totalplace.intake.types_there import type_words

__all__ = [
    "DEMO_KEY",
    "ExtractProfile",
    "FileCount",
    "Intake",
    "Protected",
    "Spend",
    "TokenSchema",
    "agency_code",
    "check_bindings",
    "clear_records",
    "find_files",
    "guess_agency",
    "joint_key",
    "key_id",
    "linkage_secret",
    "load_schema",
    "missing_columns",
    "new_key",
    "profile_extract",
    "project_key",
    "protect",
    "read_key",
    "read_spend",
    "read_table",
    "refuse_no_file",
    "retire_key",
    "row_key",
    "take_in",
    "type_words",
    "write_key",
]

open_late(
    __name__,
    {
        "DEMO_KEY": "keys",
        "ExtractProfile": "profile",
        "FileCount": "gather",
        "Intake": "take",
        "Protected": "protect",
        "Spend": "spend",
        "TokenSchema": "schema",
        "agency_code": "guess",
        "check_bindings": "bind",
        "clear_records": "protect",
        "find_files": "extract",
        "guess_agency": "guess",
        "joint_key": "keys",
        "key_id": "keys",
        "linkage_secret": "keys",
        "load_schema": "schema",
        "missing_columns": "any_table",
        "new_key": "keys",
        "profile_extract": "profile",
        "project_key": "keys",
        "protect": "protect",
        "read_key": "keys",
        "read_spend": "spend",
        "read_table": "any_table",
        "refuse_no_file": "extract",
        "retire_key": "keys",
        "row_key": "keys",
        "take_in": "take",
        "type_words": "types_there",
        "write_key": "keys",
    },
)
