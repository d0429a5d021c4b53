"""A first agency file from an extract's headers and the shapes of its values: `totalplace init --from FILE`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from totalplace.config.agency import ExtractRules
from totalplace.config.column_names import NO_HEADER, are_column_names, columns_told
from totalplace.config.intake import IntakeRules
from totalplace.config.load import load_rules
from totalplace.errors import InputError, listed
from totalplace.intake import identifiers, places
from totalplace.intake.bind import bind
from totalplace.intake.cells import CONTROL
from totalplace.intake.dates import date_reader
from totalplace.intake.distinct import Coded
from totalplace.intake.extract import read_file
from totalplace.intake.guess_words import word_sections
from totalplace.intake.raw import RawFile

FORMS = (
    "%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d", "%d %b %Y", "%d-%b-%Y", "%d %B %Y",
    "%d/%m/%y", "%d-%b-%y", "%Y/%m/%d", "%m-%d-%Y", "%d%m%Y", "%m%d%Y", "%m/%d/%y",
)  # fmt: skip
LONGEST_HEADER = 1 << 20
LOOKED_AT, ENOUGH, MANY_TYPES, LONGEST_TYPE, RARE_ROWS = 2000, 0.8, 60, 60, 3
FEW_DATES, FEW_SHARE = 5, 0.02  # of a column's values: what is less are slips, not a way of writing
MARK = "# guessed: check"


@dataclass(frozen=True)
class _Guess:
    """What was guessed of one extract: its lines, how many contacts are of each type, and what is odd about it."""

    lines: list[str]
    types: Mapping[str, int]
    notes: list[str]


@dataclass(frozen=True)
class GuessedAgency:
    """The text of an agency's file, and what is odd about its extracts, a sentence each without any value."""

    text: str
    notes: tuple[str, ...]


def agency_code(path: Path) -> str:
    """Return the agency that a file's name speaks of: "housing" for housing_clients_2024.csv.

    Words that say what an extract holds, and numbers, are left out, unless nothing else is there.
    """
    words = [word for word in re.split(r"[^a-z]+", path.stem.lower()) if word]
    named = [word for word in words if word not in load_rules()[0].intake.headers.extract_words]
    return "_".join(named or words) or "agency"


def guess_agency(code: str, paths: Sequence[Path]) -> GuessedAgency:
    """Return an agency file for its extracts, each guess marked `# guessed: check`.

    Args:
        code: the agency's.
        paths: its extracts.

    Raises:
        InputError: a file cannot be read, or its first row is no header.
    """
    rules = load_rules()[0].intake
    guesses = [_guess_extract(path, rules) for path in paths]
    types: Counter[str] = Counter()
    for guess in guesses:
        types.update(guess.types)
    lines = [line for guess in guesses for line in guess.lines]
    text = "\n".join([*_head(code, paths), *lines, *_types(types)]) + "\n"
    return GuessedAgency(text, tuple(note for guess in guesses for note in guess.notes))


def _guess_extract(path: Path, rules: IntakeRules) -> _Guess:
    raw = read_file(path, ExtractRules(file=path.name), rules)
    names = raw.table.column_names
    if not are_column_names(names):
        raise InputError("TP405", f"{path.name}, row 1", "is no header", NO_HEADER)
    twice = [name for name in names if name.partition(" (again ")[0] in raw.repeated]
    columns = {name: bind(raw.table, {"c": name}, Counter())["c"] for name in names if name not in twice}
    found = _found(columns, rules)
    days = [columns[name] for ours, sources in found.items() if _is_day(ours) for name in sources]
    words = word_sections(found, columns, rules, MARK)
    lines = [*_file(path, raw.encoding, raw.delimiter, date_forms(days)), *_body(found, list(columns)), *words]
    return _Guess([*lines, *_twice_lines(raw)], _type_counts(found, columns), _notes(path, raw, bool(found)))


def _twice_lines(raw: RawFile) -> list[str]:
    named = ", ".join(json.dumps(name, ensure_ascii=False) for name in raw.repeated)
    return ["", f"# Columns that stand more than once, so that no rule can name one of them: {named}"] if named else []


def _notes(path: Path, raw: RawFile, found: bool) -> list[str]:
    """Return what somebody must know who goes through the guesses."""
    names = raw.table.column_names
    notes = []
    if raw.repeated:
        told = listed(columns_told(raw.repeated, names))
        notes.append(f"{path.name}: more than one column is called {told}: none is used; ask for names that differ")
    if raw.encoding and _has_controls(path, raw.encoding):
        notes.append(f"{path.name}: names of columns hold control characters; each is read as a blank")
    if not found:
        what = f"none of its {len(names):,} columns was recognised"
        notes.append(f"{path.name}: {what}: say under [extract.client] or [extract.contact] which is what")
    return notes


def _has_controls(path: Path, encoding: str) -> bool:
    """Tell whether the first line of a text holds characters that are no part of a name."""
    with path.open(encoding=encoding, errors="replace") as file:
        return CONTROL.search(file.readline(LONGEST_HEADER).strip("\ufeff\r\n").replace("\t", "")) is not None


def header_words(name: str) -> str:
    """Return a header in lower case with its words parted: "TenantRef" and "TENANT_REF" are "tenant ref".

    A number at the end of a word is a word: "FORENAME1" is "forename 1".
    """
    parted = re.sub(r"([a-z])([A-Z])|([A-Z]+)([A-Z][a-z])", r"\1\3 \2\4", name)
    return " ".join(re.findall(r"[a-z]+|[0-9]+", parted.lower()))


def recognise(name: str, column: Coded, rules: IntakeRules) -> str:
    """Return what a column is likely to mean, such as `client.surname`; "" if nothing is likely."""
    words = header_words(name)
    for section, patterns in (("client", rules.headers.client), ("contact", rules.headers.contact)):
        for ours, pattern in patterns:
            if re.fullmatch(pattern, words):
                return f"{section}.{ours}"
    return _by_shape(column, rules)


def _by_shape(column: Coded, rules: IntakeRules) -> str:
    """Recognise columns by their values: numbers with a check digit, postcodes, e-mail addresses."""
    values = column.values[:LOOKED_AT]
    readers = {
        "client.id_nhs": identifiers.nhs_number(rules.identifiers, True),
        "client.id_nino": identifiers.nino(rules.identifiers, True),
        "client.postcode": places.postcode(rules.places, True),
        "client.email": identifiers.email(rules.identifiers),
    }
    for ours, read in readers.items():
        if len(values) >= 3 and sum(read(value) is not None for value in values) >= ENOUGH * len(values):
            return ours
    return ""


def date_forms(columns: list[Coded]) -> list[str]:
    """Return the date forms that read each column, day before month where both do; ISO if there is nothing.

    Where several people typed a column in their own ways, further forms are added for what the first does not read, as
    long as each reads enough: but never one that swaps the day and the month of another.
    """
    chosen: list[str] = []
    for column in columns:
        values = column.values[:LOOKED_AT]
        enough = 1
        while len(values) >= enough:
            best = max(FORMS, key=lambda form: (_readable(values, form), -FORMS.index(form)))
            if _readable(values, best) < enough:
                break
            if not any(_order(best) and _order(best) == _order(form)[::-1] for form in chosen):
                chosen += [best] if best not in chosen else []
            values = [value for value in values if not _readable([value], best)]
            enough = max(FEW_DATES, round(FEW_SHARE * min(len(column.values), LOOKED_AT)))
    return chosen or ["%Y-%m-%d"]


def _order(form: str) -> str:
    """Return the day and the month as a form that could be mistaken has them, "dm" or "md"; "" where none can be."""
    return "".join(re.findall(r"%([dm])", form)) if "%m" in form and not form.startswith("%Y") else ""


def _readable(values: Sequence[str], form: str) -> int:
    read = date_reader(form, 30)
    return sum(moment is not None and 1880 < moment[0].year < 2100 for moment in map(read, values))


def _is_dates(column: Coded) -> bool:
    values = column.values[:LOOKED_AT]
    return len(values) > 0 and max(_readable(values, form) for form in FORMS) >= ENOUGH * len(values)


def _is_day(ours: str) -> bool:
    return ours.endswith(("_date", ".start", ".end", ".completed", ".due", "valid_from", "valid_to"))


def _found(columns: dict[str, Coded], rules: IntakeRules) -> dict[str, list[str]]:
    """Return our names with their source columns; the first column wins, address lines are joined."""
    found: dict[str, list[str]] = {}
    for name, column in columns.items():
        if re.fullmatch(r"(home |current |client )?addr(ess)?( line)? ?\d", header_words(name)):
            found.setdefault("client.address", []).append(name)
            continue
        ours = recognise(name, column, rules)
        if ours and ours not in found:
            found[ours] = [name]
    if "contact.type" in found and "contact.start" not in found:
        used = {name for sources in found.values() for name in sources}
        days = [name for name, column in columns.items() if name not in used and _is_dates(column)]
        found.update({"contact.start": days[:1]} if days else {})
    # The one number of a file of contacts without people is the contact's client, not a client record.
    people = any(ours.startswith("client.") and ours != "client.key" for ours in found)
    if "contact.start" in found and "client.key" in found and not people:
        found["contact.client"] = found.pop("client.key")
    return found


def _head(code: str, paths: Sequence[Path]) -> list[str]:
    files = ", ".join(path.name for path in paths)
    return [
        f"# A first guess from {files}. Go through every line; the manual is docs/how-to/own-extracts.md.",
        "[agency]",
        f"code = {json.dumps(code)}  {MARK}: lower case, used in every table",
        f"name = {json.dumps(code.replace('_', ' ').capitalize())}  {MARK}",
        f'tier = "local"  {MARK}: local, regional or national',
    ]


def _file(path: Path, encoding: str, delimiter: str, forms: list[str]) -> list[str]:
    read_as = f"read as {encoding}, delimiter {json.dumps(delimiter)}" if encoding else "read by its own types"
    return [
        "",
        "[[extract]]",
        f"# {read_as}; * and ? in a file's name stand for what changes from extract to extract",
        f"file = {json.dumps(path.name, ensure_ascii=False)}",
        f"date_format = {json.dumps(forms[0] if len(forms) == 1 else forms)}  {MARK}: day or month first?",
    ]


def _body(found: dict[str, list[str]], names: list[str]) -> list[str]:
    lines = []
    for section in ("client", "contact"):
        mine = {ours.partition(".")[2]: sources for ours, sources in found.items() if ours.startswith(f"{section}.")}
        if section == "contact" and not {"type", "start"} <= set(mine):
            lines += [
                "",
                "# No contacts were recognised: a contact needs at least type and start.",
                "# [extract.contact]",
            ]
            lines += [f"# {ours} = {_source(sources)}  {MARK}" for ours, sources in mine.items()]
        elif mine:
            lines += ["", f"[extract.{section}]  # our name = their column"]
            lines += [f"{ours} = {_source(sources)}  {MARK}" for ours, sources in mine.items()]
    used = {name for sources in found.values() for name in sources}
    unused = [json.dumps(name, ensure_ascii=False) for name in names if name not in used]
    return [*lines, *(["", f"# Columns not used: {', '.join(unused)}"] if unused else [])]


def _source(sources: list[str]) -> str:
    return json.dumps(sources[0] if len(sources) == 1 else sources, ensure_ascii=False)


def _type_counts(found: dict[str, list[str]], columns: dict[str, Coded]) -> dict[str, int]:
    if not {"contact.type", "contact.start"} <= set(found):
        return {}
    column = columns[found["contact.type"][0]]
    counts = Counter(column.codes[column.present].tolist())
    return {column.values[code]: rows for code, rows in counts.items()}


def _types(counts: Mapping[str, int]) -> list[str]:
    """Return the [types] section, each type to be mapped by a person; only words that many contacts share."""
    if not counts:
        return []
    shared = sorted(word for word, rows in counts.items() if rows >= RARE_ROWS and len(word) <= LONGEST_TYPE)
    lines = ["", "[types]  # their word = what it means; until a type has a class it counts as no intervention"]
    if len(counts) > MANY_TYPES:
        return [*lines, f"# The column holds {len(counts)} different words; is it the right one?"]
    return [
        *lines,
        *(f'# {json.dumps(word, ensure_ascii=False)} = {{ class = "intervention" }}  {MARK}' for word in shared),
    ]
