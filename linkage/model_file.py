"""A model as TOML: what `--model auto` wrote can be read, edited and used again, to the last bit."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from totalplace.errors import ConfigError, listed, near
from totalplace.linkage.model import Atom, Cell, Comparison, Field, Joint, Level, Model, Near

VERSION = 1
_RARE = ("m_error", "tf_column", "tf_u", "tf_floor", "null")
_LEVEL = ("label", "m", "u", "tf_share", *_RARE, "any_of")
_NOT = "not "
_TOP = (
    "version", "prior", "prior_error", "threshold_bits", "duplicate_free", "notes", "rules", "field", "comparison",
    "joint", "near",
)  # fmt: skip


def write_model(model: Model) -> str:
    """Return the model as TOML."""
    lines = ["# A linkage model of totalplace. Weights are log2(m / u).", f"version = {VERSION}"]
    if model.prior is not None:
        lines.append(f"prior = {model.prior!r}  # probability that two random records match")
    if model.prior_error is not None:
        lines.append(f"prior_error = {model.prior_error!r}  # its standard error, from how far the sessions differ")
    if model.threshold is not None:
        lines.append(f"threshold_bits = {model.threshold!r}  # match weight, prior inside, from which a pair is a link")
    if model.duplicate_free:
        lines.append("# sources that hold each person once: linked one-to-one, weights between them set right by it")
        lines.append(f"duplicate_free = {_value(model.duplicate_free)}")
    lines += [
        f"notes = {_value(model.notes)}",
        "# blocking rules: pairs that agree in all columns of a rule are compared",
    ]
    lines += ["rules = [", *(f"  {_value(rule)}," for rule in model.rules), "]"]
    for field in model.fields:
        lines += ["", "[[field]]", *_pairs(name=field.name, kind=field.kind, columns=field.columns)]
        lines += _pairs(sql=field.sql) if field.sql else []
    for comparison in model.comparisons:
        lines += ["", "[[comparison]]", *_pairs(name=comparison.name, column=comparison.column)]
        for level in comparison.levels:
            lines += ["[[comparison.level]]", *_level_lines(level)]
    for joint in model.joints:
        lines += ["", "[[joint]]", *_pairs(comparisons=joint.comparisons)]
        lines += ["cells = [  # levels of each comparison from 0 = the first, -1 = null; then m and u"]
        lines += [f"  [{_value(cell.levels)}, {cell.m!r}, {cell.u!r}]," for cell in joint.cells] + ["]"]
    for one in model.near:
        lines += ["", "# pairs of two people who share much: how often two random records are one, and their levels"]
        lines += ["[[near]]", *_pairs(share=one.share), "[near.levels]"]
        lines += [f"{_value(name)} = {_value(chances)}" for name, chances in one.levels.items()]
    return "\n".join(lines) + "\n"


def _level_lines(level: Level) -> list[str]:
    lines = _pairs(label=level.label)
    if level.m is not None and level.u is not None:
        lines += _pairs(m=level.m, u=level.u)
    if level.tf_share:
        lines += _pairs(tf_share=level.tf_share)
    lines += [f"{key} = {_value(getattr(level, key))}" for key in _RARE if getattr(level, key)]
    if level.any_of:
        lines += ["any_of = [", *(f"  [{', '.join(_test(t) for t in some)}]," for some in level.any_of), "]"]
    return lines


def _test(test: Atom) -> str:
    operation = f"{_NOT}{test.operation}" if test.negated else test.operation
    return f"[{_value(operation)}, {_value(test.left)}, {_value(test.right)}, {float(test.limit)!r}]"


def _pairs(**values: Any) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in values.items()]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return repr(value)


def read_model(text: str) -> Model:
    """Return the model of a TOML text.

    Raises:
        ConfigError: the text is not TOML, or a key is missing, unknown or of the wrong form.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = str(error).rpartition("(at ")[2].rstrip(")")
        raise ConfigError(
            "TP316", f"model, {where}", "is not valid TOML", "Mend the line; texts stand in double quotes."
        ) from None
    _known("model", table, _TOP)
    if table.get("version") != VERSION:
        raise ConfigError(
            "TP316", "model, key 'version'", f"is not {VERSION}", "Use a model that this version of totalplace wrote."
        )
    try:
        return _model(table)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        what = f"lacks the key {error}" if isinstance(error, KeyError) else "has a key of the wrong form"
        raise ConfigError("TP316", "model", what, "Compare it with a model that --model auto wrote.") from None


def _model(table: Mapping[str, Any]) -> Model:
    for key in ("field", "comparison", "joint", "near"):
        if not isinstance(table.get(key, []), list):
            what, cure = "is one table", f"Write [[{key}]]: there may be several."
            raise ConfigError("TP316", f"model, key '{key}'", what, cure)
    for number, field in enumerate(table["field"]):
        _known(f"model, field {number + 1}", field, ("name", "kind", "columns", "sql"))
    return Model(
        tuple(Field(f["name"], f["kind"], tuple(f["columns"]), f.get("sql", "")) for f in table["field"]),
        tuple(_comparison(c) for c in table["comparison"]),
        tuple(tuple(rule) for rule in table.get("rules", [])),
        tuple(_joint(j) for j in table.get("joint", [])),
        table.get("prior"),
        table.get("threshold_bits"),
        tuple(table.get("notes", [])),
        tuple(table.get("duplicate_free", [])),
        table.get("prior_error"),
        tuple(_near(n) for n in table.get("near", [])),
    )


def _comparison(table: Mapping[str, Any]) -> Comparison:
    _known("model, comparison", table, ("name", "column", "level"))
    for level in table["level"]:
        _known(f"model, comparison '{table['name']}', level", level, _LEVEL)
    return Comparison(table["name"], table["column"], tuple(_level(level) for level in table["level"]))


def _level(table: Mapping[str, Any]) -> Level:
    any_of = tuple(tuple(_atom(*test) for test in some) for some in table.get("any_of", []))
    rare = {key: table[key] for key in _RARE if key in table}
    return Level(table["label"], any_of, table.get("m"), table.get("u"), float(table.get("tf_share", 0.0)), **rare)


def _atom(operation: str, left: str, right: str, limit: float) -> Atom:
    return Atom(operation.removeprefix(_NOT), left, right, float(limit), operation.startswith(_NOT))


def _joint(table: Mapping[str, Any]) -> Joint:
    _known("model, joint", table, ("comparisons", "cells"))
    cells = tuple(Cell(tuple(levels), float(m), float(u)) for levels, m, u in table["cells"])
    return Joint(tuple(table["comparisons"]), cells)


def _near(table: Mapping[str, Any]) -> Near:
    _known("model, near", table, ("share", "levels"))
    levels = {name: tuple(float(one) for one in chances) for name, chances in table["levels"].items()}
    return Near(float(table["share"]), levels)


def _known(where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(
                "TP316", f"{where}, key '{key}'", "is unknown", f"{near(key, known)} Known: {listed(known)}.".strip()
            )
