"""The words for contacts that an agency's extracts hold, read before any stage runs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from totalplace.config.agency import AgencyRules
from totalplace.config.intake import IntakeRules
from totalplace.intake.bind import bind, check_bindings, check_columns
from totalplace.intake.extract import find_files, read_file
from totalplace.intake.standardise import mapped, spelling_of


def type_words(agency: AgencyRules, folder: Path, rules: IntakeRules, synthetic: bool) -> set[str]:
    """Return the types of contacts as CONTACTS will hold them, those of refused rows too.

    Args:
        agency: its rules.
        folder: of the extracts.
        rules: `[intake]`.
        synthetic: whether the project is.

    Raises:
        InputError: an extract cannot be read or lacks a column.
    """
    words: set[str] = set()
    for extract in agency.extract:
        if not extract.contact:
            continue
        spelling = spelling_of(extract, rules, synthetic)
        for path in find_files(folder, extract.file):
            raw = read_file(path, extract, rules)
            check_bindings(extract)
            check_columns(raw, extract)
            column = bind(raw.table, {"type": extract.contact["type"]}, Counter())["type"]
            words.update(mapped(column, spelling, "type").values)
    return words
