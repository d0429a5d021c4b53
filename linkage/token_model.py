"""Comparisons for tokens: what `t_`, `b_` and `f_` columns say by their names and by how fine they are.

A field's tokens (`t_surname`, `t_surname_soundex`, `t_surname_initial`) become one comparison: the whole value first,
then its derivations from the finest to the coarsest. Fineness is read off the data, so that any schema will do.

What restates another field is a level of its comparison, and no comparison of its own: whoever agrees in dwelling
agrees in postcode and street, and a misspelled first name is a misspelled full name. Counted apart, one agreement or
one slip would be taken for several, among matching pairs as among others.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from totalplace.linkage.model import Atom, Comparison, Field, Level
from totalplace.linkage.profile import Profile

DICE_LEVELS = (0.85, 0.70)
COARSEST = 12  # derivations of fewer distinct values, such as sex, are levels only where they stand alone
HOMES = ("dwelling", "house_number_postcode", "uprn")  # each names one home
AROUND = ("postcode", "street", "town")  # where that home stands
MOST_WITHOUT_HOME = 0.02  # of all records: who tell a postcode or a street and no home
HOME_TF_SHARE = 0.5  # a home is common where many live, but also where one person has many records
ADDRESS = "address"  # the comparison of all of these
NAMES_IN_ANY_ORDER = "full_name_sorted"


def token_fields_and_comparisons(table: pa.Table, profiles: Sequence[Profile]) -> tuple[list[Field], list[Comparison]]:
    """Return a field per encoded column, one more for the home, and a comparison per piece of evidence."""
    columns = [p.column for p in profiles if p.meaning in ("token", "filter")]
    fields = [Field(c, "filter" if c.startswith("f_") else "token", (c,)) for c in columns]
    stems = field_stems([c for c in columns if c.startswith("t_")])
    names, homes = _restated_names(stems, columns), _homes(stems, columns, table)
    around = _around(stems, homes, table)
    restated = {*(HOMES if homes else ()), *around, *([NAMES_IN_ANY_ORDER] if names else ())}
    comparisons = [
        _comparison(stem, tokens, columns, table, names if stem == "first_name" else ())
        for stem, tokens in sorted(stems.items())
        if stem not in restated
    ]
    if homes:
        fields.append(Field(f"t_{ADDRESS}", "token", tuple(homes)))
        comparisons.append(_address(homes, [token for name in around for token in stems[name]], table))
    alone = [c for c in columns if c.startswith("f_") and c[2:] not in stems]
    comparisons += [_filter_only(c) for c in alone]
    return fields, comparisons


def _restated_names(stems: dict[str, list[str]], columns: Sequence[str]) -> list[str]:
    """Return the token of the names in any order, if first name and surname are told apart as well."""
    token = f"t_{NAMES_IN_ANY_ORDER}"
    apart = {"first_name", "surname", NAMES_IN_ANY_ORDER} <= set(stems)
    return [token] if apart and f"f_{NAMES_IN_ANY_ORDER}" not in columns else []


def _homes(stems: dict[str, list[str]], columns: Sequence[str], table: pa.Table) -> list[str]:
    """Return the tokens that name a home, the most filled first; none where only one column tells of an address.

    Nor where any of them has a filter beside it, whose steps one comparison of all could not tell.
    """
    told = [name for name in (*HOMES, *AROUND) if name in stems]
    own = [name for name in told if f"t_{name}" not in columns or f"f_{name}" in columns]
    if len(told) < 2 or own or {f"t_{ADDRESS}", f"f_{ADDRESS}"} & set(columns):
        return []
    homes = [f"t_{name}" for name in told if name in HOMES]
    return sorted(homes, key=lambda c: (table[c].null_count, c))


def _around(stems: dict[str, list[str]], homes: Sequence[str], table: pa.Table) -> list[str]:
    """Return what tells where a home stands; nothing where many records tell that alone.

    A pair is compared by its homes if both have one, so these would lose all that their address says.
    """
    told = [name for name in AROUND if name in stems]
    if not homes or not told:
        return []
    without = pc.invert(_any_filled(table, homes))
    only = pc.and_(without, _any_filled(table, [f"t_{name}" for name in told]))
    return told if (pc.sum(only).as_py() or 0) <= MOST_WITHOUT_HOME * table.num_rows else []


def _any_filled(table: pa.Table, columns: Sequence[str]) -> pa.ChunkedArray:
    return pc.is_valid(pc.coalesce(*(table[c] for c in columns)))


def field_stems(columns: Sequence[str]) -> dict[str, list[str]]:
    """Group token columns by field: `t_surname_soundex` belongs to `surname` if there is a `t_surname`.

    Where a field has derived tokens only, the longest start that two or more of them share is its name.
    """
    names = sorted((c[2:] for c in columns), key=lambda n: (len(n), n))
    stems: dict[str, list[str]] = {}
    for name in names:
        owner = next((stem for stem in sorted(stems, key=len, reverse=True) if name.startswith(f"{stem}_")), None)
        owner = owner or _shared_start(name, names) or name
        stems.setdefault(owner, []).append(f"t_{name}")
    return stems


def _shared_start(name: str, names: Sequence[str]) -> str | None:
    parts = name.split("_")
    for length in range(len(parts) - 1, 1, -1):
        start = "_".join(parts[:length])
        if not start.startswith("id_") and sum(other.startswith(f"{start}_") for other in names) > 1:
            return start
    return None


def _comparison(
    stem: str, tokens: Sequence[str], columns: Sequence[str], table: pa.Table, restated: Sequence[str] = ()
) -> Comparison:
    fineness = _fineness(tokens, table)
    order = sorted(tokens, key=lambda c: (-fineness[c], c != f"t_{stem}", c))
    whole = f"t_{stem}" if f"t_{stem}" in tokens else order[0]
    order = [*restated, *(c for c in order if c != whole and fineness[c] > COARSEST)]
    levels = [Level("equal", (_equal(whole),), tf_share=1.0)]
    bits = f"f_{stem}"
    if bits in columns:
        levels += [Level(f"Dice {limit}", ((Atom("dice", bits, bits, limit),),)) for limit in DICE_LEVELS]
    levels += [Level(f"same {c[2:]}", (_equal(c),)) for c in order]
    return Comparison(stem, whole, (*levels, Level("everything else", ())))


def _address(homes: Sequence[str], around: Sequence[str], table: pa.Table) -> Comparison:
    """Return one comparison of all that tells where somebody lives: the home, told alike or otherwise, what is near.

    Values come before what is derived from them: a street says more than the sector of a postcode.
    """
    values = {f"t_{name}" for name in AROUND}
    fineness = _fineness(around, table)
    near = [c for c in around if c in values or fineness[c] > COARSEST]
    near.sort(key=lambda c: (c not in values, -fineness[c], c))
    whole = f"t_{ADDRESS}"
    levels = [Level("equal", (_equal(whole),), tf_share=HOME_TF_SHARE)]
    levels += [Level("same home told otherwise", tuple(_equal(c) for c in homes))] if len(homes) > 1 else []
    levels += [Level(f"same {c[2:]}", (_equal(c),)) for c in near]
    return Comparison(ADDRESS, whole, (*levels, Level("everything else", ())))


def _fineness(columns: Sequence[str], table: pa.Table) -> dict[str, int]:
    """Return how many distinct values each column has."""
    return {c: pc.count_distinct(table[c]).as_py() for c in columns}


def _equal(column: str) -> tuple[Atom, ...]:
    return (Atom("exact", column, column),)


def _filter_only(column: str) -> Comparison:
    levels = [Level("equal", ((Atom("exact", column, column),),), tf_share=1.0)]
    levels += [Level(f"Dice {limit}", ((Atom("dice", column, column, limit),),)) for limit in (0.9, 0.8, 0.7)]
    return Comparison(column[2:], column, (*levels, Level("everything else", ())))
