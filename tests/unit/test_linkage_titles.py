"""A title in front of a name is no part of it."""

from __future__ import annotations

import pyarrow as pa
import pytest

from totalplace.config.load import load_rules
from totalplace.engine import LocalEngine
from totalplace.linkage import match_records, records_from_tables
from totalplace.linkage.fold import fold, without_titles
from totalplace.linkage.model import Atom, Comparison, Field, Level, Model

RULES = load_rules()[0].linkage


@pytest.mark.parametrize(
    ("written", "name"),
    [("Mr. John", "JOHN"), ("prof dr Ann Lee", "ANN LEE"), ("Drew", "DREW"), ("Miss", "MISS"), ("Lee Mr", "LEE MR")],
)
def test_titles_go_from_the_front_and_only_whole_words(written: str, name: str) -> None:
    assert without_titles(fold(pa.array([written])), RULES.profile.titles).to_pylist() == [name]


def test_names_with_and_without_a_title_are_equal_when_records_are_linked() -> None:
    levels = (Level("equal", ((Atom("exact", "name", "name"),),), 0.9, 0.1), Level("else", (), 0.1, 0.9))
    model = Model(
        (Field("name", "name", ("name",)),), (Comparison("name", "name", levels),), ((),), prior=0.5, threshold=2.0
    )
    table = pa.table({"id": ["1", "2", "3"], "name": ["Dr Ann Lee", "ann lee", "Dr Bo Ray"]})
    rules = RULES.model_copy(update={"term_frequency": False})
    with LocalEngine(1) as engine:
        made = match_records(records_from_tables({"t": table}, "id").table, rules, engine, model=model)
    assert len(made.links.left) == 3 and sorted(made.links.weight.tolist())[-1] > 2**24 * 3
    assert len(set(made.clusters.label.tolist())) == 2
