"""One spelling: what agencies write in many ways becomes one value, or null if it says nothing.

Every rule works on distinct values. Issues are counted in rows by (our name, reason); no value is kept with them.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from totalplace.config.agency import ExtractRules
from totalplace.config.intake import IntakeRules
from totalplace.intake import identifiers, names, places
from totalplace.intake.bind import Columns
from totalplace.intake.dates import Moment, date_reader, read_clock
from totalplace.intake.distinct import Coded, changed, first_of, joined, refined

Issues = Counter[tuple[str, str]]
YES, NO = frozenset({"Y", "YES", "TRUE", "1", "T"}), frozenset({"N", "NO", "FALSE", "0", "F"})
KINDS = frozenset({"first", "review", "change", "appeal"})
PLACEHOLDER, BAD_DATE, DEFAULT_DATE = "placeholder", "not a date", "default date"


@dataclass(frozen=True)
class Spelling:
    """What standardising one extract needs: rules, date reader, value maps."""

    rules: IntakeRules
    synthetic: bool
    read_date: Callable[[str], Moment | None]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def spelling_of(extract: ExtractRules, rules: IntakeRules, synthetic: bool) -> Spelling:
    """Return the spelling of an extract.

    Raises:
        ConfigError: a date form cannot be read.
    """
    reader = date_reader(extract.date_format, rules.dates.two_digit_pivot_year)
    return Spelling(rules, synthetic, reader, extract.values)


def standardise_clients(columns: Columns, spelling: Spelling, issues: Issues) -> Columns:
    """Return the columns of CLIENTS, and area, exit_date and exit_reason, that the given columns can fill."""
    given = {name: mapped(column, spelling, name) for name, column in columns.items() if name != "key"}
    return {
        **_names(given, spelling, issues),
        **_addresses(given, spelling, issues),
        **_identifiers(given, spelling, issues),
        **_client_days(given, spelling, issues),
        **_client_codes(given, spelling, issues),
    }


def standardise_contacts(columns: Columns, spelling: Spelling, issues: Issues) -> Columns:
    """Return the standardised columns of contacts: type, start, start_second and whatever else is given."""
    given = {name: mapped(column, spelling, name) for name, column in columns.items()}
    days = {name: given[name] for name in ("end", "completed", "due") if name in given}
    texts = ("key", "client", "type", "site", "area", "worker", "joint", "cost_key")
    return {
        **{name: given[name] for name in texts if name in given},
        **{name: changed(given[name], str.lower) for name in ("referral_to", "channel", "outcome") if name in given},
        **{name: _day(column, name, spelling, issues) for name, column in days.items()},
        **{name: _flag(given[name], name, issues) for name in ("statutory", "planned_return") if name in given},
        **({"kind": changed(given["kind"], _kind)} if "kind" in given else {}),
        **_start(given, spelling, issues),
    }


def standardise_relations(columns: Columns, spelling: Spelling) -> Columns:
    """Return client_a, client_b and relation."""
    given = {name: mapped(column, spelling, name) for name, column in columns.items()}
    return {**given, "relation": changed(given["relation"], str.lower)}


def mapped(column: Coded, spelling: Spelling, name: str) -> Coded:
    """Apply `[extract.values.<name>]`; a code that is not listed stays as it is."""
    table = spelling.values.get(name)
    if not table:
        return column
    folded = {code.strip().casefold(): ours for code, ours in table.items()}
    return changed(column, lambda text: table.get(text, folded.get(text.casefold(), text)) or None)


def _refine(column: Coded, name: str, steps: list[tuple[str, Callable[[Any], Any]]], issues: Issues) -> Coded:
    found: Counter[str] = Counter()
    column = refined(column, steps, found)
    issues.update({(name, reason): rows for reason, rows in found.items() if rows})
    return column


# -- names


def _names(given: Columns, spelling: Spelling, issues: Issues) -> Columns:
    rules = spelling.rules.names
    steps = [(PLACEHOLDER, names.name_placeholder(rules)), ("not in Latin letters", names.name_spelling(rules))]
    source = _with_full_name(given, spelling)
    fields = ("first_name", "middle_names", "surname", "former_surname")
    out = {name: _refine(source[name], name, steps, issues) for name in fields if name in source}
    if "first_name" in out and rules.split_first_names:
        later = changed(out["first_name"], names.later_words)
        out["middle_names"] = joined([later, out["middle_names"]], _both) if "middle_names" in out else later
        out["first_name"] = changed(out["first_name"], names.first_word)
    return out


def _with_full_name(given: Columns, spelling: Spelling) -> Columns:
    """Fill given names and surname from a full name where they are missing."""
    if "full_name" not in given:
        return given
    rules = spelling.rules.names
    whole = changed(given["full_name"], names.name_placeholder(rules))
    cut = changed(whole, names.split_full_name(rules))
    parts = {
        "first_name": changed(cut, lambda two: two[0] or None),
        "surname": changed(cut, lambda two: two[1] or None),
    }
    return {**given, **{name: first_of(*filter(None, (given.get(name), part))) for name, part in parts.items()}}


def _both(later: str | None, middle: str | None) -> str | None:
    """Join what followed the first name and the middle names, unless the second repeats the first."""
    if later and middle and (middle == later or middle.startswith(f"{later} ")):
        return middle
    return " ".join(filter(None, (later, middle))) or None


# -- places


def _addresses(given: Columns, spelling: Spelling, issues: Issues) -> Columns:
    rules = spelling.rules.places
    empty = (PLACEHOLDER, places.place_placeholder(rules))
    out: Columns = {}
    steps: dict[str, tuple[str, Callable[[str], Any]]] = {
        "house_number": ("", places.house_number), "flat": ("", places.flat(rules)), "street": ("", lambda text: text),
        "town": ("", places.plain_words), "postcode": ("not a postcode", places.postcode(rules, spelling.synthetic)),
        "uprn": ("not a UPRN", identifiers.uprn(spelling.rules.identifiers)),
    }  # fmt: skip
    for name, step in steps.items():
        if name in given:
            out[name] = _refine(given[name], name, [empty, step], issues)
    return _with_whole_address(_with_number_from_street(out, rules), given, spelling, issues)


def _with_number_from_street(out: Columns, rules: Any) -> Columns:
    if "street" not in out:
        return out
    number, read = changed(out["street"], places.number_in_street), places.street(rules)
    has_number = out.get("house_number")
    bare = changed(changed(out["street"], places.street_without_number), read)
    if has_number is None:
        return {**out, "house_number": number, "street": bare}
    same = joined([has_number, out["street"]], lambda n, s: read(_bare_street(n, s)) if s else None)
    return {**out, "house_number": first_of(has_number, number), "street": same}


def _bare_street(number: str | None, street: str) -> str:
    """Drop a number before the street if it is the house number or there is none; "1 2 HIGH ST" may mean more."""
    found = places.number_in_street(street)
    return places.street_without_number(street) or street if found and number in (None, found) else street


def _with_whole_address(out: Columns, given: Columns, spelling: Spelling, issues: Issues) -> Columns:
    if "address" not in given:
        return out
    rules = spelling.rules.places
    text = _refine(given["address"], "address", [(PLACEHOLDER, places.place_placeholder(rules))], issues)
    parts = changed(text, places.address_reader(rules, spelling.synthetic))
    found = {name: changed(parts, attrgetter(name)) for name in ("flat", "house_number", "street", "town", "postcode")}
    return {**out, **{name: first_of(*filter(None, (out.get(name), part))) for name, part in found.items()}}


# -- numbers


def _identifiers(given: Columns, spelling: Spelling, issues: Issues) -> Columns:
    rules = spelling.rules.identifiers
    filler = (PLACEHOLDER, identifiers.identifier_placeholder(rules))
    readers: dict[str, tuple[str, Callable[[str], str | None]]] = {
        "id_nhs": ("not an NHS number", identifiers.nhs_number(rules, spelling.synthetic)),
        "id_nino": ("not a NINO", identifiers.nino(rules, spelling.synthetic)),
        "id_ssn": ("not an SSN", identifiers.ssn),
        "phone": ("not a phone number", identifiers.phone(rules)),
    }
    others = {name: ("", identifiers.other_identifier) for name in given if name.startswith("id_")}
    out = {}
    for name, step in {**others, **readers}.items():
        if name in given:
            out[name] = _refine(given[name], name, [filler, step], issues)
    if "email" in given:
        out["email"] = _refine(given["email"], "email", [("not an e-mail address", identifiers.email(rules))], issues)
    return out


# -- days and codes


def _client_days(given: Columns, spelling: Spelling, issues: Issues) -> Columns:
    out: Columns = {}
    for name in ("valid_from", "valid_to", "record_date", "exit_date"):
        if name in given:
            out[name] = _day(given[name], name, spelling, issues)
    parts = [given.get(f"birth_{part}") for part in ("year", "month", "day")]
    if "birth_date" in given:
        out["birth_date"] = _birth(given["birth_date"], spelling, issues)
    elif all(parts):
        whole = joined([part for part in parts if part], lambda *p: "-".join(p) if all(p) else None)
        iso = date_reader(["%Y-%m-%d", "%Y-%b-%d"], spelling.rules.dates.two_digit_pivot_year)
        out["birth_date"] = _birth(whole, Spelling(spelling.rules, spelling.synthetic, iso), issues)
    return out


def _birth(column: Coded, spelling: Spelling, issues: Issues) -> Coded:
    least = spelling.rules.dates.min_birth_year
    steps = [*_date_steps(spelling), ("year out of range", lambda day: day if day.year >= least else None)]
    return _refine(column, "birth_date", steps, issues)


def _day(column: Coded, name: str, spelling: Spelling, issues: Issues) -> Coded:
    least = spelling.rules.dates.min_contact_year
    steps = [*_date_steps(spelling), ("year out of range", lambda day: day if day.year >= least else None)]
    return _refine(column, name, steps, issues)


def _date_steps(spelling: Spelling) -> list[tuple[str, Callable[[Any], Any]]]:
    defaults = frozenset(dt.date.fromisoformat(day) for day in spelling.rules.dates.placeholders)
    return [
        (BAD_DATE, spelling.read_date),
        (DEFAULT_DATE, lambda moment: None if moment[0] in defaults else moment[0]),
    ]


def _start(given: Columns, spelling: Spelling, issues: Issues) -> Columns:
    moments = changed(given["start"], spelling.read_date)
    clock = changed(moments, lambda moment: moment[1])
    if "start_time" in given:
        clock = first_of(changed(given["start_time"], read_clock), clock)
    return {"start": _day(given["start"], "start", spelling, issues), "start_second": clock}


def _client_codes(given: Columns, spelling: Spelling, issues: Issues) -> Columns:
    out: Columns = {name: given[name] for name in ("family", "area") if name in given}
    sexes = {word: sex for sex, words in spelling.rules.sexes.items() for word in words}
    if "sex" in given:
        steps = [("not a known code", lambda text: sexes.get(names.fold(text)))]
        out["sex"] = _refine(given["sex"], "sex", steps, issues)
    for name in ("property_class", "exit_reason"):
        if name in given:
            out[name] = changed(given[name], lambda text: "_".join(text.lower().split()))
    if "protected" in given:
        out["protected"] = _protected(given["protected"], issues)
    return out


def _protected(column: Coded, issues: Issues) -> Coded:
    """Read the flag on the safe side: a word that we do not know protects, and is counted."""
    flag = changed(column, _yes_or_no)
    unclear = int((column.present & ~flag.present).sum())
    if unclear:
        issues["protected", "an unknown word, taken as yes"] += unclear
    return changed(column, lambda text: _yes_or_no(text) is not False)


def _flag(column: Coded, name: str, issues: Issues) -> Coded:
    return _refine(column, name, [("neither yes nor no", _yes_or_no)], issues)


def _yes_or_no(text: str) -> bool | None:
    word = text.upper()
    return True if word in YES else False if word in NO else None


def _kind(text: str) -> str | None:
    return text.lower() if text.lower() in KINDS else None
