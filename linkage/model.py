"""A linkage model as frozen data: fields, comparisons with their levels, blocking rules, prior and threshold.

Terms are Splink's: m and u of a level, the prior `probability_two_random_records_match`, match weight log2(m / u).
Column names: a field (`surname`), a derivation of it (`surname.soundex`), or several that must agree together
(`street_number+street_name`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from totalplace.errors import ConfigError, listed, near

OPERATIONS = (
    "exact", "jaro_winkler", "levenshtein", "damerau", "starts_with", "date_swapped", "date_digits", "date_days",
    "number", "number_share", "dice", "crossed", "filled",
)  # fmt: skip
KINDS = (
    "name",
    "text",
    "date",
    "date_parts",
    "number",
    "postcode",
    "address",
    "email",
    "phone",
    "identifier",
    "category",
    "token",
    "filter",
    "raw_text",
    "raw_name",
    "raw_number",
)


@dataclass(frozen=True)
class Field:
    """What a model calls a piece of evidence, and the table's columns that hold it: the first that is filled counts.

    Args:
        name: what comparisons and rules call it.
        kind: one of KINDS; the `raw_` kinds are taken as written.
        columns: of the table.
        sql: what to make of the columns, an expression of DuckDB over them; "" = nothing.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    sql: str = ""

    def __post_init__(self) -> None:
        """Check the kind."""
        _one_of("field", self.name, "kind", self.kind, KINDS)


@dataclass(frozen=True)
class Atom:
    """One question about a pair.

    Args:
        operation: one of OPERATIONS.
        left: column of the one record.
        right: column of the other record.
        limit: at least this for jaro_winkler and dice, at most this for the others; unused by exact, crossed, filled.
        negated: holds where both values are there and the test does not; of `filled`, where one is missing.
    """

    operation: str
    left: str
    right: str
    limit: float = 0.0
    negated: bool = False

    def __post_init__(self) -> None:
        """Check the operation."""
        _one_of("test", self.left, "operation", self.operation, OPERATIONS)


@dataclass(frozen=True)
class Level:
    """A comparison level: it holds if any of its alternatives holds; an alternative holds if all of its tests do.

    Args:
        label: for people.
        any_of: alternatives; () = everything else.
        m: probability of the level among matching pairs in which the comparison is not null.
        u: the same among non-matching pairs.
        tf_share: how much of the term frequency adjustment applies; 0 = none.
        tf_column: whose values' frequencies; "" = the comparison's column.
        tf_u: the u that frequencies are set against; None = that of the first level.
        tf_floor: frequencies below this count as this.
        null: counts as missing, although values are there: weighs nothing.
        m_error: standard error of m; None where it was given or training could not tell.
    """

    label: str
    any_of: tuple[tuple[Atom, ...], ...]
    m: float | None = None
    u: float | None = None
    tf_share: float = 0.0
    tf_column: str = ""
    tf_u: float | None = None
    tf_floor: float = 0.0
    null: bool = False
    m_error: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Evidence of one kind: null where `column` is null on either side; levels from the best to everything else."""

    name: str
    column: str
    levels: tuple[Level, ...]

    def __post_init__(self) -> None:
        """Check that only the last level takes everything else."""
        if [bool(level.any_of) for level in self.levels] != [True] * (len(self.levels) - 1) + [False]:
            what = "needs levels with tests and, last, one without"
            raise ConfigError("TP311", f"model, comparison '{self.name}'", what, "Mend its levels.")

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that it looks at, sorted."""
        tests = [test for level in self.levels for tests in level.any_of for test in tests]
        counted = {level.tf_column for level in self.levels if level.tf_column}
        return tuple(sorted({self.column, *counted, *(t.left for t in tests), *(t.right for t in tests)}))


@dataclass(frozen=True)
class Cell:
    """One combination of levels of a joint term, as positions in the comparisons' levels; -1 = null."""

    levels: tuple[int, ...]
    m: float
    u: float


@dataclass(frozen=True)
class Joint:
    """Comparisons whose levels depend on one another among non-matching pairs: their cells replace the products."""

    comparisons: tuple[str, ...]
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class Near:
    """A class of pairs that are two people though they share much, as members of a household or neighbours do.

    Args:
        share: probability that two random records are such a pair.
        levels: per comparison the probability of each level among these pairs, in order of its levels.
    """

    share: float
    levels: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Model:
    """Everything that decides which pairs are compared and what each is worth.

    Args:
        fields: where the evidence stands in the table.
        comparisons: in any order; `compare` puts cheap ones first.
        rules: blocking rules, each a tuple of columns that must agree; () compares every pair.
        joints: dependent comparisons.
        prior: probability that two random records match; None before training.
        threshold: match weight (log2, prior inside) from which a pair is a link; None before it is chosen.
        notes: what training had to say, one line each.
        duplicate_free: sources that hold each person once; they are linked one-to-one.
        prior_error: standard error of the prior; None where training could not tell.
        near: classes of non-matching pairs beside random ones.
    """

    fields: tuple[Field, ...]
    comparisons: tuple[Comparison, ...]
    rules: tuple[tuple[str, ...], ...]
    joints: tuple[Joint, ...] = ()
    prior: float | None = None
    threshold: float | None = None
    notes: tuple[str, ...] = field(default=())
    duplicate_free: tuple[str, ...] = ()
    prior_error: float | None = None
    near: tuple[Near, ...] = ()

    def __post_init__(self) -> None:
        """Check that every column rests on a field and every joint on comparisons."""
        known = {f.name for f in self.fields}
        for column in [c for comparison in self.comparisons for c in comparison.columns] + [
            c for r in self.rules for c in r
        ]:
            for part in fields_of(column):
                if part not in known:
                    what = f"names a field '{part}' that is not declared"
                    raise ConfigError(
                        "TP312",
                        "model",
                        what,
                        f"Declare it under [[field]].{near(part, known)} Fields: {listed(sorted(known))}.",
                    )
        names = {c.name for c in self.comparisons}
        for joint in self.joints:
            for name in joint.comparisons:
                if name not in names:
                    raise ConfigError(
                        "TP313",
                        "model, joint",
                        f"names a comparison '{name}' that is not there",
                        f"Comparisons: {listed(sorted(names))}.",
                    )
        _check_near(self.near, {c.name: len(c.levels) for c in self.comparisons})

    @property
    def trained(self) -> bool:
        """Tell whether it weighs pairs as it is: it has a prior, and every level that weighs has m and u."""
        levels = (level for comparison in self.comparisons for level in comparison.levels if not level.null)
        return self.prior is not None and all(x.m is not None and x.u is not None for x in levels)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that comparisons and rules need, sorted."""
        wanted = {c for comparison in self.comparisons for c in comparison.columns}
        return tuple(sorted(wanted | {c for rule in self.rules for c in rule}))


def fields_of(column: str) -> tuple[str, ...]:
    """Return the fields that a column is made from: `surname.soundex+postcode` rests on surname and postcode."""
    return tuple(part.split(".")[0] for part in column.split("+"))


def with_levels(comparison: Comparison, m: list[float], u: list[float]) -> Comparison:
    """Return the comparison with other m and u, in order of its levels."""
    levels = tuple(replace(level, m=a, u=b) for level, a, b in zip(comparison.levels, m, u, strict=True))
    return replace(comparison, levels=levels)


def _check_near(near: tuple[Near, ...], widths: Mapping[str, int]) -> None:
    """Check that the classes say a probability for each level of each comparison, and leave room for random pairs."""
    for number, one in enumerate(near, start=1):
        where = f"model, near {number}"
        if not 0 < one.share < 1:
            what = "is no share of all pairs"
            raise ConfigError("TP319", f"{where}, key 'share'", what, "Write a number between 0 and 1.")
        for name in sorted({*widths, *one.levels}):
            chances = one.levels.get(name, ())
            if len(chances) != widths.get(name) or not all(0 <= chance <= 1 for chance in chances):
                what = f"needs {widths[name]} probabilities, 0 to 1" if name in widths else "is no comparison"
                cure = "Write one for each of its levels, in their order."
                raise ConfigError("TP319", f"{where}, comparison '{name}'", what, cure)
    if sum(one.share for one in near) >= 1:
        raise ConfigError("TP319", "model, near", "leaves no room for random pairs", "Lower the shares: sum under 1.")


def _one_of(what: str, name: str, key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        where = f"model, {what} '{name}', key '{key}'"
        raise ConfigError(
            "TP317", where, f"'{value}' is unknown", f"{near(value, known)} Known: {listed(known)}.".strip()
        )
