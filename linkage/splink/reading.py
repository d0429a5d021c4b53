"""Splink's settings (JSON, as `save_model_to_json` of Splink 4 and 5 writes them) as a model of ours.

Values are compared as they are written: no folding, no placeholders, no change of case that the SQL does not ask for.
What cannot be expressed is refused by name, never left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from totalplace.errors import ConfigError, listed
from totalplace.linkage.model import Atom, Comparison, Field, Level, Model
from totalplace.linkage.splink import sql

LINK_TYPES = ("dedupe_only", "link_only", "link_and_dedupe")
NOT_OBSERVED = "level not observed in training dataset"
NOT_OBSERVED_CHANCE = 1e-6  # what Splink takes for a level that training never saw
LEAST_CHANCE = 1e-300  # Splink's own least m and u
FIRST_PRIOR = 1e-4  # Splink's prior where the settings name none
BEST_M, WORST_BITS, NEAR_BITS, BEST_BITS = 0.95, -5.0, 3.0, 10.0  # Splink's values for untrained levels
CURE = "Say it otherwise in Splink, or leave the level out."


@dataclass(frozen=True)
class SplinkSettings:
    """What a Splink model says.

    Args:
        model: the same in our terms; without a threshold, which Splink's models do not have.
        link_type: `dedupe_only`, `link_only` or `link_and_dedupe`.
        unique_id: column that names each record.
        source_dataset: column that names the source of each record, if the table has it.
        sided: whether a level asks something else of the left record than of the right one.
    """

    model: Model
    link_type: str
    unique_id: str
    source_dataset: str
    sided: bool


@dataclass(frozen=True)
class _ReadLevel:
    """A level as it stands in the settings, its condition read; `asks` is None for ELSE."""

    raw: Mapping[str, Any]
    label: str
    asks: sql.Alternatives | None
    null: bool


@dataclass(frozen=True)
class _ReadComparison:
    name: str
    there: sql.Expression
    levels: tuple[_ReadLevel, ...]


def read_splink(text: str) -> SplinkSettings:
    """Return the model of Splink's settings.

    Raises:
        ConfigError: TP341 no settings of Splink, TP342 a condition or rule that cannot be expressed.
    """
    settings = _settings(text)
    dialect = str(settings.get("sql_dialect") or sql.DIALECT)
    try:
        comparisons = [_comparison(c, dialect) for c in settings["comparisons"]]
        rules = [
            columns
            for number, rule in enumerate(settings.get("blocking_rules_to_generate_predictions") or [])
            for columns in _rule(rule, number, dialect)
        ]
    except (KeyError, TypeError, AttributeError):
        raise _no_settings("a comparison, level or rule lacks a key") from None
    names = _Names(comparisons)
    prior = settings.get("probability_two_random_records_match", FIRST_PRIOR)
    ours = tuple(_in_our_terms(c, names) for c in comparisons)
    blocking = tuple(tuple(names.text(e) for e in rule) for rule in rules)
    model = Model(names.fields, ours, blocking, prior=float(prior))
    asked = [level.asks for c in comparisons for level in c.levels if level.asks]
    return SplinkSettings(
        model,
        settings["link_type"],
        str(settings.get("unique_id_column_name") or "unique_id"),
        str(settings.get("source_dataset_column_name") or "source_dataset"),
        not all(sql.symmetric(a) for a in asked),
    )


def _settings(text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError("TP341", f"model, line {error.lineno}", "is not valid JSON", "Save it again.") from None
    if not isinstance(settings, dict) or not settings.get("comparisons"):
        raise _no_settings("there are no comparisons")
    if settings.get("link_type") not in LINK_TYPES:
        raise _no_settings(f"link_type is none of {listed(LINK_TYPES)}")
    return settings


def _no_settings(what: str) -> ConfigError:
    return ConfigError("TP341", "model", f"is not a Splink model: {what}", "Save it with Splink's save_model_to_json.")


def _comparison(raw: Mapping[str, Any], dialect: str) -> _ReadComparison:
    name = str(raw["output_column_name"])
    there, levels = sql.ALWAYS, []
    for number, one in enumerate(raw["comparison_levels"]):
        label = str(one.get("label_for_charts") or number)
        null = bool(one.get("is_null_level"))
        condition = str(one["sql_condition"])
        if condition.strip().upper() == "ELSE":
            levels.append(_ReadLevel(one, label, None, null))
            continue
        try:
            tree = sql.parse(condition, dialect)
            missing = sql.missing_on_a_side(tree) if null and number == 0 else None
            if missing is None:
                levels.append(_ReadLevel(one, label, sql.alternatives(tree), null))
            else:
                there = missing
        except sql.UnsupportedSQLError as error:
            where = f"model, comparison '{name}', level '{label}'"
            raise ConfigError("TP342", where, str(error), CURE) from None
    if not levels or [level.asks is None for level in levels] != [False] * (len(levels) - 1) + [True]:
        raise ConfigError("TP342", f"model, comparison '{name}'", "has no ELSE level at its end", "Add one in Splink.")
    return _ReadComparison(name, there, tuple(levels))


def _rule(raw: Mapping[str, Any] | str, number: int, dialect: str) -> list[tuple[sql.Expression, ...]]:
    """Return the columns that must agree; more than one group where the rule says OR."""
    text = raw if isinstance(raw, str) else str(raw["blocking_rule"])
    where = f"model, blocking rule {number + 1}"
    if not isinstance(raw, str) and raw.get("arrays_to_explode"):
        raise ConfigError("TP342", where, "takes arrays apart", "Put one value a row before linking.")
    own = dialect if isinstance(raw, str) else str(raw.get("sql_dialect") or dialect)
    try:
        return [_equalities(group) for group in sql.alternatives(sql.parse(text, own))]
    except sql.UnsupportedSQLError as error:
        raise ConfigError("TP342", where, str(error), "Write a rule of equalities.") from None


def _equalities(group: Sequence[sql.Question]) -> tuple[sql.Expression, ...]:
    """Return what must agree for a rule's questions to be answered yes."""
    told = {q for q in group if q.operation == "filled"}
    if told != {q.turned for q in told}:
        raise sql.UnsupportedSQLError("asks of one record what it does not ask of the other")
    same = []
    for question in group:
        if question.operation == "filled":
            same.append(question.left if question.left != sql.ALWAYS else question.right)
        elif question.operation != "exact" or question.negated or question.left != question.right:
            raise sql.UnsupportedSQLError("asks for more than that the same column of both records agrees")
        else:
            same.append(question.left)
    return tuple(dict.fromkeys(same))


def _in_our_terms(read: _ReadComparison, names: _Names) -> Comparison:
    chances = _first_chances(sum(not level.null for level in read.levels))
    gamma = len(chances)
    levels = []
    for level in read.levels:
        any_of = tuple(tuple(names.atom(q) for q in group) for group in level.asks or ())
        if level.null:
            levels.append(Level(level.label, any_of, 1.0, 1.0, null=True))
            continue
        gamma -= 1
        first_m, first_u = chances[gamma]
        m, u = _chance(level.raw.get("m_probability"), first_m), _chance(level.raw.get("u_probability"), first_u)
        levels.append(Level(level.label, any_of, m, u, **_frequency(read, level, u, names)))
    return Comparison(read.name, names.text(read.there), tuple(levels))


def _chance(value: Any, first: float) -> float:
    if value is None:
        return first
    return max(NOT_OBSERVED_CHANCE if value == NOT_OBSERVED else float(value), LEAST_CHANCE)


def _first_chances(levels: int) -> list[tuple[float, float]]:
    """Return Splink's m and u of untrained levels, from the last level up."""
    others = max(levels - 1, 1)
    rise = [0.0] if others == 1 else [k / (others - 1) for k in range(others)]
    bits = [WORST_BITS + (NEAR_BITS - WORST_BITS) * k for k in rise] + [BEST_BITS]
    m = [(1 - BEST_M) / others] * others + [BEST_M]
    return [(a, a / 2.0**b) for a, b in zip(m, bits, strict=True)][-levels:]


def _frequency(read: _ReadComparison, level: _ReadLevel, u: float, names: _Names) -> dict[str, Any]:
    """Return a level's term frequency adjustment: how much, of which column, against which u, at least what."""
    column = level.raw.get("tf_adjustment_column")
    weight = float(level.raw.get("tf_adjustment_weight", 1.0))
    if not column or weight == 0 or level.asks is None:
        return {}
    wanted = sql.column(str(column))
    if not level.raw.get("disable_tf_exact_match_detection"):
        against = _exact_level(read, wanted)
        if against is None:
            where = f"model, comparison '{read.name}', level '{level.label}'"
            what = f"adjusts by how frequent '{column}' is, but no level is an exact match on it"
            raise ConfigError("TP342", where, what, "Add that level in Splink, or take the adjustment away.")
        u = _chance(against.raw.get("u_probability"), _first_of(read, against))
    floor = float(level.raw.get("tf_minimum_u_value") or 0.0)
    own = wanted == read.there
    return {"tf_share": weight, "tf_column": "" if own else names.text(wanted), "tf_u": u, "tf_floor": floor}


def _exact_level(read: _ReadComparison, wanted: sql.Expression) -> _ReadLevel | None:
    for level in read.levels:
        if level.asks == ((sql.Question("exact", wanted, wanted),),):
            return level
    return None


def _first_of(read: _ReadComparison, level: _ReadLevel) -> float:
    counted = [one for one in read.levels if not one.null]
    return _first_chances(len(counted))[len(counted) - 1 - counted.index(level)][1]


class _Names:
    """Fields for every expression, named after the columns that they read."""

    def __init__(self, comparisons: Sequence[_ReadComparison]) -> None:
        questions = [q for c in comparisons for level in c.levels for group in level.asks or () for q in group]
        exact = [q for q in questions if q.operation == "exact" and q.left != q.right]
        self._shared = {e for q in exact for e in (q.left, q.right)}
        self._fields: dict[tuple[str, sql.Expression], Field] = {}

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return the fields in order of their names."""
        return tuple(sorted(self._fields.values(), key=lambda field: field.name))

    def text(self, wanted: sql.Expression) -> str:
        """Return the name of an expression's field, read as text."""
        return self._name("raw_name" if wanted in self._shared else "raw_text", wanted)

    def atom(self, question: sql.Question) -> Atom:
        """Return a question over fields."""
        give = self.text if question.operation != "number" else lambda e: self._name("raw_number", e)
        left, right = give(question.left), give(question.right)
        return Atom(question.operation, left, right, question.limit, question.negated)

    def _name(self, kind: str, wanted: sql.Expression) -> str:
        if (kind, wanted) not in self._fields:
            plain = re.sub(r"\W+", "_", "_".join(wanted.columns)) or "always"
            taken = {field.name for field in self._fields.values()}
            bare = wanted.bare and kind != "raw_number"
            names = [
                *([plain] if bare or not wanted.columns else []),
                *(f"{plain}_{n}" for n in range(2, 2 + len(taken) + 1)),
            ]
            name = next(n for n in names if n not in taken)
            self._fields[kind, wanted] = Field(name, kind, wanted.columns, "" if wanted.bare else wanted.sql)
        return self._fields[kind, wanted].name
