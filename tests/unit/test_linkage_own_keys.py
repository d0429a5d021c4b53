"""Where nothing tells records apart, an agency's own keys still make persons, and the run goes on."""

from __future__ import annotations

import pyarrow as pa

from totalplace.config import load_rules
from totalplace.engine import LocalEngine
from totalplace.linkage import link_records, write_model
from totalplace.tables import ID

CODE = b"s" * 16


def test_records_of_one_client_key_are_one_person_when_no_column_tells_records_apart() -> None:
    rows = 60
    table = pa.table(
        {
            "row_id": pa.array([bytes([n]) * 16 for n in range(rows)], ID),
            "agency": ["housing"] * rows,
            "event_group": pa.array([bytes([n // 3]) * 16 if n < 30 else None for n in range(rows)], ID),
            "t_surname": pa.array([CODE] * rows, ID),
        }
    )
    with LocalEngine(1) as engine:
        made = link_records(engine.hold(table), load_rules()[0].linkage, b"k" * 32, engine)
        persons = engine.fetch(made.persons)
    assert len(persons["person_id"].unique()) == 10 + 30
    assert [note.code for note in made.notes] == ["no_evidence"]
    assert write_model(made.model)
