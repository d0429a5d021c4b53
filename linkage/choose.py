"""Blocking rules for a model that has none: most expected matching pairs for a budget of pairs.

Matching pairs are imagined (seeded): each field is filled as often as in the data and agrees as often as m says.
A rule finds the imagined pairs in which all its columns agree; rules are taken while they add enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from totalplace.config.linkage import BlockingRules
from totalplace.linkage.block import group, pairs_of
from totalplace.linkage.encoded import Column, Records
from totalplace.linkage.model import Model, fields_of

IMAGINED = 4000
SAMPLE = 60_000
WHOLE, DERIVED = 0.85, 0.6  # chance that a value agrees in a matching pair; that a derivation does where it did not
PARTS = {
    "name": ("soundex", "initial", "start_3"), "text": ("start_5",), "date": ("year", "month_day", "year_month"),
    "date_parts": ("year", "month_day", "year_month"), "postcode": ("sector", "district"), "email": ("before_at",),
    "address": ("house_number", "street", "postal_code"),
}  # fmt: skip
WORDS = ("sorted_words", "first_word", "last_of_words", "start_3")  # of names in one column
SEVERITY = (0.3, 1.0, 3.0, 6.0)  # exponents of agreement: from a clean pair to a poor one
WIDEST = 3


def pair_budget(records: int, rules: BlockingRules) -> int:
    """Return how many pairs a run may compare."""
    return int(min(rules.max_pairs, max(rules.min_pairs, rules.pairs_per_record * records)))


def blocking_columns(model: Model) -> dict[str, list[str]]:
    """Return per field the columns that may stand in a rule, the whole value first."""
    out = {}
    for comparison in model.comparisons:
        if comparison.column.startswith(("f_",)):
            continue
        for column in comparison.columns:
            for name in fields_of(column):
                kind = next(f.kind for f in model.fields if f.name == name)
                if kind != "filter":
                    parts = WORDS if name == "full_name" else PARTS.get(kind, ())
                    out[name] = [name, *(f"{name}.{part}" for part in parts)]
    return out


def choose_rules(
    model: Model, records: Records, rules: BlockingRules, seed: int
) -> tuple[tuple[tuple[str, ...], ...], float]:
    """Return blocking rules within the budget of pairs, and the share of matching pairs expected in them."""
    budget = pair_budget(records.rows, rules)
    if records.rows * (records.rows - 1) // 2 <= rules.whole_pairs:
        return ((),), 1.0
    columns = blocking_columns(model)
    agrees = imagine(model, records, columns, seed)
    candidates = _candidates(columns, records, agrees, budget)
    chosen: list[tuple[str, ...]] = []
    covered = np.zeros(IMAGINED, bool)
    spent = 0
    while len(chosen) < rules.max_rules:
        best, score = None, 0.0
        for rule, (cost, found) in candidates.items():
            gain = float((found & ~covered).mean())
            if gain < rules.min_gain or spent + cost > budget:
                continue
            worth = gain / (cost / budget + 0.02)
            if worth > score:
                best, score = rule, worth
        if best is None:
            break
        cost, found = candidates.pop(best)
        chosen.append(best)
        covered |= found
        spent += cost
    return tuple(chosen), float(covered.mean())


def imagine(model: Model, records: Records, columns: Mapping[str, Sequence[str]], seed: int) -> dict[str, np.ndarray]:
    """Return bool[IMAGINED] per column: in which imagined matching pairs both sides are filled and agree.

    Errors come together: some pairs have few and some have many, and a record that lacks one field lacks others. So
    each pair draws how bad it is, and which real records' gaps it has.
    """
    random = np.random.default_rng(seed)
    bad = random.choice(SEVERITY, IMAGINED)
    left, right = random.integers(0, records.rows, (2, IMAGINED))
    out = {}
    for name, some in columns.items():
        codes = records.columns[name].codes
        there = (codes[left] >= 0) & (codes[right] >= 0)
        whole = random.random(IMAGINED) < _agreement(model, name) ** bad
        for k, column in enumerate(some):
            out[column] = there & (whole if k == 0 else whole | (random.random(IMAGINED) < DERIVED**bad))
    return out


def _agreement(model: Model, name: str) -> float:
    known = [c.levels[0].m for c in model.comparisons if c.column == name]
    return known[0] if known and known[0] is not None else WHOLE


def _candidates(
    columns: Mapping[str, Sequence[str]], records: Records, agrees: Mapping[str, np.ndarray], budget: int
) -> dict[tuple[str, ...], tuple[int, np.ndarray]]:
    """Return rules of up to WIDEST columns of different fields that fit the budget: their pairs, and what they find.

    A rule of which a part fits already at small cost is not widened.
    """
    sample = _sampled(records)
    scale = (records.rows / max(1, sample.rows)) ** 2
    out: dict[tuple[str, ...], tuple[int, np.ndarray]] = {}
    cheap: set[frozenset[str]] = set()
    flat = [(name, column) for name in sorted(columns) for column in columns[name]]
    for width in range(1, WIDEST + 1):
        for some in combinations(flat, width):
            rule = tuple(column for _, column in some)
            if len({name for name, _ in some}) < width or any(part <= frozenset(rule) for part in cheap):
                continue
            if width == WIDEST and not all(column == name or "year" in column for name, column in some):
                continue
            cost = int(pairs_of(group(sample, rule).sizes) * scale)
            if cost <= budget:
                out[rule] = (cost, np.logical_and.reduce([agrees[c] for c in rule]))
            if cost <= budget // 50:
                cheap.add(frozenset(rule))
    return out


def _sampled(records: Records) -> Records:
    if records.rows <= SAMPLE:
        return records
    step = records.rows // SAMPLE
    columns = {name: Column(c.codes[::step], c.pool) for name, c in records.columns.items()}
    return Records(records.agency[::step], records.agencies, records.same[::step], columns)
