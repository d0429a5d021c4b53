"""Spend counted fast against a plain judge that walks every line, over generated trees of lines."""

from __future__ import annotations

import random
from fractions import Fraction

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from totalplace.config import load_rules
from totalplace.config.counting import CountingRules
from totalplace.journeys.money.arithmetic import Span, product
from totalplace.journeys.money.counting import count_spend
from totalplace.journeys.money.spend import FULL, Prices
from totalplace.tables import SPEND, SPEND_SHARES

from ..conftest import few

PLACES = {"county": {}, "north": {"within": "county"}, "south": {"within": "county"}}
THEMES = ("crime", "housing", "older_people")
RULES = CountingRules.model_validate(load_rules()[0].counting.model_dump() | {"places": PLACES})
Lines = list[dict[str, object]]


@st.composite
def trees(draw: st.DrawFn) -> Lines:
    """Return lines of which each may be a part of an earlier one, with weights over themes."""
    lines: Lines = []
    for number in range(draw(st.integers(1, 9))):
        parent = draw(st.sampled_from([None, *(line["line"] for line in lines)]))
        weights = draw(st.lists(st.integers(0, FULL // len(THEMES)), min_size=3, max_size=3))
        pence = draw(st.none() | st.integers(-(10**6), 10**12))
        place, year = draw(st.sampled_from([*PLACES, None])), draw(st.sampled_from(["2008/09", "2009/10"]))
        lines.append(
            {"line": f"f/{number}", "parent": parent, "place": place, "agency": draw(st.sampled_from(["a", "b"])),
             "year": year, "pence": pence, "pence_step": None if pence is None else 1,
             "file": "f.csv", "source_row": number, "weights": dict(zip(THEMES, weights, strict=True))}
        )  # fmt: skip
    return lines


def tables(lines: Lines) -> tuple[pa.Table, pa.Table]:
    shares = [
        {"line": line["line"], "theme": theme, "weight": weight}
        for line in lines
        for theme, weight in line["weights"].items()  # type: ignore[attr-defined]
        if weight
    ]
    return pa.Table.from_pylist(lines, schema=SPEND.schema), pa.Table.from_pylist(shares, schema=SPEND_SHARES.schema)


def judged(lines: Lines) -> dict[tuple[str, str, str], Fraction | None]:
    """Add each leaf's money to every total that it belongs to, one at a time."""
    parents = {line["parent"] for line in lines}
    found: dict[tuple[str, str, str], Fraction | None] = {}
    for line in (line for line in lines if line["line"] not in parents):
        weights = line["weights"]
        assert isinstance(weights, dict)
        place = str(line["place"] or "unstated")
        above = [place, "county"] if place in ("north", "south") else [place]
        keys = [("whole", "", Fraction(1)), ("agency", str(line["agency"]), Fraction(1))]
        keys += [("place", name, Fraction(1)) for name in above]
        keys += [("theme", theme, Fraction(weight, FULL)) for theme, weight in weights.items() if weight]
        rest = FULL - sum(weights.values())
        keys += [("theme", "unaligned", Fraction(rest, FULL))] if rest else []
        for dimension, key, part in keys:
            at = (dimension, key, str(line["year"]))
            found.setdefault(at, None)
            if line["pence"] is not None:
                found[at] = (found[at] or Fraction(0)) + Fraction(int(str(line["pence"])), 100) * part
    return found


@few(60)
@given(trees())
def test_totals_are_those_of_the_plain_judge(lines: Lines) -> None:
    counting = count_spend(*tables(lines), RULES, Prices("", {}), "x")
    made = {(r["dimension"], r["key"], r["year"]): r["gbp"] for r in counting.totals.to_pylist()}
    kept = {key: value for key, value in made.items() if key[0] in ("whole", "agency", "place", "theme")}
    assert kept == {key: None if value is None else float(value) for key, value in judged(lines).items()}


@few(60)
@given(trees(), st.randoms(use_true_random=False))
def test_the_order_of_lines_never_matters(lines: Lines, chance: random.Random) -> None:
    first = count_spend(*tables(lines), RULES, Prices("", {}), "x").tables()
    shuffled = chance.sample(lines, len(lines))
    second = count_spend(*tables(shuffled), RULES, Prices("", {}), "x").tables()
    assert all(first[name].equals(second[name]) for name in first)


@few(60)
@given(st.integers(-50, 50), st.integers(0, 9), st.integers(-50, 50), st.integers(0, 9))
def test_a_product_of_spans_holds_every_product_and_no_more(low: int, wide: int, other: int, broad: int) -> None:
    a, b = range(low, low + wide + 1), range(other, other + broad + 1)
    made = product(Span(Fraction(a[0]), Fraction(a[-1])), Span(Fraction(b[0]), Fraction(b[-1])))
    every = [x * y for x in a for y in b]
    assert (made.low, made.high) == (min(every), max(every))
