"""Tables of more columns than two records can be compared by at once: the model takes those that tell most."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from totalplace.config.linkage import LinkageRules
from totalplace.config.load import load_rules
from totalplace.engine import LocalEngine
from totalplace.linkage import match_records, records_from_tables
from totalplace.linkage.auto import auto_model
from totalplace.linkage.compare import CODE_BITS, state_bits

RULES: LinkageRules = load_rules()[0].linkage
PEOPLE, WIDE, POOR = 120, 16, 14  # columns that tell much, and columns that tell little


def wide_table() -> pa.Table:
    """Return every person twice, under column names that say nothing: half of the columns say little."""
    random = np.random.default_rng(3)
    letters = np.array(list("BDFGKLMNPRSTAEIOU"))
    much = {f"col{k}": ["".join(x) for x in letters[random.integers(0, 17, (PEOPLE, 6))]] for k in range(WIDE)}
    little = {f"a{k}": [f"KIND {x}" for x in "AB" * (PEOPLE // 2)] for k in range(POOR)}
    columns = {name: pa.array(values * 2) for name, values in {**little, **much}.items()}
    return pa.table({"id": [str(k) for k in range(2 * PEOPLE)], **columns})


def test_columns_that_tell_least_are_left_out_and_named() -> None:
    model = auto_model(wide_table().drop_columns(["id"]), RULES)
    assert sum(state_bits(c) for c in model.comparisons) <= CODE_BITS
    assert {f"col{k}" for k in range(WIDE)} <= {c.name for c in model.comparisons}
    assert "a13" in model.notes[0] and "col1" not in model.notes[0]


def test_such_a_table_is_linked_and_its_user_told() -> None:
    records = records_from_tables({"t": wide_table()}, "id")
    with LocalEngine(1) as engine:
        made = match_records(records.table, RULES, engine)
    assert len(np.unique(made.clusters.label)) == PEOPLE
    assert any("too many columns" in note.text for note in made.notes)
    assert any("too many columns" in note for note in made.model.notes)


def test_a_table_with_room_keeps_every_column() -> None:
    narrow = wide_table().select([f"col{k}" for k in range(5)])
    model = auto_model(narrow, RULES)
    assert (len(model.comparisons), model.notes) == (5, ())


def test_what_may_be_somebodys_record_and_no_header_names_no_comparison() -> None:
    random = np.random.default_rng(5)
    columns = {name: [f"{name}{k}" for k in random.integers(0, 99, 200)] for name in ("Jane Quill", "Rose Cottage")}
    assert [c.name for c in auto_model(pa.table(columns), RULES).comparisons] == ["column_1", "column_2"]
