"""Whatever the order of an extract's rows, and over however many files they are split, ids and tables are the same."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from totalplace.config import AgencyRules, load_rules
from totalplace.engine.local import LocalEngine
from totalplace.intake import DEMO_KEY, load_schema, protect, take_in

RULES = load_rules({"test": {"privacy": {"synthetic": True}, "intake": {"max_refused_share": 1.0}}})[0]
SCHEMA = load_schema(RULES, None)
AGENCY = AgencyRules.model_validate(
    {
        "agency": {"code": "housing", "name": "Housing"},
        "extract": [
            {
                "file": "x*.csv",
                "client": {
                    "key": "Ref",
                    "first_name": "First",
                    "surname": "Last",
                    "birth_date": "DOB",
                    "postcode": "PC",
                },
                "contact": {"key": "Event", "type": "Type", "start": "Day", "joint": "Joint"},
            }
        ],
    }
)
ROW = st.tuples(
    st.sampled_from(["", "1", "2", "3"]),
    st.sampled_from(["", "Ann", "ann", "Bo", "José", "unknown"]),
    st.sampled_from(["", "Lee", "O'Lee", "Ray"]),
    st.sampled_from(["", "1984-02-03", "2005-05-05", "nonsense"]),
    st.sampled_from(["", "ZZ1 1AA", "zz11ab"]),
    st.sampled_from(["", "e1", "e2", "e3"]),
    st.sampled_from(["", "Visit", "Call"]),
    st.sampled_from(["", "2023-05-04", "2023-06-04", "2023-02-31"]),
    st.sampled_from(["", "J1"]),
)
HEADER = "Ref,First,Last,DOB,PC,Event,Type,Day,Joint"


def tables(*files: list[tuple[str, ...]]) -> list[pa.Table]:
    with tempfile.TemporaryDirectory() as name, LocalEngine(1) as engine:
        for number, rows in enumerate(files):
            text = "\n".join([HEADER, *(",".join(row) for row in rows)]) + "\n"
            (Path(name) / f"x{number}.csv").write_text(text, encoding="utf-8")
        made = take_in(AGENCY, Path(name), RULES, bytes(range(100, 132)), engine)
        encoded = protect(made.clients, made.relations, SCHEMA, DEMO_KEY, "filters", engine)
        contacts = engine.fetch(made.contacts).drop_columns(["source_row"])
        assert made.files[0].rows_in == made.files[0].rows_kept + made.files[0].rows_refused
        handles = (made.clients, made.people, made.relations, encoded.tokens, encoded.residences)
        return [contacts, *map(engine.fetch, handles)]


@settings(max_examples=25, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_shuffled_rows_give_identical_tables(rows: list[tuple[str, ...]], chance: random.Random) -> None:
    shuffled = rows[:]
    chance.shuffle(shuffled)
    for one, other in zip(tables(rows), tables(shuffled), strict=True):
        assert one.equals(other)


@settings(max_examples=25, deadline=None)
@given(st.lists(ROW, min_size=2, max_size=12), st.data())
def test_rows_split_over_files_give_identical_tables(rows: list[tuple[str, ...]], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(rows) - 1))
    for one, other in zip(tables(rows), tables(rows[cut:], rows[:cut]), strict=True):
        assert one.equals(other)


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_are_read_or_refused_but_never_crash(data: bytes) -> None:
    from totalplace.config.agency import ExtractRules
    from totalplace.errors import TotalplaceError
    from totalplace.intake.extract import read_file

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "x.csv"
        path.write_bytes(data)
        try:
            raw = read_file(path, ExtractRules(file="x.csv"), RULES.intake)
        except TotalplaceError:
            return
        assert raw.table.num_rows == len(raw.rows)
