"""J1, H1 and H2: blocks, handoffs, interleaving, returns and bounces, told as contacts by agency and day."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pyarrow as pa
import pytest

from totalplace.config.findings import FindingsRules
from totalplace.config.load import shipped
from totalplace.journeys.moves import MOVES, steps
from totalplace.journeys.sequence import SEQUENCE_INPUT, piece_arrays, sequence

AGENCIES = "abc"

# T3:  contacts (agency, day, -last day, >referral) | moves
MOVED = """
a0 b10 a20 b30 a40 b50       | observed interleaving interleaving interleaving observed
a0 b10 a20                   | observed observed
a0 b10 a20 b30 a40           | observed interleaving interleaving observed
a0 b10-12 a20 b30-33 a40     | observed observed observed observed
a0>b b10>a a20>b b30>a a40   | recorded recorded recorded recorded
a0 b90                       | observed
a0 b91                       | return
a0>b b91                     | recorded
a0 a5                        | within
"""

# contacts | returns of each bounce, and its span
BOUNCES = """
a0 b10 a20                   | 1:20
a0 b10 a20 b30 a40           |
a0 b10-12 a20 b30-33 a40     | 2:40
a0>b b10>a a20>b b30>a a40   | 2:40
a0 b30 a60                   | 1:60
a0 b30 a61                   |
a0>b b10 b12>a a20           | 1:20
a0>b b10!>a a20              |
a0>b b10>a a20?              |
a0 b10 c20                   |
"""


def _rules(block: str = "day", gap_days: int = 365) -> FindingsRules:
    shipped_rules = shipped("findings")
    shipped_rules["journey"] |= {"block": block, "gap_days": gap_days}
    return FindingsRules.model_validate(shipped_rules)


def _contacts(text: str) -> pa.Table:
    """Read `a0-12>b`: agency a, day 0, last day 12, referral to b; `!` = closed, `?` = planned return."""
    rows = []
    for k, word in enumerate(text.split()):
        body, _, referral = word.replace("!", "").replace("?", "").partition(">")
        first, _, last = body[1:].partition("-")
        agency = AGENCIES.index(body[0])
        rows.append(
            {
                "person_no": 0, "person_id": bytes(16), "contact_id": bytes([k] * 16), "start": int(first),
                "start_second": -1, "precedence": 0, "agency_no": agency, "until": int(last) if last else None,
                "service_no": agency, "referral_no": AGENCIES.index(referral) if referral else -1, "purpose_no": 0,
                "theme_no": -1, "closing": "!" in word, "planned": "?" in word, "era": 0,
            }
        )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SEQUENCE_INPUT)


def _lines(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


@pytest.mark.parametrize("line", _lines(MOVED), ids=lambda line: line[0])
def test_each_step_is_a_handoff_interleaving_or_return(line: list[str]) -> None:
    found = steps(_contacts(line[0]), _rules(), len(AGENCIES))
    assert [MOVES[move] for move in found.move] == line[1].split()


@pytest.mark.parametrize("line", _lines(BOUNCES), ids=lambda line: line[0])
def test_a_bounce_comes_back_within_its_span(line: list[str]) -> None:
    rows = _contacts(line[0])
    found = steps(rows, _rules(), len(AGENCIES))
    day = rows["start"].cast(pa.int32()).to_pylist()
    returns: Counter[int] = Counter(found.bounce[found.returned].tolist())
    spans = {b: max(day[t] for t in found.target[found.bounce == b]) - day[b] for b in returns}
    assert [f"{returns[b]}:{spans[b]}" for b in sorted(returns)] == line[1].split()


def _weights(rows: pa.Table, rules: FindingsRules) -> dict[str, Fraction]:
    found = steps(rows, rules, len(AGENCIES))
    agency = rows["agency_no"].to_pylist()
    weights: dict[str, Fraction] = {}
    for source, target, pairs in zip(found.source, found.target, found.pairs, strict=True):
        edge = AGENCIES[agency[source]] + AGENCIES[agency[target]]
        weights[edge] = weights.get(edge, Fraction(0)) + Fraction(1, int(pairs))
    return weights


def test_contacts_of_one_day_share_the_step_that_follows() -> None:
    assert _weights(_contacts("a0 b0 c5"), _rules()) == {"ac": Fraction(1, 2), "bc": Fraction(1, 2)}


def test_events_as_blocks_follow_their_order() -> None:
    found = steps(_contacts("b0 a0 c5"), _rules(block="event"), len(AGENCIES))
    assert [MOVES[move] for move in found.move] == ["observed", "observed"]
    assert _weights(_contacts("b0 a0 c5"), _rules(block="event")) == {"ba": 1, "ac": 1}


@pytest.mark.parametrize(("gap_days", "journeys", "moves"), [(365, 2, []), (0, 1, ["return"])])
def test_a_long_silence_begins_a_new_journey(gap_days: int, journeys: int, moves: list[str]) -> None:
    rows = _contacts("a0 b400")
    assert sequence(*piece_arrays(rows), 0, gap_days).journey.max() + 1 == journeys
    found = steps(rows, _rules(gap_days=gap_days), len(AGENCIES))
    assert [MOVES[move] for move in found.move] == moves
