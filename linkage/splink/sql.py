"""Conditions of Splink's comparison levels and blocking rules as tests of two records.

A condition looks at two records at once (`surname_l`, `surname_r`; in blocking rules `l.surname`, `r.surname`). What
it asks of one record alone (`lower(surname)`) becomes an expression, worked out per distinct value by DuckDB, as Splink
does; what it asks of both becomes a question. SQL's third truth value needs no place: a level holds only where its
condition is true, so a question about a missing value is answered no, and NOT is carried down to the questions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

DIALECT = "duckdb"
MAX_ALTERNATIVES = 64
SIMILARITIES = {"jaro_winkler_similarity": "jaro_winkler", "jaro_winkler": "jaro_winkler"}
DISTANCES = {"levenshtein": "levenshtein", "damerau_levenshtein": "damerau"}
THOUSANDTH = 1000

# What an expression over one record may be made of: nothing that reads files, settings, clocks or chance.
_PARTS: tuple[type[exp.Expr], ...] = (
    exp.Column, exp.Identifier, exp.Literal, exp.Paren, exp.Null, exp.Boolean, exp.Neg, exp.DataType,
    exp.DataTypeParam, exp.Var, exp.Lower, exp.Upper, exp.Trim, exp.Substring, exp.Left, exp.Right, exp.Replace,
    exp.RegexpExtract, exp.RegexpReplace, exp.RegexpLike, exp.Nullif, exp.Coalesce, exp.Cast, exp.TryCast, exp.Concat,
    exp.DPipe, exp.Length, exp.TimeToUnix, exp.TimeToStr, exp.StrToTime, exp.Year, exp.Month, exp.Day, exp.DateDiff,
    exp.TimestampTrunc, exp.DateTrunc, exp.Case, exp.If, exp.And, exp.Or, exp.Not, exp.Is, exp.EQ, exp.NEQ, exp.GT,
    exp.GTE, exp.LT, exp.LTE, exp.In, exp.Like, exp.ILike, exp.Between, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod,
    exp.IntDiv, exp.Abs, exp.Round, exp.Floor, exp.Ceil, exp.Greatest, exp.Least, exp.MD5,
)  # fmt: skip
_NAMES = {"try_strptime", "strptime", "strip_accents", "ltrim", "rtrim", "lpad", "rpad", "reverse"}


class UnsupportedSQLError(Exception):
    """A condition that cannot be expressed; the text says what in it, and quotes the model only."""


@dataclass(frozen=True, order=True)
class Expression:
    """Something about one record: DuckDB's SQL over the columns of the table; no columns = a constant."""

    sql: str
    columns: tuple[str, ...] = ()

    @property
    def bare(self) -> bool:
        """Tell whether it is a column as it stands."""
        return len(self.columns) == 1 and self.sql == _quoted(self.columns[0])


@dataclass(frozen=True, order=True)
class Question:
    """One test of a pair; operations and limits as in `model.Atom`."""

    operation: str
    left: Expression
    right: Expression
    limit: float = 0.0
    negated: bool = False

    @property
    def turned(self) -> Question:
        """Return the same question with the two records exchanged."""
        return Question(self.operation, self.right, self.left, self.limit, self.negated)


Alternatives = tuple[tuple[Question, ...], ...]
ALWAYS = Expression("1")


def column(name: str) -> Expression:
    """Return a column as it stands."""
    plain = name.strip('"`')
    return Expression(_quoted(plain), (plain,))


def parse(sql: str, dialect: str) -> exp.Expr:
    """Return a condition as a tree in which every column says whose it is: table `l` or `r`.

    Raises:
        UnsupportedSQLError: the text is no SQL, or a column is of neither record.
    """
    try:
        tree = sqlglot.parse_one(sql, read=dialect)
    except SqlglotError:
        raise UnsupportedSQLError("is not SQL that can be read") from None
    for column in list(tree.find_all(exp.Column)):
        if not column.table:
            name, _, side = column.name.rpartition("_")
            if not name or side.lower() not in ("l", "r"):
                raise UnsupportedSQLError(f"has a column '{column.name}' that ends neither in _l nor in _r")
            column.set("this", exp.to_identifier(name, quoted=True))
            column.set("table", exp.to_identifier(side.lower()))
        elif column.table.lower() not in ("l", "r"):
            raise UnsupportedSQLError(f"has a table '{column.table}' that is neither l nor r")
        else:
            column.set("table", exp.to_identifier(column.table.lower()))
    return tree


def alternatives(tree: exp.Expr) -> Alternatives:
    """Return the condition as alternatives, each a group of questions that must all be answered yes.

    Raises:
        UnsupportedSQLError: it cannot be expressed so.
    """
    found = {tuple(sorted(set(group))) for group in _either(tree, False)}
    return tuple(sorted(found))


def symmetric(found: Alternatives) -> bool:
    """Tell whether it is all the same which of the two records is the left one."""
    return {tuple(sorted({q.turned for q in group})) for group in found} == set(found)


def missing_on_a_side(tree: exp.Expr) -> Expression | None:
    """Return what must be there on both sides, where the condition says "missing on either side"; else None."""
    parts = [part.unnest() for part in tree.unnest().flatten()] if isinstance(tree.unnest(), exp.Or) else [tree]
    by_side: dict[str, set[str]] = {"l": set(), "r": set()}
    absent: dict[str, exp.Expr] = {}
    for part in _leaves(parts):
        sides = _sides(part)
        if len(sides) != 1:
            return None
        text = _on_one_record(part).sql
        by_side[sides.pop()].add(text)
        absent[text] = part
    if by_side["l"] != by_side["r"]:
        return None
    if len(absent) == 1:
        only = next(iter(absent.values()))
        if isinstance(only, exp.Is) and isinstance(only.expression, exp.Null):
            return _on_one_record(only.this)
    columns = sorted({name for part in absent.values() for name in _on_one_record(part).columns})
    either = " OR ".join(f"({text})" for text in sorted(absent))
    return Expression(f"CASE WHEN COALESCE({either}, FALSE) THEN NULL ELSE 1 END", tuple(columns))


def check_expression(sql: str) -> None:
    """Refuse SQL that is not an expression over one record.

    Raises:
        UnsupportedSQLError: it uses something that is not on the list.
    """
    try:
        tree = sqlglot.parse_one(sql, read=DIALECT)
    except SqlglotError:
        raise UnsupportedSQLError("is not SQL that can be read") from None
    _allowed(tree)


def _leaves(parts: list[exp.Expr]) -> list[exp.Expr]:
    """Return the parts of an OR, those of an OR within it included."""
    out = []
    for part in parts:
        plain = part.unnest()
        out += _leaves([plain.left, plain.right]) if isinstance(plain, exp.Or) else [plain]
    return out


def _either(node: exp.Expr, negated: bool) -> list[tuple[Question, ...]]:
    node = node.unnest()
    if isinstance(node, exp.Not):
        return _either(node.this, not negated)
    sides = _sides(node)
    if len(sides) < 2:
        return [(_of_one_side(node, negated, sides),)]
    if isinstance(node, (exp.And, exp.Or)):
        left, right = _either(node.left, negated), _either(node.right, negated)
        if isinstance(node, exp.Or) != negated:
            return left + right
        if len(left) * len(right) > MAX_ALTERNATIVES:
            raise UnsupportedSQLError(f"has more than {MAX_ALTERNATIVES} alternatives")
        return [a + b for a, b in itertools.product(left, right)]
    return [(_of_both(node, negated),)]


def _of_one_side(node: exp.Expr, negated: bool, sides: set[str]) -> Question:
    """Return the question whether something holds of one record, whatever the other."""
    if not sides:
        raise UnsupportedSQLError(f"has a part that looks at no record: {_shown(node)}")
    wanted = _on_one_record(node)
    holds = f"NOT ({wanted.sql})" if negated else wanted.sql
    told = Expression(f"CASE WHEN {holds} THEN 1 END", wanted.columns)
    return Question("filled", told, ALWAYS) if sides == {"l"} else Question("filled", ALWAYS, told)


def _of_both(node: exp.Expr, negated: bool) -> Question:
    if isinstance(node, (exp.EQ, exp.NEQ)):
        left, right = _opposite(node.this, node.expression, node)
        return Question("exact", left, right, negated=negated != isinstance(node, exp.NEQ))
    for kind, read in _COMPARED.items():
        if isinstance(node, kind):
            return read(node, negated)
    raise _unknown(node)


def _at_most(node: exp.Expr, negated: bool) -> Question:
    return _limited(node.this, node.expression, node, strict=isinstance(node, exp.LT), negated=negated)


def _at_least(node: exp.Expr, negated: bool) -> Question:
    return _limited(node.expression, node.this, node, strict=isinstance(node, exp.GT), negated=negated)


_COMPARED: dict[type[exp.Expr], Callable[[exp.Expr, bool], Question]] = {
    exp.LTE: _at_most, exp.LT: _at_most, exp.GTE: _at_least, exp.GT: _at_least,
}  # fmt: skip


def _limited(small: exp.Expr, large: exp.Expr, node: exp.Expr, *, strict: bool, negated: bool) -> Question:
    """Return the question of `small <= large` (or `<`), one of which is a number and one a measure of the pair."""
    if (limit := _number(large)) is not None:
        return _measured(small.unnest(), limit, node, strict=strict, negated=negated, at_most=True)
    if (limit := _number(small)) is not None:
        return _measured(large.unnest(), limit, node, strict=strict, negated=negated, at_most=False)
    raise _unknown(node)


def _measured(
    measure: exp.Expr, limit: float, node: exp.Expr, *, strict: bool, negated: bool, at_most: bool
) -> Question:
    name = _function(measure)
    if name in SIMILARITIES:
        left, right = _opposite(*_arguments(measure), node)
        over = strict != at_most  # "at most" is "not over", "under" is "not at least"
        least = math.nextafter(limit, math.inf) if over else limit
        return Question(SIMILARITIES[name], left, right, least, negated != at_most)
    # "at least" is "not under", "over" is "not at most"
    under = strict == at_most
    if name in DISTANCES:
        left, right = _opposite(*_arguments(measure), node)
        whole = math.ceil(limit) - 1 if under else math.floor(limit)
        return Question(DISTANCES[name], left, right, float(whole), negated == at_most)
    if isinstance(measure, exp.Abs):
        left, right = _difference(measure.this.unnest(), node)
        thousandths = limit * THOUSANDTH
        whole = math.ceil(thousandths) - 1 if under else math.floor(thousandths)
        return Question("number", left, right, whole / THOUSANDTH, negated == at_most)
    raise _unknown(node)


def _difference(node: exp.Expr, whole: exp.Expr) -> tuple[Expression, Expression]:
    """Return the numbers of the two records whose difference is asked for."""
    if isinstance(node, exp.Sub):
        return _opposite(node.this, node.expression, whole)
    if isinstance(node, exp.DateDiff):  # the difference of two counts of units since any day
        since = exp.cast(exp.Literal.string("1970-01-01"), "DATE")
        unit = {"unit": node.args.get("unit"), "date_part_boundary": node.args.get("date_part_boundary")}
        counts = [
            exp.DateDiff(this=end.copy(), expression=since.copy(), **unit) for end in (node.this, node.expression)
        ]
        return _opposite(counts[0], counts[1], whole)
    raise _unknown(whole)


def _function(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).lower()
    if isinstance(node, exp.Levenshtein):
        return "levenshtein" if set(_given(node)) <= {"this", "expression"} else ""
    return "jaro_winkler_similarity" if isinstance(node, exp.JarowinklerSimilarity) else ""


def _given(node: exp.Expr) -> list[str]:
    return [name for name, value in node.args.items() if value is not None and value is not False]


def _arguments(node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    given = node.expressions if isinstance(node, exp.Anonymous) else [node.this, node.expression]
    if len(given) != 2:
        raise _unknown(node)
    return given[0], given[1]


def _number(node: exp.Expr) -> float | None:
    node = node.unnest()
    if isinstance(node, exp.Neg) and (inner := _number(node.this)) is not None:
        return -inner
    return float(node.this) if isinstance(node, exp.Literal) and not node.is_string else None


def _opposite(one: exp.Expr, other: exp.Expr, node: exp.Expr) -> tuple[Expression, Expression]:
    """Return two expressions, that of the left record first."""
    if (_sides(one), _sides(other)) == ({"l"}, {"r"}):
        return _on_one_record(one), _on_one_record(other)
    if (_sides(one), _sides(other)) == ({"r"}, {"l"}):
        return _on_one_record(other), _on_one_record(one)
    raise _unknown(node)


def _sides(node: exp.Expr) -> set[str]:
    return {column.table for column in node.find_all(exp.Column)}


def _on_one_record(node: exp.Expr) -> Expression:
    """Return what is asked of one record, over the table's own columns."""
    plain = node.unnest().copy()
    _allowed(plain)
    for column in list(plain.find_all(exp.Column)):
        column.set("table", None)
        column.set("this", exp.to_identifier(column.name, quoted=True))
    columns = tuple(sorted({column.name for column in plain.find_all(exp.Column)}))
    return Expression(plain.sql(DIALECT), columns)


def _allowed(tree: exp.Expr) -> None:
    for node in tree.walk():
        if isinstance(node, exp.Anonymous):
            if str(node.this).lower() not in _NAMES:
                raise UnsupportedSQLError(f"uses the function {str(node.this).lower()}, which is not on our list")
        elif not isinstance(node, _PARTS):
            raise UnsupportedSQLError(f"uses {type(node).__name__}, which is not on our list: {_shown(node)}")


def _unknown(node: exp.Expr) -> UnsupportedSQLError:
    return UnsupportedSQLError(f"asks something of two records that no test of ours can: {_shown(node)}")


def _shown(node: exp.Expr) -> str:
    text = " ".join(node.sql(DIALECT).split())
    return text if len(text) <= 80 else f"{text[:80]}..."


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(DIALECT)


def renamed(sql: str, form: str) -> str:
    """Return an expression over one record with its columns called as one side of a pair: `{}_l`, or `l.{}`."""
    tree = sqlglot.parse_one(sql, read=DIALECT)
    table, _, name = form.rpartition(".")
    for found in list(tree.find_all(exp.Column)):
        found.set("this", exp.to_identifier(name.format(found.name), quoted=True))
        found.set("table", exp.to_identifier(table) if table else None)
    return tree.sql(DIALECT)
