"""A model of ours as Splink's settings, in DuckDB's SQL: what `Linker` of Splink 4 and 5 takes.

Fields that are read as written go over as they are. Names, texts, categories and postcodes go over with their tidying
as SQL. What Splink has no words for (dependent comparisons, near pairs, derived columns, filters) is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from totalplace.errors import ConfigError
from totalplace.linkage.model import Atom, Comparison, Field, Level, Model

VERBATIM = ("raw_text", "raw_name", "raw_number")
_FOLDED = (
    "NULLIF(TRIM(REGEXP_REPLACE(REGEXP_REPLACE(UPPER(STRIP_ACCENTS(CAST({0} AS TEXT))), '[''`´‘’ʼ]', '', 'g'), "
    "'[^\\p{{L}}\\p{{N}}]+', ' ', 'g')), '')"
)
TIDIED = {"name": _FOLDED, "text": _FOLDED, "category": _FOLDED, "postcode": f"NULLIF(REPLACE({_FOLDED}, ' ', ''), '')"}
MEASURES = {
    "jaro_winkler": ("jaro_winkler_similarity", ">="),
    "levenshtein": ("levenshtein", "<="),
    "damerau": ("damerau_levenshtein", "<="),
}
CURE = "Leave it out of the model that you take to Splink."


def write_splink(model: Model, *, link_type: str = "dedupe_only", unique_id: str = "unique_id") -> str:
    """Return the model as the JSON of Splink's settings.

    Args:
        model: trained or not.
        link_type: `dedupe_only`, `link_only` or `link_and_dedupe`.
        unique_id: column that names each record.

    Raises:
        ConfigError: TP345, something in the model has no counterpart in Splink.
    """
    if model.joints:
        names = " and ".join(model.joints[0].comparisons)
        raise _no_counterpart(f"model, joint of {names}", "weighs comparisons together, which Splink cannot")
    if model.near:
        raise _no_counterpart("model, near", "sets pairs against two people who share much, which Splink cannot")
    fields = {field.name: field for field in model.fields}
    settings = {
        "link_type": link_type,
        "unique_id_column_name": unique_id,
        "sql_dialect": "duckdb",
        **({} if model.prior is None else {"probability_two_random_records_match": model.prior}),
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": _rule(rule, fields, number), "sql_dialect": "duckdb"}
            for number, rule in enumerate(model.rules)
        ],
        "comparisons": [_comparison(one, fields) for one in model.comparisons],
    }
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: tuple[str, ...], fields: Mapping[str, Field], number: int) -> str:
    where = f"model, blocking rule {number + 1}"
    parts = [part for name in rule for part in name.split("+")]
    sides = [[_side(part, fields, where, f"{side}.{{}}") for side in "lr"] for part in parts]
    return " AND ".join(f"({left} = {right})" for left, right in sides) or "TRUE"


def _comparison(comparison: Comparison, fields: Mapping[str, Field]) -> dict[str, Any]:
    where = f"model, comparison '{comparison.name}'"
    levels = [_level(level, comparison, fields) for level in comparison.levels]
    if not _constant(comparison.column, fields):
        sides = [_side(comparison.column, fields, where, form) for form in ("{}_l", "{}_r")]
        missing = " OR ".join(f"{side} IS NULL" for side in sides)
        label = f"{comparison.column} is missing"
        levels.insert(0, {"sql_condition": missing, "label_for_charts": label, "is_null_level": True})
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def _constant(name: str, fields: Mapping[str, Field]) -> bool:
    return name in fields and not fields[name].columns


def _level(level: Level, comparison: Comparison, fields: Mapping[str, Field]) -> dict[str, Any]:
    where = f"model, comparison '{comparison.name}', level '{level.label}'"
    groups = [" AND ".join(f"({_test(test, fields, where)})" for test in some) for some in level.any_of]
    out: dict[str, Any] = {
        "sql_condition": " OR ".join(f"({group})" for group in groups) or "ELSE",
        "label_for_charts": level.label,
    }
    if level.null:
        return {**out, "is_null_level": True}
    if level.m is not None and level.u is not None:
        out |= {"m_probability": level.m, "u_probability": level.u}
    return out | (_frequency(level, comparison, fields, where) if level.tf_share else {})


def _frequency(level: Level, comparison: Comparison, fields: Mapping[str, Field], where: str) -> dict[str, Any]:
    """Return a level's term frequency adjustment; Splink counts the values of a column as it stands."""
    field = fields.get(level.tf_column or comparison.column)
    if field is None or field.sql or len(field.columns) != 1 or field.kind not in VERBATIM:
        raise _no_counterpart(where, "is adjusted by how frequent values are that are not a column's as it stands")
    against = level.tf_u or comparison.levels[0].u
    own = _counted_against(level, comparison, fields, field) == against
    if not own and against != level.u:
        raise _no_counterpart(where, "sets frequencies against a u that is neither its own nor the exact level's")
    out = {"tf_adjustment_column": field.columns[0], "tf_adjustment_weight": level.tf_share}
    out |= {"tf_minimum_u_value": level.tf_floor} if level.tf_floor else {}
    return out if own else {**out, "disable_tf_exact_match_detection": True}


def _counted_against(level: Level, comparison: Comparison, fields: Mapping[str, Field], field: Field) -> float | None:
    """Return the u that Splink will take: that of the level which is an exact match on the column."""
    exact = ((Atom("exact", field.name, field.name),),)
    return next((one.u for one in comparison.levels if one.any_of == exact), None)


def _test(test: Atom, fields: Mapping[str, Field], where: str) -> str:
    left, right = _side(test.left, fields, where, "{}_l"), _side(test.right, fields, where, "{}_r")
    if test.operation in MEASURES:
        function, sign = MEASURES[test.operation]
        text = f"{function}({left}, {right}) {sign} {test.limit!r}"
    elif test.operation == "exact":
        text = f"{left} = {right}"
    elif test.operation == "filled":
        sides = [(test.left, left), (test.right, right)]
        text = " AND ".join(f"{side} IS NOT NULL" for name, side in sides if not _constant(name, fields))
    elif test.operation == "number" and fields[test.left].kind == fields[test.right].kind == "raw_number":
        text = f"ABS({left} - {right}) <= {test.limit!r}"
    elif test.operation == "crossed":
        other = _side(test.right, fields, where, "{}_l"), _side(test.left, fields, where, "{}_r")
        text = f"{left} = {right} OR {other[0]} = {other[1]}"
    else:
        raise _no_counterpart(where, f"asks '{test.operation}', for which Splink has no function")
    return f"NOT ({text})" if test.negated else text


def _side(name: str, fields: Mapping[str, Field], where: str, form: str) -> str:
    """Return a field as SQL over the columns of one record; `form` says how a column of that record is called."""
    field = fields.get(name)
    if field is None:
        raise _no_counterpart(where, f"looks at '{name}', which is derived and no field")
    if field.kind not in VERBATIM and field.kind not in TIDIED:
        raise _no_counterpart(where, f"looks at '{name}', a field of kind {field.kind}")
    if field.sql:
        from totalplace.linkage.splink.sql import renamed

        return renamed(field.sql, form)
    columns = [_quoted(form, column) for column in field.columns]
    whole = [TIDIED[field.kind].format(column) if field.kind in TIDIED else column for column in columns]
    return whole[0] if len(whole) == 1 else f"COALESCE({', '.join(whole)})"


def _quoted(form: str, column: str) -> str:
    """Return a column of one record: `"surname_l"`, or `l."surname"` in a rule."""
    table, _, name = form.rpartition(".")
    text = '"' + name.format(column).replace('"', '""') + '"'
    return f"{table}.{text}" if table else text


def _no_counterpart(where: str, what: str) -> ConfigError:
    return ConfigError("TP345", where, what, CURE)
