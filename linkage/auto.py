"""`--model auto`: fields and comparisons for a table that nobody has described. Training and threshold come after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa

from totalplace.config.column_names import are_column_names
from totalplace.config.linkage import LinkageRules
from totalplace.errors import InputError
from totalplace.linkage.compare import CODE_BITS, state_bits
from totalplace.linkage.model import Atom, Comparison, Field, Level, Model, fields_of
from totalplace.linkage.profile import Profile, of_meaning, profile_table
from totalplace.linkage.repeated_columns import without_repeats
from totalplace.linkage.shared_identifiers import tell_dwellings
from totalplace.linkage.token_model import token_fields_and_comparisons

KIND = {
    "first_name": "name", "middle_name": "name", "surname": "name", "former_surname": "name", "full_name": "name",
    "birth_date": "date", "sex": "category", "street_number": "text", "street_name": "text", "flat": "text",
    "locality": "text", "city": "text", "postcode": "postcode", "state": "text", "phone": "phone", "email": "email",
    "dwelling": "identifier",
}  # fmt: skip
PERSON = ("first_name", "surname", "full_name", "birth_date")


def auto_model(table: pa.Table, rules: LinkageRules) -> Model:
    """Return a model without m, u, rules or threshold: what to compare, from names and values of the columns.

    Raises:
        InputError: no column of the table can tell people apart.
    """
    profiles = without_repeats(table, profile_table(table, rules.profile), rules.profile)
    if any(p.meaning in ("token", "filter") for p in profiles):
        fields, comparisons = token_fields_and_comparisons(table, profiles)
    else:
        fields = choose_fields(tell_dwellings(table, profiles))
        comparisons = choose_comparisons(fields)
    if not comparisons:
        what = "no column that could tell records apart was found"
        raise InputError("TP462", "records", what, "Name the columns in a model file and give it with --model.")
    kept, notes = within_room(comparisons, fields, profiles)
    return Model(tuple(fields), tuple(kept), (), notes=notes)


def within_room(
    comparisons: Sequence[Comparison], fields: Sequence[Field], profiles: Sequence[Profile]
) -> tuple[list[Comparison], tuple[str, ...]]:
    """Return as many comparisons as the state of a pair has room for, in their order, and what was left out.

    Those stay whose columns tell most: entropy of the values times the share of filled rows, which is the most bits
    that agreement can be worth, as often as it can be seen.
    """
    worth = {p.column: p.filled_share * p.entropy_bits for p in profiles}
    columns = {field.name: field.columns for field in fields}
    told = [max(worth.get(c, 0.0) for f in fields_of(x.column) for c in columns[f]) for x in comparisons]
    room, kept = CODE_BITS, set()
    for k in sorted(range(len(comparisons)), key=lambda k: (-told[k], comparisons[k].name)):
        if state_bits(comparisons[k]) <= room:
            kept.add(k)
            room -= state_bits(comparisons[k])
    out = [c.name for k, c in enumerate(comparisons) if k not in kept]
    note = f"too many columns to compare at once; left out, since they tell least: {', '.join(out)}."
    return [c for k, c in enumerate(comparisons) if k in kept], (note,) if out else ()


def choose_fields(profiles: Sequence[Profile]) -> list[Field]:
    """Return the fields: columns of one meaning become one field; others keep their own names.

    Dates and numbers that are no birth date count only where the table has no person in it: with people they belong
    to an event, and two records of one person differ in them rightly.
    """
    fields = [
        Field(name, kind, of_meaning(profiles, name)) for name, kind in KIND.items() if of_meaning(profiles, name)
    ]
    parts = [of_meaning(profiles, part) for part in ("birth_year", "birth_month", "birth_day_of_month")]
    have = {f.name for f in fields}
    if all(parts) and "birth_date" not in have:
        fields.append(Field("birth_date", "date_parts", tuple(p[0] for p in parts)))
    elif parts[0] and "birth_date" not in have:
        fields.append(Field("birth_year", "text", parts[0]))
    if have & {"first_name", "surname"}:
        fields = [f for f in fields if f.name != "full_name"]
    person = bool({f.name for f in fields} & set(PERSON))
    header = are_column_names([p.column for p in profiles])
    for place, p in enumerate(profiles, start=1):
        kind = {
            "identifier": "identifier",
            "text": "text",
            "number": "number",
            "date": "date",
            "address": "address",
        }.get(p.meaning)
        if kind and (kind in ("identifier", "text", "address") or not person):
            # Notes and plans name the fields: what may be somebody's record and no header is called by its place.
            fields.append(Field(_plain(p.column) if header else f"column_{place}", kind, (p.column,)))
    return fields


def _plain(column: str) -> str:
    return "".join(c if c.isalnum() or c == "_" else "_" for c in column)


def choose_comparisons(fields: Sequence[Field]) -> list[Comparison]:
    """Return one comparison per piece of evidence; the parts of an address that belong together are one."""
    have = {f.name for f in fields}
    out = []
    for field in fields:
        if field.name == "former_surname" or (field.name in ("street_number", "flat") and "street_name" in have):
            continue
        if field.name == "dwelling" and {"street_number", "street_name"} <= have:
            continue
        if field.name == "full_name" and field.kind == "name":
            out += full_name_comparisons(field.name)
            continue
        known = field.kind in (KIND.get(field.name, "text"), "date_parts")
        make = _MAKERS[field.name] if known and field.name in _MAKERS else _BY_KIND[field.kind]
        out += [make(field.name, have)]
    return _told_apart(out)


def _told_apart(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Return the comparisons with an underscore after a name that is taken, as a column's may be."""
    out: dict[str, Comparison] = {}
    for comparison in comparisons:
        name = comparison.name
        while name in out:
            name = f"{name}_"
        out[name] = replace(comparison, name=name)
    return list(out.values())


def _level(label: str, *any_of: tuple[Atom, ...], tf: float = 0.0) -> Level:
    return Level(label, tuple(any_of), tf_share=tf)


def equal(column: str) -> tuple[Atom, ...]:
    """Return the test that both records have the same value."""
    return (Atom("exact", column, column),)


def like(operation: str, column: str, limit: float) -> tuple[Atom, ...]:
    """Return a test of one column against itself."""
    return (Atom(operation, column, column, limit),)


ELSE = Level("everything else", ())


def _first_name(name: str, have: set[str]) -> Comparison:
    crossed = [((Atom("crossed", name, "surname"),))] if name == "first_name" and "surname" in have else []
    return Comparison(name, name, (
        _level("equal", equal(name), tf=1.0),
        *([_level("first name is the other's surname", *crossed)] if crossed else []),
        _level("Jaro-Winkler 0.92", like("jaro_winkler", name, 0.92)),
        _level("Jaro-Winkler 0.80, or a beginning", like("jaro_winkler", name, 0.80), like("starts_with", name, 0)),
        ELSE,
    ))  # fmt: skip


def _surname(name: str, have: set[str]) -> Comparison:
    former = [(Atom("crossed", name, "former_surname"),), equal("former_surname")] if "former_surname" in have else []
    return Comparison(name, name, (
        _level("equal", equal(name), tf=1.0),
        *([_level("equal to a former surname", *former)] if former else []),
        _level("Jaro-Winkler 0.92", like("jaro_winkler", name, 0.92)),
        _level("Jaro-Winkler 0.80, or a beginning", like("jaro_winkler", name, 0.80), like("starts_with", name, 0)),
        ELSE,
    ))  # fmt: skip


def _middle(name: str, have: set[str]) -> Comparison:
    first = f"{name}.initial"
    return Comparison(
        name,
        first,
        (
            _level("equal beyond the initial", (*equal(f"{name}.start_3"), *equal(first))),
            _level("same initial", equal(first)),
            ELSE,
        ),
    )


def full_name_comparisons(name: str) -> list[Comparison]:
    """Return two comparisons of names written in one column: its first word, and its last.

    One comparison of the whole would take a brother for a misspelling: half of their names is the same.
    """
    words = f"{name}.sorted_words"
    return [_word_of_name(f"{name}_{part}", f"{name}.{part}", words) for part in ("first_word", "last_of_words")]


def _word_of_name(name: str, word: str, words: str) -> Comparison:
    return Comparison(name, word, (
        _level("equal", equal(word), tf=1.0),
        _level("same words in another order", equal(words)),
        _level("Jaro-Winkler 0.92", like("jaro_winkler", word, 0.92)),
        _level("Jaro-Winkler 0.80, or a beginning", like("jaro_winkler", word, 0.80), like("starts_with", word, 0)),
        ELSE,
    ))  # fmt: skip


def _birth_date(name: str, have: set[str]) -> Comparison:
    return Comparison(name, name, (
        _level("equal", equal(name), tf=1.0),
        _level("one digit, or day and month exchanged", like("date_digits", name, 1), like("date_swapped", name, 0)),
        _level("same day and month, or year and month", equal(f"{name}.month_day"), equal(f"{name}.year_month")),
        _level("two digits", like("date_digits", name, 2)),
        _level("same year", equal(f"{name}.year")),
        _level("within five years", like("date_days", name, 1826)),
        ELSE,
    ))  # fmt: skip


def _sex(name: str, have: set[str]) -> Comparison:
    return Comparison(name, f"{name}.initial", (_level("equal", equal(f"{name}.initial")), ELSE))


def _street(name: str, have: set[str]) -> Comparison:
    house = "street_number+street_name"
    if "street_number" not in have:
        return _text(name, have)
    number = equal("street_number")
    property_number = [equal("dwelling")] if "dwelling" in have else []
    return Comparison("address", name, (
        _level("same house", equal(house), *property_number),
        _level("same number, street Jaro-Winkler 0.88", (*number, *like("jaro_winkler", name, 0.88))),
        _level("same street", equal(name)),
        _level("street Jaro-Winkler 0.88", like("jaro_winkler", name, 0.88)),
        _level("same number", number),
        ELSE,
    ))  # fmt: skip


def _address_line(name: str, have: set[str]) -> Comparison:
    """Return one comparison of addresses in one line, by their parts: equal codes first, letters only of streets."""
    number, street, code, rest = (
        f"{name}.{part}" for part in ("house_number", "street", "postal_code", "after_street")
    )
    near = like("jaro_winkler", street, 0.88)
    return Comparison(f"{name}_line", name, (
        _level("equal", equal(name), (*equal(number), *equal(street), *equal(code)), tf=0.0),
        _level("same number and street, or like it, and code",
               (*equal(number), *equal(street)), (*equal(number), *near, *equal(code))),
        _level("same number and code, or like street", (*equal(number), *equal(code)), (*equal(number), *near)),
        _level("like street and same code or town", (*near, *equal(code)), (*near, *equal(rest))),
        _level("like street", near),
        _level("same code or town", equal(code), equal(rest)),
        _level("same number", equal(number)),
        ELSE,
    ))  # fmt: skip


def _dwelling(name: str, have: set[str]) -> Comparison:
    """Return a comparison without steps: the number one digit off is a neighbour's."""
    return Comparison(name, name, (_level("equal", equal(name)), ELSE))


def _postcode(name: str, have: set[str]) -> Comparison:
    return Comparison(name, name, (
        _level("equal", equal(name), tf=1.0),
        _level("one edit", like("damerau", name, 1)),
        _level("same sector", equal(f"{name}.sector")),
        _level("same district", equal(f"{name}.district")),
        ELSE,
    ))  # fmt: skip


def _email(name: str, have: set[str]) -> Comparison:
    user = f"{name}.before_at"
    return Comparison(name, name, (
        _level("equal", equal(name), tf=1.0),
        _level("same before the @", equal(user)),
        _level("Jaro-Winkler 0.88", like("jaro_winkler", name, 0.88), like("jaro_winkler", user, 0.88)),
        ELSE,
    ))  # fmt: skip


def _number_text(name: str, have: set[str]) -> Comparison:
    return Comparison(
        name, name, (_level("equal", equal(name), tf=1.0), _level("one edit", like("damerau", name, 1)), ELSE)
    )


def _identifier(name: str, have: set[str]) -> Comparison:
    return Comparison(name, name, (
        _level("equal", equal(name), tf=1.0),
        _level("one edit", like("damerau", name, 1)),
        _level("two edits", like("damerau", name, 2)),
        ELSE,
    ))  # fmt: skip


def _text(name: str, have: set[str]) -> Comparison:
    return Comparison(name, name, (
        _level("equal", equal(name), tf=1.0),
        _level("Jaro-Winkler 0.92", like("jaro_winkler", name, 0.92)),
        _level("Jaro-Winkler 0.85", like("jaro_winkler", name, 0.85)),
        ELSE,
    ))  # fmt: skip


def _number(name: str, have: set[str]) -> Comparison:
    return Comparison(name, name, (
        _level("equal", equal(name), tf=1.0),
        _level("within 1 in 100", like("number_share", name, 0.01)),
        _level("within 1 in 20", like("number_share", name, 0.05)),
        _level("within 1 in 5", like("number_share", name, 0.2)),
        ELSE,
    ))  # fmt: skip


def _date(name: str, have: set[str]) -> Comparison:
    return Comparison(name, name, (
        _level("equal", equal(name), tf=1.0),
        _level("within 3 days", like("date_days", name, 3)),
        _level("within 14 days, or one digit", like("date_days", name, 14), like("date_digits", name, 1)),
        _level("within a year", like("date_days", name, 366)),
        ELSE,
    ))  # fmt: skip


Maker = Callable[[str, set[str]], Comparison]
_MAKERS: dict[str, Maker] = {
    "first_name": _first_name, "surname": _surname, "middle_name": _middle,
    "birth_date": _birth_date, "sex": _sex, "street_name": _street, "postcode": _postcode, "email": _email,
    "birth_year": _number_text, "dwelling": _dwelling,
    "phone": _number_text, "street_number": _number_text, "flat": _number_text,
}  # fmt: skip
_BY_KIND: dict[str, Maker] = {
    "name": _text, "text": _text, "category": _text, "number": _number, "date": _date, "date_parts": _birth_date,
    "identifier": _identifier, "address": _address_line, "postcode": _postcode, "email": _email, "phone": _number_text,
}  # fmt: skip
