"""Comparisons for tokens: what `t_`, `b_` and `f_` columns say by their names and by how fine they are.

A field's tokens (`t_surname`, `t_surname_soundex`, `t_surname_initial`) become one comparison: the whole value first,
then its derivations from the finest to the coarsest. Fineness is read off the data, so that any schema will do.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from totalplace.linkage.model import Atom, Comparison, Field, Level
from totalplace.linkage.profile import Profile

DICE_LEVELS = (0.85, 0.70)
COARSEST = 12  # derivations of fewer distinct values, such as sex, are levels only where they stand alone


def token_fields_and_comparisons(table: pa.Table, profiles: Sequence[Profile]) -> tuple[list[Field], list[Comparison]]:
    """Return a field per encoded column and a comparison per encoded value."""
    columns = [p.column for p in profiles if p.meaning in ("token", "filter")]
    fields = [Field(c, "filter" if c.startswith("f_") else "token", (c,)) for c in columns]
    stems = field_stems([c for c in columns if c.startswith("t_")])
    comparisons = [_comparison(stem, tokens, columns, table) for stem, tokens in sorted(stems.items())]
    alone = [c for c in columns if c.startswith("f_") and c[2:] not in stems]
    comparisons += [_filter_only(c) for c in alone]
    return fields, comparisons


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


def _comparison(stem: str, tokens: Sequence[str], columns: Sequence[str], table: pa.Table) -> Comparison:
    fineness = {c: pc.count_distinct(table[c]).as_py() for c in tokens}
    order = sorted(tokens, key=lambda c: (-fineness[c], c != f"t_{stem}", c))
    whole = f"t_{stem}" if f"t_{stem}" in tokens else order[0]
    order = [whole, *(c for c in order if c != whole and fineness[c] > COARSEST)]
    levels = [Level("equal", ((Atom("exact", whole, whole),),), tf_share=1.0)]
    bits = f"f_{stem}"
    if bits in columns:
        levels += [Level(f"Dice {limit}", ((Atom("dice", bits, bits, limit),),)) for limit in DICE_LEVELS]
    levels += [Level(f"same {c[2:]}", ((Atom("exact", c, c),),)) for c in order[1:]]
    return Comparison(stem, whole, (*levels, Level("everything else", ())))


def _filter_only(column: str) -> Comparison:
    levels = [Level("equal", ((Atom("exact", column, column),),), tf_share=1.0)]
    levels += [Level(f"Dice {limit}", ((Atom("dice", column, column, limit),),)) for limit in (0.9, 0.8, 0.7)]
    return Comparison(column[2:], column, (*levels, Level("everything else", ())))
