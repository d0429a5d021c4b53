"""One linkage for every privacy mode: what an agency encodes in tokens, filters or not at all links end to end."""

from __future__ import annotations

import datetime as dt
from itertools import combinations
from random import Random

import pyarrow as pa
import pytest

from totalplace.config import load_rules
from totalplace.engine import LocalEngine
from totalplace.intake import DEMO_KEY, clear_records, load_schema, protect
from totalplace.linkage import Linkage, link_records
from totalplace.tables import CLIENTS, RELATIONS

RULES = load_rules()[0]
FIRST = ["ANNABEL", "JOHNATHAN", "MARYANNE", "PETER", "SUSANNAH", "OMAR", "LUCINDA", "DAVID", "ZULEIKA", "IANTHE"]
LAST = ["SMITHSON", "JOHANSEN", "TAYLOR", "BROWNING", "PATEL", "WILSON", "KHANNA", "EVANSON", "GREENHALGH", "HALLAM"]
PEOPLE = 120


def pretend_clients(agency: str, seed: int) -> pa.Table:
    """Return the same people as an agency knows them: a slip in every third surname, now and then a moved postcode."""
    people, slips = Random(2009), Random(seed)
    rows = []
    for n in range(PEOPLE):
        born = dt.date(1940, 1, 1) + dt.timedelta(days=people.randrange(25_000))
        first, last, place = people.choice(FIRST), people.choice(LAST), people.randrange(900)
        at = slips.randrange(1, len(last) - 1)
        surname = last[:at] + last[at + 1 :] if slips.random() < 1 / 3 else last
        postcode = f"ZZ{place // 100 + 1} {place % 9}AA" if slips.random() < 0.8 else "ZZ9 9ZZ"
        row_id = agency.encode()[:1] + n.to_bytes(15, "big")
        rows.append({"row_id": row_id, "agency": agency, "protected": False, "first_name": first, "surname": surname,
                     "birth_date": born, "sex": "FM"[n % 2], "postcode": postcode})  # fmt: skip
    return pa.Table.from_pylist(rows, schema=CLIENTS.schema)


def linked(mode: str, engine: LocalEngine) -> Linkage:
    records = []
    for seed, agency in enumerate(("housing", "police")):
        held = engine.hold(pretend_clients(agency, seed))
        if mode == "clear":
            made = clear_records(held, engine)
        else:
            made = protect(held, engine.hold(RELATIONS.empty()), load_schema(RULES, None), DEMO_KEY, mode, engine)
        records.append(engine.fetch(made.tokens))
    table = pa.concat_tables(records, promote_options="permissive")
    return link_records(engine.hold(table), RULES.linkage, b"s" * 32, engine)


def f1(made: Linkage, engine: LocalEngine) -> float:
    rows = engine.fetch(made.persons).to_pylist()
    groups: dict[bytes, list[bytes]] = {}
    for row in rows:
        groups.setdefault(row["person_id"], []).append(row["row_id"][1:])
    pairs = [a == b for members in groups.values() for a, b in combinations(members, 2)]
    return 2 * sum(pairs) / (len(pairs) + PEOPLE)


@pytest.mark.parametrize("mode", ["tokens", "filters", "clear"])
def test_every_mode_finds_the_people_that_two_agencies_share(mode: str) -> None:
    with LocalEngine(1) as engine:
        made = linked(mode, engine)
        assert f1(made, engine) > 0.95
        looked_at = {column for field in made.model.fields for column in field.columns}
        assert {"f_surname", "f_first_name"} <= looked_at if mode == "filters" else not looked_at & {"f_surname"}
